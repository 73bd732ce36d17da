"""When many things are certainly over, as columns that a bound is compared with in one pass."""

from array import array
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from ledger.book.cut import zone_of
from schemas.values import Moment, span_of

NEVER = 2**62
"""Later than every bound: the end of what nobody knows to be over."""
_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


class End(NamedTuple):
    """An end in microseconds since 1970: on its own clock, and in UTC, or NEVER where it is a date without a zone."""

    local: int
    instant: int


ALWAYS = End(-NEVER, NEVER)
"""The end of what every bound covers."""
UNENDED = End(NEVER, NEVER)


def end_of(moment: Moment) -> End:
    """The end of a moment. A date is a date wherever it is asked for, and a time is the same instant."""
    local = _microseconds(moment, None)
    if local == NEVER or "T" not in (moment.until or moment.at):
        return End(local, NEVER)
    try:
        return End(local, _microseconds(moment, UTC))
    except OverflowError:  # on no other clock is there such a time
        return End(local, NEVER)


def _microseconds(moment: Moment, zone: tzinfo | None) -> int:
    end = span_of(moment, zone).end
    return NEVER if end is None else (end - _EPOCH) // _MICROSECOND


class Ends:
    """The ends of many things, by their places."""

    def __init__(self) -> None:
        self._local, self._instant = array("q"), array("q")
        self._floating = bytearray()

    def append(self, end: End) -> None:
        self._local.append(end.local)
        self._instant.append(end.instant)
        self._floating.append(end.instant == NEVER)

    def over_by(self, bound: Moment) -> int:
        """Those that are certainly over by a bound: a byte of 1 for each, the first the lowest, as one number."""
        end = span_of(bound).end
        assert end is not None
        limit, zone = (end - _EPOCH) // _MICROSECOND, zone_of(bound)
        over = number_of_bytes(map(limit.__ge__, self._local))
        if zone is None:
            return over
        offset = zone.utcoffset(None)
        assert offset is not None
        instant = limit - offset // _MICROSECOND
        floating = int.from_bytes(self._floating, "little")
        return (over & floating) | number_of_bytes(map(instant.__ge__, self._instant))

    @property
    def size(self) -> int:
        """Bytes that this takes."""
        return len(self._floating) * (1 + 2 * self._local.itemsize)


def number_of_bytes(flags: "map[bool]") -> int:
    """A byte for each flag, as one number, so that flags combine in one step."""
    return int.from_bytes(bytes(flags), "little")
