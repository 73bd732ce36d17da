"""Why a stated total differs from what the events give, as far as the ledger itself tells.

The remark of whoever recorded the statement comes first. Then what can be computed: a point at which the total does
hold, people who count in two rounds, what others state for the same point, what the same source said later.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from ledger.book.book import Book
from ledger.book.figures import ALIASES
from ledger.book.number_text import estimate
from ledger.book.points import AtRound, at_rounds, by_dates, ends
from ledger.book.sentences import plural
from ledger.book.statements import point, stated_claims
from ledger.book.transfers import SIDES
from replay.audit.evidence import Evidence
from replay.audit.phrases import own_words, sentence
from schemas.events import TallyStated
from schemas.values import span_of
from schemas.views import Estimate, StatedTotal


class Reasons:
    """The reasons for the stated totals of one exchange, all of which are given."""

    def __init__(self, evidence: Evidence, book: Book, process: Sequence[Book], totals: Sequence[StatedTotal]) -> None:
        self._evidence, self._book, self._process = evidence, book, process
        self._events = {each.event.id: each.event for each in stated_claims(book)}
        self._rounds: dict[tuple[str, str, tzinfo | None], list[tuple[int, int | None]]] = {}
        self._days: dict[tuple[str, str], list[tuple[str, int | None]]] = {}
        self._of_point: defaultdict[tuple[str, ...], list[StatedTotal]] = defaultdict(list)
        self._of_source: defaultdict[tuple[str, ...], list[StatedTotal]] = defaultdict(list)
        for each in totals:
            if each.verdict == "agrees":
                self._of_point[*self._counted(each), each.as_of].append(each)
                self._of_source[*self._counted(each), each.publisher].append(each)

    def of(self, each: StatedTotal) -> str | None:
        """Why a stated total differs; None where the ledger does not tell."""
        event, said = self._events[each.event], self._evidence.quoted.get(each.event)
        reasons = [
            sentence(said.note) if said and said.note else None,
            self._elsewhere(each, event),
            self._twice(each, event),
            self._others(each),
            self._later(each, event),
        ]
        return " ".join(filter(None, reasons)) or own_words(said)

    # -- a point at which it holds -----------------------------------------------------------------

    def _elsewhere(self, each: StatedTotal, event: TallyStated) -> str | None:
        """The last point before at which the events do give the total: at the end of a round, or of a day.

        One that comes later would explain nothing.
        """
        wanted = each.stated.best
        if wanted is None or not each.stated.exact or event.party is not None:
            return None
        figure, *_ = self._counted(each)
        at = point(event).round
        if at is not None:
            rounds = [n for n, best in self._by_round(figure, event) if best == wanted and n < at]
            return f"The events give {wanted:,} at the end of round {rounds[-1]}." if rounds else None
        day = _first_day(event)
        days = [then for then, best in self._by_day(figure, event.scope) if best == wanted and then < day]
        return f"The events give {wanted:,} at the end of {days[-1]}." if days else None

    def _by_round(self, figure: str, event: TallyStated) -> list[tuple[int, int | None]]:
        """The figure at the end of each round, with what of no round was over by the date of a total."""
        _, end, zone, _ = point(event)
        key = figure, end, zone
        if key not in self._rounds:
            numbers = [number for number in self._book.balances if number is not None]
            found = at_rounds(self._book, {AtRound(number, end, zone): [figure] for number in numbers})
            self._rounds[key] = [(at.round, _best(its)) for (at, _), its in found.items()]
        return self._rounds[key]

    def _by_day(self, figure: str, scope: str) -> list[tuple[str, int | None]]:
        """The figure at the end of each day on which something was over that it counts."""
        if (figure, scope) not in self._days:
            books = self._process if scope == "process" else [self._book]
            found = by_dates(books, {end: [figure] for end in ends(books)})
            self._days[figure, scope] = [(_day(end), _best(its)) for (end, _), its in found.items()]
        return self._days[figure, scope]

    # -- what else explains it ---------------------------------------------------------------------

    def _twice(self, each: StatedTotal, event: TallyStated) -> str | None:
        """People credited from one round to another, whom a sum over the rounds counts twice."""
        side = each.figure.partition(".")[0]
        if each.difference is None or each.difference <= 0 or side not in SIDES:
            return None
        credited = [best for n, best in self._by_round(f"{side}.credited_in", event) if n <= (event.round or n)]
        if not credited or credited[-1] != each.difference:
            return None
        people = plural(each.difference, f"{side[:-1]} is", f"{side} are")
        return f"{people} credited from one round to another: counted in both, they make the difference."

    def _others(self, each: StatedTotal) -> str | None:
        """Who states, for the same point, what the events give."""
        best = None if each.computed is None else each.computed.best
        for other in self._of_point[*self._counted(each), each.as_of]:
            if other.publisher != each.publisher and other.stated.exact and other.stated.best == best:
                return f"{other.publisher} states {estimate(other.stated)}, as the events do."
        return None

    def _later(self, each: StatedTotal, event: TallyStated) -> str | None:
        """What the same source states later of the same figure, and rightly."""
        said = event.source.published or ""
        for other in self._of_source[*self._counted(each), each.publisher]:
            if (self._events[other.event].source.published or "") > said:
                return f"The same source later states {estimate(other.stated)}."
        return None

    def _counted(self, each: StatedTotal) -> tuple[str, str, str]:
        """What a total counts, of whom, and over which exchanges."""
        return ALIASES.get(each.figure, each.figure), each.party or "", self._events[each.event].scope


def _best(its: Estimate | None) -> int | None:
    return None if its is None else its.best


def _first_day(event: TallyStated) -> str:
    start = span_of(event.occurred).start
    return "" if start is None else start.date().isoformat()


def _day(end: str) -> str:
    """The day that a wall-clock time closes: midnight belongs to the day before."""
    return (datetime.fromisoformat(end) - timedelta(microseconds=1)).date().isoformat()
