"""How far each address was told, and which takes nothing: in a file beside that of the webhooks, for the next start and
for whoever asks."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ledger.small_files import replace_private
from ledger.webhooks.addresses import Webhook, WebhooksUnreadable, read_webhooks
from schemas.record import Frontier

FAILED_MAX = 5
"""After so many tries in a row an address is called dead. It is tried on."""
SIGN_S = 10.0
"""Between two signs of life of the process that sends."""
SILENT = timedelta(seconds=60)
"""Without one for so long, nobody sends."""

State: TypeAlias = Literal["told", "failing", "dead"]


class Delivery(BaseModel):
    """How far an address was told. `failed`: how often in a row it took nothing, since when, and why the last time."""

    model_config = ConfigDict(extra="forbid")

    position: str
    sent: int = 0
    failed: int = 0
    failing_since: AwareDatetime | None = None
    why: str | None = None

    @property
    def reached(self) -> Frontier:
        return Frontier.parse(self.position) if self.position else Frontier()

    @property
    def state(self) -> State:
        """Whether it takes what is sent."""
        return "dead" if self.failed >= FAILED_MAX else "failing" if self.failed else "told"

    def succeeded(self, reached: Frontier) -> "Delivery":
        """The same once something more was taken."""
        return Delivery(position=str(reached), sent=self.sent + 1)

    def refused(self, why: str) -> "Delivery":
        """The same once something was not taken."""
        since = self.failing_since or datetime.now(UTC)
        return self.model_copy(update={"failed": self.failed + 1, "failing_since": since, "why": why})


class DeliveriesFile(BaseModel):
    """`seen`: when the process that sends gave its last sign of life."""

    model_config = ConfigDict(extra="forbid")

    seen: AwareDatetime | None = None
    webhooks: dict[str, Delivery] = Field(default_factory=dict)


def deliveries_path(webhooks: Path) -> Path:
    """Where it is kept how far the addresses in a file were told."""
    return webhooks.with_name(f"{webhooks.name.removesuffix('.json')}.deliveries.json")


def read_deliveries(path: Path) -> DeliveriesFile:
    """How far addresses were told; nothing where there is no file. Raises WebhooksUnreadable."""
    try:
        return DeliveriesFile.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return DeliveriesFile()
    except OSError as error:
        raise WebhooksUnreadable(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        raise WebhooksUnreadable(
            f"{path} does not say how far webhooks were told: restore it, or remove it and tell all from their start"
        ) from error


def write_deliveries(path: Path, told: Mapping[str, Delivery]) -> None:
    """Keep how far addresses were told, with a sign of life. Raises WebhooksUnreadable."""
    try:
        kept = DeliveriesFile(seen=datetime.now(UTC), webhooks=dict(told))
        replace_private(path, kept.model_dump_json(indent=1).encode())
    except OSError as error:
        raise WebhooksUnreadable(f"cannot keep how far webhooks were told in {path}: {error.strerror}") from error


def delivery_of(webhook: Webhook, kept: Mapping[str, Delivery]) -> Delivery:
    """How far an address was told; from its start where what is kept is of another one that had its name."""
    found = kept.get(webhook.name)
    return found if found is not None and found.reached.includes(webhook.begins) else Delivery(position=webhook.since)


def listed(webhooks: Path) -> Iterator[tuple[Webhook, Delivery]]:
    """Each address with how far it was told. Raises WebhooksUnreadable."""
    kept = read_deliveries(deliveries_path(webhooks)).webhooks
    for each in read_webhooks(webhooks):
        yield each, delivery_of(each, kept)


def problems(webhooks: Path, now: datetime) -> Sequence[str]:
    """What is wrong with the sending of changes, each in one line. Raises WebhooksUnreadable."""
    every, seen = [*listed(webhooks)], read_deliveries(deliveries_path(webhooks)).seen
    found = []
    if every and (seen is None or now - seen > SILENT):
        last = "it never ran" if seen is None else f"its last sign of life is of {seen:%Y-%m-%d %H:%M} UTC"
        found.append(f"{len(every)} webhooks are listed and nobody sends: start `ledger webhooks run` ({last})")
    found += [_dead(webhook, delivery) for webhook, delivery in every if delivery.state == "dead"]
    return found


def _dead(webhook: Webhook, delivery: Delivery) -> str:
    since = "" if delivery.failing_since is None else f" since {delivery.failing_since:%Y-%m-%d %H:%M} UTC"
    return (
        f"webhook {webhook.name} ({webhook.where}) has taken nothing{since}, in {delivery.failed:,} tries: "
        f"{delivery.why}; mend it, or `ledger webhooks remove {webhook.name}`"
    )
