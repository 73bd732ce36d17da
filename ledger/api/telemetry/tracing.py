"""Traces by OpenTelemetry, where its own environment variables ask for them. Else nothing of it is imported."""

import asyncio
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from starlette.requests import Request

from ledger.api.software import SOFTWARE, VERSION
from ledger.errors import UsageError

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource

PATH_MAX = 500
CLOSE_S = 2.0
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")

Facts: TypeAlias = Mapping[str, str | int]


class TracedSpan(Protocol):
    """Something that takes time, while it does."""

    def tell(self, facts: Facts) -> None:
        """Add what is known of it."""
        ...

    def fail(self, why: str) -> None:
        """Say that it went wrong on this side."""
        ...


class Tracing(Protocol):
    """Where what the server does is told of."""

    is_on: bool

    def request(self, request: Request, route: str) -> AbstractContextManager[TracedSpan]:
        """A request, as a part of what its client says that it is a part of (`traceparent`)."""
        ...

    def part(self, name: str, facts: Facts) -> AbstractContextManager[TracedSpan]:
        """A part of what is going on."""
        ...

    async def close(self) -> None:
        """Send what has not been sent yet."""
        ...


def tracing_of(environment: Mapping[str, str] = os.environ) -> Tracing:
    """The traces that the environment asks for. Raises UsageError for what is asked for and cannot be had."""
    return _Traced() if _is_asked(environment) else Untraced()


def _is_asked(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if exporter not in ("", "otlp", "none"):
        raise UsageError(f"OTEL_TRACES_EXPORTER {exporter!r}: traces go out by otlp, or not at all (none)")
    if exporter == "none" or not (exporter or any(environment.get(name) for name in _ENDPOINTS)):
        return False
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), "http/protobuf")
    if protocol != "http/protobuf":
        raise UsageError(f"OTEL_EXPORTER_OTLP_PROTOCOL {protocol!r}: traces go out by http/protobuf")
    return True


# -- without traces --------------------------------------------------------------------------------


class Untraced:
    """Nobody asked for traces."""

    is_on = False

    def tell(self, facts: Facts) -> None:
        pass

    def fail(self, why: str) -> None:
        pass

    def request(self, request: Request, route: str) -> AbstractContextManager[TracedSpan]:
        return _NOTHING

    def part(self, name: str, facts: Facts) -> AbstractContextManager[TracedSpan]:
        return _NOTHING

    async def close(self) -> None:
        pass


_NOTHING: AbstractContextManager[TracedSpan] = nullcontext(Untraced())


# -- with traces -----------------------------------------------------------------------------------


class _Traced:
    """Spans that are sent in batches by a thread of the exporter's own. Its settings are OpenTelemetry's variables."""

    is_on = True

    def __init__(self) -> None:
        try:
            from opentelemetry import propagate, trace
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            wanted = "pip install 'exchange-ledger[telemetry]', or set OTEL_SDK_DISABLED=true"
            raise UsageError(f"OTEL_ variables ask for traces, which take OpenTelemetry: {wanted}") from error
        self._api, self._extract = trace, propagate.extract
        self._provider = TracerProvider(resource=_resource())
        self._exporter = OTLPSpanExporter()
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("ledger.api")

    @contextmanager
    def request(self, request: Request, route: str) -> Iterator[TracedSpan]:
        facts: Facts = {
            "http.request.method": request.method,
            "http.route": route,
            "url.path": request.url.path[:PATH_MAX],
            "url.scheme": request.url.scheme,
            "client.address": request.client.host if request.client else "",
        }
        kind, within = self._api.SpanKind.SERVER, self._extract(request.headers)
        named = f"{request.method} {route}"
        with self._tracer.start_as_current_span(named, within, kind, facts) as span:
            yield _Span(span, self._api)

    @contextmanager
    def part(self, name: str, facts: Facts) -> Iterator[TracedSpan]:
        with self._tracer.start_as_current_span(name, attributes=facts) as span:
            yield _Span(span, self._api)

    async def close(self) -> None:
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        """Send the rest, but give up on a receiver that does not answer, which would be tried again for ten seconds."""
        patience = threading.Timer(CLOSE_S, self._exporter.shutdown)
        patience.start()
        self._provider.shutdown()
        patience.cancel()


class _Span:
    def __init__(self, span: Any, api: Any) -> None:
        self._span, self._api = span, api

    def tell(self, facts: Facts) -> None:
        self._span.set_attributes(facts)

    def fail(self, why: str) -> None:
        self._span.set_attribute("error.type", why)
        self._span.set_status(self._api.Status(self._api.StatusCode.ERROR))


def _resource() -> "Resource":
    """Who sends: what the environment says, else this software."""
    from opentelemetry.sdk.resources import Resource

    said = Resource.create()
    name = SOFTWARE.partition(" ")[0]
    own = {"service.version": VERSION}
    if str(said.attributes["service.name"]).startswith("unknown_service"):
        own["service.name"] = name
    return said.merge(Resource(own))
