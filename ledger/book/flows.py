"""What came into a stock that a list opened, and went out of it, kept added up by span of time."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from ledger.book.balances import Balance, Entry, possible
from ledger.book.transfers import flow
from schemas.values import Span

Timeline: TypeAlias = Mapping[Span, Mapping[str, Balance]]
"""How many of one side moved in each span of time, by move: what is held depends on when things were over."""
FOREVER = datetime(9999, 12, 31)
"""When something is over of which nobody knows."""
EVER = datetime(1, 1, 1)
"""When something can have begun of which nobody says since when."""
_STOCK = ("held", "remains_held")


class Posting(NamedTuple):
    """So many people of a figure of a side, from the time on at which it was over."""

    end: datetime
    figure: str
    entry: Entry


class Since(NamedTuple):
    """The stock that a list opens: the end of its day, and how many."""

    end: datetime
    entry: Entry

    def share(self, when: Span, moved: Entry) -> Entry | None:
        """How much of what moved came after the stock: all of it, or nobody knows; None for what is in it already."""
        if (when.end or FOREVER) <= self.end:
            return None
        return moved if when.start is not None and when.start >= self.end else possible(moved)

    def postings(self, side: str, when: Span, moved: Mapping[str, Balance]) -> Iterator[Posting]:
        """What came into the stock, and went out of it, in a span of time."""
        for move, balance in moved.items():
            sign, share = flow(move, *_STOCK), self.share(when, balance.entry())
            if sign and share is not None:
                yield Posting(when.end or FOREVER, f"{side}.opening.{'in' if sign > 0 else 'out'}", share)


def midnight(end: datetime) -> datetime:
    """The end of a day, since a list is of a day even where it bears a time."""
    day = end.replace(hour=0, minute=0, second=0, microsecond=0)
    return day if day == end else day + timedelta(days=1)


class Flows:
    """What moved on one side of an exchange since a list opened its stock."""

    def __init__(self) -> None:
        self._changed: dict[Span, None] = {}
        self._since: Since | None = None
        self._shares: dict[Span, list[Posting]] = {}
        self._sums: dict[str, Balance] = {}

    def change(self, span: Span) -> None:
        """Take in that other people moved in a span of time than before."""
        self._changed[span] = None

    def sums(self, side: str, when: Timeline, since: Since) -> Mapping[str, Balance]:
        """What came into the stock that a list opened, and went out of it, by figure."""
        if since != self._since:
            self._since, self._changed = since, dict.fromkeys(when)
            self._shares.clear()
            self._sums = {f"{side}.opening.in": Balance()}
            self._sums[f"{side}.opening.in"].add(since.entry)
        for span in self._changed:
            self._add(self._shares.pop(span, ()), -1)
            self._shares[span] = [*since.postings(side, span, when.get(span, {}))]
            self._add(self._shares[span], 1)
        self._changed.clear()
        return {name: balance for name, balance in self._sums.items() if balance.postings}

    def _add(self, postings: Iterable[Posting], sign: int) -> None:
        for each in postings:
            self._sums.setdefault(each.figure, Balance()).add(each.entry, sign)
