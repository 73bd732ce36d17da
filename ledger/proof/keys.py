"""Which keys are believed, from when until when, and how one hands over to the next.

A file of trusted keys holds verifier keys, one a line, each with the times between which it is believed where it has
any, and below them the rotations, which are signed notes:

    example.org/ledger+1f4a2f0c+AXb...  until 2027-01-01T00:00:00Z

    exchange-ledger/rotation/v1
    example.org/ledger+9be13a77+AQ1...
    since 2026-06-01T00:00:00Z

    — example.org/ledger H0ovDI...
    — example.org/ledger m+E6d1...

A rotation is signed by the key before, and by the new one, which proves that somebody holds it. From its time on the
new key is believed and the one before is not.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ledger.errors import VerificationFailed
from ledger.proof.checkpoint import Checkpoint, format_time, parse_checkpoint, parse_time
from ledger.proof.note import SIGNS, Note, SigningKey, VerifierKey, split_notes

_ROTATION = "exchange-ledger/rotation/v1"
_LINE = re.compile(r"(?P<key>\S+)(?: +since (?P<since>\S+))?(?: +until (?P<until>\S+))?")


@dataclass(frozen=True)
class TrustedKey:
    """A key that is believed from `since`, up to but not at `until`; None: no bound. It signs for all partitions."""

    key: VerifierKey
    since: datetime | None = None
    until: datetime | None = None

    def is_valid_at(self, time: datetime) -> bool:
        return (self.since is None or self.since <= time) and (self.until is None or time < self.until)

    def __str__(self) -> str:
        bounds = (("since", self.since), ("until", self.until))
        return " ".join([str(self.key), *(f"{word} {format_time(time)}" for word, time in bounds if time)])


class Keyring:
    """The keys that somebody trusts."""

    def __init__(self, keys: Iterable[TrustedKey]) -> None:
        self.keys = [*keys]

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """The keys of a file of trusted keys. Raises VerificationFailed."""
        head, _, rest = text.strip("\n").partition("\n\n")
        keyring = cls(_trusted(line) for line in head.splitlines() if line.strip() and not line.startswith("#"))
        if not keyring.keys:
            raise VerificationFailed("there is no verifier key: `replay keygen` prints one, NAME+ID+KEY")
        for note in split_notes(rest):
            keyring.rotate(note)
        return keyring

    def verify(self, note: Note) -> Checkpoint:
        """The checkpoint in a note that one of these keys signed while it was believed. Raises VerificationFailed."""
        checkpoint = parse_checkpoint(note)
        self.check(note, str(checkpoint), checkpoint.name, checkpoint.time, checkpoint.origin)
        return checkpoint

    def check(self, note: Note, what: str, name: str, time: datetime, signs_as: str | None = None) -> None:
        """That a key of this name, which may sign under another, signed a note while it was believed.

        A bad signature of one of them spoils the note, whoever else signed it. Raises VerificationFailed.
        """
        ours = [each for each in self.keys if each.key.name == name and each.key.kind == SIGNS]
        signers = [each for each in ours if each.key.named(signs_as or name).find(note)]
        for key in (each.key.named(own) for each in ours for own in {name, signs_as or name}):
            if key.find(note):
                key.verify(note)
        if not signers:
            raise VerificationFailed(f"the {what} is not signed by any key that you trust")
        if not any(each.is_valid_at(time) for each in signers):
            raise VerificationFailed(f"the {what} is signed by a key that was not to be believed then")

    def rotate(self, note: Note) -> None:
        """Believe a new key from the time of its rotation on. Raises VerificationFailed."""
        new = _rotation(note)
        assert new.since is not None
        before = [each for each in self.keys if each.key.name == new.key.name and each.key.find(note)]
        before = [each for each in before if each.is_valid_at(new.since) and each.key != new.key]
        if not before:
            raise VerificationFailed(f"no trusted key of {new.key.name} hands over to the new one at that time")
        for each in (*before, new):
            each.key.verify(note)
        kept = [replace(each, until=new.since) if each in before else each for each in self.keys]
        self.keys = [*kept, new]


def rotation(old: SigningKey, new: SigningKey, since: datetime) -> Note:
    """The note by which a key hands over to a new one of the same name. Raises VerificationFailed."""
    if old.name != new.name or old.seed == new.seed:
        raise VerificationFailed("a key hands over to another key of the same name")
    text = f"{_ROTATION}\n{new.verifier}\nsince {format_time(since)}\n"
    return new.sign(old.sign(Note(text)))


def _rotation(note: Note) -> TrustedKey:
    title, _, rest = note.text.partition("\n")
    key, _, since = rest.partition("\n")
    if title != _ROTATION or not since.startswith("since ") or not since.endswith("\n"):
        raise VerificationFailed(f"{title[:80]!r} is no rotation of keys")
    return TrustedKey(VerifierKey.parse(key), parse_time(since[len("since ") : -1]))


def _trusted(line: str) -> TrustedKey:
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise VerificationFailed(f"{line[:80]!r} is no trusted key: NAME+ID+KEY since TIME until TIME")
    since, until = (parse_time(found[word]) if found[word] else None for word in ("since", "until"))
    return TrustedKey(VerifierKey.parse(found["key"]), since, until)
