import re
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import encode
from schemas.contracts.__main__ import API, ReleaseExists, generated, main, release
from schemas.contracts.published import (
    VIEWS,
    IncompatibleContracts,
    baselines,
    checked_schemas,
    event_schemas,
    readable,
    view_schema,
)
from schemas.events import EVENT_TYPES, AnyEvent
from tests.schemas.samples import TREE, JsonSchema
from tests.strategies import events

FILES = generated()
SCHEMAS = event_schemas()
VALIDATORS = {name: JsonSchema(schema) for name, schema in SCHEMAS.items()}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the generator reads."""
    for folder in ("schemas/contracts/released", "schemas/examples"):
        shutil.copytree(TREE / folder, tmp_path / folder)
    (tmp_path / API).parent.mkdir(parents=True)
    shutil.copy(TREE / API, tmp_path / API)
    return tmp_path


def rewritten(tree: Path, change: Any) -> None:
    """Let a release have promised something else than it did."""
    path = tree / "schemas/contracts/released/0.1.0.json"
    bundle = orjson.loads(path.read_bytes())
    change(bundle["events"])
    path.write_bytes(orjson.dumps(bundle))


# -- what is generated -------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TREE)))
def test_generated_files_are_what_the_models_say_now(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == FILES[path], "run `make contracts`"


def test_no_other_files_lie_among_the_generated_ones() -> None:
    folders = [TREE / "schemas/contracts" / name for name in ("events", "views")]
    assert {path for folder in folders for path in folder.iterdir()} <= FILES.keys()


def test_generating_twice_gives_the_same() -> None:
    assert generated() == FILES


@pytest.mark.parametrize("name", [*SCHEMAS, *VIEWS])
def test_each_contract_is_a_json_schema_with_an_identity(name: str) -> None:
    schema = SCHEMAS.get(name) or view_schema(name)
    JsonSchema.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert re.fullmatch(r"urn:exchange-ledger:(event:[a-z_]+:v\d+|view:[a-z_]+)", schema["$id"])
    assert schema["description"]
    assert "unfolded" not in str(schema)


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_event_schema_fixes_its_type_and_version(name: str) -> None:
    schema = SCHEMAS[name]
    type, _, version = name.rpartition(".v")
    assert schema["required"][:3] == ["type", "version", "id"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["type"]["const"] == type
    assert schema["properties"]["version"]["const"] == int(version)
    assert all("title" not in member and member["description"] for member in schema["properties"].values())


@given(events())
def test_every_encoded_event_is_valid_under_its_schema(event: AnyEvent) -> None:
    VALIDATORS[f"{event.type}.v{event.version}"].validate(orjson.loads(encode(event)))


@given(events(), st.sampled_from(["id", "type", "version", "exchange", "occurred", "source"]))
def test_a_schema_refuses_an_event_without_its_envelope(event: AnyEvent, field: str) -> None:
    document = orjson.loads(encode(event))
    del document[field]
    assert not VALIDATORS[f"{event.type}.v{event.version}"].is_valid(document)


# -- releases ----------------------------------------------------------------------------------


def test_the_models_are_compatible_with_every_release() -> None:
    assert "0.1.0" in baselines()
    assert checked_schemas().keys() == SCHEMAS.keys()


def test_a_released_bundle_is_never_rewritten(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tree / "schemas/contracts/released/0.1.0.json"
    before = path.read_bytes()
    with pytest.raises(ReleaseExists, match="never rewritten"):
        release("0.1.0", tree)
    assert main(["--tree", str(tree), "--release", "0.1.0"]) == 1
    assert path.read_bytes() == before
    assert "release another version" in capsys.readouterr().err


def test_a_new_release_is_written_beside_the_old_ones(tree: Path) -> None:
    assert main(["--tree", str(tree), "--release", "0.10.0"]) == 0
    assert main(["--tree", str(tree), "--release", "0.9.0"]) == 0
    found = baselines(tree / "schemas/contracts")
    assert list(found) == ["0.1.0", "0.9.0", "0.10.0"]
    assert found["0.10.0"] == SCHEMAS


def test_the_generator_writes_the_whole_tree(tree: Path) -> None:
    assert main(["--tree", str(tree)]) == 0
    for path, text in FILES.items():
        assert (tree / path.relative_to(TREE)).read_text(encoding="utf-8") == text


def test_the_generator_refuses_what_breaks_a_release(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewritten(tree, lambda events: events["pause_ended.v1"]["properties"]["status"]["enum"].append("rumoured"))
    with pytest.raises(IncompatibleContracts) as caught:
        generated(tree)
    assert caught.value.findings == ["pause_ended.v1 (released in 0.1.0): status: no longer accepts 'rumoured'"]
    assert main(["--tree", str(tree), "--release", "0.2.0"]) == 1
    assert "add an upcaster" in capsys.readouterr().err
    assert not (tree / "docs").exists()
    assert list(baselines(tree / "schemas/contracts")) == ["0.1.0"]


def test_the_generator_refuses_to_lose_a_type(tree: Path) -> None:
    rewritten(tree, lambda events: events.update({"ransom_paid.v1": {"type": "object"}}))
    with pytest.raises(IncompatibleContracts, match=r"ransom_paid\.v1 .*is gone"):
        generated(tree)


def test_an_older_version_stays_published_while_an_upcaster_lifts_it() -> None:
    released = {"0.1.0": {"signal_sent.v1": {"title": "one"}}, "0.2.0": {"signal_sent.v2": {"title": "two"}}}
    current = {"signal_sent.v3": {"title": "three"}}
    lifting = {("signal_sent", 1): dict, ("signal_sent", 2): dict}
    assert readable(current, released, lifting) == {**released["0.1.0"], **released["0.2.0"], **current}
    assert readable(current, released, {("signal_sent", 2): dict}).keys() == {"signal_sent.v2", "signal_sent.v3"}


# -- the reference -----------------------------------------------------------------------------


REFERENCE = FILES[TREE / "docs/events.md"]


def test_every_link_of_the_reference_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", REFERENCE, re.MULTILINE)
    anchors = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    assert len(set(anchors)) == len(anchors), "two headings with one anchor"
    links = re.findall(r"\]\(([^)]+)\)", REFERENCE)
    assert len(links) > 200
    for link in links:
        target = link.removeprefix("#") in anchors if link.startswith("#") else (TREE / "docs" / link).exists()
        assert target, link


def test_every_table_of_the_reference_is_whole() -> None:
    for table in re.findall(r"(?:^\|.*\n)+", REFERENCE, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table


@pytest.mark.parametrize("type", EVENT_TYPES)
def test_the_reference_tells_every_field_of_a_type(type: str) -> None:
    section = REFERENCE.split(f"### `{type}`\n")[1].split("\n## ")[0]
    model = EVENT_TYPES[type]
    for name in model.__annotations__.keys() - {"type", "version"}:
        assert f"| `{name}` |" in section
