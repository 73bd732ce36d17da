"""A ledger on Kafka forgets by a copy to new topics: the same roots and positions, and nothing of what had to go."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from ledger.client import AsyncLedger
from ledger.errors import UsageError
from ledger.log.kafka import KafkaLog
from ledger.log.port import Message
from ledger.redaction import Grounds
from replay.archive.restoring import restore
from replay.archive.verify import verify_archive
from replay.archive.writing import export
from replay.checkpoints.signing import sign_checkpoints
from replay.checkpoints.store import CheckpointStore
from schemas.codec import encode
from schemas.record import Position
from schemas.topics import EVENTS, REJECTED, ROUNDS, TALLIES
from tests.history.bundled import history
from tests.kafka.topics import fresh
from tests.replay.audit.auditing import audited
from tests.replay.keeping import KEY, KEYRING, NOON, opened

NAME = "Jane Q. Public-7f3a"
GROUNDS = Grounds("the note named somebody", "Data protection officer", NOON)
NAMED = history()[60].model_copy(update={"note": f"{NAME} was there"})


async def filled(url: str) -> Position:
    """A ledger that holds the history, with a name in a note; where that stands."""
    told = [NAMED if each.id == NAMED.id else each for each in history()]
    async with opened(url) as log:
        outcomes = await log.append([Message(each.id, each.exchange, encode(each), each) for each in told])
    [position] = [each.position for each in outcomes if each.event_id == NAMED.id]
    return position


async def raw(url: str) -> bytes:
    """Every byte that stands in the topics of a ledger."""
    found = list[bytes]()
    async with opened(url) as log:
        assert isinstance(log, KafkaLog)
        for topic in (EVENTS, TALLIES, ROUNDS):
            async with aclosing((await log.reader(topic)).read()) as fetches:
                async for fetched in fetches:
                    found += [each.value or b"" for each in fetched.records]
        found += [each.payload for each in await log.rejected()]
    assert REJECTED.partitions == 1
    return b"\n".join(found)


async def test_it_forgets_by_a_copy_with_the_same_roots(kafka: str, tmp_path: Path) -> None:
    old, new = await fresh(kafka, 6), await fresh(kafka, 6)
    position = await filled(old)
    before, after, store = tmp_path / "before", tmp_path / "after", CheckpointStore(tmp_path / "checkpoints")
    async with opened(old) as log:
        await sign_checkpoints(log, KEY, store, full=True, clock=lambda: NOON)
        await export(log, before, store.notes())
    async with opened(new) as log:
        await restore(before, log, {NAMED.id: GROUNDS})
        await export(log, after, store.notes())
    assert NAME.encode() in await raw(old)
    assert NAME.encode() not in await raw(new)
    assert NAME.encode() not in after.read_bytes()
    verified = verify_archive(after, KEYRING, store.notes())
    assert (verified.redacted, verified.covered, verified.records) == ([position], 405, 406)
    async with AsyncLedger.open(new) as ledger:
        tally = await ledger.tally(NAMED.exchange)
        assert tally.unknown == {"redacted": 1}
        assert len(await ledger.tallies()) == len({each.exchange for each in history()})
    found = await asyncio.to_thread(audited, new, KEYRING, store.notes())
    assert found.failures() == []
    [check] = [each for each in found.outcomes if each.name == "redactions"]
    assert [(each.severity, each.reason) for each in check.seen.findings] == [("notice", GROUNDS.why)]


async def test_what_is_published_again_there_counts_nowhere(kafka: str, tmp_path: Path) -> None:
    old, new = await fresh(kafka, 2), await fresh(kafka, 2)
    await filled(old)
    async with opened(old) as log:
        await export(log, tmp_path / "archive")
    async with opened(new) as log:
        await restore(tmp_path / "archive", log, {NAMED.id: GROUNDS})
    async with AsyncLedger.open(new) as ledger:
        before = await ledger.tally(NAMED.exchange)
        await ledger.publish(NAMED)
        after = await ledger.tally(NAMED.exchange)
        assert after.model_dump(exclude={"duplicates"}) == before.model_dump(exclude={"duplicates"})
    [failure] = (await asyncio.to_thread(audited, new)).failures()
    assert "its bytes are still there" in failure.what


async def test_in_place_it_says_how(kafka: str) -> None:
    url = await fresh(kafka)
    await filled(url)
    async with AsyncLedger.open(url) as ledger:
        with pytest.raises(UsageError, match="replay restore ARCHIVE kafka://HOST/NEW-PREFIX"):
            await ledger.redact(NAMED.id, GROUNDS.why, GROUNDS.by)
