"""Tokens: who may publish, and who may read what is not open. The file holds their hashes, never the tokens.

A token is 256 random bits, so that nobody can guess it from a hash however fast that is; a slow hash such as scrypt is
for passwords, and would let anybody keep the server busy with wrong tokens.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ledger.errors import LedgerError, UnknownName, UsageError
from ledger.settings import Settings
from ledger.small_files import beside, locked, replace_private
from schemas.entrants import NAME

_TOKEN = re.compile(r"lgr_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_PERSON = b"ledger-token-v1"


class Role(StrEnum):
    """What a token may do."""

    publish = "publish"
    read = "read"
    audit = "audit"
    admin = "admin"


class TokensUnreadable(LedgerError):
    """The file of tokens cannot be read."""


class Token(BaseModel):
    """A token as it is kept. `admin` may do everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    roles: tuple[Role, ...]
    created: AwareDatetime
    expires: AwareDatetime
    revoked: AwareDatetime | None = None
    hash: str

    def may(self, role: Role) -> bool:
        """Whether it bears a role."""
        return role in self.roles or Role.admin in self.roles

    def is_valid(self, now: datetime) -> bool:
        """Whether it is neither expired nor revoked."""
        return self.revoked is None and now < self.expires


class _File(BaseModel):
    """`sha256` is over the tokens, so that a damaged disk makes nobody's token last longer or do more.

    One that was written before there was one has none.
    """

    model_config = ConfigDict(extra="forbid")

    tokens: Annotated[list[Token], Field(default_factory=list)]
    sha256: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.model_dump_json(include={"tokens"}).encode()).hexdigest()


def tokens_path(settings: Settings) -> Path:
    """Where the tokens of a ledger are: where the settings say, else beside the ledger, else here."""
    return settings.serve_tokens or beside(settings.log, "tokens.json")


class Tokens:
    """The tokens in a file. What another process makes or revokes there holds from the next question on."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = path
        self._clock = clock
        self._seen: tuple[int, int, int] | None = None
        self._tokens: dict[str, Token] = {}

    # -- asking ------------------------------------------------------------------------------------

    def find(self, text: str) -> Token | None:
        """The valid token that somebody shows, or None. Raises TokensUnreadable."""
        matched = _TOKEN.fullmatch(text)
        if matched is None:
            return None
        self._refresh()
        token = self._tokens.get(matched[1])
        is_right = hmac.compare_digest(_hash(matched[2]), token.hash if token else _hash(""))
        return token if token and is_right and token.is_valid(self._clock()) else None

    def every(self) -> list[Token]:
        """All tokens, expired and revoked ones as well, in the order in which they were made."""
        self._refresh()
        return list(self._tokens.values())

    def _refresh(self) -> None:
        try:
            state = self.path.stat()
        except FileNotFoundError:
            self._seen, self._tokens = None, {}
            return
        except OSError as error:
            raise TokensUnreadable(f"cannot read the tokens in {self.path}: {error.strerror}") from error
        seen = (state.st_ino, state.st_mtime_ns, state.st_size)
        if seen != self._seen:
            self._tokens = {token.id: token for token in _read(self.path)}
            self._seen = seen

    # -- changing ----------------------------------------------------------------------------------

    def make(self, name: str, roles: Sequence[Role], lifetime: timedelta) -> tuple[Token, str]:
        """A new token, and the text of it, which is nowhere kept. Raises UsageError for a name that is none."""
        if not re.fullmatch(NAME, name):
            raise UsageError(f"{name!r} is no name of a token; use lower case, digits and . _ -, such as newsroom-feed")
        if not roles:
            raise UsageError("a token without a role may do nothing; give --role publish, read, audit or admin")
        identity, secret, now = secrets.token_hex(6), secrets.token_urlsafe(32), self._clock()
        token = Token(
            id=identity,
            name=name,
            roles=tuple(dict.fromkeys(roles)),
            created=now,
            expires=now + lifetime,
            hash=_hash(secret),
        )
        with self._changing() as tokens:
            tokens[identity] = token
        return token, f"lgr_{identity}_{secret}"

    def revoke(self, identity: str) -> Token:
        """Make a token invalid for good. Raises UnknownName."""
        with self._changing() as tokens:
            if identity not in tokens:
                raise UnknownName("token", identity, list(tokens))
            known = tokens[identity]
            tokens[identity] = known.model_copy(update={"revoked": known.revoked or self._clock()})
            return tokens[identity]

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Token]]:
        """The tokens, to be changed by nobody else meanwhile, and then put in place of the old ones at once."""
        try:
            with locked(self.path):
                tokens = {token.id: token for token in _read(self.path)} if self.path.exists() else {}
                yield tokens
                _write(self.path, list(tokens.values()))
        except OSError as error:
            raise TokensUnreadable(f"cannot keep tokens in {self.path}: {error.strerror}") from error


def _hash(secret: str) -> str:
    return hashlib.blake2b(secret.encode(), digest_size=32, person=_PERSON).hexdigest()


def _read(path: Path) -> list[Token]:
    try:
        found = _File.model_validate_json(path.read_bytes())
    except OSError as error:
        raise TokensUnreadable(f"cannot read the tokens in {path}: {error.strerror}") from error
    except ValidationError as error:
        raise TokensUnreadable(f"{path} is no file of tokens; restore it, or remove it and make new ones") from error
    if found.sha256 not in ("", found.digest):
        raise TokensUnreadable(f"{path} is damaged, or was changed by hand; restore it, or remove it and make new ones")
    return found.tokens


def _write(path: Path, tokens: list[Token]) -> None:
    written = _File(tokens=tokens)
    written.sha256 = written.digest
    replace_private(path, written.model_dump_json(indent=1).encode())
