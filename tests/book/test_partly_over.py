"""A cut that falls inside a leg: what was over counts, of the living and the dead; the leg says that it is not over."""

from typing import Any

import pytest

from ledger.book.balances import bounds
from ledger.book.rounds import round_view
from ledger.book.tally import process_tally, tally
from schemas.events import AnyEvent
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    OTHER,
    UNKNOWN,
    book_of,
    day,
    figure,
    group,
    ident,
    moved,
    numbers,
    of,
    opened,
    out,
    retracted,
    taken,
)

DAYS = {"at": "2024-03-01", "until": "2024-03-04", "precision": "interval"}
BATCH = {"of": "leg", "by": "batch"}
ABOUT_7 = {"best": 7, "low": 6, "high": 8, "qualifier": "about"}
OVER_5 = {"low": 6, "qualifier": "over"}
TYPES = {
    "{}_released": "released",
    "{}_rescued": "rescued",
    "{}_taken": "taken",
    "{}_died": "died",
    "people_transferred": "transferred",
    "people_retaken": "retaken",
    "remains_returned": "remains.returned",
    "remains_recovered": "remains.recovered",
    "remains_received": "remains.unidentified",
    "handover_rejected": "remains.rejected",
    "remains_identified": "remains.returned",
}


def leg(side: Side, *groups: Any, type: str = "{}_released", number: int = 1, **members: Any) -> AnyEvent:
    sided = {} if "{}" in type else {"side": side}
    return moved(type.format(side), number, *groups, occurred=DAYS, **sided, **members)


def batch(side: Side, number: int, people: Any, at: str, type: str = "{}_released", **members: Any) -> AnyEvent:
    sided = {} if "{}" in type else {"side": side}
    said = {"key": f"part{number}", "part": BATCH, **day(at), **sided, **members}
    return moved(type.format(side), number, people, **said)


def three(side: Side, type: str = "{}_released") -> list[AnyEvent]:
    """20 people in four days: 7 and 5, and 8 on the last of them."""
    return [
        leg(side, 20, type=type),
        batch(side, 2, 7, "2024-03-01", type),
        batch(side, 3, 5, "2024-03-02", type),
        batch(side, 4, 8, "2024-03-04", type),
    ]


@EACH_SIDE
@pytest.mark.parametrize("type", TYPES)
def test_the_batches_that_were_over_count_whatever_moves(side: Side, type: str) -> None:
    name = f"{side}.{TYPES[type]}"
    told = three(side, type)
    cuts = {
        "2024-02-29": None,
        "2024-03-01": (7, 7, 20),
        "2024-03-03": (12, 12, 20),
        "2024-03-04": (20, 20, 20),
    }
    for order in (told, told[::-1], [told[2], told[0], told[3], told[1]]):
        found = {bound: figure(book_of(*order, occurred_by=bound), name) for bound in cuts}
        assert {bound: None if each is None else numbers(each) for bound, each in found.items()} == cuts


@EACH_SIDE
@pytest.mark.parametrize(
    ("whole", "parts", "expected"),
    [
        (20, [7], (None, 7, 20)),  # the rest may have come, too
        (20, [7, 5], (None, 12, 20)),
        ({"best": 20, "qualifier": "about"}, [7, 13], (7, 7, 20)),
        ({"low": 20, "qualifier": "at_least"}, [7, 13], (None, 7, None)),
        ({"low": 18, "high": 22, "qualifier": "about"}, [7, 13], (None, 7, 22)),
        (20, [ABOUT_7, 13], (7, 6, 20)),
        (20, [OVER_5, 13], (None, 6, 20)),
        (20, [7, OVER_5], (None, 7, 20)),
        (20, [UNKNOWN, 13], (None, 0, 20)),
        (UNKNOWN, [7, 13], (None, 7, None)),
    ],
)
def test_the_first_batch_of_a_leg_says_as_much_as_is_known_of_all(
    side: Side, whole: Any, parts: list[Any], expected: Any
) -> None:
    at = ("2024-03-01", "2024-03-04")
    told = [leg(side, whole), *(batch(side, n, each, at[n - 2]) for n, each in enumerate(parts, 2) if n < 4)]
    if parts == [7, 5]:
        told[2] = batch(side, 3, 5, "2024-03-01")
    found = figure(book_of(*told, occurred_by="2024-03-02"), f"{side}.released")
    assert (numbers(found), found and found.exact) == (expected, False)


@EACH_SIDE
def test_in_a_leg_of_several_groups_nobody_says_which_came_first(side: Side) -> None:
    thais = group(4, nationality=["THA"], ratio_scope="outside")
    told = [opened(9, prisoner_nationals=["XNO"]), leg(side, 16, thais), batch(side, 2, 18, "2024-03-01")]
    found = of(tally(book_of(*told, occurred_by="2024-03-02")), side)
    shown = (found.released, found.deal, found.outside, found.nationals, found.others)
    assert [numbers(each) for each in shown] == [
        (None, 18, 20),
        (None, 16, 16),
        (None, 2, 4),
        (None, 16, 16),
        (None, 2, 4),
    ]


WOMEN = {"ratio_scope": "outside", "category": "women"}


@EACH_SIDE
@pytest.mark.parametrize(
    ("batches", "deal", "outside", "total"),
    [
        ([group(8)], (None, 8, 8), (None, 0, 12), (None, 8, 20)),
        ([group(12, **WOMEN)], (None, 0, 8), (None, 12, 12), (None, 12, 20)),
        ([group(3), group(5, **WOMEN)], (None, 3, 8), (None, 5, 12), (None, 8, 20)),
        ([group(8, ratio_scope="none", category="unknown")], (None, 0, 8), (None, 0, 12), (None, 0, 20)),
        ([group(15, ratio_scope="none", category="mixed")], (None, 3, 8), (None, 7, 12), (None, 10, 20)),
        ([group(9)], (None, 8, 8), (None, 1, 12), (None, 9, 20)),
    ],
)
def test_a_batch_is_of_the_group_that_it_fits(side: Side, batches: Any, deal: Any, outside: Any, total: Any) -> None:
    told = [leg(side, group(8), group(12, **WOMEN))]
    told += [batch(side, n, each, "2024-03-01") for n, each in enumerate(batches, 2)]
    found = of(tally(book_of(*told, occurred_by="2024-03-02")), side)
    assert [numbers(each) for each in (found.deal, found.outside, found.released)] == [deal, outside, total]


@EACH_SIDE
@pytest.mark.parametrize("type", TYPES)
def test_of_whatever_moves_a_batch_is_of_the_group_that_it_fits(side: Side, type: str) -> None:
    told = [
        leg(side, group(8, category="men"), group(12, category="women"), type=type),
        batch(side, 2, group(5, category="women"), "2024-03-01", type),
    ]
    book = book_of(*told, occurred_by="2024-03-02")
    assert numbers(figure(book, f"{side}.{TYPES[type]}")) == (None, 5, 20)
    found = {
        (account[5], bounds(balance.entry())[1]) for account, balance in book.balances[1].items() if not account[2]
    }
    assert found == {("men", 0), ("women", 5)}


@EACH_SIDE
def test_a_batch_of_remains_of_somebody_else_is_none_of_those_that_are_back(side: Side) -> None:
    whole = leg(side, 20, type="remains_identified")
    wrong = batch(side, 2, 5, "2024-03-01", "remains_identified", matched=False)
    right = batch(side, 3, 7, "2024-03-02", "remains_identified")
    assert figure(book_of(whole, wrong, occurred_by="2024-03-03"), f"{side}.remains.returned") is None
    found = figure(book_of(whole, wrong, right, occurred_by="2024-03-03"), f"{side}.remains.returned")
    assert numbers(found) == (None, 7, 20)


@EACH_SIDE
def test_a_batch_of_the_dead_need_not_say_where_they_are(side: Side) -> None:
    men = group(5, category="men")
    whole = leg(side, men, group(12, category="women"), type="{}_died", remains_held=False)
    told = [whole, batch(side, 2, men, "2024-03-01", "{}_died")]
    assert numbers(figure(book_of(*told, occurred_by="2024-03-02"), f"{side}.died")) == (None, 5, 17)


@EACH_SIDE
def test_rivals_of_the_leg_and_of_its_batches_widen_what_was_over(side: Side) -> None:
    told = [*three(side), leg(side, 23, number=5), batch(side, 6, 4, "2024-03-01", key="part2")]
    found = figure(book_of(*told, occurred_by="2024-03-02"), f"{side}.released")
    assert numbers(found) == (12, 9, 23)


@EACH_SIDE
@pytest.mark.parametrize("by", ["category", "mover", "nationality", "holder"])
def test_only_batches_tell_what_had_come_by_then(side: Side, by: str) -> None:
    other = batch(side, 2, 7, "2024-03-01", part={"of": "leg", "by": by})
    assert figure(book_of(leg(side, 20), other, occurred_by="2024-03-02"), f"{side}.released") is None


@EACH_SIDE
@pytest.mark.parametrize(
    "undone",
    [
        lambda side: [retracted(9, 2, key="part2"), retracted(8, 3, key="part3")],
        lambda side: [
            batch(side, 9, 7, "2024-03-04", key="part2", supersedes=ident(2), reason="corrected"),
            batch(side, 8, 5, "2024-03-04", key="part3", supersedes=ident(3), reason="corrected"),
        ],
        lambda side: [leg(side, 20, number=9, status="failed", supersedes=ident(1), reason="corrected")],
    ],
    ids=["retracted batches", "batches of a later day", "a leg that did not happen"],
)
def test_what_was_not_over_after_all_counts_nothing(side: Side, undone: Any) -> None:
    told = [*three(side), *undone(side)]
    assert figure(book_of(*told, occurred_by="2024-03-02"), f"{side}.released") is None


@EACH_SIDE
def test_batches_of_another_type_are_none_of_this_leg(side: Side) -> None:
    told = [leg(side, 20), batch(side, 2, 7, "2024-03-01", "{}_escaped")]
    book = book_of(*told, occurred_by="2024-03-02")
    assert (figure(book, f"{side}.released"), figure(book, f"{side}.escaped")) == (None, None)


@EACH_SIDE
def test_a_round_says_which_of_its_legs_is_not_over(side: Side) -> None:
    told = [*three(side), out(OTHER[side], 5, 60)]
    then = book_of(*told, occurred_by="2024-03-02")
    assert (round_view(then, 1).incomplete, tally(then).incomplete) == ([side], [1])
    ratio = tally(then).ratios.deal
    expected = ("60/12", 3.0, 5.0) if side == "captives" else ("12/60", 0.2, 0.333333)
    assert (ratio.fraction, ratio.low, ratio.high) == expected
    assert numbers(of(process_tally("ALL", [then]), side).released) == (12, 12, 20)
    whole = book_of(*told, occurred_by="2024-03-04")
    assert (round_view(whole, 1).incomplete, tally(whole).incomplete) == ([], [])


@EACH_SIDE
def test_a_leg_of_remains_says_that_it_is_not_over(side: Side) -> None:
    then = book_of(*three(side, "remains_returned"), occurred_by="2024-03-02")
    assert round_view(then, 1).incomplete == ["remains" if side == "captives" else "prisoner_remains"]
    assert tally(then).incomplete == [1]


@EACH_SIDE
def test_what_is_held_counts_out_what_was_over_and_what_may_have_been(side: Side) -> None:
    book = book_of(taken(side, 9, 50, **day("2024-01-01")), *three(side), occurred_by="2024-03-02")
    assert numbers(figure(book, f"{side}.held")) == (38, 30, 38)


@EACH_SIDE
@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        ("2024-03-01T17:59+02:00", None),
        ("2024-03-01T18:00+02:00", (7, 7, 20)),
        ("2024-03-01T16:00Z", (7, 7, 20)),
        ("2024-03-01T23:30+02:00", (7, 7, 20)),
        ("2024-03-02T01:15+02:00", (20, 20, 20)),
    ],
)
def test_a_cut_can_fall_between_two_batches_of_one_evening(side: Side, bound: str, expected: Any) -> None:
    evening = {"at": "2024-03-01T17:00+02:00", "until": "2024-03-02T01:15+02:00", "precision": "interval"}
    told = [
        moved(f"{side}_released", 1, 20, occurred=evening),
        *(
            batch(side, n, people, "2024-03-01", occurred={"at": at, "precision": "minute"})
            for n, people, at in ((2, 7, "2024-03-01T18:00+02:00"), (3, 13, "2024-03-02T01:15+02:00"))
        ),
    ]
    found = figure(book_of(*told, occurred_by=bound), f"{side}.released")
    assert (None if found is None else numbers(found)) == expected


@EACH_SIDE
def test_what_the_public_knew_of_the_batches_is_a_cut_of_its_own(side: Side) -> None:
    told = three(side)
    told[2] = batch(side, 3, 5, "2024-03-02", source={"published": "2024-03-09"})
    known = figure(book_of(*told, occurred_by="2024-03-03", published_by="2024-03-05"), f"{side}.released")
    assert numbers(known) == (None, 7, 20)
