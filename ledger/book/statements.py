"""Stated totals against the ledger's own figures, as of the same point."""

from collections.abc import Mapping, Sequence, Set
from typing import cast

from ledger.book.balances import Balance, entry, estimate_of
from ledger.book.facts import nationals
from ledger.book.figures import figures_of, is_recorded, value
from ledger.book.projection import Book
from ledger.book.sums import Figures, merged
from ledger.book.tally import figures
from schemas.events import TallyStated
from schemas.values import Moment, span
from schemas.views import Estimate, StatedTotal
from schemas.vocabulary import TallyScope


def stated_totals(book: Book, process: Sequence[Book]) -> list[StatedTotal]:
    """Every total that a source stated about an exchange, adopted or not, with what the ledger computes.

    `process` holds the books of the exchange's process, for totals of that scope. A total that names a round is
    compared as of the end of that round, any other as of the end of the day for which it is stated.
    """
    checked = []
    recorded: dict[TallyScope, Set[str]] = {  # once for all, since each asks for every figure of every book
        "exchange": figures(book).keys(),
        "process": {name for each in process for name in figures(each)},
    }
    for occurrence in book.facts(["tally_stated"]):
        for claim in occurrence.claims:
            if claim.type == "tally_stated":
                adopted = occurrence.adopted is claim
                checked.append(_checked(cast("TallyStated", claim.event), book, process, recorded, adopted))
    return checked


def _checked(
    event: TallyStated, book: Book, process: Sequence[Book], recorded: Mapping[TallyScope, Set[str]], adopted: bool
) -> StatedTotal:
    """`recorded` holds the figures that anything was recorded for: what never was is unknown, not 0."""
    stated = estimate_of(entry(event.count))
    computed = None
    if event.party is None and is_recorded(event.figure, recorded[event.scope]):
        computed = value(event.figure, _as_of(event, book, process))
    difference = None
    if computed is not None and computed.best is not None and stated.best is not None:
        difference = stated.best - computed.best
    return StatedTotal(
        exchange=book.exchange,
        figure=event.figure,
        label=event.label,
        as_of=f"round {event.round}" if event.round is not None else event.occurred.at,
        stated=stated,
        computed=computed,
        difference=difference,
        agrees=None if computed is None else _agrees(stated, computed),
        adopted=adopted,
        publisher=event.source.publisher,
        event=event.id,
    )


def _agrees(stated: Estimate, computed: Estimate) -> bool | None:
    """Equal where both are exact; where one is hedged, whether their ranges meet."""
    if stated.best is not None and stated.low == stated.high and computed.best is not None:
        return stated.best == computed.best
    return (computed.high is None or stated.low <= computed.high) and (
        stated.high is None or computed.low <= stated.high
    )


def _as_of(event: TallyStated, book: Book, process: Sequence[Book]) -> Figures:
    if event.scope == "process":
        end = _end(event.occurred)
        return merged(_by_date(each, end) for each in process)
    if event.round is not None:
        number = event.round
        return figures(book, [n for n in book.balances if n is not None and n <= number])
    return _by_date(book, _end(event.occurred))


def _end(moment: Moment) -> str:
    end = span(moment.at, moment.precision, moment.until).end
    return "9999" if end is None else end.isoformat()


def _by_date(book: Book, end: str) -> Figures:
    """The figures of what had certainly happened by `end`, a local wall-clock time."""
    own = nationals(book)
    sums: dict[str, Balance] = {}
    for occurrence in book.occurrences():
        if occurrence.adopted is not None and _end(occurrence.adopted.occurred) <= end:
            for balance, posted in occurrence.posted:
                for name in figures_of(balance.account, own):
                    sums.setdefault(name, Balance()).add(posted)
    return sums
