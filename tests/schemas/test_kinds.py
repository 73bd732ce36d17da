"""One row for each type: nothing is half there, and what the row says reaches the reference and the messages."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal, get_args

import pytest
from pydantic_core import PydanticUndefined

import schemas.events
from schemas.contracts.__main__ import generated
from schemas.contracts.kind_words import AUTHORITIES, MOVES, NATURES, kind_words
from schemas.envelope import Envelope
from schemas.events import EVENT_TYPES, Movement, PauseStarted, PeopleRetaken, RemainsReceived
from schemas.kinds import KINDS, Authority, Kind, Move, Nature, check, side_of, types_of
from schemas.vocabulary import Side
from tests.schemas.samples import TREE


class PeopleCounted(Envelope):
    """A type that has a side, and is no movement."""

    type: Literal["people_counted"] = "people_counted"
    version: Literal[1] = 1
    side: Side = "captives"


class PeopleMoved(Movement):
    """A movement that does not say whose."""

    type: Literal["people_moved"] = "people_moved"
    version: Literal[1] = 1


def test_every_class_of_an_event_is_a_type() -> None:
    found = [import_module(f"schemas.events.{each.name}") for each in iter_modules(schemas.events.__path__)]
    classes = {each for module in found for each in vars(module).values() if isinstance(each, type)}
    named = {each for each in classes if issubclass(each, Envelope) and "type" in each.model_fields}
    assert {each for each in named if each.model_fields["type"].default is not PydanticUndefined} == {
        *EVENT_TYPES.values()
    }


PAUSE = Kind("fact", "pause started")

HALF_THERE: Mapping[str, tuple[Mapping[str, Kind], Mapping[str, type], str]] = {
    "a type without a row": ({}, {"pause_started": PauseStarted}, "pause_started is an event type without a row"),
    "a row without a type": ({"pause_started": PAUSE}, {}, "pause_started is a row without a type"),
    "a move that is no movement": (
        {"people_counted": Kind("move", "people counted", None, "taken")},
        {"people_counted": PeopleCounted},
        "people_counted moves people",
    ),
    "a move of nobody's side": (
        {"people_moved": Kind("move", "people moved", None, "taken")},
        {"people_moved": PeopleMoved},
        "people_moved moves people: it is a Movement, with a move and a side",
    ),
    "a nature of moves without a move": (
        {"people_retaken": Kind("move", "people retaken")},
        {"people_retaken": PeopleRetaken},
        "people_retaken moves people",
    ),
    "a note with a move": (
        {"remains_received": Kind("note", "remains received", None, "returned")},
        {"remains_received": RemainsReceived},
        "remains_received has a move, and nature note",
    ),
    "a fact with a move": (
        {"pause_started": PAUSE._replace(move="taken")},
        {"pause_started": PauseStarted},
        "pause_started has a move, and nature fact",
    ),
}


@pytest.mark.parametrize(("kinds", "types", "message"), HALF_THERE.values(), ids=HALF_THERE.keys())
def test_a_type_that_is_half_there_ends_the_program(
    kinds: Mapping[str, Kind], types: Mapping[str, type], message: str
) -> None:
    with pytest.raises(LookupError, match=message):
        check(kinds, types)


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        (Kind("move", "people moved", "prisoners", "taken"), PeopleMoved),
        (Kind("move", "people retaken", None, "retaken"), PeopleRetaken),
        (Kind("note", "remains received"), RemainsReceived),
        (PAUSE, PauseStarted),
    ],
)
def test_a_row_that_says_all_passes(kind: Kind, model: type) -> None:
    check({"any": kind}, {"any": model})


def test_every_type_has_its_row_and_every_row_its_type() -> None:
    assert KINDS.keys() == EVENT_TYPES.keys()
    check(KINDS, EVENT_TYPES)


def test_the_natures_divide_the_types() -> None:
    each = [types_of(nature) for nature in get_args(Nature)]
    assert all(each)
    assert sum(map(len, each)) == len(KINDS) == len(types_of(*get_args(Nature)))


def test_both_sides_have_the_same_life() -> None:
    lives = {
        side: {kind.move: kind._replace(words="", side=None) for kind in KINDS.values() if kind.side == side}
        for side in get_args(Side)
    }
    assert lives["captives"] == lives["prisoners"]
    of_either = {kind.move for kind in KINDS.values() if kind.move and kind.side is None}
    assert of_either | lives["captives"].keys() == set(get_args(Move))


@pytest.mark.parametrize("type", [type for type, model in EVENT_TYPES.items() if "side" in model.model_fields])
def test_an_event_that_names_its_side_means_captives_where_it_says_nothing(type: str) -> None:
    assert EVENT_TYPES[type].model_fields["side"].default == "captives"
    assert KINDS[type].side is None
    for side in get_args(Side):
        assert side_of(type, side) == side


def test_a_side_is_that_of_the_kind_first() -> None:
    assert side_of("prisoners_taken", None) == side_of("prisoners_taken", "captives") == "prisoners"
    with pytest.raises(LookupError, match="pause_started names no side"):
        side_of("pause_started", None)


# -- in words ----------------------------------------------------------------------------------


def test_nothing_that_a_row_can_say_is_without_words() -> None:
    assert (*NATURES, *MOVES) == (*get_args(Nature), *get_args(Move))
    assert AUTHORITIES.keys() == set(get_args(Authority))
    assert len({*MOVES.values()}) == len(MOVES)


@pytest.mark.parametrize(
    ("type", "words"),
    [
        ("prisoners_escaped", ["A move of prisoners: from captivity into freedom, by themselves", "UN or the facil"]),
        ("captives_released", ["A move of captives: ", "or the party that let them go (`by`)"]),
        ("people_died_free", ["A move of the side that `side` names: from freedom to the dead"]),
        ("remains_received", ["A note about the side that `side` names", "the party that received them (`to`)"]),
        ("release_planned", ["A fact about the leg that `leg` names", "with status `planned` too"]),
        ("claim_adopted", ["A decision: ", "a cut by when things happened leaves it in"]),
        ("tally_stated", ["A statement: ", "never added"]),
        ("meeting_held", ["A remark: ", "in no figure and no view"]),
    ],
)
def test_a_row_is_told_in_words(type: str, words: list[str]) -> None:
    for each in words:
        assert each in kind_words(type)


@pytest.mark.parametrize("type", KINDS)
def test_the_words_of_a_row_say_all_of_it_and_no_more(type: str) -> None:
    kind, words = KINDS[type], kind_words(type)
    assert words.startswith(f"A {kind.nature}")
    assert ("natural authority" in words) == (kind.authority != "none")
    assert ("speaks of the future" in words) == kind.plans
    assert ("knowledge about events" in words) == kind.timeless
    assert [move for move, told in MOVES.items() if f": {told}." in words] == ([kind.move] if kind.move else [])


def test_the_reference_and_the_messages_tell_the_row_of_every_type() -> None:
    files = generated()
    for path in (TREE / "docs/events.md", TREE / "schemas/contracts/asyncapi.json"):
        assert [type for type in KINDS if kind_words(type) not in files[path]] == []
