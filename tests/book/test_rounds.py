"""One round: both legs, what was promised and is outstanding, what settles it, and the claims behind it."""

from typing import Any

import pytest

from ledger.book.rounds import round_view
from ledger.book.tally import tally
from schemas.events import AnyEvent
from schemas.values import Moment
from schemas.views import ClaimCounts, PartCheck, Ratio
from tests.book.building import (
    book_of,
    corrected,
    event,
    freed,
    group,
    ident,
    let_go,
    moved,
    numbers,
    opened,
    retracted,
    round_claims,
    round_parts,
)


def agreed(number: int, *pledges: dict[str, Any], **members: Any) -> AnyEvent:
    return event("terms_agreed", number, **{"terms": "deal", "pledges": list(pledges), **members})


def pledge(item: str, best: int, per: str = "deal", **members: Any) -> dict[str, Any]:
    return {"item": item, "count": {"best": best}, "per": per, **members}


def plan(number: int, leg: str, people: int | None, type: str = "release_planned", **members: Any) -> AnyEvent:
    stated = None if people is None else {"best": people}
    return event(type, number, round=1, leg=leg, count=stated, **members)


THREE = agreed(90, pledge("prisoners", 3, "captive"))


def test_both_legs_and_their_times() -> None:
    view = round_view(
        book_of(
            opened(9),
            freed(1, 10, occurred={"at": "2024-03-01T18:00+02:00", "precision": "minute"}),
            freed(2, group(2, nationality=["THA"], ratio_scope="outside"), key="others"),
            let_go(3, 30, key="out", occurred={"at": "2024-03-02T01:00+02:00", "precision": "minute"}),
        ),
        1,
    )
    assert (numbers(view.captives.deal), numbers(view.captives.nationals), numbers(view.captives.released)) == (
        (10, 10, 10),
        (10, 10, 10),
        (12, 12, 12),
    )
    assert (view.ratios.deal.fraction, view.ratios.nationals.fraction, view.ratios.all.fraction) == (
        "30/10",
        "30/10",
        "30/12",
    )
    assert view.legs["captives"].first == Moment.day("2024-03-01")
    assert view.legs["captives"].last.at == "2024-03-01T18:00+02:00"
    assert view.legs["prisoners"].first == view.legs["prisoners"].last


def test_nationals_are_unknown_where_nobody_declared_them() -> None:
    view = round_view(book_of(freed(1, 10), let_go(2, 30, key="out")), 1)
    names: dict[str, Any] = {"numerator": "prisoners.released", "denominator": "captives.released"}
    assert (view.captives.nationals, view.ratios.nationals) == (None, Ratio(**names))


def test_a_dual_national_is_a_national() -> None:
    view = round_view(book_of(opened(9), freed(1, group(2, nationality=["XSO", "XNO"]))), 1)
    assert numbers(view.captives.nationals) == (2, 2, 2)


def test_a_round_of_nothing_but_a_plan_is_a_round() -> None:
    book = book_of(plan(1, "captives", 5))
    assert book.rounds() == [1]
    assert numbers(round_view(book, 1).promised.captives) == (5, 5, 5)


def test_a_correction_can_move_a_leg_to_another_round() -> None:
    book = book_of(freed(1, 10), corrected(2, 1, 10, round=2))
    assert book.rounds() == [2]
    assert [each.event for each in round_claims(book, 2).left_out] == [ident(1)]


# -- promised, delivered, outstanding --------------------------------------------------------------


def test_the_agreed_ratio_of_the_captives_delivered_is_promised() -> None:
    view = round_view(book_of(THREE, freed(1, 10), let_go(2, 28, key="out")), 1)
    assert view.promised_ratio.fraction == "3/1"
    assert numbers(view.promised.prisoners) == (30, 30, 30)
    assert numbers(view.outstanding.prisoners) == (2, 2, 2)
    assert view.promised.captives is None


def test_a_plan_for_the_round_comes_before_the_agreed_ratio() -> None:
    planned = [plan(3, "captives", 14), plan(4, "prisoners", 42)]
    view = round_view(book_of(THREE, *planned, freed(1, 13), let_go(2, 39, key="out")), 1)
    assert (numbers(view.promised.captives), numbers(view.promised.prisoners)) == ((14, 14, 14), (42, 42, 42))
    assert (numbers(view.outstanding.captives), numbers(view.outstanding.prisoners)) == ((1, 1, 1), (3, 3, 3))


def test_a_cancelled_plan_promises_nothing() -> None:
    called_off = event("release_cancelled", 5, round=1, leg="captives", plan="list")
    view = round_view(book_of(plan(3, "captives", 14, occurrence="list"), called_off, freed(1, 13)), 1)
    assert (view.promised.captives, view.outstanding.captives) == (None, None)


def test_more_than_promised_leaves_nothing_outstanding() -> None:
    view = round_view(book_of(plan(3, "captives", 8), freed(1, 13)), 1)
    assert numbers(view.outstanding.captives) == (0, 0, 0)


def test_a_delayed_leg_is_owed_until_another_round_settles_it() -> None:
    delay = plan(3, "prisoners", 620, "release_delayed")
    owed = round_view(book_of(freed(1, 6), delay), 1)
    assert (numbers(owed.promised.prisoners), numbers(owed.outstanding.prisoners)) == ((620,) * 3, (620,) * 3)
    book = book_of(freed(1, 6), delay, let_go(2, 643, key="late", round=2, settles=[1, 2]))
    first, second = round_view(book, 1), round_view(book, 2)
    assert (first.settled_by, numbers(first.outstanding.prisoners)) == ([ident(2)], (0, 0, 0))
    assert (second.settles, second.settled_by) == ([1, 2], [])
    assert (first.ratios.deal.value, second.ratios.deal.value) == (None, None)
    assert first.joint is not None
    assert (first.joint.rounds, first.joint.living.fraction, first.joint.all) == ([1, 2], "643/6", None)


def test_a_retracted_settlement_settles_nothing() -> None:
    late = let_go(2, 643, key="late", round=2, settles=[1])
    book = book_of(freed(1, 6), plan(3, "prisoners", 620, "release_delayed"), late, retracted(4, 2, key="late"))
    view = round_view(book, 1)
    assert (view.settled_by, numbers(view.outstanding.prisoners)) == ([], (620, 620, 620))


def test_a_delay_that_ended_in_its_own_round_is_no_promise() -> None:
    delay = plan(3, "prisoners", 620, "release_delayed")
    assert round_view(book_of(freed(1, 6), delay, let_go(2, 30, key="out")), 1).promised.prisoners is None


def test_a_delay_without_a_number_promises_no_number() -> None:
    view = round_view(book_of(freed(1, 6), plan(3, "prisoners", None, "release_delayed")), 1)
    assert view.promised.prisoners is None


def test_promises_of_the_deal_and_of_extra_days() -> None:
    deal = agreed(
        1,
        pledge("captives", 50),
        pledge("prisoners", 150),
        pledge("captives", 10, "extra_day"),
        pledge("prisoners", 30, "extra_day"),
        pledge("fuel_litres", 130_000, "day"),
    )
    extended = [event("pause_extended", n, pause="calm", hours=hours) for n, hours in ((2, 48), (3, 24))]
    promises = {each.item: each for each in tally(book_of(deal, *extended, freed(4, 60))).promises}
    assert set(promises) == {"captives", "prisoners"}
    assert numbers(promises["captives"].promised) == (80, 80, 80)
    assert numbers(promises["captives"].outstanding) == (20, 20, 20)
    assert numbers(promises["prisoners"].promised) == (240, 240, 240)
    assert promises["captives"].by == [ident(1), ident(1)]


def test_before_any_extension_extra_days_promise_nothing() -> None:
    deal = agreed(1, pledge("captives", 50), pledge("captives", 10, "extra_day"))
    [promise] = tally(book_of(deal)).promises
    assert numbers(promise.promised) == (50, 50, 50)


def test_later_terms_replace_the_same_pledge_of_earlier_ones() -> None:
    book = book_of(agreed(1, pledge("captives", 50)), agreed(2, pledge("captives", 60), occurrence="new"))
    [promise] = tally(book).promises
    assert numbers(promise.promised) == (60, 60, 60)


def test_what_no_figure_counts_is_in_the_terms_and_not_among_the_promises() -> None:
    assert tally(book_of(agreed(1, pledge("pause_hours", 96)))).promises == []


def test_what_was_never_delivered_is_unknown_and_outstanding_whole() -> None:
    book = book_of(agreed(1, pledge("captives", 50), pledge("prisoner_remains", 360)), freed(2, 20))
    promises = {each.item: each for each in tally(book).promises}
    assert numbers(promises["captives"].outstanding) == (30, 30, 30)
    assert promises["prisoner_remains"].delivered is None
    assert numbers(promises["prisoner_remains"].outstanding) == (360, 360, 360)


def test_ratios_by_category_promise_no_single_ratio() -> None:
    deal = agreed(
        1,
        pledge("prisoners", 30, "captive", category="women_civilian"),
        pledge("prisoners", 50, "captive", category="women_soldiers"),
    )
    assert round_view(book_of(deal, freed(2, 3)), 1).promised_ratio == Ratio()


# -- parts -----------------------------------------------------------------------------------------


def part(number: int, people: Any, by: str, **members: Any) -> AnyEvent:
    return freed(number, people, key=f"part{number}", part={"of": "leg", "by": by}, **members)


def checks(*events: AnyEvent) -> list[PartCheck]:
    return round_parts(book_of(*events), 1)


@pytest.mark.parametrize(
    ("whole", "parts", "agrees"),
    [
        (12, [5, 7], True),
        (12, [5], True),
        (12, [5, 8], False),
        ({"best": 12, "high": 14, "qualifier": "about"}, [14], True),
        ({"best": 12, "high": 14, "qualifier": "about"}, [15], False),
        ({"low": 11, "qualifier": "over"}, [500], True),
        (12, [{"low": 13, "qualifier": "over"}], False),
        (12, [{"qualifier": "several"}], True),
    ],
)
def test_parts_may_fall_short_of_their_whole_and_never_exceed_it(whole: Any, parts: list[Any], agrees: bool) -> None:
    told = [part(number, people, "category") for number, people in enumerate(parts, 2)]
    [check] = checks(freed(1, whole), *told)
    assert (check.occurrence, check.by, check.agrees) == ("leg", "category", agrees)


def test_parts_are_checked_by_each_dimension_apart() -> None:
    found = checks(freed(1, 12), part(2, 5, "batch"), part(3, 7, "batch"), part(4, 9, "category"))
    assert [(each.by, numbers(each.parts)) for each in found] == [("batch", (12, 12, 12)), ("category", (9, 9, 9))]


def test_rival_claims_about_one_part_are_not_added() -> None:
    part_a, part_b = part(2, 5, "category", occurrence="a"), part(3, 6, "category", occurrence="a")
    [check] = checks(freed(1, 12), part_a, part_b)
    assert numbers(check.parts) == (5, 5, 5)


def test_parts_of_a_leg_that_is_not_there_are_checked_nowhere() -> None:
    assert checks(part(2, 5, "category")) == []


def test_a_leg_that_counts_nowhere_agrees_with_no_part() -> None:
    [check] = checks(freed(1, 12), retracted(9, 1), part(2, 5, "category"))
    assert (check.whole, check.agrees) == (None, False)


def test_a_part_that_came_before_its_leg_is_checked() -> None:
    [check] = checks(part(2, 13, "category"), freed(1, 12))
    assert not check.agrees


# -- the claims behind it --------------------------------------------------------------------------


def test_each_claim_is_used_or_left_out_with_its_reason() -> None:
    told = [
        freed(1, 10),
        freed(2, 12),
        part(3, 4, "category"),
        event("tally_stated", 4, round=1, figure="captives.released", count={"best": 10}),
        plan(5, "captives", 14),
        freed(6, 2, key="rumour", status="failed"),
    ]
    found = round_claims(book_of(*told), 1)
    assert [(claim.id, rule) for _, claim, rule in found.used] == [(ident(1), "the earliest recorded")]
    assert {each.event: each.why for each in found.left_out} == {
        ident(2): "not adopted: the earliest recorded",
        ident(3): "a part of leg by category: checked against it, never added",
        ident(4): "a stated total: checked against the computed one, never added",
        ident(5): "moves nobody",
        ident(6): "reported, and did not happen",
    }
    counts = {each.event: each.count and each.count.best for each in found.left_out}
    assert counts == {ident(2): 12, ident(3): 4, ident(4): 10, ident(5): 14, ident(6): 2}
    assert round_view(book_of(*told), 1).claims == ClaimCounts(used=1, left_out=5)


def test_a_round_tells_of_the_parts_that_exceed_their_whole_and_of_no_other() -> None:
    told = [freed(1, 10), part(2, 7, "batch"), part(3, 4, "category")]
    assert round_view(book_of(*told), 1).exceeding == []
    [check] = round_view(book_of(*told, part(4, 5, "batch")), 1).exceeding
    assert (check.occurrence, check.by, numbers(check.parts)) == ("leg", "batch", (12, 12, 12))


def test_remains_have_a_ratio_of_their_own() -> None:
    book = book_of(
        opened(9),
        moved("remains_returned", 1, group(3, vital="remains")),
        moved("remains_returned", 2, 45, key="given", side="prisoners"),
    )
    view = round_view(book, 1)
    assert numbers(view.captives.remains.returned) == (3, 3, 3)
    assert numbers(view.prisoners.remains.returned) == (45, 45, 45)
    assert view.ratios.remains.fraction == "45/3"
