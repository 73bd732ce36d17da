"""The first phase of January and February 2025: a leg that came late, a range of figures, remains."""

from fractions import Fraction

import pytest

from ledger import Books
from ledger.book.balances import bounds
from ledger.book.figures import value
from ledger.book.tally import figures
from schemas.views import Estimate, Ratio
from tests.book.building import numbers, round_claims, round_parts
from tests.history.bundled import JANUARY, exactly, last_claim, read, recorded, row_event

ROUNDS = {  # alive nationals, Thais, remains, prisoners, per national, per living captive; None is not recorded
    1: (3, None, None, 90, "90/3", "90/3"),
    2: (4, None, None, 200, "200/4", "200/4"),
    3: (3, 5, None, 110, "110/3", "110/8"),
    4: (3, None, None, 183, "183/3", "183/3"),
    5: (3, None, None, 183, "183/3", "183/3"),
    6: (3, None, None, 369, "369/3", "369/3"),
    7: (6, None, 4, None, None, None),
    8: (None, None, 4, 643, None, None),
}
DECIMALS = {
    1: (30.0, 30.0),
    2: (50.0, 50.0),
    3: (36.666667, 13.75),
    4: (61.0, 61.0),
    5: (61.0, 61.0),
    6: (123.0, 123.0),
}


@pytest.mark.parametrize("number", ROUNDS)
def test_each_round(books: Books, number: int) -> None:
    view = books.round(JANUARY, number)
    thais = value("captives.by.nationality.THA", figures(books.book(JANUARY), [number]))
    assert (
        recorded(view.captives.nationals),
        recorded(thais),
        recorded(view.captives.remains.returned),
        view.prisoners.released and view.prisoners.released.best,
        view.ratios.nationals.fraction,
        view.ratios.all.fraction,
    ) == ROUNDS[number]
    assert view.ratios.deal.fraction == view.ratios.nationals.fraction
    assert view.ratios.deal.value == view.ratios.nationals.value
    assert (view.ratios.nationals.value, view.ratios.all.value) == DECIMALS.get(number, (None, None))


def test_sums(books: Books) -> None:
    tally = books.tally(JANUARY)
    assert exactly(tally.captives.released) == 30
    assert exactly(tally.captives.nationals) == 25
    assert exactly(tally.captives.others) == 5
    assert exactly(tally.captives.remains.returned) == 8
    assert tally.prisoners.released == Estimate(best=1778, low=1735, high=1778, exact=False)


def test_ratios_of_the_whole_have_a_range(books: Books) -> None:
    ratios = books.tally(JANUARY).ratios
    assert without_names(ratios.nationals) == Ratio(fraction="1778/25", value=71.12, low=69.4, high=71.12)
    assert without_names(ratios.all) == Ratio(fraction="1778/30", value=59.266667, low=57.833333, high=59.266667)


def without_names(ratio: Ratio) -> Ratio:
    """A ratio without the names of the figures that it divides."""
    return ratio.model_copy(update={"numerator": None, "denominator": None})


def test_every_returned_national_alive_or_dead(books: Books) -> None:
    sums = figures(books.book(JANUARY))
    back = exactly(value("captives.nationals_back", sums))
    assert back == 25 + 8 == 33
    assert round(float(Fraction(1778, back)), 1) == 53.9
    returned = books.tally(JANUARY).ratios.returned
    assert (returned.fraction, returned.value) == ("1778/33", 53.878788)
    assert (returned.numerator, returned.denominator) == ("prisoners.returned", "captives.returned_nationals")


def test_round_seven_is_undefined_and_settled_by_the_leg_of_round_eight(books: Books) -> None:
    seven, eight = books.round(JANUARY, 7), books.round(JANUARY, 8)
    for view in (seven, eight):
        own = (view.ratios.deal, view.ratios.nationals, view.ratios.all, view.ratios.returned)
        assert {without_names(each) for each in own} == {Ratio()}
    assert seven.joint == eight.joint
    assert seven.joint is not None
    assert seven.joint.rounds == [7, 8]
    assert (seven.joint.living.fraction, seven.joint.all and seven.joint.all.fraction) == ("643/6", "643/14")
    assert seven.settled_by == [row_event("C25-053")]
    assert eight.settles == [7, 8]
    assert exactly(seven.promised.prisoners) == 620
    assert numbers(seven.outstanding.prisoners) == (0, 0, 20)  # 620 were due, and one source counts 600
    assert "prisoners" not in seven.legs
    assert seven.incomplete == eight.incomplete == []
    assert (seven.prisoners.released, eight.captives.released) == (None, None)


def test_before_the_late_leg_came_round_seven_was_owed() -> None:
    seven = read(occurred_by="2025-02-26").round(JANUARY, 7)
    assert seven.settled_by == []
    assert exactly(seven.outstanding.prisoners) == 620


def test_four_figures_of_the_late_leg_stand_side_by_side(books: Books) -> None:
    eight = books.round(JANUARY, 8)
    found = round_claims(books.book(JANUARY), 8)
    [(used, claim)] = [(occurrence, claim) for occurrence, claim, _ in found.used if occurrence.key == "r8-pal"]
    others = [each.count.best for each in found.left_out if each.occurrence == "r8-pal" and each.count]
    assert (bounds(used.amount)[0], claim.id) == (643, row_event("C25-053"))
    assert sorted(n for n in others if n is not None) == [600, 602, 620]
    assert eight.prisoners.released == Estimate(best=643, low=600, high=643, exact=False)


def test_an_unsourced_figure_is_no_claim(books: Books) -> None:
    assert row_event("C25-057") not in books.book(JANUARY).event_ids


def test_a_facilitators_subset_is_no_contradiction(books: Books) -> None:
    moved = {
        view.round: [(exactly(check.whole), exactly(check.parts), check.agrees)]
        for view in books.rounds(JANUARY)
        for check in round_parts(books.book(JANUARY), view.round)
        if check.by == "mover"
    }
    assert moved == {2: [(200, 128, True)], 4: [(183, 175, True)]}


def test_the_wrong_body_enters_no_tally(books: Books) -> None:
    tally = books.tally(JANUARY)
    assert exactly(tally.captives.remains.rejected) == 1
    days = {
        each.round: (each.legs["remains"].first.at, each.legs["remains"].last.at)
        for each in books.rounds(JANUARY)
        if "remains" in each.legs
    }
    assert days == {7: ("2025-02-20", "2025-02-21"), 8: ("2025-02-27", "2025-02-27")}


def test_the_announced_four_remains_were_corrected_to_three(books: Books) -> None:
    left_out = {each.event: each for each in round_claims(books.book(JANUARY), 7).left_out}
    corrected = left_out[row_event("C25-045")]
    assert corrected.count == Estimate(best=4, low=4, high=4)
    assert corrected.why == f"corrected by {last_claim(JANUARY, 'r7-rem')}"


def test_categories_have_ratios_of_their_own_so_that_there_is_no_single_promised_one(books: Books) -> None:
    assert {each.promised_ratio for each in books.rounds(JANUARY)} == {Ratio()}


PROMISED: dict[int, tuple[int | None, int, int] | None] = {  # 30 for a civilian, 50 for a soldier
    1: (90, 90, 90),
    2: (200, 200, 200),
    3: (None, 90, 150),  # civilians and a soldier, and no claim says how many of each
    4: None,  # men, whose ratio is not in the data
    5: None,
    6: None,
    7: (620, 620, 620),  # what was delayed
    8: None,
}


@pytest.mark.parametrize("number", PROMISED)
def test_what_each_category_promises_is_what_came(books: Books, number: int) -> None:
    view = books.round(JANUARY, number)
    promised, came = view.promised.prisoners, view.prisoners.released
    assert (promised and (promised.best, promised.low, promised.high)) == PROMISED[number]
    if number <= 3:
        assert promised is not None
        assert came is not None
        assert promised.low <= (came.best or 0) <= (promised.high or 0)
        assert view.outstanding.prisoners is not None
        assert view.outstanding.prisoners.low == 0
