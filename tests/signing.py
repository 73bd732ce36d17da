"""Producers with keys, for tests of signed events."""

from pathlib import Path

from ledger.proof.keys import Keyring, TrustedKey
from ledger.proof.note import SigningKey
from ledger.proof.signed import sign_event
from ledger.settings import Signatures, Trust
from schemas.codec import encode
from schemas.events import AnyEvent, KeyRevoked
from schemas.values import Moment, Source
from tests.log.events import EXCHANGE

KEEPER = SigningKey("example.org/ledger", bytes(range(32)))
FEED = SigningKey("example.org/ledger/feed", bytes(range(1, 33)))
NEXT = SigningKey("example.org/ledger/feed", bytes(range(2, 34)))
AGENCY = SigningKey("agency.example.net", bytes(range(3, 35)))
THIEF = SigningKey("example.org/ledger/feed", bytes(32))
PRODUCERS = Keyring([TrustedKey(each.verifier) for each in (KEEPER, FEED, NEXT, AGENCY)])
KEYS = "".join(f"{each}\n" for each in PRODUCERS.keys)


def signed(event: AnyEvent, key: SigningKey = FEED) -> bytes:
    """An event in an envelope."""
    return sign_event(encode(event), key)


def revoked(key: SigningKey, exchange: str = EXCHANGE) -> KeyRevoked:
    """That a key is not to be believed any more."""
    source = Source(publisher="The keeper", kind="aggregator")
    return KeyRevoked(
        exchange=exchange, occurred=Moment.day("2017-12-27"), source=source, key=key.verifier.label, why="stolen"
    )


def trust(signatures: Signatures = "required", keys: str = KEYS) -> Trust:
    return Trust(signatures, keys)


def settings(folder: Path, signatures: Signatures = "required", keys: str = KEYS) -> dict[str, str]:
    """The environment of a ledger that asks for signatures."""
    path = folder / "producers.keys"
    path.write_text(keys)
    return {"LEDGER_SIGNATURES": signatures, "LEDGER_PRODUCER_KEYS": str(path)}


def key_file(folder: Path, key: SigningKey) -> Path:
    """A file that holds a private key."""
    path = folder / f"{key.verifier.id.hex()}.key"
    path.write_text(f"{key.secret}\n")
    return path
