"""What moved when: the days on which occurrences that count began, and the people of each side by span of time.

Both are made when somebody asks. Until then what is posted, and what is taken back, is only noted.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.book.balances import Balance, Entry
from ledger.book.claims import Claim
from ledger.book.cut import TIMELESS
from ledger.book.deaths import Sweep
from ledger.book.facts import copied
from ledger.book.flows import Flows, Timeline, midnight
from ledger.book.transfers import PLACES
from schemas.values import Moment, Span, is_day, span_of


class Calendar:
    """The days and timelines of one exchange."""

    def __init__(self) -> None:
        self._noted: list[tuple[Claim, Sequence[Entry] | None, int]] = []
        self._days: Counter[Beginning] = Counter()
        self._timelines: dict[str, dict[Span, dict[str, Balance]]] = {}
        self._changed: dict[str, dict[Span, frozenset[str]]] = {}
        self._sides: dict[str, SideDays] = {}

    def note(self, claim: Claim, replaced: Sequence[Entry] | None, sign: int) -> None:
        """Take in that a claim counts (1), or no longer does (-1), with other entries than its own where `replaced`."""
        self._noted.append((claim, replaced, sign))

    @property
    def days(self) -> Counter["Beginning"]:
        """How many of the occurrences that count began on each day."""
        self._read()
        return self._days

    def timeline(self, side: str) -> Timeline:
        """What of one side moved when. Parts move nobody."""
        self._read()
        return self._timelines.setdefault(side, {})

    def days_of(self, side: str) -> "SideDays":
        """The same with what stocks rest on beside it, brought up to date."""
        when = self.timeline(side)
        if side not in self._sides:
            self._sides[side] = SideDays.of(when)
        for span, before in self._changed.pop(side, {}).items():
            self._sides[side].change(span, before)
        return self._sides[side]

    def _read(self) -> None:
        for claim, replaced, sign in self._noted:
            if claim.type in TIMELESS:
                continue
            self._days[beginning(claim.occurred)] += sign
            if not claim.counts_nothing and claim.part is None:
                self._move(span_of(claim.occurred), claim, replaced, sign)
        self._noted.clear()

    def _move(self, when: Span, claim: Claim, replaced: Sequence[Entry] | None, sign: int) -> None:
        for balance, entry in zip(claim.balances, claim.entries if replaced is None else replaced, strict=True):
            side, move = balance.account[:2]
            if move in PLACES:
                moved = self._timelines.setdefault(side, {}).setdefault(when, {})
                if side in self._sides:
                    self._changed.setdefault(side, {}).setdefault(when, frozenset(moved))
                moved.setdefault(move, Balance()).add(entry, sign)
                if not moved[move].postings:
                    del moved[move]


class SideDays(NamedTuple):
    """What of one side moved when, the deaths beyond those held, and what came since a list."""

    when: Timeline
    sweep: Sweep
    flows: Flows

    @classmethod
    def of(cls, when: Timeline) -> "SideDays":
        days = cls(when, Sweep(), Flows())
        for span in when:
            days.change(span, ())
        return days

    def change(self, span: Span, before: Iterable[str]) -> None:
        """Take in that other people moved in a span of time than before, when they made these moves."""
        self.sweep.change(span, self.when[span], before)
        self.flows.change(span)


def coarse(when: Span) -> Span:
    """The whole days of a span of time: what stocks rest on goes by days."""
    start, end = when
    if start is not None:
        start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return Span(start, None if end is None else midnight(end))


class Beginning(NamedTuple):
    """The day on which something began, for the first and last date of a tally, in the order of time.

    Where no day is stated, or none of which the source is sure, `day` is the first that it can have been, and the day
    named of what was before it; `text` is then what is said instead, as JSON. `place`: of one day, what was by then
    (-1) comes first, then what was on it (0), then what can have been later (1).
    """

    day: str
    place: int = 0
    text: str = ""

    @property
    def stated(self) -> Moment | None:
        """What is said instead of a day."""
        return Moment.model_validate_json(self.text) if self.text else None


def beginning(moment: Moment) -> Beginning:
    """When a moment began."""
    began = moment if is_day(moment) else copied(moment).ends[0]
    if is_day(began):
        return Beginning(began.at[:10])
    start = span_of(began).start
    day = began.at if start is None else str(start)[:10]
    return Beginning(day, -1 if began.precision == "before" else 1, began.model_dump_json())
