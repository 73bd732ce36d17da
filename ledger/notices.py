"""What one will want to know of events just published: likely doubles, and where another source counts now."""

from collections import Counter
from collections.abc import Hashable, Iterator, Set
from typing import NamedTuple

from ledger.book.claims import Claim, Occurrence, judge
from ledger.book.projection import Book
from ledger.book.rounds import stated_count
from ledger.reading import Reading
from schemas.views import Estimate, LikelyDouble

COMPARED_MAX, FOUND_MAX = 2_000_000, 20_000
"""Likely doubles are found by holding against each other all that look alike, and each is a view. So many of either
take a second."""


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
    """Nothing of this is wrong, and nothing is changed by it. `doubles` is None where too much looks alike."""

    doubles: list[LikelyDouble] | None
    successions: list[Succession]


def notices(reading: Reading, published: Set[str]) -> Notices:
    """What events, by their ids, have brought with them that were published last and are in the books."""
    doubles = None
    if _is_quick(reading):
        doubles = [each for each in reading.likely_doubles() if not published.isdisjoint(each.events)]
    return Notices(doubles, [each for book in reading.books.values() for each in _successions(book, published)])


def _is_quick(reading: Reading) -> bool:
    """Whether few enough occurrences look alike, and few enough of those are told by different publishers."""
    claims = (claim for book in reading.books.values() for claim, _ in book.adopted() if claim.postings)
    told = Counter((claim.publisher, claim.type, claim.round, claim.occurred.at, claim.amount) for claim in claims)
    alike: Counter[Hashable] = Counter()
    for (_, *key), count in told.items():
        alike[tuple(key)] += count
    compared, by_one = (sum(count * (count - 1) // 2 for count in each.values()) for each in (alike, told))
    return compared <= COMPARED_MAX and compared - by_one <= FOUND_MAX


def _successions(book: Book, published: Set[str]) -> Iterator[Succession]:
    for occurrence in book.weighed():
        before = _without(occurrence, published)
        if before is None:
            continue
        verdict = book.verdict(occurrence)
        if verdict.adopted is None or verdict.adopted.publisher != before.publisher:
            now = None if verdict.adopted is None else _counting(verdict.adopted)
            yield Succession(book.exchange, occurrence.key, _counting(before), now, verdict.rule)


def _without(occurrence: Occurrence, published: Set[str]) -> Claim | None:
    """The claim that counted before events were published; None where none did, or none of them is about it."""
    claims = tuple(claim for claim in occurrence.claims if claim.id not in published)
    decisions = tuple(each for each in occurrence.decisions if each.id not in published)
    if len(claims) + len(decisions) == len(occurrence.claims) + len(occurrence.decisions):
        return None
    return judge(Occurrence(occurrence.key, claims, decisions)).adopted


def _counting(claim: Claim) -> Counting:
    has_amount = claim.postings or claim.event is not None
    return Counting(claim.id, claim.publisher, stated_count(claim) if has_amount else None)
