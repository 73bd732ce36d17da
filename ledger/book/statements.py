"""Stated totals against the ledger's own figures, as of the same point."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import TypeAlias, cast

from ledger.book.balances import entry, estimate_of
from ledger.book.figures import is_recorded
from ledger.book.points import at_rounds, by_dates, end_of
from ledger.book.projection import Book
from ledger.book.tally import figures
from schemas.events import TallyStated
from schemas.views import Estimate, StatedTotal
from schemas.vocabulary import TallyScope

Point: TypeAlias = tuple[TallyScope, int | str]
"""As of what a total is stated, and in which scope: the end of a round, or a local wall-clock time."""


def stated_totals(book: Book, process: Sequence[Book]) -> list[StatedTotal]:
    """Every total that a source stated about an exchange, adopted or not, with what the ledger computes.

    `process` holds the books of the exchange's process, for totals of that scope. A total that names a round is
    compared as of the end of that round, any other as of the end of the day for which it is stated.
    """
    stated = [*stated_claims(book)]
    own = figures(book).keys()
    several = {name for each in process if each is not book for name in figures(each)}
    recorded: dict[TallyScope, Set[str]] = {"exchange": own, "process": own | several if book in process else several}
    computed = _computed(book, process, recorded, [event for event, _ in stated])
    return [_checked(event, book, computed.get((point(event), event.figure)), adopted) for event, adopted in stated]


def stated_claims(book: Book) -> Iterator[tuple[TallyStated, bool]]:
    """Every stated total of an exchange, and whether it is the one adopted, in the order of the log."""
    for occurrence in book.facts(["tally_stated"]):
        for claim in occurrence.claims:
            if claim.type == "tally_stated":
                yield cast("TallyStated", claim.event), occurrence.adopted is claim


def point(event: TallyStated) -> Point:
    """As of what a total is stated."""
    if event.scope == "exchange" and event.round is not None:
        return "exchange", event.round
    return event.scope, end_of(event.occurred)


def _computed(
    book: Book, process: Sequence[Book], recorded: Mapping[TallyScope, Set[str]], stated: Sequence[TallyStated]
) -> dict[tuple[Point, str], Estimate]:
    """The ledger's own figures at all points that are stated. What never was recorded is unknown, not 0."""
    rounds: defaultdict[int, set[str]] = defaultdict(set)
    dates: Mapping[TallyScope, defaultdict[str, set[str]]] = {
        "exchange": defaultdict(set),
        "process": defaultdict(set),
    }
    for event in stated:
        if event.party is None and is_recorded(event.figure, recorded[event.scope]):
            scope, at = point(event)
            asked = rounds[at] if isinstance(at, int) else dates[scope][at]
            asked.add(event.figure)
    found: dict[tuple[Point, str], Estimate] = {}
    for (number, name), its in at_rounds(book, rounds).items() if rounds else ():
        found[("exchange", number), name] = its
    for scope, times in dates.items():
        for (end, name), its in by_dates([book] if scope == "exchange" else process, times).items() if times else ():
            found[(scope, end), name] = its
    return found


def _checked(event: TallyStated, book: Book, computed: Estimate | None, adopted: bool) -> StatedTotal:
    stated = estimate_of(entry(event.count))
    if event.party is not None:
        computed = None
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
