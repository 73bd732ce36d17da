"""How long people were held: the days between a taking and the release that is linked to it. Never inferred."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import cast

from ledger.book.balances import enclosing, estimate_of, estimated
from ledger.book.book import Book
from ledger.book.claims import Claim, Occurrence
from ledger.book.transfers import Account
from schemas.kinds import KINDS
from schemas.values import Moment, Taking, is_sure, span_of
from schemas.views import DaysHeld, Estimate
from schemas.vocabulary import Category, Side

Find = Callable[[Taking], Occurrence | None]
"""Gives the occurrence of a taking."""


def days_held(book: Book, occurrences: Iterable[Occurrence]) -> list[DaysHeld]:
    """The days of each group that is linked to a taking in the same exchange."""
    return [each for occurrence in occurrences for each in _of(occurrence, within(book))]


def within(book: Book) -> Find:
    """Finds takings in one exchange: the views of an exchange depend on no other."""
    return lambda taking: book.named(taking.occurrence) if taking.exchange in (None, book.exchange) else None


def of_claim(claim: Claim, find: Find) -> Estimate | None:
    """The days of all linked groups of a claim together, from the least to the greatest."""
    if claim.extra is None:
        return None
    return _together(_days(claim, group, find) for group in claim.extra.taken)


def _of(occurrence: Occurrence, find: Find) -> Iterable[DaysHeld]:
    claim = occurrence.adopted
    if claim is None or claim.extra is None or claim.part is not None:
        return
    for balance, posted, group in zip(claim.balances, occurrence.entries, claim.extra.taken, strict=False):
        days = _days(claim, group, find)
        if days is not None:
            account = Account._make(balance.account)
            side: Side = "captives" if account.side == "captives" else "prisoners"
            yield DaysHeld(
                occurrence=occurrence.key,
                side=side,
                count=estimate_of(posted),
                category=cast("Category", account.category),
                nationality=list(account.nationality),
                days=days,
            )


def _days(released: Claim, takings: Sequence[Taking], find: Find) -> Estimate | None:
    """The elapsed days from some takings to a release; None where those of one are not known, as nothing bounds it."""
    found = [None if each is None else each.adopted for each in map(find, takings)]
    days = [each and _is_taking(each, released) and _between(each.occurred, released.occurred) for each in found]
    known = [each for each in days if isinstance(each, Estimate)]
    return enclosing(known) if known and len(known) == len(days) else None


def _together(several: Iterable[Estimate | None]) -> Estimate | None:
    known = [days for days in several if days is not None]
    return enclosing(known) if known else None


def _is_taking(claim: Claim, released: Claim) -> bool:
    """Whether people of the side of a release were taken by this, or taken again."""
    return bool(claim.side) and claim.side == released.side and KINDS[claim.type].move in ("taken", "retaken")


def _between(taken: Moment, released: Moment) -> Estimate | None:
    (first, last), (earliest, latest) = _bounds(taken), _bounds(released)
    if earliest is None or last is None or (first is not None and latest is not None and latest < first):
        return None
    low = max(0, (earliest - last).days)
    high = None if first is None or latest is None else (latest - first).days
    return estimated(low if low == high else None, low, high, hedged=not (is_sure(taken) and is_sure(released)))


def _bounds(moment: Moment) -> tuple[date | None, date | None]:
    """The first and the last day of a moment."""
    start, end = span_of(moment)
    last = None if end is None else (end - timedelta(microseconds=1)).date()
    return None if start is None else start.date(), last
