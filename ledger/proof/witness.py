"""A witness: it remembers the last checkpoint of each ledger, and vouches only for one that goes on from it.

A ledger that shows different histories to different readers, or takes one back, must show one of them to the witness
too; two signed checkpoints that cannot both be true are then in its hands.
"""

import base64
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from ledger.errors import UsageError, VerificationFailed
from ledger.proof.checkpoint import Checkpoint, format_time
from ledger.proof.merkle import verify_consistency
from ledger.proof.note import Note, parse_note

PROOF_HASHES_MAX = 63


class Contradiction(VerificationFailed):
    """Two signed checkpoints of one ledger that cannot both be true: the evidence is `before` and `after`."""

    def __init__(self, what: str, before: Note, after: Note) -> None:
        self.before, self.after = before, after
        super().__init__(what)


class Shown(NamedTuple):
    """A signed checkpoint that has been verified."""

    note: Note
    checkpoint: Checkpoint


ProofOf: TypeAlias = Callable[[Shown, Shown], Sequence[bytes]]
"""Gives the proof that the second of two checkpoints goes on from the first. Raises LedgerError where there is none."""


def unjoined(before: Shown, after: Shown) -> Sequence[bytes]:
    """For two checkpoints that no proof joins. Raises UsageError."""
    raise UsageError(
        f"the {after.checkpoint} cannot be compared with that of {before.checkpoint.size:,}: no consistency proof "
        "joins the two. Whoever has the ledger or an archive makes one by `replay consistency --since ONE "
        "--checkpoint OTHER`; give what that prints by --consistency"
    )


def check_history(shown: Iterable[Shown], proof_of: ProofOf) -> None:
    """That the checkpoints of each log are of one history: each goes on from the one of fewer records.

    Two of one size need no proof, and are compared before any is asked for. Raises Contradiction, VerificationFailed,
    and what `proof_of` raises.
    """
    ordered = sorted(shown, key=lambda each: (each.checkpoint.origin, each.checkpoint.size))
    steps = [(one, next) for one, next in pairwise(ordered) if one.checkpoint.origin == next.checkpoint.origin]
    for before, after in sorted(steps, key=_is_longer):
        check_next(before, after, proof_of(before, after) if _is_longer((before, after)) else [])


def _is_longer(step: tuple[Shown, Shown]) -> bool:
    before, after = step
    return after.checkpoint.size > before.checkpoint.size


def check_next(before: Shown, after: Shown, proof: Sequence[bytes]) -> None:
    """That a checkpoint goes on from the one before. Raises Contradiction, VerificationFailed.

    Two checkpoints that a proof does not join are a split view, unless the proof itself is bad: ask for another then.
    One of fewer records contradicts the one before only if it is not older: a ledger that grew said both.
    """
    old, new = before.checkpoint, after.checkpoint
    if old.origin != new.origin:
        raise VerificationFailed(f"{new.origin} is another log than {old.origin}")
    if new.size < old.size and new.time < old.time:
        raise VerificationFailed(f"the {new} is an old one: the last that was seen is of {old.size:,} records")
    if new.size < old.size:
        what = f"rollback: {new.origin} had {old.size:,} records and now has {new.size:,}"
    elif new.size == old.size and new.root != old.root:
        roots = f"{old.root.hex()} ({format_time(old.time)}) and {new.root.hex()} ({format_time(new.time)})"
        what = f"split view: {new.origin} shows two histories of {new.size:,} records, of the roots {roots}"
    else:
        try:
            return verify_consistency(old.size, new.size, old.root, new.root, proof)
        except VerificationFailed as error:
            what = f"split view: {new.origin} of {new.size:,} records does not go on from {old.size:,} ({error})"
    raise Contradiction(what, before.note, after.note)


class Request(NamedTuple):
    """A checkpoint with the proof that it goes on from one of `old` records: the body of C2SP's add-checkpoint."""

    old: int
    proof: list[bytes]
    note: Note

    def __str__(self) -> str:
        hashes = [base64.b64encode(each).decode() for each in self.proof]
        return "\n".join([f"old {self.old}", *hashes, "", str(self.note)])


def split_requests(raw: str) -> list[Request]:
    """The requests of a file that holds one after the other. Raises VerificationFailed."""
    found = [parse_request(each) for each in re.split(r"(?m)^(?=old )", raw) if each]
    if not found:
        raise VerificationFailed("there is no consistency proof in it")
    return found


def parse_request(raw: str) -> Request:
    """The request in a text. Raises VerificationFailed."""
    head, _, note = raw.partition("\n\n")
    first, *hashes = head.split("\n")
    found = re.fullmatch(r"old (0|[1-9][0-9]{0,18})", first)
    if found is None or len(hashes) > PROOF_HASHES_MAX:
        raise VerificationFailed("this is no consistency proof: `old SIZE`, hashes, an empty line and a checkpoint")
    if not all(re.fullmatch(r"[A-Za-z0-9+/]{43}=", each) for each in hashes):
        raise VerificationFailed("a hash of the consistency proof is no Base 64 of 32 bytes")
    return Request(int(found[1]), [base64.b64decode(each) for each in hashes], parse_note(note))
