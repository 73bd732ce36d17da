"""What an operator asks: whether the server runs, whether it is up to date, and its numbers."""

from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp

from ledger.api.handlers.call import Call
from ledger.api.http.answers import Answer
from ledger.api.service.health import readiness

_NOW = [(b"cache-control", b"no-store")]


async def live(call: Call) -> ASGIApp:
    """Whether the server runs."""
    return Answer(b'{"live":true}', headers=_NOW)


async def ready(call: Call) -> ASGIApp:
    """Whether it is up to date, and by how much not."""
    told = readiness(call.service.replica)
    return Answer(told.model_dump_json().encode(), status=200 if told.ready else 503, headers=_NOW)


async def metrics(call: Call) -> ASGIApp:
    """Numbers for Prometheus."""
    return Answer(call.service.metrics.text(), CONTENT_TYPE_LATEST, headers=_NOW)
