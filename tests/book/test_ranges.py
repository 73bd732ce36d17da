"""From hedged words and claims that differ to a best figure and its range."""

from typing import Any

import pytest

from ledger.book import number_text
from ledger.book.balances import Term, combined, plus
from ledger.book.figures import value
from ledger.book.ratios import UNDEFINED, ratio
from ledger.book.tally import figures, tally
from schemas.views import Estimate, Ratio, view_bytes
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    book_of,
    corrected,
    figure,
    freed,
    group,
    let_go,
    moved,
    numbers,
    of,
    opened,
    out,
    retracted,
)

ABOUT_12 = {"best": 12, "qualifier": "about"}
OVER_10 = {"low": 11, "qualifier": "over"}
AT_LEAST_15 = {"low": 15, "qualifier": "at_least"}
UNDER_20 = {"high": 19, "qualifier": "under"}
TEN_TO_TWENTY = {"low": 10, "high": 20, "qualifier": "about"}
SEVERAL = {"qualifier": "several"}
NEARLY_900 = {"high": 899, "qualifier": "nearly"}
ESTIMATE = {"best": 5, "low": 3, "high": 9, "qualifier": "estimate"}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (12, (12, 12, 12)),
        (0, (0, 0, 0)),
        (ABOUT_12, (12, 12, 12)),
        (OVER_10, (None, 11, None)),
        (AT_LEAST_15, (None, 15, None)),
        (UNDER_20, (None, 0, 19)),
        (TEN_TO_TWENTY, (None, 10, 20)),
        (SEVERAL, (None, 0, None)),
        ({"qualifier": "unknown"}, (None, 0, None)),
        (NEARLY_900, (899, 850, 899)),
        ({**NEARLY_900, "low": 880}, (899, 880, 899)),
        (ESTIMATE, (5, 3, 9)),
    ],
)
def test_one_claim(stated: Any, expected: tuple[int | None, int, int | None]) -> None:
    estimate = figure(book_of(freed(1, stated)), "captives.released")
    assert numbers(estimate) == expected
    assert estimate is not None
    assert estimate.exact == isinstance(stated, int)
    assert estimate.hedged == (not estimate.exact and stated != ESTIMATE)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (12, 12, (12, 12, 12)),
        (12, 10, (12, 10, 12)),
        (12, 15, (12, 12, 15)),
        (12, OVER_10, (12, 12, 12)),
        (12, AT_LEAST_15, (12, 12, None)),
        (12, UNDER_20, (12, 12, 12)),
        (25, UNDER_20, (25, 0, 25)),
        (12, {"high": 20, "low": 14, "qualifier": "up_to"}, (12, 12, 20)),
        (12, TEN_TO_TWENTY, (12, 10, 20)),
        (12, ABOUT_12, (12, 12, 12)),
        (12, ESTIMATE, (12, 3, 12)),
        (900, NEARLY_900, (900, 850, 900)),
        (12, SEVERAL, (12, 12, 12)),
        (12, {"qualifier": "unknown"}, (12, 12, 12)),
        (SEVERAL, 12, (12, 12, 12)),
        (OVER_10, 24, (None, 11, None)),
        (OVER_10, 9, (None, 9, None)),
        (OVER_10, UNDER_20, (None, 11, None)),
        (UNDER_20, 24, (None, 0, 24)),
        (TEN_TO_TWENTY, 24, (None, 10, 24)),
        (TEN_TO_TWENTY, AT_LEAST_15, (None, 10, 20)),
    ],
)
def test_a_rival_widens_the_range_and_never_the_best(
    first: Any, second: Any, expected: tuple[int | None, int, int | None]
) -> None:
    book = book_of(freed(1, first), freed(2, second))
    assert numbers(figure(book, "captives.released")) == expected


def test_a_rival_that_agrees_contests_nothing() -> None:
    assert book_of(freed(1, 12), freed(2, 12)).contested == 0
    assert book_of(freed(1, 12), freed(2, 11)).contested == 1


def test_a_rival_that_is_retracted_no_longer_widens() -> None:
    book = book_of(freed(1, 12), freed(2, 15), retracted(3, 2))
    assert numbers(figure(book, "captives.released")) == (12, 12, 12)
    assert book.contested == 0


def test_a_corrected_figure_widens_nothing() -> None:
    assert numbers(figure(book_of(freed(1, 15), corrected(2, 1, 12)), "captives.released")) == (12, 12, 12)


def test_the_largest_of_several_groups_carries_the_range() -> None:
    thai = group(4, nationality=["THA"], ratio_scope="outside")
    book = book_of(freed(1, 10, thai), freed(2, 17))
    assert numbers(figure(book, "captives.released")) == (14, 14, 17)
    assert numbers(figure(book, "captives.deal")) == (10, 10, 13)
    assert numbers(figure(book, "captives.by.nationality.THA")) == (4, 4, 4)


def test_the_range_of_several_groups_reaches_below() -> None:
    book = book_of(freed(1, 10, group(4, ratio_scope="outside")), freed(2, 12))
    assert numbers(figure(book, "captives.released")) == (14, 12, 14)
    assert numbers(figure(book, "captives.deal")) == (10, 8, 10)


def test_no_group_falls_below_nothing() -> None:
    book = book_of(freed(1, 3, group(2), group(2)), freed(2, 0))
    assert numbers(figure(book, "captives.released")) == (7, 0, 7)


def test_a_hedged_group_makes_the_sum_unknown_and_keeps_its_bounds() -> None:
    book = book_of(freed(1, 10, group(OVER_10)))
    assert numbers(figure(book, "captives.released")) == (None, 21, None)


def test_sums_of_occurrences_add_best_low_and_high() -> None:
    book = book_of(freed(1, 10, key="a"), freed(2, 12, key="a"), freed(3, 5, key="b"), freed(4, TEN_TO_TWENTY, key="c"))
    assert numbers(figure(book, "captives.released")) == (None, 10 + 5 + 10, 12 + 5 + 20)


@pytest.mark.parametrize(
    ("told", "exact", "hedged"),
    [
        ([freed(1, 12)], True, False),
        ([freed(1, 12), freed(2, 12)], True, False),
        ([freed(1, 12), freed(2, 15)], False, False),
        ([freed(1, 12), freed(2, OVER_10)], True, False),
        ([freed(1, ABOUT_12), freed(2, 12)], False, True),
        ([freed(1, 12), freed(2, ABOUT_12)], True, False),
        ([freed(1, 12, group(ABOUT_12))], False, True),
        ([freed(1, ESTIMATE)], False, False),
        ([freed(1, ABOUT_12), corrected(2, 1, 12)], True, False),
    ],
)
def test_exact_is_one_number_without_hedge_or_rival(told: list[Any], exact: bool, hedged: bool) -> None:
    found = figure(book_of(*told), "captives.released")
    assert found is not None
    assert (found.exact, found.hedged) == (exact, hedged)


def test_what_is_held_is_as_recorded_and_never_exact() -> None:
    held = tally(book_of(moved("captives_taken", 1, 12))).captives.held
    assert held == Estimate(best=12, low=12, high=12, hedged=False, exact=False)


ALL: dict[str, Any] = {"numerator": "prisoners.released", "denominator": "captives.released"}

# -- ratios --------------------------------------------------------------------------------------


def known(best: int, low: int | None = None, high: int | None = None, hedged: bool = False) -> Estimate:
    bottom, top = best if low is None else low, best if high is None else high
    return Estimate(best=best, low=bottom, high=top, hedged=hedged, exact=bottom == top and not hedged)


@pytest.mark.parametrize(
    ("prisoners", "captives", "expected"),
    [
        (known(30), known(10), Ratio(fraction="30/10", value=3.0, low=3.0, high=3.0)),
        (known(240), known(81), Ratio(fraction="240/81", value=2.962963, low=2.962963, high=2.962963)),
        (known(0), known(10), Ratio(fraction="0/10", value=0.0, low=0.0, high=0.0)),
        (known(30), known(0), UNDEFINED),
        (None, known(10), UNDEFINED),
        (known(30), None, UNDEFINED),
        (known(30), Estimate(best=None, low=0, high=None, exact=False), UNDEFINED),
        (known(30, 20, 40), known(10, 8, 12), Ratio(fraction="30/10", value=3.0, low=1.666667, high=5.0)),
        (known(30, hedged=True), known(10), Ratio(fraction=None, value=3.0, low=3.0, high=3.0, hedged=True)),
        (known(7000), Estimate(best=None, low=131, high=None, exact=False), Ratio(high=53.435115)),
        (known(30), Estimate(best=None, low=0, high=10, exact=False), Ratio(low=3.0)),
        (Estimate(best=None, low=0, high=36, exact=False), Estimate(best=None, low=0, high=12, exact=False), UNDEFINED),
    ],
)
def test_ratios(prisoners: Estimate | None, captives: Estimate | None, expected: Ratio) -> None:
    assert ratio(prisoners, captives) == expected


def test_a_range_of_which_a_side_is_hedged_is_told_as_about() -> None:
    forty = {"low": 40, "high": 50, "qualifier": "about"}
    book = book_of(freed(1, forty), let_go(2, 100, key="out"))
    hedged, sure = tally(book).ratios.all, Ratio(low=2, high=2.5)
    assert number_text.ratio(hedged) == "about 2 to 2.500"
    assert number_text.ratio(sure) == "2 to 2.500"
    assert (b'"hedged":true' in view_bytes(hedged), b"hedged" in view_bytes(sure)) == (True, False)


def test_about_900_against_10_has_no_fraction() -> None:
    book = book_of(freed(1, 10), let_go(2, {"best": 900, "qualifier": "about"}, key="out"))
    assert tally(book).ratios.all == Ratio(value=90.0, low=90.0, high=90.0, hedged=True, **ALL)


def test_a_leg_that_was_never_recorded_gives_no_ratio() -> None:
    assert tally(book_of(freed(1, 10))).ratios.all == Ratio(**ALL)
    assert tally(book_of(freed(1, 10), let_go(2, 0, key="out"))).ratios.all.fraction == "0/10"


# -- arithmetic of estimates ---------------------------------------------------------------------


def test_plus_and_minus_widen_ranges() -> None:
    one, other = known(10, 8, 12), known(4, 3, 6)
    assert numbers(plus(one, other)) == (14, 11, 18)
    assert numbers(combined([Term(1, one), Term(-1, other)])) == (6, 2, 9)


def test_what_an_unbounded_number_leaves_may_be_nothing() -> None:
    rest = combined([Term(1, known(10)), Term(-1, Estimate(best=None, low=4, high=None, exact=False))])
    assert numbers(rest) == (None, 0, 6)


@pytest.mark.parametrize("taken", [known(11), known(11, 9, 12), Estimate(best=None, low=11, high=None, exact=False)])
def test_less_than_nothing_is_no_number(taken: Estimate) -> None:
    assert combined([Term(1, known(10)), Term(-1, taken)]) is None


def test_a_figure_that_nobody_claims_is_not_recorded() -> None:
    assert value("captives.released", figures(book_of(let_go(1, 3)))) is None
    assert numbers(value("captives.released", figures(book_of(freed(1, 0))))) == (0, 0, 0)


# -- rivals group by group -----------------------------------------------------------------------

OWN, THAI = {"nationality": ["XNO"]}, {"nationality": ["THA"], "ratio_scope": "outside"}
FIGURES = ("released", "deal", "outside", "nationals", "others")


@EACH_SIDE
@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize(
    ("rival", "own", "thai"),
    [
        ((8, 4), (10, 8, 10), (2, 2, 4)),
        ((10, 5), (10, 10, 10), (2, 2, 5)),
        ((12, 0), (10, 10, 12), (2, 0, 2)),
        ((OVER_10, 2), (10, 10, None), (2, 2, 2)),
        ((SEVERAL, 3), (10, 10, 10), (2, 2, 3)),
        ((10, 2), (10, 10, 10), (2, 2, 2)),
    ],
)
def test_rivals_that_tell_of_the_same_groups_are_compared_by_group(
    side: Side, rival: Any, own: Any, thai: Any, is_turned: bool
) -> None:
    groups = [group(rival[0], **OWN), group(rival[1], **THAI)]
    told = [
        opened(9, prisoner_nationals=["XNO"]),
        out(side, 1, group(10, **OWN), group(2, **THAI), key="leg", source={"credibility": 2}),
        out(side, 2, *(groups[::-1] if is_turned else groups), key="leg", source={"publisher": "B"}),
    ]
    found = of(tally(book_of(*told)), side)
    assert [numbers(getattr(found, name)) for name in FIGURES[1:]] == [own, thai, own, thai]
    assert tally(book_of(*told)).contested == (rival != (10, 2))


@EACH_SIDE
@pytest.mark.parametrize("people", [12, 14])
def test_a_rival_that_tells_of_no_groups_is_compared_by_its_sum(side: Side, people: int) -> None:
    whole = group(people, nationality=[], ratio_scope="none", basis="unknown", vital="unknown")
    told = [
        out(side, 1, group(10, **OWN), group(2, **THAI), key="leg", source={"credibility": 2}),
        out(side, 2, whole, key="leg", source={"publisher": "B"}),
    ]
    assert numbers(of(tally(book_of(*told)), side).released) == (12, 12, people)
    assert tally(book_of(*told)).contested == (people != 12)


@EACH_SIDE
@pytest.mark.parametrize(
    "rival",
    [
        lambda side: out(side, 2, 12, key="leg"),
        lambda side: out(side, 2, group(10), group(2, vital="remains"), key="leg", round=2),
        lambda side: out(side, 2, group(12, ratio_scope="outside"), key="leg"),
    ],
    ids=["all alive", "another round", "another scope"],
)
def test_a_rival_that_tells_of_other_people_shows_as_contested(side: Side, rival: Any) -> None:
    adopted = out(side, 1, group(10), group(2, vital="remains"), key="leg", source={"credibility": 2})
    assert tally(book_of(adopted, rival(side))).contested == 1
