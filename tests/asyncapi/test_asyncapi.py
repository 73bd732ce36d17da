"""asyncapi.json, as the AsyncAPI project's own parser reads it, and as its examples keep to it."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from schemas import topics
from schemas.contracts.asyncapi import asyncapi
from schemas.contracts.published import event_schema
from schemas.events import EVENT_TYPES
from tests.log.events import released
from tests.schemas.samples import EXAMPLES, TREE, JsonSchema
from tests.signing import signed
from tests.tools import node_modules

HERE = Path(__file__).parent
PATH = TREE / "schemas/contracts/asyncapi.json"
DOCUMENT: dict[str, Any] = json.loads(PATH.read_bytes())
COMPONENTS: dict[str, Any] = DOCUMENT["components"]
EXAMPLE_VIEWS = {name: COMPONENTS["messages"][name]["examples"][0]["payload"] for name in topics.TOPIC_OF_VIEW}
VIEWS = [f"{name}{form}" for name in topics.TOPIC_OF_VIEW for form in ("", "_removed")]
TYPES = [f"{type}.v1" for type in EVENT_TYPES]

Parse: TypeAlias = Callable[[Path], subprocess.CompletedProcess[str]]


def at(document: Any, pointer: str) -> Any:
    """What a reference such as `#/channels/events` leads to. Raises KeyError."""
    for step in pointer.removeprefix("#/").split("/"):
        document = document[step]
    return document


def references(node: Any) -> Iterator[str]:
    """Every reference in `node`."""
    if isinstance(node, dict):
        yield from [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    if isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from references(each)


def schema(pointer: str) -> Any:
    """A validator for the schema at `pointer`, with the whole document to resolve what it refers to."""
    return JsonSchema({"$ref": pointer, "components": COMPONENTS}, format_checker=JsonSchema.FORMAT_CHECKER)


# -- the parser of the AsyncAPI project --------------------------------------------------------


@pytest.fixture(scope="module")
def parse() -> Parse:
    """Let the parser read a file."""
    node_modules(HERE, "asyncapi.json was NOT read by AsyncAPI's parser")
    return lambda path: subprocess.run(
        ["node", HERE / "validate.mjs", path], capture_output=True, text=True, timeout=120, check=False
    )


def test_the_parser_takes_the_document(parse: Parse) -> None:
    result = parse(PATH)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{len(topics.TOPICS)} channels, {len(COMPONENTS['messages'])} messages\n"


@pytest.mark.parametrize(
    ("pointer", "member", "value", "said"),
    [
        ("#/operations/publishEvents/channel", "$ref", "#/channels/nowhere", "'#/channels/nowhere' does not exist"),
        ("#/operations/publishEvents", "action", "shout", "operations.publishEvents.action: "),
        ("#/channels/events", "parameters", {}, "channels.events.parameters: "),
        ("#/channels/events/bindings/kafka", "partitions", "six", "channels.events.bindings.kafka.partitions: "),
        ("#/components/schemas/Moment", "type", "thing", "components.schemas.Moment.type: "),
        ("#/components/schemas/pause_ended.v1", "properties", [], "components.schemas.pause_ended.v1.properties: "),
    ],
)
def test_the_parser_refuses_a_broken_copy(
    parse: Parse, tmp_path: Path, pointer: str, member: str, value: object, said: str
) -> None:
    broken = json.loads(PATH.read_bytes())
    at(broken, pointer)[member] = value
    copy = tmp_path / "asyncapi.json"
    copy.write_text(json.dumps(broken), encoding="utf-8")
    result = parse(copy)
    assert result.returncode == 1
    assert said in result.stderr


def test_the_lock_pins_by_hash_and_names_no_place_to_fetch_from() -> None:
    packages = json.loads((HERE / "package-lock.json").read_bytes())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == [""]
    pins = json.loads((HERE / "package.json").read_bytes())["dependencies"].values()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins)


# -- the document ------------------------------------------------------------------------------


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 100
    for reference in found:
        at(DOCUMENT, reference)


def test_every_type_of_event_is_a_message_of_the_events() -> None:
    assert DOCUMENT["channels"]["events"]["messages"].keys() == {*TYPES, "signed"}


def test_a_signed_event_is_a_message_of_the_events() -> None:
    validator = schema("#/components/messages/signed/payload")
    envelope = json.loads(signed(released(1)))
    assert validator.is_valid(envelope)
    for wrong in ({**envelope, "signatures": []}, {**envelope, "payloadType": "text/plain"}, {**envelope, "note": "x"}):
        assert not validator.is_valid(wrong)


@pytest.mark.parametrize("name", TYPES)
def test_an_event_is_published_with_its_golden_examples(name: str) -> None:
    message = COMPONENTS["messages"][name]
    golden = [json.loads((EXAMPLES / f"{name}{suffix}.json").read_bytes()) for suffix in ("", ".minimal")]
    assert [example["payload"] for example in message["examples"]] == golden
    for example in message["examples"]:
        schema(f"#/components/messages/{name}/payload").validate(example["payload"])
        schema(f"#/components/messages/{name}/headers").validate(example["headers"])
        schema("#/components/messageTraits/events/headers").validate(example["headers"])


@pytest.mark.parametrize("name", TYPES)
def test_the_schema_of_an_event_refuses_another_type_and_an_event_without_source(name: str) -> None:
    payload = COMPONENTS["messages"][name]["examples"][0]["payload"]
    validator = schema(f"#/components/messages/{name}/payload")
    assert not validator.is_valid({**payload, "type": "ransom_paid"})
    assert not validator.is_valid({**payload, "source": {}})


def test_no_header_is_asked_of_a_strangers_event_and_all_of_what_the_ledger_writes() -> None:
    required = {suffix: trait["headers"].get("required") for suffix, trait in COMPONENTS["messageTraits"].items()}
    why = ["__streams.errors.exception", "__streams.errors.message", "__streams.errors.stacktrace"]
    refused, cloud = ["ledger_origin", "ledger_stage", "ledger_reason", *why], ["specversion", "id", "type", "source"]
    view = [*(f"ce_{name}" for name in (*cloud, "dataschema")), "content-type", "ledger_position"]
    views = {"tallies": view, "rounds": view}
    assert required == {"events": None, "rejected": refused, **views, "checkpoints": None, "progress": None}


@pytest.mark.parametrize("name", ["signed", "rejected", "acknowledgment", *VIEWS, "handled"])
def test_what_the_ledger_writes_is_published_with_an_example(name: str) -> None:
    message = COMPONENTS["messages"][name]
    for example in message["examples"]:
        schema(f"#/components/messages/{name}/payload").validate(example["payload"])
        headers = [f"{trait['$ref']}/headers" for trait in message.get("traits", [])]
        for pointer in (*headers, *([f"#/components/messages/{name}/headers"] if "headers" in message else [])):
            schema(pointer).validate(example.get("headers", {}))


def test_the_key_of_a_round_names_its_exchange_and_its_number() -> None:
    validator = schema("#/components/messageTraits/rounds/bindings/kafka/key")
    assert validator.is_valid(topics.round_key("IL-HAMAS-2023-11", 10_000))
    for wrong in ("IL-HAMAS-2023-11", "IL-HAMAS-2023-11/0", "IL-HAMAS-2023-11/5/1", "il-hamas-2023-11/5"):
        assert not validator.is_valid(wrong)


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: topic.suffix)
def test_a_channel_has_the_settings_that_the_broker_is_given(topic: topics.Topic) -> None:
    channel = DOCUMENT["channels"][topic.suffix]
    kafka = channel["bindings"]["kafka"]
    assert channel["address"].replace("{prefix}", COMPONENTS["parameters"]["prefix"]["default"]) == topic.name()
    assert (kafka["partitions"], kafka["replicas"]) == (topic.partitions, 3)
    settings = {**kafka["topicConfiguration"], "cleanup.policy": kafka["topicConfiguration"]["cleanup.policy"][0]}
    assert {name: str(value) for name, value in settings.items()} == topic.settings(replication=3)


def test_an_older_version_keeps_the_values_that_it_was_released_with() -> None:
    current, older = event_schema(EVENT_TYPES["pause_extended"]), event_schema(EVENT_TYPES["pause_ended"])
    older["$defs"]["Moment"]["properties"]["zone"] = {"type": "string"}
    examples = {path.name: path.read_bytes() for path in EXAMPLES.glob("pause_*.json")}
    document = asyncapi({"pause_extended.v1": current, "pause_ended.v1": older}, "0.2.0", examples, EXAMPLE_VIEWS)
    schemas = document["components"]["schemas"]
    assert "zone" not in schemas["Moment"]["properties"]
    assert "zone" in schemas["pause_ended.v1.Moment"]["properties"]
    assert "#/components/schemas/pause_ended.v1.Moment" in set(references(schemas["pause_ended.v1"]))
    assert "#/components/schemas/Moment" in set(references(schemas["pause_extended.v1"]))
    for reference in references(document):
        at(document, reference)
