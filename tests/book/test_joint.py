"""Rounds that a late leg joins: one ratio together, of both sides, with their dead, as far as the leg counts."""

from typing import Any

import pytest

from ledger.book.book import Book
from ledger.book.rounds import round_view
from ledger.book.tally import tally
from ledger.follow.books import Books
from schemas.codec import encode
from schemas.events import AnyEvent
from schemas.record import Batch
from schemas.views import JointRatio
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    OTHER,
    UNKNOWN,
    adopted,
    back,
    book_of,
    day,
    event,
    group,
    ident,
    numbers,
    of,
    out,
    retracted,
)


def joint(book: Book, number: int) -> JointRatio | None:
    return round_view(book, number).joint


def fraction(side: Side, people: int, others: int) -> str:
    """So many of a side for so many of the other, as a ratio of prisoners for each captive."""
    return f"{others}/{people}" if side == "captives" else f"{people}/{others}"


def late(side: Side, number: int, people: Any, round: int | None, *settled: int, **members: Any) -> AnyEvent:
    """The other leg of several rounds, which came with one of them."""
    return out(OTHER[side], number, people, round=round, settles=list(settled), **members)


@EACH_SIDE
def test_a_leg_that_settles_several_rounds_gives_them_one_ratio_and_none_of_their_own(side: Side) -> None:
    told = [
        out(side, 1, 13, round=1),
        out(OTHER[side], 2, 39, round=1),
        out(side, 3, 10, round=2),
        out(side, 4, 10, round=3),
        late(side, 5, 60, 3, 2, 3),
    ]
    book = book_of(*told)
    for number in (2, 3):
        view, found = round_view(book, number), joint(book, number)
        assert found is not None
        assert (found.rounds, found.living.fraction, found.all) == ([2, 3], fraction(side, 20, 60), None)
        assert (found.living.numerator, found.living.denominator) == ("prisoners.deal", "captives.deal")
        own = (view.ratios.deal, view.ratios.nationals, view.ratios.all, view.ratios.returned)
        assert {each.value for each in own} == {None}
        assert view.incomplete == []
    first = round_view(book, 1)
    assert (first.joint, first.ratios.deal.fraction) == (None, fraction(side, 13, 39))
    assert (tally(book).incomplete, tally(book).ratios.deal.fraction) == ([], fraction(side, 33, 99))
    assert round_view(book, 2).settled_by == [ident(5)]
    assert (round_view(book, 3).settles, round_view(book, 3).settled_by) == ([2, 3], [])


@EACH_SIDE
@pytest.mark.parametrize(
    ("legs", "rounds"),
    [
        ([(4, [1, 2, 3])], [[1, 2, 3, 4]] * 4),
        ([(2, [1]), (3, [2]), (4, [3])], [[1, 2, 3, 4]] * 4),
        ([(2, [1]), (4, [3])], [[1, 2], [1, 2], [3, 4], [3, 4]]),
        ([(2, [2]), (4, [4])], [None] * 4),
        ([(1, [3])], [[1, 3], None, [1, 3], None]),
        ([(4, [1]), (4, [2])], [[1, 2, 4], [1, 2, 4], None, [1, 2, 4]]),
    ],
)
def test_rounds_are_joined_through_one_another_whichever_came_first(
    side: Side, legs: list[tuple[int, list[int]]], rounds: list[list[int] | None]
) -> None:
    told = [out(side, n, 10, round=n) for n in range(1, 5)]
    told += [late(side, n, 30, round, *settled) for n, (round, settled) in enumerate(legs, 5)]
    for order in (told, told[::-1]):
        found = [joint(book_of(*order), number) for number in range(1, 5)]
        assert [None if each is None else each.rounds for each in found] == rounds


@EACH_SIDE
def test_the_dead_inside_the_deal_are_in_the_ratio_of_all_and_not_in_that_of_the_living(side: Side) -> None:
    """6 living, then 4 and 4 dead, for 643."""
    told = [
        out(side, 1, 6, round=7),
        back(side, 2, 4, round=7),
        back(side, 3, 4, round=8),
        late(side, 4, 643, 8, 7, 8),
    ]
    found = joint(book_of(*told), 7)
    assert found == joint(book_of(*told), 8)
    assert found is not None
    assert found.all is not None
    assert (found.living.fraction, found.all.fraction) == (fraction(side, 6, 643), fraction(side, 14, 643))


@EACH_SIDE
def test_a_leg_of_remains_alone_joins_rounds_as_well(side: Side) -> None:
    told = [back(side, 1, 1, round=1), back(side, 2, 2, round=2), back(OTHER[side], 3, 45, round=2, settles=[1])]
    view = round_view(book_of(*told), 1)
    assert view.joint is not None
    assert view.joint.all is not None
    assert (view.joint.living.value, view.joint.all.fraction) == (None, fraction(side, 3, 45))
    assert view.settled_by == [ident(3)]


@EACH_SIDE
@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ({"best": 60, "qualifier": "about"}, (None, 3.0, 3.0, 3.0)),
        ({"low": 60, "qualifier": "at_least"}, (None, None, 3.0, None)),
        ({"best": 60, "low": 50, "high": 70, "qualifier": "estimate"}, ("60/20", 3.0, 2.5, 3.5)),
        (UNKNOWN, (None, None, None, None)),
    ],
)
def test_what_is_not_exact_gives_the_joint_ratio_its_range(side: Side, people: Any, expected: Any) -> None:
    found = joint(book_of(out(side, 1, 10), out(side, 2, 10, round=2), late(side, 3, people, 2, 1, 2)), 1)
    assert found is not None
    if side == "captives":
        shown = (found.living.fraction, found.living.value, found.living.low, found.living.high)
        assert shown == expected
    else:
        assert (found.living.fraction is None) == (expected[0] is None)


@EACH_SIDE
def test_people_of_unsaid_scope_may_be_in_the_joint_ratio(side: Side) -> None:
    told = [out(side, 1, 10), out(side, 2, group(10, ratio_scope="none"), round=2), late(side, 3, 60, 2, 1)]
    found = joint(book_of(*told), 1)
    assert found is not None
    low, high = (3.0, 6.0) if side == "captives" else (0.166667, 0.333333)
    assert (found.living.fraction, found.living.low, found.living.high) == (None, low, high)


@EACH_SIDE
@pytest.mark.parametrize(
    "undone",
    [
        lambda side: [retracted(9, 3, key="out3")],
        lambda side: [adopted(9, None, key="out3")],
        lambda side: [out(OTHER[side], 9, 60, key="out3", round=2, supersedes=ident(3), reason="corrected")],
    ],
    ids=["retracted", "decided against", "corrected"],
)
def test_a_leg_that_settles_nothing_any_more_joins_nothing(side: Side, undone: Any) -> None:
    told = [out(side, 1, 10), out(side, 2, 10, round=2), late(side, 3, 60, 2, 1)]
    assert joint(book_of(*told), 1) is not None
    view = round_view(book_of(*told, *undone(side)), 1)
    assert (view.joint, view.settled_by, view.incomplete) == (None, [], [OTHER[side]])


@EACH_SIDE
@pytest.mark.parametrize("status", ["planned", "failed"])
def test_a_leg_that_did_not_come_joins_nothing(side: Side, status: str) -> None:
    view = round_view(book_of(out(side, 1, 10), out(side, 2, 10, round=2), late(side, 3, 60, 2, 1, status=status)), 1)
    assert (view.joint, view.incomplete) == (None, [OTHER[side]])


@EACH_SIDE
def test_before_the_leg_came_the_rounds_stood_alone_and_lacked_it(side: Side) -> None:
    told = [out(side, 1, 10), out(side, 2, 10, round=2), late(side, 3, 60, 2, 1, 2, **day("2024-03-08"))]
    before = book_of(*told, occurred_by="2024-03-05")
    assert [(joint(before, n), round_view(before, n).incomplete) for n in (1, 2)] == [(None, [OTHER[side]])] * 2
    assert joint(book_of(*told, occurred_by="2024-03-08"), 1) is not None


@EACH_SIDE
def test_what_was_owed_for_each_round_has_come_with_the_leg_that_settles_both(side: Side) -> None:
    owed = {"item": OTHER[side], "count": {"best": 3}, "per": side.removesuffix("s")}
    deal = event("terms_agreed", 90, terms="deal", pledges=[owed])
    told = [deal, out(side, 1, 10), out(side, 2, 10, round=2), late(side, 3, 60, 2, 1, 2)]
    before, after = book_of(*told[:3]), book_of(*told)
    for number, other in ((1, None), (2, 60)):
        assert numbers(getattr(round_view(before, number).outstanding, OTHER[side])) == (30, 30, 30)
        assert numbers(getattr(round_view(after, number).outstanding, OTHER[side])) == (0, 0, 0)
        delivered = of(round_view(after, number), OTHER[side]).released
        assert (None if delivered is None else delivered.best) == other


@EACH_SIDE
def test_a_leg_outside_all_rounds_joins_those_that_it_settles(side: Side) -> None:
    """A release that came when both rounds were over, and that belongs to neither of them."""
    told = [out(side, 1, 10), out(side, 2, 10, round=2), late(side, 3, 60, None, 1, 2)]
    book = book_of(*told)
    for number in (1, 2):
        view = round_view(book, number)
        assert (view.settled_by, view.incomplete) == ([ident(3)], [])
        assert view.joint is not None
        assert (view.joint.rounds, view.joint.living.fraction) == ([1, 2], fraction(side, 20, 60))
    assert tally(book).incomplete == []


@EACH_SIDE
def test_every_round_that_a_leg_joins_is_announced_when_any_of_them_changes(side: Side) -> None:
    told = [
        out(side, 1, 10),
        out(side, 2, 10, round=2),
        out(side, 3, 10, round=3),
        late(side, 4, 60, 2, 1),
        late(side, 5, 30, 3, 2),
        back(side, 6, 4, round=1),
        out(side, 7, 1, key="more", round=3),
        retracted(8, 4, key="out4"),
    ]
    expected: list[set[int]] = [{1}, {2}, {3}, {1, 2}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}]
    books = Books()
    for offset, (each, rounds) in enumerate(zip(told, expected, strict=True)):
        before = {view.round: view for view in books.rounds(each.exchange)} if offset else {}
        changed = {view.round for view in books.take(Batch(0, [(offset, 0, encode(each), None)], offset))} - {None}
        after = {view.round: view for view in books.rounds(each.exchange)}
        assert {number for number in after if after[number] != before.get(number)} <= changed
        assert rounds <= changed


@EACH_SIDE
@pytest.mark.parametrize("own", [0, 12])
def test_a_leg_outside_all_rounds_pays_for_one_round_too(side: Side, own: int) -> None:
    told = [out(side, 1, 6, round=1), late(side, 3, 300, None, 1)]
    told += [out(OTHER[side], 2, own, round=1)] if own else []
    rate = {"item": OTHER[side], "per": side[:-1], "count": {"best": 50 if not own else 52}}
    view = round_view(book_of(*told, event("terms_agreed", 9, terms="t1", pledges=[rate])), 1)
    assert (view.incomplete, view.ratios.deal.value) == ([], None)
    assert view.joint is not None
    assert (view.joint.rounds, view.joint.living.fraction) == ([1], fraction(side, 6, 300 + own))
    rest = getattr(view.outstanding, OTHER[side])
    assert numbers(rest) == (0, 0, 0)
    assert tally(book_of(*told)).incomplete == []


@EACH_SIDE
def test_people_credited_to_a_round_need_the_other_side_and_are_one(side: Side) -> None:
    told = [out(side, 1, 10), out(side, 2, group(2, ratio_scope="credited_next_round")), out(OTHER[side], 3, 30)]
    told += [event("count_credited", 4, side=side, count={"best": 2}, from_round=1, to_round=2)]
    assert round_view(book_of(*told), 2).incomplete == [OTHER[side]]
    complete = book_of(*told, out(OTHER[side], 5, 6, round=2))
    assert (round_view(complete, 2).incomplete, tally(complete).incomplete) == ([], [])


@EACH_SIDE
def test_people_beside_the_deal_are_not_the_leg_that_is_missing(side: Side) -> None:
    amnesty = out(OTHER[side], 3, group(4, ratio_scope="none", basis="amnesty"))
    view = round_view(book_of(out(side, 1, 10), amnesty), 1)
    assert view.incomplete == [OTHER[side]]
