"""What every log promises, whatever it is made of. A log's test module subclasses this and gives a `url`."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from ledger.errors import EventConflict, LogUnreachable
from ledger.log import open_log
from ledger.log.port import Acknowledgment, EventLog, Message, Outcome, Receipt, Refusal
from schemas.codec import encode
from schemas.record import NOWHERE, Batch, Frontier, Position, Record
from tests.log.events import EXCHANGE, TREE, message, messages, released


async def every(log: EventLog, after: Frontier = NOWHERE, through: Frontier | None = None) -> list[Record]:
    return [record async for batch in log.read(after, through) for record in batch.records()]


def receipts(outcomes: list[Outcome]) -> list[Receipt]:
    found = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert len(found) == len(outcomes), outcomes
    return found


def offsets(outcomes: list[Outcome]) -> list[int]:
    return [receipt.position.offset for receipt in receipts(outcomes)]


async def payloads(batches: AsyncIterator[Batch], count: int) -> list[bytes]:
    """The next so many payloads of a tail, where a batch ends with the last of them."""
    found: list[bytes] = []
    while len(found) < count:
        found += [payload for _, _, payload, _ in (await anext(batches)).rows]
    return found


def started(url: str, seed: int, count: int) -> "subprocess.Popen[str]":
    """A process that has opened the log and waits for a line on its stdin before it publishes."""
    command = [sys.executable, "-m", "tests.log.worker", url, str(seed), str(count)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TREE)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


class LogContract:
    @pytest.fixture
    def url(self) -> str:
        """The URL of a log that is empty."""
        raise NotImplementedError

    @pytest.fixture
    async def log(self, url: str) -> AsyncIterator[EventLog]:
        log = open_log(url)
        yield log
        await log.close()

    # -- appending ---------------------------------------------------------------------------------

    async def test_receipts_come_in_order_with_growing_positions(self, log: EventLog) -> None:
        sent = messages(0, 20)
        got = receipts(await log.append(sent))
        assert [receipt.event_id for receipt in got] == [each.id for each in sent]
        assert [receipt.position for receipt in got] == [Position(0, offset) for offset in range(20)]
        assert not any(receipt.duplicate for receipt in got)

    async def test_offsets_go_on_from_append_to_append(self, log: EventLog) -> None:
        assert offsets(await log.append(messages(0, 3))) == [0, 1, 2]
        assert offsets(await log.append(messages(3, 5))) == [3, 4]
        assert [record.position.offset for record in await every(log)] == [0, 1, 2, 3, 4]

    async def test_the_log_says_when_it_recorded(self, log: EventLog) -> None:
        before = datetime.now(UTC)
        [first] = receipts(await log.append([message(1)]))
        [second] = receipts(await log.append([message(2)]))
        assert before - timedelta(milliseconds=1) <= first.recorded_at <= second.recorded_at <= datetime.now(UTC)
        assert [record.recorded_at for record in await every(log)] == [first.recorded_at, second.recorded_at]

    async def test_bytes_come_back_untouched(self, log: EventLog) -> None:
        odd = [
            b'{ "type" :\t"captives_released" , "n" : 1 }  ',
            b'{"b":1,"a":2}',
            '{"n":"\u05d0 \u2603"}'.encode(),
            b'{"n":"\\u00e9"}',
            b"\x00\xff not even text",
        ]
        await log.append([Message(message(n).id, EXCHANGE, payload) for n, payload in enumerate(odd)])
        assert [record.payload for record in await every(log)] == odd

    async def test_nothing_to_append_is_nothing(self, log: EventLog) -> None:
        assert await log.append([]) == []
        assert await log.end() == NOWHERE

    # -- reading -----------------------------------------------------------------------------------

    async def test_an_empty_log_has_no_end_and_no_records(self, log: EventLog) -> None:
        assert await log.end() == NOWHERE
        assert await every(log) == []

    async def test_read_after_and_through(self, log: EventLog) -> None:
        await log.append(messages(0, 10))
        every_offset = [(None, None, range(10)), (0, None, range(1, 10)), (None, 0, range(1)), (3, 6, range(4, 7))]
        for after, through, expected in [*every_offset, (9, None, range(0)), (5, 5, range(0)), (7, 100, range(8, 10))]:
            start = NOWHERE if after is None else Frontier({0: after})
            bound = None if through is None else Frontier({0: through})
            kept = [record.position.offset for record in await every(log, start, bound)]
            assert kept == [*expected], (after, through)

    async def test_the_end_is_the_last_position(self, log: EventLog) -> None:
        await log.append(messages(0, 4))
        assert await log.end() == Frontier({0: 3})

    async def test_a_read_ends_where_the_log_ended_when_it_began(self, log: EventLog) -> None:
        await log.append(messages(0, 10_000))
        seen = 0
        async with aclosing(log.read()) as batches:
            async for batch in batches:
                seen += len(batch.rows)
                await log.append([message(20_000 + seen)])
        assert seen == 10_000

    async def test_find_and_matching_prefixes(self, log: EventLog) -> None:
        sent = messages(0, 30)
        got = receipts(await log.append(sent))
        found = await log.find(sent[7].id)
        assert found == Record(got[7].position, got[7].recorded_at, sent[7].payload)
        assert await log.find(message(99).id) is None
        for prefix in (sent[7].id, sent[7].id[:-3], sent[7].id[:22].upper(), sent[7].id.replace("-", "")[:20]):
            ids = [each.id for each in sent if each.id.replace("-", "").startswith(prefix.replace("-", "").lower())]
            assert await log.matching(prefix) == sorted(ids), prefix

    async def test_matching_gives_ten_at_most(self, log: EventLog) -> None:
        ids = [f"abcd0000-0000-8000-8000-{n:012}" for n in range(15)]
        sent = [Message(each, EXCHANGE, encode(released(0).model_copy(update={"id": each}))) for each in ids]
        await log.append(sent)
        assert await log.matching("abcd") == [each.id for each in sent[:10]]

    async def test_how_much_of_an_id_no_other_begins_with(self, log: EventLog) -> None:
        ids = ["0198bfa2-c000-8000-8000-000000000000", "0198bfa2-c3ff-8000-8000-000000000000", message(1).id]
        sent = [Message(each, EXCHANGE, encode(released(0).model_copy(update={"id": each}))) for each in ids]
        await log.append(sent)
        assert await log.shared_digits([]) == 0
        assert await log.shared_digits(ids[:1]) == await log.shared_digits(ids[1:]) == await log.shared_digits(ids) == 9
        assert await log.shared_digits(["0198bfa3-0000-8000-8000-000000000000"]) == 7  # which is not there itself
        shared = await log.shared_digits([message(1).id])
        assert [await log.matching(message(1).id.replace("-", "")[: shared + 1])] == [[message(1).id]]

    @pytest.mark.parametrize("text", ["", "nonsense", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz", "0" * 40, "%"])
    async def test_what_is_no_id_is_not_found(self, log: EventLog, text: str) -> None:
        await log.append(messages(0, 3))
        assert await log.find(text) is None
        assert await log.matching(text) == []

    # -- following ---------------------------------------------------------------------------------

    async def test_a_tail_gives_what_is_there_and_then_what_comes(self, log: EventLog) -> None:
        await log.append(messages(0, 3))
        async with aclosing(log.tail(Frontier({0: 0}))) as batches:
            assert await payloads(batches, 2) == [each.payload for each in messages(1, 3)]
            coming = asyncio.create_task(payloads(batches, 2))
            await asyncio.sleep(0.05)
            assert not coming.done()
            await log.append(messages(3, 5))
            assert await coming == [each.payload for each in messages(3, 5)]

    async def test_a_tail_wakes_for_another_process(self, log: EventLog, url: str) -> None:
        with await asyncio.to_thread(started, url, 1, 1) as worker:
            async with aclosing(log.tail()) as batches:
                coming = asyncio.create_task(payloads(batches, 1))
                await asyncio.sleep(0.01)
                assert not coming.done()
                await asyncio.to_thread(worker.communicate, "go\n")
                assert len(await coming) == 1

    # -- at the same time --------------------------------------------------------------------------

    async def test_each_of_many_tasks_gets_its_own_receipts(self, log: EventLog) -> None:
        async def publish(first: int) -> list[Outcome]:
            return await log.append(messages(first, first + 3))

        outcomes = await asyncio.gather(*(publish(first) for first in range(0, 300, 3)))
        for first, mine in zip(range(0, 300, 3), outcomes, strict=True):
            assert [receipt.event_id for receipt in receipts(mine)] == [each.id for each in messages(first, first + 3)]
        assert sorted(offset for mine in outcomes for offset in offsets(mine)) == [*range(300)]

    async def test_a_publisher_that_gives_up_harms_no_other(self, log: EventLog) -> None:
        tasks = [asyncio.create_task(log.append([message(number)])) for number in range(20)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in outcomes[::2])
        assert all(isinstance(each, list) and isinstance(each[0], Receipt) for each in outcomes[1::2])
        kept = {record.payload for record in await every(log)}
        assert {message(number).payload for number in range(1, 20, 2)} <= kept

    # -- who entered it ----------------------------------------------------------------------------

    async def test_a_record_keeps_who_entered_it_and_who_was_first_stays(self, log: EventLog, url: str) -> None:
        senders = ["token:newsroom-feed", None, "desk:kyiv", "token:newsroom-feed"]
        await log.append([message(n)._replace(entered_by=sender) for n, sender in enumerate(senders)])
        await log.append([message(0)._replace(entered_by="desk:other"), message(1)._replace(entered_by="desk:other")])
        other = open_log(url)
        assert [each.entered_by for each in await every(other)][:4] == senders
        for number, sender in enumerate(senders):
            found = await other.find(message(number).id)
            assert found is not None
            assert (found.payload, found.entered_by) == (message(number).payload, sender)
        await other.close()

    async def test_a_copy_that_brings_its_own_time_brings_who_entered_it(self, log: EventLog) -> None:
        at = datetime(2020, 1, 1, tzinfo=UTC)
        await log.append([message(1)._replace(recorded_at=at, entered_by="desk:kyiv")])
        assert [(each.recorded_at, each.entered_by) for each in await every(log)] == [(at, "desk:kyiv")]

    async def test_a_rejected_message_keeps_who_sent_it(self, log: EventLog) -> None:
        await log.reject(Refusal("http:newsroom:1", "publish", "is not JSON", b"{", entered_by="token:newsroom"))
        await log.reject(Refusal("a.ndjson:1", "publish", "is not JSON", b"{"))
        assert [each.entered_by for each in await log.rejected()] == ["token:newsroom", None]

    # -- what is no event --------------------------------------------------------------------------

    async def test_rejected_messages_are_kept_whole_and_once(self, log: EventLog) -> None:
        rejects = [("a.ndjson:1", b"{\xff\x00 \n"), ("a.ndjson:2", b"{\xff\x00 \n"), ("a.ndjson:1", b"")]
        for origin, payload in [*rejects, rejects[0]]:
            await log.reject(Refusal(origin, "publish", "is not JSON", payload))
        kept = await log.rejected()
        assert [(each.origin, each.payload) for each in kept] == rejects
        assert {(each.stage, each.reason) for each in kept} == {("publish", "is not JSON")}
        assert [each.number for each in kept] == sorted({each.number for each in kept})
        assert await log.end() == NOWHERE

    async def test_a_rejected_message_keeps_the_key_and_the_headers_that_it_bore(self, log: EventLog) -> None:
        headers = (("trace", b"\x00\xff"), ("trace", b"two"), ("empty", b""), ("none", None))
        await log.reject(Refusal("there 0:1", "decode", "is not JSON", b"{", key=b"\xffkey", headers=headers))
        await log.reject(Refusal("there 0:2", "decode", "is not JSON", b"{", key=b""))
        bearing, bare = await log.rejected()
        assert (bearing.key, bearing.headers) == (b"\xffkey", headers)
        assert (bare.key, bare.headers) == (b"", ())
        assert (bearing.position, bearing.acknowledged) == (None, None)

    async def test_an_acknowledgment_is_kept_and_what_was_said_first_stays(self, log: EventLog, url: str) -> None:
        for number in range(3):
            await log.reject(Refusal(f"a.ndjson:{number}", "publish", "is not JSON", b"{"))
        first, second, third = (each.number for each in await log.rejected())
        before = datetime.now(UTC) - timedelta(milliseconds=1)
        await log.acknowledge([first, third], "Ada", "mended at its source")
        await log.acknowledge([first], "Bob", "no", at=datetime(2020, 1, 1, tzinfo=UTC))
        await log.acknowledge([second], at=datetime(2020, 1, 1, tzinfo=UTC))
        await log.acknowledge([])
        other = open_log(url)
        kept = {each.number: each.acknowledged for each in await other.rejected()}
        await other.close()
        assert [*kept] == [first, second, third]
        assert kept[second] == Acknowledgment(datetime(2020, 1, 1, tzinfo=UTC), "", "")
        for number in (first, third):
            said = kept[number]
            assert said is not None
            assert said[1:] == ("Ada", "mended at its source")
            assert before <= said.at <= datetime.now(UTC)

    async def test_what_is_refused_later_is_not_acknowledged_beforehand(self, log: EventLog) -> None:
        await log.acknowledge([*range(10)])
        await log.reject(Refusal("a.ndjson:1", "publish", "is not JSON", b"{"))
        [kept] = await log.rejected()
        assert kept.acknowledged is None

    # -- opening and closing -----------------------------------------------------------------------

    async def test_a_reopened_log_goes_on(self, url: str) -> None:
        log = open_log(url)
        first = receipts(await log.append(messages(0, 3)))
        await log.close()
        log = open_log(url)
        assert offsets(await log.append(messages(3, 5))) == [3, 4]
        assert [record.recorded_at for record in (await every(log))[:3]] == [each.recorded_at for each in first]
        await log.close()

    async def test_closing_twice_is_harmless_and_a_closed_log_says_so(self, url: str) -> None:
        log = open_log(url)
        await log.close()
        await log.close()
        with pytest.raises(LogUnreachable, match="closed"):
            await log.append([message(1)])
        with pytest.raises(LogUnreachable, match="closed"):
            await log.end()

    async def test_closing_waits_for_what_is_being_appended(self, url: str) -> None:
        log = open_log(url)
        appending = asyncio.create_task(log.append(messages(0, 500)))
        await asyncio.sleep(0)
        await log.close()
        assert len(receipts(await appending)) == 500

    async def test_a_sound_log_has_nothing_wrong(self, log: EventLog) -> None:
        assert await log.examine() == []
        await log.append(messages(0, 100))
        assert await log.examine() == []


class IdempotentLogContract(LogContract):
    """What a log promises besides that knows the ids it holds when it appends."""

    # -- the same id again -------------------------------------------------------------------------

    async def test_the_same_event_again_gets_its_first_receipt(self, log: EventLog) -> None:
        first = receipts(await log.append(messages(0, 3)))
        again = receipts(await log.append(messages(0, 3)))
        assert again == [receipt._replace(duplicate=True) for receipt in first]
        assert len(await every(log)) == 3

    async def test_one_batch_may_hold_an_event_twice(self, log: EventLog) -> None:
        first, second, other = receipts(await log.append([message(1), message(1), message(2)]))
        assert (first.duplicate, second.duplicate, other.duplicate) == (False, True, False)
        assert second.position == first.position
        assert [record.payload for record in await every(log)] == [message(1).payload, message(2).payload]

    async def test_the_same_id_with_other_bytes_is_a_conflict_that_names_both(self, log: EventLog) -> None:
        await log.append([message(1, count=5)])
        before, conflict, after = await log.append([message(2), message(1, count=6), message(3)])
        assert isinstance(conflict, EventConflict)
        assert conflict.event_id == message(1).id
        assert conflict.position == Position(0, 0)
        assert (conflict.kept, conflict.refused) == (message(1, count=5).payload, message(1, count=6).payload)
        assert offsets([before, after]) == [1, 2]
        assert [record.payload for record in await every(log)] == [
            message(1, count=5).payload,
            message(2).payload,
            message(3).payload,
        ]

    async def test_a_batch_may_contradict_itself(self, log: EventLog) -> None:
        kept, conflict = await log.append([message(1, count=5), message(1, count=6)])
        assert isinstance(kept, Receipt)
        assert isinstance(conflict, EventConflict)
        assert [record.payload for record in await every(log)] == [message(1, count=5).payload]

    async def test_processes_that_publish_at_once_lose_nothing_and_repeat_nothing(
        self, log: EventLog, url: str
    ) -> None:
        workers = await asyncio.gather(*(asyncio.to_thread(started, url, seed, 500) for seed in range(4)))
        told = [asyncio.create_task(asyncio.to_thread(worker.communicate, "go\n")) for worker in workers]
        seen: list[Record] = []
        while not all(task.done() for task in told) or len(seen) < (await log.end()).records:
            seen += await every(log, Frontier({0: len(seen) - 1}) if seen else NOWHERE)
        assert [worker.returncode for worker in workers] == [0] * 4
        lines = [line.split() for task in told for line in task.result()[0].splitlines()]
        assert len(lines) == 4 * 500
        kept = {event_id: int(offset) for event_id, offset, duplicate in lines if duplicate == "0"}
        assert len(kept) == sum(duplicate == "0" for *_, duplicate in lines)
        assert all(kept[event_id] == int(offset) for event_id, offset, _ in lines)
        assert len(lines) - len(kept) > 100
        assert [record.position.offset for record in seen] == [*range(len(kept))]
        assert sorted(kept.values()) == [*range(len(kept))]
        for event_id, offset in kept.items():
            assert event_id.encode() in seen[offset].payload
