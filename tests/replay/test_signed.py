"""Signed events in copies, archives and rebuilds: the signatures travel, and no figure moves."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.book.cut import Cut
from ledger.changes.between import changes_between
from ledger.copying import copy
from ledger.follow.books import Books
from ledger.follow.follower import read_books, read_live
from ledger.log.port import Message
from ledger.log.sqlite import SqliteLog
from ledger.proof.figure import Bounds
from ledger.proof.note import SigningKey
from ledger.proof.signed import verdict
from ledger.settings import Trust
from replay.archive.restoring import restore
from replay.archive.writing import export
from replay.audit.checks.records import repeats
from replay.audit.read_evidence import read_archive
from replay.commands.rebuilds import live
from replay.figure_proof import prove_figures, verify_figure
from replay.parallel import rebuild_in_parallel
from replay.rebuild import digest, rebuild
from schemas.codec import decode, encode
from schemas.events import AnyEvent
from schemas.record import Batch, Position, Row
from tests.book.sequences import histories
from tests.history.bundled import history
from tests.log.events import released
from tests.replay.keeping import KEY, KEYRING, NOON
from tests.replay.keeping import signed as checkpoint
from tests.replay.tampering import records, rewrite
from tests.signing import AGENCY, FEED, KEEPER, NEXT, PRODUCERS, THIEF, revoked, signed, trust
from tests.signing import settings as environment

EVENTS = [released(number, exchange=f"EXCHANGE-{number % 3}") for number in range(60)]


def mixed() -> list[bytes]:
    """Events that are signed, unsigned, signed by a stranger, and signed by a key after it was revoked."""
    keys = [FEED, AGENCY, THIEF, None]
    lines = [encode(event) if key is None else signed(event, key) for event, key in zip(EVENTS, keys * 15, strict=True)]
    lines[20:20] = [signed(revoked(FEED, f"EXCHANGE-{number}"), NEXT) for number in range(2)]
    return lines


def message(raw: bytes) -> Message:
    event = decode(raw)
    return Message(event.id, event.exchange, raw, recorded_at=NOON)


async def filled(path: Path, trusted: Trust, lines: list[bytes]) -> SqliteLog:
    log = SqliteLog(path, trust=trusted)
    await log.append([message(raw) for raw in lines])
    return log


async def test_every_way_to_read_a_ledger_comes_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in environment(tmp_path).items():
        monkeypatch.setenv(name, text)
    log, url = await filled(tmp_path / "ledger.db", trust(), mixed()), f"sqlite:///{tmp_path}/ledger.db"
    lean, strict = await rebuild(log), await rebuild(log, strict=True)
    assert lean.digest == strict.digest == digest(await read_live(log, Cut()))
    assert lean.unbelieved == strict.unbelieved > 30
    assert (await rebuild_in_parallel(url, Cut(), strict=False, jobs=2)).digest == lean.digest
    assert digest(await live(url, Cut())) == lean.digest
    assert digest((await changes_between(log, "0:10")).books) == lean.digest
    await log.close()


async def test_an_archive_keeps_signatures_and_a_restored_ledger_believes_the_same(tmp_path: Path) -> None:
    log = await filled(tmp_path / "ledger.db", trust(), mixed())
    await export(log, tmp_path / "one.archive")
    other = SqliteLog(tmp_path / "other.db", trust=trust())
    await restore(tmp_path / "one.archive", other)
    await export(other, tmp_path / "two.archive")
    assert (tmp_path / "one.archive").read_bytes() == (tmp_path / "two.archive").read_bytes()
    ours, theirs = await read_books(log), await read_books(other)
    assert (digest(ours), ours.unbelieved) == (digest(theirs), theirs.unbelieved)
    record = await other.find(EVENTS[0].id)
    assert record is not None
    assert verdict(record.payload, NOON, PRODUCERS).producer == FEED.name
    await asyncio.gather(log.close(), other.close())


async def test_a_copy_leaves_out_what_counts_nowhere_and_comes_to_the_same(tmp_path: Path) -> None:
    log = await filled(tmp_path / "ledger.db", trust(), mixed())
    other = SqliteLog(tmp_path / "other.db", trust=trust())
    copied = await copy(log, other, "one")
    ours, theirs = await read_books(log), await read_books(other)
    assert copied.unbelieved == len(ours.unbelieved) == len(await other.rejected())
    assert not theirs.unbelieved
    assert digest(ours) == digest(theirs)
    again = await copy(log, other, "one")
    assert (again.copied, again.there_already) == (0, copied.copied)
    await asyncio.gather(log.close(), other.close())


async def test_a_figure_is_proved_from_the_claims_that_count(tmp_path: Path) -> None:
    log = await filled(tmp_path / "ledger.db", trust(), mixed())
    rows = [(0, row) async for batch in log.read() for row in batch.rows]
    note, figure = checkpoint(rows, len(rows)), ("EXCHANGE-0", "captives.released")
    exchange, name = figure
    [proof] = await prove_figures(log, KEY, [note], exchange, Bounds(), [name], now=NOON)
    assert verify_figure(str(proof), KEYRING)[1].value == (await read_books(log)).figures(figure[0])[figure[1]]
    assert any("payloadType" in each.payload for each in proof.figure.records)
    await log.close()


async def test_an_audit_quotes_the_event_that_counts_and_not_a_forged_one_before_it(tmp_path: Path) -> None:
    log = await filled(tmp_path / "ledger.db", trust(), [signed(EVENTS[0], FEED)])
    await export(log, tmp_path / "archive")
    await log.close()
    [(_, (_, recorded_us, payload, _))] = records(tmp_path / "archive")
    source = EVENTS[0].source.model_copy(update={"publisher": "The Forger"})
    forged = encode(EVENTS[0].model_copy(update={"source": source}))
    rows = [(0, (0, recorded_us, forged, None)), (0, (1, recorded_us, payload, None))]
    rewrite(tmp_path / "archive", rows, trees=True)
    evidence = await read_archive(tmp_path / "archive", trust=trust())
    assert [*evidence.books.unbelieved] == [Position(0, 0)]
    assert evidence.quoted[EVENTS[0].id].publisher == EVENTS[0].source.publisher
    assert evidence.repeats == []
    assert repeats(evidence).looked == "1 id: each stands there once"


def folded(lines: list[bytes], trusted: Trust, strict: bool) -> Books:
    books = Books(strict=strict, trust=trusted)
    rows: list[Row] = [(offset, 0, raw, None) for offset, raw in enumerate(lines)]
    books.take(Batch(0, rows, len(rows) - 1))
    return books


def test_signing_the_history_moves_no_figure() -> None:
    plain = digest(folded([encode(event) for event in history()], Trust(), False))
    lines = [signed(event, (FEED, AGENCY, KEEPER)[number % 3]) for number, event in enumerate(history())]
    for strict in (False, True):
        books = folded(lines, trust(), strict)
        assert not books.refused
        assert digest(books) == plain


@settings(max_examples=40)
@given(histories(), st.lists(st.sampled_from([None, FEED, AGENCY, THIEF]), min_size=1))
def test_signing_changes_no_figure(events: list[AnyEvent], picks: list[SigningKey | None]) -> None:
    keys = [picks[number % len(picks)] for number in range(len(events))]
    lines = [encode(event) if key is None else signed(event, key) for event, key in zip(events, keys, strict=True)]
    plain = folded([encode(event) for event in events], Trust(), False)
    assert digest(folded(lines, Trust(), True)) == digest(plain)
    believed = [line for line, key in zip(lines, keys, strict=True) if key in (FEED, AGENCY)]
    assert digest(folded(lines, trust(), False)) == digest(folded(believed, trust(), True))
