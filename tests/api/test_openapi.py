"""The description of the API is what the code gives, and the server is what it describes."""

from collections.abc import Iterator
from typing import Any, cast

import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, SerializationContext
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from starlette.types import ASGIApp

from ledger.api.__main__ import TREE, generated
from ledger.api.contract.description import FILE, served
from ledger.api.contract.operation import check
from ledger.api.contract.operations import OPERATIONS
from ledger.api.handlers.call import Call
from ledger.api.server.app import Application
from ledger.api.service.health import Live
from ledger.api.stream.frames import NDJSON
from ledger.client import AsyncLedger
from ledger.settings import Settings
from tests.api.serving import HOST, Served, make_token, serving

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
]
EXAMPLES = 10
PHASES = (Phase.explicit, Phase.generate)
INVENTORY = """\
GET /v1/exchanges read
GET /v1/exchanges/{exchange} read
GET /v1/exchanges/{exchange}/rounds/{round} read
GET /v1/exchanges/{exchange}/rounds read
GET /v1/exchanges/{exchange}/terms read
GET /v1/exchanges/{exchange}/positions read
GET /v1/exchanges/{exchange}/pauses read
GET /v1/exchanges/{exchange}/stated read
GET /v1/exchanges/{exchange}/doubles read
GET /v1/exchanges/{exchange}/claims read
GET /v1/exchanges/{exchange}/explain read
GET /v1/exchanges/{exchange}/explain/{figure} read
GET /v1/exchanges/{exchange}/proof read
GET /v1/exchanges/{exchange}/proof/{figure} read
GET /v1/exchanges/{exchange}/data.csv read
GET /v1/exchanges/{exchange}/data.excel.csv read
GET /v1/exchanges/{exchange}/data.parquet read
GET /v1/exchanges/{exchange}/data.zip read
GET /v1/data.csv read
GET /v1/data.excel.csv read
GET /v1/data.parquet read
GET /v1/data.zip read
GET /v1/exchanges/{exchange}/charts read
GET /v1/exchanges/{exchange}/charts/{chart}.svg read
GET /v1/exchanges/{exchange}/charts/{chart}.png read
GET /v1/exchanges/{exchange}/preview.png read
GET /embed/exchanges/{exchange}/{chart} read
GET /oembed read
GET /v1/events read
GET /v1/search read
GET /v1/events/{event} read
GET /v1/changes read
GET /v1/changes.atom read
GET /v1/changes/{event} read
POST /v1/events publish
DELETE /v1/events/{event} admin
GET /v1/rejected audit
POST /v1/tables publish
GET /v1/me publish
GET /v1/schemas nobody
GET /v1/schemas/{type} nobody
GET /v1/words/{kind} nobody
GET /v1/stream/events read
GET /v1/stream/tallies read
GET /v1/stream/rounds read
GET /v1/openapi.json nobody
GET /health/live nobody
GET /health/ready nobody
GET /metrics read
GET / nobody
GET /exchanges/{exchange} nobody
GET /exchanges/{exchange}/figures/{figure} nobody
GET /exchanges/{exchange}/rounds/{round} nobody
GET /exchanges/{exchange}/claims/{event} nobody
GET /exchanges/{exchange}/charts/{chart} nobody
GET /changes nobody
GET /changes/{event} nobody
"""
"""Every route and the role that it needs. Whoever adds one adds it here, and thinks about who may."""


def test_the_description_in_the_tree_is_what_the_code_gives() -> None:
    assert generated() == (TREE / "ledger/api/contract" / FILE).read_text("utf-8"), "run `make contracts`"


def test_every_answer_has_an_example_but_those_whose_row_says_that_they_have_none() -> None:
    document = orjson.loads(served())
    without = {each.id for each in OPERATIONS if not each.has_example}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for status in {"200", "201"} & operation["responses"].keys():
                content = operation["responses"][status]["content"]
                if operation["operationId"] not in without:
                    assert any("example" in each for each in content.values()), path


def test_an_answer_of_publishing_is_a_receipt_or_a_dry_run_by_its_status() -> None:
    answers = orjson.loads(served())["paths"]["/v1/events"]["post"]["responses"]
    found = {status: answers[status]["content"]["application/json"] for status in ("200", "201", "207")}
    receipts, dry_run = ({"$ref": f"#/components/schemas/{name}"} for name in ("Receipts", "DryRun"))
    schemas = {status: each["schema"] for status, each in found.items()}
    assert schemas == {"200": dry_run, "201": receipts, "207": {"anyOf": [receipts, dry_run]}}
    assert found["200"]["example"]["moved"]
    assert "position" not in found["200"]["example"]["results"][0]


async def test_what_is_served_is_the_inventory_and_nothing_else(url: str) -> None:
    said = [f"{each.method} {each.path} {each.needs.value if each.needs else 'nobody'}" for each in OPERATIONS]
    assert said == INVENTORY.splitlines()
    async with AsyncLedger.open(url) as ledger:
        app = Application(ledger, Settings(log=url))
    found = {(next(iter((route.methods or set()) - {"HEAD"})), route.path) for route in app.routes}
    ours = {(each.method, each.path) for each in OPERATIONS}
    endings = {("GET", f"{each.path}{{ending:ending}}") for each in OPERATIONS if each.has_forms}
    assert ours <= found <= ours | endings


async def unsaid(call: Call) -> ASGIApp:
    raise NotImplementedError


LIVE = next(each for each in OPERATIONS if each.id == "live")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "live is the operation of 2 rows"),
        ({"id": "alive"}, "GET /health/live is the operation of 2 rows"),
        ({"id": "alive", "path": "/alive/{who}"}, "alive: nothing describes who"),
        ({"id": "alive", "path": "/alive", "query": ("since", "who")}, "alive: nothing describes who"),
        ({"id": "alive", "path": "/alive", "failures": (418,)}, "alive: nothing describes 418"),
        ({"id": "alive", "path": "/alive", "bodies": {202: (Live,)}}, "alive: nothing describes 202"),
        ({"id": "alive", "path": "/alive", "handler": unsaid}, "alive: its handler does not say what it is for"),
    ],
)
def test_a_row_that_lacks_something_ends_the_program(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(LookupError, match=told):
        check([*OPERATIONS, LIVE._replace(**changed)])


def test_an_address_names_all_its_methods_to_who_comes_with_another(demo: Served) -> None:
    for path, allowed in (("/v1/events", "GET, HEAD, POST"), ("/v1/events/x", "DELETE, GET, HEAD"), ("/", "GET, HEAD")):
        got = demo.ask("PUT", path)
        assert (got.status, got.headers["allow"]) == (405, allowed)


# -- the server does what it describes -----------------------------------------------------------------


@schemathesis.serializer(NDJSON, "text/event-stream")
def as_text(context: SerializationContext, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the examples' events, whose streams end soon."""
    url = f"sqlite:///{tmp_path_factory.mktemp('described')}/ledger.db"
    token = make_token(url, "publish")
    with serving(url, age=0.02, streams_each=1000) as server:
        assert server.publish((TREE / "examples/events.ndjson").read_bytes(), token).status == 201
        yield server


@pytest.fixture(scope="module")
def admin(described: Served) -> str:
    return make_token(described.url, "admin")


SCHEMA = schemathesis.openapi.from_dict(orjson.loads(served()))
DESCRIBED = {each.label: each for each in (cast("Any", result).ok() for result in SCHEMA.get_all_operations())}


@pytest.mark.parametrize("label", DESCRIBED)
def test_no_answer_is_a_server_error_or_undescribed(label: str, described: Served, admin: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(case=DESCRIBED[label].as_strategy())
    def ask(case: "Case[Any]") -> None:
        headers = {"Authorization": f"Bearer {admin}"}
        base = f"http://{HOST}:{described.port}"
        case.call_and_validate(base_url=base, checks=CHECKS, headers=headers, timeout=20)

    ask()
