import copy
from collections.abc import Callable
from typing import Any, TypeAlias

import orjson
import pytest

from schemas.compatibility import breaks, breaks_any
from schemas.contracts.published import event_schema
from schemas.events import EVENT_TYPES
from tests.schemas.samples import JsonSchema, example

Change: TypeAlias = Callable[[dict[str, Any]], object]

TYPE = "captives_released"
SCHEMA = event_schema(EVENT_TYPES[TYPE])


def mutated(change: Change) -> dict[str, Any]:
    schema = copy.deepcopy(SCHEMA)
    change(schema)
    return schema


def at(schema: dict[str, Any], path: str) -> Any:
    """The part of a schema at a path of keys and indexes: `properties.round.anyOf.0`."""
    node: Any = schema
    for step in path.split("."):
        node = node[int(step)] if isinstance(node, list) else node[step]
    return node


def setting(path: str, **keywords: Any) -> Change:
    return lambda schema: at(schema, path).update(keywords)


def dropping(path: str, key: str) -> Change:
    return lambda schema: at(schema, path).pop(key)


def removing(path: str, term: Any) -> Change:
    return lambda schema: at(schema, path).remove(term)


def adding(path: str, term: Any) -> Change:
    return lambda schema: at(schema, path).append(term)


def inlining(path: str, **keywords: Any) -> Change:
    """Put the definition in place of a `$ref`, with other keywords."""

    def change(schema: dict[str, Any]) -> None:
        node = at(schema, path)
        name = node.pop("$ref").rpartition("/")[2]
        node.update({**schema["$defs"][name], **keywords})

    return change


INCOMPATIBLE: dict[str, tuple[Change, str]] = {
    "property removed": (dropping("properties", "region"), "region: this property was removed"),
    "nested property removed": (
        dropping("$defs.Group.properties", "holder"),
        "groups.items.holder: this property was removed",
    ),
    "optional became required": (adding("required", "region"), "region: is required now"),
    "new required property": (
        lambda s: (s["properties"].update(place={"type": "string"}), s["required"].append("place")),
        "place: is required now",
    ),
    "nested became required": (adding("$defs.Source.required", "url"), "source.url: is required now"),
    "type changed": (setting("properties.round.anyOf.0", type="string"), "round: type integer became string"),
    "type narrowed": (setting("properties.exchange", type="null"), "exchange: type string became null"),
    "type added": (
        lambda s: s["properties"]["status"].update(type="integer"),
        "status: type string became integer",
    ),
    "null no longer accepted": (
        removing("properties.round.anyOf", {"type": "null"}),
        "round: type null became integer",
    ),
    "union became one of its branches": (
        lambda s: s["properties"].update(by={"type": "null", "default": None}),
        "by: type string became null",
    ),
    "term removed": (removing("properties.status.enum", "failed"), "status: no longer accepts 'failed'"),
    "nested term removed": (
        removing("$defs.Count.properties.qualifier.enum", "several"),
        "groups.items.count.qualifier: no longer accepts 'several'",
    ),
    "terms where there were none": (
        setting("properties.exchange", enum=["IL-HAMAS-2023-11"]),
        "exchange: no longer accepts anything else",
    ),
    "constant changed": (setting("properties.type", const="freed"), "type: no longer accepts 'captives_released'"),
    "constant of another type": (setting("properties.version", const=True), "version: no longer accepts 1"),
    "pattern changed": (setting("properties.exchange", pattern="^IL"), "exchange: pattern changed"),
    "pattern added": (setting("$defs.Source.properties.publisher", pattern="^A"), "source.publisher: pattern changed"),
    "format changed": (setting("properties.id", format="uri"), "id: format changed"),
    "minimum raised": (
        setting("properties.round.anyOf.0", minimum=2),
        "round: minimum was raised from 1 to 2",
    ),
    "maximum lowered": (
        setting("$defs.Count.properties.best.anyOf.0", maximum=9),
        "groups.items.count.best: maximum was lowered from 1000000 to 9",
    ),
    "exclusive bound added": (
        setting("properties.settles.items", exclusiveMinimum=1),
        "settles.items: exclusiveMinimum was raised from none to 1",
    ),
    "minLength raised": (
        setting("properties.note.anyOf.0", minLength=2),
        "note: minLength was raised from 1 to 2",
    ),
    "maxLength lowered": (
        setting("$defs.Source.properties.publisher", maxLength=100),
        "source.publisher: maxLength was lowered from 200 to 100",
    ),
    "minItems raised": (setting("properties.groups", minItems=2), "groups: minItems was raised from 1 to 2"),
    "maxItems lowered": (setting("properties.groups", maxItems=2), "groups: maxItems was lowered from 256 to 2"),
    "items narrowed": (
        setting("properties.settles.items", maximum=10),
        "settles.items: maximum was lowered from 10000 to 10",
    ),
    "items of another type": (
        setting("properties.facilitators", items={"type": "integer"}),
        "facilitators.items: type string became integer",
    ),
    "items forbidden": (setting("properties.facilitators", items=False), "facilitators.items: nothing is accepted"),
    "multipleOf added": (setting("properties.settles.items", multipleOf=2), "settles.items: multipleOf changed"),
    "uniqueItems added": (setting("properties.settles", uniqueItems=True), "settles: uniqueItems changed"),
    "a rule that cannot be judged": (setting("properties.note", **{"not": {"const": ""}}), "note: not changed"),
    "a rule on the whole that cannot be judged": (
        lambda s: s.update(dependentRequired={"supersedes": ["reason"]}),
        "dependentRequired changed",
    ),
    "default changed": (
        setting("properties.status", default="confirmed"),
        "status: the default changed from 'reported' to 'confirmed'",
    ),
    "default removed": (
        dropping("properties.status", "default"),
        "status: the default changed from 'reported' to nothing",
    ),
    "nested default changed": (
        setting("$defs.Source.properties.credibility", default=1),
        "source.credibility: the default changed from 6 to 1",
    ),
    "default false in place of null": (
        setting("properties.round", default=False),
        "round: the default changed from None to False",
    ),
    "definition narrowed in place": (
        inlining("properties.occurred", required=["at", "precision", "until"]),
        "occurred.until: is required now",
    ),
    "reference to another definition": (
        lambda s: s["properties"]["occurred"].update({"$ref": "#/$defs/Part"}),
        "occurred.at: this property was removed",
    ),
    "property forbidden": (
        lambda s: s["properties"].update(region=False),
        "region: nothing is accepted here any more",
    ),
}

COMPATIBLE: dict[str, Change] = {
    "nothing": lambda _: None,
    "new optional property": lambda s: s["properties"].update(place={"type": "string", "default": ""}),
    "new optional nested property": lambda s: s["$defs"]["Group"]["properties"].update(age={"default": None}),
    "new term": adding("properties.status.enum", "rumoured"),
    "terms became free text": dropping("properties.status", "enum"),
    "constant became terms": lambda s: (
        s["properties"]["type"].pop("const"),
        s["properties"]["type"].update(enum=["captives_released", "captives_freed"]),
    ),
    "minimum lowered": setting("properties.round.anyOf.0", minimum=0),
    "minimum dropped": dropping("properties.round.anyOf.0", "minimum"),
    "maximum raised": setting("$defs.Count.properties.best.anyOf.0", maximum=2_000_000),
    "integer became number": setting("properties.round.anyOf.0", type="number"),
    "one more type": setting("properties.exchange", type=["string", "null"]),
    "length widened": setting("properties.note.anyOf.0", minLength=0, maxLength=9_999),
    "more items": setting("properties.groups", minItems=0, maxItems=1_000),
    "items widened": setting("properties.settles.items", maximum=20_000),
    "pattern dropped": dropping("properties.exchange", "pattern"),
    "one more branch": adding("properties.by.anyOf", {"type": "integer"}),
    "one became a union": lambda s: s["properties"].update(
        exchange={"anyOf": [{"type": "boolean"}, s["properties"]["exchange"]]}
    ),
    "branches in another order": lambda s: s["properties"]["by"]["anyOf"].reverse(),
    "required became optional": removing("required", "source"),
    "opened": lambda s: s.update(additionalProperties=True),
    "anything goes": lambda s: s["properties"].update(region={"default": None}),
    "definition put in place": inlining("properties.occurred"),
    "description changed": setting("properties.note", description="Another description.", title="Note"),
    "definition renamed": lambda s: (
        s["$defs"].update(When=s["$defs"]["Moment"]),
        s["properties"]["occurred"].update({"$ref": "#/$defs/When"}),
    ),
}


@pytest.mark.parametrize(("change", "finding"), INCOMPATIBLE.values(), ids=INCOMPATIBLE.keys())
def test_a_break_is_found_and_names_its_path(change: Change, finding: str) -> None:
    found = breaks(SCHEMA, mutated(change))
    assert any(each.startswith(finding) for each in found), found
    assert len(found) == len(set(found))


@pytest.mark.parametrize("change", COMPATIBLE.values(), ids=COMPATIBLE.keys())
def test_a_compatible_change_passes(change: Change) -> None:
    assert breaks(SCHEMA, mutated(change)) == []
    validator = JsonSchema(mutated(change))
    for suffix in ("", ".minimal"):
        validator.validate(orjson.loads(example(TYPE, suffix)))


@pytest.mark.parametrize(
    "name", [name for name in COMPATIBLE if name not in ("nothing", "branches in another order", "opened")]
)
def test_most_compatible_changes_cannot_be_taken_back(name: str) -> None:
    harmless = {"definition put in place", "description changed", "definition renamed"}
    assert bool(breaks(mutated(COMPATIBLE[name]), SCHEMA)) == (name not in harmless)


def test_an_open_object_that_is_closed_is_a_break() -> None:
    opened = mutated(lambda s: s.pop("additionalProperties"))
    assert breaks(opened, SCHEMA) == ["other properties are no longer accepted (additionalProperties)"]


def test_a_property_with_rules_is_a_break_where_any_was_accepted() -> None:
    opened = mutated(lambda s: s.update(additionalProperties={"type": "string"}))
    narrowed = copy.deepcopy(opened)
    narrowed["properties"]["place"] = {"type": "integer"}
    assert breaks(opened, narrowed) == ["place: type string became integer"]


def test_other_properties_are_compared_by_their_schema() -> None:
    totals = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}
    raised = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}
    assert breaks(totals, raised) == ["*: minimum was raised from 0 to 1"]
    assert breaks(raised, totals) == []


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    def tree(most: int) -> dict[str, Any]:
        node = {
            "type": "object",
            "properties": {"size": {"type": "integer", "maximum": most}, "next": {"$ref": "#/$defs/Node"}},
        }
        return {"$ref": "#/$defs/Node", "$defs": {"Node": node}}

    assert breaks(tree(1), tree(2)) == []
    assert breaks(tree(2), tree(1)) == ["size: maximum was lowered from 2 to 1"]


def test_a_reference_that_leads_nowhere_is_an_error() -> None:
    for reference in ("https://example.org/schema", "#/$defs/Loop"):
        schema = {"$ref": reference, "$defs": {"Loop": {"$ref": "#/$defs/Loop"}}}
        with pytest.raises(ValueError, match="cannot resolve"):
            breaks(schema, schema)


# -- over all releases -------------------------------------------------------------------------


def test_every_release_is_compared() -> None:
    first = {"a.v1": SCHEMA}
    second = {"a.v1": mutated(adding("properties.status.enum", "rumoured")), "b.v1": SCHEMA}
    released = {"0.1.0": first, "0.2.0": second}
    assert breaks_any(released, second) == []
    assert breaks_any(released, {"a.v1": SCHEMA, "b.v1": SCHEMA}) == [
        "a.v1 (released in 0.2.0): status: no longer accepts 'rumoured'"
    ]


def test_what_was_released_cannot_vanish() -> None:
    assert breaks_any({"0.1.0": {"a.v1": SCHEMA, "b.v1": SCHEMA}}, {"a.v1": SCHEMA, "b.v2": SCHEMA}) == [
        "b.v1 (released in 0.1.0): is gone; keep it readable"
    ]


def test_what_is_new_breaks_nothing() -> None:
    assert breaks_any({"0.1.0": {}}, {"a.v1": SCHEMA}) == breaks_any({}, {"a.v1": SCHEMA}) == []
