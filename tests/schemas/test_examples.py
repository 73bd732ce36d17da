"""Golden examples: bytes that must decode for ever, one full and one minimal for each type and version."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import orjson
import pytest
from pydantic import BaseModel

from schemas.codec import UnknownEvent, decode, encode, skim
from schemas.contracts.meanings import meaning
from schemas.contracts.published import baselines, event_schemas, parts
from schemas.envelope import Envelope
from schemas.events import EVENT_TYPES
from schemas.kinds import KINDS
from tests.schemas.samples import EXAMPLES, TREE, JsonSchema, differences, example

SUFFIXES = ("", ".minimal")
EXCLUDING = {"tally_stated"}
"""The types of which one field excludes another (`opening` a `party`), so that no one example can have them all."""
SCHEMAS = event_schemas()
FILES = sorted(path.name for path in EXAMPLES.iterdir())
RELEASED = sorted(Path(__file__).parent.joinpath("released").iterdir())
"""The golden examples as each release had them, one a line. No line of these files ever changes."""


def lacking(type: str, model: type[BaseModel], tree: Path = TREE) -> list[str]:
    """What a type of event still needs before it is one of the vocabulary."""
    name = f"{type}.v{model.model_fields['version'].default}"
    needed: Mapping[str, bool] = {
        **{f"the example schemas/examples/{name}{s}.json": has_file(tree, name + s) for s in SUFFIXES},
        "a section of docs/events.md": f"### `{type}`\n" in (tree / "docs/events.md").read_text(encoding="utf-8"),
        "a row in schemas.kinds": type in KINDS,
        "its contract": (tree / f"schemas/contracts/events/{name}.json").exists(),
    }
    return [need for need, there in needed.items() if not there] + untold(model)


def has_file(tree: Path, name: str) -> bool:
    return (tree / f"schemas/examples/{name}.json").exists()


def untold(model: type[BaseModel]) -> list[str]:
    missing = []
    for field in model.model_fields:
        try:
            meaning(model, field)
        except LookupError as error:
            missing.append(str(error))
    return missing


class HostagesCounted(Envelope):
    """A type that nobody finished."""

    type: Literal["hostages_counted"] = "hostages_counted"
    version: Literal[1] = 1
    counted_by: str


@pytest.mark.parametrize("type", EVENT_TYPES)
def test_every_type_has_all_that_belongs_to_it(type: str) -> None:
    assert lacking(type, EVENT_TYPES[type]) == []


def test_a_type_that_is_not_finished_is_found() -> None:
    assert lacking("hostages_counted", HostagesCounted) == [
        "the example schemas/examples/hostages_counted.v1.json",
        "the example schemas/examples/hostages_counted.v1.minimal.json",
        "a section of docs/events.md",
        "a row in schemas.kinds",
        "its contract",
        "say in schemas/contracts/meanings.py what HostagesCounted.counted_by means",
    ]


@pytest.mark.parametrize("file", FILES)
def test_an_example_decodes_to_an_event_and_back_to_its_bytes(file: str) -> None:
    raw = (EXAMPLES / file).read_bytes()
    assert raw.count(b"\n") == 1
    assert raw.endswith(b"\n")
    event = decode(raw)
    assert not isinstance(event, UnknownEvent)
    assert file.startswith(f"{event.type}.v")
    if file.split(".")[1] == f"v{event.version}":
        assert encode(event) + b"\n" == raw
    assert list(differences(event, skim(raw))) == []


def test_every_release_has_its_examples() -> None:
    missing = baselines().keys() ^ {path.stem for path in RELEASED}
    assert not missing, "with a release: cat schemas/examples/*.json > tests/schemas/released/VERSION.ndjson"


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_the_examples_of_every_release_are_read_as_they_were_written(path: Path) -> None:
    """A field that was added since is at its default, which an encoder leaves out: so the bytes stay the same."""
    lines = path.read_bytes().splitlines()
    assert len(set(lines)) == len(lines) > 60
    for line in lines:
        event = decode(line)
        assert not isinstance(event, UnknownEvent)
        assert list(differences(event, skim(line))) == []
        if orjson.loads(line)["version"] == event.version:
            assert encode(event) == line


@pytest.mark.parametrize("type", EVENT_TYPES)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_example_is_valid_under_its_schema(type: str, suffix: str) -> None:
    JsonSchema(SCHEMAS[f"{type}.v1"]).validate(orjson.loads(example(type, suffix)))


@pytest.mark.parametrize("type", EVENT_TYPES)
def test_the_full_examples_have_every_field_and_the_minimal_one_no_more_than_it_must(type: str) -> None:
    schema = SCHEMAS[f"{type}.v1"]
    full = [file for file in FILES if file.startswith(f"{type}.v1.") and not file.endswith(".minimal.json")]
    fields = {field for file in full for field in orjson.loads((EXAMPLES / file).read_bytes())}
    assert fields == schema["properties"].keys()
    assert len(full) == (2 if type in EXCLUDING else 1)
    assert orjson.loads(example(type, ".minimal")).keys() == set(schema["required"])


def test_the_examples_use_every_field_of_every_value() -> None:
    seen: dict[str, set[str]] = {}
    for file in FILES:
        _collect(decode((EXAMPLES / file).read_bytes()), seen)
    for model in EVENT_TYPES.values():
        for part in parts(model):
            assert seen[part.__name__] == part.model_fields.keys() - {"type", "version"}, part.__name__


def _collect(value: object, seen: dict[str, set[str]]) -> None:
    """The fields that are set to something else than their default, by model."""
    if isinstance(value, BaseModel):
        told = {name for name in type(value).model_fields if name not in ("type", "version")}
        given = {name for name in told if getattr(value, name) != type(value).model_fields[name].default}
        seen.setdefault(type(value).__name__, set()).update(given)
        for name in told:
            _collect(getattr(value, name), seen)
    elif isinstance(value, tuple):
        for item in value:
            _collect(item, seen)
