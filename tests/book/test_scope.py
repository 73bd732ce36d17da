"""Who counts in the deal: of both sides, the living and the dead, in credits and sums, and where nobody says it."""

from typing import Any

import pytest

from ledger.book.rounds import round_view
from ledger.book.tally import process_tally, tally
from schemas.events import AnyEvent
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    OTHER,
    UNKNOWN,
    back,
    book_of,
    day,
    event,
    explained,
    figure,
    group,
    numbers,
    of,
    opened,
    out,
    retracted,
)

OVER_10 = {"low": 11, "qualifier": "over"}
ABOUT_12 = {"best": 12, "low": 10, "high": 14, "qualifier": "about"}
ESTIMATED = {"low": 1, "high": 4, "qualifier": "estimate"}
UNSAID = {"ratio_scope": "none"}


def credit(number: int, side: Side, people: Any, **members: Any) -> AnyEvent:
    stated = {"best": people} if isinstance(people, int) else people
    return event("count_credited", number, side=side, count=stated, **{"from_round": 1, "to_round": 2, **members})


# -- nobody said it ------------------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize(
    ("people", "deal", "outside", "unsaid"),
    [
        (36, (None, 0, 36), (None, 0, 36), (36, 36, 36)),
        (ABOUT_12, (None, 0, 14), (None, 0, 14), (12, 10, 14)),
        (OVER_10, (None, 0, None), (None, 0, None), (None, 11, None)),
        (UNKNOWN, (None, 0, None), (None, 0, None), (None, 0, None)),
        (0, (0, 0, 0), (0, 0, 0), (0, 0, 0)),
    ],
)
def test_whoever_may_belong_to_the_deal_widens_it_by_as_many_as_they_may_be(
    side: Side, people: Any, deal: Any, outside: Any, unsaid: Any
) -> None:
    book = book_of(out(side, 1, group(people, **UNSAID)))
    found = [figure(book, f"{side}.{name}") for name in ("deal", "outside", "unsaid")]
    assert [numbers(each) for each in found] == [deal, outside, unsaid]
    assert [each and each.exact for each in found] == [people == 0, people == 0, isinstance(people, int)]


@EACH_SIDE
@pytest.mark.parametrize(
    ("name", "nobody"),
    [("deal", {"ratio_scope": "none"}), ("nationals", {"nationality": []}), ("others", {"nationality": []})],
)
def test_of_nobody_none_may_belong(side: Side, name: str, nobody: dict[str, Any]) -> None:
    """The sum of the contributions is the figure: a group of 0 people leaves the number of the others as it is."""
    told = [opened(1, prisoner_nationals=["XNO"]), out(side, 2, group(12), group(0, **nobody))]
    found = explained(book_of(*told), f"{side}.{name}", {each.id: each for each in told})
    expected = (0, 0, 0) if name == "others" else (12, 12, 12)
    assert numbers(found.value) == expected
    assert [numbers(each.count) for each in found.contributions] == [expected]


@EACH_SIDE
def test_people_of_unsaid_scope_stand_beside_those_of_whom_it_is_said(side: Side) -> None:
    book = book_of(out(side, 1, 10, group(3, ratio_scope="outside"), group(4, **UNSAID)), out(OTHER[side], 2, 30))
    assert numbers(figure(book, f"{side}.deal")) == (None, 10, 14)
    assert numbers(figure(book, f"{side}.outside")) == (None, 3, 7)
    ratio = tally(book).ratios.deal
    assert (ratio.fraction, ratio.value) == (None, None)
    assert (ratio.low, ratio.high) == ((2.142857, 3.0) if side == "captives" else (0.333333, 0.466667))


@EACH_SIDE
def test_a_credit_of_unsaid_scope_takes_away_from_the_unsaid(side: Side) -> None:
    book = book_of(out(side, 1, group(10, **UNSAID)), credit(2, side, 2, from_scope="none"))
    assert numbers(figure(book, f"{side}.unsaid", [1])) == (8, 8, 8)
    assert numbers(figure(book, f"{side}.deal", [1])) == (None, 0, 8)
    assert numbers(figure(book, f"{side}.deal", [2])) == (2, 2, 2)
    assert numbers(figure(book, f"{side}.deal")) == (None, 2, 10)


@EACH_SIDE
def test_what_an_exchange_declares_holds_whenever_and_in_which_order_it_is_declared(side: Side) -> None:
    told = [out(side, 1, group(12, **UNSAID)), opened(2, unsaid_scope="inside", **day("2024-06-01"))]
    for order in (told, told[::-1]):
        assert numbers(figure(book_of(*order), f"{side}.deal")) == (12, 12, 12)
    assert numbers(figure(book_of(*told, occurred_by="2024-03-05"), f"{side}.deal")) == (12, 12, 12)
    unpublished = [told[0], opened(2, unsaid_scope="inside", source={"published": "2024-06-01"})]
    assert numbers(figure(book_of(*unpublished, published_by="2024-03-05"), f"{side}.deal")) == (None, 0, 12)
    withdrawn = [told[0], opened(2, unsaid_scope="inside", occurrence="deal"), retracted(3, 2, key="deal")]
    assert numbers(figure(book_of(*withdrawn), f"{side}.deal")) == (None, 0, 12)


@EACH_SIDE
def test_what_one_exchange_declares_says_nothing_of_another_of_its_process(side: Side) -> None:
    one = book_of(opened(1, unsaid_scope="inside"), out(side, 2, group(12, **UNSAID)))
    other = book_of(opened(3, "EAST-WEST-2024"), out(side, 4, group(5, **UNSAID), exchange="EAST-WEST-2024"))
    found = of(process_tally("ALL", [one, other]), side)
    shown = (found.deal, found.outside, found.unsaid, found.released)
    assert [numbers(each) for each in shown] == [(None, 12, 17), (None, 0, 5), (5, 5, 5), (17, 17, 17)]


@EACH_SIDE
def test_a_round_of_people_whom_nobody_places_lacks_its_other_leg_all_the_same(side: Side) -> None:
    book = book_of(out(side, 1, group(12, **UNSAID)))
    assert (round_view(book, 1).incomplete, tally(book).incomplete) == ([OTHER[side]], [1])
    beside = book_of(out(side, 1, group(12, **UNSAID, basis="humanitarian")))
    assert (round_view(beside, 1).incomplete, tally(beside).incomplete) == ([], [])


# -- beside the deal -----------------------------------------------------------------------------


@EACH_SIDE
def test_people_beside_the_deal_are_out_of_its_ratio_in_each_round_and_in_a_process(side: Side) -> None:
    beside = {"ratio_scope": "outside"}
    told = [out(side, 1, 246), out(side, 2, group(31, **beside)), out(OTHER[side], 3, 246, group(15, **beside))]
    book = book_of(opened(9), *told)
    for view in (tally(book), round_view(book, 1), process_tally("ALL", [book])):
        assert (numbers(of(view, side).deal), numbers(of(view, OTHER[side]).deal)) == ((246,) * 3, (246,) * 3)
        assert (numbers(of(view, side).released), numbers(of(view, OTHER[side]).released)) == ((277,) * 3, (261,) * 3)
        assert view.ratios.deal.fraction == "246/246"


@EACH_SIDE
def test_the_dead_of_a_release_are_in_no_ratio_of_the_living(side: Side) -> None:
    told = [out(side, 1, 436, group(59, vital="remains")), out(OTHER[side], 2, 1, group(3, vital="died"))]
    view = tally(book_of(*told))
    assert (numbers(of(view, side).deal), numbers(of(view, side).remains.returned)) == ((436,) * 3, (59,) * 3)
    ratios = view.ratios
    fractions = (ratios.deal.fraction, ratios.all.fraction, ratios.remains.fraction, ratios.returned.fraction)
    expected = ("1/436", "1/436", "3/59", "4/495") if side == "captives" else ("436/1", "436/1", "59/3", "495/4")
    assert fractions == expected


@EACH_SIDE
def test_remains_beside_the_deal_are_in_no_joint_ratio(side: Side) -> None:
    told = [
        out(side, 1, 6),
        back(side, 2, group(4, ratio_scope="outside"), round=2),
        out(OTHER[side], 3, 60, round=2, settles=[1]),
    ]
    joint = round_view(book_of(*told), 1).joint
    assert joint is not None
    assert (joint.living.fraction, joint.all) == ("60/6" if side == "captives" else "6/60", None)


# -- credits -------------------------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize("scope", ["inside", "outside", "credited_next_round"])
def test_a_credit_leaves_the_class_that_it_comes_from_and_moves_nobody(side: Side, scope: str) -> None:
    told = [
        out(side, 1, *(group(5, ratio_scope=each) for each in ("inside", "outside", "credited_next_round"))),
        credit(2, side, 2, from_scope=scope),
    ]
    book = book_of(*told)
    assert numbers(figure(book, f"{side}.deal", [1])) == ((3, 3, 3) if scope == "inside" else (5, 5, 5))
    assert numbers(figure(book, f"{side}.outside", [1])) == ((10, 10, 10) if scope == "inside" else (8, 8, 8))
    assert numbers(figure(book, f"{side}.deal", [2])) == (2, 2, 2)
    assert numbers(figure(book, f"{side}.released")) == (15, 15, 15)
    assert figure(book, f"{OTHER[side]}.deal") is None


@EACH_SIDE
@pytest.mark.parametrize(
    ("people", "outside", "deal"),
    [
        (2, (0, 0, 0), (2, 2, 2)),
        (3, None, (3, 3, 3)),
        ({"low": 3, "qualifier": "at_least"}, None, (None, 3, None)),
        ({"low": 1, "high": 3, "qualifier": "about"}, (None, 0, 1), (None, 1, 3)),
        (UNKNOWN, (None, 0, 2), (None, 0, None)),
    ],
)
def test_more_credited_than_were_freed_for_it_is_no_number_and_never_0(
    side: Side, people: Any, outside: Any, deal: Any
) -> None:
    told = [out(side, 1, group(2, ratio_scope="credited_next_round")), credit(2, side, people)]
    left = figure(book_of(*told), f"{side}.outside")
    assert (None if left is None else numbers(left)) == outside
    assert numbers(figure(book_of(*told), f"{side}.deal", [2])) == deal


@EACH_SIDE
@pytest.mark.parametrize("inside", [0, 7])
@pytest.mark.parametrize(("people", "is_known"), [(1, True), (2, True), (3, False), ({"best": 3, **ESTIMATED}, False)])
def test_more_credited_than_there_are_unsaid_leaves_no_class_known(
    side: Side, inside: int, people: Any, is_known: bool
) -> None:
    """Nobody knows then from which class the others were taken."""
    told = [out(side, 1, group(2, **UNSAID), group(inside)), credit(2, side, people, from_scope="none")]
    found = [figure(book_of(*told), f"{side}.{name}", [1]) for name in ("deal", "outside", "unsaid")]
    assert [each is not None for each in found] == [is_known] * 3
    assert numbers(figure(book_of(*told), f"{side}.released", [1])) == (inside + 2,) * 3


# -- who let them go, and where they went --------------------------------------------------------


@EACH_SIDE
def test_who_let_people_go_and_where_they_went_is_told_of_each_side_and_sums_up(side: Side) -> None:
    told = [
        out(side, 1, group(5, holder="germany", destination="russia"), by="usa"),
        out(side, 2, group(3, destination="russia"), group(1), by="usa"),
        out(side, 3, group(2)),
        out(OTHER[side], 4, group(16, destination="germany"), by="russia"),
    ]
    view = tally(book_of(*told))
    by, across = of(view, side).by, of(view, OTHER[side]).by
    assert {name: each.best for name, each in by.holder.items()} == {"germany": 5, "usa": 4, "unknown": 2}
    assert {name: each.best for name, each in by.destination.items()} == {"russia": 8, "unknown": 3}
    assert {name: each.best for name, each in across.destination.items()} == {"germany": 16}
    assert {name: each.best for name, each in across.holder.items()} == {"russia": 16}
    for dimension in (by.holder, by.destination, by.basis, by.vital, by.category, by.sentence):
        assert sum(each.best or 0 for each in dimension.values()) == 11
