"""What nobody stated is not recorded, and never 0: of each side, of remains, in sums, rounds and cuts."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from ledger.book.explain import explain
from ledger.book.rounds import round_view
from ledger.book.statements import stated_totals
from ledger.book.tally import figures, process_tally, tally
from ledger.book.transfers import SIDES
from schemas.events import AnyEvent
from schemas.views import Estimate, Round, SideFigures, Tally
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    OTHER,
    UNKNOWN,
    adopted,
    back,
    book_of,
    corrected,
    day,
    event,
    explained,
    figure,
    group,
    moved,
    named,
    numbers,
    of,
    opened,
    out,
    retracted,
    stated,
    taken,
)


def shown(view: BaseModel) -> Iterator[tuple[str, Any]]:
    """Every figure of a view of one side, its remains' among them; breakdowns that hold anything."""
    for name, member in view:
        if isinstance(member, Estimate) or member is None:
            yield name, member
        elif isinstance(member, BaseModel):
            yield from ((f"{name}.{inner}", each) for inner, each in shown(member))
        elif member:
            yield name, member


def recorded(view: SideFigures) -> set[str]:
    return {name for name, value in shown(view) if value is not None}


# -- nothing at all ------------------------------------------------------------------------------

NOTHING: list[tuple[str, list[AnyEvent], dict[str, str]]] = [
    ("declared", [], {}),
    ("planned", [out("captives", 1, 10, status="planned")], {}),
    ("failed", [out("captives", 1, 10, status="failed")], {}),
    ("retracted", [out("captives", 1, 10), retracted(2, 1, key="out1")], {}),
    ("decided", [out("captives", 1, 10), adopted(2, None, key="out1")], {}),
    ("before it happened", [out("captives", 1, 10)], {"occurred_by": "2024-02-29"}),
    ("before it was published", [out("captives", 1, 10)], {"published_by": "2024-02-29"}),
    ("a part alone", [out("captives", 1, 10, part={"of": "whole", "by": "batch"})], {}),
    ("a total alone", [stated(1, "captives.released", 10)], {}),
    ("a promise alone", [event("release_planned", 1, round=1, leg="captives", count={"best": 10})], {}),
]


@pytest.mark.parametrize(("told", "bounds"), [each[1:] for each in NOTHING], ids=[each[0] for each in NOTHING])
def test_where_nothing_counts_no_figure_is_a_number(told: list[AnyEvent], bounds: dict[str, str]) -> None:
    book = book_of(opened(99), *told, **bounds)
    views: list[Tally | Round] = [tally(book), process_tally("ALL", [book])]
    for view in (*views, *(round_view(book, n) for n in book.rounds())):
        assert recorded(of(view, "captives")) - {"of_which.batch"} == recorded(of(view, "prisoners")) == set()
        assert {getattr(view.ratios, name).value for name in type(view.ratios).model_fields} == {None}
    events = {each.id: each for each in told}
    for name in named(figures(book)):
        found = explained(book, name, events)
        assert (found.value, found.contributions) == (None, [])
        assert [note.partition(" ")[0] for note in found.notes] == ["Nothing"]


# -- one figure, and what it says of others ------------------------------------------------------


@EACH_SIDE
def test_a_release_says_of_its_classes_that_nobody_else_is_in_them_and_of_nothing_else(side: Side) -> None:
    view = tally(book_of(opened(1, prisoner_nationals=["XNO"]), out(side, 2, 10)))
    classes = {"deal": 10, "nationals": 10, "others": 0, "outside": 0, "unsaid": 0}
    assert recorded(of(view, side)) - {name for name, _ in shown(of(view, side)) if name.startswith("by.")} == {
        "released",
        *classes,
    }
    assert {name: getattr(of(view, side), name).best for name in classes} == classes
    assert recorded(of(view, OTHER[side])) == set()


@EACH_SIDE
@pytest.mark.parametrize(
    ("type", "members", "names"),
    [
        ("{}_taken", {}, {"taken", "held"}),
        ("{}_rescued", {}, {"rescued"}),
        ("{}_escaped", {}, {"escaped"}),
        ("{}_died", {}, {"died", "remains.held"}),
        ("{}_died", {"remains_held": False}, {"died"}),
        ("people_retaken", {"side": ...}, {"retaken"}),
        ("people_transferred", {"side": ...}, {"transferred"}),
        ("people_died_free", {"side": ...}, {"died_free"}),
        ("remains_returned", {"side": ...}, {"remains.returned", "remains.nationality"}),
        ("remains_recovered", {"side": ...}, {"remains.recovered", "remains.nationality"}),
        ("remains_received", {"side": ...}, {"remains.unidentified"}),
        ("handover_rejected", {"side": ...}, {"remains.rejected"}),
        ("remains_identified", {"side": ..., "matched": False}, {"remains.rejected"}),
        ("remains_identified", {"side": ...}, {"remains.returned", "remains.nationality"}),
    ],
)
@pytest.mark.parametrize("people", [5, 0, UNKNOWN])
def test_each_type_records_its_own_figures_and_no_others(
    side: Side, type: str, members: dict[str, Any], names: set[str], people: Any
) -> None:
    said = {name: side if value is ... else value for name, value in members.items()}
    view = tally(book_of(moved(type.format(side), 1, people, **said)))
    assert recorded(of(view, side)) == names
    assert recorded(of(view, OTHER[side])) == set()
    for name in names - {"remains.nationality"}:
        found: Any = of(view, side)
        for step in name.split("."):
            found = getattr(found, step)
        assert numbers(found) == ((people,) * 3 if isinstance(people, int) else (None, 0, None))


@EACH_SIDE
def test_only_what_is_recorded_enters_a_sum(side: Side) -> None:
    book = book_of(out(side, 1, 10), moved(f"{side}_escaped", 2, 3, key="escaped"))
    assert numbers(figure(book, f"{side}.freed")) == (13, 13, 13)
    assert figure(book, f"{side}.remains.back") is None
    assert numbers(figure(book_of(back(side, 1, 4)), f"{side}.remains.back")) == (4, 4, 4)
    assert figure(book_of(back(side, 1, 4)), f"{side}.freed") is None


@EACH_SIDE
def test_a_claim_that_turns_out_to_be_of_another_type_leaves_nothing_behind(side: Side) -> None:
    other = moved(f"{side}_escaped", 2, 10, key="out1", supersedes=out(side, 1, 10).id, reason="corrected")
    assert recorded(of(tally(book_of(out(side, 1, 10), other)), side)) == {"escaped"}


# -- of whose nationality ------------------------------------------------------------------------


@EACH_SIDE
def test_classes_by_nationality_are_known_where_whose_they_are_is_declared(side: Side) -> None:
    named_by = {"captives": "nationals", "prisoners": "prisoner_nationals"}[side]
    told = [out(side, 1, 3, group(2, nationality=["THA"])), back(side, 2, 1)]
    said: dict[str, Any] = {"nationals": [], named_by: ["XNO"]}
    silent, declared = book_of(opened(9, nationals=[]), *told), book_of(opened(9, **said), *told)
    for name in ("nationals", "others", "nationals_back", "remains.nationals"):
        assert figure(silent, f"{side}.{name}") is None
    names = ("nationals", "others", "nationals_back", "remains.nationals")
    assert [numbers(figure(declared, f"{side}.{name}"))[0] for name in names] == [3, 2, 4, 1]


@EACH_SIDE
@pytest.mark.parametrize("name", ["nationals", "others", "nationals_back"])
def test_a_process_has_no_class_by_nationality_that_one_of_its_exchanges_does_not_have(side: Side, name: str) -> None:
    """Who is counted of one exchange alone is no sum of both."""
    both: dict[str, Any] = {"nationals": ["XNO"], "prisoner_nationals": ["XNO"]}
    one = book_of(opened(1, **both), out(side, 2, 10))
    there = "EAST-WEST-2024"
    told = [opened(3, there, nationals=[]), out(side, 4, 5, exchange=there)]
    told.append(stated(5, f"{side}.{name}", 15, scope="process", exchange=there))
    other = book_of(*told)
    assert figure(other, f"{side}.{name}") is None
    [total] = stated_totals(other, [one, other])
    assert (total.computed, total.verdict) == (None, "not compared")


# -- the other side ------------------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize(
    ("people", "other", "both"),
    [
        (144, None, (None, 144, None)),
        (144, 0, (144, 144, 144)),
        (144, UNKNOWN, (None, 144, None)),
        (0, None, (None, 0, None)),
    ],
)
def test_both_sides_are_at_least_the_one_that_is_recorded(side: Side, people: int, other: Any, both: Any) -> None:
    told = [out(side, 1, people), *([] if other is None else [out(OTHER[side], 2, other)])]
    view = tally(book_of(*told))
    assert numbers(view.both.released) == both
    assert (of(view, OTHER[side]).released is None) == (other is None)


@EACH_SIDE
def test_a_round_of_one_leg_has_no_ratio_and_says_which_leg_it_lacks(side: Side) -> None:
    told = [out(side, 1, 20), out(side, 2, 20, round=2), out(OTHER[side], 3, 60, round=2)]
    book = book_of(*told)
    assert tally(book).incomplete == [1]
    assert [round_view(book, n).incomplete for n in (1, 2)] == [[OTHER[side]], []]
    assert round_view(book, 1).ratios.deal.value is None
    assert tally(book).ratios.deal.fraction == ("60/40" if side == "captives" else "40/60")


@EACH_SIDE
@pytest.mark.parametrize("name", ["deal", "nationals", "all", "returned"])
def test_a_process_has_no_ratio_to_people_for_whom_nobody_tells_what_came(side: Side, name: str) -> None:
    there, both = "EAST-WEST-2024", dict[str, Any](nationals=["XNO"], prisoner_nationals=["XNO"])
    one = book_of(opened(1, **both), out(side, 2, 144))
    whole = [opened(3, there, **both), *(out(each, n, 230, exchange=there) for n, each in enumerate(SIDES, 4))]
    view = process_tally("ALL", [one, book_of(*whole)])
    ratio = getattr(view.ratios, name)
    assert (ratio.value, ratio.low, ratio.high) == (None, None, None)
    assert getattr(process_tally("ALL", [book_of(*whole)]).ratios, name).fraction == "230/230"


@EACH_SIDE
def test_remains_of_one_side_alone_have_no_ratio_and_no_zero_across(side: Side) -> None:
    view = tally(book_of(back(side, 1, 3)))
    assert (view.ratios.remains.value, of(view, OTHER[side]).remains.returned) == (None, None)


# -- rounds, and long spans ----------------------------------------------------------------------


@EACH_SIDE
def test_what_belongs_to_no_round_makes_none(side: Side) -> None:
    book = book_of(opened(1), out(side, 2, 16, round=None))
    assert book.rounds() == []
    assert numbers(of(tally(book), side).released) == (16, 16, 16)
    assert tally(book).incomplete == []


@EACH_SIDE
def test_people_who_came_over_years_count_once_their_span_is_over(side: Side) -> None:
    spans: list[dict[str, str]] = [
        {"at": "1980", "until": "1989", "precision": "interval"},
        {"at": "1990", "precision": "year"},
        {"at": "1991", "until": "1997", "precision": "interval"},
        {"at": "1998-04", "precision": "month"},
        {"at": "1998-06", "until": "2003-05", "precision": "interval"},
    ]
    people = (2762, 40_935, 2376, 5584, 5055)
    told = [out(side, n, each, occurred=at) for n, (each, at) in enumerate(zip(people, spans, strict=True), 1)]
    told.append(stated(9, f"{side}.released", 56_712, **day("2003-06-23")))
    book = book_of(*told)
    assert numbers(figure(book, f"{side}.released")) == (56_712,) * 3
    [total] = stated_totals(book, [book])
    assert (total.verdict, total.difference) == ("agrees", 0)
    ends = {"1989-12-30": None, "1989-12-31": 2762, "1990-12-31": 43_697, "1997-12-31": 46_073, "2003-05-30": 51_657}
    for at, expected in ends.items():
        found = figure(book_of(*told, occurred_by=at), f"{side}.released")
        assert (None if found is None else found.best) == expected, at
    view = tally(book_of(*told[:-1]))
    assert (view.first, view.last) == ("1980-01-01", "1998-06-01")


# -- stocks --------------------------------------------------------------------------------------


@EACH_SIDE
def test_what_is_held_is_as_recorded_and_never_exact(side: Side) -> None:
    book = book_of(taken(side, 1, 20), out(side, 2, 6), back(side, 3, 1))
    held = figure(book, f"{side}.held")
    assert (numbers(held), held and held.exact, held and held.hedged) == ((13, 13, 13), False, False)
    died = book_of(moved(f"{side}_died", 1, 4, key="died"), back(side, 2, 1))
    assert (numbers(of(tally(died), side).remains.held), of(tally(died), side).held) == ((3, 3, 3), None)


@EACH_SIDE
@pytest.mark.parametrize(
    ("dead", "back_again", "held"),
    [
        (4, 1, (3, 3, 3)),
        (4, 4, (0, 0, 0)),
        (4, 5, None),
        (4, {"low": 5, "qualifier": "at_least"}, None),
        (4, {"low": 1, "high": 4, "qualifier": "about"}, (None, 0, 3)),
        (4, {"low": 1, "high": 5, "qualifier": "about"}, None),
        ({"low": 5, "qualifier": "at_least"}, 5, (None, 0, None)),
        ({"low": 5, "qualifier": "at_least"}, 6, None),
        (UNKNOWN, 1, None),
        (UNKNOWN, None, (None, 0, None)),
    ],
)
def test_remains_are_held_as_far_as_the_recorded_dead_cover_those_who_are_back(
    side: Side, dead: Any, back_again: Any, held: Any
) -> None:
    told = [moved(f"{side}_died", 1, dead, key="died"), *([] if back_again is None else [back(side, 2, back_again)])]
    found = of(tally(book_of(*told)), side).remains.held
    assert (None if found is None else numbers(found)) == held


@EACH_SIDE
def test_a_correction_that_lowers_what_came_below_what_went_leaves_no_stock(side: Side) -> None:
    lower = moved(f"{side}_taken", 2, 4, key="taken1", supersedes=taken(side, 1, 20).id, reason="corrected")
    told = [taken(side, 1, 20), out(side, 3, 6)]
    assert numbers(figure(book_of(*told), f"{side}.held")) == (14, 14, 14)
    book = book_of(*told, lower)
    assert figure(book, f"{side}.held") is None
    events = {each.id: each for each in (*told, lower)}
    assert explain(book, f"{side}.held", events.__getitem__).notes == [
        "More are recorded to have gone than to have come: claims of the latter are missing."
    ]


def test_a_correction_of_one_side_leaves_the_other_as_it_was() -> None:
    told = [out("captives", 1, 13, key="leg"), out("prisoners", 2, 39), corrected(3, 1, 12)]
    view = tally(book_of(*told))
    assert (numbers(view.captives.released), numbers(view.prisoners.released)) == ((12,) * 3, (39,) * 3)
