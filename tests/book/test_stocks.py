"""What is held: counted from takings or from a list at a date, of each side, of several exchanges, at any cut."""

from collections.abc import Sequence
from typing import Any

import pytest

from ledger.book.balances import entry, estimate_of
from ledger.book.book import Book
from ledger.book.explain import explain
from ledger.book.figures import value
from ledger.book.statements import stated_totals
from ledger.book.tally import figures, process_figures, tally
from schemas.events import AnyEvent
from schemas.values import Count
from schemas.views import Estimate
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    OTHER,
    UNKNOWN,
    back,
    book_of,
    corrected,
    count,
    day,
    figure,
    moved,
    numbers,
    of,
    opened,
    out,
    retracted,
    stated,
    taken,
)

THERE = "EAST-WEST-2024"
OVER_90 = {"low": 91, "qualifier": "over"}
ABOUT_100 = {"best": 100, "low": 95, "high": 105, "qualifier": "about"}


def listed(side: Side, number: int, people: Any, at: str = "2024-03-10", **members: Any) -> AnyEvent:
    """A list of those held at a date, with which counting begins."""
    return stated(number, f"{side}.held", people, opening=True, **{"occurrence": "list", **day(at), **members})


def held(book: Book, side: Side) -> tuple[int | None, int, int | None] | None:
    found = figure(book, f"{side}.held")
    return None if found is None else numbers(found)


# -- from takings --------------------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize(
    ("type", "members", "left"),
    [
        ("{}_released", {}, 14),
        ("{}_rescued", {}, 14),
        ("{}_escaped", {}, 14),
        ("people_transferred", {"side": ...}, 14),
        ("{}_died", {"remains_held": False}, 14),
        ("{}_died", {}, 20),
        ("people_died_free", {"side": ...}, 20),
        ("people_retaken", {"side": ...}, 26),
        ("remains_returned", {"side": ...}, 14),
        ("remains_recovered", {"side": ...}, 14),
        ("remains_received", {"side": ...}, 20),
        ("remains_identified", {"side": ...}, 14),
        ("remains_identified", {"side": ..., "matched": False}, 20),
        ("handover_rejected", {"side": ...}, 20),
    ],
)
def test_what_each_type_does_to_those_held(side: Side, type: str, members: dict[str, Any], left: int) -> None:
    said = {name: side if value is ... else value for name, value in members.items()}
    book = book_of(taken(side, 1, 20), moved(type.format(side), 2, 6, **said))
    assert held(book, side) == (left, left, left)


@EACH_SIDE
def test_dead_who_are_back_left_though_nobody_recorded_a_death(side: Side) -> None:
    book = book_of(taken(side, 1, 20), back(side, 2, 3), out(side, 3, 16))
    assert held(book, side) == (1, 1, 1)
    assert of(tally(book), side).remains.held is None


@EACH_SIDE
@pytest.mark.parametrize("went", [21, {"low": 21, "qualifier": "at_least"}])
def test_more_who_went_than_came_are_no_number_below_0_and_none_that_is_0(side: Side, went: Any) -> None:
    assert held(book_of(taken(side, 1, 20), out(side, 2, went)), side) is None


@EACH_SIDE
def test_what_may_be_more_than_came_leaves_from_nobody_on(side: Side) -> None:
    between = {"low": 15, "high": 25, "qualifier": "about"}
    assert held(book_of(taken(side, 1, 20), out(side, 2, between)), side) == (None, 0, 5)
    assert held(book_of(taken(side, 1, 20), out(side, 2, UNKNOWN)), side) == (None, 0, 20)


# -- deaths beyond those held --------------------------------------------------------------------


@EACH_SIDE
def test_of_those_who_died_after_most_were_free_the_excess_died_free_and_this_is_said(side: Side) -> None:
    told = [
        taken(side, 1, 10, **day("2024-01-01")),
        out(side, 2, 8, **day("2024-02-01")),
        moved(f"{side}_died", 3, 5, key="died", remains_held=False, **day("2024-03-01")),
    ]
    book, events = book_of(*told), {each.id: each for each in told}
    assert held(book, side) == (0, 0, 0)
    assert numbers(figure(book, f"{side}.died")) == (5, 5, 5)
    assert explain(book, f"{side}.held", events.__getitem__).notes == [
        "3 of those who died were beyond the living who were held at that date: they died in freedom."
    ]


@EACH_SIDE
def test_deaths_beyond_all_who_were_ever_taken_leave_no_stock(side: Side) -> None:
    """As far as so many were free: nobody can have died free who never was."""
    told = [taken(side, 1, 10), moved(f"{side}_died", 2, 12, key="died", remains_held=False)]
    assert held(book_of(*told), side) is None


@EACH_SIDE
def test_who_died_free_by_an_event_of_its_own_is_not_there_to_have_died_in_captivity(side: Side) -> None:
    told = [
        taken(side, 1, 10, **day("2024-01-01")),
        out(side, 2, 10, **day("2024-02-01")),
        moved("people_died_free", 3, 9, key="free", side=side, **day("2024-02-10")),
        moved(f"{side}_died", 4, 2, key="died", remains_held=False, **day("2024-03-01")),
    ]
    assert held(book_of(*told), side) is None  # one of two can have been free: the other one is too many


@EACH_SIDE
def test_before_the_release_a_death_is_one_in_captivity_at_any_cut(side: Side) -> None:
    told = [
        taken(side, 1, 10, **day("2024-01-01")),
        moved(f"{side}_died", 2, 2, key="died", **day("2024-01-15")),
        out(side, 3, 8, **day("2024-02-01")),
        moved(f"{side}_died", 4, 1, key="later", **day("2024-03-01")),
    ]
    for bound, expected in {"2024-01-31": (10, 2), "2024-02-15": (2, 2), "2024-03-01": (2, 2)}.items():
        found = of(tally(book_of(*told, occurred_by=bound)), side)
        assert (numbers(found.held), numbers(found.remains.held)) == ((expected[0],) * 3, (expected[1],) * 3), bound


# -- from a list ---------------------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize(
    ("people", "left"),
    [
        (100, (93, 93, 93)),
        (ABOUT_100, (93, 88, 98)),
        (OVER_90, (None, 84, None)),
        ({"qualifier": "several"}, (None, 0, None)),
    ],
)
def test_a_list_can_hedge_and_what_went_later_is_taken_off(side: Side, people: Any, left: Any) -> None:
    assert held(book_of(listed(side, 1, people), out(side, 2, 7, **day("2024-03-11"))), side) == left


@EACH_SIDE
def test_rival_lists_stretch_the_stock_and_one_that_agrees_does_not(side: Side) -> None:
    rival = listed(side, 2, 110, source={"publisher": "Another"})
    agreeing = listed(side, 3, OVER_90, source={"publisher": "A third"})
    gone = out(side, 4, 7, **day("2024-03-11"))
    assert held(book_of(listed(side, 1, 100), agreeing, gone), side) == (93, 93, 93)
    assert held(book_of(listed(side, 1, 100), rival, agreeing, gone), side) == (93, 93, 103)


@EACH_SIDE
def test_a_corrected_list_counts_from_its_new_number_and_a_retracted_one_from_none(side: Side) -> None:
    gone = out(side, 9, 7, **day("2024-03-11"))
    again = listed(side, 2, 98, supersedes=listed(side, 1, 100).id, reason="corrected")
    assert held(book_of(listed(side, 1, 100), gone, again), side) == (91, 91, 91)
    assert held(book_of(listed(side, 1, 100), gone, retracted(2, 1, key="list")), side) is None


@EACH_SIDE
def test_the_first_of_several_lists_opens_the_stock_and_later_ones_are_compared(side: Side) -> None:
    first, later = listed(side, 1, 100, "2024-03-10"), listed(side, 2, 92, "2024-03-12", occurrence="second")
    book = book_of(later, first, out(side, 3, 7, **day("2024-03-11")))
    assert held(book, side) == (93, 93, 93)
    found = {each.as_of: (each.verdict, each.difference) for each in stated_totals(book, [book])}
    assert found == {"2024-03-10": ("not compared", None), "2024-03-12": ("differs", -1)}


@EACH_SIDE
def test_before_the_date_of_the_list_a_cut_knows_no_stock(side: Side) -> None:
    told = [listed(side, 1, 100), out(side, 2, 7, **day("2024-03-05")), out(side, 3, 3, **day("2024-03-11"))]
    cuts = {"2024-03-09": None, "2024-03-10": (100, 100, 100), "2024-03-11": (97, 97, 97)}
    assert {bound: held(book_of(*told, occurred_by=bound), side) for bound in cuts} == cuts


@EACH_SIDE
@pytest.mark.parametrize(
    ("type", "members", "left"),
    [
        ("{}_released", {}, (None, 93, 100)),
        ("{}_taken", {}, (None, 100, 107)),
        ("people_retaken", {"side": ...}, (None, 100, 107)),
        ("remains_returned", {"side": ...}, (None, 93, 100)),
        ("people_died_free", {"side": ...}, (100, 100, 100)),
    ],
)
def test_whatever_straddles_the_list_may_be_in_it_or_not(
    side: Side, type: str, members: dict[str, Any], left: Any
) -> None:
    said = {name: side if value is ... else value for name, value in members.items()}
    said["occurred"] = {"at": "2024-W10", "precision": "week"}  # to 10 March
    book = book_of(listed(side, 1, 100, "2024-03-07"), moved(type.format(side), 2, 7, **said))
    assert held(book, side) == left


@EACH_SIDE
def test_a_list_of_one_side_opens_no_stock_of_the_other(side: Side) -> None:
    view = tally(book_of(listed(side, 1, 100)))
    others = view.prisoners if side == "captives" else view.captives
    assert (numbers(of(view, side).held), others.held, of(view, side).taken) == ((100,) * 3, None, None)


@EACH_SIDE
def test_who_dies_after_the_list_beyond_its_living_and_the_freed_is_accounted_for(side: Side) -> None:
    told = [
        listed(side, 1, 10, "2024-03-01"),
        out(side, 2, 10, **day("2024-03-05")),
        moved(f"{side}_died", 3, 1, key="died", remains_held=False, **day("2024-03-09")),
    ]
    assert held(book_of(*told), side) == (0, 0, 0)


RANGE = {"best": 5, "low": 3, "high": 8, "qualifier": "estimate"}
SEVEN_TO_TWELVE = {"best": 10, "low": 7, "high": 12, "qualifier": "estimate"}


@EACH_SIDE
@pytest.mark.parametrize("is_held", [True, False])
@pytest.mark.parametrize(
    ("came", "gone", "dead", "in_captivity"),
    [
        (10, 6, 5, (4, 4, 4)),  # one of them died in freedom
        (10, 6, RANGE, (4, 3, 4)),  # if three died, all of them may have been held
        (10, 0, RANGE, (5, 3, 8)),
        (SEVEN_TO_TWELVE, 6, 5, (4, 1, 5)),  # of one to six who were left
        (SEVEN_TO_TWELVE, 6, 2, (2, 1, 2)),
        (10, SEVEN_TO_TWELVE, 2, (0, 0, 2)),
        (10, 10, RANGE, (0, 0, 0)),
    ],
)
def test_deaths_beyond_those_held_keep_the_ranges_of_all_that_they_rest_on(
    side: Side, is_held: bool, came: Any, gone: Any, dead: Any, in_captivity: tuple[int, int, int | None]
) -> None:
    death = moved(f"{side}_died", 3, dead, key="died", remains_held=is_held, **day("2024-02-01"))
    told = [taken(side, 1, came, **day("2024-01-01")), out(side, 2, gone, **day("2024-01-10")), death]
    sums = figures(book_of(*told))
    assert numbers(sums[f"{side}.{'died_held' if is_held else 'died_away'}"].estimate()) == in_captivity
    assert numbers(sums[f"{side}.died"].estimate()) == numbers(stated_as(dead))


def stated_as(people: Any) -> Estimate:
    return estimate_of(entry(Count.model_validate(count(people))))


MARCH, DAYS_OF_MARCH = {"at": "2024-03", "precision": "month"}, ("2024-03-06", "2024-03-07")


@EACH_SIDE
@pytest.mark.parametrize("is_held", [True, False])
@pytest.mark.parametrize(
    "came",
    [
        {"at": "2024-03-04", "precision": "day"},
        {"at": "2024-W10", "precision": "week"},
        MARCH,
        {"at": "2024", "precision": "year"},
        {"at": "2024-03-04", "precision": "after"},
        {"at": "2024-03-05", "precision": "before"},
        {"at": "2024-03-01", "until": "2024-03-20", "precision": "interval"},
    ],
)
@pytest.mark.parametrize("type", ["{}_taken", "people_retaken"])
def test_whoever_can_have_come_before_died_in_captivity(side: Side, is_held: bool, came: Any, type: str) -> None:
    out_day, death_day = DAYS_OF_MARCH
    sided = {} if "{}" in type else {"side": side}
    told = [
        *([] if "{}" in type else [taken(side, 8, 20, **day("2024-02-01")), out(side, 9, 20, **day("2024-02-02"))]),
        moved(type.format(side), 1, 10, key="came", round=None, occurred=came, **sided),
        out(side, 2, 4, **day(out_day)),
        moved(f"{side}_died", 3, 2, key="died", remains_held=is_held, **day(death_day)),
    ]
    found = of(tally(book_of(*told)), side)
    assert found.held is not None
    assert found.held.best == (6 if is_held else 4)
    if is_held:
        assert found.remains.held is not None
        assert found.remains.held.best == 2


@EACH_SIDE
def test_a_death_of_some_day_of_a_month_is_not_taken_for_one_after_the_last_release(side: Side) -> None:
    told = [taken(side, 1, 10, **day("2024-02-01")), out(side, 2, 10, **day("2024-03-20"))]
    death = moved(f"{side}_died", 3, 2, key="died", occurred=MARCH)
    found = of(tally(book_of(*told, death)), side)
    assert numbers(found.remains.held) == (2, 2, 2)


@EACH_SIDE
@pytest.mark.parametrize(
    "other",
    [
        lambda side: stated(6, f"{side}.released", 500, occurrence="list", **day("2024-03-10")),
        lambda side: stated(6, f"{side}.held", 40, party="north_prison", occurrence="list", **day("2024-03-10")),
        lambda side: listed(OTHER[side], 6, 20),
    ],
    ids=["another figure", "one prison", "the other side"],
)
def test_a_total_of_something_else_is_no_rival_to_the_list(side: Side, other: Any) -> None:
    rival = other(side).model_copy(update={"source": listed(side, 1, 1, source={"publisher": "Z"}).source})
    assert held(book_of(listed(side, 1, 100), rival, out(side, 7, 7, **day("2024-04-01"))), side) == (93, 93, 93)


# -- of no round ---------------------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize("stock", ["held", "remains.held", "remains.unidentified"])
def test_a_stock_is_of_no_round(side: Side, stock: str) -> None:
    """Of those whose round is told as well: what is held was taken in any round, or in none."""
    told = [
        moved(f"{side}_taken", 1, 20, key="taken"),
        moved(f"{side}_died", 2, 5, key="died"),
        moved("remains_received", 3, 3, key="received", side=side),
        out(side, 4, 6),
    ]
    book, name = book_of(*told), f"{side}.{stock}"
    assert figure(book, name) is not None
    assert [figure(book, name, rounds) for rounds in ([1], [None], [1, None])] == [None] * 3
    found = explain(book, f"rounds.1.{name}", {each.id: each for each in told}.__getitem__)
    assert (found.value, found.notes) == (None, ["It is of the whole exchange, and of no round."])
    [checked] = stated_totals(total := book_of(*told, stated(9, name, 1, round=1)), [total])
    assert (checked.as_of, checked.computed) == ("2024-03-01", figure(book, name))


# -- several exchanges ---------------------------------------------------------------------------


def together(side: Side, *books: Book) -> tuple[int | None, int, int | None] | None:
    found = value(f"{side}.held", process_figures(books))
    return None if found is None else numbers(found)


def there(*events: AnyEvent) -> Book:
    moved_there: Sequence[AnyEvent] = [each.model_copy(update={"exchange": THERE}) for each in events]
    return book_of(opened(90, THERE), *moved_there)


@EACH_SIDE
def test_the_only_list_among_several_exchanges_opens_the_stock_of_all(side: Side) -> None:
    here = book_of(opened(1), listed(side, 2, 100), out(side, 3, 7, **day("2024-03-11")))
    before, after = out(side, 4, 5, **day("2024-03-05")), out(side, 5, 20, **day("2024-03-12"))
    assert together(side, here, there(before, after)) == (73, 73, 73)


@EACH_SIDE
def test_a_list_of_the_process_comes_before_those_of_its_exchanges(side: Side) -> None:
    of_all = listed(side, 4, 300, scope="process", occurrence="all")
    here = book_of(opened(1), listed(side, 2, 100), out(side, 3, 7, **day("2024-03-11")), of_all)
    elsewhere = there(listed(side, 5, 50))
    assert together(side, here, elsewhere) == (293, 293, 293)
    assert (held(here, side), held(elsewhere, side)) == ((93, 93, 93), (50, 50, 50))


@EACH_SIDE
@pytest.mark.parametrize("is_taken_later", [False, True])
def test_lists_of_several_exchanges_are_no_stock_of_all(side: Side, is_taken_later: bool) -> None:
    """They may hold the same people, and those who are taken later are not all there are."""
    later = [taken(side, 6, 5, **day("2024-03-20"))] if is_taken_later else []
    here, elsewhere = book_of(opened(1), listed(side, 2, 100)), there(listed(side, 5, 50), *later)
    assert together(side, here, elsewhere) is None
    assert held(elsewhere, side) == ((55, 55, 55) if is_taken_later else (50, 50, 50))


@EACH_SIDE
def test_takings_in_one_exchange_are_the_stock_of_what_goes_in_another(side: Side) -> None:
    assert together(side, book_of(opened(1), taken(side, 2, 20)), there(out(side, 3, 6))) == (14, 14, 14)
    assert held(there(out(side, 3, 6)), side) is None


@EACH_SIDE
def test_a_death_in_one_exchange_is_weighed_against_releases_in_another(side: Side) -> None:
    here = book_of(
        opened(1),
        taken(side, 2, 10, **day("2024-01-01")),
        moved(f"{side}_died", 3, 1, key="died", remains_held=False, **day("2024-03-01")),
    )
    assert together(side, here, there(out(side, 4, 10, **day("2024-02-01")))) == (0, 0, 0)
    assert held(here, side) == (9, 9, 9)


# -- corrections ---------------------------------------------------------------------------------


def test_a_corrected_release_gives_back_whom_it_took() -> None:
    told = [taken("captives", 1, 20), out("captives", 2, 6, key="leg"), corrected(3, 2, 5)]
    assert held(book_of(*told), "captives") == (15, 15, 15)
