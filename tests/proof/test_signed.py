"""Signed events: the published vectors of DSSE, no envelope that anything was changed in, and who is believed when."""

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.errors import InvalidEvent
from ledger.proof.keys import Keyring, TrustedKey
from ledger.proof.note import COSIGNS, SigningKey
from ledger.proof.signed import Signers, Standing, Verdict, may_revoke, sign_event, signers, verdict
from schemas.codec import decode, encode, skim
from schemas.dsse import (
    PAYLOAD_TYPE,
    SIGNATURES_MAX,
    EnvelopeSignature,
    is_same_event,
    opened,
    parse_envelope,
    sealed,
    signed_bytes,
)
from schemas.record import to_microseconds
from schemas.wellformed import MESSAGE_BYTES_MAX
from tests.log.events import released
from tests.signing import AGENCY, FEED, KEEPER, NEXT, PRODUCERS, THIEF, revoked, signed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EVENT = released(1)
SIGNED = signed(EVENT)

# -- the published vectors: Ed25519, with the keys of RFC 8032, section 7.1 -------------------------------------------

A = SigningKey("A", bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
B = SigningKey("B", bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
IN_TOTO = "application/vnd.in-toto+json"
STATEMENT = "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ=="
BY_A = "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA=="
BY_B = "c1+67/aT0yqEpwx8PsVY3MLHsj9D0CZ014/Fv/QlG59P+9CobUZ7xECJ/V3USG0Ob9CiE5LjReEZUzNF2l7eBw=="
URL_SAFE = "P-_KHICeR7tI6S_YyejJTRtrXhcQyQ2LYPaL8h90KjC9qN8HU_svOQ6TuDOT1HIrsGW886DbWNWcCmX5twLrAw=="
UMLAUT = "xmSk/ug66ysT7ayhkCIjhAq42zgZXSsEWuzUaNL7w2eGAdF/NU6/fRXPtmfN+5DNSAs5/i2lUnHjbbjPsu0tAw=="
EMPTY = "gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg=="
UNTYPED = "iC3q/+3Rm0+lpAJRueDmDh15PnwCfxKmS0NAfKsbv+zgulXQC/WM9trc+j1XEqlwDIg/vf/uNfebeD6sxInrDg=="


class Vector(NamedTuple):
    payload: str
    payload_type: str
    signatures: Sequence[str]
    signed_by: Sequence[str]
    pae: bytes

    @property
    def raw(self) -> bytes:
        signatures = [{"sig": each} for each in self.signatures]
        return orjson.dumps({"payload": self.payload, "payloadType": self.payload_type, "signatures": signatures})


HEAD = b"DSSEv1 28 application/vnd.in-toto+json "
SAYS = b'43 {"_type":"https://in-toto.io/Statement/v1"}'
VECTORS = {
    "single-signature": Vector(STATEMENT, IN_TOTO, [BY_A], ["A"], HEAD + SAYS),
    "url-safe-base64": Vector("-_-_Pj8=", IN_TOTO, [URL_SAFE], ["A"], HEAD + b"5 \xfb\xff\xbf>?"),
    "payload-type-swapped": Vector(
        STATEMENT,
        "application/vnd.example.other+json",
        [BY_A],
        [],
        b"DSSEv1 34 application/vnd.example.other+json " + SAYS,
    ),
    "non-ascii-payload-type": Vector(
        STATEMENT,
        "application/vnd.exämple+json",
        [UMLAUT],
        ["A"],
        "DSSEv1 29 application/vnd.exämple+json ".encode() + SAYS,
    ),
    "empty-payload": Vector("", IN_TOTO, [EMPTY], ["A"], HEAD + b"0 "),
    "empty-payload-type": Vector(STATEMENT, "", [UNTYPED], ["A"], b"DSSEv1 0  " + SAYS),
    "threshold-two-without-keyids": Vector(STATEMENT, IN_TOTO, [BY_A, BY_B], ["A", "B"], HEAD + SAYS),
    "threshold-two-one-key-twice": Vector(STATEMENT, IN_TOTO, [BY_A, BY_A], ["A"], HEAD + SAYS),
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_published_vectors(name: str) -> None:
    vector, keys = VECTORS[name], [TrustedKey(A.verifier), TrustedKey(B.verifier)]
    envelope = parse_envelope(vector.raw)
    assert envelope.signed_bytes == vector.pae
    assert [each.key.name for each in signers(envelope, keys)] == vector.signed_by
    with pytest.raises(InvalidEvent, match="payloadType"):
        opened(vector.raw)  # nothing of another type is an event, whoever signed it


def test_signing_gives_the_published_signatures() -> None:
    body = base64.b64decode(STATEMENT)
    assert [base64.b64encode(key.sign_bytes(signed_bytes(IN_TOTO, body))).decode() for key in (A, B)] == [BY_A, BY_B]


def test_the_example_of_the_protocol() -> None:
    """With a key of another kind, which this software does not take: what is signed is the same."""
    message = signed_bytes("http://example.com/HelloWorld", b"hello world")
    assert message == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    raw = base64.b64decode("A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==")
    x = 46950820868899156662930047687818585632848591499744589407958293238635476079160
    y = 5640078356564379163099075877009565129882514886557779369047442380624545832820
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(signature, message, ec.ECDSA(SHA256()))


# -- the envelope as a form of an event -------------------------------------------------------------------------------


def test_an_event_is_the_same_in_an_envelope() -> None:
    assert decode(SIGNED) == EVENT
    assert skim(SIGNED) == skim(encode(EVENT))


def test_what_is_signed_stays_as_it_is() -> None:
    assert sign_event(SIGNED, AGENCY) == SIGNED


def test_others_may_write_the_envelope_as_json_allows() -> None:
    members = orjson.loads(SIGNED)
    spread = orjson.dumps(dict(reversed(members.items())), option=orjson.OPT_INDENT_2)
    slashed = SIGNED.replace(b"/", b"\\/")
    safe = {**members, "payload": members["payload"].replace("+", "-").replace("/", "_")}
    for raw in (spread, slashed, orjson.dumps(safe)):
        assert decode(raw) == EVENT
        assert verdict(raw, NOON, PRODUCERS) == Verdict("signed", FEED.verifier.label)


def changed(**members: object) -> bytes:
    return orjson.dumps({**orjson.loads(SIGNED), **members})


ONE: dict[str, Any] = orjson.loads(SIGNED)["signatures"][0]
BAD = {
    "a field of its own": changed(note="x"),
    "a field in a signature": changed(signatures=[{**ONE, "note": "x"}]),
    "no signature": changed(signatures=[]),
    "too many signatures": changed(signatures=[ONE] * (SIGNATURES_MAX + 1)),
    "an empty signature": changed(signatures=[{**ONE, "sig": ""}]),
    "a signature that is no text": changed(signatures=[{**ONE, "sig": 5}]),
    "no key id": changed(signatures=[{"sig": ONE["sig"]}]),
    "a long key id": changed(signatures=[{**ONE, "keyid": "x" * 201}]),
    "a key id with a line break": changed(signatures=[{**ONE, "keyid": "x\ny"}]),
    "another type": changed(payloadType="application/json"),
    "no payload": changed(payload=""),
    "Base64 without padding": changed(payload=base64.b64encode(b'{"a":1} ').decode().rstrip("=")),
    "both alphabets": changed(payload="+-+-"),
    "a key twice": SIGNED.replace(b'"payload":', b'"payload":"e30=","payload":', 1),
    "an envelope in an envelope": sealed(SIGNED, [EnvelopeSignature("x", bytes(64))]),
    "no event inside": sealed(b"nonsense", [EnvelopeSignature("x", bytes(64))]),
    "an event that breaks a rule": sealed(
        encode(EVENT).replace(b'"best":1', b'"best":-1'), [EnvelopeSignature("x", bytes(64))]
    ),
    "two keys inside": sealed(encode(EVENT).replace(b'{"', b'{"round":1,"', 1), [EnvelopeSignature("x", bytes(64))]),
    "too large": sealed(encode(EVENT) + b" " * MESSAGE_BYTES_MAX, [EnvelopeSignature("x", bytes(64))]),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_envelope_is_no_event(what: str) -> None:
    with pytest.raises(InvalidEvent):
        decode(BAD[what])


def test_an_event_with_the_fields_of_an_envelope_is_one_with_unknown_fields() -> None:
    with pytest.raises(InvalidEvent, match="payloadType: is not a field of this event"):
        decode(encode(EVENT)[:-1] + b',"payloadType":"x"}')


def flipped(raw: bytes) -> Iterator[bytes]:
    for place in range(len(raw)):
        for bit in range(8):
            yield raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]


def believed(raw: bytes) -> bool:
    try:
        return bool(decode(raw)) and verdict(raw, NOON, PRODUCERS).holds
    except InvalidEvent:
        return False


def test_no_envelope_is_believed_with_any_bit_flipped() -> None:
    assert believed(SIGNED)
    assert [raw for raw in flipped(SIGNED) if believed(raw)] == []


def test_no_envelope_is_believed_that_is_cut_off_or_lengthened() -> None:
    assert not any(believed(SIGNED[:end]) for end in range(len(SIGNED)))
    assert not believed(SIGNED + SIGNED)


def test_no_signature_is_believed_of_another_event() -> None:
    other = orjson.loads(signed(released(2)))
    assert not believed(changed(payload=other["payload"]))
    assert not believed(changed(signatures=other["signatures"]))


# -- who is believed, and when ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "expected", "key"),
    [
        (encode(EVENT), "unsigned", ""),
        (SIGNED, "signed", FEED.verifier.label),
        (signed(EVENT, THIEF), "unknown", THIEF.verifier.label),
        (sealed(encode(EVENT), [EnvelopeSignature(FEED.verifier.label, bytes(64))]), "bad", FEED.verifier.label),
        (changed(signatures=[{**ONE, "keyid": THIEF.verifier.label}]), "unknown", THIEF.verifier.label),
        (changed(signatures=[orjson.loads(signed(EVENT, THIEF))["signatures"][0], ONE]), "signed", FEED.verifier.label),
    ],
)
def test_who_signed(raw: bytes, expected: Standing, key: str) -> None:
    assert verdict(raw, NOON, PRODUCERS) == Verdict(expected, key)


def test_a_witness_signs_no_events() -> None:
    witness = SigningKey(FEED.name, FEED.seed, COSIGNS)
    assert verdict(signed(EVENT, witness), NOON, Keyring([TrustedKey(witness.verifier)])).standing == "unknown"


@pytest.mark.parametrize(
    ("time", "expected"),
    [(NOON - DAY, "signed"), (NOON, "outside"), (NOON + DAY, "outside"), (NOON - 3 * DAY, "outside")],
)
def test_a_key_is_believed_between_its_times(time: datetime, expected: Standing) -> None:
    keys = Keyring([TrustedKey(FEED.verifier, NOON - 2 * DAY, NOON)])
    assert verdict(SIGNED, time, keys).standing == expected


def standings(*raws: bytes) -> list[Standing]:
    found, now = Signers(PRODUCERS), to_microseconds(NOON)
    return [found.of(decode(raw), raw, now).standing for raw in raws]


def test_a_revoked_key_is_not_believed_from_there_on() -> None:
    after, others = signed(released(2)), signed(released(3), NEXT)
    assert standings(SIGNED, signed(revoked(FEED), NEXT), after, others) == ["signed", "signed", "revoked", "signed"]


@pytest.mark.parametrize(
    ("by", "counts"), [(FEED, True), (NEXT, True), (KEEPER, True), (AGENCY, False), (THIEF, False), (None, False)]
)
def test_who_may_revoke(by: SigningKey | None, counts: bool) -> None:
    said = revoked(FEED)
    raw = encode(said) if by is None else signed(said, by)
    assert standings(raw, signed(released(2)))[1] == ("revoked" if counts else "signed")


def test_a_producer_revokes_no_key_of_the_keeper() -> None:
    assert standings(signed(revoked(KEEPER), FEED), signed(EVENT, KEEPER)) == ["signed", "signed"]
    assert not may_revoke("example.org/ledger", "example.org/ledgers+00000000")


def test_a_revoked_key_revokes_nothing_more() -> None:
    raws = [signed(revoked(FEED), NEXT), signed(revoked(NEXT), FEED), signed(released(2), NEXT)]
    assert standings(*raws) == ["signed", "revoked", "signed"]


def test_a_revocation_counts_in_its_exchange() -> None:
    elsewhere = signed(released(2, exchange="EAST-WEST-2018"))
    assert standings(signed(revoked(FEED), KEEPER), elsewhere) == ["signed", "signed"]


def test_lean_events_revoke_as_well() -> None:
    found, now, raw = Signers(PRODUCERS), to_microseconds(NOON), signed(revoked(FEED), KEEPER)
    found.of(skim(raw), raw, now)
    [only] = found.revocations
    assert (only.key, only.since) == (FEED.verifier.label, "2017-12-27")
    assert found.of(skim(SIGNED), SIGNED, now).standing == "revoked"


# -- for which ledger -------------------------------------------------------------------------------------------------

HERE, THERE = "example.org/ledger", "example.net/other"
BOUND = sign_event(encode(EVENT), FEED, HERE)


def test_an_event_signed_for_one_ledger_is_the_same_event() -> None:
    assert orjson.loads(BOUND)["payloadType"] == f'{PAYLOAD_TYPE}; ledger="{HERE}"'
    assert decode(BOUND) == EVENT
    assert is_same_event(BOUND, SIGNED)
    assert sign_event(BOUND, AGENCY, THERE) == BOUND


@pytest.mark.parametrize(("raw", "ledger"), [(SIGNED, ""), (SIGNED, HERE), (SIGNED, THERE), (BOUND, HERE)])
def test_it_holds_in_its_ledger_and_one_for_any_everywhere(raw: bytes, ledger: str) -> None:
    assert verdict(raw, NOON, PRODUCERS, ledger=ledger) == Verdict("signed", FEED.verifier.label)


@pytest.mark.parametrize("ledger", [THERE, "", f"{HERE}/feed", "example.org"])
def test_it_holds_in_no_other_ledger(ledger: str) -> None:
    assert verdict(BOUND, NOON, PRODUCERS, ledger=ledger) == Verdict("elsewhere", FEED.verifier.label, HERE)


@pytest.mark.parametrize("payload_type", [PAYLOAD_TYPE, f'{PAYLOAD_TYPE}; ledger="{THERE}"'])
def test_for_which_ledger_it_is_cannot_be_changed(payload_type: str) -> None:
    raw = orjson.dumps({**orjson.loads(BOUND), "payloadType": payload_type})
    assert verdict(raw, NOON, PRODUCERS, ledger=THERE).standing == "bad"


@pytest.mark.parametrize(
    "more", ["; ledger=x", '; ledger=""', ';ledger="x"', '; ledger="a b"', '; ledger="x"\n', "; v=1"]
)
def test_a_type_has_one_form(more: str) -> None:
    with pytest.raises(InvalidEvent, match="payloadType: is "):
        decode(orjson.dumps({**orjson.loads(BOUND), "payloadType": PAYLOAD_TYPE + more}))


def test_a_revocation_for_another_ledger_revokes_nothing_here() -> None:
    stolen = sign_event(encode(revoked(FEED)), KEEPER, THERE)
    found, now = Signers(PRODUCERS, HERE), to_microseconds(NOON)
    standings = [found.of(decode(raw), raw, now).standing for raw in (stolen, SIGNED)]
    assert standings == ["elsewhere", "signed"]


def test_the_type_that_is_signed() -> None:
    assert orjson.loads(SIGNED)["payloadType"] == PAYLOAD_TYPE == "application/vnd.exchange-ledger.event+json"
