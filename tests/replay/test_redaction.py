"""What nobody may keep can go: nothing of it is left, and every root, proof, checkpoint and other figure holds."""

import asyncio
import base64
import random
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

import apsw
import pytest

from ledger.client import AsyncLedger
from ledger.copying import copy
from ledger.errors import InvalidEvent, LedgerError, UnknownName, UsageError
from ledger.follow.books import Books
from ledger.log.port import Message, Receipt
from ledger.proof.note import Note
from ledger.proof.signed import sign_event
from ledger.redaction import Grounds, Redaction, redacted
from replay.archive.restoring import restore
from replay.archive.verify import verify_archive
from replay.checkpoints.check import Verified
from replay.figure_proof import verify_figure
from replay.rebuild import exchange_digest
from schemas.codec import decode, encode, skim
from schemas.events import AnyEvent, EventRedacted
from schemas.record import Batch, Position, Row
from tests.history.bundled import NOVEMBER, history
from tests.replay.audit.auditing import audited
from tests.replay.keeping import EVENTS, KEY, KEYRING, NOON, append, archived, opened, signed
from tests.replay.tampering import records
from tests.replay.test_figure_proof import proved
from tests.signing import FEED, revoked

T = TypeVar("T")
NAME = "Jane Q. Public-7f3a of 12 Example Street"
WHY, BY = "the note named somebody", "Data protection officer"
GROUNDS = Grounds(WHY, BY, NOON)
AT = 60
"""Where the event stands that is to go: in the middle of its exchange."""


def named(event: AnyEvent, text: str = NAME) -> AnyEvent:
    """An event with a name in its note, which fills several pages of a file."""
    return event.model_copy(update={"note": f"{text} {'was there. ' * 150}"[:2000].strip()})


def events() -> list[AnyEvent]:
    return [named(event) if number == AT else event for number, event in enumerate(history())]


THAT = events()[AT].id


def run(url: str, work: Callable[[AsyncLedger], Awaitable[T]]) -> T:
    async def opening() -> T:
        async with AsyncLedger.open(url) as ledger:
            return await work(ledger)

    return asyncio.run(opening())


def forgotten(url: str, event_id: str = THAT, *refused: int) -> Redaction:
    return run(url, lambda ledger: ledger.redact(event_id, WHY, BY, refused))


def digests(url: str) -> dict[str, str]:
    async def read(ledger: AsyncLedger) -> dict[str, str]:
        books = await ledger.read()
        return {each: exchange_digest(books, each) for each in books.exchanges()}

    return run(url, read)


def figures(url: str) -> list[object]:
    """What a ledger says, but for how many events say it and which came last."""

    async def read(ledger: AsyncLedger) -> list[object]:
        books = await ledger.read()
        tallies = [view.model_dump(exclude={"events", "through", "unknown"}) for view in books.tallies()]
        return [tallies, [books.rounds(each) for each in books.exchanges()], [*map(books.figures, books.exchanges())]]

    return run(url, read)


def holders(folder: Path, *needles: bytes) -> list[str]:
    """The files of a folder in which any of some bytes stand."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return [path.name for path in found if any(needle in path.read_bytes() for needle in needles)]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return append(f"sqlite:///{tmp_path / 'ledger.db'}", events())


# -- nothing is left ---------------------------------------------------------------------------


def test_nothing_of_it_is_left_in_any_file_of_the_ledger(url: str, tmp_path: Path) -> None:
    raw = sign_event(encode(named(history()[7].model_copy(update={"id": derived(1)}))), KEY)
    inside = base64.b64encode(b"xx" + NAME.encode())[4:40]  # of one of the three ways in which base64 can fall

    async def fill(ledger: AsyncLedger) -> None:
        await ledger.log.append([Message(derived(1), NOVEMBER, raw)])
        await ledger.reject("feed:1", InvalidEvent(), encode(events()[AT]) + b" ")
        await ledger.reject("feed:2", InvalidEvent(), b'{"note": "%s' % NAME.encode())

    run(url, fill)
    before = [NAME.encode(), b"was there. was there.", raw[200:260], inside]
    assert holders(tmp_path, NAME.encode())
    assert holders(tmp_path, raw[200:260])
    done = forgotten(url, THAT, 2)
    forgotten(url, derived(1))
    assert done.position == Position(0, AT)
    assert done.refused == [1, 2]
    assert holders(tmp_path, *before) == []


def test_refused_messages_with_its_words_go_as_well(url: str, tmp_path: Path) -> None:
    said = encode(events()[AT]).replace(THAT.encode(), derived(2).encode())

    async def fill(ledger: AsyncLedger) -> list[str]:
        await ledger.reject("feed:1", InvalidEvent(), said)
        await ledger.reject("feed:2", InvalidEvent(), b"another")
        done = await ledger.redact(THAT, WHY, BY)
        assert done.refused == [1]
        return [f"{each.payload!r} {each.origin}" for each in await ledger.rejected()]

    assert run(url, fill) == ["b'' feed:1", "b'another' feed:2"]
    assert holders(tmp_path, NAME.encode()) == []


def test_nothing_of_it_is_left_while_others_read_and_write(url: str, tmp_path: Path) -> None:
    async def work(ledger: AsyncLedger) -> None:
        async with AsyncLedger.open(url) as other:
            reading = [asyncio.create_task(other.tallies()) for _ in range(4)]
            await ledger.redact(THAT, WHY, BY)
            await asyncio.gather(*reading)
            await other.publish(history()[3].model_copy(update={"id": derived(3)}))

    run(url, work)
    assert holders(tmp_path, NAME.encode()) == []


def test_who_reads_for_too_long_is_named_and_doing_it_again_completes_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.log.sqlite.BUSY_TIMEOUT_MS", 200)
    reader = apsw.Connection(str(tmp_path / "ledger.db"))
    reader.execute("BEGIN; SELECT count(*) FROM records").fetchall()
    with pytest.raises(LedgerError, match="no view"):
        forgotten(url)
    reader.close()
    again = forgotten(url)
    assert holders(tmp_path, NAME.encode()) == []
    assert again.receipt.duplicate
    assert [each.event for each in told(url)] == [THAT]


# -- what stays --------------------------------------------------------------------------------


def test_the_record_keeps_position_time_and_hash(url: str) -> None:
    async def work(ledger: AsyncLedger) -> None:
        before = await ledger.log.find(THAT)
        await ledger.redact(THAT, WHY, BY)
        after = await ledger.log.find(THAT)
        assert before is not None
        assert after is not None
        assert (before.position, before.recorded_at) == (after.position, after.recorded_at)
        assert after == redacted(before) == redacted(after)

    run(url, work)


def test_what_was_proved_and_archived_before_stays_valid(url: str, tmp_path: Path) -> None:
    old = archived(url, tmp_path / "old")
    note = signed(records(old), EVENTS)
    proof = str(proved(url, note))
    before = verify_archive(old, KEYRING, [note])
    forgotten(url)
    assert verify_archive(old, KEYRING, [note]) == before
    assert verify_figure(proof, KEYRING)
    new = archived(url, tmp_path / "new", note)
    after = verify_archive(new, KEYRING, [note])
    assert (after.covered, after.redacted, before.redacted) == (EVENTS, [Position(0, AT)], [])
    assert holders(tmp_path, NAME.encode()) == ["old"]


def test_an_archive_that_is_extended_forgets_as_well(url: str, tmp_path: Path) -> None:
    old = archived(url, tmp_path / "archive")
    forgotten(url)
    again, new = archived(url, old), archived(url, tmp_path / "new")
    assert again.read_bytes() == new.read_bytes()
    assert holders(tmp_path, NAME.encode()) == []


def test_an_archive_of_a_ledger_that_forgot_is_restored_as_it_is(url: str, tmp_path: Path) -> None:
    forgotten(url)
    archive = archived(url, tmp_path / "archive")
    back = f"sqlite:///{tmp_path / 'back.db'}"
    bring(archive, back)
    assert archived(back, tmp_path / "again").read_bytes() == archive.read_bytes()
    assert digests(back) == digests(url)


def test_a_restore_can_leave_it_behind(url: str, tmp_path: Path) -> None:
    archive, back = archived(url, tmp_path / "archive"), f"sqlite:///{tmp_path / 'back' / 'ledger.db'}"
    (tmp_path / "back").mkdir()
    with pytest.raises(UnknownName, match=derived(9)):
        bring(archive, back, derived(9))
    note = signed(records(archive), EVENTS)
    bring(archive, back, THAT)
    forgotten(url)
    assert figures(back) == figures(url)
    assert verified(archived(back, tmp_path / "again"), note).redacted == [Position(0, AT)]
    assert holders(tmp_path / "back", NAME.encode()) == []
    assert [each.event for each in told(back)] == [THAT]


def test_a_copy_of_a_ledger_that_forgot_has_its_figures(url: str, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'copy.db'}"
    forgotten(url)

    async def work() -> None:
        async with opened(url) as source, opened(target, create=True) as log:
            done = await copy(source, log, "the ledger")
            assert done.copied == EVENTS + 1

    asyncio.run(work())
    assert digests(target) == digests(url)


# -- figures -----------------------------------------------------------------------------------


def test_figures_are_as_if_it_had_never_been_published(url: str, tmp_path: Path) -> None:
    forgotten(url)
    without = [event for event in events() if event.id != THAT]
    other = append(f"sqlite:///{tmp_path / 'other.db'}", without)

    assert figures(url) == figures(other)
    tally = run(url, lambda ledger: ledger.tally(events()[AT].exchange))
    assert tally.unknown == {"redacted": 1}


def test_who_had_read_it_forgets_it(url: str) -> None:
    exchange = events()[AT].exchange

    async def work(ledger: AsyncLedger) -> None:
        async with AsyncLedger.open(url) as other, aclosing(other.follow("tallies")) as changes:
            before = await other.tally(exchange)
            async for change in changes:  # all that stands
                if change.reached:
                    break
            await ledger.redact(THAT, WHY, BY)
            change = await asyncio.wait_for(anext(changes), 20)
            assert change.item == await other.tally(exchange) == (await ledger.read()).tally(exchange) != before
            assert (await other.tally(exchange)).unknown == {"redacted": 1}
            await ledger.publish(history()[3].model_copy(update={"id": derived(3)}))
            assert (await asyncio.wait_for(anext(changes), 20)).item == await other.tally(history()[3].exchange)

    run(url, work)


@pytest.mark.parametrize("seed", range(12))
def test_books_that_let_go_of_it_equal_those_that_never_had_it(seed: int) -> None:
    chance = random.Random(seed)
    rows: list[Row] = [(offset, 0, encode(event), None) for offset, event in enumerate(events())]
    live = Books()
    live.take(Batch(0, rows, len(rows) - 1))
    for offset in chance.sample(range(len(rows)), 3):
        gone = skim(rows[offset][2])
        shape = redacted(next(Batch(0, [rows[offset]], offset).records()))
        rows[offset] = (offset, 0, shape.payload, None)
        rows.append((len(rows), 0, GROUNDS.message(gone.id, gone.exchange).payload, None))
        live.take(Batch(0, rows[-1:], len(rows) - 1))
        [outdated] = live.outdated
        assert (outdated.exchange, outdated.event) == (gone.exchange, gone.id)
        live.fold_again(gone.exchange, [(0, row) for row in rows if skim(row[2]).exchange == gone.exchange])
    anew = Books()
    anew.take(Batch(0, rows, len(rows) - 1))
    assert not live.outdated
    assert not anew.outdated
    assert live.exchanges() == anew.exchanges()
    assert [exchange_digest(live, each) for each in live.exchanges()] == [
        exchange_digest(anew, each) for each in anew.exchanges()
    ]


# -- it does not come back ---------------------------------------------------------------------


def test_publishing_it_again_brings_nothing_back(url: str, tmp_path: Path) -> None:
    forgotten(url)
    before = digests(url)

    async def again(ledger: AsyncLedger) -> None:
        outcomes = [each async for each in ledger.publish_stream(map(encode, events()))]
        assert all(isinstance(each, Receipt) and each.duplicate for each in outcomes)
        receipt = await ledger.publish(named(events()[AT], "Another name"))
        assert receipt.duplicate

    run(url, again)
    assert digests(url) == before
    assert holders(tmp_path, NAME.encode(), b"Another name") == []


def test_nobody_publishes_that_something_was_redacted(url: str) -> None:
    said = GROUNDS.message(THAT, NOVEMBER).payload
    record, _ = run(url, lambda ledger: ledger.event(THAT))
    stands = redacted(record).payload.replace(THAT.encode(), derived(4).encode())

    async def work(ledger: AsyncLedger) -> None:
        for raw, why in ((said, "`ledger redact` alone"), (stands, "no event type")):
            [outcome] = [each async for each in ledger.publish_stream([raw])]
            assert isinstance(outcome, InvalidEvent)
            assert why in str(outcome)

    run(url, work)


def test_what_cannot_be_removed_says_why(url: str) -> None:
    done = forgotten(url)
    with pytest.raises(UsageError, match="says why another event was removed"):
        forgotten(url, done.receipt.event_id)
    revocation = revoked(FEED, NOVEMBER)
    append(url, [revocation])
    with pytest.raises(UsageError, match="what a thief signed would count"):
        forgotten(url, revocation.id)
    with pytest.raises(UnknownName):
        forgotten(url, derived(5))
    with pytest.raises(InvalidEvent, match="why"):
        run(url, lambda ledger: ledger.redact(events()[3].id, "", BY))


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE records SET payload = CAST(\'{"type":"other"}\' AS BLOB) WHERE offset = 3',
        "UPDATE records SET recorded_at = 0 WHERE offset = 3",
        "UPDATE records SET entered_by = x'00' WHERE offset = 3",
        'UPDATE records SET recorded_at = 0, payload = CAST(\'{"type":"redacted",\' AS BLOB) WHERE offset = 3',
        "DELETE FROM records WHERE offset = 3",
    ],
)
def test_the_file_lets_nothing_else_change(url: str, tmp_path: Path, statement: str) -> None:
    connection = apsw.Connection(str(tmp_path / "ledger.db"))
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        connection.execute(statement)
    connection.close()


# -- audits ------------------------------------------------------------------------------------


def test_an_audit_says_who_removed_what_and_why(url: str, tmp_path: Path) -> None:
    note = signed(records(archived(url, tmp_path / "old")), EVENTS)
    forgotten(url)
    for source in (url, archived(url, tmp_path / "archive", note)):
        found = audited(source, KEYRING, [note])
        assert found.failures() == []
        [check] = [each for each in found.outcomes if each.name == "redactions"]
        [said] = check.seen.findings
        assert (said.severity, said.reason) == ("notice", WHY)
        assert said.what.startswith(f"{BY} removed event {THAT} on 2026-")


def test_an_audit_finds_what_was_removed_in_silence(url: str, tmp_path: Path) -> None:
    """A keeper who would drop a claim under a root that holds cannot do it unseen."""

    async def drop() -> None:
        async with opened(url) as log:
            record = await log.find(THAT)
            assert record is not None
            connection = apsw.Connection(str(tmp_path / "ledger.db"))
            connection.execute("UPDATE records SET payload = ? WHERE offset = ?", (redacted(record).payload, AT))
            connection.close()

    asyncio.run(drop())
    [failure] = audited(url).failures()
    assert "no event says who removed them" in failure.what
    assert (failure.where, failure.events) == (f"0:{AT}", (THAT,))
    forgotten(url)
    assert audited(url).failures() == []


def test_an_audit_finds_what_was_only_said_to_be_removed(url: str) -> None:
    async def say() -> None:
        async with opened(url) as log:
            await log.append([GROUNDS.message(THAT, events()[AT].exchange)])

    asyncio.run(say())
    [failure] = audited(url).failures()
    assert "its bytes are still there" in failure.what
    assert failure.where == f"0:{AT}"


# -- helpers -----------------------------------------------------------------------------------


def derived(number: int) -> str:
    return f"0000ffff-0000-8000-8000-{number:012x}"


def told(url: str) -> list[EventRedacted]:
    async def read(ledger: AsyncLedger) -> list[EventRedacted]:
        found = []
        async with aclosing(ledger.log.read()) as batches:
            async for batch in batches:
                found += [event for _, _, raw, _ in batch.rows if isinstance(event := decode(raw), EventRedacted)]
        return found

    return run(url, read)


def bring(archive: Path, url: str, *redacting: str) -> None:
    async def work() -> None:
        async with opened(url, create=True) as log:
            await restore(archive, log, dict.fromkeys(redacting, GROUNDS))

    asyncio.run(work())


def verified(archive: Path, note: Note) -> Verified:
    return verify_archive(archive, KEYRING, [note])
