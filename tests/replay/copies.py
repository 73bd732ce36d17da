"""What a copy promises between any two kinds of log. A test module subclasses this and gives two URLs."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

import ledger.copying
from ledger.book.cut import Cut
from ledger.copying import Copied, copy
from ledger.errors import EventConflict
from ledger.follow.follower import read_books
from ledger.log import open_log
from ledger.log.port import EventLog, Message, Receipt, Refusal
from replay.compare.views import compare
from replay.rebuild import rebuild
from schemas.codec import UnknownEvent, decode, encode
from schemas.record import Record
from tests.history.bundled import history
from tests.log.contract import every
from tests.log.events import message
from tests.replay.keeping import EVENTS

START = datetime(2024, 5, 1, tzinfo=UTC)
NEWER = b'{"type":"captives_released","version":99,"id":"00000000-0000-8000-8000-000000000099","exchange":"A-B"}'


@asynccontextmanager
async def opened(*urls: str) -> AsyncIterator[Sequence[EventLog]]:
    logs = [open_log(url) for url in urls]
    try:
        yield logs
    finally:
        for log in logs:
            await log.close()


def recorded(number: int) -> datetime:
    """When an event of the bundled history was recorded: each minute a batch of ten."""
    return START + timedelta(minutes=number // 10, microseconds=7)


async def fill(log: EventLog) -> None:
    """Publish the bundled history, as if it had taken forty minutes."""
    told = [
        Message(event.id, event.exchange, encode(event), event, recorded(number))
        for number, event in enumerate(history())
    ]
    assert all(isinstance(each, Receipt) for each in await log.append(told))


async def kept(log: EventLog) -> dict[str, tuple[datetime, bytes]]:
    """When each event was recorded, and its bytes. Each stands in the log once."""
    records = await every(log)
    found = {decode(record.payload).id: (record.recorded_at, record.payload) for record in records}
    assert len(found) == len(records)
    return found


class Interrupted(Exception):
    pass


class CopyContract:
    @pytest.fixture
    async def source(self) -> str:
        """The URL of an empty log."""
        raise NotImplementedError

    @pytest.fixture
    async def target(self) -> str:
        """The URL of another one."""
        raise NotImplementedError

    @pytest.fixture
    async def logs(self, source: str, target: str) -> AsyncIterator[Sequence[EventLog]]:
        async with opened(source, target) as logs:
            yield logs

    async def test_a_copy_has_the_same_bytes_times_and_figures(self, logs: Sequence[EventLog]) -> None:
        source, target = logs
        await fill(source)
        read: list[int] = []
        assert await copy(source, target, "here", progress=read.append) == Copied(copied=EVENTS)
        assert sum(read) == EVENTS
        assert await kept(target) == await kept(source)
        assert (await rebuild(target)).digest == (await rebuild(source)).digest
        assert compare(await read_books(source, strict=True), await read_books(target, strict=True)) == []

    async def test_cuts_by_when_it_was_recorded_are_the_same(self, logs: Sequence[EventLog]) -> None:
        source, target = logs
        await fill(source)
        await copy(source, target, "here")
        seen = set()
        for number in (0, 95, 200, 395, EVENTS - 1):
            at = Cut(recorded_by=recorded(number) + timedelta(microseconds=1))
            mine, theirs = await rebuild(source, at), await rebuild(target, at)
            assert (mine.digest, mine.events) == (theirs.digest, theirs.events)
            seen.add(mine.digest)
        assert len(seen) == 5

    async def test_copying_again_appends_what_is_new_and_nothing_else(self, logs: Sequence[EventLog]) -> None:
        source, target = logs
        await fill(source)
        await source.reject(Refusal("a.ndjson:1", "publish", "is not JSON", b"{"))
        await copy(source, target, "here")
        assert await copy(source, target, "here") == Copied(there_already=EVENTS)
        await source.append([message(1)])
        assert await copy(source, target, "here") == Copied(copied=1, there_already=EVENTS)
        assert await kept(target) == await kept(source)
        assert len(await target.rejected()) == 1

    async def test_who_entered_an_event_or_sent_what_was_refused_comes_along(self, logs: Sequence[EventLog]) -> None:
        source, target = logs
        await source.append([message(1)._replace(entered_by="token:newsroom"), message(2)])
        nonsense = Message("018bfa2c-7000-8000-8000-000000000001", "NONE", b"{", entered_by="desk:kyiv")
        await source.append([nonsense])
        await source.reject(Refusal("a.ndjson:1", "publish", "is not JSON", b"{", entered_by="desk:kyiv"))
        await copy(source, target, "here")
        found = [record.entered_by async for batch in target.read() for record in batch.records()]
        assert found == ["token:newsroom", None]
        assert [each.entered_by for each in await target.rejected()] == ["desk:kyiv", "desk:kyiv"]

    async def test_an_interrupted_copy_is_completed_by_another(
        self, source: str, target: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ledger.copying, "BATCH", 50)
        async with opened(source) as [log]:
            await fill(log)
        left = 3

        def interrupt(_: int) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Interrupted

        async with opened(source, target) as [mine, other]:
            with pytest.raises(Interrupted):
                await copy(mine, other, "here", progress=interrupt)
        async with opened(source, target) as [mine, other]:
            assert await copy(mine, other, "here") == Copied(copied=EVENTS - 150, there_already=150)
            assert await kept(other) == await kept(mine)
            assert (await rebuild(mine)).digest == (await rebuild(other)).digest

    async def test_what_does_not_decode_goes_to_the_refused_with_its_position(self, logs: Sequence[EventLog]) -> None:
        source, target = logs
        bad = Message(message(7).id, message(7).exchange, b"no event")
        [receipt, _] = await source.append([bad, message(1)])
        assert isinstance(receipt, Receipt)
        for _ in range(2):
            found = await copy(source, target, "the-source")
            assert found.undecodable == 1
        [refused] = await target.rejected()
        assert (refused.origin, refused.stage) == (f"the-source {receipt.position}", "copy")
        assert refused.reason.startswith("is not JSON")
        assert refused.payload == bad.payload
        assert [record.payload for record in await every(target)] == [message(1).payload]

    async def test_refused_messages_are_copied_with_the_time_of_their_refusal(self, logs: Sequence[EventLog]) -> None:
        source, target = logs
        await source.reject(Refusal("a.ndjson:1", "publish", "is not JSON", b"\xff{\n"))
        await source.reject(Refusal("a.ndjson:2", "publish", "is missing", b"{}", at=recorded(5)))
        await target.reject(Refusal("other", "publish", "is missing", b"{}"))
        assert await copy(source, target, "here") == Copied(refused=2)
        assert [each._replace(number=0) for each in await target.rejected()][1:] == [
            each._replace(number=0) for each in await source.rejected()
        ]
        assert (await target.rejected())[2].at == recorded(5)

    async def test_a_copy_keeps_what_refused_messages_bore_and_that_they_were_dealt_with(
        self, logs: Sequence[EventLog]
    ) -> None:
        source, target = logs
        for number in range(3):
            await source.reject(
                Refusal(f"there 0:{number}", "decode", "why", b"{", key=b"\xff", headers=(("trace", b"\xfe"),))
            )
        one, two, _ = (each.number for each in await source.rejected())
        await source.acknowledge([one], "Ada", "mended")
        await copy(source, target, "here")
        await source.acknowledge([two], "Ada", "it was a test")
        await target.acknowledge([(await target.rejected())[2].number], "Bob", "known here")
        for _ in range(2):
            assert (await copy(source, target, "here")).refused == 0
        kept, given = await target.rejected(), await source.rejected()
        assert [(each.key, each.headers) for each in kept] == [(b"\xff", (("trace", b"\xfe"),))] * 3
        assert [each.acknowledged for each in kept[:2]] == [each.acknowledged for each in given[:2]]
        assert kept[2].acknowledged
        assert kept[2].acknowledged.by == "Bob"

    async def test_an_event_with_other_bytes_is_a_conflict_and_the_others_land(self, logs: Sequence[EventLog]) -> None:
        source, target = logs
        await target.append([message(2, count=9)])
        await source.append([message(1), message(2), message(3)])
        found = await copy(source, target, "here")
        [conflict] = found.conflicts
        assert isinstance(conflict, EventConflict)
        assert (conflict.event_id, conflict.kept, conflict.refused) == (
            message(2).id,
            message(2, count=9).payload,
            message(2).payload,
        )
        assert found.copied == 2
        assert {record.payload for record in await every(target)} == {
            message(2, count=9).payload,
            message(1).payload,
            message(3).payload,
        }
        assert [(each.stage, each.payload) for each in await target.rejected()] == [("copy", message(2).payload)]

    async def test_events_that_are_newer_than_this_software_are_copied(self, logs: Sequence[EventLog]) -> None:
        source, target = logs
        event = decode(NEWER)
        assert isinstance(event, UnknownEvent)
        await source.append([Message(event.id, event.exchange, NEWER)])
        assert await copy(source, target, "here") == Copied(copied=1)
        assert [record.payload for record in await every(target)] == [NEWER]

    async def test_a_target_in_one_piece_has_the_order_of_recording(self, logs: Sequence[EventLog]) -> None:
        source, target = logs
        await fill(source)
        await copy(source, target, "here")
        by_partition: dict[int, list[Record]] = {}
        for record in await every(target):
            by_partition.setdefault(record.position.partition, []).append(record)
        for records in by_partition.values():
            times = [record.recorded_at for record in records]
            assert times == sorted(times)
