"""Why a stated total differs from what the events give, as far as the ledger itself tells.

The remark of whoever recorded the statement comes first. Then what can be computed: a point at which the total does
hold, people who count in two rounds, what others state for the same point, what the same source said later.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import TypeAlias

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

_OfRounds: TypeAlias = tuple[str, str, tzinfo | None]
"""A figure, the date by which what belongs to no round was over, and the zone of that date."""


class Reasons:
    """The reasons for the stated totals of one exchange, all of which are given."""

    def __init__(self, evidence: Evidence, book: Book, process: Sequence[Book], totals: Sequence[StatedTotal]) -> None:
        self._evidence, self._book, self._process = evidence, book, process
        self._events = {each.event.id: each.event for each in stated_claims(book)}
        self._of_point: defaultdict[tuple[str, ...], list[StatedTotal]] = defaultdict(list)
        self._of_source: defaultdict[tuple[str, ...], list[StatedTotal]] = defaultdict(list)
        for each in totals:
            if each.verdict == "agrees":
                self._of_point[*self._counted(each), each.as_of].append(each)
                self._of_source[*self._counted(each), each.publisher].append(each)
        differing = [each for each in totals if each.verdict == "differs"]
        self._rounds, self._days = self._by_round(differing), self._by_day(differing)

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
        if not _is_one_number(each, event):
            return None
        wanted, (figure, *_), (_, end, zone, at) = each.stated.best, self._counted(each), point(event)
        if at is not None:
            rounds = [n for n, best in self._rounds.get((figure, end, zone), ()) if best == wanted and n < at]
            return f"The events give {wanted:,} at the end of round {rounds[-1]}." if rounds else None
        day = _first_day(event)
        days = [then for then, best in self._days.get((figure, event.scope), ()) if best == wanted and then < day]
        return f"The events give {wanted:,} at the end of {days[-1]}." if days else None

    def _by_round(self, totals: Sequence[StatedTotal]) -> Mapping[_OfRounds, Sequence[tuple[int, int | None]]]:
        """Figures at the end of each round, with what of no round was over by the dates of some totals.

        All at once: each reading of the book takes as long as there are claims in it.
        """
        numbers = [number for number in self._book.balances if number is not None]
        asked = defaultdict[AtRound, set[str]](set)
        for each in totals:
            _, end, zone, at = point(event := self._events[each.event])
            names = {self._counted(each)[0]} if at is not None and _is_one_number(each, event) else set[str]()
            if credited := _credited(each):
                names.add(credited)
            for number in numbers if names else ():
                asked[AtRound(number, end, zone)] |= names
        found = defaultdict[_OfRounds, list[tuple[int, int | None]]](list)
        for (then, name), its in at_rounds(self._book, asked).items():
            found[name, then.end, then.zone].append((then.round, _best(its)))
        return found

    def _by_day(self, totals: Sequence[StatedTotal]) -> Mapping[tuple[str, str], Sequence[tuple[str, int | None]]]:
        """Figures at the end of each day on which something was over that they count, in an exchange or its process."""
        names, found = defaultdict[str, set[str]](set), defaultdict[tuple[str, str], list[tuple[str, int | None]]](list)
        for each in totals:
            event = self._events[each.event]
            if point(event).round is None and _is_one_number(each, event):
                names[event.scope].add(self._counted(each)[0])
        for scope, asked in names.items():
            books = self._process if scope == "process" else [self._book]
            for (end, name), its in by_dates(books, dict.fromkeys(ends(books), asked)).items():
                found[name, scope].append((_day(end), _best(its)))
        return found

    # -- what else explains it ---------------------------------------------------------------------

    def _twice(self, each: StatedTotal, event: TallyStated) -> str | None:
        """People credited from one round to another, whom a sum over the rounds counts twice."""
        name, (_, end, zone, _) = _credited(each), point(event)
        if name is None or each.difference is None:
            return None
        credited = [best for n, best in self._rounds.get((name, end, zone), ()) if n <= (event.round or n)]
        if not credited or credited[-1] != each.difference:
            return None
        side = name.partition(".")[0]
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


def _is_one_number(each: StatedTotal, event: TallyStated) -> bool:
    """Whether a total is one number, of all people: only such can be found again at another point."""
    return each.stated.best is not None and each.stated.exact and event.party is None


def _credited(each: StatedTotal) -> str | None:
    """The figure of people who were credited to other rounds, where they could be why a total is the larger one."""
    side = each.figure.partition(".")[0]
    return f"{side}.credited_in" if each.difference is not None and each.difference > 0 and side in SIDES else None


def _best(its: Estimate | None) -> int | None:
    return None if its is None else its.best


def _first_day(event: TallyStated) -> str:
    start = span_of(event.occurred).start
    return "" if start is None else start.date().isoformat()


def _day(end: str) -> str:
    """The day that a wall-clock time closes: midnight belongs to the day before."""
    return (datetime.fromisoformat(end) - timedelta(microseconds=1)).date().isoformat()
