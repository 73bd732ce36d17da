"""Facts that are no counts, and ids that come again."""

from itertools import permutations
from typing import Any

from ledger.book.pauses import pauses
from ledger.book.talks import positions, terms
from ledger.book.tally import tally
from schemas.codec import UnknownEvent
from schemas.events import AnyEvent
from schemas.values import Moment
from tests.book.building import EXCHANGE, adopted, book_of, event, freed, ident, numbers, opened


def at(time: str) -> dict[str, str]:
    return {"at": time, "precision": "minute" if "T" in time else "day"}


def pause(type: str, number: int, time: str, **members: Any) -> AnyEvent:
    return event(type, number, pause="calm", occurred=at(time), **members)


def test_the_clock_of_a_pause() -> None:
    [found] = pauses(
        book_of(
            pause("pause_started", 1, "2024-03-01T07:00+02:00", hours=96),
            pause("pause_extended", 2, "2024-03-04", hours=48, effective=at("2024-03-05T07:00+02:00")),
            pause("pause_violated", 3, "2024-03-04", by="south", alleged_by="north", what="shots"),
            pause("pause_ended", 4, "2024-03-07T09:30+03:00"),
        )
    )
    assert found.ends == Moment.minute("2024-03-07T07:00+02:00")
    assert (found.extended_hours, found.violations, found.calm_hours) == (48, 1, 145.5)
    assert found.extensions[0].effective == Moment.minute("2024-03-05T07:00+02:00")


def test_a_pause_without_a_plan_or_a_start_is_due_to_end_at_no_time() -> None:
    [open_ended] = pauses(book_of(pause("pause_started", 1, "2024-03-01")))
    assert (open_ended.ends, open_ended.calm_hours) == (None, None)
    [unstarted] = pauses(book_of(pause("pause_extended", 1, "2024-03-01", hours=24)))
    assert (unstarted.started, unstarted.planned_hours, unstarted.ends) == (None, None, None)


def test_days_that_are_not_hours_count_no_calm() -> None:
    [found] = pauses(book_of(pause("pause_started", 1, "2024-03-01", hours=48), pause("pause_ended", 2, "2024-03-03")))
    assert (found.ends, found.calm_hours) == (Moment.day("2024-03-03"), None)


def test_pauses_stand_apart() -> None:
    other = event("pause_started", 2, pause="second", hours=24)
    found = pauses(book_of(pause("pause_started", 1, "2024-03-01"), other))
    assert [each.pause for each in found] == ["calm", "second"]


def test_a_later_position_ends_the_earlier_one_by_date_and_not_by_arrival() -> None:
    told = [
        event("position_declared", n, party="north", formula=formula, occurred=at(day))
        for n, (day, formula) in enumerate([("2024-03-05", "all_for_all"), ("2024-03-01", "more_for_more")], 1)
    ]
    found = [(each.formula, each.latest) for each in positions(book_of(*told))]
    assert found == [("more_for_more", False), ("all_for_all", True)]


def test_positions_on_other_topics_or_of_others_stay_the_latest() -> None:
    told = [
        event("position_declared", 1, party="north", topic="formula", formula="stages"),
        event("position_declared", 2, party="north", topic="talks", commitment="conditional"),
        event("position_declared", 3, party="south", topic="formula", formula="stages"),
        event("position_declared", 4, party="east", topic="formula", formula="other", until=at("2024-03-09")),
    ]
    assert [each.latest for each in positions(book_of(*told))] == [True, True, True, False]


def test_the_latest_of_a_set_of_terms_says_how_it_stands() -> None:
    told = [
        event("terms_proposed", 1, terms="deal", proposer="east"),
        event("terms_refused", 2, terms="deal", refused_by="south"),
        event("terms_agreed", 3, terms="deal"),
    ]
    [found] = terms(book_of(*told))
    assert (found.status, found.proposer, found.refused_by) == ("agreed", "east", ["south"])
    assert found.events == [ident(1), ident(2), ident(3)]


def test_facts_come_in_the_order_of_the_log_whatever_types_are_asked_for() -> None:
    told = [
        event("terms_agreed", 1, terms="one", occurrence="x"),
        event("terms_proposed", 2, terms="two", occurrence="y"),
        event("terms_proposed", 3, terms="one", occurrence="x"),
    ]
    book = book_of(*told)
    orders = [[each.key for each in book.facts(types)] for types in permutations(["terms_agreed", "terms_proposed"])]
    assert orders == [["x", "y"]] * 2


def test_the_latest_declaration_of_an_exchange_counts() -> None:
    found = tally(book_of(opened(1, title="At first"), opened(2, title="Later", nationals=["XSO"])))
    assert found.title == "Later"


def test_an_adopted_declaration_decides_who_the_nationals_are() -> None:
    told = [opened(1, occurrence="deal"), opened(2, occurrence="deal", nationals=["XSO"]), freed(3, 5)]
    assert numbers(tally(book_of(*told)).captives.nationals) == (5, 5, 5)
    assert numbers(tally(book_of(*told, adopted(4, 2, "deal"))).captives.nationals) == (0, 0, 0)


def test_an_id_that_comes_again_is_a_repetition_or_a_conflict() -> None:
    book = book_of(freed(1, 10), freed(1, 10), freed(1, 12))
    assert (book.events, book.duplicates, book.conflicts) == (1, 1, [ident(1)])
    assert numbers(tally(book).captives.released) == (10, 10, 10)


def test_what_is_newer_than_this_software_is_counted_and_named() -> None:
    book = book_of(freed(1, 10))
    for number in (2, 3):
        book.apply(UnknownEvent(type="captives_moved", version=1, id=ident(number), exchange=EXCHANGE))
    book.settle()
    found = tally(book)
    assert (found.unknown, found.events, found.through) == ({"captives_moved v1": 2}, 3, ident(3))


def test_a_settled_book_says_which_rounds_changed() -> None:
    book = book_of(freed(1, 10))
    book.apply(freed(2, 5, key="b", round=2))
    assert book.settle() == {2}
    book.apply(event("count_credited", 3, count={"best": 2}, from_round=1, to_round=2))
    assert book.settle() - {None} == {1, 2}
    assert book.settle() == set()
