"""What each type of event moves, and that nobody is lost on the way."""

from typing import Any, get_args

import pytest

from ledger.book.balances import Balance, bounds
from ledger.book.figures import DERIVED, signs
from ledger.book.projection import Book
from ledger.book.tally import tally
from ledger.book.transfers import FACTS, MOVING, PLACES, RULES
from schemas.events import EVENT_TYPES, AnyEvent, Movement
from schemas.vocabulary import Dimension
from tests.book.building import book_of, event, figure, freed, group, let_go, moved, numbers, opened

FLOWS: list[tuple[AnyEvent, str]] = [
    (moved("captives_taken", 1, 5), "captives_taken"),
    (moved("captives_taken", 1, group(5, vital="remains")), "captives_taken_dead"),
    (freed(1, 5), "captives_released"),
    (moved("captives_rescued", 1, 5), "captives_rescued"),
    (moved("captives_escaped", 1, 5), "captives_escaped"),
    (moved("captives_died", 1, 5), "captives_died"),
    (moved("captives_died", 1, 5, remains_held=False), "captives_died_away"),
    (moved("remains_returned", 1, 5), "remains_returned"),
    (moved("remains_recovered", 1, 5), "remains_recovered"),
    (let_go(1, 5), "prisoners_released"),
    (moved("remains_returned", 1, 5, side="prisoners"), "remains_given"),
]


def places(book: Book) -> dict[str, int]:
    """How many people are in each place, from the flows alone."""
    found: dict[str, int] = {}
    for accounts in book.balances.values():
        for account, balance in accounts.items():
            for place, sign in zip(PLACES.get(account[0], ()), (-1, 1), strict=False):
                found[place] = found.get(place, 0) + sign * (balance.estimate().best or 0)
    return {place: number for place, number in found.items() if number}


@pytest.mark.parametrize(("told", "flow"), FLOWS)
def test_each_movement_leads_from_one_place_to_another(told: AnyEvent, flow: str) -> None:
    source, target = PLACES[flow]
    assert places(book_of(told)) == {source: -5, target: 5}


def test_every_flow_of_people_is_shown_above() -> None:
    assert {flow for _, flow in FLOWS} == set(PLACES)


def test_nobody_is_lost_between_places() -> None:
    moves = [
        moved("captives_taken", 1, 20, group(3, vital="remains"), key="taken"),
        freed(2, 6, key="freed"),
        moved("captives_rescued", 3, 1, key="rescued"),
        moved("captives_escaped", 4, 2, key="escaped"),
        moved("captives_died", 5, 4, key="died"),
        moved("captives_died", 6, 1, key="away", remains_held=False),
        moved("remains_returned", 7, 5, key="back"),
        moved("remains_recovered", 8, 1, key="found"),
    ]
    found = places(book_of(*moves))
    assert sum(found.values()) == 0
    assert found == {
        "home": -23,
        "held": 20 - 6 - 1 - 2 - 4 - 1,
        "remains_held": 3 + 4 - 5 - 1,
        "freed": 6,
        "rescued": 1,
        "escaped": 2,
        "died": 1,
        "returned": 5,
        "recovered": 1,
    }
    held = tally(book_of(*moves))
    assert numbers(held.captives.held) == (found["held"] + found["remains_held"],) * 3
    assert numbers(held.remains.held) == (found["remains_held"],) * 3
    assert numbers(held.captives.died) == (5, 5, 5)


def test_who_was_taken_is_unknown_where_no_claim_says_it() -> None:
    assert tally(book_of(freed(1, 5))).captives.held is None


def test_more_remains_than_deaths_leave_the_rest_unknown() -> None:
    assert tally(book_of(moved("captives_died", 1, 1), moved("remains_returned", 2, 2, key="b"))).remains.held is None
    assert tally(book_of(moved("remains_returned", 2, 2))).remains.held is None


def test_held_has_the_range_of_what_came_and_went() -> None:
    book = book_of(
        moved("captives_taken", 1, 20, key="taken"),
        moved("captives_taken", 2, 22, key="taken"),
        freed(3, 6, key="freed"),
        freed(4, 5, key="freed"),
    )
    assert numbers(tally(book).captives.held) == (14, 14, 17)


def test_rejected_remains_return_nobody() -> None:
    book = book_of(moved("handover_rejected", 1, 1, kind="wrong_remains"))
    assert places(book) == {}
    assert numbers(figure(book, "remains.rejected")) == (1, 1, 1)
    assert numbers(figure(book, "remains.back")) == (0, 0, 0)


def test_people_of_unknown_nationality_may_belong_to_either_class() -> None:
    book = book_of(opened(9), freed(1, 10), freed(2, group(3, nationality=[]), key="b"))
    assert numbers(figure(book, "captives.released")) == (13, 13, 13)
    assert numbers(figure(book, "captives.nationals")) == (None, 10, 13)
    assert numbers(figure(book, "captives.foreigners")) == (None, 0, 3)


def test_remains_among_the_freed_are_returned_and_not_freed() -> None:
    book = book_of(freed(1, 3, group(2, vital="remains")))
    assert numbers(figure(book, "captives.released")) == (3, 3, 3)
    assert numbers(figure(book, "remains.returned")) == (2, 2, 2)


def test_nobody_outside_the_deal_is_exactly_nobody_however_hedged_those_inside_are() -> None:
    book = book_of(freed(1, {"low": 9, "high": 15, "qualifier": "about"}))
    assert numbers(figure(book, "captives.side")) == (0, 0, 0)


def test_the_two_sides_remains_are_two_figures() -> None:
    book = book_of(
        moved("remains_returned", 1, 3, key="a"), moved("remains_returned", 2, 45, key="b", side="prisoners")
    )
    assert numbers(figure(book, "remains.returned")) == (3, 3, 3)
    assert numbers(figure(book, "remains.given")) == (45, 45, 45)


# -- credits -------------------------------------------------------------------------------------


def credit(number: int, people: Any, **members: Any) -> AnyEvent:
    stated = {"best": people} if isinstance(people, int) else people
    return event("count_credited", number, count=stated, **{"from_round": 1, "to_round": 2, **members})


def test_a_credit_is_entered_twice_and_moves_nobody() -> None:
    outside = group(2, ratio_scope="credited_next_round")
    book = book_of(freed(1, 10, outside), freed(2, 8, key="b", round=2), credit(3, 2))
    assert numbers(figure(book, "captives.deal", [1])) == (10, 10, 10)
    assert numbers(figure(book, "captives.deal", [2])) == (10, 10, 10)
    assert numbers(figure(book, "captives.credited_out", [1])) == numbers(figure(book, "captives.credited_in", [2]))
    assert numbers(figure(book, "captives.released")) == (20, 20, 20)
    assert places(book) == {"held": -20, "freed": 20}


def test_a_credit_out_of_the_deal_nets_to_nothing_in_the_whole() -> None:
    book = book_of(freed(1, 12), freed(2, 8, key="b", round=2), credit(3, 2, from_scope="inside"))
    assert numbers(figure(book, "captives.deal", [1])) == (10, 10, 10)
    assert numbers(figure(book, "captives.deal", [2])) == (10, 10, 10)
    assert numbers(figure(book, "captives.deal")) == (20, 20, 20)


def test_rival_credits_widen_both_entries() -> None:
    book = book_of(credit(1, 2, occurrence="credit"), credit(2, 3, occurrence="credit"))
    assert numbers(figure(book, "captives.credited_out")) == numbers(figure(book, "captives.credited_in")) == (2, 2, 3)


# -- goods, parts and facts ----------------------------------------------------------------------


def test_stages_of_aid_never_add_up() -> None:
    def trucks(number: int, stage: str, amount: int) -> AnyEvent:
        return event("aid_delivered", number, item="trucks", amount={"best": amount}, stage=stage)

    aid = tally(book_of(trucks(1, "dispatched", 200), trucks(2, "offloaded", 137), trucks(3, "offloaded", 3))).aid
    assert {name: each.best for name, each in aid.items()} == {"trucks.dispatched": 200, "trucks.offloaded": 140}


def test_funds_by_currency() -> None:
    paid = [
        event("funds_released", n, amount={"best": amount}, currency=currency)
        for n, (currency, amount) in enumerate([("USD", 6_000_000_000), ("EUR", 5), ("USD", 1)])
    ]
    assert {name: each.best for name, each in tally(book_of(*paid)).funds.items()} == {"EUR": 5, "USD": 6_000_000_001}


@pytest.mark.parametrize("by", get_args(Dimension))
def test_no_part_is_added_to_its_leg(by: str) -> None:
    whole, part = freed(1, 10), freed(2, 4, key="part", part={"of": "leg", "by": by})
    book = book_of(whole, part)
    assert numbers(figure(book, "captives.released")) == (10, 10, 10)
    assert places(book) == {"held": -10, "freed": 10}
    of_which = tally(book).captives.of_which
    shown = {name for name in type(of_which).model_fields if getattr(of_which, name)}
    assert shown == ({by} if by not in ("batch", "mover") else set())


@pytest.mark.parametrize("type", sorted(set(EVENT_TYPES) - MOVING))
def test_facts_and_decisions_move_nothing(type: str) -> None:
    assert RULES[type](None) == []


def test_every_type_has_a_rule_and_facts_are_no_counts() -> None:
    assert set(RULES) == set(EVENT_TYPES)
    assert not FACTS & MOVING
    assert {name for name, model in EVENT_TYPES.items() if issubclass(model, Movement)} <= MOVING


def test_what_is_posted_can_be_taken_back() -> None:
    balance = Balance()
    entries = [
        book_of(freed(1, each)) for each in (5, {"best": 3, "qualifier": "about"}, {"low": 2, "qualifier": "over"})
    ]
    posted = [entry for book in entries for occurrence in book.occurrences() for _, entry in occurrence.posted]
    for entry in posted:
        balance.add(entry)
    assert bounds(posted[-1]) == (None, 2, None)
    assert numbers(balance.estimate()) == (None, 10, None)
    for entry in posted:
        balance.add(entry, -1)
    assert not balance
    assert (numbers(balance.estimate()), balance.estimate().exact) == ((0, 0, 0), True)


@pytest.mark.parametrize("name", DERIVED)
def test_a_derived_figure_is_a_signed_sum_of_plain_ones(name: str) -> None:
    assert not set(signs(name)) & set(DERIVED)
    assert set(signs(name).values()) <= {1, -1}
