"""What each event changed, found without looking at what only grew."""

from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.changes.event_changes import DECLARING, EventChange, EventTracer, LastDays, is_alone
from ledger.changes.tracing import Tracer
from ledger.follow.books import Books
from schemas.codec import UnknownEvent, encode, skim
from schemas.events import AnyEvent
from schemas.record import Batch, Row
from tests.book.sequences import histories

NOON = 1_772_366_400_000_000


def rows(payloads: list[bytes]) -> list[Row]:
    return [(offset, NOON + offset * 3_600_000_000, payload, None) for offset, payload in enumerate(payloads)]


def each_by_itself(events: list[Row]) -> list[EventChange]:
    """The plain way: two sheets around each event."""
    books, found = Books(), []
    for row in events:
        tracer = Tracer(books)
        tracer.take(Batch(0, [row], row[0]))
        found.append(EventChange("", NOTHING.record, tracer.changes(), tracer.replaced()))
    return found


def changes(events: list[Row], *, growth: bool) -> list[EventChange]:
    tracer = EventTracer(Books(), growth=growth)
    return [tracer.change(0, row) for row in events]


NOTHING = EventTracer(Books()).change(0, (0, NOON, b"{}", None))


def compare(events: list[Row]) -> int:
    plain, all_of_them, told = each_by_itself(events), changes(events, growth=True), changes(events, growth=False)
    assert [each[2:] for each in all_of_them] == [each[2:] for each in plain]
    for one, other in zip(plain, told, strict=True):
        if one.kind not in (None, "growth"):
            assert other[2:] == one[2:]
        else:
            assert other.kind in (None, "growth")
    return sum(each.kind not in (None, "growth") for each in told)


@given(histories())
@settings(max_examples=60, deadline=None)
def test_no_correction_is_missed_in_any_history(events: list[AnyEvent]) -> None:
    compare(rows([encode(each) for each in events]))


@given(histories(), st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_no_correction_is_taken_for_an_event_that_is_alone(events: list[AnyEvent], at_once: int) -> None:
    """By whoever looks at each event once it is folded, perhaps with those that came with it."""
    told = changes(rows([encode(each) for each in events]), growth=False)
    books, last, corrective = Books(), LastDays(), set[str]()
    for first in range(0, len(events), at_once):
        its = rows([encode(each) for each in events])[first : first + at_once]
        books.take(Batch(0, its, its[-1][0]))
        for _, _, payload, _ in its:
            event = skim(payload)
            assert not isinstance(event, UnknownEvent)
            is_late = last.is_late(event)
            if is_late or event.type == DECLARING or not is_alone(books.book(event.exchange), event):
                corrective.add(event.id)
    missed = [
        each for each in told if each.kind not in (None, "growth") and skim(each.record.payload).id not in corrective
    ]
    assert missed == []


def test_no_correction_is_missed_in_the_real_history() -> None:
    assert compare(rows(files("ledger.demo").joinpath("history.ndjson").read_bytes().splitlines())) == 30


@pytest.mark.parametrize("payload", [b"{}", b"no JSON", b'{"type": "captives_freed"}'])
def test_what_is_no_event_changes_nothing(payload: bytes) -> None:
    assert EventTracer(Books(), growth=True).change(0, (0, NOON, payload, None)).kind is None
