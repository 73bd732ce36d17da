"""What whoever enters claims by a form or as a table asks before he publishes. Nothing here writes anything."""

from starlette.types import ASGIApp

from ledger.api.events.entering import READ_BY, event_types, publisher, understood
from ledger.api.handlers.call import Call
from ledger.api.http.answers import Answer
from ledger.errors import UnknownName
from schemas.contracts.shipped import event_contract
from schemas.events import EVENT_TYPES

_OF_SOFTWARE = [(b"cache-control", b"no-cache")]
_OF_ONE = [(b"cache-control", b"no-store")]


async def types(call: Call) -> ASGIApp:
    """The types of events that can be published."""
    return Answer(event_types().model_dump_json().encode(), headers=[*_OF_SOFTWARE, *call.service.shared])


async def contract(call: Call) -> ASGIApp:
    """The JSON Schema of an event type, as it is published."""
    name = call.request.path_params["type"]
    if name not in EVENT_TYPES:
        raise UnknownName("event type", name, tuple(EVENT_TYPES))
    return Answer(event_contract(name), headers=[*_OF_SOFTWARE, *call.service.shared])


async def words(call: Call) -> ASGIApp:
    """How a count or a date is understood that is written as people write it."""
    kind = call.request.path_params["kind"]
    if kind not in READ_BY:
        raise UnknownName("kind of words", kind, tuple(READ_BY))
    found = understood(kind, call.given.get("said", ""))
    return Answer(found.model_dump_json().encode(), headers=[*_OF_SOFTWARE, *call.service.shared])


async def me(call: Call) -> ASGIApp:
    """As whom a token publishes."""
    assert call.token is not None
    return Answer(publisher(call.token).model_dump_json().encode(), headers=_OF_ONE)


async def table(call: Call) -> ASGIApp:
    """Make events of a table by a mapping, as lines to publish; what is wrong stands beside its cell."""
    return await call.service.mapped_tables.read(call.request)
