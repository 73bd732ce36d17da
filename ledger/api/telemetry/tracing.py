"""Traces by OpenTelemetry, where its own environment variables ask for them. Else nothing of it is imported."""

import asyncio
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeAlias

from starlette.requests import Request

from ledger.errors import UsageError
from ledger.software import NAME, VERSION

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.trace import Span

PATH_MAX = 500
CLOSE_S = 2.0
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")

Facts: TypeAlias = Mapping[str, str | int]


class TracedPart:
    """Something that takes time, while it does. Without a span, nobody asked for it to be traced."""

    def __init__(self, span: "Span | None" = None) -> None:
        self._span = span

    def tell(self, facts: Facts) -> None:
        """Add what is known of it."""
        if self._span is not None:
            self._span.set_attributes(facts)

    def fail(self, why: str) -> None:
        """Say that it went wrong on this side."""
        if self._span is not None:
            from opentelemetry.trace import StatusCode

            self._span.set_attribute("error.type", why)
            self._span.set_status(StatusCode.ERROR)


_UNTRACED: AbstractContextManager[TracedPart] = nullcontext(TracedPart())


class Tracing:
    """Where what the server does is told of: nowhere, unless its environment asks for it."""

    is_on = False

    def request(self, request: Request, route: str) -> AbstractContextManager[TracedPart]:
        """A request, as a part of what its client says that it is a part of (`traceparent`)."""
        return _UNTRACED

    def part(self, name: str, facts: Facts) -> AbstractContextManager[TracedPart]:
        """A part of what is going on."""
        return _UNTRACED

    async def close(self) -> None:
        """Send what has not been sent yet."""


def tracing_of(environment: Mapping[str, str] = os.environ) -> Tracing:
    """The traces that the environment asks for. Raises UsageError for what is asked for and cannot be had."""
    return _OpenTelemetry() if _is_asked(environment) else Tracing()


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


# -- with traces -----------------------------------------------------------------------------------


class _OpenTelemetry(Tracing):
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
    def request(self, request: Request, route: str) -> Iterator[TracedPart]:
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
            yield TracedPart(span)

    @contextmanager
    def part(self, name: str, facts: Facts) -> Iterator[TracedPart]:
        with self._tracer.start_as_current_span(name, attributes=facts) as span:
            yield TracedPart(span)

    async def close(self) -> None:
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        """Send the rest, but give up on a receiver that does not answer, which would be tried again for ten seconds."""
        patience = threading.Timer(CLOSE_S, self._exporter.shutdown)
        patience.start()
        self._provider.shutdown()
        patience.cancel()


def _resource() -> "Resource":
    """Who sends: what the environment says, else this software."""
    from opentelemetry.sdk.resources import Resource

    said = Resource.create()
    own = {"service.version": VERSION}
    if str(said.attributes["service.name"]).startswith("unknown_service"):
        own["service.name"] = NAME
    return said.merge(Resource(own))
