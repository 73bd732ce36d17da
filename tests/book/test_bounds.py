"""Ranges beside the adopted number: whatever is counted, on either side, in sums, ratios and at any cut."""

from collections.abc import Callable
from typing import Any

import pytest

from ledger.book.rounds import round_view
from ledger.book.statements import stated_totals
from ledger.book.tally import process_tally, tally
from schemas.events import AnyEvent
from schemas.views import Ratio
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    OTHER,
    UNKNOWN,
    back,
    book_of,
    event,
    explained,
    figure,
    group,
    moved,
    numbers,
    of,
    opened,
    out,
    retracted,
    stated,
    taken,
)

MORE_THAN_350 = {"low": 351, "qualifier": "more_than"}
MORE_THAN_200 = {"low": 201, "qualifier": "more_than"}
UP_TO_300 = {"high": 300, "qualifier": "up_to"}
NEARLY_900 = {"high": 899, "qualifier": "nearly"}
ESTIMATE = {"best": 5, "low": 3, "high": 9, "qualifier": "estimate"}

Tell = Callable[..., AnyEvent]
COUNTED: list[tuple[str, Callable[[Side], Tell], str]] = [
    ("released", lambda side: lambda n, people, **more: out(side, n, people, **more), "released"),
    ("taken", lambda side: lambda n, people, **more: taken(side, n, people, **more), "taken"),
    ("returned", lambda side: lambda n, people, **more: back(side, n, people, **more), "remains.returned"),
    (
        "identified",
        lambda side: lambda n, people, **more: moved("remains_identified", n, people, side=side, **more),
        "remains.returned",
    ),
    (
        "died",
        lambda side: lambda n, people, **more: moved(f"{side}_died", n, people, **more),
        "died",
    ),
    (
        "credited",
        lambda side: (
            lambda n, people, **more: event(
                "count_credited",
                n,
                side=side,
                count={"best": people} if isinstance(people, int) else people,
                from_round=1,
                to_round=2,
                occurrence=more.pop("key"),
                **more,
            )
        ),
        "credited_in",
    ),
]
EACH_COUNT = pytest.mark.parametrize(
    ("tell", "name"), [each[1:] for each in COUNTED], ids=[each[0] for each in COUNTED]
)


@EACH_SIDE
@EACH_COUNT
@pytest.mark.parametrize(
    ("rival", "expected", "is_contested"),
    [
        (242, (242, 242, 242), False),
        (250, (242, 242, 250), True),
        (MORE_THAN_350, (242, 242, None), True),
        (MORE_THAN_200, (242, 242, 242), False),
        (UP_TO_300, (242, 242, 242), False),
        ({"high": 200, "qualifier": "up_to"}, (242, 0, 242), True),
        ({"low": 230, "high": 260, "qualifier": "about"}, (242, 230, 260), True),
        ({"best": 250, "qualifier": "about"}, (242, 242, 250), True),
        ({"high": 249, "qualifier": "nearly"}, (242, 242, 249), True),
        ({"best": 240, "low": 235, "high": 245, "qualifier": "estimate"}, (242, 235, 245), True),
        ({"qualifier": "several"}, (242, 242, 242), False),
        ({"qualifier": "hundreds"}, (242, 242, 242), False),
        (UNKNOWN, (242, 242, 242), False),
        (0, (242, 0, 242), True),
    ],
)
def test_a_rival_stretches_the_range_of_whatever_it_counts(
    side: Side, tell: Callable[[Side], Tell], name: str, rival: Any, expected: Any, is_contested: bool
) -> None:
    late = {"source": {"publisher": "Another", "published": "2024-03-09"}}
    first, second = tell(side)(1, 242, key="leg"), tell(side)(2, rival, key="leg", **late)
    for told in ([first, second], [second, first]):
        book = book_of(*told)
        found = figure(book, f"{side}.{name}")
        assert numbers(found) == expected
        assert (found is not None and found.exact, book.contested) == (not is_contested, is_contested)
    assert numbers(figure(book_of(first, second, retracted(3, 2, key="leg")), f"{side}.{name}")) == (242, 242, 242)
    assert numbers(figure(book_of(first, second, published_by="2024-03-05"), f"{side}.{name}")) == (242, 242, 242)


@EACH_SIDE
def test_a_rival_of_one_leg_widens_every_sum_and_ratio_that_holds_it(side: Side) -> None:
    told = [
        opened(9),
        out(side, 1, 242, key="leg"),
        out(side, 2, MORE_THAN_350, key="leg"),
        out(side, 3, 10, round=2),
        out(OTHER[side], 4, 14),
    ]
    book = book_of(*told)
    for view in (tally(book), process_tally("ALL", [book])):
        assert numbers(of(view, side).released) == (252, 252, None)
        assert numbers(of(view, side).deal) == (252, 252, None)
        assert (numbers(view.both.released), view.contested) == ((266, 266, None), 1)
        ratio = view.ratios.all
        expected = ("14/252", None, 0.055556) if side == "captives" else ("252/14", 18.0, None)
        assert (ratio.fraction, ratio.low, ratio.high) == expected
    assert numbers(of(round_view(book, 2), side).released) == (10, 10, 10)
    assert numbers(figure(book, f"{side}.by.category.unknown")) == (252, 252, None)


@EACH_SIDE
def test_the_range_of_a_claim_of_living_and_dead_stands_in_its_largest_groups(side: Side) -> None:
    told = [
        out(side, 1, 40, group(60, vital="remains"), key="leg"),
        out(side, 2, 110, key="leg"),
        out(side, 3, 35, key="leg"),
    ]
    found = of(tally(book_of(*told)), side)
    assert numbers(found.remains.returned) == (60, 0, 70)
    assert numbers(found.released) == (40, 35, 40)


@EACH_SIDE
def test_what_is_held_has_the_range_of_rivals_on_both_ways(side: Side) -> None:
    told = [
        taken(side, 1, 20, key="in"),
        taken(side, 2, {"low": 25, "qualifier": "at_least"}, key="in"),
        out(side, 3, 6, key="leg"),
        out(side, 4, 4, key="leg"),
    ]
    assert numbers(figure(book_of(*told), f"{side}.held")) == (14, 14, None)


# -- nearly, estimates, and what they divide -----------------------------------------------------


@EACH_SIDE
def test_nearly_900_keeps_its_number_as_a_hedged_one(side: Side) -> None:
    book = book_of(out(side, 1, NEARLY_900), out(OTHER[side], 2, 30))
    found = of(tally(book), side).released
    assert (numbers(found), found and found.hedged, found and found.exact) == ((899, 850, 899), True, False)
    ratio = tally(book).ratios.deal
    names: dict[str, Any] = {"numerator": "prisoners.deal", "denominator": "captives.deal", "hedged": True}
    if side == "prisoners":
        assert ratio == Ratio(value=29.966667, low=28.333333, high=29.966667, **names)
    else:
        assert ratio == Ratio(value=0.03337, low=0.03337, high=0.035294, **names)


@EACH_SIDE
@pytest.mark.parametrize(
    ("number", "low"),
    [
        (2000, 1800),
        (1000, 900),
        (900, 850),
        (240, 235),
        (250, 245),
        (100, 90),
        (30, 27),
        (12, 11),
        (7, 6),
        (2, 1),
        (1, 0),
    ],
)
def test_how_far_below_a_round_number_nearly_can_mean(side: Side, number: int, low: int) -> None:
    told = out(side, 1, {"high": number - 1, "qualifier": "nearly"})
    assert numbers(figure(book_of(told), f"{side}.released")) == (number - 1, low, number - 1)


@EACH_SIDE
@pytest.mark.parametrize("number", [1, 2, 10, 100, 1000])
def test_fewer_than_nobody_were_never_meant(side: Side, number: int) -> None:
    told = out(side, 1, {"high": number - 1, "qualifier": "nearly"})
    low, high = numbers(figure(book_of(told), f"{side}.released"))[1:]
    assert high is not None
    assert 0 <= low <= high


@EACH_SIDE
@EACH_COUNT
def test_an_estimate_has_a_number_and_a_range_and_is_neither_hedged_nor_exact(
    side: Side, tell: Callable[[Side], Tell], name: str
) -> None:
    found = figure(book_of(tell(side)(1, ESTIMATE, key="leg")), f"{side}.{name}")
    assert found is not None
    assert (numbers(found), found.hedged, found.exact) == ((5, 3, 9), False, False)
    same = figure(
        book_of(tell(side)(1, {"best": 4, "low": 4, "high": 4, "qualifier": "estimate"}, key="leg")), f"{side}.{name}"
    )
    assert same is not None
    assert (numbers(same), same.exact) == ((4, 4, 4), True)


@EACH_SIDE
def test_estimates_add_up_and_leave_a_fraction_with_a_range(side: Side) -> None:
    told = [out(side, 1, ESTIMATE), out(side, 2, 7), out(OTHER[side], 3, 24)]
    view = tally(book_of(*told))
    assert numbers(of(view, side).deal) == (12, 10, 16)
    ratio = view.ratios.deal
    expected = ("24/12", 2.0, 1.5, 2.4) if side == "captives" else ("12/24", 0.5, 0.416667, 0.666667)
    assert (ratio.fraction, ratio.value, ratio.low, ratio.high) == expected


@EACH_SIDE
def test_a_total_within_an_estimate_agrees(side: Side) -> None:
    book = book_of(out(side, 1, 9), stated(2, f"{side}.released", ESTIMATE))
    assert [(each.verdict, each.rule) for each in stated_totals(book, [book])] == [
        ("agrees", '"estimate" can mean 3 to 9')
    ]


# -- what it rests on ----------------------------------------------------------------------------


@EACH_SIDE
@EACH_COUNT
def test_a_figure_is_explained_with_the_range_that_rivals_leave_it(
    side: Side, tell: Callable[[Side], Tell], name: str
) -> None:
    told = [tell(side)(1, 242, key="leg"), tell(side)(2, MORE_THAN_350, key="leg")]
    found = explained(book_of(*told), f"{side}.{name}", {each.id: each for each in told})
    [part] = found.contributions
    assert numbers(part.count) == numbers(found.value) == (242, 242, None)
    assert [(each.event, numbers(each.count)) for each in part.left_out] == [(told[1].id, (None, 351, None))]
