"""Stated totals: which are compared and which are not, with what, and by which rule, on each side and at any cut."""

from typing import Any

import pytest

from ledger.book.book import Book
from ledger.book.statements import stated_totals
from schemas.events import AnyEvent
from schemas.views import StatedTotal
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    OTHER,
    UNKNOWN,
    adopted,
    back,
    book_of,
    day,
    disputed,
    figure,
    group,
    ident,
    moved,
    numbers,
    opened,
    out,
    retracted,
    stated,
    taken,
)

ABOUT = {"best": 1000, "qualifier": "about"}
PUBLISHED = {"publisher": "The River Post", "published": "2024-03-09"}


def checked(book: Book, *process: Book) -> list[tuple[str, str]]:
    return [(each.verdict, each.rule) for each in stated_totals(book, process or [book])]


def only(book: Book, *process: Book) -> StatedTotal:
    [found] = stated_totals(book, process or [book])
    return found


# -- what does not stand -------------------------------------------------------------------------

CORRECTED = {"supersedes": ident(2), "reason": "corrected"}
UPDATED = {"supersedes": ident(2), "reason": "updated"}
FALLEN: list[tuple[str, list[dict[str, Any]], list[tuple[str, str]]]] = [
    ("corrected", [{}, CORRECTED], [("not compared", f"corrected by {ident(3)}"), ("agrees", "the same number")]),
    ("updated", [{}, UPDATED], [("not compared", f"updated by {ident(3)}"), ("agrees", "the same number")]),
    ("planned", [{"status": "planned"}], [("not compared", "a plan, not a delivery")]),
    ("failed", [{"status": "failed"}], [("not compared", "reported, and did not happen")]),
    ("rival", [{}, {}], [("differs", "another number"), ("agrees", "the same number")]),
]


@EACH_SIDE
@pytest.mark.parametrize("figures", ["released", "remains.returned"])
@pytest.mark.parametrize("by", ["round", "day"])
@pytest.mark.parametrize(("claims", "expected"), [each[1:] for each in FALLEN], ids=[each[0] for each in FALLEN])
def test_a_total_that_does_not_stand_says_why_and_is_compared_no_more(
    side: Side, figures: str, by: str, claims: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    as_of: dict[str, Any] = {"round": 1} if by == "round" else day("2024-03-05")
    told = [(out if figures == "released" else back)(side, 1, 4237)]
    for number, (people, said) in enumerate(zip((4327, 4237), claims, strict=False), 2):
        told.append(stated(number, f"{side}.{figures}", people, occurrence="total", **as_of, **said))
    found = stated_totals(book_of(*told), [book_of(*told)])
    assert [(each.verdict, each.rule) for each in found] == expected
    for each in found:
        assert (each.agrees is None) == (each.difference is None) == (each.verdict == "not compared")


@EACH_SIDE
def test_a_retracted_total_is_compared_no_more_and_one_whose_correction_is_retracted_again(side: Side) -> None:
    wrong = stated(2, f"{side}.released", 4327, occurrence="total")
    right = stated(3, f"{side}.released", 4237, occurrence="total", **CORRECTED)
    told = [out(side, 1, 4237), wrong, right]
    assert checked(book_of(*told, retracted(4, 3, key="total"))) == [
        ("differs", "another number"),
        ("not compared", "retracted: entered twice"),
    ]
    assert [verdict for verdict, _ in checked(book_of(*told[:2], retracted(4, 2, key="total")))] == ["not compared"]


@EACH_SIDE
def test_before_its_correction_was_public_a_total_was_compared_as_it_stood(side: Side) -> None:
    wrong = stated(2, f"{side}.released", 4327, occurrence="total")
    right = stated(3, f"{side}.released", 4237, occurrence="total", source=PUBLISHED, **CORRECTED)
    told = [out(side, 1, 4237), wrong, right]
    assert [verdict for verdict, _ in checked(book_of(*told, published_by="2024-03-05"))] == ["differs"]
    assert [verdict for verdict, _ in checked(book_of(*told, published_by="2024-03-09"))] == ["not compared", "agrees"]


@EACH_SIDE
def test_a_disputed_total_or_one_that_was_not_adopted_is_compared_all_the_same(side: Side) -> None:
    told = [out(side, 1, 10), *(stated(n, f"{side}.released", n + 8, occurrence="total") for n in (2, 3))]
    told += [adopted(4, 3, key="total"), disputed(5, 2, key="total")]
    found = stated_totals(book_of(*told), [book_of(*told)])
    assert [(each.verdict, each.adopted) for each in found] == [("agrees", False), ("differs", True)]


# -- what a hedge can mean -----------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize("figures", ["released", "remains.returned", "died"])
@pytest.mark.parametrize(
    ("total", "verdict", "rule"),
    [
        (973, "agrees", "the same number"),
        (974, "differs", "another number"),
        (ABOUT, "agrees", '"about" can mean 900 to 1,100'),
        ({"best": 1000, "qualifier": "roughly"}, "agrees", '"roughly" can mean 900 to 1,100'),
        ({"best": 900, "qualifier": "around"}, "differs", '"around" can mean 850 to 950'),
        ({**ABOUT, "low": 980, "high": 1020}, "differs", '"about" can mean 980 to 1,020'),
        ({"high": 999, "qualifier": "nearly"}, "agrees", '"nearly" can mean 900 to 999'),
        ({"high": 899, "qualifier": "nearly"}, "differs", '"nearly" can mean 850 to 899'),
        ({"low": 901, "qualifier": "more_than"}, "agrees", '"more than" can mean 901 or more'),
        ({"low": 1001, "qualifier": "over"}, "differs", '"over" can mean 1,001 or more'),
        ({"low": 973, "qualifier": "at_least"}, "agrees", '"at least" can mean 973 or more'),
        ({"high": 999, "qualifier": "under"}, "agrees", '"under" can mean 0 to 999'),
        ({"high": 972, "qualifier": "up_to"}, "differs", '"up to" can mean 0 to 972'),
        ({"qualifier": "hundreds"}, "agrees", '"hundreds" can mean 100 to 999'),
        ({"low": 300, "high": 500, "qualifier": "hundreds"}, "differs", '"hundreds" can mean 300 to 500'),
        ({"qualifier": "several"}, "not compared", '"several" names no number'),
        ({"qualifier": "numerous"}, "not compared", '"numerous" names no number'),
        (UNKNOWN, "not compared", '"unknown" names no number'),
        ({"low": 3, "high": 9, "qualifier": "several"}, "differs", '"several" can mean 3 to 9'),
        ({"best": 970, "low": 960, "high": 980, "qualifier": "estimate"}, "agrees", '"estimate" can mean 960 to 980'),
    ],
)
def test_a_hedge_agrees_with_what_it_can_mean_and_says_by_which_rule(
    side: Side, figures: str, total: Any, verdict: str, rule: str
) -> None:
    type = {"released": f"{side}_released", "remains.returned": "remains_returned", "died": f"{side}_died"}[figures]
    sided = {"side": side} if type == "remains_returned" else {}
    for as_of in ({"round": 1}, day("2024-03-02")):
        book = book_of(moved(type, 1, 973, **sided), stated(2, f"{side}.{figures}", total, **as_of))
        assert checked(book) == [(verdict, rule)]


@EACH_SIDE
@pytest.mark.parametrize(
    ("rivals", "total", "verdict"),
    [
        ([12, 15], 12, "agrees"),
        ([12, 15], 14, "consistent"),
        ([12, 15], 16, "differs"),
        ([12, {"low": 20, "qualifier": "at_least"}], 50, "consistent"),
        ([12, {"low": 20, "qualifier": "at_least"}], 11, "differs"),
        ([{"low": 20, "qualifier": "at_least"}], 25, "not contradicted"),
        ([{"low": 20, "qualifier": "at_least"}], 19, "differs"),
        ([{"low": 20, "qualifier": "at_least"}], {"best": 18, "qualifier": "about"}, "differs"),
        ([{"low": 20, "qualifier": "at_least"}], {"best": 20, "qualifier": "about"}, "not contradicted"),
        ([UNKNOWN], 25, "not contradicted"),
        ([{"low": 10, "high": 20, "qualifier": "about"}], 15, "not contradicted"),
        ([{"low": 10, "high": 20, "qualifier": "about"}], {"high": 9, "qualifier": "under"}, "differs"),
    ],
)
def test_a_total_beside_a_range(side: Side, rivals: list[Any], total: Any, verdict: str) -> None:
    told = [out(side, n, people, key="leg") for n, people in enumerate(rivals, 1)]
    assert only(book_of(*told, stated(9, f"{side}.released", total))).verdict == verdict


# -- what it is compared with --------------------------------------------------------------------


@EACH_SIDE
def test_what_is_held_is_compared_where_something_says_how_many_there_were(side: Side) -> None:
    total = stated(3, f"{side}.held", 116, **day("2024-04-20"))
    gone = out(side, 2, 4)
    assert checked(book_of(gone, total)) == [("not compared", "the ledger has no claims to compute it from")]
    assert only(book_of(taken(side, 1, 120), gone, total)).verdict == "agrees"
    assert only(book_of(taken(OTHER[side], 1, 120), gone, total)).computed is None


@EACH_SIDE
def test_before_anything_is_over_there_is_nothing_to_compare_with(side: Side) -> None:
    told = [out(side, 1, 10, **day("2024-03-05")), stated(2, f"{side}.released", 10, **day("2024-03-04"))]
    assert (only(book_of(*told)).computed, only(book_of(*told)).verdict) == (None, "not compared")


@EACH_SIDE
def test_a_total_of_a_process_is_held_against_all_of_its_exchanges(side: Side) -> None:
    here = book_of(opened(1), taken(side, 2, 20), stated(3, f"{side}.held", 14, scope="process", **day("2024-03-02")))
    there = book_of(opened(4, "EAST-WEST-2024"), out(side, 5, 6, exchange="EAST-WEST-2024"))
    assert only(here, here, there).verdict == "agrees"
    assert only(here, here).difference == -6


@EACH_SIDE
@pytest.mark.parametrize(
    ("total", "verdict"),
    [
        (144, "not contradicted"),
        (143, "differs"),
        (200, "not contradicted"),
        ({"high": 150, "qualifier": "up_to"}, "not contradicted"),
    ],
)
def test_a_total_of_both_sides_where_one_is_not_recorded(side: Side, total: Any, verdict: str) -> None:
    found = only(book_of(out(side, 1, 144), stated(2, "both.released", total)))
    assert (found.verdict, numbers(found.computed)) == (verdict, (None, 144, None))


@EACH_SIDE
def test_a_total_of_both_sides_where_both_are(side: Side) -> None:
    for people, verdict in ((174, "agrees"), (144, "differs")):
        told = [out(side, 1, 144), out(OTHER[side], 2, 30), stated(3, "both.released", people)]
        assert only(book_of(*told)).verdict == verdict


@EACH_SIDE
@pytest.mark.parametrize(
    ("mover", "is_compared"),
    [
        ({"facilitators": ["red_cross"]}, True),
        ({"by": "red_cross"}, True),
        ({"facilitators": ["red_cross"], "by": "north"}, True),
        ({"facilitators": ["un"]}, False),
    ],
)
@pytest.mark.parametrize("holder", [None, "north"])
def test_a_total_of_a_facilitator_counts_whom_it_moved_whoever_held_them(
    side: Side, mover: dict[str, Any], is_compared: bool, holder: str | None
) -> None:
    part = out(side, 2, group(128, holder=holder), part={"of": "out1", "by": "mover"}, **mover)
    total = stated(3, f"{side}.released", 128, party="red_cross")
    found = only(book_of(out(side, 1, group(200, holder=holder), by="north"), part, total))
    assert found.verdict == ("agrees" if is_compared else "not compared")


@EACH_SIDE
def test_a_total_of_who_let_them_go_counts_their_own(side: Side) -> None:
    told = [out(side, 1, group(5, holder="east"), by="west"), out(side, 2, 3, by="west")]
    totals = [stated(n, f"{side}.released", 5, party=party) for n, party in ((3, "east"), (4, "west"), (5, "south"))]
    assert [verdict for verdict, _ in checked(book_of(*told, *totals))] == ["agrees", "differs", "not compared"]


# -- as of its date ------------------------------------------------------------------------------


def of_days(side: Side, people: int, *batches: tuple[int, str], **members: Any) -> list[AnyEvent]:
    """A leg of four days of which so many had come by these."""
    days = {"at": "2024-03-01", "until": "2024-03-04", "precision": "interval"}
    parts = [
        out(side, n, each, part={"of": "leg", "by": "batch"}, **day(at)) for n, (each, at) in enumerate(batches, 20)
    ]
    return [out(side, 10, people, key="leg", occurred=days, **members), *parts]


@EACH_SIDE
@pytest.mark.parametrize(
    "told",
    [
        lambda side: [out(side, 2, 20, **day("2024-03-05"))],
        lambda side: [out(side, 2, 20, **day("2024-03-02"))],
        lambda side: of_days(side, 20, (7, "2024-03-01"), (13, "2024-03-04")),
        lambda side: of_days(side, 20, (7, "2024-03-01"), (5, "2024-03-04")),
        lambda side: [
            out(side, 3, UNKNOWN, key="leg", **day("2024-03-01")),
            out(side, 4, 7, part={"of": "leg", "by": "batch"}, **day("2024-03-01")),
            out(side, 5, 13, part={"of": "leg", "by": "batch"}, **day("2024-03-04")),
        ],
    ],
    ids=["later", "over", "some batches", "not all batches", "parts of an unknown whole"],
)
def test_a_total_is_compared_with_what_a_cut_at_its_date_shows(side: Side, told: Any) -> None:
    before = out(side, 1, 10, **day("2024-02-20"))
    total = stated(9, f"{side}.released", 17, **day("2024-03-02"))
    events = [before, *told(side), total]
    then = figure(book_of(*events, occurred_by="2024-03-02"), f"{side}.released")
    assert numbers(only(book_of(*events)).computed) == numbers(then)
    assert numbers(only(book_of(*events, occurred_by="2024-03-02")).computed) == numbers(then)
