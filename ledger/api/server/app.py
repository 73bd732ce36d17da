"""The application: the routes, the page, and what every request goes through."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.api.access.allowances import REQUEST_WORK, client_in
from ledger.api.access.authorization import check_access
from ledger.api.access.hosts import is_named, is_private
from ledger.api.access.tokens import Role
from ledger.api.contract.operation import Operation
from ledger.api.contract.operations import OPERATIONS
from ledger.api.handlers.call import Call
from ledger.api.http.answers import ALLOWED, Answer, takes_zipped
from ledger.api.http.forms import FORMS
from ledger.api.http.problems import INTERNAL, HttpProblem, answer_to, problem_of
from ledger.api.http.query import parameters
from ledger.api.server.page_files import Page
from ledger.api.service.service import Service
from ledger.api.stream.streams import Stream
from ledger.api.telemetry.requests import log_request
from ledger.client import AsyncLedger
from ledger.errors import LedgerError
from ledger.settings import Settings

logger = logging.getLogger(__name__)


class Application:
    """The ledger as an ASGI application. `service` is what the server ends the streams by."""

    def __init__(self, ledger: AsyncLedger, settings: Settings) -> None:
        self.service = service = Service(ledger, settings)
        self.routes = [route for each in OPERATIONS for route in _routes(each, service)]
        self._routed = Starlette(routes=self.routes, lifespan=_following, exception_handlers={HTTPException: _refused})
        self._routed.state.service = service
        self._routed.router.redirect_slashes = False
        self._routed.router.default = Page(service.site)
        self._is_private = is_private(settings)
        is_quiet = settings.serve_log != "all" and not service.tracing.is_on
        self._gives_hot = service.is_open and is_quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_private and scope["type"] == "http" and not is_named(scope):
            told = "ask for it as localhost, or by its address; LEDGER_SERVE_PROXY names a proxy in front of it"
            problem = HttpProblem("misdirected", told)
            self.service.turned_away.note_problem(client_in(Request(scope)), problem)
            await answer_to(problem)(scope, receive, send)
            return
        scope = self.service.site.addresses.within(scope)
        if self._gives_hot and scope["type"] == "http" and scope["method"] == "GET":
            answer = self.service.hot.find(scope)
            if answer is not None:
                await answer(scope, receive, send)
                return
        await self._routed(scope, receive, send)

    def running(self) -> AbstractAsyncContextManager[object]:
        """Follow the log for as long as this is open, for who asks without a server."""
        return self._routed.router.lifespan_context(self._routed)


@asynccontextmanager
async def _following(app: Starlette) -> AsyncIterator[None]:
    service: Service = app.state.service
    work = (service.replica.follow(), service.replica.end.watch(), service.streams.watch())
    tasks = [asyncio.create_task(each) for each in work]
    for task in tasks:
        task.add_done_callback(partial(_ended, service))
    try:
        yield
    finally:
        service.downloads.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await service.tracing.close()


def _ended(service: Service, task: asyncio.Task[None]) -> None:
    """A server that no longer follows its log would give the same figures for ever, and nobody would know."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.critical("the server cannot go on", exc_info=error)
        service.fail(error)


class _Ending(Convertor[str]):
    """The ending of a path by which a view is asked for in another form."""

    regex = "|".join(map(re.escape, FORMS))

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("ending", _Ending())


def _routes(operation: Operation, service: Service) -> list[Route]:
    """One route, or two where the ending cannot be part of the path's last name."""
    endpoint = _Endpoint(operation, service)
    paths = [operation.path]
    if operation.has_forms and not operation.path.endswith("}"):
        paths.append(f"{operation.path}{{ending:ending}}")
    return [Route(path, endpoint, methods=[operation.method]) for path in paths]


class _Endpoint:
    """One operation as an ASGI application: who may, whether it can, what becomes of it."""

    def __init__(self, operation: Operation, service: Service) -> None:
        self._operation = operation
        self._service = service
        methods = {each.method for each in OPERATIONS if each.path == operation.path}
        self.allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
        self._requests = service.metrics.requests_of(operation.id)
        self._durations = service.metrics.durations.labels(operation.id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request = Request(scope, receive)
        with self._service.tracing.request(request, self._operation.path) as span:
            answer = await self._answer(request)
            if isinstance(answer, Answer) and takes_zipped(request.headers.get("accept-encoding", "")):
                answer = await answer.packed()
            status = answer.status if isinstance(answer, Answer) else 200
            span.tell({"http.response.status_code": status})
            if status >= 500:
                span.fail(str(status))
        seconds = time.perf_counter() - started
        self._requests.labels(status).inc()
        if not isinstance(answer, Stream):
            self._durations.observe(seconds)
        if self._is_logged(status):
            log_request(request, self._operation.id, status, seconds)
        await answer(scope, receive, send)

    def preflight(self, request: Request) -> Answer | None:
        """What a browser is told that asks whether another site's page may read this; None where it may not."""
        is_for_all = self._operation.needs is Role.read and self._service.shared
        asked = request.headers.get("access-control-request-method")
        return Answer(b"", status=204, headers=ALLOWED) if is_for_all and asked in ("GET", "HEAD") else None

    def _is_logged(self, status: int) -> bool:
        asked, operation = self._service.settings.serve_log, self._operation
        is_error = status >= 500 and status not in operation.meanings  # "not ready yet" is an answer
        return asked == "all" or is_error or (asked == "writes" and operation.method != "GET")

    async def _answer(self, request: Request) -> ASGIApp:
        operation, service = self._operation, self._service
        try:
            token = check_access(request, operation.needs, service.tokens, service.is_open)
            if operation.patience_s is not None:
                if operation.method == "GET":
                    service.spend(request, REQUEST_WORK)
                await service.wait_ready(operation.patience_s)
            given = {} if operation.query is None else parameters(request, operation.query)
            return await operation.handler(Call(service, request, given, token))
        except LedgerError as error:
            problem = problem_of(error)
            service.turned_away.note_problem(client_in(request), problem)
            if problem.slug == "internal":
                logger.error("%s failed: %s", operation.id, error)
        except Exception:
            logger.exception("%s failed", operation.id)
            problem = HttpProblem("internal", INTERNAL)
        return answer_to(problem, service.shared)


async def _refused(request: Request, error: Exception) -> Any:
    """What Starlette refuses by itself: an address that is none, a method that it does not take."""
    assert isinstance(error, HTTPException)
    endpoint = request.scope.get("endpoint")
    if request.method == "OPTIONS" and isinstance(endpoint, _Endpoint) and (answer := endpoint.preflight(request)):
        return answer
    if error.status_code == 405:
        allowed = {"Allow": endpoint.allowed} if isinstance(endpoint, _Endpoint) else error.headers
        return answer_to(HttpProblem("wrong-method", f"{request.method} is not for this address", allowed))
    return answer_to(HttpProblem("no-such-page", "the routes are in /v1/openapi.json"))
