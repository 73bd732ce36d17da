"""What was promised, for the deal, a day or a head, in exact and hedged numbers, against what came of it."""

from typing import Any

import pytest

from ledger.book.rounds import round_view
from ledger.book.talks import terms
from ledger.book.tally import tally
from schemas.events import AnyEvent
from schemas.views import Promise
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    OTHER,
    UNKNOWN,
    back,
    book_of,
    event,
    group,
    numbers,
    out,
    retracted,
)

ABOUT_30 = {"best": 30, "qualifier": "about"}
NEARLY_2000 = {"high": 1999, "qualifier": "nearly"}
AT_LEAST_10 = {"low": 10, "qualifier": "at_least"}
REMAINS = {"captives": "captive_remains", "prisoners": "prisoner_remains"}


def agreed(number: int, *pledges: dict[str, Any], **members: Any) -> AnyEvent:
    return event("terms_agreed", number, **{"terms": "deal", "pledges": list(pledges), **members})


def pledge(item: str, people: Any, per: str = "deal", **members: Any) -> dict[str, Any]:
    return {"item": item, "count": {"best": people} if isinstance(people, int) else people, "per": per, **members}


def head(side: Side) -> str:
    return side.removesuffix("s")


def promise(*events: AnyEvent, item: str) -> Promise | None:
    return next((each for each in tally(book_of(*events)).promises if each.item == item), None)


def told(found: Promise | None) -> list[Any]:
    assert found is not None
    several = (found.promised, found.delivered, found.outstanding)
    return [None if each is None else numbers(each) for each in several]


# -- per head ------------------------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize(
    ("rate", "people", "came", "expected"),
    [
        (50, 4, 200, [(200,) * 3, (200,) * 3, (0, 0, 0)]),
        (50, 4, 190, [(200,) * 3, (190,) * 3, (10, 10, 10)]),
        (50, 4, None, [(200,) * 3, None, (200,) * 3]),
        (50, 0, None, [(0, 0, 0), None, (0, 0, 0)]),
        (50, {"low": 4, "qualifier": "at_least"}, 200, [(None, 200, None), (200,) * 3, (None, 0, None)]),
        (50, UNKNOWN, 200, [(None, 0, None), (200,) * 3, (None, 0, None)]),
        (ABOUT_30, 4, 100, [(120, 120, 120), (100,) * 3, (None, 20, 20)]),
        ({"low": 30, "high": 50, "qualifier": "about"}, 4, 130, [(None, 120, 200), (130,) * 3, (None, 0, 70)]),
        (50, {"best": 4, "low": 3, "high": 5, "qualifier": "estimate"}, 200, [(200, 150, 250), (200,) * 3, (0, 0, 50)]),
    ],
)
def test_so_many_for_each_who_came_inside_the_deal(
    side: Side, rate: Any, people: Any, came: Any, expected: Any
) -> None:
    events = [agreed(9, pledge(OTHER[side], rate, head(side))), out(side, 1, people)]
    events += [] if came is None else [out(OTHER[side], 2, came)]
    assert told(promise(*events, item=OTHER[side])) == expected
    view = round_view(book_of(*events), 1)
    promised, outstanding = getattr(view.promised, OTHER[side]), getattr(view.outstanding, OTHER[side])
    assert numbers(promised) == expected[0]
    assert numbers(outstanding) == (expected[2] if came is not None else expected[0])


@EACH_SIDE
@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([group(4, category="women_soldiers")], (200, 200, 200)),
        ([group(1, category="women_soldiers"), group(2, category="women_civilian")], (110, 110, 110)),
        ([group(3, category="mixed")], (None, 90, 150)),
        ([group(1, category="women_soldiers"), group(2, category="mixed")], (None, 110, 150)),
        ([group(3, category="men")], None),
        ([group(3)], None),
        ([group(3, category="women_civilian"), group(1, category="men")], None),
        (
            [group(3, category="women_civilian", ratio_scope="outside"), group(1, category="women_soldiers")],
            (50, 50, 50),
        ),
        ([group(3, category="women_civilian"), group(2, category="women_civilian", vital="remains")], (90, 90, 90)),
    ],
)
def test_a_rate_for_each_category(side: Side, groups: list[Any], expected: Any) -> None:
    rates = ((30, "women_civilian"), (50, "women_soldiers"))
    deal = agreed(9, *(pledge(OTHER[side], rate, head(side), category=category) for rate, category in rates))
    found = promise(deal, out(side, 1, *groups), item=OTHER[side])
    assert (None if found is None else numbers(found.promised)) == expected
    in_round = getattr(round_view(book_of(deal, out(side, 1, *groups)), 1).promised, OTHER[side])
    assert (None if in_round is None else numbers(in_round)) == expected


@EACH_SIDE
def test_a_rate_for_all_holds_where_a_category_has_none_of_its_own(side: Side) -> None:
    deal = agreed(
        9, pledge(OTHER[side], 30, head(side)), pledge(OTHER[side], 50, head(side), category="women_soldiers")
    )
    came = out(side, 1, group(1, category="women_soldiers"), group(2, category="men"), group(3, category="mixed"))
    found = promise(deal, came, item=OTHER[side])
    assert found is not None
    assert numbers(found.promised) == (50 + 60 + 90,) * 3


@EACH_SIDE
def test_so_many_remains_for_the_remains_of_each(side: Side) -> None:
    deal = agreed(9, pledge(REMAINS[OTHER[side]], 15, f"{head(side)}_remains"))
    events = [deal, back(side, 1, 24), back(side, 2, group(4, ratio_scope="outside")), back(OTHER[side], 3, 345)]
    assert told(promise(*events, item=REMAINS[OTHER[side]])) == [(360,) * 3, (345,) * 3, (15, 15, 15)]


@EACH_SIDE
def test_who_counts_in_another_round_is_promised_for_there(side: Side) -> None:
    deal = agreed(9, pledge(OTHER[side], 3, head(side)))
    credited = event("count_credited", 3, side=side, count={"best": 2}, from_round=1, to_round=2)
    events = [deal, out(side, 1, 10, group(2, ratio_scope="credited_next_round")), out(side, 2, 8, round=2), credited]
    book = book_of(*events)
    assert [numbers(getattr(round_view(book, n).promised, OTHER[side])) for n in (1, 2)] == [(30,) * 3, (30,) * 3]
    assert numbers(tally(book).promises[0].promised) == (60, 60, 60)


# -- in total ------------------------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize(
    ("people", "promised", "outstanding"),
    [
        (2000, (2000, 2000, 2000), (222, 222, 222)),
        (1700, (1700, 1700, 1700), (0, 0, 0)),
        (NEARLY_2000, (1999, 1800, 1999), (None, 22, 221)),
        ({"best": 2000, "qualifier": "about"}, (2000, 2000, 2000), (None, 222, 222)),
        ({"low": 1900, "qualifier": "at_least"}, (None, 1900, None), (None, 122, None)),
        ({"high": 1900, "qualifier": "up_to"}, (None, 0, 1900), (None, 0, 122)),
        (UNKNOWN, (None, 0, None), (None, 0, None)),
    ],
)
def test_a_hedged_promise_says_how_much_may_be_outstanding_and_never_how_much_is(
    side: Side, people: Any, promised: Any, outstanding: Any
) -> None:
    found = promise(agreed(9, pledge(side, people)), out(side, 1, 1778), item=side)
    assert told(found) == [promised, (1778,) * 3, outstanding]
    assert found is not None
    assert found.outstanding is not None
    assert found.outstanding.exact == isinstance(people, int)


@EACH_SIDE
@pytest.mark.parametrize("per_day", [10, ABOUT_30, AT_LEAST_10, {"high": 10, "qualifier": "up_to"}, UNKNOWN])
def test_without_an_extension_an_extra_day_promises_nobody_whatever_it_would(side: Side, per_day: Any) -> None:
    found = promise(agreed(9, pledge(side, 50), pledge(side, per_day, "extra_day")), out(side, 1, 20), item=side)
    assert found is not None
    assert (numbers(found.promised), found.promised.hedged) == ((50, 50, 50), False)


@EACH_SIDE
@pytest.mark.parametrize(
    ("per_day", "promised"), [(10, (80, 80, 80)), (AT_LEAST_10, (None, 80, None)), (ABOUT_30, (140, 140, 140))]
)
def test_extra_days_promise_as_many_times_as_there_were(side: Side, per_day: Any, promised: Any) -> None:
    deal = agreed(9, pledge(side, 50), pledge(side, per_day, "extra_day"))
    longer = [event("pause_extended", n, pause="calm", hours=hours) for n, hours in ((2, 48), (3, 24))]
    found = promise(deal, *longer, out(side, 4, 20), item=side)
    assert found is not None
    assert (numbers(found.promised), found.promised.hedged) == (promised, not isinstance(per_day, int))


@EACH_SIDE
def test_terms_that_were_withdrawn_promise_nothing(side: Side) -> None:
    deal = agreed(9, pledge(side, 50), occurrence="deal")
    assert promise(deal, retracted(1, 9, key="deal"), item=side) is None
    assert promise(event("terms_proposed", 9, terms="deal", pledges=[pledge(side, 50)]), item=side) is None


# -- sets that stand beside each other, and money ------------------------------------------------


@EACH_SIDE
def test_a_separate_set_adds_up_with_the_others_and_has_what_came_of_it(side: Side) -> None:
    main = agreed(1, pledge(side, 50), pledge(OTHER[side], 150))
    beside = agreed(2, pledge(side, 1), pledge(OTHER[side], 200), terms="one", occurrence="one", separate=True)
    came = [out(side, 3, 50), out(side, 4, 1, terms="one"), out(OTHER[side], 5, 190, terms="one")]
    book = book_of(main, beside, *came)
    assert {each.item: numbers(each.promised)[0] for each in tally(book).promises} == {side: 51, OTHER[side]: 350}
    first, second = terms(book)
    assert (first.delivered, first.ratio, first.separate, second.separate) == (None, None, False, True)
    assert second.delivered is not None
    assert second.ratio is not None
    assert (getattr(second.delivered, side).best, getattr(second.delivered, OTHER[side]).best) == (1, 190)
    assert second.ratio.fraction == ("190/1" if side == "captives" else "1/190")


@EACH_SIDE
def test_a_later_agreement_amends_the_earlier_one_and_not_a_separate_one(side: Side) -> None:
    deals = [
        agreed(1, pledge(side, 50)),
        agreed(2, pledge(side, 5), terms="one", occurrence="one", separate=True),
        agreed(3, pledge(side, 60), occurrence="later"),
    ]
    found = promise(*deals, item=side)
    assert found is not None
    assert numbers(found.promised) == (65, 65, 65)


@pytest.mark.parametrize("type", ["terms_proposed", "terms_agreed"])
@pytest.mark.parametrize("currency", ["USD", "KWD", None])
def test_money_for_each_captive_has_its_currency(type: str, currency: str | None) -> None:
    ransom = pledge("funds", 1_000_000, "captive", **({"currency": currency} if currency else {}))
    book = book_of(
        event(type, 1, terms="ransom", pledges=[ransom, pledge("prisoners", {"low": 61, "qualifier": "over"})])
    )
    [found] = terms(book)
    shown = [(each.item, each.per, each.currency, numbers(each.count)) for each in found.pledges]
    assert shown == [("funds", "captive", currency, (1_000_000,) * 3), ("prisoners", "deal", None, (None, 61, None))]
    assert [each.item for each in tally(book).promises] == (["prisoners"] if type == "terms_agreed" else [])


@EACH_SIDE
@pytest.mark.parametrize(
    ("sets", "promised"),
    [
        ([[(50, "unknown"), (30, "children"), (20, "women")]], 50),
        ([[(30, "children"), (20, "women")]], 50),
        ([[(30, "children"), (20, "women")], [(60, "unknown")]], 60),
        ([[(50, "unknown")], [(60, "unknown")]], 60),
        ([[(50, "unknown")], [(30, "children")]], 50),
    ],
)
def test_what_is_promised_by_category_is_within_what_is_promised_of_all(side: Side, sets: Any, promised: int) -> None:
    told = [
        agreed(n, *(pledge(side, people, category=category) for people, category in each), occurrence=f"terms{n}")
        for n, each in enumerate(sets, 1)
    ]
    found = promise(*told, out(side, 9, 13), item=side)
    assert found is not None
    assert numbers(found.promised) == (promised,) * 3
