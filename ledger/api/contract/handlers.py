"""The routes: from a request to an answer."""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeAlias
from urllib.parse import quote

from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.types import ASGIApp

from ledger.api.access.tokens import Token
from ledger.api.contract.openapi import served
from ledger.api.events.publishing import Publishing
from ledger.api.events.records import record_bytes, records_bytes
from ledger.api.events.rejects import rejected_bytes
from ledger.api.http.answers import Answer, Headers, matches, tag_of, takes_zipped
from ledger.api.http.query import AS_OF, AsOf, as_of, form, number, parameters, position
from ledger.api.service.health import readiness
from ledger.api.service.service import Service
from ledger.api.stream.streams import KINDS
from ledger.api.views.bodies import Found, Question
from ledger.api.views.proofs import proofs_bytes
from ledger.api.views.views import VIEWS, View
from ledger.book.explain import canonical
from ledger.errors import UnknownName
from schemas.codec import skim
from schemas.record import NOWHERE
from schemas.views import Explanation

Act: TypeAlias = Callable[[Request, Token | None], Awaitable[ASGIApp]]

PAGE_MAX, PAGE_DEFAULT = 1000, 100
_PINNED = b"max-age=86400"
_FRESH = b"no-cache"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class Routes:
    """What each operation does."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._publishing = Publishing(
            service.ledger, service.replica, service.settings, service.metrics.published, service.tracing
        )

    def acts(self) -> Mapping[str, Act]:
        """What each operation does, by its id."""
        return {
            "exchanges": self._exchanges,
            **{name: partial(self._view, view) for name, view in VIEWS.items()},
            "proofs": self._proofs,
            "proof": self._proof,
            "events": self._events,
            "event": self._event,
            "publish": self._publish,
            "rejected": self._rejected,
            **{f"stream{kind.title()}": partial(self._stream, kind) for kind in KINDS},
            "openapi": self._openapi,
            "live": self._live,
            "ready": self._ready,
            "metrics": self._metrics,
        }

    # -- views -------------------------------------------------------------------------------------

    async def _exchanges(self, request: Request, token: Token | None) -> ASGIApp:
        ending = request.path_params.get("ending", ".json")
        return await self._read(request, Question(None, "", "", ending, "/v1/exchanges"))

    async def _view(self, view: View, request: Request, token: Token | None) -> ASGIApp:
        path = request.path_params
        exchange, item, ending = path["exchange"], path.get("round") or path.get("figure") or "", ".json"
        if item:
            item, ending = form(item)
        elif not view.path:
            exchange, ending = form(exchange)
        else:
            ending = path.get("ending", ".json")
        where = f"/v1/exchanges/{quote(exchange, safe='')}{view.path.partition('{')[0]}{quote(item, safe='')}"
        return await self._read(request, Question(view, exchange, item, ending, where))

    async def _read(self, request: Request, question: Question) -> ASGIApp:
        asked = as_of(parameters(request, AS_OF))
        spend = partial(self._service.spend, request)
        found = await self._service.bodies.answer(question, asked, spend)
        headers = self._headers(found, question, asked)
        tag = found.body.tag
        if matches(tag, request.headers.get("if-none-match")):
            return Answer(b"", found.body.media_type, 304, headers)
        answer = Answer(found.body.raw, found.body.media_type, 200, headers)
        if is_zipped := takes_zipped(request.headers.get("accept-encoding", "")):
            answer = answer.zipped()
        if found.position is self._service.replica.reached or asked.position is not None:
            self._service.hot.put(request.scope, is_zipped, _name(question), answer)
        return answer

    def _headers(self, found: Found, question: Question, asked: AsOf) -> Headers:
        permalink = (
            f"{question.path}{'' if question.ending == '.json' else question.ending}?{asked.query(found.position)}"
        )
        is_open = self._service.settings.serve_read == "open"
        freshness = _FRESH if asked.position is None else _PINNED
        headers = [
            (b"etag", found.body.tag.encode()),
            (b"cache-control", freshness if is_open else b"private, " + freshness),
            (b"ledger-position", str(found.position).encode()),
            (b"link", b'<%s>; rel="bookmark"' % permalink.encode()),
            *self._service.shared,
        ]
        if question.ending.endswith(".csv"):
            named = "-".join(
                _UNSAFE.sub("_", part) for part in (question.exchange, _name(question), question.item) if part
            )
            headers.append((b"content-disposition", f'attachment; filename="{named}{question.ending}"'.encode()))
        return headers

    # -- proofs ------------------------------------------------------------------------------------

    async def _proofs(self, request: Request, token: Token | None) -> ASGIApp:
        parameters(request, ())
        views = await self._service.proofs.of(self._exchange(request))
        return Answer(proofs_bytes(views), headers=[(b"cache-control", b"no-cache"), *self._service.shared])

    async def _proof(self, request: Request, token: Token | None) -> ASGIApp:
        """The file that proves a figure as it is at the cut that is asked for."""
        asked = as_of(parameters(request, AS_OF))
        bound = await self._service.history.bound(asked)
        exchange, figure = self._exchange(request), request.path_params["figure"]
        question = Question(VIEWS["explanation"], exchange, figure, ".json", "")
        found = await self._service.bodies.answer(question, asked, partial(self._service.spend, request))
        told = Explanation.model_validate_json(found.body.raw)
        cut = dict(asked.texts)
        if bound.stop is not None:
            cut["through"] = skim(bound.stop.payload).id
        body = await self._service.proofs.proof(exchange, figure, cut, told.value)
        named = "-".join(_UNSAFE.sub("_", part) for part in (exchange, canonical(figure)))
        headers = [
            (b"etag", tag_of(body).encode()),
            (b"cache-control", b"no-cache"),
            (b"content-disposition", f'attachment; filename="{named}.proof"'.encode()),
        ]
        return Answer(body, headers=[*headers, *self._service.shared])

    def _exchange(self, request: Request) -> str:
        """The exchange in the path. Raises UnknownName: a process has no proofs of its own."""
        exchange: str = request.path_params["exchange"]
        if exchange not in self._service.replica.exchanges:
            raise UnknownName("exchange", exchange, sorted(self._service.replica.exchanges))
        return exchange

    # -- events ------------------------------------------------------------------------------------

    async def _events(self, request: Request, token: Token | None) -> ASGIApp:
        given = parameters(request, ("after", "limit", "exchange"))
        limit = number(given, "limit", PAGE_DEFAULT, PAGE_MAX)
        found = position(given, "after")
        after = await self._service.history.existing(found) if found else NOWHERE
        replica = self._service.replica
        arrivals = replica.arrivals_after(after, given.get("exchange"))
        records: list[bytes] = []
        for arrival in arrivals[: limit + 1]:
            entry = replica.entries[arrival]
            if len(records) == limit:
                body = records_bytes(records, str(after), more=True)
                break
            if entry.offset > after.last(entry.partition):
                records.append(record_bytes(entry.record()))
                after = after.advanced(entry.partition, entry.offset)
        else:
            is_all = len(arrivals) <= limit
            body = records_bytes(records, str(replica.reached if is_all else after), more=not is_all)
        return Answer(body, headers=[(b"cache-control", b"no-cache"), *self._service.shared])

    async def _event(self, request: Request, token: Token | None) -> ASGIApp:
        parameters(request, ())
        record, _ = await self._service.ledger.event(request.path_params["event"])
        return Answer(record_bytes(record), headers=[(b"cache-control", _PINNED), *self._service.shared])

    async def _publish(self, request: Request, token: Token | None) -> ASGIApp:
        assert token is not None
        return await self._publishing.publish(request, token)

    async def _rejected(self, request: Request, token: Token | None) -> ASGIApp:
        limit = number(parameters(request, ("limit",)), "limit", PAGE_DEFAULT, PAGE_MAX)
        kept = await self._service.ledger.rejected()
        return Answer(rejected_bytes(kept[-limit:]), headers=[(b"cache-control", b"no-store")])

    async def _stream(self, kind: str, request: Request, token: Token | None) -> ASGIApp:
        return await self._service.streams.stream(request, kind)

    # -- operating ---------------------------------------------------------------------------------

    async def _openapi(self, request: Request, token: Token | None) -> ASGIApp:
        parameters(request, ())
        return Answer(served(), headers=[(b"cache-control", b"max-age=3600"), (b"access-control-allow-origin", b"*")])

    async def _live(self, request: Request, token: Token | None) -> ASGIApp:
        return Answer(b'{"live":true}', headers=[(b"cache-control", b"no-store")])

    async def _ready(self, request: Request, token: Token | None) -> ASGIApp:
        told = readiness(self._service.replica)
        status = 200 if told.ready else 503
        return Answer(told.model_dump_json().encode(), status=status, headers=[(b"cache-control", b"no-store")])

    async def _metrics(self, request: Request, token: Token | None) -> ASGIApp:
        return Answer(self._service.metrics.text(), CONTENT_TYPE_LATEST, headers=[(b"cache-control", b"no-store")])


def _name(question: Question) -> str:
    return "exchanges" if question.view is None else question.view.name
