"""The addresses to which changes are sent, in a file that the operator keeps. None ever comes from an event."""

import base64
import binascii
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_serializer

from ledger.changes.event_changes import EventChange
from ledger.changes.filters import ChangeKind
from ledger.errors import LedgerError, UnknownName, UsageError
from ledger.settings import Settings
from ledger.small_files import beside, locked, replace_private
from schemas.entrants import NAME
from schemas.record import Frontier

SECRET = "whsec_"
"""How a secret begins that is written down (Standard Webhooks)."""
_URL = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+([/?][!\x22$-~]*)?", re.ASCII)


class WebhooksUnreadable(LedgerError):
    """The file of webhooks cannot be read or written."""


class Webhook(BaseModel):
    """An address, and what is sent there: changes of these kinds, of these exchanges (empty: of any).

    `since` is the position from which on it is told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    url: str
    secret: SecretStr
    kinds: tuple[ChangeKind, ...]
    exchanges: tuple[str, ...]
    since: str
    created: AwareDatetime

    @field_serializer("secret", when_used="json")
    def _written(self, secret: SecretStr) -> str:
        return secret.get_secret_value()

    @property
    def key(self) -> bytes:
        """The key by which what is sent there is signed."""
        return key_of(self.secret.get_secret_value())

    @property
    def where(self) -> str:
        """Its address without what may be nobody's business: path and query can hold a secret of its owner's."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def begins(self) -> Frontier:
        """The position from which on it is told."""
        return Frontier.parse(self.since) if self.since else Frontier()

    def wants(self, change: EventChange) -> bool:
        """Whether a change is to be sent there."""
        return change.kind in self.kinds and (not self.exchanges or change.exchange in self.exchanges)


class _WebhooksFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    webhooks: list[Webhook] = Field(default_factory=list)


def webhooks_path(settings: Settings) -> Path:
    """Where the webhooks of a ledger are: where the settings say, else beside the ledger, else here."""
    return settings.webhooks or beside(settings.log, "webhooks.json")


def read_webhooks(path: Path) -> list[Webhook]:
    """All webhooks of a file; none where it is not there. Raises WebhooksUnreadable."""
    try:
        return _WebhooksFile.model_validate_json(path.read_bytes()).webhooks
    except FileNotFoundError:
        return []
    except OSError as error:
        raise WebhooksUnreadable(f"cannot read the webhooks in {path}: {error.strerror}") from error
    except ValidationError as error:  # whose text would show what stands there
        where = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise WebhooksUnreadable(f"{path} is no file of webhooks: see {where or 'its beginning'}") from None


def add_webhook(
    path: Path,
    name: str,
    url: str,
    secret: str | None,
    kinds: Sequence[ChangeKind],
    exchanges: Sequence[str],
    since: Frontier,
) -> Webhook:
    """List an address under a name. Without a secret one is made. Raises UsageError, WebhooksUnreadable."""
    if not re.fullmatch(NAME, name):
        raise UsageError(f"{name!r} is no name of a webhook; use lower case, digits and . _ -, such as newsroom-desk")
    if not _URL.fullmatch(url) or not _has_port(url):
        raise UsageError("give an address that begins with https:// or http://, without a user or a fragment")
    made = Webhook(
        name=name,
        url=url,
        secret=SecretStr(secret or f"{SECRET}{base64.b64encode(secrets.token_bytes(32)).decode()}"),
        kinds=tuple(dict.fromkeys(kinds)),
        exchanges=tuple(dict.fromkeys(exchanges)),
        since=str(since),
        created=datetime.now(UTC),
    )
    key_of(made.secret.get_secret_value())
    with _changing(path) as webhooks:
        if name in webhooks:
            raise UsageError(f"there is a webhook {name} already; remove it first, or take another name")
        webhooks[name] = made
    return made


def remove_webhook(path: Path, name: str) -> None:
    """List an address no more. Raises UnknownName, WebhooksUnreadable."""
    with _changing(path) as webhooks:
        if name not in webhooks:
            raise UnknownName("webhook", name, list(webhooks))
        del webhooks[name]


def _has_port(url: str) -> bool:
    """Whether the port of an address is one, where it names any."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def key_of(secret: str) -> bytes:
    """The bytes of a secret: `whsec_` and base64, as Standard Webhooks has it. Raises UsageError, which shows none."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET) or not 24 <= len(key) <= 64:
        raise UsageError(f"a secret is {SECRET} and 24 to 64 bytes in base64")
    return key


@contextmanager
def _changing(path: Path) -> Iterator[dict[str, Webhook]]:
    try:
        with locked(path):
            webhooks = {each.name: each for each in read_webhooks(path)}
            yield webhooks
            replace_private(path, _WebhooksFile(webhooks=[*webhooks.values()]).model_dump_json(indent=1).encode())
    except OSError as error:
        raise WebhooksUnreadable(f"cannot keep webhooks in {path}: {error.strerror}") from error
