"""Views, in each form and at each moment, and the proofs of their figures."""

from urllib.parse import quote

from starlette.types import ASGIApp

from ledger.api.handlers.call import Call, Handler
from ledger.api.handlers.replies import FRESH, Given, answered, attached
from ledger.api.http.addresses import exchange_path
from ledger.api.http.answers import Answer, tag_of
from ledger.api.http.forms import FORMS, form
from ledger.api.http.query import as_of
from ledger.api.views.bodies import Question
from ledger.api.views.proofs import proofs_bytes
from ledger.book.explain import canonical
from ledger.errors import UnknownName
from schemas.codec import skim
from schemas.view_kinds import VIEW_KINDS, ViewKind
from schemas.views import Explanation


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
        where = f"{exchange_path(exchange)}{kind.address.partition('{')[0]}{quote(item, safe='')}"
        return await _read(call, Question(kind, exchange, item, ending, where))

    handler.__doc__ = kind.summary
    return handler


async def _read(call: Call, question: Question) -> ASGIApp:
    ending = "" if question.ending == ".json" else question.ending
    name = "exchanges" if question.view is None else question.view.name
    is_file = FORMS[question.ending].is_file
    file = [attached(question.exchange, name, question.item, ending=question.ending)] if is_file else []
    how = Given(name, f"{question.path}{ending}", headers=file)
    return await answered(call, how, lambda asked: call.service.bodies.answer(question, asked, call.asker))


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
        attached(exchange, canonical(figure), ending=".proof"),
    ]
    return Answer(body, headers=[*headers, *service.shared])


def _exchange(call: Call) -> str:
    """The exchange in the path. Raises UnknownName: a process has no proofs of its own."""
    exchange: str = call.request.path_params["exchange"]
    if exchange not in call.service.replica.exchanges:
        raise UnknownName("exchange", exchange, sorted(call.service.replica.exchanges))
    return exchange
