"""The pages, each with a head of its own, and with its figures for whoever runs no scripts."""

from starlette.types import ASGIApp

from ledger.api.access.allowances import REQUEST_WORK
from ledger.api.handlers.call import Call, Handler
from ledger.api.http.answers import PAGE_RULES, Answer, Headers, matches
from ledger.api.http.query import AS_OF, as_of, query_of
from ledger.api.site.about import About
from ledger.api.site.pages import PAGE_KINDS, PageKind
from ledger.api.site.shell import HTML, shell
from ledger.api.views.bodies import PageAsked
from ledger.errors import LedgerError, UnknownName
from ledger.follow.bound import full_id

_FRESH = (b"cache-control", b"no-cache")


def page(kind: PageKind) -> Handler:
    """Answers with the document of one kind of page."""

    async def handler(call: Call) -> ASGIApp:
        given = dict(call.request.query_params)
        if kind.address == "/" and given.get("exchange"):
            return _moved(call, given)
        path = call.request.path_params
        cut = {name: given[name] for name in AS_OF if name in given}
        item = str(path[kind.opens]) if kind.opens else ""
        asked = PageAsked(kind, path.get("exchange", ""), item, kind.path(**path), query_of(cut))
        if not (call.service.is_open and call.service.replica.is_live):
            return _plain(call, asked, 200)
        try:
            return await _drawn(call, asked, cut)
        except UnknownName:
            return _plain(call, asked, 404)
        except LedgerError:  # the page finds out itself, and says so
            return _plain(call, asked, 200)

    handler.__doc__ = kind.summary
    return handler


async def _drawn(call: Call, asked: PageAsked, cut: dict[str, str]) -> Answer:
    """A page with what there is to say of it. Raises LedgerError."""
    service = call.service
    service.history.check_undamaged()
    service.spend(call.request, REQUEST_WORK)
    if asked.kind.opens == "event":
        asked = asked._replace(item=await full_id(service.replica, asked.item))
    found = await service.bodies.page(asked, as_of(cut), call.asker)
    headers: Headers = [(b"etag", found.body.tag.encode()), _FRESH]
    if matches(found.body.tag, call.request.headers.get("if-none-match")):
        return Answer(b"", HTML, 304, headers, PAGE_RULES)
    return Answer(found.body.raw, HTML, 200, headers, PAGE_RULES)


def _plain(call: Call, asked: PageAsked, status: int) -> Answer:
    """A page of which the server says nothing: to readers that show a token, or of what is not there.

    What stands in its address is nobody's word here: a chat would show it under the name of this server.
    """
    return Answer(shell(About("", ""), asked.path, asked.query, call.service.site), HTML, status, [_FRESH], PAGE_RULES)


def _moved(call: Call, given: dict[str, str]) -> Answer:
    """Where `/?exchange=...` led, before exchanges had addresses of their own."""
    path = call.service.site.addresses.path(PAGE_KINDS["exchangePage"].path(exchange=given.pop("exchange")))
    where = path + (f"?{query_of(given)}" if given else "")
    return Answer(b"", HTML, 308, [(b"location", where.encode())], PAGE_RULES)
