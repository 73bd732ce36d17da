"""Every route of the server: its method, its path, which role it needs, and what it is for. Nothing else is served."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from ledger.api.access.tokens import Role
from ledger.api.views.views import VIEWS

Method: TypeAlias = Literal["GET", "POST"]


class Operation(NamedTuple):
    """One route. `has_forms`: it can be had as CSV and with its metadata by an ending of the path, too. `patience_s`:
    how long a request waits at most until the log has been read; None for what answers before that.
    """

    id: str
    method: Method
    path: str
    needs: Role | None
    summary: str
    has_forms: bool = False
    patience_s: float | None = 2.0


EXCHANGE = "/v1/exchanges/{exchange}"

_STREAM_S = 60.0
"""A browser whose stream is refused does not come again, but it waits."""


def _stream(kind: str, summary: str) -> Operation:
    return Operation(f"stream{kind.title()}", "GET", f"/v1/stream/{kind}", Role.read, summary, patience_s=_STREAM_S)


OPERATIONS: Sequence[Operation] = (
    Operation("exchanges", "GET", "/v1/exchanges", Role.read, "The tally of every exchange and process.", True),
    *(Operation(view.name, "GET", EXCHANGE + view.path, Role.read, view.summary, True) for view in VIEWS.values()),
    Operation("proofs", "GET", f"{EXCHANGE}/proof", Role.read, "The figures whose signed proof can be downloaded."),
    Operation("proof", "GET", f"{EXCHANGE}/proof/{{figure}}", Role.read, "A figure with its signed proof."),
    Operation("events", "GET", "/v1/events", Role.read, "The events as they stand in the log, page by page."),
    Operation("event", "GET", "/v1/events/{event}", Role.read, "One event as it stands in the log."),
    Operation("publish", "POST", "/v1/events", Role.publish, "Publish events, one JSON object a line."),
    Operation("rejected", "GET", "/v1/rejected", Role.audit, "What was refused, with the reason.", patience_s=None),
    _stream("events", "Every event, then each new one."),
    _stream("tallies", "Every tally, then each whenever it changes."),
    _stream("rounds", "Every round, then each whenever it changes."),
    Operation("openapi", "GET", "/v1/openapi.json", None, "This description.", patience_s=None),
    Operation("live", "GET", "/health/live", None, "Whether the server runs.", patience_s=None),
    Operation("ready", "GET", "/health/ready", None, "Whether it is up to date, and by how much not.", patience_s=None),
    Operation("metrics", "GET", "/metrics", Role.read, "Numbers for Prometheus.", patience_s=None),
)
