"""Likely doubles: what two publishers may tell of one thing that nobody gave a shared name. Told, and never merged."""

from typing import Any

import pytest

from ledger.book.book import Book
from ledger.book.doubles import likely_doubles
from schemas.events import AnyEvent
from schemas.kinds import KINDS, types_of
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    EXCHANGE,
    OTHER,
    adopted,
    book_of,
    corrected,
    event,
    figure,
    group,
    ident,
    moved,
    numbers,
    opened,
    out,
    retracted,
)

ANOTHER = {"source": {"publisher": "Another"}}
A_THIRD = {"source": {"publisher": "A third"}}
THERE = "EAST-WEST-2024"


def pairs(*books: Book) -> list[tuple[str, ...]]:
    return [tuple(each.occurrences) for each in likely_doubles(books)]


def told(side: Side, **members: Any) -> list[AnyEvent]:
    """Two publishers who tell of 44 people of one side, the second as `members` say."""
    return [out(side, 1, 44), out(side, 2, 44, **{**ANOTHER, **members})]


# -- what is alike -------------------------------------------------------------------------------


@pytest.mark.parametrize("type", sorted(types_of("move")))
def test_two_publishers_of_anybody_who_moves(type: str) -> None:
    sided = {} if KINDS[type].side else {"side": "prisoners"}
    one, other = moved(type, 1, 44, key=None, **sided), moved(type, 2, 44, key=None, **sided, **ANOTHER)
    [found] = likely_doubles([book_of(one, other)])
    assert (found.type, found.round, found.day, found.count.best) == (type, 1, "2024-03-01", 44)
    assert (found.events, found.publishers) == ([one.id, other.id], ["The River Post", "Another"])
    assert found.exchanges == [EXCHANGE, EXCHANGE]


@EACH_SIDE
@pytest.mark.parametrize(
    ("members", "is_likely"),
    [
        ({}, True),
        ({"occurred": {"at": "2024-03-01T20:00+02:00", "precision": "minute"}}, True),
        ({"occurred": {"at": "2024-03-01", "until": "2024-03-04", "precision": "interval"}}, True),
        ({"occurred": {"at": "2024-03", "precision": "month"}}, True),
        ({"occurred": {"at": "2024-02-29", "precision": "day"}}, False),
        ({"occurred": {"at": "2024-03-01", "precision": "before"}}, False),
        ({"round": None}, False),
        ({"key": "out1"}, False),
        ({"status": "failed"}, False),
        ({"status": "planned"}, False),
        ({"status": "confirmed"}, True),
        ({"part": {"of": "out1", "by": "mover"}}, False),
        ({"groups": [group({"best": 44, "qualifier": "about"})]}, False),
        ({"groups": [group(40), group(4, category="women")]}, True),
        ({"groups": [group(44, nationality=[])]}, True),
        ({"groups": [group(44, nationality=["THA", "XNO"])]}, True),
        ({"groups": [group(44, nationality=["THA"])]}, False),
        ({"groups": [group(40, nationality=["THA"]), group(4)]}, True),
        ({"groups": [group(44, category="women")]}, True),
        ({"groups": [group(44, category="mixed")]}, True),
        ({"groups": [group(44, ratio_scope="outside")]}, True),
        ({"groups": [group(44, destination="north")]}, True),
        ({"groups": [group(43)]}, False),
    ],
)
def test_what_makes_two_reports_look_like_one(side: Side, members: dict[str, Any], is_likely: bool) -> None:
    first, second = told(side, **members)
    assert len(pairs(book_of(first, second))) == len(pairs(book_of(second, first))) == is_likely


@EACH_SIDE
@pytest.mark.parametrize(
    ("one", "other", "is_likely"),
    [("women", "women", True), ("women", "men", False), ("women", "unknown", True), ("men", "mixed", True)],
)
def test_categories_that_exclude_each_other_are_two_things(side: Side, one: str, other: str, is_likely: bool) -> None:
    first = out(side, 1, group(44, category=one))
    assert len(pairs(book_of(first, out(side, 2, group(44, category=other), **ANOTHER)))) == is_likely


@EACH_SIDE
def test_reports_of_no_number_or_of_days_that_nobody_knows_are_no_doubles(side: Side) -> None:
    """Two days that nobody knows are not one day."""
    nobody = [out(side, n, {"qualifier": "several"}, source={"publisher": f"P{n}"}) for n in (1, 2)]
    assert pairs(book_of(*nobody)) == []
    undated = [
        out(side, n, 44, source={"publisher": f"P{n}"}, occurred={"at": at, "precision": "before"})
        for n, at in ((1, "2024-03-03"), (2, "2011-10-18"))
    ]
    assert pairs(book_of(*undated)) == []


@EACH_SIDE
def test_hedged_reports_of_one_number_are_likely_doubles(side: Side) -> None:
    over = {"low": 45, "qualifier": "over"}
    assert len(pairs(book_of(out(side, 1, over), out(side, 2, over, **ANOTHER)))) == 1


@EACH_SIDE
def test_the_other_side_and_the_dead_are_other_people(side: Side) -> None:
    assert pairs(book_of(out(side, 1, 44), out(OTHER[side], 2, 44, **ANOTHER))) == []
    remains = [
        moved("remains_returned", n, 4, key=f"back{n}", side=each, source={"publisher": each})
        for n, each in enumerate((side, OTHER[side]), 1)
    ]
    assert pairs(book_of(*remains)) == []


def test_credits_and_totals_move_nobody_and_have_no_doubles() -> None:
    credits = [
        event("count_credited", n, count={"best": 2}, from_round=1, to_round=2, source={"publisher": f"P{n}"})
        for n in (1, 2)
    ]
    totals = [
        event("tally_stated", n, figure="captives.released", count={"best": 2}, source={"publisher": f"P{n}"})
        for n in (3, 4)
    ]
    assert pairs(book_of(*credits, *totals)) == []


# -- what becomes of them ------------------------------------------------------------------------


@EACH_SIDE
def test_both_count_until_somebody_says_that_they_are_one(side: Side) -> None:
    book = book_of(*told(side))
    assert numbers(figure(book, f"{side}.released")) == (88, 88, 88)
    shared = out(side, 3, 44, key="out1", **ANOTHER)
    named = book_of(*told(side), shared, retracted(4, 2, key="out2"))
    assert (pairs(named), numbers(figure(named, f"{side}.released"))) == ([], (44, 44, 44))
    decided = book_of(*told(side), adopted(3, None, key="out2"))
    assert (pairs(decided), numbers(figure(decided, f"{side}.released"))) == ([], (44, 44, 44))


def test_the_claim_that_counts_is_the_one_that_is_compared() -> None:
    first, second = told("captives")
    again = corrected(3, 2, 40, key="out2", **ANOTHER)
    assert pairs(book_of(first, second, again)) == []
    assert pairs(book_of(first, out("captives", 2, 40, **ANOTHER), corrected(3, 2, 44, key="out2", **ANOTHER))) == [
        ("out1", "out2")
    ]


@EACH_SIDE
def test_a_cut_knows_only_the_doubles_that_it_counts(side: Side) -> None:
    first, _ = told(side)
    late = out(side, 2, 44, source={"publisher": "Another", "published": "2024-03-09"})
    assert pairs(book_of(first, late, published_by="2024-03-05")) == []
    assert pairs(book_of(first, late, published_by="2024-03-09")) == [("out1", "out2")]


@EACH_SIDE
def test_of_many_that_look_alike_each_is_told_with_one_before_it(side: Side) -> None:
    """A thousand of them are a thousand notices, and not half a million."""
    book = book_of(*told(side), out(side, 3, 44, **A_THIRD), out(side, 4, 44))
    assert pairs(book) == [("out1", "out2"), ("out2", "out3"), ("out3", "out4")]
    assert all(len(set(each.publishers)) == 2 for each in likely_doubles([book]))


@EACH_SIDE
@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_what_one_publisher_told_of_others_hides_nobody(side: Side, order: tuple[int, int]) -> None:
    """One told of 44 women and of 44 men: another's 44 women may be the first, in whichever order they were told."""
    women, men = out(side, 1, group(44, category="women")), out(side, 2, group(44, category="men"))
    others = out(side, 3, group(44, category="women"), **ANOTHER)
    first, second = [(women, men)[n - 1] for n in order]
    assert pairs(book_of(first, second, others)) == [("out1", "out3")]


@EACH_SIDE
def test_doubles_across_the_exchanges_of_a_process(side: Side) -> None:
    here = book_of(opened(1), out(side, 2, 44, key="leg"))
    there = book_of(opened(3, THERE), out(side, 4, 44, key="leg", exchange=THERE, **ANOTHER))
    [found] = likely_doubles([here, there])
    assert (found.exchanges, found.occurrences) == ([EXCHANGE, THERE], ["leg", "leg"])
    assert found.events == [ident(2), ident(4)]
    assert pairs(here) == pairs(there) == []
