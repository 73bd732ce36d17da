"""A witness at work: what it saw last is in a small database, so that no two runs of it can be shown two histories."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw

from ledger.errors import LogUnreachable, UsageError
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.keys import Keyring
from ledger.proof.note import COSIGNS, Note, SigningKey, parse_note
from ledger.proof.witness import Contradiction, Shown, check_next

_SCHEMA = "CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, note TEXT NOT NULL) STRICT"
_BUSY_TIMEOUT_MS = 30_000


class WitnessStep(NamedTuple):
    """What a witness was shown, and the last that it saw of the same log before; None: it never saw it."""

    before: Shown | None
    after: Shown


ProofOf = Callable[[WitnessStep], Sequence[bytes]]
"""Gives the proof that a checkpoint goes on from the one before. Raises LedgerError where there is none."""


def latest(notes: Sequence[Note]) -> list[Note]:
    """The last note of each origin, in the order of the origins."""
    return [note for _, note in sorted({parse_checkpoint(note).origin: note for note in notes}.items())]


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


def last_seen(state: apsw.Connection, shown: Note) -> WitnessStep:
    """A checkpoint beside the last that was seen of the same log."""
    after = Shown(shown, parse_checkpoint(shown))
    kept = state.execute("SELECT note FROM seen WHERE origin = ?", (after.checkpoint.origin,)).get
    note = parse_note(kept) if kept else None
    return WitnessStep(Shown(note, parse_checkpoint(note)) if note else None, after)


def cosign(
    state: apsw.Connection, step: WitnessStep, trusted: Keyring, key: SigningKey, proof_of: ProofOf, now: int
) -> Note:
    """Vouch for a checkpoint that goes on from the last one seen, or that is the first, and remember it.

    `now` is in seconds since 1970. Raises Contradiction, VerificationFailed, and then remembers what it did before.
    """
    if key.kind != COSIGNS:
        raise UsageError(f"{key.name} is a ledger's key, not a witness's: make one by `replay keygen --witness`")
    trusted.verify(step.after.note)
    if step.before:
        is_longer = step.after.checkpoint.size > step.before.checkpoint.size
        check_next(step.before, step.after, proof_of(step) if is_longer else [])
    signed = key.sign(step.after.note, now)
    state.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (step.after.checkpoint.origin, str(signed)))
    return signed


def keep_evidence(path: Path, alarm: Contradiction) -> Path:
    """Write both notes of a contradiction into a file beside a witness's memory, and say which."""
    sizes = "-".join(str(parse_checkpoint(note).size) for note in (alarm.before, alarm.after))
    number = 1
    while (file := path.with_name(f"{path.name}.evidence-{sizes}-{number}")).exists():
        number += 1
    file.write_text(f"{alarm.before}\n{alarm.after}", "utf-8")
    return file
