"""Signed events: the JSON envelope of DSSE (Dead Simple Signing Envelope, version 1), itself a form of an event.

    {"payload": "<Base64 of the event's bytes>",
     "payloadType": "application/vnd.exchange-ledger.event+json",
     "signatures": [{"keyid": "<which key>", "sig": "<Base64 of the signature>"}]}

What is signed are the exact bytes of the event and their type (`signed_bytes`), so that nothing needs a canonical form.
The type can say for which ledger alone that is: application/vnd.exchange-ledger.event+json; ledger="example.org/ledger"
Here envelopes are only written and opened; whose signatures they bear, and whether to believe those, is said elsewhere.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from schemas.carriers import carried, with_id
from schemas.errors import InvalidEvent, Problem
from schemas.wellformed import check_keys, parse

PAYLOAD_TYPE = "application/vnd.exchange-ledger.event+json"
LEDGER_NAME = r"[!#-*,-\[\]-~]{1,200}"
"""A ledger's name in a type: printable ASCII without space and plus, as in a key's name, nor quote and backslash."""
PAYLOAD_TYPES = rf'^application/vnd\.exchange-ledger\.event\+json(; ledger="({LEDGER_NAME})")?$'
_EVENT_TYPE = re.compile(PAYLOAD_TYPES)
SIGNATURES_MAX = 16
KEYID_MAX = 200
_MARK = b'"payloadType"'
_ID = b'"id"'
"""No string of JSON can hold these bytes, and no part of an event has a member of this name."""
_URL_SAFE = str.maketrans("-_+/", "+/??")  # one alphabet or the other, never both


class EnvelopeSignature(NamedTuple):
    """One signature. `keyid` hints at the key, and is not signed itself: it proves nothing."""

    keyid: str
    signed: bytes


class SignedEnvelope(NamedTuple):
    """The bytes of a message, their type, and signatures of both, not yet believed."""

    payload_type: str
    body: bytes
    signatures: tuple[EnvelopeSignature, ...]

    @property
    def ledger(self) -> str | None:
        """The name of the one ledger for which it was signed; None where any may take it."""
        found = _EVENT_TYPE.fullmatch(self.payload_type)
        return found[2] if found else None

    @property
    def signed_bytes(self) -> bytes:
        """What the signatures are of."""
        return signed_bytes(self.payload_type, self.body)


class _Signature(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    keyid: str = ""
    sig: str = ""


class _Envelope(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True, rename="camel"):
    payload: str = ""
    payload_type: str = ""
    signatures: tuple[_Signature, ...] = ()


_decode = msgspec.json.Decoder(_Envelope).decode
_encode = msgspec.json.Encoder().encode


def signed_bytes(payload_type: str, body: bytes) -> bytes:
    """The bytes to be signed for a body of a type: the protocol's pre-authentication encoding (PAE)."""
    named = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(named), named, len(body), body)


def payload_type(ledger: str = "") -> str:
    """The type of an event that is signed for any ledger, or for the one of this name alone."""
    return f'{PAYLOAD_TYPE}; ledger="{ledger}"' if ledger else PAYLOAD_TYPE


def sealed(body: bytes, signatures: Iterable[EnvelopeSignature], ledger: str = "") -> bytes:
    """An event in an envelope with signatures."""
    its = tuple(_Signature(each.keyid, _base64(each.signed)) for each in signatures)
    return _encode(_Envelope(_base64(body), payload_type(ledger), its))


def parse_envelope(raw: bytes) -> SignedEnvelope:
    """The envelope in `raw`, with a body of any type. Raises InvalidEvent for what is none."""
    try:
        found = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent(Problem("", f"is no envelope of a signed event: {error}")) from error
    if len(_encode(found)) != len(raw):  # else no key can be there twice
        check_keys(raw)
    signatures = (
        EnvelopeSignature(each.keyid, _unbase64(f"signatures.{number}.sig", each.sig))
        for number, each in enumerate(found.signatures)
    )
    return SignedEnvelope(found.payload_type, _unbase64("payload", found.payload), tuple(signatures))


def opened(raw: bytes) -> SignedEnvelope | None:
    """The envelope of a signed event; None for what is none, as events without a signature are.

    Raises InvalidEvent for an envelope that is not as it should be.
    """
    return _opened(carried(raw))


def _opened(raw: bytes) -> SignedEnvelope | None:
    if _MARK not in raw:  # written plainly or not at all: hence every reader takes the same messages for envelopes
        return None
    try:
        found = parse_envelope(raw)
    except InvalidEvent:
        if "type" in parse(raw):
            return None
        raise
    if not _EVENT_TYPE.fullmatch(found.payload_type):
        shown = f"is {found.payload_type[:300]!r}; the type of an event is {PAYLOAD_TYPE}, or {payload_type('NAME')}"
        raise InvalidEvent(Problem("payloadType", shown))
    if not 0 < len(found.signatures) <= SIGNATURES_MAX:
        raise InvalidEvent(Problem("signatures", f"needs one to {SIGNATURES_MAX}; there are {len(found.signatures)}"))
    for number, (keyid, signed) in enumerate(found.signatures):
        if not signed:
            raise InvalidEvent(Problem(f"signatures.{number}.sig", "is missing; add the signature"))
        # Nobody signs this text, and a log keeps it for ever.
        if not 0 < len(keyid) <= KEYID_MAX or not (keyid.isascii() and keyid.isprintable()):
            what = f"is 1 to {KEYID_MAX} printable ASCII characters, such as example.org/feed+1f4a2f0c"
            raise InvalidEvent(Problem(f"signatures.{number}.keyid", what))
    return found


def is_signed(raw: bytes) -> bool:
    """Whether a message is a signed event, by whomever. Raises InvalidEvent."""
    return opened(raw) is not None


def event_bytes(raw: bytes) -> bytes:
    """An event's own bytes, without what carries it, out of its envelope, and with its id. Raises InvalidEvent."""
    raw = carried(raw)
    envelope = _opened(raw)
    if envelope is not None:
        return envelope.body
    return raw if _ID in raw else with_id(raw)


def is_same_event(one: bytes, other: bytes) -> bool:
    """Whether two messages hold the same bytes of one event, by whomever each is signed, if by anybody."""
    if one == other:
        return True
    try:
        return event_bytes(one) == event_bytes(other)
    except InvalidEvent:
        return False


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unbase64(field: str, text: str) -> bytes:
    """The bytes of Base 64, in either alphabet, in its one canonical form. Raises InvalidEvent."""
    plain = text.translate(_URL_SAFE) if "-" in text or "_" in text else text
    try:
        raw = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if _base64(raw) != plain:
        raise InvalidEvent(Problem(field, "is not Base64 with its padding"))
    return raw
