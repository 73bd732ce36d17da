"""What one will want to know of events just published: likely doubles, and where another source counts now."""

from collections.abc import Set
from typing import NamedTuple

from ledger.book.claims import Claim, Occurrence, judge
from ledger.book.projection import Book
from ledger.book.rounds import stated_count
from ledger.reading import Reading
from schemas.views import Estimate, LikelyDouble


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


class Notices(NamedTuple):
    """Nothing of this is wrong, and nothing is changed by it."""

    doubles: list[LikelyDouble]
    successions: list[Succession]


def notices(reading: Reading, published: Set[str]) -> Notices:
    """What events, by their ids, have brought with them that were published last and are in the books."""
    doubles = [each for each in reading.likely_doubles() if not published.isdisjoint(each.events)]
    weighed = [succession(book, each, published) for book in reading.books.values() for each in book.weighed()]
    return Notices(doubles, [each for each in weighed if each is not None])


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


def _without(occurrence: Occurrence, published: Set[str]) -> Claim | None:
    """The claim that counted before events were published; None where none did, or none of them is about it."""
    claims = tuple(claim for claim in occurrence.claims if claim.id not in published)
    decisions = tuple(each for each in occurrence.decisions if each.id not in published)
    if len(claims) + len(decisions) == len(occurrence.claims) + len(occurrence.decisions):
        return None
    return judge(Occurrence(occurrence.key, claims, decisions)).adopted


def _counting(claim: Claim) -> Counting:
    return Counting(claim.id, claim.publisher, stated_count(claim))
