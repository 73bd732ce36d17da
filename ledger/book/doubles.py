"""Likely doubles: occurrences that may be one thing which nobody gave a shared name. Told, and never merged."""

from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from ledger.book.balances import Entry, estimate_of
from ledger.book.book import Book
from ledger.book.claims import Claim
from ledger.book.transfers import Account
from schemas.kinds import types_of
from schemas.values import span_of
from schemas.views import LikelyDouble

PEOPLE = types_of("move")
Key: TypeAlias = tuple[str, str, int | None, str | None, Entry]


class Candidate(NamedTuple):
    """An occurrence that counts people, and the claim by which it does."""

    exchange: str
    occurrence: str
    claim: Claim


def likely_doubles(books: Iterable[Book]) -> list[LikelyDouble]:
    """The pairs of one exchange, or of the exchanges of one process, in the order of the log.

    Each occurrence is told with the latest one before it by another publisher, and not with all: what looks alike a
    thousand times is a thousand pairs, and not half a million.
    """
    found: list[LikelyDouble] = []
    latest: dict[Key, dict[Hashable, Candidate]] = {}
    for each in (each for book in books for each in _candidates(book)):
        alike = latest.setdefault(_key(each.claim), {})
        other = next((other for other in reversed(alike.values()) if _may_be_one(other, each)), None)
        found += [_double(other, each)] if other is not None else []
        told = (each.claim.publisher, *map(frozenset, _said(each.claim)))
        alike.pop(told, None)
        alike[told] = each
    return found


def _candidates(book: Book) -> Iterator[Candidate]:
    for occurrence in book.occurrences():
        claim = occurrence.adopted
        if claim is None or claim.type not in PEOPLE or claim.part is not None or not claim.states_a_number:
            continue
        if _day(claim) is not None:
            yield Candidate(book.exchange, occurrence.key, claim)


def _key(claim: Claim) -> Key:
    return claim.type, claim.balances[0].account[0], claim.round, _day(claim), claim.amount


def _day(claim: Claim) -> str | None:
    """The first day on which it may have been; None where nobody says since when."""
    start = span_of(claim.occurred).start
    return None if start is None else str(start)[:10]


def _may_be_one(one: Candidate, other: Candidate) -> bool:
    """Whether two publishers may tell of the same people: no category and no nationality excludes it."""
    if one.claim.publisher == other.claim.publisher:
        return False
    return all(
        not ours or not theirs or ours & theirs
        for ours, theirs in zip(_said(one.claim), _said(other.claim), strict=True)
    )


def _said(claim: Claim) -> tuple[set[str], set[str]]:
    """The categories and nationalities that a claim names."""
    accounts = [Account._make(balance.account) for balance in claim.balances]
    vague = {"unknown", "mixed"}
    categories = {account.category for account in accounts}
    nationalities = [set(account.nationality) for account in accounts]
    return (set() if categories & vague else categories), (
        set() if not all(nationalities) else set[str]().union(*nationalities)
    )


def _double(one: Candidate, other: Candidate) -> LikelyDouble:
    pair = (one, other)
    return LikelyDouble(
        exchanges=[each.exchange for each in pair],
        occurrences=[each.occurrence for each in pair],
        events=[each.claim.id for each in pair],
        publishers=[each.claim.publisher for each in pair],
        type=one.claim.type,
        round=one.claim.round,
        day=_day(one.claim) or "",
        count=estimate_of(one.claim.amount),
    )
