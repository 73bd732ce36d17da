"""Every route of the server: its method, its path, which role it needs, and what it is for. Nothing else is served."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from ledger.api.tokens import Role
from ledger.api.views import VIEWS

Method: TypeAlias = Literal["GET", "POST"]


class Operation(NamedTuple):
    """One route. `has_forms`: it can be had as CSV and with its metadata by an ending of the path, too. `needs_log`: it
    answers only once the log has been read."""

    id: str
    method: Method
    path: str
    needs: Role | None
    summary: str
    has_forms: bool = False
    needs_log: bool = True


EXCHANGE = "/v1/exchanges/{exchange}"

OPERATIONS: Sequence[Operation] = (
    Operation("exchanges", "GET", "/v1/exchanges", Role.read, "The tally of every exchange and process.", True),
    *(Operation(view.name, "GET", EXCHANGE + view.path, Role.read, view.summary, True) for view in VIEWS.values()),
    Operation("events", "GET", "/v1/events", Role.read, "The events as they stand in the log, page by page."),
    Operation("event", "GET", "/v1/events/{event}", Role.read, "One event as it stands in the log."),
    Operation("publish", "POST", "/v1/events", Role.publish, "Publish events, one JSON object a line."),
    Operation("rejected", "GET", "/v1/rejected", Role.audit, "What was refused, with the reason.", needs_log=False),
    Operation("streamEvents", "GET", "/v1/stream/events", Role.read, "Every event, then each new one."),
    Operation("streamTallies", "GET", "/v1/stream/tallies", Role.read, "Every tally, then each whenever it changes."),
    Operation("streamRounds", "GET", "/v1/stream/rounds", Role.read, "Every round, then each whenever it changes."),
    Operation("openapi", "GET", "/v1/openapi.json", None, "This description.", needs_log=False),
    Operation("live", "GET", "/health/live", None, "Whether the server runs.", needs_log=False),
    Operation("ready", "GET", "/health/ready", None, "Whether it is up to date, and by how much not.", needs_log=False),
    Operation("metrics", "GET", "/metrics", Role.read, "Numbers for Prometheus.", needs_log=False),
)
