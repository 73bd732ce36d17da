"""Whose events count: the one place that holds signatures against what a ledger asks for.

Whoever turns records into events for the fold has a `SignaturePolicy`, and tells it the records of each exchange in
their order: a worker, a server, a rebuild and a copy so come to the same figures. Whoever appends has a
`PublishPolicy`.
"""

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from ledger.errors import UsageError, VerificationFailed
from ledger.proof.keys import Keyring
from ledger.proof.note import SigningKey
from ledger.proof.signed import Signers, Verdict
from ledger.settings import Trust
from schemas.codec import UnknownEvent, skim
from schemas.dsse import event_bytes
from schemas.errors import InvalidEvent, Problem
from schemas.events import AnyEvent
from schemas.record import Batch, Position, to_microseconds


class SignaturePolicy:
    """Which events of a ledger count, by who signed them. It learns of revocations as it is told of them."""

    def __init__(self, trust: Trust) -> None:
        """Raises UsageError for keys that cannot be read as such."""
        self._trust = trust
        keys = Keyring(()) if trust.signatures == "ignored" else _keyring(trust.keys)
        self._signers = Signers(keys, trust.name)

    def refusal(self, position: Position, recorded_us: int, event: AnyEvent | UnknownEvent, raw: bytes) -> str | None:
        """Why the next record of an exchange is no event of this ledger; None where it is one, or was redacted."""
        if isinstance(event, UnknownEvent) and event.is_redacted:
            return None
        found = self._signers.of(event, raw, recorded_us)
        return None if self._trust.after.covers(position) else self._refused(found)

    def check(self, event: AnyEvent, raw: bytes, now: datetime) -> None:
        """Take an event that comes now. Raises InvalidEvent for one whose signature the ledger does not take.

        Whoever takes events in sees all exchanges, and refuses a key that was revoked in any of them.
        """
        why = self._refused(self._signers.would_be(raw, to_microseconds(now)))
        if why is not None:
            raise InvalidEvent(Problem("signature", why))
        self._signers.of(event, raw, to_microseconds(now))

    def learn(self, batch: Batch) -> None:
        """Look through records for revocations alone."""
        for _, recorded_us, payload, _ in batch.rows:
            try:
                if b"key_revoked" in event_bytes(payload):
                    self._signers.of(skim(payload), payload, recorded_us)
            except InvalidEvent:
                continue

    def _refused(self, found: Verdict) -> str | None:
        if found.standing != "elsewhere" and self._trust.signatures == "ignored":
            return None
        if found.holds or (found.standing == "unsigned" and self._trust.signatures == "checked"):
            return None
        if found.standing == "unsigned":
            return "this is not signed, and the ledger takes signed events alone: set LEDGER_SIGNING_KEY, or --sign"
        return f"this {found}"


def signature_policy(trust: Trust) -> SignaturePolicy | None:
    """The policy of a ledger; None for one without a name that does not look at signatures. Raises UsageError."""
    return SignaturePolicy(trust) if trust.is_asking else None


def read_key(path: Path) -> SigningKey:
    """The private key in a file. Raises UsageError, which does not repeat it."""
    try:
        return SigningKey.parse(path.read_text("utf-8").strip())
    except OSError as error:
        raise UsageError(f"the key to sign with cannot be read from {path}: {error.strerror}") from error
    except (UnicodeDecodeError, VerificationFailed) as error:
        raise UsageError(f"there is no key to sign with in {path}; `replay keygen` makes one") from error


@lru_cache(maxsize=8)
def _keyring(text: str) -> Keyring:
    try:
        return Keyring.parse(text)
    except VerificationFailed as error:
        raise UsageError(f"LEDGER_PRODUCER_KEYS: {error}") from error
