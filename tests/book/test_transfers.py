"""What each type of event moves, and that nobody is lost on the way."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from ledger.book.balances import Balance, bounds
from ledger.book.book import Book
from ledger.book.figures import DERIVED, Declared, askable, figures_of, signs, value
from ledger.book.tally import figures, tally
from ledger.book.transfers import FACTS, MOVING, PLACES, RULES, SIDES, Account
from schemas.events import EVENT_TYPES, AnyEvent, Movement
from schemas.kinds import KINDS, types_of
from schemas.views import Dimensions, Estimate
from schemas.vocabulary import Dimension, Side
from tests.book.building import book_of, event, figure, freed, group, moved, numbers, opened


def flows(side: Side) -> list[tuple[AnyEvent, str]]:
    """One event of each move of one side, and the move."""
    dead = group(5, vital="remains")
    return [
        (moved(f"{side}_taken", 1, 5), "taken"),
        (moved(f"{side}_taken", 1, dead), "taken_dead"),
        (moved(f"{side}_released", 1, 5), "released"),
        (moved(f"{side}_released", 1, dead), "returned"),
        (moved(f"{side}_rescued", 1, 5), "rescued"),
        (moved(f"{side}_rescued", 1, dead), "recovered"),
        (moved(f"{side}_escaped", 1, 5), "escaped"),
        (moved(f"{side}_died", 1, 5), "died"),
        (moved(f"{side}_died", 1, 5, remains_held=False), "died_away"),
        (moved("people_retaken", 1, 5, side=side), "retaken"),
        (moved("people_transferred", 1, 5, side=side), "transferred"),
        (moved("people_died_free", 1, 5, side=side), "died_free"),
        (moved("remains_returned", 1, 5, side=side), "returned"),
        (moved("remains_recovered", 1, 5, side=side), "recovered"),
        (moved("remains_identified", 1, 5, side=side), "returned"),
    ]


FLOWS = [(told, side, flow) for side in SIDES for told, flow in flows(side)]


def places(book: Book, side: str = "captives") -> dict[str, int]:
    """How many people of a side are in each place, from the moves alone."""
    found: dict[str, int] = {}
    for accounts in book.balances.values():
        for account, balance in accounts.items():
            is_theirs = account[0] == side and not account[2]
            for place, sign in zip(PLACES.get(account[1], ()) if is_theirs else (), (-1, 1), strict=False):
                found[place] = found.get(place, 0) + sign * (balance.estimate().best or 0)
    return {place: number for place, number in found.items() if number}


@pytest.mark.parametrize(("told", "side", "flow"), FLOWS)
def test_each_movement_leads_from_one_place_to_another(told: AnyEvent, side: str, flow: str) -> None:
    source, target = PLACES[flow]
    book = book_of(told)
    assert places(book, side) == {source: -5, target: 5}
    assert places(book, "prisoners" if side == "captives" else "captives") == {}


def test_every_move_of_people_is_shown_above() -> None:
    assert {flow for _, _, flow in FLOWS} == set(PLACES)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("type", sorted(types_of("move", "note") - {"aid_delivered", "funds_released"}))
def test_the_people_of_every_type_that_counts_show_in_a_tally(type: str, side: Side) -> None:
    """A type that counted and that no view showed would vanish, with every proof holding."""
    own = KINDS[type].side or side
    told = credit(1, 7, side=own) if type == "count_credited" else moved(type, 1, 7, **sided(type, own))
    assert 7 in set(numbers_in(getattr(tally(book_of(told)), own)))


def sided(type: str, side: Side) -> dict[str, Any]:
    return {} if KINDS[type].side else {"side": side}


def numbers_in(view: BaseModel) -> Iterator[int | None]:
    for _, member in view:
        if isinstance(member, Estimate):
            yield member.best
        elif isinstance(member, BaseModel):
            yield from numbers_in(member)


@pytest.mark.parametrize("move", [*PLACES, "received", "identified", "rejected", "credited_in", "credited_out"])
def test_every_account_enters_a_figure_that_can_be_asked_for(move: str) -> None:
    names = figures_of(tuple(Account("captives", move)), Declared())
    assert set(names) & askable(names)


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
        "free": 6 + 1 + 2,
        "gone": 1,
        "back": 5 + 1,
    }
    held = tally(book_of(*moves))
    assert numbers(held.captives.held) == (found["held"] + found["remains_held"],) * 3
    assert numbers(held.captives.remains.held) == (found["remains_held"],) * 3
    assert numbers(held.captives.died) == (5, 5, 5)


def test_who_was_taken_is_unknown_where_no_claim_says_it() -> None:
    assert tally(book_of(freed(1, 5))).captives.held is None


def test_more_remains_than_deaths_leave_the_rest_unknown() -> None:
    assert (
        tally(book_of(moved("captives_died", 1, 1), moved("remains_returned", 2, 2, key="b"))).captives.remains.held
        is None
    )
    assert tally(book_of(moved("remains_returned", 2, 2))).captives.remains.held is None


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
    assert numbers(figure(book, "captives.remains.rejected")) == (1, 1, 1)
    assert figure(book, "captives.remains.back") is None


def test_people_of_unknown_nationality_may_belong_to_either_class() -> None:
    book = book_of(opened(9), freed(1, 10), freed(2, group(3, nationality=[]), key="b"))
    assert numbers(figure(book, "captives.released")) == (13, 13, 13)
    assert numbers(figure(book, "captives.nationals")) == (None, 10, 13)
    assert numbers(figure(book, "captives.others")) == (None, 0, 3)


def test_remains_among_the_freed_are_returned_and_not_freed() -> None:
    book = book_of(freed(1, 3, group(2, vital="remains")))
    assert numbers(figure(book, "captives.released")) == (3, 3, 3)
    assert numbers(figure(book, "captives.remains.returned")) == (2, 2, 2)


def test_nobody_outside_the_deal_is_exactly_nobody_however_hedged_those_inside_are() -> None:
    book = book_of(freed(1, {"low": 9, "high": 15, "qualifier": "about"}))
    assert numbers(figure(book, "captives.outside")) == (0, 0, 0)


def test_the_two_sides_remains_are_two_figures() -> None:
    book = book_of(
        moved("remains_returned", 1, 3, key="a"), moved("remains_returned", 2, 45, key="b", side="prisoners")
    )
    assert numbers(figure(book, "captives.remains.returned")) == (3, 3, 3)
    assert numbers(figure(book, "prisoners.remains.returned")) == (45, 45, 45)


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
    assert places(book) == {"held": -20, "free": 20}


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
    assert places(book) == {"held": -10, "free": 10}
    of_which = tally(book).captives.of_which
    shown = {name for name in type(of_which).model_fields if getattr(of_which, name)}
    assert shown == ({by} if by in Dimensions.model_fields else set())


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
    assert set(signs(name).values()) <= {1, -1}
    assert value(name, figures(book_of(opened(1)))) is None


def test_asking_for_the_facts_of_a_type_that_is_none_is_an_error() -> None:
    with pytest.raises(LookupError, match="meeting_held is no fact"):
        next(book_of(freed(1, 5)).facts(["meeting_held"]))
