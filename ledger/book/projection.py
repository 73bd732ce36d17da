"""The fold: a log of events into books of balances, one book for each exchange.

Live processing, replay, queries at a cut and audits all call this fold. It is pure: the same
events in the same order give the same books however they are batched, and an event that comes twice counts once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, NamedTuple, cast

from ledger.book.balances import Balance, Entry
from ledger.book.claims import (
    AUTHORITIES,
    DECISIONS,
    AnyDecision,
    Claim,
    Extra,
    Judgement,
    Occurrence,
    has_natural_authority,
    is_barred,
    judge,
    spanning,
)
from ledger.book.cut import TIMELESS, Cut
from ledger.book.sums import RunningTotal
from ledger.book.transfers import FACTS, RULES, AccountKey
from schemas.codec import UnknownEvent
from schemas.events import AnyEvent
from schemas.values import Moment, span

WHOLE = Cut()
EVERY_ROUND = frozenset({"exchange_opened", "terms_agreed", "release_cancelled"})
"""Facts that the views of all rounds depend on."""
UNPUBLISHED = "9999"
"""Sorts after every date of publication."""


class Touched(NamedTuple):
    """A view that changed: an exchange's tally, or one of its rounds where `round` is not None."""

    exchange: str
    round: int | None


class Book:
    """All that is known of one exchange: its occurrences, and what their adopted claims add up to.

    Nearly every occurrence has one claim, which stands for it until a rival or a decision comes.
    """

    def __init__(self, exchange: str, cut: Cut = WHOLE) -> None:
        self.exchange = exchange
        self.cut = cut
        self.events = 0
        self.through: str | None = None
        self.withheld: defaultdict[str, dict[str, str | None]] = defaultdict(dict)
        self.balances: defaultdict[int | None, dict[AccountKey, Balance]] = defaultdict(dict)
        self.total = RunningTotal()
        self.unknown: Counter[str] = Counter()
        self.contested = 0
        self.disputes = 0
        self.duplicates = 0
        self.conflicts: list[str] = []
        self._seen: set[str] = set()
        self._occurrences: dict[str, Claim | Occurrence] = {}
        self._facts: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._rounds: defaultdict[int, list[str]] = defaultdict(list)
        self._parts: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._settling: defaultdict[int, dict[str, None]] = defaultdict(dict)
        self._unsettled: dict[str, Occurrence] = {}
        self._touched: set[int | None] = set()
        self._days: Counter[str] = Counter()
        self._undated: list[tuple[Claim, int]] = []
        self._texts: dict[str, str] = {}
        self._accounts: dict[AccountKey, AccountKey] = {}
        self._moments: dict[str, Moment] = {}
        self._knows_all = cut.published_by is None
        self._covers_all = cut.occurred_by is None

    # -- taking events in --------------------------------------------------------------------------

    def apply(self, event: AnyEvent | UnknownEvent) -> bool:
        """Take in one event; whether it contradicts one of the same id. What it changes shows after `settle`."""
        event_id = event.id
        if event_id in self._seen:
            return self._again(event)
        self._seen.add(event_id)
        if type(event) is UnknownEvent:
            self.unknown[f"{event.type} v{event.version}"] += 1
        elif self._knows_all or self.cut.knows(event):
            self._enter(event.occurrence or event_id, event)
        else:
            self._withhold(event.occurrence or event_id, event)
            return False
        self.events += 1
        self.through = event_id
        return False

    def settle(self) -> set[int | None]:
        """Bring the balances up to date with all events taken in. Returns the rounds that changed."""
        for occurrence in self._unsettled.values():
            self._settle(occurrence)
        self._unsettled.clear()
        touched, self._touched = self._touched, set()
        self.total.change(touched)
        return touched

    def _enter(self, key: str, event: AnyEvent) -> None:
        if event.type in DECISIONS:
            occurrence = self._opened(key)
            occurrence.decisions = (*occurrence.decisions, cast("AnyDecision", event))
            return
        extra = _extra(event)
        is_sole = key not in self._occurrences and self._stands_alone(event, extra)
        claim = self._claim(event, extra, self._postings(event, at_once=is_sole))
        self._file(key, claim)
        if is_sole:
            self._occurrences[key] = claim
            self._undated.append((claim, 1))
        else:
            occurrence = self._opened(key)
            occurrence.claims = (*occurrence.claims, claim)

    def _withhold(self, key: str, event: AnyEvent) -> None:
        """Keep in mind that an event exists which the cut does not know: a correction of it is no mistake."""
        self.withheld[key][event.id] = event.supersedes
        if key in self._occurrences:
            self._opened(key)

    def _stands_alone(self, event: AnyEvent, extra: Extra | None) -> bool:
        """Whether the claim of an event is adopted while it has no rivals, and needs no judging."""
        if extra is not None and (extra.supersedes is not None or is_barred(extra.status, event.type)):
            return False
        return self._covers_all or self.cut.covers(event)

    def _postings(self, event: AnyEvent, at_once: bool) -> tuple[Any, ...]:
        """What an event adds to which balances, as `Claim.postings`; `at_once` adds it too.

        Nearly every claim is the only one of its occurrence, so that one pass over its transfers does both.
        """
        postings: tuple[Any, ...] = ()
        for round, account, entry in RULES[event.type](event):
            balance = self.balances[round].get(account)
            if balance is None:
                balance = self._new_balance(round, account)
            if at_once:
                balance.add(entry)
                self._touched.add(round)
            postings += (balance, entry)
        return postings

    def _claim(self, event: AnyEvent, extra: Extra | None, postings: tuple[Any, ...]) -> Claim:
        """The claim that an event makes; what it has in common with others is shared with them."""
        share, source, occurred = self._texts.setdefault, event.source, event.occurred
        published, origin = source.published or UNPUBLISHED, source.origin or source.publisher
        return Claim(
            event.id,
            event.type,
            event.round,
            self._moments.setdefault(occurred.at, occurred) if occurred.precision == "day" else occurred,
            source.credibility,
            source.reliability,
            source.kind in AUTHORITIES and has_natural_authority(event),
            share(published, published),
            share(origin, origin),
            postings,
            extra,
        )

    def _new_balance(self, round: int | None, account: AccountKey) -> Balance:
        account = self._accounts.setdefault(account, account)
        balance = self.balances[round][account] = Balance(round, account)
        return balance

    def _opened(self, key: str) -> Occurrence:
        """The occurrence of a key with room for more claims, to be settled anew."""
        known = self._occurrences.get(key)
        occurrence = _whole(key, known) if known is not None else Occurrence(key)
        self._occurrences[key] = self._unsettled[key] = occurrence
        return occurrence

    def _again(self, event: AnyEvent | UnknownEvent) -> bool:
        """Take in an id that was seen before; whether it is another event that claims it, and not the same again."""
        if isinstance(event, UnknownEvent) or event.type in DECISIONS:
            self.duplicates += 1
            return False
        key = event.occurrence or event.id
        if event.id in self.withheld.get(key, ()):
            self.duplicates += 1
            return False
        known = self._occurrences.get(key)
        claims = () if known is None else _whole("", known).claims
        if self._claim(event, _extra(event), self._postings(event, at_once=False)) in claims:
            self.duplicates += 1
            return False
        self.conflicts.append(event.id)
        return True

    # -- settling ----------------------------------------------------------------------------------

    def _settle(self, occurrence: Occurrence) -> None:
        adopted, widened, disputes = self._judged(occurrence)
        if adopted is not None and not self._covers_all and not self.cut.covers(adopted):
            adopted, widened = None, None
        if adopted is not occurrence.adopted or widened != occurrence.widened:
            if occurrence.adopted is not None:
                self._post(occurrence.adopted, occurrence.entries, -1)
            self.contested += (widened is not None) - (occurrence.widened is not None)
            occurrence.adopted, occurrence.widened = adopted, widened
            if adopted is not None:
                self._post(adopted, occurrence.entries, 1)
        self.disputes += disputes - occurrence.disputes
        occurrence.disputes = disputes
        for claim in occurrence.claims:
            self._touched.add(claim.round)
            if claim.extra is not None:
                self._touch(claim, claim.extra)

    def _judged(self, occurrence: Occurrence) -> tuple[Claim | None, tuple[Entry, ...] | None, int]:
        """The adopted claim, its entries where rivals widen them, and the open disputes."""
        judgement = judge(occurrence, self.withheld.get(occurrence.key, {}))
        adopted = judgement.adopted
        if adopted is None or len(judgement.eligible) == 1:
            return adopted, None, judgement.disputes
        rivals = [claim.amount for claim in judgement.eligible if claim.type == adopted.type]
        is_contested = rivals.count(rivals[0]) != len(rivals)
        return adopted, spanning(adopted, rivals) if is_contested else None, judgement.disputes

    def _post(self, claim: Claim, entries: Sequence[Entry], sign: int) -> None:
        for balance, entry in zip(claim.balances, entries, strict=True):
            balance.add(entry, sign)
            self._touched.add(balance.round)
        self._undated.append((claim, sign))

    def _file(self, key: str, claim: Claim) -> None:
        """Keep an occurrence findable by what its claims name."""
        round = claim.round
        self._touched.add(round)
        if round is not None:
            self._rounds[round].append(key)
        if claim.extra is not None:
            self._file_extra(key, claim, claim.extra)

    def _file_extra(self, key: str, claim: Claim, extra: Extra) -> None:
        self._touch(claim, extra)
        if extra.event is not None:
            self._facts[claim.type].setdefault(key, self.events)
        if extra.part is not None:
            self._parts[extra.part.of][key] = None
        for settled in extra.settles:
            self._settling[settled][key] = None

    def _touch(self, claim: Claim, extra: Extra) -> None:
        """Mark every round beside its own whose view a claim can change."""
        if extra.settles:
            self._touched.update(extra.settles)
        if claim.type in EVERY_ROUND:
            self._touched.update(self._rounds, self.balances)  # a credit alone makes a round, too
        if extra.part is not None and extra.part.of in self._occurrences:
            whole = _whole(extra.part.of, self._occurrences[extra.part.of]).leading
            self._touched.add(None if whole is None else whole.round)

    # -- asking ------------------------------------------------------------------------------------

    def occurrences(self) -> Iterator[Occurrence]:
        """Every occurrence, in the order in which they were first recorded."""
        return (_whole(key, known) for key, known in self._occurrences.items())

    @property
    def days(self) -> Counter[str]:
        """How many of the occurrences that count began on each day, counted when a tally asks."""
        for claim, sign in self._undated:
            if claim.type not in TIMELESS:
                self._days[_day(claim.occurred)] += sign
        self._undated.clear()
        return self._days

    @property
    def event_ids(self) -> Set[str]:
        """The ids of all events taken in."""
        return self._seen

    def facts(self, types: Iterable[str]) -> Iterator[Occurrence]:
        """The occurrences of which some claim is a fact of these types, in the order of the log."""
        found: dict[str, int] = {}
        for type in types:
            for key, order in self._facts.get(type, {}).items():
                found[key] = min(order, found.get(key, order))
        return self._named(sorted(found, key=found.__getitem__))

    def in_round(self, number: int) -> list[Occurrence]:
        """The occurrences that are filed under a round: by the adopted claim, else by the first."""
        filed = self._named(dict.fromkeys(self._rounds.get(number, ())))
        return [each for each in filed if each.leading is not None and each.leading.round == number]

    def rounds(self) -> list[int]:
        """The rounds that hold anything, in order."""
        posted = {number for number, accounts in self.balances.items() if any(b.postings for b in accounts.values())}
        return sorted({n for n in posted if n is not None} | {n for n in self._rounds if self.in_round(n)})

    def parts_of(self, key: str) -> Iterator[Occurrence]:
        """The occurrences that some claim calls a part of this one."""
        return self._named(self._parts.get(key, ()))

    def settling(self, number: int) -> Iterator[Occurrence]:
        """The occurrences of which some claim settles a round."""
        return self._named(self._settling.get(number, ()))

    def weighed(self) -> Iterator[Occurrence]:
        """The occurrences that more than their only claim's say-so decides, in the order of the log."""
        return (known for known in self._occurrences.values() if isinstance(known, Occurrence))

    def adopted(self) -> Iterator[tuple[Claim, Iterable[tuple[Balance, Entry]]]]:
        """Every adopted claim with what it has added to which balance: the balances are the sums of these."""
        for known in self._occurrences.values():
            if isinstance(known, Claim):
                postings = known.postings
                yield known, zip(postings[::2], postings[1::2], strict=True)
            elif known.adopted is not None:
                yield known.adopted, known.posted

    def wholes(self) -> list[str]:
        """The keys that some claim calls the whole of which it is a part, recorded or not."""
        return [*self._parts]

    def named(self, key: str) -> Occurrence | None:
        """The occurrence of a key, if anything is recorded of it."""
        known = self._occurrences.get(key)
        return None if known is None else _whole(key, known)

    def verdict(self, occurrence: Occurrence) -> Judgement:
        """Why the adopted claim of a settled occurrence counts, and why each other one does not."""
        judgement = judge(occurrence, self.withheld.get(occurrence.key, {}))
        if judgement.adopted is None or occurrence.adopted is not None:
            return judgement
        late = (judgement.adopted, "had not certainly happened by the cut")
        return judgement._replace(adopted=None, left_out=[late, *judgement.left_out])

    def _named(self, keys: Iterable[str]) -> Iterator[Occurrence]:
        return (_whole(key, self._occurrences[key]) for key in keys)


def _whole(key: str, known: Claim | Occurrence) -> Occurrence:
    return Occurrence(key, (known,), adopted=known) if isinstance(known, Claim) else known


def _day(moment: Moment) -> str:
    """The first day of a moment, for the first and last date of a tally."""
    if moment.precision in ("week", "month", "season", "year"):
        return str(span(moment.at, moment.precision).start)[:10]
    return moment.at[:10]


def _extra(event: AnyEvent) -> Extra | None:
    if event.type in FACTS:
        return Extra(event.status, event.supersedes, event.reason, None, (), event)
    part, settles = getattr(event, "part", None), getattr(event, "settles", ())
    if part is None and not settles and event.status == "reported" and event.supersedes is None:
        return None
    return Extra(event.status, event.supersedes, event.reason, part, settles, None)


class Projection:
    """The books of all exchanges of a log, or of one partition of it."""

    def __init__(self, cut: Cut = WHOLE) -> None:
        self.cut = cut
        self.books: dict[str, Book] = {}
        self._unsettled: dict[str, Book] = {}

    def apply(self, event: AnyEvent | UnknownEvent) -> bool:
        """Take in one event; whether it contradicts one of the same id. What it changes shows after `settle`."""
        exchange = event.exchange
        book = self.books.get(exchange)
        if book is None:
            book = self.books[exchange] = Book(exchange, self.cut)
        self._unsettled[exchange] = book
        return book.apply(event)

    def settle(self) -> set[Touched]:
        """Bring all books up to date. Returns what changed since the last time."""
        touched = {
            Touched(exchange, round) for exchange, book in self._unsettled.items() for round in (None, *book.settle())
        }
        self._unsettled.clear()
        return touched
