"""The same id again: the same bytes count once, and whatever else differs is a conflict and changes no figure."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from ledger.follow.books import Books
from schemas.codec import encode
from schemas.record import Batch, Position
from schemas.views import view_bytes
from tests.book.building import adopted, disputed, event, freed, opened, retracted, stated
from tests.signing import FEED, NEXT, signed

Members = dict[str, Any]

EVENTS = {
    "a release": freed(9, 12, note="seen at the bridge"),
    "a correction": freed(9, 12, supersedes=freed(1, 10).id, reason="corrected"),
    "a plan": event("release_planned", 9, round=1, leg="captives", count={"best": 12}),
    "a stated total": stated(9, "captives.released", 12),
    "an opening": opened(9),
    "a meeting": event("meeting_held", 9, participants=["north", "south"]),
    "a decision": adopted(9, 1),
    "a retraction": retracted(9, 1),
    "a dispute": disputed(9, 1),
}
CHANGES: dict[str, Callable[[Members], Members]] = {
    "another note": lambda told: {**told, "note": "somebody else's note"},
    "other words": lambda told: {**told, "as_stated": "a dozen of them"},
    "another publisher": lambda told: {**told, "source": {**told["source"], "publisher": "The Herald"}},
    "another date of publication": lambda told: {**told, "source": {**told["source"], "published": "2024-03-09"}},
    "another day": lambda told: {**told, "occurred": {"at": "2024-02-28", "precision": "day"}},
    "another occurrence": lambda told: {**told, "occurrence": "elsewhere"},
    "another order of its members": lambda told: dict(reversed(told.items())),
}
DECISIONS = [name for name, each in EVENTS.items() if "why" in orjson.loads(encode(each))]


def read(*payloads: bytes) -> Books:
    """A log that holds these bytes, as one on Kafka can."""
    books = Books()
    books.take(Batch(0, [(offset, 0, each, None) for offset, each in enumerate(payloads)], len(payloads) - 1))
    return books


def compared(one: bytes, other: bytes) -> None:
    """Nothing counts but what came first, and the other is told as a conflict at its position."""
    first = encode(freed(1, 10))
    alone, both = read(first, one), read(first, one, other)
    [book] = both.by_exchange.values()
    assert list(both.conflicting) == [Position(0, 2)]
    assert freed(9, 1).id in both.conflicting[Position(0, 2)]
    assert (book.conflicts, book.duplicates) == ([freed(9, 1).id], 0)
    assert view_bytes(both.tally(book.exchange)) == view_bytes(alone.tally(book.exchange))


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("change", CHANGES)
def test_an_id_with_other_bytes_is_a_conflict(name: str, change: str) -> None:
    one = encode(EVENTS[name])
    compared(one, orjson.dumps(CHANGES[change](orjson.loads(one))))


@pytest.mark.parametrize("name", DECISIONS)
def test_an_id_with_another_reason_of_a_decision_is_a_conflict(name: str) -> None:
    one = encode(EVENTS[name])
    compared(one, orjson.dumps({**orjson.loads(one), "why": "looked into again"}))


def test_an_id_with_another_decision_is_a_conflict() -> None:
    compared(encode(adopted(9, 1)), encode(retracted(9, 1)))


@pytest.mark.parametrize("name", EVENTS)
def test_the_same_bytes_are_a_duplicate(name: str) -> None:
    one = encode(EVENTS[name])
    once, twice = read(encode(freed(1, 10)), one), read(encode(freed(1, 10)), one, one)
    [book] = twice.by_exchange.values()
    assert (twice.conflicting, book.conflicts, book.duplicates) == ({}, [], 1)
    assert view_bytes(twice.tally(book.exchange)) == view_bytes(once.tally(book.exchange))


def test_by_whom_the_same_bytes_are_signed_makes_no_difference() -> None:
    one = freed(9, 12)
    books = read(encode(one), signed(one), signed(one, NEXT), signed(freed(9, 13), FEED))
    [book] = books.by_exchange.values()
    assert (book.duplicates, list(books.conflicting)) == (2, [Position(0, 3)])
