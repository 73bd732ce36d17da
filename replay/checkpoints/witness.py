"""A witness at work: what it saw last is in a small database, so that no two runs of it can be shown two histories."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import apsw

from ledger.errors import LogUnreachable, UsageError
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.keys import Keyring
from ledger.proof.note import COSIGNS, Note, SigningKey, parse_note
from ledger.proof.witness import Contradiction, ProofOf, Shown, check_history, check_next

_SCHEMA = "CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, note TEXT NOT NULL) STRICT"
_BUSY_TIMEOUT_MS = 30_000


def by_origin(notes: Iterable[Note]) -> Mapping[str, Sequence[Shown]]:
    """Checkpoints by their logs, in the order of the origins; of each log the largest last."""
    found = defaultdict[str, list[Shown]](list)
    for note in notes:
        shown = Shown(note, parse_checkpoint(note))
        found[shown.checkpoint.origin].append(shown)
    return {origin: sorted(its, key=lambda each: each.checkpoint.size) for origin, its in sorted(found.items())}


@contextmanager
def witness_state(path: Path) -> Iterator[apsw.Connection]:
    """The memory of a witness, held by nobody else until it is left. Raises LogUnreachable."""
    try:
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
        connection.execute("PRAGMA synchronous = FULL; BEGIN IMMEDIATE").fetchall()
        connection.execute(_SCHEMA)
    except apsw.Error as error:
        raise LogUnreachable(f"{path}: the witness cannot remember there: {error}") from error
    try:
        yield connection
        connection.execute("COMMIT")
    finally:
        connection.close()


def last_seen(state: apsw.Connection, origin: str) -> list[Shown]:
    """The last checkpoint that was seen of a log; none where it never was."""
    kept = state.execute("SELECT note FROM seen WHERE origin = ?", (origin,)).get
    note = parse_note(kept) if kept else None
    return [Shown(note, parse_checkpoint(note))] if note else []


def cosign(
    state: apsw.Connection, shown: Sequence[Shown], trusted: Keyring, key: SigningKey, proof_of: ProofOf, now: int
) -> Note:
    """Vouch for the largest of a log's checkpoints, and remember it, if all are of one history with the last one seen.

    `now` is in seconds since 1970. Raises Contradiction, VerificationFailed, and then remembers what it did before.
    """
    if key.kind != COSIGNS:
        raise UsageError(f"{key.name} is a ledger's key, not a witness's: make one by `replay keygen --witness`")
    for each in shown:
        trusted.verify(each.note)
    newest = shown[-1]
    seen = last_seen(state, newest.checkpoint.origin)
    for before in seen:
        if newest.checkpoint.size < before.checkpoint.size:
            check_next(before, newest, [])
    check_history([*seen, *shown], proof_of)
    signed = key.sign(newest.note, now)
    state.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (newest.checkpoint.origin, str(signed)))
    return signed


def keep_evidence(path: Path, alarm: Contradiction) -> Path:
    """Write both notes of a contradiction into a file beside a witness's memory, and say which."""
    sizes = "-".join(str(parse_checkpoint(note).size) for note in (alarm.before, alarm.after))
    number = 1
    while (file := path.with_name(f"{path.name}.evidence-{sizes}-{number}")).exists():
        number += 1
    file.write_text(f"{alarm.before}\n{alarm.after}", "utf-8")
    return file
