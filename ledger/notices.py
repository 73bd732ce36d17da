"""What one will want to know of events just published: likely doubles, where another source counts now, what cannot
count beside the other side, what is of another round than what it is a claim about, which rivals are most likely two
things, what corrects nothing that is here, what was published before it can have happened, and who gave to whom that
cannot be."""

from collections.abc import Callable, Iterator, Set
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from ledger.book.book import UNPUBLISHED, Book
from ledger.book.claims import Claim, Judgement, Occurrence, judge
from ledger.book.facts import copied
from ledger.book.rounds import stated_count
from ledger.book.transfers import Account
from ledger.follow.books import Books
from schemas.kinds import KINDS
from schemas.values import Moment, is_sure, span_of
from schemas.views import Estimate, LikelyDouble

EVENTS_MAX = 50_000
"""A log of so many events is folded in half a second. For what a longer one would say, and one on Kafka, nobody is
kept waiting who asked for something else."""


class Counting(NamedTuple):
    """A claim that counts for an occurrence. `amount` is None for one that counts nothing."""

    event: str
    publisher: str
    amount: Estimate | None


class Succession(NamedTuple):
    """An occurrence for which another source counts than before, and by which rule. `now` is None where none does."""

    exchange: str
    occurrence: str
    before: Counting
    now: Counting | None
    rule: str


class Strayed(NamedTuple):
    """A claim that is about the other side than what counts for its occurrence, and therefore counts nowhere."""

    exchange: str
    occurrence: str
    claim: Counting
    adopted: Counting


class OtherRound(NamedTuple):
    """Two rival claims on an occurrence that are of different rounds, so that it counts in one of them alone."""

    exchange: str
    occurrence: str
    claim: Counting
    round: int
    adopted: Counting
    adopted_round: int


class Mixed(NamedTuple):
    """Two rival claims on an occurrence that are most likely about two things, by what differs between them.

    `figure`: one publisher states both, and neither corrects the other; `by`: other parties give the people;
    `category`: the people are others.
    """

    exchange: str
    occurrence: str
    claim: Counting
    other: Counting
    differ: Literal["figure", "by", "category"]


class Dangling(NamedTuple):
    """An event that corrects another, or decides on it (by its `type`), which the ledger does not hold: it may come."""

    exchange: str
    event: str
    type: str
    publisher: str
    target: str


class Premature(NamedTuple):
    """A claim published more than a day before it says that something happened: one of both is mistaken."""

    exchange: str
    event: str
    publisher: str
    published: str
    occurred: Moment


class Circular(NamedTuple):
    """A movement by a party to the same party: one of both is mistaken."""

    exchange: str
    event: str
    publisher: str
    party: str


class Notices(NamedTuple):
    """Nothing is changed by any of this."""

    doubles: list[LikelyDouble]
    successions: list[Succession]
    strayed: list[Strayed]
    other_rounds: list[OtherRound]
    mixed: list[Mixed]
    dangling: list[Dangling]
    premature: list[Premature]
    circular: list[Circular]

    @classmethod
    def none(cls) -> "Notices":
        return cls(*([] for _ in cls._fields))

    def add(self, book: Book, occurrence: Occurrence, published: Set[str], holds: Callable[[str], bool]) -> None:
        """What events that were published last have brought with them for an occurrence, where any is about it.

        `holds`: whether an event is in the ledger.
        """
        if published.isdisjoint(each.id for each in (*occurrence.claims, *occurrence.decisions)):
            return
        its, verdict = (book.exchange, occurrence), book.verdict(occurrence)
        self.successions.extend(_successions(*its, verdict, published))
        self.strayed.extend(_strayed(*its, verdict, published))
        self.other_rounds.extend(_other_rounds(*its, verdict, published))
        self.mixed.extend(_mixed(*its, verdict, published))
        self.dangling.extend(_dangling(*its, published, holds))
        self.premature.extend(_premature(*its, published))
        self.circular.extend(_circular(*its, published))


def notices(books: Books, published: Set[str]) -> Notices:
    """What events, by their ids, have brought with them that were published last and are in the books."""
    found, holds = Notices.none(), holder(books)
    found.doubles.extend(each for each in books.likely_doubles() if not published.isdisjoint(each.events))
    for book in books.by_exchange.values():
        for occurrence in book.occurrences():
            found.add(book, occurrence, published, holds)
    return found


def holder(books: Books) -> Callable[[str], bool]:
    """Whether a ledger holds an event, in whatever exchange."""
    return lambda event_id: any(book.holds(event_id) for book in books.by_exchange.values())


def _successions(
    exchange: str, occurrence: Occurrence, verdict: Judgement, published: Set[str]
) -> Iterator[Succession]:
    """How events that were published last have changed whose word counts for an occurrence, if they have."""
    before = _without(occurrence, published)
    if before is not None and (verdict.adopted is None or verdict.adopted.publisher != before.publisher):
        now = None if verdict.adopted is None else _counting(verdict.adopted)
        yield Succession(exchange, occurrence.key, _counting(before), now, verdict.rule)


def _strayed(exchange: str, occurrence: Occurrence, verdict: Judgement, published: Set[str]) -> Iterator[Strayed]:
    """The claims among events that were published last that count nowhere for the side that they are about."""
    for claim in verdict.strayed:
        if claim.id in published and verdict.adopted is not None:
            yield Strayed(exchange, occurrence.key, _counting(claim), _counting(verdict.adopted))


def _other_rounds(
    exchange: str, occurrence: Occurrence, verdict: Judgement, published: Set[str]
) -> Iterator[OtherRound]:
    """The rivals of another round than the claim that counts, where either is among events published last."""
    adopted = verdict.adopted
    if adopted is None or adopted.round is None:
        return
    for claim in verdict.eligible:
        is_new = claim.id in published or adopted.id in published
        if is_new and claim.round is not None and claim.round != adopted.round:
            counting = _counting(claim), claim.round, _counting(adopted), adopted.round
            yield OtherRound(exchange, occurrence.key, *counting)


def _mixed(exchange: str, occurrence: Occurrence, verdict: Judgement, published: Set[str]) -> Iterator[Mixed]:
    """The first two rivals of an occurrence that are most likely two things, where events published last are of it."""
    for claim, other, differ in _unlike(verdict):
        if not published.isdisjoint((claim.id, other.id)):
            yield Mixed(exchange, occurrence.key, _counting(claim), _counting(other), differ)
            return


def _unlike(verdict: Judgement) -> Iterator[tuple[Claim, Claim, Literal["figure", "by", "category"]]]:
    adopted, by_publisher = verdict.adopted, dict[str, Claim]()
    for claim in verdict.eligible:
        if adopted is not None and _are_apart(_givers(adopted), _givers(claim)):
            yield adopted, claim, "by"
        elif adopted is not None and _are_apart(_categories(adopted), _categories(claim)):
            yield adopted, claim, "category"
        if claim.states_a_number:
            first = by_publisher.setdefault(claim.publisher, claim)
            if first.stated != claim.stated:
                yield first, claim, "figure"


def _are_apart(some: Set[str], others: Set[str]) -> bool:
    """Whether both are known, and have nothing in common."""
    return bool(some and others) and some.isdisjoint(others)


def _givers(claim: Claim) -> Set[str]:
    return {holder for each in claim.balances if (holder := Account._make(each.account).holder) is not None}


def _categories(claim: Claim) -> Set[str]:
    return {Account._make(each.account).category for each in claim.balances} - {"unknown"}


def _dangling(
    exchange: str, occurrence: Occurrence, published: Set[str], holds: Callable[[str], bool]
) -> Iterator[Dangling]:
    """The events among those published last that correct, or decide on, what is not in the ledger."""
    for claim in occurrence.claims:
        if claim.supersedes is not None and claim.id in published and not holds(claim.supersedes):
            yield Dangling(exchange, claim.id, claim.type, claim.publisher, claim.supersedes)
    for each in occurrence.decisions:
        if each.claim is not None and each.id in published and not holds(each.claim):
            yield Dangling(exchange, each.id, each.type, each.source.publisher, each.claim)


def _premature(exchange: str, occurrence: Occurrence, published: Set[str]) -> Iterator[Premature]:
    """The claims among events published last whose source cannot have known of what they say: no plan is one."""
    for claim in occurrence.claims:
        if claim.id in published and not claim.is_barred and _says_it_happened(claim.type) and _is_premature(claim):
            yield Premature(exchange, claim.id, claim.publisher, claim.published, copied(claim.occurred))


def _circular(exchange: str, occurrence: Occurrence, published: Set[str]) -> Iterator[Circular]:
    """The claims among events published last by which a party gave people to itself; a transfer may."""
    for claim in occurrence.claims:
        party = None if claim.extra is None or claim.type == "people_transferred" else claim.extra.to_itself
        if party is not None and claim.id in published:
            yield Circular(exchange, claim.id, claim.publisher, party)


def _says_it_happened(kind: str) -> bool:
    return not (KINDS[kind].plans or KINDS[kind].timeless)


def _is_premature(claim: Claim) -> bool:
    """Whether a claim was published before all of when it may have happened, which an unsure date does not say.

    Of two times of day by these; else by more than a day: what happened after midnight is told by the evening's date.
    """
    start, at = span_of(claim.occurred).start, claim.occurred.at
    if start is None or claim.published == UNPUBLISHED or not is_sure(claim.occurred):
        return False
    if "T" in claim.published and "T" in at:
        return datetime.fromisoformat(claim.published) < datetime.fromisoformat(at)
    return claim.published[:10] < (start - timedelta(days=1)).date().isoformat()


def _without(occurrence: Occurrence, published: Set[str]) -> Claim | None:
    """The claim that counted before events were published; None where none did, or none of them is about it."""
    claims = tuple(claim for claim in occurrence.claims if claim.id not in published)
    decisions = tuple(each for each in occurrence.decisions if each.id not in published)
    if len(claims) + len(decisions) == len(occurrence.claims) + len(occurrence.decisions):
        return None
    return judge(Occurrence(occurrence.key, claims, decisions)).adopted


def _counting(claim: Claim) -> Counting:
    return Counting(claim.id, claim.publisher, stated_count(claim))
