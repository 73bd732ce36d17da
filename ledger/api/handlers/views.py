"""Views, in each form and at each moment, and the proofs of their figures."""

import re
from urllib.parse import quote

from starlette.types import ASGIApp

from ledger.api.handlers.call import Call, Handler
from ledger.api.http.answers import Answer, Headers, matches, tag_of, takes_zipped
from ledger.api.http.forms import FORMS, form
from ledger.api.http.query import AsOf, as_of
from ledger.api.views.bodies import Found, Question
from ledger.api.views.proofs import proofs_bytes
from ledger.book.explain import canonical
from ledger.errors import UnknownName
from schemas.codec import skim
from schemas.view_kinds import VIEW_KINDS, ViewKind
from schemas.views import Explanation

PINNED = b"max-age=86400"
FRESH = b"no-cache"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


async def exchanges(call: Call) -> ASGIApp:
    """The tally of every exchange and process."""
    ending = call.request.path_params.get("ending", ".json")
    return await _read(call, Question(None, "", "", ending, "/v1/exchanges"))


def view(kind: ViewKind) -> Handler:
    """Answers with one kind of view of an exchange."""

    async def handler(call: Call) -> ASGIApp:
        path = call.request.path_params
        exchange, item, ending = path["exchange"], "", path.get("ending", ".json")
        if kind.item:
            item, ending = form(path[kind.item])
        elif not kind.address:
            exchange, ending = form(exchange)
        where = f"/v1/exchanges/{quote(exchange, safe='')}{kind.address.partition('{')[0]}{quote(item, safe='')}"
        return await _read(call, Question(kind, exchange, item, ending, where))

    handler.__doc__ = kind.summary
    return handler


async def _read(call: Call, question: Question) -> ASGIApp:
    asked, service, headers_in = as_of(call.given), call.service, call.request.headers
    cleared = service.bodies.kept.cleared
    found = await service.bodies.answer(question, asked, call.asker)
    headers = _headers(call, found, question, asked)
    if matches(found.body.tag, headers_in.get("if-none-match")):
        return Answer(b"", found.body.media_type, 304, headers)
    answer = Answer(found.body.raw, found.body.media_type, 200, headers)
    if is_zipped := takes_zipped(headers_in.get("accept-encoding", "")):
        answer = await answer.packed()
    is_lasting = found.position is service.replica.reached or asked.position is not None
    if is_lasting and cleared == service.bodies.kept.cleared:
        service.hot.put(call.request.scope, is_zipped, _name(question), answer)
    return answer


def _headers(call: Call, found: Found, question: Question, asked: AsOf) -> Headers:
    ending = "" if question.ending == ".json" else question.ending
    path = call.service.site.addresses.path(question.path)
    permalink = f"{path}{ending}?{asked.query(found.position)}"
    freshness = FRESH if asked.position is None else PINNED
    headers = [
        (b"etag", found.body.tag.encode()),
        (b"cache-control", freshness if call.service.is_open else b"private, " + freshness),
        (b"ledger-position", str(found.position).encode()),
        (b"link", b'<%s>; rel="bookmark"' % permalink.encode()),
        *call.service.shared,
    ]
    if FORMS[question.ending].is_file:
        headers.append(_attached(question.exchange, _name(question), question.item, ending=question.ending))
    return headers


def _attached(*parts: str, ending: str) -> tuple[bytes, bytes]:
    """What makes a browser keep an answer as a file of this name."""
    named = "-".join(_UNSAFE.sub("_", part) for part in parts if part)
    return b"content-disposition", f'attachment; filename="{named}{ending}"'.encode()


def _name(question: Question) -> str:
    return "exchanges" if question.view is None else question.view.name


# -- proofs ----------------------------------------------------------------------------------------


async def proofs(call: Call) -> ASGIApp:
    """The figures whose signed proof can be downloaded."""
    views = await call.service.proofs.of(_exchange(call))
    return Answer(proofs_bytes(views), headers=[(b"cache-control", FRESH), *call.service.shared])


async def proof(call: Call) -> ASGIApp:
    """A figure with its signed proof."""
    asked, service = as_of(call.given), call.service
    bound = await service.history.bound(asked)
    exchange, figure = _exchange(call), call.request.path_params["figure"]
    question = Question(VIEW_KINDS["explanation"], exchange, figure, ".json", "")
    found = await service.bodies.answer(question, asked, call.asker)
    told = Explanation.model_validate_json(found.body.raw)
    cut = dict(asked.texts)
    if bound.stop is not None:
        cut["through"] = skim(bound.stop.payload).id
    gone = service.replica.books.book(exchange).redacted()
    body = await service.proofs.proof(exchange, figure, cut, told.value, gone)
    headers = [
        (b"etag", tag_of(body).encode()),
        (b"cache-control", FRESH),
        _attached(exchange, canonical(figure), ending=".proof"),
    ]
    return Answer(body, headers=[*headers, *service.shared])


def _exchange(call: Call) -> str:
    """The exchange in the path. Raises UnknownName: a process has no proofs of its own."""
    exchange: str = call.request.path_params["exchange"]
    if exchange not in call.service.replica.exchanges:
        raise UnknownName("exchange", exchange, sorted(call.service.replica.exchanges))
    return exchange
