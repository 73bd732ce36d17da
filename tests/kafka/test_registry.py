"""`ledger topics register` on a real schema registry."""

import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import orjson
import pytest

from schemas.contracts.topic_schemas import topic_schemas
from tests.cli.run import Ran, inside
from tests.kafka.schema_registry import ask
from tests.schemas.samples import EXAMPLES, JsonSchema

SUFFIXES = ("events", "tallies", "rounds")


@pytest.fixture
def prefix() -> str:
    return f"t{uuid.uuid4().hex[:12]}"


def register(here: Path, registry: str, prefix: str, *words: str, **env: str) -> Ran:
    return inside(here, "topics", "register", registry, "--log", f"kafka://127.0.0.1:9/{prefix}", *words, **env)


def put(registry: str, subject: str, schema: object) -> None:
    body = {"schemaType": "JSON", "schema": orjson.dumps(schema).decode()}
    ask("POST", f"{registry}/subjects/{subject}/versions", body)


def test_the_schemas_are_registered_once(registry: str, prefix: str, tmp_path: Path) -> None:
    first, again = (register(tmp_path, registry, prefix, "--json") for _ in range(2))
    assert (first.code, again.code) == (0, 0), first.err
    subjects = [f"{prefix}.{suffix}-value" for suffix in SUFFIXES]
    assert [line["subject"] for line in first.lines] == subjects
    assert [(line["state"], line["version"]) for line in first.lines] == [("registered", 1)] * 3
    assert again.lines == [{**line, "state": "unchanged"} for line in first.lines]
    kept = ask("GET", f"{registry}/subjects/{prefix}.events-value/versions/latest")
    assert (kept["version"], kept["schemaType"]) == (1, "JSON")
    assert orjson.loads(kept["schema"]) == topic_schemas()["events"]


def test_new_types_of_event_are_compatible(registry: str, prefix: str, tmp_path: Path) -> None:
    before = topic_schemas()["events"]  # with two types: of all, the comparison takes 17 s on a busy machine
    del before["oneOf"][2:], before["properties"]["type"]["enum"][2:]
    put(registry, f"{prefix}.events-value", before)
    ran = register(tmp_path, registry, prefix, "--json")
    assert ran.code == 0, ran.err
    assert (ran.lines[0]["state"], ran.lines[0]["version"]) == ("registered", 2)


def test_what_is_not_compatible_is_refused_and_changes_nothing(registry: str, prefix: str, tmp_path: Path) -> None:
    more = topic_schemas()["events"]
    del more["oneOf"][2:], more["properties"]["type"]["enum"][2:]
    more["oneOf"].append({"type": "object", "required": ["paroled"], "properties": {"paroled": {"type": "integer"}}})
    put(registry, f"{prefix}.events-value", more)
    ran = register(tmp_path, registry, prefix)
    assert ran.code == 1
    assert "refused: " in ran.out
    assert "ncompatible" in ran.out
    assert f"left as it was: {prefix}.events-value" in ran.err
    assert ask("GET", f"{registry}/subjects/{prefix}.events-value/versions") == [1]
    assert ask("GET", f"{registry}/subjects/{prefix}.rounds-value/versions") == [1]


def test_where_no_registry_is_says_what_to_name_instead(registry: str, prefix: str, tmp_path: Path) -> None:
    for url, code, said in [
        (registry.removesuffix("/apis/ccompat/v7"), 4, "/apis/ccompat/v7"),
        ("http://127.0.0.1:9", 4, "no schema registry answers"),
        ("127.0.0.1:8081", 2, "https://USER:PASSWORD@HOST:8081"),
    ]:
        ran = register(tmp_path, url, prefix)
        assert (ran.code, said in ran.err) == (code, True), ran.err
    nowhere = inside(tmp_path, "topics", "register", "--log", "kafka://127.0.0.1:9")
    assert (nowhere.code, "LEDGER_REGISTRY" in nowhere.err) == (2, True)


class Door(BaseHTTPRequestHandler):
    """Lets in who knows the password, and then has no schema."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        knows = self.headers["Authorization"] == "Basic ZGVzazpwQHNz"  # desk:p@ss
        self.send_response(422 if knows else 401)
        self.end_headers()
        self.wfile.write(b'{"error_code":42201,"message":"come in"}')

    def log_message(self, format: str, *args: object) -> None:
        """Not on stderr."""


@pytest.fixture
def door() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Door) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_password_goes_along_and_is_never_shown(door: str, prefix: str, tmp_path: Path) -> None:
    outside = register(tmp_path, f"http://desk:wrong@{door}", prefix)
    assert (outside.code, "(401)" in outside.err, "wrong" in outside.err) == (4, True, False)
    here = inside(tmp_path, "topics", "register", "--log", "kafka://h:9", LEDGER_REGISTRY=f"http://desk:p%40ss@{door}")
    assert (here.code, "come in" in here.out, "p%40ss" in here.out + here.err) == (1, True, False)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda file: file.name)
def test_every_example_keeps_to_the_schema_of_its_topic(file: Path) -> None:
    EVENTS.validate(orjson.loads(file.read_bytes()))


EVENTS = JsonSchema(topic_schemas()["events"])
