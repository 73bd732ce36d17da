"""Seen from the other side: events turned round twice are themselves, and all figures change sides."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from ledger.book.figures import ALIASES
from ledger.follow.books import Books
from replay.compare.mirror import MirroredBooks, mirrored
from replay.rebuild import views
from schemas.codec import UnknownEvent, decode, encode
from schemas.events import AnyEvent, TallyStated
from schemas.kinds import KINDS
from schemas.record import Batch, Position, Row
from schemas.views import Estimate
from tests.book.building import EXCHANGE, event, freed, ident, let_go, stated
from tests.book.sequences import histories
from tests.history.bundled import TREE, folded, history
from tests.replay.test_command import replay, written
from tests.signing import FEED, signed, trust
from tests.strategies import events

ARMIES = TREE / "examples/two_armies"


def told(desk: str) -> list[AnyEvent]:
    decoded = [decode(line) for line in (ARMIES / f"{desk}.ndjson").read_bytes().splitlines()]
    return [each for each in decoded if not isinstance(each, UnknownEvent)]


# -- events ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("captives_taken", "prisoners_taken"),
        ("prisoners_died", "captives_died"),
        ("remains_returned", "remains_returned"),
        ("claim_retracted", "claim_retracted"),
    ],
)
def test_a_type_becomes_that_of_the_other_side_where_there_is_one(name: str, other: str) -> None:
    members: dict[str, Any] = (
        {"claim": ident(2), "why": "twice", "occurrence": "leg"} if name == "claim_retracted" else {}
    )
    members |= {"groups": [{"count": {"best": 1}}]} if KINDS[name].nature == "move" else {}
    turned = mirrored(event(name, 1, **members))
    assert (turned.type, turned.id) == (other, ident(1))


def test_every_field_that_names_a_side_is_turned() -> None:
    pledges = [
        {"item": "prisoner_remains", "count": {"best": 2}, "per": "captive"},
        {"item": "fuel_litres", "count": {"best": 5}},
    ]
    turned = [
        mirrored(event("remains_returned", 1, groups=[{"count": {"best": 1}}])),
        mirrored(event("release_planned", 2, leg="prisoner_remains", count={"best": 1})),
        mirrored(event("exchange_opened", 3, title="A deal", nationals=["XNO"], prisoner_nationals=["XSO"])),
        mirrored(event("terms_agreed", 4, terms="deal", pledges=pledges)),
        mirrored(stated(5, "both.released", 3)),
    ]
    assert turned == [
        event("remains_returned", 1, groups=[{"count": {"best": 1}}], side="prisoners"),
        event("release_planned", 2, leg="remains", count={"best": 1}),
        event("exchange_opened", 3, title="A deal", nationals=["XSO"], prisoner_nationals=["XNO"]),
        event(
            "terms_agreed",
            4,
            terms="deal",
            pledges=[{**pledges[0], "item": "captive_remains", "per": "prisoner"}, pledges[1]],
        ),
        stated(5, "both.released", 3),
    ]


@pytest.mark.parametrize(
    ("figure", "other"),
    [
        ("captives.remains.back", "prisoners.remains.back"),
        ("prisoners.held", "captives.held"),
        ("captives.foreigners", "prisoners.others"),
        ("remains.given", "captives.remains.returned"),
        ("other", "other"),
    ],
)
def test_a_stated_total_is_one_of_the_other_side(figure: str, other: str) -> None:
    turned = mirrored(stated(1, figure, 3))
    assert isinstance(turned, TallyStated)
    assert turned.figure == other


def by_its_present_name(told: AnyEvent) -> AnyEvent:
    name = ALIASES.get(told.figure, told.figure) if isinstance(told, TallyStated) else ""
    return told.model_copy(update={"figure": name}) if name else told


@settings(max_examples=300, deadline=None)
@given(events())
def test_what_is_turned_round_twice_is_itself(told: AnyEvent) -> None:
    assert mirrored(mirrored(told)) == by_its_present_name(told)


def test_the_real_history_turned_round_twice_is_itself() -> None:
    assert [mirrored(mirrored(each)) for each in history()] == [by_its_present_name(each) for each in history()]


# -- views -------------------------------------------------------------------------------------

LEGS = {"remains": "prisoner_remains", "prisoner_remains": "remains"}
OTHER = {"captive": "prisoner", "prisoner": "captive"}


def shown(books: Books) -> dict[str, Any]:
    """Every view, those of processes among them, as plain values."""
    found = {name: view.model_dump(mode="json") for name, view in views(books)}
    return found | {f"{each.exchange}/process": each.model_dump(mode="json") for each in books.process_tallies()}


def same(word: str, place: str) -> str:
    return word


def other(word: str, place: str) -> str:
    """A side, a leg, a figure or an item by its name on the other side. What people name does not change."""
    if " " in word or place in ("by", "of_which", "category", "topic", "occurrence"):
        return word
    if place in ("legs", "incomplete") and word in LEGS:
        return LEGS[word]
    return re.sub("captive|prisoner", lambda side: OTHER[side[0]], word)


def leaves(value: Any, name: Callable[[str, str], str], path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Each value of a view by its path. A ratio is one value; what has an order by its name has none here."""
    place = next((each for each in path[::-1] if each in ("by", "of_which")), path[-1] if path else "")
    if isinstance(value, Mapping) and "fraction" not in value:
        for key, each in value.items():
            yield from leaves(each, name, (*path, name(key, place)))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            key = (
                name(each["item"], "")
                if place == "promises"
                else name(each, place)
                if isinstance(each, str)
                else str(number)
            )
            yield from leaves(each, name, (*path, key))
    else:
        yield ".".join(path), name(value, place) if isinstance(value, str) else value


def apart(left: Books, right: Books) -> list[str]:
    """Where the views of one ledger are not those of the other with the sides in each other's place."""
    ours, theirs = dict(leaves(shown(left), other)), dict(leaves(shown(right), same))
    return [
        f"{path}: {ours.get(path)} | {theirs.get(path)}"
        for path in sorted(ours.keys() | theirs.keys())
        if not is_other(path, ours.get(path), theirs.get(path))
    ]


def is_other(path: str, left: Any, right: Any) -> bool:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return is_inverse(left, right)
    return bool(left == right) or path.endswith(".confidence")  # of a ratio to nobody there is none


def is_inverse(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether two ratios are each other upside down. One of nobody to some is, on the other side, undefined."""
    if is_undefined(left) or is_undefined(right):
        known = right if is_undefined(left) else left
        return is_undefined(known) or known["value"] == 0 or (known["value"] is None and known["low"] in (0, None))
    if left["fraction"] is not None and left["fraction"].split("/")[::-1] != str(right["fraction"]).split("/"):
        return False
    ends = (("value", "value"), ("low", "high"), ("high", "low"))
    return all(inverts(left[end], right[opposite]) for end, opposite in ends)


def is_undefined(ratio: Mapping[str, Any]) -> bool:
    return ratio["value"] is ratio["low"] is ratio["high"] is None


def inverts(one: float | None, other: float | None) -> bool:
    """Whether two decimals of six places are each other's inverse; none, or 0, is the inverse of none, or of 0."""
    if not one or not other:
        return not one and not other
    return abs(one * other - 1) <= 1e-6 * (one + other)


@settings(max_examples=200, deadline=None)
@given(histories())
def test_both_sides_of_every_view_change_places_and_ratios_are_inverted(told: list[AnyEvent]) -> None:
    assert apart(folded(told), folded([mirrored(each) for each in told])) == []


def test_both_sides_of_the_real_history_change_places() -> None:
    told = [by_its_present_name(each) for each in history()]
    assert apart(folded(told), folded([mirrored(each) for each in told])) == []


# -- comparing ---------------------------------------------------------------------------------


def test_two_armies_tell_the_same_of_each_other(tmp_path: Path) -> None:
    urls = [written(tmp_path / f"{desk}.db", told(desk)) for desk in ("ours", "theirs")]
    done = replay(tmp_path, "compare", *urls, "--occurrences", "--mirror", "--json")
    assert done.code == 0, done.err
    assert {(line["kind"], line["verdict"]) for line in done.lines} == {("occurrence", "agree")}
    straight = replay(tmp_path, "compare", *urls, "--occurrences", "--json").lines
    assert {"differ", "total"} <= {line.get("verdict", line["kind"]) for line in straight}


def test_all_views_are_compared_as_the_other_side_sees_them(tmp_path: Path) -> None:
    said = [freed(1, 10), let_go(2, 30, key="out"), freed(3, 11, source={"publisher": "Another"})]
    one, turned = written(tmp_path / "a.db", said), written(tmp_path / "b.db", [mirrored(each) for each in said])
    done = replay(tmp_path, "compare", one, turned, "--mirror")
    assert (done.code, "equal in every view" in done.err) == (0, True)
    assert replay(tmp_path, "compare", one, turned).code == 5
    assert replay(tmp_path, "compare", one, "--mirror").code == 2


def test_a_signature_is_of_the_event_as_it_was_told() -> None:
    rows: list[Row] = [(0, 0, signed(freed(1, 10), FEED), None), (1, 0, encode(freed(2, 5, key="unsigned")), None)]
    books = MirroredBooks(strict=True, trust=trust())
    books.take(Batch(0, rows, 1))
    view = books.tally(EXCHANGE)
    assert (view.prisoners.released, view.captives.released) == (Estimate(best=10, low=10, high=10), None)
    assert [*books.unbelieved] == [Position(0, 1)]
