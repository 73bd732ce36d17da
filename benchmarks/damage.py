"""Damage: random bit flips and cuts of each file of a ledger, and who notices them.

Noticed is what ends in a clear error, harmless what leaves a reader with the same as before. The rest is silently
wrong. Each is tried with what the file alone shows (`ledger doctor`, `replay verify`), and with the keeper's key and a
checkpoint from elsewhere (`replay audit`). Whatever is no clear error ends the campaign.
"""

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import apsw
import orjson

from benchmarks.measure import table
from ledger.api.access.tokens import Role, Tokens, TokensUnreadable
from ledger.errors import LedgerError, VerificationFailed
from ledger.follow.checkpoints import examined
from ledger.log import opened_log
from ledger.log.port import EventLog, Message
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.figure import Bounds
from ledger.proof.keys import Keyring, TrustedKey
from ledger.proof.note import SigningKey
from replay.archive.reading import Archive
from replay.archive.verify import verify_archive
from replay.archive.writing import export
from replay.audit.findings import Subject
from replay.audit.read_evidence import read_log
from replay.audit.run import audit
from replay.checkpoints.signing import sign_checkpoints
from replay.checkpoints.store import CheckpointStore
from replay.commands.shared import judging_notes
from replay.figure_proof import prove_figures, verify_figure
from replay.files import read_text

TRIALS, SEED, EVENTS, AHEAD = 1_000, 2026, 60, 10
"""Flips, and as many cuts, of each file; and the events of the ledger, of which so many are in the WAL alone."""
FILES = ("`ledger.db`", "its WAL", "archive", "proof", "checkpoint", "tokens")
WAYS, ENDS = ("alone", "key and checkpoint"), ("noticed", "harmless", "silently wrong")
FIGURE = ("IL-HAMAS-2023-11", "captives.nationals")
HEADER_BYTES, WAL_HEADER_BYTES, FRAME_HEADER_BYTES = 100, 32, 24
_KEY = SigningKey("example.org/damage", bytes(range(32)))
_KEYRING = Keyring([TrustedKey(_KEY.verifier)])
_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Target(NamedTuple):
    """A file that is damaged, in a folder with all that it needs.

    `alone` and `vouched` raise LedgerError for what they notice; `alone` is None where nothing is read without a key.
    `said` is what a reader gets, `place` what stands at a byte.
    """

    file: str
    alone: Callable[[Path], object] | None
    vouched: Callable[[Path], object]
    said: Callable[[Path], object]
    place: Callable[[int], str]


def run(trials: int = TRIALS, seed: int = SEED) -> str:
    """Damage each file so many times in either way. Returns the table."""
    rows = list[list[object]]()
    with ProcessPoolExecutor() as pool:
        every = pool.map(damaged, FILES, repeat(trials), repeat(seed))
    for name, counted in zip(FILES, every, strict=True):
        for place in sorted({place for place, _, _ in counted}):
            of = [[counted[place, way, end] for end in ENDS] for way in WAYS]
            rows.append([name, place, sum(of[1]), *(f"{each:,}" if any(its) else "-" for its in of for each in its)])
    head = [f"{trials:,} flips and {trials:,} cuts each, seed {seed}", "where", "damaged"]
    return table([*head, *(f"{way}: {end}" for way in WAYS for end in ENDS)], rows)


def damaged(name: str, trials: int, seed: int) -> Counter[tuple[str, str, str]]:
    """How many damages of one of FILES ended how: by place, of WAYS, and of ENDS."""
    with TemporaryDirectory() as folder:
        whole = Path(folder, "whole")
        whole.mkdir()
        return _tried(Path(folder), asyncio.run(_made(whole))[name], trials, seed)


def _tried(folder: Path, target: Target, trials: int, seed: int) -> Counter[tuple[str, str, str]]:
    chance, counted = random.Random(f"{seed} {target.file}"), Counter[tuple[str, str, str]]()
    whole, raw = target.said(_copied(folder)), Path(folder, "whole", target.file).read_bytes()
    for number in range(2 * trials):
        at, bit = chance.randrange(len(raw)), 1 << chance.randrange(8)
        bad = raw[:at] if number % 2 else raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :]
        place = "cut off" if number % 2 else target.place(at)
        is_noticed = False
        for way, check in zip(WAYS, (target.alone, target.vouched), strict=True):
            if check is not None:
                is_noticed = is_noticed or _is_noticed(check, _damaged(folder, target.file, bad))
                end = "noticed" if is_noticed else _unnoticed(target, _damaged(folder, target.file, bad), whole)
                counted[place, way, end] += 1
    return counted


def _copied(folder: Path) -> Path:
    shutil.rmtree(folder / "tried", ignore_errors=True)
    return Path(shutil.copytree(folder / "whole", folder / "tried"))


def _damaged(folder: Path, file: str, raw: bytes) -> Path:
    here = _copied(folder)
    (here / file).write_bytes(raw)
    return here


def _is_noticed(check: Callable[[Path], object], here: Path) -> bool:
    try:
        check(here)
    except (LedgerError, TokensUnreadable):
        return True
    return False


def _unnoticed(target: Target, here: Path, whole: object) -> str:
    try:
        return "harmless" if target.said(here) == whole else "silently wrong"
    except LedgerError:  # a reader is told, though no check was
        return "noticed"


# -- the files ---------------------------------------------------------------------------------


async def _made(here: Path) -> Mapping[str, Target]:
    """A ledger in a file, the same with its last events in the WAL alone, and what is made of it."""
    for name, first in (("ledger.db", EVENTS), ("ahead.db", EVENTS - AHEAD)):
        async with opened_log(f"sqlite:///{here}/{name}", create=True) as log:
            await log.append(_messages()[:first])
    async with opened_log(f"sqlite:///{here}/ahead.db") as log:
        await log.append(_messages()[first:])
        for ending in ("", "-wal"):  # as they are when the power goes
            shutil.copyfile(f"{here}/ahead.db{ending}", f"{here}/killed.db{ending}")
    (here / "ahead.db").unlink()
    async with opened_log(f"sqlite:///{here}/ledger.db") as log:
        await _make_proofs(here, log)
    tokens = Tokens(here / "tokens.json", lambda: _NOW)
    for name in ("newsroom", "desk", "auditor"):
        tokens.make(name, [Role.read, Role.publish], timedelta(days=30))
    tokens.revoke(tokens.every()[0].id)
    database = (_database_place(here / each) for each in ("ledger.db", "ledger.archive"))
    made = (
        _ledger("ledger.db", "ledger.db", next(database)),
        _ledger("killed.db", "killed.db-wal", _wal_place),
        Target("ledger.archive", _verified, _verified_with_key, _archived, next(database)),
        Target("proof.json", None, _proved, _proved, lambda at: "anywhere"),
        Target("kept", _borne_out, _audited("ledger.db"), _checkpoint, _note_place(here / "kept")),
        Target("tokens.json", _tokens, _tokens, _tokens, lambda at: "anywhere"),
    )
    return dict(zip(FILES, made, strict=True))


def _messages() -> list[Message]:
    found = []
    for number, line in enumerate(files("ledger.demo").joinpath("history.ndjson").read_bytes().splitlines()[:EVENTS]):
        members = orjson.loads(line)
        recorded_at = _NOW + timedelta(seconds=number)
        found.append(Message(members["id"], members["exchange"], line, recorded_at=recorded_at))
    return found


async def _make_proofs(here: Path, log: EventLog) -> None:
    store = CheckpointStore(here / "kept")
    [note] = await sign_checkpoints(log, _KEY, store, clock=lambda: _NOW)
    (here / "ledger.db.checkpoints").unlink()  # what doctor finds without one is counted
    (here / "own").write_text(str(note))
    await export(log, here / "ledger.archive", [note])
    [proof] = await prove_figures(log, _KEY, [note], FIGURE[0], Bounds(), [FIGURE[1]], now=_NOW)
    (here / "proof.json").write_text(str(proof))


def _ledger(ledger: str, file: str, place: Callable[[int], str]) -> Target:
    return Target(file, _doctored(ledger), _audited(ledger, "own"), _records(ledger), place)


def _doctored(ledger: str) -> Callable[[Path], None]:
    async def look(here: Path) -> None:
        async with opened_log(f"sqlite:///{here}/{ledger}") as log:
            if found := await examined(log):
                raise VerificationFailed(found[0])

    return lambda here: asyncio.run(look(here))


def _audited(ledger: str, kept: str = "kept", keyring: Keyring | None = _KEYRING) -> Callable[[Path], None]:
    def look(here: Path) -> None:
        evidence = asyncio.run(read_log(f"sqlite:///{here}/{ledger}", keyring, judging_notes(str(here / kept))))
        if failures := audit(evidence, Subject(ledger, {}, "")).failures():
            raise VerificationFailed(failures[0].what)

    return look


def _records(ledger: str) -> Callable[[Path], object]:
    async def read(here: Path) -> object:
        async with opened_log(f"sqlite:///{here}/{ledger}") as log:
            rows = [row async for batch in log.read() for row in batch.rows]
            return rows, [await log.find(message.id) for message in _messages()]

    return lambda here: asyncio.run(read(here))


def _verified(here: Path) -> None:
    verify_archive(here / "ledger.archive")


def _verified_with_key(here: Path) -> None:
    verify_archive(here / "ledger.archive", _KEYRING, judging_notes(str(here / "own")))


def _archived(here: Path) -> object:
    with closing(Archive.open(here / "ledger.archive")) as archive:
        return [[*archive.rows(each.partition, 0, each.size)] for each in archive.partitions()], archive.notes()


def _proved(here: Path) -> object:
    return verify_figure(read_text(here / "proof.json"), _KEYRING)


def _borne_out(here: Path) -> None:
    _audited("ledger.db", keyring=None)(here)


def _checkpoint(here: Path) -> Sequence[Checkpoint]:
    """What it says: of its two signatures either is enough, and one of an unknown key is passed over."""
    return [parse_checkpoint(note) for note in judging_notes(str(here / "kept"))]


def _tokens(here: Path) -> object:
    return Tokens(here / "tokens.json").every()


# -- places ------------------------------------------------------------------------------------


def _database_place(path: Path) -> Callable[[int], str]:
    """What stands at a byte of a SQLite file: a table, an index, or what SQLite keeps for itself."""
    with closing(
        apsw.Connection(f"{path.as_uri()}?immutable=1", apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    ) as db:
        [[page_bytes]] = db.execute("PRAGMA page_size")
        pages = dict(db.execute("SELECT pageno, name FROM dbstat"))
    names = {"sqlite_schema": "schema", "sqlite_autoindex_records_1": "index of ids"}

    def place(at: int) -> str:
        name = str(pages.get(at // page_bytes + 1, "no table"))
        return "header" if at < HEADER_BYTES else names.get(name, name)

    return place


def _wal_place(at: int) -> str:
    if at < WAL_HEADER_BYTES:
        return "header"
    is_head = (at - WAL_HEADER_BYTES) % (FRAME_HEADER_BYTES + 4096) < FRAME_HEADER_BYTES
    return "head of a page" if is_head else "page"


def _note_place(path: Path) -> Callable[[int], str]:
    text, _, _ = path.read_bytes().partition(b"\n\n")
    return lambda at: "text" if at < len(text) else "signature"
