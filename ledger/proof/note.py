"""Signed notes (C2SP signed-note): a text, and lines below it by which keys vouch for it.

    text, one line or more
    <empty line>
    — KEY-NAME base64(key id, signature)

Ed25519 alone: plain (type 0x01), and as the cosignature of a witness with its time (type 0x04, C2SP tlog-cosignature).
"""

import base64
import binascii
import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import VerificationFailed

SIGNATURES_MAX = 64
KEY_BYTES = 32
_DASH = "\N{EM DASH} "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_PRIVATE = "PRIVATE+KEY+"
_TIME_BYTES = 8

Kind: TypeAlias = Literal[1, 4]
SIGNS: Kind = 1
COSIGNS: Kind = 4


@dataclass(frozen=True)
class Signature:
    """One line below a note. `key_id` has four bytes; what follows them depends on the kind of key."""

    name: str
    key_id: bytes
    signed: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {_base64(self.key_id + self.signed)}"


@dataclass(frozen=True)
class Note:
    """A text that ends in a newline, and its signatures, not yet believed."""

    text: str
    signatures: tuple[Signature, ...] = ()

    def __str__(self) -> str:
        return "\n".join([self.text, *map(str, self.signatures), ""])

    def with_signature(self, signature: Signature) -> "Note":
        """The note with one more signature; without another of the same key."""
        others = (each for each in self.signatures if (each.name, each.key_id) != (signature.name, signature.key_id))
        return replace(self, signatures=(*others, signature))


def parse_note(raw: str) -> Note:
    """The note in a text. Raises VerificationFailed for what is none."""
    text, separator, below = raw.rpartition("\n\n")
    if not separator or not below.endswith("\n") or _CONTROL.search(raw):
        raise VerificationFailed("this is no signed note: a text, an empty line, and signature lines")
    lines = below[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise VerificationFailed(f"a note with {len(lines)} signatures is refused; the most is {SIGNATURES_MAX}")
    return Note(f"{text}\n", tuple(map(_signature, lines)))


def split_notes(raw: str) -> list[Note]:
    """The notes of a file that holds one after the other, of which no text has an empty line.

    Raises VerificationFailed, which counts the notes from 1.
    """
    blocks = [block for block in re.split(r"\n\n+", raw.strip("\n")) if block] if raw.strip() else []
    if len(blocks) % 2:
        raise VerificationFailed(f"note {len(blocks) // 2 + 1} is cut off: its text or its signatures are missing")
    return [parse_note(f"{text}\n\n{below}\n") for text, below in zip(blocks[::2], blocks[1::2], strict=True)]


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    signed = _unbase64(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or signed is None or len(signed) <= 4:
        raise VerificationFailed(f"{line[:80]!r} is no signature line")
    return Signature(name, signed[:4], signed[4:])


# -- keys --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VerifierKey:
    """A public key by its name. A cosigner's is of another kind, and its id differs, so that none stands in for one."""

    name: str
    public: bytes
    kind: Kind = SIGNS

    @property
    def id(self) -> bytes:
        """The four bytes that a signature line says of its key."""
        return _key_id(self.name, bytes([self.kind]) + self.public)

    @property
    def label(self) -> str:
        """The key's name and id, by which others speak of it: `example.org/feed+1f4a2f0c`."""
        return f"{self.name}+{self.id.hex()}"

    def __str__(self) -> str:
        return f"{self.label}+{_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """The key that `str` prints. Raises VerificationFailed."""
        name, key_id, material = _parts(text)
        if len(material) != 1 + KEY_BYTES or material[0] not in (SIGNS, COSIGNS):
            raise VerificationFailed(f"{text[:80]!r} is no verifier key: NAME+ID+KEY, of an Ed25519 key")
        key = cls(name, material[1:], COSIGNS if material[0] == COSIGNS else SIGNS)
        if key.id.hex() != key_id:
            raise VerificationFailed(f"the verifier key {text[:80]!r} is damaged: its id does not belong to it")
        return key

    def named(self, name: str) -> "VerifierKey":
        """The same key under another name."""
        return replace(self, name=name)

    def find(self, note: Note) -> Signature | None:
        """This key's line below a note, not yet verified."""
        return next((each for each in note.signatures if (each.name, each.key_id) == (self.name, self.id)), None)

    def verify(self, note: Note) -> int | None:
        """That this key signed a note. Gives the time of a cosignature, in seconds since 1970.

        Raises VerificationFailed.
        """
        signature = self.find(note)
        if signature is None:
            raise VerificationFailed(f"{self.name} has not signed this")
        time, signed, text = None, signature.signed, note.text
        if self.kind == COSIGNS:
            time, signed = int.from_bytes(signed[:_TIME_BYTES], "big"), signed[_TIME_BYTES:]
            text = _cosigned(time, text)
        if not self.has_signed(text.encode(), signed):
            raise VerificationFailed(f"the signature of {self.name} is not of this text")
        return time

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether a bare signature is this key's, of these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A private key by its name. Its text form must be kept secret."""

    name: str
    seed: bytes
    kind: Kind = SIGNS

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"

    @classmethod
    def generate(cls, name: str, kind: Kind = SIGNS) -> "SigningKey":
        """A fresh key. Raises VerificationFailed for a name with spaces or a plus sign."""
        if not _is_name(name):
            raise VerificationFailed(f"{name!r} cannot name a key: use a name such as example.org/ledger")
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw(), kind)

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """The key that `secret` gives. Raises VerificationFailed, which does not repeat it."""
        name, key_id, material = _parts(text.removeprefix(_PRIVATE))
        if not text.startswith(_PRIVATE) or len(material) != 1 + KEY_BYTES or material[0] not in (SIGNS, COSIGNS):
            raise VerificationFailed("this is no private key: PRIVATE+KEY+NAME+ID+KEY, of an Ed25519 key")
        key = cls(name, material[1:], COSIGNS if material[0] == COSIGNS else SIGNS)
        if key.verifier.id.hex() != key_id:
            raise VerificationFailed(f"the private key of {name} is damaged: its id does not belong to it")
        return key

    @property
    def secret(self) -> str:
        """The key as text, to be kept where nobody else reads it."""
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{_base64(bytes([self.kind]) + self.seed)}"

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self._key.public_key().public_bytes_raw(), self.kind)

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def named(self, name: str) -> "SigningKey":
        """The same key under another name."""
        return replace(self, name=name)

    def sign(self, note: Note, time: int = 0) -> Note:
        """The note with this key's line. `time`, in seconds since 1970, is what a cosigner says with it."""
        signed, text = b"", note.text
        if self.kind == COSIGNS:
            signed, text = time.to_bytes(_TIME_BYTES, "big"), _cosigned(time, text)
        return note.with_signature(Signature(self.name, self.verifier.id, signed + self.sign_bytes(text.encode())))

    def sign_bytes(self, message: bytes) -> bytes:
        """The bare signature of these bytes."""
        return self._key.sign(message)


def _cosigned(time: int, text: str) -> str:
    return f"cosignature/v1\ntime {time}\n{text}"


def _key_id(name: str, material: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + material).digest()[:4]


def _parts(text: str) -> tuple[str, str, bytes]:
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    return (name if _is_name(name) else ""), key_id, _unbase64(encoded) or b""


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and name.isprintable() and not any(each.isspace() for each in name)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unbase64(text: str) -> bytes | None:
    """The bytes of Base 64 in its one canonical form."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if _base64(raw) == text else None
