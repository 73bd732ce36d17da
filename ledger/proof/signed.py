"""Who signed an event: each record by itself, and by the revocations that stand before it in its exchange.

Everything here is a pure function of the records and of the keys that somebody trusts, so that a ledger, a copy of it
and an audit that have the same keys come to the same answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from ledger.proof.keys import Keyring, TrustedKey
from ledger.proof.note import SIGNS, SigningKey
from schemas.codec import UnknownEvent
from schemas.dsse import EnvelopeSignature, SignedEnvelope, opened, payload_type, sealed, signed_bytes
from schemas.events import AnyEvent
from schemas.record import from_microseconds

Standing: TypeAlias = Literal["unsigned", "signed", "bad", "unknown", "outside", "revoked", "elsewhere"]
"""What becomes of an event's signatures. `bad`: a key that is trusted is named, and did not sign these bytes.
`unknown`: by no key that is trusted. `outside`: by one that was not to be believed when the event was recorded.
`revoked`: by one that was revoked before. `elsewhere`: by whomever, for another ledger alone."""


class Verdict(NamedTuple):
    """Where an event stands, and the label of the key that signed it or is said to have; empty for none.

    `ledger`: for which ledger alone it was signed, where that is another.
    """

    standing: Standing
    key: str = ""
    ledger: str = ""

    @property
    def producer(self) -> str:
        """The name of the key, which is its owner's."""
        return self.key.rpartition("+")[0]

    @property
    def holds(self) -> bool:
        """Whether somebody who is trusted answers for the event."""
        return self.standing == "signed"

    def __str__(self) -> str:
        return _WORDS[self.standing].format(key=self.key[:80], ledger=self.ledger)


_WORDS: Mapping[Standing, str] = {
    "unsigned": "is not signed",
    "signed": "is signed by {key}",
    "bad": "bears a signature of {key} that is not of these bytes",
    "unknown": "is signed by {key}, which is not among the trusted keys",
    "outside": "is signed by {key}, which was not to be believed when this was recorded",
    "revoked": "is signed by {key}, which was revoked before",
    "elsewhere": "is signed for the ledger {ledger} alone, and LEDGER_NAME does not say that this is it",
}
_UNSIGNED = Verdict("unsigned")


def sign_event(raw: bytes, key: SigningKey, ledger: str = "") -> bytes:
    """An event's bytes in an envelope with a key's signature, for the ledger of a name alone where there is one.

    One that is in an envelope stays as it is.
    """
    if opened(raw) is not None:
        return raw
    signed = key.sign_bytes(signed_bytes(payload_type(ledger), raw))
    return sealed(raw, [EnvelopeSignature(key.verifier.label, signed)], ledger)


def signers(envelope: SignedEnvelope, keys: Iterable[TrustedKey]) -> list[TrustedKey]:
    """Those of the keys that signed an envelope. A key's id only says which of them to try."""
    keys, message = [each for each in keys if each.key.kind == SIGNS], envelope.signed_bytes
    return [
        each
        for each in keys
        if any(
            signature.keyid in ("", each.key.label) and each.key.has_signed(message, signature.signed)
            for signature in envelope.signatures
        )
    ]


def verdict(raw: bytes, recorded_at: datetime, keys: Keyring, revoked: Iterable[str] = (), ledger: str = "") -> Verdict:
    """Where an event stands that was recorded at a time, by the keys that are trusted, less those that are `revoked`.

    `ledger` is the name of the one that it stands in. Of several signatures one that holds is enough. Raises
    InvalidEvent for an envelope that is not as it should be.
    """
    envelope = opened(raw)
    if envelope is None:
        return _UNSIGNED
    if envelope.ledger not in (None, ledger):
        return Verdict("elsewhere", envelope.signatures[0].keyid, envelope.ledger or "")
    found = signers(envelope, keys.keys)
    if not found:
        return _foreign(envelope, keys)
    known = [each for each in found if each.key.label not in revoked]
    valid = next((each for each in known if each.is_valid_at(recorded_at)), None)
    if valid is not None:
        return Verdict("signed", valid.key.label)
    return Verdict("outside", known[0].key.label) if known else Verdict("revoked", found[0].key.label)


def _foreign(envelope: SignedEnvelope, keys: Keyring) -> Verdict:
    """Of an envelope that no trusted key signed: whether it says that one did."""
    labels = {each.key.label for each in keys.keys if each.key.kind == SIGNS}
    named = [each.keyid for each in envelope.signatures]
    claimed = next((keyid for keyid in named if keyid in labels), None)
    return Verdict("unknown", named[0]) if claimed is None else Verdict("bad", claimed)


class Revocation(NamedTuple):
    """That a key is not to be believed in an exchange: from `event` on, and by what it says from `since` on."""

    exchange: str
    key: str
    since: str
    event: str


class Signers:
    """Who signed each of the records of a ledger, told in their order, and which keys were revoked meanwhile.

    A revocation counts for its exchange, and for what follows it there: exchanges have no order between them that
    every reader sees. It counts where the key that signs it may revoke the other (`may_revoke`).
    """

    def __init__(self, keys: Keyring, ledger: str = "") -> None:
        """`ledger`: the name of the one whose records they are."""
        self.keys, self._ledger = keys, ledger
        self.revocations: list[Revocation] = []
        self._revoked: defaultdict[str, set[str]] = defaultdict(set)

    def of(self, event: AnyEvent | UnknownEvent, raw: bytes, recorded_us: int) -> Verdict:
        """Where the next record of an exchange stands, recorded then (microseconds, UTC).

        What it revokes is revoked for those that follow. Raises InvalidEvent for an envelope that is none.
        """
        found = verdict(
            raw, from_microseconds(recorded_us), self.keys, self._revoked.get(event.exchange, ()), self._ledger
        )
        if event.type == "key_revoked" and found.holds and not isinstance(event, UnknownEvent):
            self._revoke(event, found)
        return found

    def would_be(self, raw: bytes, recorded_us: int) -> Verdict:
        """Where an event stands by every revocation there is, in whatever exchange: for who lets events in."""
        revoked = {each.key for each in self.revocations}
        return verdict(raw, from_microseconds(recorded_us), self.keys, revoked, self._ledger)

    def _revoke(self, event: AnyEvent, found: Verdict) -> None:
        key: str = getattr(event, "key")  # noqa: B009  # a lean event is of no class of the union
        if may_revoke(found.producer, key) and key not in self._revoked[event.exchange]:
            self._revoked[event.exchange].add(key)
            self.revocations.append(Revocation(event.exchange, key, event.occurred.at, event.id))


def may_revoke(name: str, key: str) -> bool:
    """Whether keys of a name may revoke a key: one of the same name, or of a name below it.

    So a keeper `example.org/ledger` can revoke for `example.org/ledger/feed`, and nobody for others.
    """
    owner = key.rpartition("+")[0]
    return owner == name or owner.startswith(f"{name}/")
