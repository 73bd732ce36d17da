"""What moved when: the days on which occurrences that count began, and the people of each side by span of time.

Both are made when somebody asks. Until then what is posted, and what is taken back, is only noted.
"""

from collections import Counter
from collections.abc import Sequence

from ledger.book.balances import Balance, Entry
from ledger.book.claims import Claim
from ledger.book.cut import TIMELESS
from ledger.book.deaths import Sweep, Timeline
from ledger.book.transfers import PLACES
from schemas.values import Moment, Span, span_of


class Calendar:
    """The days and timelines of one exchange."""

    def __init__(self) -> None:
        self._noted: list[tuple[Claim, Sequence[Entry] | None, int]] = []
        self._days: Counter[str] = Counter()
        self._timelines: dict[str, dict[Span, dict[str, Balance]]] = {}
        self._changed: dict[str, dict[Span, frozenset[str]]] = {}
        self._sweeps: dict[str, Sweep] = {}

    def note(self, claim: Claim, replaced: Sequence[Entry] | None, sign: int) -> None:
        """Take in that a claim counts (1), or no longer does (-1), with other entries than its own where `replaced`."""
        self._noted.append((claim, replaced, sign))

    @property
    def days(self) -> Counter[str]:
        """How many of the occurrences that count began on each day."""
        self._read()
        return self._days

    def timeline(self, side: str) -> Timeline:
        """What of one side moved when. Parts move nobody."""
        self._read()
        return self._timelines.get(side, {})

    def sweep(self, side: str) -> Sweep:
        """The days of one side, brought up to date."""
        when = self.timeline(side)
        if side not in self._sweeps:
            self._sweeps[side] = Sweep.of(when)
        else:
            for span, before in self._changed.get(side, {}).items():
                self._sweeps[side].change(span, when[span], before)
        self._changed.pop(side, None)
        return self._sweeps[side]

    def _read(self) -> None:
        for claim, replaced, sign in self._noted:
            if claim.type in TIMELESS:
                continue
            self._days[_day(claim.occurred)] += sign
            if claim.postings and claim.part is None:
                self._move(span_of(claim.occurred), claim, replaced, sign)
        self._noted.clear()

    def _move(self, when: Span, claim: Claim, replaced: Sequence[Entry] | None, sign: int) -> None:
        for balance, entry in zip(claim.balances, claim.entries if replaced is None else replaced, strict=True):
            side, move = balance.account[:2]
            if move in PLACES:
                moved = self._timelines.setdefault(side, {}).setdefault(when, {})
                if side in self._sweeps:
                    self._changed.setdefault(side, {}).setdefault(when, frozenset(moved))
                moved.setdefault(move, Balance()).add(entry, sign)
                if not moved[move].postings:
                    del moved[move]


def _day(moment: Moment) -> str:
    """The first day of a moment, for the first and last date of a tally."""
    if moment.precision in ("week", "month", "season", "year") or len(moment.at) < 10:
        return str(span_of(moment).start)[:10]
    return moment.at[:10]
