"""Stated totals against the ledger's own figures, as of the same point."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime, tzinfo
from typing import NamedTuple, cast

from ledger.book.balances import entry, estimate_of, estimated, tolerance
from ledger.book.book import Book
from ledger.book.claims import Claim, Occurrence
from ledger.book.figures import ALIASES, STOCKS, is_recorded
from ledger.book.flows import midnight
from ledger.book.points import NEVER, AtRound, at_rounds, by_dates, end_of
from ledger.book.stocks import openings
from ledger.book.tally import figures, process_figures
from schemas.events import TallyStated
from schemas.values import Amount, span_of
from schemas.views import Estimate, StatedTotal, Verdict
from schemas.vocabulary import TallyScope


class Point(NamedTuple):
    """As of what a total is stated, and in which scope: by a time on the clock of a zone, or at the end of a round."""

    scope: TallyScope
    end: str
    zone: tzinfo | None
    round: int | None


class Stated(NamedTuple):
    """A total that somebody stated. `standing`: why it is not compared, or empty."""

    event: TallyStated
    is_adopted: bool
    standing: str


def stated_totals(book: Book, process: Sequence[Book]) -> list[StatedTotal]:
    """Every total that a source stated about an exchange, adopted or not, with what the ledger computes.

    `process` holds the books of the exchange's process, for totals of that scope. A total that names a round is
    compared as of the end of that round, any other as of the end of the day for which it is stated.
    """
    stated = [*stated_claims(book)]
    own = figures(book).keys()
    recorded: dict[TallyScope, Set[str]] = {"exchange": own, "process": process_figures(process).keys()}
    names = {each.event.id: computed_as(each.event, recorded[each.event.scope]) for each in stated}
    computed = _computed(book, process, [(each.event, names[each.event.id]) for each in stated])
    return [_checked(each, book, computed.get((point(each.event), names[each.event.id]))) for each in stated]


def stated_claims(book: Book) -> Iterator[Stated]:
    """Every stated total of an exchange, in the order of the log."""
    opening = openings(book)
    for occurrence in book.facts(["tally_stated"]):
        out = {claim.id: why for claim, why in book.verdict(occurrence).left_out}
        for claim in occurrence.claims:
            if claim.type == "tally_stated":
                standing = "it opens the stock" if claim.id in opening else _standing(occurrence, claim, out)
                yield Stated(cast("TallyStated", claim.event), occurrence.adopted is claim, standing)


def _standing(occurrence: Occurrence, claim: Claim, left_out: Mapping[str, str]) -> str:
    """Why a total is not compared: it was corrected, retracted, or only planned. A rival that stands is compared."""
    why = left_out.get(claim.id, "")
    return "" if why.startswith(("not adopted", "counts nothing here", "had not certainly happened")) else why


def point(event: TallyStated) -> Point:
    """As of what a total is stated. A stock is of a day, and of no round, whichever one is named."""
    if _figure(event) in STOCKS:
        end = span_of(event.occurred).end
        return Point(event.scope, NEVER if end is None else midnight(end).isoformat(), None, None)
    zone = datetime.fromisoformat(event.occurred.at).tzinfo if event.occurred.precision == "minute" else None
    return Point(event.scope, end_of(event.occurred), zone, event.round if event.scope == "exchange" else None)


def _figure(event: TallyStated) -> str:
    return ALIASES.get(event.figure, event.figure)


def computed_as(event: TallyStated, recorded: Set[str]) -> str:
    """The figure that a total is compared with; empty where nothing of the kind is recorded.

    A total of one party counts the people whom it moved where facilitators are recorded to have, else those whom it
    let go.
    """
    name = _figure(event)
    if event.party is not None:
        side, _, total = name.partition(".")
        names = [f"{side}.of_which.mover.{event.party}", f"{side}.by.holder.{event.party}"]
        return next((each for each in names if total == "released" and each in recorded), "")
    return name if is_recorded(name, recorded) else ""


def _computed(
    book: Book, process: Sequence[Book], stated: Sequence[tuple[TallyStated, str]]
) -> dict[tuple[Point, str], Estimate | None]:
    """The ledger's own figures at all points that are stated. What never was recorded is unknown, not 0."""
    rounds: defaultdict[AtRound, set[str]] = defaultdict(set)
    dates: defaultdict[tuple[TallyScope, tzinfo | None], defaultdict[str, set[str]]] = defaultdict(_no_names)
    for event, name in stated:
        if name:
            scope, end, zone, round = point(event)
            asked = dates[scope, zone][end] if round is None else rounds[AtRound(round, end, zone)]
            asked.add(name)
    found: dict[tuple[Point, str], Estimate | None] = {}
    for (at, name), its in at_rounds(book, rounds).items() if rounds else ():
        found[Point("exchange", at.end, at.zone, at.round), name] = its
    for (scope, zone), times in dates.items():
        for (end, name), its in by_dates([book] if scope == "exchange" else process, times, zone).items():
            found[Point(scope, end, zone, None), name] = its
    return found


def _no_names() -> defaultdict[str, set[str]]:
    return defaultdict(set)


def _checked(each: Stated, book: Book, computed: Estimate | None) -> StatedTotal:
    event = each.event
    stated = estimate_of(entry(event.count))
    verdict, rule = compared(event.count, computed) if not each.standing else ("not compared", each.standing)
    difference = None
    if verdict != "not compared" and computed is not None and computed.best is not None and stated.best is not None:
        difference = stated.best - computed.best
    return StatedTotal(
        exchange=book.exchange,
        figure=event.figure,
        label=event.label,
        party=event.party,
        as_of=event.occurred.at if (at := point(event).round) is None else f"round {at}",
        stated=stated,
        computed=computed,
        difference=difference,
        agrees=None if verdict == "not compared" else verdict != "differs",
        verdict=verdict,
        rule=rule,
        adopted=each.is_adopted,
        publisher=event.source.publisher,
        event=event.id,
    )


# -- how the two compare -----------------------------------------------------------------------


def compared(stated: Amount, computed: Estimate | None) -> tuple[Verdict, str]:
    """Whether a computed figure is what a source can mean, and by which rule."""
    if computed is None:
        return "not compared", "the ledger has no claims to compute it from"
    meant = meaning(stated)
    if meant is None:
        return "not compared", f'"{stated.qualifier}" names no number'
    low, high = meant
    can_mean = f'"{stated.qualifier.replace("_", " ")}" can mean {_range(low, high)}'
    if computed.best is None:
        if _meet(meant, (computed.low, computed.high)):
            return "not contradicted", "what is recorded has no one number, and allows it"
        return "differs", f"at most, or at least, another number is recorded: {_range(computed.low, computed.high)}"
    if low <= computed.best and (high is None or computed.best <= high):
        return "agrees", "the same number" if stated.qualifier == "exact" else can_mean
    if _meet(meant, (computed.low, computed.high)):
        return "consistent", f"within the range of rival claims: {_range(computed.low, computed.high)}"
    return "differs", "another number" if stated.qualifier == "exact" else can_mean


def meaning(stated: Amount) -> tuple[int, int | None] | None:
    """From where to where a stated total can be meant; None where it names no number. docs/counting.md has the rule."""
    low, high, best = stated.low, stated.high, stated.best
    if stated.qualifier in ("about", "around", "roughly") and best is not None:
        off = tolerance(best)
        return (max(0, best - off) if low is None else low), (best + off if high is None else high)
    if stated.qualifier == "hundreds":
        return (100 if low is None else low), (999 if high is None else high)
    known: Estimate = estimate_of(entry(stated))
    return None if known == estimated(None, 0, None, hedged=True) else (known.low, known.high)


def _meet(one: tuple[int, int | None], other: tuple[int, int | None]) -> bool:
    return (one[1] is None or other[0] <= one[1]) and (other[1] is None or one[0] <= other[1])


def _range(low: int, high: int | None) -> str:
    return f"{low:,} or more" if high is None else f"{low:,}" if low == high else f"{low:,} to {high:,}"
