"""Traces: OpenTelemetry's own variables ask for them, a real receiver gets them, and who does not ask pays nothing."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from ledger.api.telemetry.tracing import tracing_of
from ledger.errors import UsageError
from schemas.codec import encode
from tests.api.serving import HOST, Process, make_token
from tests.cli.run import environment
from tests.log.events import EXCHANGE, released

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Receiver(ThreadingHTTPServer):
    """A collector of traces, as far as OTLP over HTTP goes."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), Taking)
        self.requests: list[ExportTraceServiceRequest] = []

    @property
    def spans(self) -> list[Span]:
        scopes = [scope for each in self.requests for told in each.resource_spans for scope in told.scope_spans]
        return [span for scope in scopes for span in scope.spans]

    def wait(self, *names: str) -> dict[str, Span]:
        """The spans of these names, once all have come."""
        ends = time.monotonic() + 20
        while time.monotonic() < ends:
            found = {span.name: span for span in self.spans}
            if found.keys() >= set(names):
                return found
            time.sleep(0.05)
        raise AssertionError([span.name for span in self.spans])


class Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert self.path == "/v1/traces"
        assert self.headers["content-type"] == "application/x-protobuf"
        self.server.requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        running = threading.Thread(target=server.serve_forever)
        running.start()
        yield server
        server.shutdown()
        running.join()


@contextmanager
def traced(url: str, receiver: Receiver, **env: str) -> Iterator[Process]:
    endpoint = f"http://{HOST}:{receiver.server_port}"
    asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50", **env}
    server = Process(url, {}, **asked).start()
    try:
        yield server
    finally:
        server.kill()


def facts(span: Span) -> dict[str, str | int]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def test_reads_cuts_and_publishing_are_traced_to_a_real_receiver(url: str, receiver: Receiver) -> None:
    token = make_token(url, "publish")
    with traced(url, receiver) as server:
        assert server.publish(encode(released(1)) + b"\nnonsense\n", token).status == 207
        got = server.get(
            f"/v1/exchanges/{EXCHANGE}?occurred_by=2030-01-01&position=0:0", traceparent=f"00-{TRACE}-{PARENT}-01"
        )
        assert got.status == 200
        assert server.get("/v1/exchanges/NOWHERE").status == 404
        tally = "GET /v1/exchanges/{exchange}"
        found = receiver.wait("POST /v1/events", "publish", tally, "fold")
    asked = next(span for span in receiver.spans if span.name == tally and span.trace_id.hex() == TRACE)
    assert asked.parent_span_id.hex() == PARENT
    assert asked.kind == Span.SPAN_KIND_SERVER
    assert asked.end_time_unix_nano > asked.start_time_unix_nano
    assert facts(asked) == {
        "http.request.method": "GET",
        "http.route": "/v1/exchanges/{exchange}",
        "http.response.status_code": 200,
        "url.path": f"/v1/exchanges/{EXCHANGE}",
        "url.scheme": "http",
        "client.address": HOST,
    }
    fold, publish, post = found["fold"], found["publish"], found["POST /v1/events"]
    assert (fold.trace_id, fold.parent_span_id) == (asked.trace_id, asked.span_id)
    assert facts(fold) == {"ledger.events": 1}
    assert (publish.trace_id, publish.parent_span_id) == (post.trace_id, post.span_id)
    assert facts(publish) == {"ledger.lines": 2, "ledger.status": 207}
    resource = receiver.requests[0].resource_spans[0].resource
    assert {each.key: each.value.string_value for each in resource.attributes}["service.name"] == "exchange-ledger"
    assert token not in str(receiver.spans)


def test_an_answer_that_is_ready_is_traced_as_well_and_a_failure_is_marked(url: str, receiver: Receiver) -> None:
    with traced(url, receiver, OTEL_SERVICE_NAME="desk") as server:
        make_token(url, "audit")
        for _ in range(3):
            server.get("/v1/exchanges")
        broken = f"{url.removeprefix('sqlite:///')}.tokens.json"
        with open(broken, "w") as file:
            file.write("{")
        assert server.get("/v1/rejected", Authorization="Bearer lgr_000000000000_" + "A" * 43).status == 500
        failed = receiver.wait("GET /v1/rejected")["GET /v1/rejected"]
    assert failed.status.code == Status.STATUS_CODE_ERROR
    assert facts(failed)["error.type"] == "500"
    assert sum(span.name == "GET /v1/exchanges" for span in receiver.spans) == 3
    resource = receiver.requests[0].resource_spans[0].resource
    assert {each.key: each.value.string_value for each in resource.attributes}["service.name"] == "desk"


def test_what_is_not_sent_yet_is_sent_at_the_end(url: str, receiver: Receiver) -> None:
    with traced(url, receiver, OTEL_BSP_SCHEDULE_DELAY="60000") as server:
        server.get("/v1/exchanges")
        server.stop()
        assert "GET /v1/exchanges" in [span.name for span in receiver.spans]


def test_a_receiver_that_is_not_there_costs_no_answer_and_no_orderly_end(url: str) -> None:
    server = Process(url, {}, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{HOST}:1", OTEL_BSP_SCHEDULE_DELAY="50").start()
    try:
        assert server.get("/v1/exchanges").status == 200
        began = time.monotonic()
        logged = server.stop()
        assert time.monotonic() - began < 6
        assert server.process.returncode == 0
        assert all(line.startswith(("{", "serving")) for line in logged.splitlines()), logged
    finally:
        server.kill()


ASKED = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("said", "is_on"),
    [
        ({}, False),
        (ASKED, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({**ASKED, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({**ASKED, "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
async def test_the_variables_of_opentelemetry_ask_for_traces(said: dict[str, str], is_on: bool) -> None:
    tracing = tracing_of(said)
    assert tracing.is_on == is_on
    await tracing.close()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "zipkin"),
        ({**ASKED, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "http/protobuf"),
    ],
)
def test_what_cannot_be_had_is_told(said: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        tracing_of(said)


def test_without_the_extra_it_says_what_to_install(url: str) -> None:
    script = "import sys; sys.modules['opentelemetry'] = None; sys.argv = ['ledger', 'serve', '--log', sys.argv[1]]"
    ran = subprocess.run(
        [sys.executable, "-c", f"{script}; from ledger.cli import main; main()", url],
        capture_output=True,
        text=True,
        env=environment(**ASKED),
        timeout=30,
        check=False,
    )
    assert ran.returncode == 2
    assert "exchange-ledger[telemetry]" in ran.stderr


def test_who_does_not_ask_imports_nothing_of_it(url: str) -> None:
    script = """
import asyncio, sys
from ledger.api.server.app import Application
from ledger.client import AsyncLedger
from ledger.settings import Settings
async def main():
    async with AsyncLedger.open(sys.argv[1]) as ledger:
        Application(ledger, Settings(log=sys.argv[1]))
asyncio.run(main())
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    ran = subprocess.run(
        [sys.executable, "-c", script, url], capture_output=True, text=True, env=environment(), check=True
    )
    assert ran.stdout.strip() == "[]"
