"""Identities that close over the whole crisis, from the totals that sources state and from what the ledger adds up."""

from collections.abc import Sequence

import pytest

from ledger import Books
from ledger.book.figures import value
from ledger.book.tally import figures
from ledger.book.transfers import SIDES
from schemas.views import Estimate, StatedTotal, Tally
from tests.history.bundled import JANUARY, NOVEMBER, OCTOBER, OUTSIDE, PROCESS, exactly, read


@pytest.fixture(scope="module")
def stated(books: Books) -> dict[str, StatedTotal]:
    """The totals of the news agency's summary of 6 November 2025, by figure or label."""
    totals = [each for each in books.stated_totals(OCTOBER) if each.publisher.startswith("Hindustan Times")]
    return {each.label or each.figure: each for each in totals}


def numbers(stated: dict[str, StatedTotal]) -> dict[str, int]:
    return {name: exactly(each.stated) for name, each in stated.items()}


def test_everyone_taken_is_accounted_for_by_the_stated_totals(stated: dict[str, StatedTotal]) -> None:
    assert numbers(stated) == {
        "captives taken on 7 October 2023": 251,
        "captives taken before 7 October 2023": 4,
        "captives.released": 160,
        "captives.rescued": 8,
        "remains.returned": 30,
        "remains.recovered": 51,
        "remains of captives still held": 6,
    }
    total = numbers(stated)
    taken = total.pop("captives taken on 7 October 2023") + total.pop("captives taken before 7 October 2023")
    assert taken == 255 == sum(total.values())


def test_taken_as_the_ledger_has_it(books: Books) -> None:
    taken = books.tally(PROCESS).captives.taken
    assert taken == Estimate(best=251 + 4, low=251 + 4, high=252 + 4, exact=False)


def test_released_alive_is_one_short_of_what_is_stated(books: Books, stated: dict[str, StatedTotal]) -> None:
    released = {name: exactly(books.tally(name).captives.released) for name in (OUTSIDE, NOVEMBER, JANUARY, OCTOBER)}
    assert released == {OUTSIDE: 2 + 2, NOVEMBER: 105, JANUARY: 30, OCTOBER: 20}
    total = stated["captives.released"]
    # The bundled data has no claim of the one release of May 2025.
    assert exactly(total.computed) == sum(released.values()) == 159
    assert (exactly(total.stated), total.difference, total.agrees) == (160, 1, False)


def test_the_data_tells_of_one_of_eight_rescues(books: Books, stated: dict[str, StatedTotal]) -> None:
    assert exactly(books.tally(PROCESS).captives.rescued) == 1
    assert stated["captives.rescued"].difference == 8 - 1


def test_remains_handed_over_in_deals_by_then(stated: dict[str, StatedTotal]) -> None:
    total = stated["remains.returned"]
    assert (exactly(total.stated), exactly(total.computed), total.agrees) == (8 + 22, 30, True)


def test_remains_recovered_by_force_are_not_in_the_data(stated: dict[str, StatedTotal]) -> None:
    total = stated["remains.recovered"]
    assert (exactly(total.stated), total.computed, total.difference, total.agrees) == (51, None, None, None)


def test_alive_and_dead_make_251(books: Books, stated: dict[str, StatedTotal]) -> None:
    total = numbers(stated)
    held_before = 2  # alive and two dead, taken in 2014 and 2015
    alive = total["captives.released"] + total["captives.rescued"] - held_before
    dead = (
        total["remains.returned"] + total["remains.recovered"] + total["remains of captives still held"] - held_before
    )
    [returned_dead] = [
        exactly(each.stated)
        for each in books.stated_totals(OCTOBER)
        if each.label == "captives of 7 October 2023 returned dead"
    ]
    assert (alive, dead, alive + dead) == (166, returned_dead, 251)


def test_prisoners_released_in_all(books: Books) -> None:
    released = [best(books.tally(name).prisoners.released) for name in (NOVEMBER, JANUARY, OCTOBER)]
    assert released == [240, 1778, 1968]
    assert best(books.tally(PROCESS).prisoners.released) == 3986 == 240 + 1778 + 1968


def best(estimate: Estimate | None) -> int | None:
    assert estimate is not None
    return estimate.best


def test_thais(books: Books) -> None:
    alive = {name: exactly(books.tally(name).captives.by.nationality["THA"]) for name in (NOVEMBER, JANUARY)}
    assert alive == {NOVEMBER: 23, JANUARY: 5}
    assert exactly(books.tally(PROCESS).captives.by.nationality["THA"]) == 28
    [stated] = [each for each in books.stated_totals(OCTOBER) if each.label == "Thai captives in all, alive and dead"]
    dead = 3  # of whom the data has the two of the deal of October 2025
    assert exactly(stated.stated) == 31 == 28 + dead
    assert exactly(books.tally(OCTOBER).captives.remains.nationality["THA"]) == dead - 1


def test_what_the_red_cross_moved_by_13_october_2025(books: Books) -> None:
    [moved] = [each for each in books.stated_totals(OCTOBER) if (each.label or "").startswith("captives moved")]
    then = read(occurred_by="2025-10-13").tally(PROCESS)
    living = exactly(then.captives.released) + 1  # the one of May 2025, of whom the data has no claim
    assert exactly(moved.stated) == 172 == living + 8 + 4
    assert exactly(then.captives.remains.returned) == 8 + 4


def test_everyone_freed_since_the_start_after_round_six(books: Books) -> None:
    freed = value("captives.freed", figures(books.book(OUTSIDE)))
    assert exactly(freed) == 4 + 1
    assert exactly(read(occurred_by="2023-11-29").tally(PROCESS).captives.released) + 1 == 97 + 4 + 1


def test_a_process_is_the_sum_of_its_exchanges(books: Books) -> None:
    whole = books.tally(PROCESS)
    assert set(whole.exchanges) == {OUTSIDE, NOVEMBER, JANUARY, OCTOBER}
    parts = [books.tally(name) for name in whole.exchanges]
    names = ("taken", "released", "nationals", "others", "deal", "outside", "rescued", "escaped", "died")
    added = {f"{side}.{name}": the_sum(whole, parts, side, name) for side in SIDES for name in names}
    assert {name for name, is_recorded in added.items() if is_recorded} == {
        *(f"captives.{name}" for name in names if name != "escaped"),
        *(f"prisoners.{name}" for name in ("released", "deal", "outside")),
    }
    assert whole.events == sum(each.events for each in parts)


def the_sum(whole: Tally, parts: Sequence[Tally], side: str, name: str) -> bool:
    """Whether a figure of a process is recorded; it is what its exchanges add up to, of those that record any."""
    total: Estimate | None = getattr(getattr(whole, side), name)
    each = [one for part in parts if (one := getattr(getattr(part, side), name)) is not None]
    if total is None:
        assert each == []
        return False
    for bound in ("best", "low", "high"):
        assert getattr(total, bound) == sum(getattr(one, bound) for one in each), (side, name, bound)
    return True
