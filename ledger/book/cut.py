"""The ledger as of another moment: five ways to say up to where it is read."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from ledger.errors import UsageError
from schemas.events import AnyEvent
from schemas.kinds import KINDS
from schemas.record import Frontier
from schemas.values import Moment, span, span_of

TIMELESS = frozenset(name for name, kind in KINDS.items() if kind.timeless)
"""Decisions and declarations are knowledge about events, so the clock of events does not cut them."""


class Timed(Protocol):
    """Anything that happened: an event, or a claim made of one."""

    @property
    def type(self) -> str: ...
    @property
    def occurred(self) -> Moment: ...


@dataclass(frozen=True, slots=True)
class Cut:
    """Up to where the ledger is read. Bounds combine; without any, everything is read.

    `occurred_by`: what had happened by then, as known now. A moment counts once it is certainly over: a day at
    its end. `published_by`: what the public could know by then. `recorded_by`: what this ledger had
    recorded by then. `through`: the log up to and including this event. `position`: the log up to there. A date
    includes that whole day.
    """

    occurred_by: Moment | None = None
    published_by: Moment | None = None
    recorded_by: datetime | None = None
    through: str | None = None
    position: Frontier | None = None

    @classmethod
    def parse(
        cls,
        occurred_by: str | None = None,
        published_by: str | None = None,
        recorded_by: str | None = None,
        through: str | None = None,
    ) -> "Cut":
        """A cut from texts: dates (`2023-11-28`) or times with an offset. Raises UsageError."""
        recorded = read_bound("--recorded-by", recorded_by)
        return cls(
            read_bound("--occurred-by", occurred_by),
            read_bound("--published-by", published_by),
            end_in_utc(recorded) if recorded else None,
            through,
        )

    @property
    def is_whole(self) -> bool:
        return self == WHOLE

    def knows(self, event: AnyEvent) -> bool:
        """Whether this was published by `published_by`. What bears no publication date was not."""
        if self.published_by is None:
            return True
        published = event.source.published
        return published is not None and _over_by(
            published, "day" if len(published) == 10 else "minute", None, self.published_by
        )

    def has_begun(self, moment: Moment) -> bool:
        """Whether this may have begun by `occurred_by`, though it need not be over."""
        if self.occurred_by is None:
            return True
        limit = span_of(self.occurred_by).end
        start = span_of(moment, zone_of(self.occurred_by)).start
        return start is None or limit is None or start < limit

    def covers(self, claim: Timed) -> bool:
        """Whether this had certainly happened by `occurred_by`."""
        if self.occurred_by is None or claim.type in TIMELESS:
            return True
        moment = claim.occurred
        return _over_by(moment.at, moment.precision, moment.until, self.occurred_by)


WHOLE = Cut()


def _over_by(at: str, precision: str, until: str | None, bound: Moment) -> bool:
    end, limit = span(at, precision, until, zone_of(bound)).end, span_of(bound).end
    return end is not None and limit is not None and end <= limit


def zone_of(bound: Moment) -> tzinfo | None:
    """The zone on whose clock times are compared with a bound: a day has none."""
    return datetime.fromisoformat(bound.at).tzinfo if bound.precision == "minute" else None


def read_bound(name: str, text: str | None) -> Moment | None:
    """A date or a time with its offset, by which something is cut or looked for. Raises UsageError that says `name`."""
    if text is None:
        return None
    try:
        return Moment(at=text, precision="day" if len(text) == 10 else "minute")
    except ValueError as error:
        raise UsageError(
            f"{name} {text[:80]!r}: give a date such as 2023-11-28, or a time with its offset such as "
            "2023-11-28T20:00+02:00"
        ) from error


def end_in_utc(moment: Moment) -> datetime:
    """The end of a bound; of a date, that of the day in UTC."""
    end = span_of(moment, UTC).end
    assert end is not None
    return end.replace(tzinfo=UTC)
