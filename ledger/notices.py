"""What one will want to know of events just published: likely doubles, where another source counts now, what cannot
count beside the other side."""

from collections.abc import Iterator, Set
from typing import NamedTuple

from ledger.book.book import Book
from ledger.book.claims import Claim, Occurrence, judge
from ledger.book.rounds import stated_count
from ledger.follow.books import Books
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


class Notices(NamedTuple):
    """Nothing is changed by any of this."""

    doubles: list[LikelyDouble]
    successions: list[Succession]
    strayed: list[Strayed]


def notices(books: Books, published: Set[str]) -> Notices:
    """What events, by their ids, have brought with them that were published last and are in the books."""
    doubles = [each for each in books.likely_doubles() if not published.isdisjoint(each.events)]
    weighed = [(book, each) for book in books.by_exchange.values() for each in book.weighed()]
    successions = [succession(*each, published) for each in weighed]
    strays = [each for one in weighed for each in strayed(*one, published)]
    return Notices(doubles, [each for each in successions if each is not None], strays)


def succession(book: Book, occurrence: Occurrence, published: Set[str]) -> Succession | None:
    """How events that were published last have changed whose word counts for an occurrence; None if they have not."""
    before = _without(occurrence, published)
    if before is None:
        return None
    verdict = book.verdict(occurrence)
    if verdict.adopted is not None and verdict.adopted.publisher == before.publisher:
        return None
    now = None if verdict.adopted is None else _counting(verdict.adopted)
    return Succession(book.exchange, occurrence.key, _counting(before), now, verdict.rule)


def strayed(book: Book, occurrence: Occurrence, published: Set[str]) -> Iterator[Strayed]:
    """The claims among events that were published last that count nowhere for the side that they are about."""
    if any(claim.id in published for claim in occurrence.claims):
        verdict = book.verdict(occurrence)
        for claim in verdict.strayed:
            if claim.id in published and verdict.adopted is not None:
                yield Strayed(book.exchange, occurrence.key, _counting(claim), _counting(verdict.adopted))


def _without(occurrence: Occurrence, published: Set[str]) -> Claim | None:
    """The claim that counted before events were published; None where none did, or none of them is about it."""
    claims = tuple(claim for claim in occurrence.claims if claim.id not in published)
    decisions = tuple(each for each in occurrence.decisions if each.id not in published)
    if len(claims) + len(decisions) == len(occurrence.claims) + len(occurrence.decisions):
        return None
    return judge(Occurrence(occurrence.key, claims, decisions)).adopted


def _counting(claim: Claim) -> Counting:
    return Counting(claim.id, claim.publisher, stated_count(claim))
