"""The fold: a log of events into books of balances, one book for each exchange.

Live processing, replay, queries at a cut and audits all call this fold. It is pure: the same
events in the same order give the same books however they are batched, and an event that comes twice counts once.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ledger.book.balances import Balance
from ledger.book.claims import DECISIONS, PLANS, Claim, Judgement, Occurrence, amount, judge, spanning
from ledger.book.cut import Cut
from ledger.book.transfers import MOVING, Account, Transfer, transfers
from schemas.codec import UnknownEvent
from schemas.events import AnyEvent

WHOLE = Cut()
_UNSETTLED = frozenset({"planned", "failed"})


class Conflict(NamedTuple):
    """One event id with two contents, by their places in the exchange. The first to come counts."""

    event_id: str
    kept: AnyEvent | UnknownEvent
    refused: AnyEvent | UnknownEvent


class Touched(NamedTuple):
    """A view that changed: an exchange's tally, and one of its rounds where `round` is not None."""

    exchange: str
    round: int | None


class Book:
    """All that is known of one exchange: its occurrences, and what their adopted claims add up to."""

    def __init__(self, exchange: str, cut: Cut = WHOLE) -> None:
        self.exchange = exchange
        self.cut = cut
        self.events = 0
        self.through: str | None = None
        self.seen: dict[str, AnyEvent | UnknownEvent] = {}
        self.withheld: set[str] = set()
        self.occurrences: dict[str, Occurrence] = {}
        self.balances: dict[int | None, dict[Account, Balance]] = {}
        self.rounds: dict[int, dict[str, Occurrence]] = {}
        self.facts: dict[str, Occurrence] = {}
        self.parts: dict[str, dict[str, None]] = {}
        self.settling: dict[int, dict[str, None]] = {}
        self.days: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.contested = 0
        self.disputes = 0
        self.duplicates = 0
        self.conflicts: list[Conflict] = []
        self._unsettled: dict[str, Occurrence] = {}

    def apply(self, event: AnyEvent | UnknownEvent) -> None:
        """Take in one event. What it changes shows after `settle`."""
        event_id = event.id
        earlier = self.seen.setdefault(event_id, event)
        if earlier is not event:
            self._again(earlier, event)
            return
        self.events += 1
        self.through = event_id
        if isinstance(event, UnknownEvent):
            self.unknown[f"{event.type} v{event.version}"] += 1
            return
        if self.cut.published_by is not None and not self.cut.knows(event):
            self.withheld.add(event_id)
            return
        key = event.occurrence or event_id
        occurrence = self.occurrences.get(key)
        if occurrence is None:
            occurrence = self.occurrences[key] = Occurrence(key)
        if event.type in DECISIONS:
            occurrence.decisions = (*occurrence.decisions, Claim(self.events, event))
        else:
            occurrence.claims.append(Claim(self.events, event))
            if event.type not in MOVING:
                self.facts[key] = occurrence
        self._unsettled[key] = occurrence

    def settle(self) -> set[int | None]:
        """Bring the balances up to date with all events taken in. Returns the rounds that changed."""
        touched: set[int | None] = set()
        for occurrence in self._unsettled.values():
            self._settle(occurrence, touched)
        self._unsettled.clear()
        return touched

    def verdict(self, occurrence: Occurrence) -> Judgement:
        """Why the adopted claim of a settled occurrence counts, and why each other one does not."""
        judgement = judge(occurrence, self.withheld)
        if judgement.adopted is None or occurrence.adopted is not None:
            return judgement
        late = (judgement.adopted, "had not certainly happened by the cut")
        return judgement._replace(adopted=None, left_out=[late, *judgement.left_out])

    def _again(self, earlier: AnyEvent | UnknownEvent, event: AnyEvent | UnknownEvent) -> None:
        if earlier == event:
            self.duplicates += 1
        else:
            self.conflicts.append(Conflict(event.id, earlier, event))

    def _settle(self, occurrence: Occurrence, touched: set[int | None]) -> None:
        claims = occurrence.claims
        if len(claims) == 1 and not occurrence.decisions and claims[0].event.supersedes is None:
            event = claims[0].event
            barred = event.status in _UNSETTLED and (event.status == "failed" or event.type not in PLANS)
            adopted, posted, contested, disputes = None if barred else event, [], False, 0
            if not barred:
                posted = transfers(event)
        else:
            adopted, posted, contested, disputes = self._judged(occurrence)
        if adopted is not None and self.cut.occurred_by is not None and not self.cut.covers(adopted):
            adopted, posted, contested = None, [], False
        if posted != occurrence.posted:
            self._post(occurrence.posted, -1, touched)
            self._post(posted, 1, touched)
            occurrence.posted = posted
        self._index(occurrence, adopted, touched)
        self.contested += contested - occurrence.contested
        self.disputes += disputes - occurrence.disputes
        occurrence.adopted, occurrence.contested, occurrence.disputes = adopted, contested, disputes

    def _judged(self, occurrence: Occurrence) -> tuple[AnyEvent | None, list[Transfer], bool, int]:
        judgement = judge(occurrence, self.withheld)
        if judgement.adopted is None:
            return None, [], False, judgement.disputes
        adopted = judgement.adopted.event
        posted, own = transfers(adopted), amount(adopted)
        rivals = [amount(claim.event) for claim in judgement.eligible if claim.event.type == adopted.type]
        contested = bool(posted) and any(rival != own for rival in rivals)
        return adopted, spanning(posted, own, rivals) if contested else posted, contested, judgement.disputes

    def _post(self, posted: Iterable[Transfer], sign: int, touched: set[int | None]) -> None:
        for round, account, entry in posted:
            accounts = self.balances.get(round)
            if accounts is None:
                accounts = self.balances[round] = {}
            balance = accounts.get(account)
            if balance is None:
                balance = accounts[account] = Balance()
            balance.add(entry, sign)
            touched.add(round)

    def _index(self, occurrence: Occurrence, adopted: AnyEvent | None, touched: set[int | None]) -> None:
        """Keep occurrences findable by round, by day, and by the whole that they are a part of."""
        if adopted is None and not occurrence.claims:
            return  # a decision came before the claim that it is about
        event = adopted or occurrence.claims[0].event
        if event.round != occurrence.round:
            if occurrence.round is not None:
                del self.rounds[occurrence.round][occurrence.key]
                touched.add(occurrence.round)
            if event.round is not None:
                self.rounds.setdefault(event.round, {})[occurrence.key] = occurrence
            occurrence.round = event.round
        touched.add(event.round)
        day = None if adopted is None else adopted.occurred.at[:10]
        if day != occurrence.day:
            if occurrence.day is not None:
                self.days[occurrence.day] -= 1
            if day is not None:
                self.days[day] += 1
            occurrence.day = day
        part = getattr(event, "part", None)
        if part is not None:
            self.parts.setdefault(part.of, {})[occurrence.key] = None
        for settled in getattr(event, "settles", ()):
            self.settling.setdefault(settled, {})[occurrence.key] = None
            touched.add(settled)


class Projection:
    """The books of all exchanges of a log, or of one partition of it."""

    def __init__(self, cut: Cut = WHOLE) -> None:
        self.cut = cut
        self.books: dict[str, Book] = {}
        self._unsettled: dict[str, Book] = {}

    def apply(self, event: AnyEvent | UnknownEvent) -> None:
        """Take in one event. What it changes shows after `settle`."""
        exchange = event.exchange
        book = self.books.get(exchange)
        if book is None:
            book = self.books[exchange] = Book(exchange, self.cut)
        self._unsettled[exchange] = book
        book.apply(event)

    def settle(self) -> set[Touched]:
        """Bring all books up to date. Returns what changed since the last time."""
        touched = {
            Touched(exchange, round)
            for exchange, book in self._unsettled.items()
            for round in (None, *book.settle())
        }
        self._unsettled.clear()
        return touched
