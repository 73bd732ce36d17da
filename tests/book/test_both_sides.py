"""The rules of docs/counting.md on both sides: scope, what is not recorded, stocks, promises, joint ratios, days."""

from typing import Any

import pytest

from ledger.book.doubles import likely_doubles
from ledger.book.rounds import round_view
from ledger.book.statements import stated_totals
from ledger.book.stocks import beyond_held
from ledger.book.talks import terms
from ledger.book.tally import process_tally, tally
from ledger.book.transfers import SIDES
from schemas.events import AnyEvent
from schemas.views import Estimate
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    OTHER,
    UNKNOWN,
    book_of,
    day,
    event,
    figure,
    group,
    moved,
    numbers,
    of,
    opened,
    out,
    retracted,
    stated,
)

# -- scope ---------------------------------------------------------------------------------------


@EACH_SIDE
def test_people_beside_the_deal_are_in_no_ratio_of_the_deal(side: Side) -> None:
    told = [out(side, 1, 246), out(side, 2, group(31, ratio_scope="outside")), out(OTHER[side], 3, 246)]
    view = tally(book_of(*told))
    assert (numbers(of(view, side).deal), numbers(of(view, side).outside)) == ((246,) * 3, (31,) * 3)
    assert view.ratios.deal.fraction == "246/246"
    assert view.ratios.all.fraction == ("246/277" if side == "captives" else "277/246")
    assert (view.ratios.all.numerator, view.ratios.all.denominator) == ("prisoners.released", "captives.released")


@EACH_SIDE
@pytest.mark.parametrize(
    ("basis", "declared", "deal", "outside", "unsaid"),
    [
        ("unknown", None, (None, 0, 12), (None, 0, 12), (12, 12, 12)),
        ("exchange", None, (None, 0, 12), (None, 0, 12), (12, 12, 12)),
        ("humanitarian", None, (0, 0, 0), (12, 12, 12), (0, 0, 0)),
        ("unilateral", None, (0, 0, 0), (12, 12, 12), (0, 0, 0)),
        ("side_arrangement", None, (0, 0, 0), (12, 12, 12), (0, 0, 0)),
        ("amnesty", "inside", (0, 0, 0), (12, 12, 12), (0, 0, 0)),
        ("unknown", "inside", (12, 12, 12), (0, 0, 0), (0, 0, 0)),
        ("unknown", "outside", (0, 0, 0), (12, 12, 12), (0, 0, 0)),
    ],
)
def test_a_scope_that_nobody_said(
    side: Side, basis: str, declared: str | None, deal: Any, outside: Any, unsaid: Any
) -> None:
    book = book_of(opened(1, unsaid_scope=declared), out(side, 2, group(12, ratio_scope="none", basis=basis)))
    found = [figure(book, f"{side}.{name}") for name in ("deal", "outside", "unsaid")]
    assert [numbers(each) for each in found] == [deal, outside, unsaid]


@EACH_SIDE
def test_released_is_the_deal_and_all_that_is_not(side: Side) -> None:
    told = [
        out(side, 1, 10, group(3, ratio_scope="outside"), group(2, ratio_scope="credited_next_round")),
        event("count_credited", 2, side=side, count={"best": 2}, from_round=1, to_round=2),
        event("count_credited", 3, side=side, count={"best": 1}, from_round=1, to_round=2, from_scope="inside"),
        event("count_credited", 4, side=side, count={"best": 1}, from_round=1, to_round=2, from_scope="outside"),
    ]
    round = getattr(round_view(book_of(*told), 1), side)
    assert [each and each.best for each in (round.deal, round.outside, round.credited_out)] == [9, 2, 4]
    assert round.released.best == round.deal.best + round.credited_out.best + round.outside.best
    assert numbers(getattr(round_view(book_of(*told), 2), side).deal) == (4, 4, 4)


@EACH_SIDE
def test_more_credited_than_were_there_is_no_number(side: Side) -> None:
    told = [
        out(side, 1, group(2, ratio_scope="credited_next_round")),
        event("count_credited", 2, side=side, count={"best": 3}, from_round=1, to_round=2),
    ]
    assert figure(book_of(*told), f"{side}.outside") is None


# -- recorded or not -----------------------------------------------------------------------------


@EACH_SIDE
def test_a_side_of_which_nobody_tells_is_not_recorded(side: Side) -> None:
    view = tally(book_of(opened(1), out(side, 2, 144)))
    assert {value for name, value in of(view, OTHER[side]) if isinstance(value, Estimate) or value is None} == {None}
    assert (view.ratios.deal.value, view.incomplete) == (None, [1])
    assert numbers(view.both.released) == (None, 144, None)
    assert round_view(book_of(out(side, 2, 144)), 1).incomplete == [OTHER[side]]


@EACH_SIDE
def test_zero_is_a_statement_and_unknown_is_none(side: Side) -> None:
    view = tally(book_of(out(side, 1, 144), out(OTHER[side], 2, 0)))
    assert (numbers(of(view, OTHER[side]).released), view.incomplete) == ((0, 0, 0), [])
    unknown = tally(book_of(out(side, 1, 144), out(OTHER[side], 2, UNKNOWN)))
    assert numbers(of(unknown, OTHER[side]).released) == (None, 0, None)
    assert unknown.ratios.deal.value is None


@EACH_SIDE
def test_a_process_has_no_ratio_where_a_member_lacks_a_side(side: Side) -> None:
    one = book_of(opened(1), out(side, 2, 144))
    other = [
        opened(3, "EAST-WEST-2024"),
        *(out(each, n, 230, exchange="EAST-WEST-2024") for n, each in enumerate(SIDES, 4)),
    ]
    view = process_tally("ALL", [one, book_of(*other)])
    assert numbers(of(view, side).released) == (374, 374, 374)
    assert {view.ratios.deal.value, view.ratios.nationals.value, view.ratios.all.value} == {None}
    gesture = book_of(opened(1), out(side, 2, group(144, ratio_scope="outside")))
    assert process_tally("ALL", [gesture, book_of(*other)]).ratios.deal.fraction == "230/230"


@EACH_SIDE
def test_the_dead_in_a_release_are_remains_returned(side: Side) -> None:
    told = [out(side, 1, 436, group(59, vital="remains"), group(1, vital="died")), out(OTHER[side], 2, 1)]
    found = of(tally(book_of(*told)), side)
    assert (numbers(found.released), numbers(found.remains.returned)) == ((436,) * 3, (60,) * 3)


@EACH_SIDE
def test_remains_that_are_not_identified_stay_held(side: Side) -> None:
    taken = moved(f"{side}_taken", 1, 10, key="taken")
    died = moved(f"{side}_died", 2, 5, key="died", **day("2024-03-02"))
    received = moved("remains_received", 3, 4, key="received", side=side)
    matched = moved("remains_identified", 4, 2, key="yes", side=side)
    unmatched = moved("remains_identified", 5, 1, key="no", side=side, matched=False)
    found = of(tally(book_of(taken, died, received, matched, unmatched)), side)
    assert numbers(found.held) == (8, 8, 8)
    remains = found.remains
    shown = (remains.held, remains.returned, remains.rejected, remains.unidentified)
    assert [numbers(each) for each in shown] == [(3, 3, 3), (2, 2, 2), (1, 1, 1), (1, 1, 1)]


@EACH_SIDE
def test_who_let_them_go_and_where_they_went(side: Side) -> None:
    told = [
        out(side, 1, group(5, holder="east", destination="north"), by="west"),
        out(side, 2, group(3, destination="north"), by="west"),
    ]
    by = of(tally(book_of(*told)), side).by
    assert {name: each.best for name, each in by.holder.items()} == {"east": 5, "west": 3}
    assert {name: each.best for name, each in by.destination.items()} == {"north": 8}
    assert {name: each.best for name, each in by.vital.items()} == {"alive": 8}


# -- stocks --------------------------------------------------------------------------------------


@EACH_SIDE
def test_nobody_is_held_of_whom_nobody_says_that_there_were_any(side: Side) -> None:
    book = book_of(out(side, 1, 4), stated(2, f"{side}.held", 116))
    assert figure(book, f"{side}.held") is None
    [total] = stated_totals(book, [book])
    assert (total.computed, total.verdict) == (None, "not compared")


@EACH_SIDE
def test_more_that_went_than_came_is_no_stock(side: Side) -> None:
    assert figure(book_of(moved(f"{side}_taken", 1, 3, key="taken"), out(side, 2, 4)), f"{side}.held") is None


@EACH_SIDE
@pytest.mark.parametrize(("remains_held", "name"), [(False, "died_away"), (True, "died_held")])
def test_who_dies_after_all_are_free_died_in_freedom(side: Side, remains_held: bool, name: str) -> None:
    told = [
        moved(f"{side}_taken", 1, 10, key="taken", **day("2020-01-01")),
        out(side, 2, 10, **day("2020-04-19")),
        moved(f"{side}_died", 3, 1, key="died", remains_held=remains_held, **day("2020-05-19")),
    ]
    book = book_of(*told)
    found = of(tally(book), side)
    assert (numbers(found.held), numbers(found.died)) == ((0, 0, 0), (1, 1, 1))
    assert beyond_held([book], side, name) == 1
    assert (found.remains.held and numbers(found.remains.held)) == ((0, 0, 0) if remains_held else None)


@EACH_SIDE
def test_a_death_is_weighed_against_those_held_at_its_date(side: Side) -> None:
    told = [
        moved(f"{side}_taken", 1, 5, key="taken", **day("2020-01-01")),
        out(side, 2, 5, **day("2020-03-01")),
        moved(f"{side}_died", 3, 2, key="died", remains_held=False, **day("2020-04-01")),
        moved(f"{side}_taken", 4, 10, key="again", **day("2020-05-01")),
    ]
    assert numbers(figure(book_of(*told), f"{side}.held")) == (10, 10, 10)


@EACH_SIDE
def test_a_list_at_a_date_opens_a_stock(side: Side) -> None:
    told = [
        stated(1, f"{side}.held", 100, occurrence="list", opening=True, **day("2024-03-10")),
        out(side, 2, 7, **day("2024-03-10")),  # no longer on the list
        out(side, 3, 30, **day("2024-03-11")),
        moved("people_retaken", 4, 2, key="again", side=side, **day("2024-03-12")),
        stated(5, f"{side}.held", 72, occurrence="later", **day("2024-03-13")),
    ]
    book = book_of(*told)
    assert numbers(figure(book, f"{side}.held")) == (72, 72, 72)
    opening, later = stated_totals(book, [book])
    assert (opening.verdict, opening.rule) == ("not compared", "it opens the stock")
    assert (later.verdict, numbers(later.computed)) == ("agrees", (72, 72, 72))


@EACH_SIDE
def test_what_straddles_the_list_widens_the_stock(side: Side) -> None:
    week = {"occurred": {"at": "2024-W10", "precision": "week"}}
    listed = stated(1, f"{side}.held", 100, opening=True, **day("2024-03-06"))
    assert numbers(figure(book_of(listed, out(side, 2, 7, **week)), f"{side}.held")) == (None, 93, 100)


@EACH_SIDE
def test_takings_before_the_list_open_the_stock_themselves(side: Side) -> None:
    taken = moved(f"{side}_taken", 1, 50, key="taken", **day("2024-03-01"))
    book = book_of(taken, stated(2, f"{side}.held", 40, opening=True, **day("2024-03-06")))
    assert numbers(figure(book, f"{side}.held")) == (50, 50, 50)
    [total] = stated_totals(book, [book])
    assert total.verdict == "differs"


@EACH_SIDE
def test_a_retaken_man_is_held_again_and_was_released_all_the_same(side: Side) -> None:
    told = [
        moved(f"{side}_taken", 1, 5, key="taken", **day("2024-03-01")),
        out(side, 2, 5, **day("2024-03-02")),
        moved("people_retaken", 3, 1, key="again", side=side, **day("2024-03-03")),
        out(side, 4, 1, **day("2024-03-04")),
    ]
    found = of(tally(book_of(*told)), side)
    assert (numbers(found.held), numbers(found.released)) == ((0, 0, 0), (6, 6, 6))


# -- stated totals -------------------------------------------------------------------------------


@EACH_SIDE
def test_a_total_that_does_not_stand_is_not_compared(side: Side) -> None:
    name = f"{side}.released"
    told = [
        out(side, 1, 477),
        stated(2, name, 4327, occurrence="a"),
        stated(3, name, 477, occurrence="a", supersedes="00000000-0000-8000-8000-000000000002", reason="corrected"),
        stated(4, name, 1027, occurrence="b", status="planned"),
        stated(5, name, 900, occurrence="c"),
        retracted(6, 5, key="c"),
    ]
    book = book_of(*told)
    found = [(each.verdict, each.rule.split(" ")[0]) for each in stated_totals(book, [book])]
    assert found == [
        ("not compared", "corrected"),
        ("agrees", "the"),
        ("not compared", "a"),
        ("not compared", "retracted:"),
    ]


@EACH_SIDE
def test_a_total_within_the_range_of_rivals_is_consistent(side: Side) -> None:
    told = [out(side, 1, 12, key="leg"), out(side, 2, 15, key="leg"), stated(3, f"{side}.released", 14)]
    book = book_of(*told)
    assert [each.verdict for each in stated_totals(book, [book])] == ["consistent"]


@EACH_SIDE
def test_a_partys_total_is_what_it_moved_else_what_it_let_go(side: Side) -> None:
    moved_by_icrc = out(side, 2, 30, part={"of": "out1", "by": "mover"}, facilitators=["icrc"])
    told = [out(side, 1, 50, by="north"), moved_by_icrc]
    totals = [stated(n, f"{side}.released", 30, party=party) for n, party in ((3, "icrc"), (4, "north"), (5, "east"))]
    book = book_of(*told, *totals)
    assert [each.verdict for each in stated_totals(book, [book])] == ["agrees", "differs", "not compared"]


def test_a_total_of_both_sides() -> None:
    book = book_of(out("captives", 1, 20), out("prisoners", 2, 30), stated(3, "both.released", 50))
    assert [each.verdict for each in stated_totals(book, [book])] == ["agrees"]


# -- parts ---------------------------------------------------------------------------------------


@EACH_SIDE
def test_parts_of_a_whole_without_a_number_give_at_least_their_sum(side: Side) -> None:
    batch, mover = {"of": "leg", "by": "batch"}, {"of": "leg", "by": "mover"}
    whole, one, two = out(side, 1, UNKNOWN, key="leg"), out(side, 2, 12, part=batch), out(side, 3, 8, part=batch)
    for told in ([whole, one, two], [one, two, whole], [one, whole, two]):
        assert numbers(figure(book_of(*told), f"{side}.released")) == (None, 20, None)
    overlapping = [out(side, n, people, part=mover) for n, people in ((4, 15), (5, 18))]
    assert numbers(figure(book_of(whole, *overlapping), f"{side}.released")) == (None, 18, None)
    assert numbers(figure(book_of(whole, one, two, retracted(6, 3, key="out3")), f"{side}.released")) == (
        None,
        12,
        None,
    )
    assert figure(book_of(one, two), f"{side}.released") is None


@EACH_SIDE
def test_a_leg_inside_which_a_cut_falls_counts_the_batches_that_were_over(side: Side) -> None:
    days = {"at": "2024-03-01", "precision": "interval", "until": "2024-03-04"}
    batch = {"of": "leg", "by": "batch"}
    told = [
        out(side, 1, 20, key="leg", occurred=days),
        out(side, 2, 7, part=batch, **day("2024-03-01")),
        out(side, 3, 5, part=batch, **day("2024-03-02")),
        out(side, 4, 8, part=batch, **day("2024-03-04")),
    ]
    name = f"{side}.released"
    assert numbers(figure(book_of(*told, occurred_by="2024-03-02"), name)) == (12, 12, 20)
    assert numbers(figure(book_of(*told[:3], occurred_by="2024-03-02"), name)) == (None, 12, 20)
    assert numbers(figure(book_of(*told, occurred_by="2024-03-04"), name)) == (20, 20, 20)
    assert figure(book_of(*told, occurred_by="2024-02-28"), name) is None
    assert side in round_view(book_of(*told, occurred_by="2024-03-02"), 1).incomplete


# -- promises and joint ratios -------------------------------------------------------------------


def agreed(number: int, *pledges: dict[str, Any], **members: Any) -> AnyEvent:
    return event("terms_agreed", number, **{"terms": f"deal{number}", "pledges": list(pledges), **members})


def per_head(side: Side, best: int, category: str = "unknown") -> dict[str, Any]:
    """So many of the other side for each of one side."""
    return {"item": OTHER[side], "count": {"best": best}, "per": side.removesuffix("s"), "category": category}


@EACH_SIDE
@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("women_civilian", (90, 90, 90)),
        ("women_soldiers", (150, 150, 150)),
        ("mixed", (None, 90, 150)),
        ("children", None),
    ],
)
def test_a_ratio_for_each_category(side: Side, category: str, expected: Any) -> None:
    deal = agreed(1, per_head(side, 30, "women_civilian"), per_head(side, 50, "women_soldiers"))
    book = book_of(deal, out(side, 2, group(3, category=category)), out(OTHER[side], 3, 110))
    promised = getattr(round_view(book, 1).promised, OTHER[side])
    assert (promised and numbers(promised)) == expected
    assert [numbers(each.promised) for each in tally(book).promises] == ([] if expected is None else [expected])


@EACH_SIDE
def test_terms_that_stand_beside_each_other(side: Side) -> None:
    """On one day 200 for 1, and 5 for 55."""
    one = agreed(1, {"item": side, "count": {"best": 1}}, {"item": OTHER[side], "count": {"best": 200}}, separate=True)
    other = agreed(2, {"item": side, "count": {"best": 55}}, {"item": OTHER[side], "count": {"best": 5}}, separate=True)
    told = [
        *(out(side, 3, 1, terms="deal1"), out(OTHER[side], 4, 200, terms="deal1")),
        *(out(side, 5, 55, terms="deal2"), out(OTHER[side], 6, 5, terms="deal2")),
    ]
    book = book_of(one, other, *told)
    ratios = [each.ratio.fraction for each in terms(book) if each.ratio is not None]
    assert ratios == (["200/1", "5/55"] if side == "captives" else ["1/200", "55/5"])
    assert {each.item: numbers(each.promised) for each in tally(book).promises} == {
        side: (56,) * 3,
        OTHER[side]: (205,) * 3,
    }


@EACH_SIDE
def test_rounds_that_a_late_leg_settles_have_one_ratio(side: Side) -> None:
    told = [
        out(side, 1, 10, round=2),
        out(side, 2, 10, round=3),
        out(OTHER[side], 3, 60, round=3, settles=[2, 3]),
        moved("remains_returned", 4, 4, key="dead", round=2, side=side),
    ]
    book = book_of(*told)
    for number in (2, 3):
        view = round_view(book, number)
        assert view.joint is not None
        assert view.joint.all is not None
        fractions = (view.joint.living.fraction, view.joint.all.fraction)
        assert (view.joint.rounds, view.ratios.deal.value, view.incomplete) == ([2, 3], None, [])
        assert fractions == (("60/20", "60/24") if side == "captives" else ("20/60", "24/60"))


# -- days held, and likely doubles ---------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize(
    ("taken", "released", "days"),
    [
        (("2023-10-07", "day"), ("2023-10-20", "day"), (13, 13, 13)),
        (("2006-06-25", "day"), ("2011-10-18", "day"), (1941, 1941, 1941)),
        (("2023-10", "month"), ("2023-11-24", "day"), (None, 24, 54)),
        (("2023-10-06", "before"), ("2023-10-20", "day"), (None, 14, None)),
        (("2023-10-07", "day"), ("2023-10-20", "after"), (None, 13, None)),
        (("2023-10-07", "after"), ("2023-10-20", "day"), None),
    ],
)
def test_days_from_a_taking_to_the_release_that_is_linked_to_it(
    side: Side, taken: Any, released: Any, days: Any
) -> None:
    start, end = ({"occurred": {"at": at, "precision": precision}} for at, precision in (taken, released))
    told = [
        moved(f"{side}_taken", 1, 2, key="taken", round=None, **start),
        out(side, 2, group(2, taken=[{"occurrence": "taken"}]), **end),
    ]
    for order in (told, told[::-1]):
        found = [numbers(each.days) for each in round_view(book_of(*order), 1).days_held]
        assert found == ([] if days is None else [days])


@EACH_SIDE
def test_days_of_several_takings_reach_from_the_least_to_the_greatest(side: Side) -> None:
    told = [
        moved(f"{side}_taken", 1, 1, key="a", **day("2024-01-01")),
        moved(f"{side}_taken", 2, 1, key="b", **day("2024-01-11")),
        out(side, 3, group(2, taken=[{"occurrence": "a"}, {"occurrence": "b"}]), **day("2024-01-21")),
        out(side, 4, 2, **day("2024-01-21")),
    ]
    [found] = round_view(book_of(*told), 1).days_held
    assert (found.side, numbers(found.days), numbers(found.count)) == (side, (None, 10, 20), (2, 2, 2))


@EACH_SIDE
@pytest.mark.parametrize(
    ("other", "is_likely"),
    [
        ({}, True),
        ({"source": {"publisher": "The River Post"}}, False),
        ({"round": 2}, False),
        ({"occurred": {"at": "2024-03-02", "precision": "day"}}, False),
        ({"status": "planned"}, False),
        ({"part": {"of": "out1", "by": "batch"}}, False),
        ({"groups": [group(43)]}, False),
        ({"groups": [group(44, nationality=["THA"])]}, False),
        ({"groups": [group(44, category="women")]}, True),
        ({"groups": [group(22), group(22, ratio_scope="outside")]}, True),
    ],
)
def test_what_two_publishers_may_tell_of_one_thing(side: Side, other: dict[str, Any], is_likely: bool) -> None:
    members = {"source": {"publisher": "Another"}, **other}
    book = book_of(out(side, 1, 44), out(side, 2, 44, **members))
    found = likely_doubles([book])
    assert len(found) == is_likely
    if found:
        assert found[0].publishers == ["The River Post", "Another"]
        assert numbers(figure(book, f"{side}.released")) == (88, 88, 88)


@EACH_SIDE
@pytest.mark.parametrize(("came", "expected"), [(100, (0, 0, 0)), (50, (None, 0, 50))])
def test_a_leg_that_pays_for_several_rounds_pays_each_head_once(side: Side, came: int, expected: Any) -> None:
    told = [
        agreed(1, per_head(side, 10)),
        out(side, 2, 5, round=1),
        out(side, 3, 5, round=2),
        out(OTHER[side], 4, came, round=3, settles=[1, 2]),
    ]
    book = book_of(*told)
    for number in (1, 2):
        view = round_view(book, number)
        assert numbers(getattr(view.promised, OTHER[side])) == (50, 50, 50)
        assert numbers(getattr(view.outstanding, OTHER[side])) == expected


@EACH_SIDE
def test_people_whom_the_deal_may_count_widen_the_promise(side: Side) -> None:
    told = [agreed(1, per_head(side, 30)), out(side, 2, 5, group(5, ratio_scope="none")), out(OTHER[side], 3, 150)]
    [promise] = tally(book_of(*told)).promises
    assert (numbers(promise.promised), numbers(promise.outstanding)) == ((None, 150, 300), (None, 0, 150))


@EACH_SIDE
def test_what_came_by_several_claims_leaves_a_range_outstanding(side: Side) -> None:
    fifty = agreed(1, {"item": side, "count": {"best": 50}})
    [promise] = tally(book_of(fifty, out(side, 2, 55, key="leg"), out(side, 3, 30, key="leg"))).promises
    assert numbers(promise.outstanding) == (0, 0, 20)
