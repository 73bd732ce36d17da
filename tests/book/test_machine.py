"""One book under any sequence of steps: what a live reader shows is what a rebuild shows, after every step."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.book.book import Book
from ledger.follow.books import Books
from schemas.codec import encode
from schemas.events import AnyEvent, Movement
from schemas.record import Batch
from tests.book.building import (
    adopted,
    corrected,
    disputed,
    figure,
    freed,
    ident,
    let_go,
    numbers,
    opened,
    retracted,
)
from tests.book.naive import naive
from tests.book.sequences import COUNTS

KEYS = st.sampled_from(["a", "b"])
CREDIBILITY = st.sampled_from([2, 3])
NUMBERS = st.sampled_from(COUNTS)


class Live(RuleBasedStateMachine):
    """A reader that settles after every event."""

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.events: list[AnyEvent] = []

    @property
    def number(self) -> int:
        return len(self.events) + 1

    @property
    def book(self) -> Book:
        [book] = self.books.by_exchange.values()
        return book

    def publish(self, event: AnyEvent) -> None:
        self.events.append(event)
        self.take(event)

    def take(self, event: AnyEvent) -> None:
        self.books.take(Batch(0, [(len(self.events), 0, encode(event), None)], len(self.events)))

    def a_claim(self, data: st.DataObject) -> tuple[int, str]:
        """The number of some claim, and its occurrence."""
        claim = data.draw(st.sampled_from([each for each in self.events if isinstance(each, Movement)]))
        return self.events.index(claim) + 1, str(claim.occurrence)

    def has_claims(self) -> bool:
        return any(isinstance(each, Movement) for each in self.events)

    @initialize()
    def open(self) -> None:
        self.publish(opened(1))

    @rule(key=KEYS, people=NUMBERS, credibility=CREDIBILITY)
    def claim(self, key: str, people: Any, credibility: int) -> None:
        self.publish(freed(self.number, people, key=key, source={"credibility": credibility}))

    @rule(key=KEYS, people=NUMBERS)
    def rival_of_another_type(self, key: str, people: Any) -> None:
        self.publish(let_go(self.number, people, key=key, round=2))

    @precondition(has_claims)
    @rule(data=st.data(), people=NUMBERS)
    def correct(self, data: st.DataObject, people: Any) -> None:
        claim, key = self.a_claim(data)
        self.publish(corrected(self.number, claim, people, key=key))

    @precondition(has_claims)
    @rule(data=st.data())
    def retract(self, data: st.DataObject) -> None:
        claim, key = self.a_claim(data)
        self.publish(retracted(self.number, claim, key))

    @precondition(lambda self: any(each.type.startswith("claim_") for each in self.events))
    @rule(data=st.data())
    def retract_a_decision(self, data: st.DataObject) -> None:
        decision = data.draw(st.sampled_from([each for each in self.events if each.type.startswith("claim_")]))
        self.publish(retracted(self.number, self.events.index(decision) + 1, str(decision.occurrence)))

    @precondition(has_claims)
    @rule(data=st.data(), none=st.booleans())
    def adopt(self, data: st.DataObject, none: bool) -> None:
        claim, key = self.a_claim(data)
        self.publish(adopted(self.number, None if none else claim, key))

    @precondition(has_claims)
    @rule(data=st.data())
    def dispute(self, data: st.DataObject) -> None:
        claim, key = self.a_claim(data)
        self.publish(disputed(self.number, claim, key))

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        self.take(data.draw(st.sampled_from(self.events)))

    @invariant()
    def live_is_what_a_rebuild_gives(self) -> None:
        if not self.events:
            return
        rebuilt = Books(strict=True)
        rows = [(offset, 0, encode(each), None) for offset, each in enumerate(self.events)]
        rebuilt.take(Batch(0, rows, len(rows) - 1))
        name = self.book.exchange
        assert self.books.tally(name) == rebuilt.tally(name)
        assert self.books.rounds(name) == rebuilt.rounds(name)

    @invariant()
    def figures_follow_the_rules(self) -> None:
        if not self.events:
            return
        expected = naive(self.events)
        for round, name in ((1, "captives.released"), (2, "prisoners.released")):
            found, plain = figure(self.book, name, [round]), expected.figure(self.book.exchange, name, round)
            assert (found and numbers(found)) == (plain and plain[:3])

    @invariant()
    def every_event_is_known_once(self) -> None:
        if self.events:
            assert self.book.events == len(self.events)
            assert self.book.event_ids == {ident(n) for n in range(1, self.number)}
            assert self.book.conflicts == []


TestLive = Live.TestCase
TestLive.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
