"""The pages, each with a head of its own."""

from urllib.parse import urlencode

from starlette.types import ASGIApp

from ledger.api.handlers.call import Call, Handler
from ledger.api.http.answers import PAGE_RULES, Answer
from ledger.api.site.pages import PAGE_KINDS, PageKind
from ledger.api.site.shell import HTML, Head, shell

NAME = "Exchange ledger"
ABOUT = "Exchanges of captives and prisoners: every number is a sum of attributed claims."
FRESH = (b"cache-control", b"no-cache")


def page(kind: PageKind) -> Handler:
    """Answers with the document of one kind of page."""

    async def handler(call: Call) -> ASGIApp:
        if kind.address == "/" and "exchange" in call.request.query_params:
            return _moved(call)
        named = {name: str(value) for name, value in call.request.path_params.items()}
        service = call.service
        title = " · ".join((*named.values(), NAME))
        body = shell(Head(title, ABOUT, kind.path(**named)), service.addresses)
        return Answer(body, HTML, 200, [FRESH], PAGE_RULES)

    handler.__doc__ = kind.summary
    return handler


def _moved(call: Call) -> Answer:
    """Where `/?exchange=...` led, before exchanges had addresses of their own."""
    asked = dict(call.request.query_params)
    path = PAGE_KINDS["exchangePage"].path(exchange=asked.pop("exchange"))
    where = call.service.addresses.path(path) + (f"?{urlencode(asked, safe=':,')}" if asked else "")
    return Answer(b"", HTML, 308, [(b"location", where.encode())], PAGE_RULES)
