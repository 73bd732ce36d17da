"""Value types: what a field of an event can say, and how sure it is of it."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Self, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.vocabulary import (
    Anonymity,
    Basis,
    Category,
    Credibility,
    DateQualifier,
    Dimension,
    PledgeItem,
    PledgeUnit,
    Precision,
    Qualifier,
    RatioScope,
    Reliability,
    Sentence,
    SourceKind,
    Vital,
)

PEOPLE_MAX = 1_000_000
WHOLE_MAX = 2**53
UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

T = TypeVar("T")
Many: TypeAlias = Annotated[tuple[T, ...], Field(strict=False, max_length=256)]
"""An ordered collection; a list is accepted where an event is built in Python."""

EventId: TypeAlias = Annotated[
    str, StringConstraints(pattern=f"^{UUID_PATTERN}$"), Field(json_schema_extra={"format": "uuid"})
]
"""A UUID in its canonical lower-case form."""

ExchangeId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,63}$")]
Occurrence: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
PartyId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
RoundNumber: TypeAlias = Annotated[int, Field(ge=1, le=10_000)]
Hours: TypeAlias = Annotated[int, Field(ge=0, le=100_000)]
Currency: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
COUNTRY = "country"
"""Marks a code as that of a country: one of a currency looks like it."""
Nationality: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), COUNTRY]
"""An ISO 3166-1 alpha-3 code; `XXX` (ICAO Doc 9303) where a source says no more than "foreign"."""

Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
"""Words for people, never parsed."""

UNFOLDED = "unfolded"
"""Marks a field that no figure and no view can depend on, so that a replay need not read it."""

Prose: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2_000), UNFOLDED]
HttpsUrl: TypeAlias = Annotated[str, StringConstraints(pattern=r"^https://[^\s<>\"]{1,2040}$"), UNFOLDED]
"""Kept as text and never fetched."""

Sha256: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), UNFOLDED]
"""In one spelling, so that equal bytes have equal text."""

WikidataId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^Q[1-9][0-9]{0,15}$")]
UcdpId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,15}$")]
AcledId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^\S{1,64}$")]


class Value(BaseModel):
    """Base of all messages and their parts: immutable, strict, closed.

    A validator is built when its model is first used: a command uses a few of a hundred.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)


# -- counts ------------------------------------------------------------------------------------

_APPROXIMATE = frozenset({"about", "around", "roughly"})
_LOWER_BOUND = frozenset({"over", "well_over", "more_than", "at_least"})
_UPPER_BOUND = frozenset({"up_to", "nearly", "under"})
_STRICT_BOUND = frozenset({"over", "well_over", "more_than", "nearly", "under"})


class Count(Value):
    """A number of people as a source states it, hedges included (0 to a million).

    A hedge never becomes exact and unknown is not 0: "over N" has `low` N+1, no `best` and no
    `high`; "at least N" has `low` N; "under N" and "nearly N" have `high` N-1; "several" and "unknown" have
    no `best`. "About N" has `best` N and keeps its qualifier. An `estimate` has a `best` between `low` and `high`, by
    a method and without a hedge.
    """

    best: Annotated[int, Field(ge=0, le=PEOPLE_MAX)] | None = None
    low: Annotated[int, Field(ge=0, le=PEOPLE_MAX)] | None = None
    high: Annotated[int, Field(ge=0, le=PEOPLE_MAX)] | None = None
    qualifier: Qualifier = "exact"

    @classmethod
    def of(cls, number: int | None, qualifier: Qualifier = "exact") -> Self:
        """The count that "`qualifier` `number`" states: `Count.of(130, "over")` is low 131.

        An estimate has three numbers and is written as such.
        """
        if number is None:
            return cls(qualifier="unknown" if qualifier == "exact" else qualifier)
        if qualifier in _LOWER_BOUND:
            return cls(low=number + (qualifier in _STRICT_BOUND), qualifier=qualifier)
        if qualifier in _UPPER_BOUND:
            return cls(high=max(0, number - (qualifier in _STRICT_BOUND)), qualifier=qualifier)
        return cls(best=number, qualifier=qualifier)

    @model_validator(mode="after")
    def _agrees_with_its_qualifier(self) -> "Count":
        best, low, high, qualifier = self.best, self.low, self.high, self.qualifier
        if qualifier == "exact":
            if best is None:
                raise ValueError("an exact count needs `best`; where no number is stated use qualifier `unknown`")
            if low is not None or high is not None:
                raise ValueError("an exact count has no `low` or `high`; use `about` for a range")
            return self
        if low is not None and high is not None and low > high:
            raise ValueError(f"`low` {low} is above `high` {high}")
        if qualifier in _APPROXIMATE:
            if best is None and (low is None or high is None):
                raise ValueError(f"`{qualifier}` needs `best`, or both `low` and `high`")
            if best is not None and not (low or 0) <= best <= (WHOLE_MAX if high is None else high):
                raise ValueError(f"`best` {best} lies outside `low` to `high`")
        elif qualifier == "estimate":
            if best is None or low is None or high is None or not low <= best <= high:
                raise ValueError("an estimate has `best`, `low` and `high`, with `best` between the others")
        elif best is not None:
            raise ValueError(f"`{qualifier}` is a hedge and never has a `best`")
        elif qualifier in _LOWER_BOUND and (low is None or high is not None):
            raise ValueError(f"`{qualifier}` needs `low` and has no `high`")
        elif qualifier in _UPPER_BOUND and high is None:
            raise ValueError(f"`{qualifier}` needs `high`")
        elif qualifier == "unknown" and (low is not None or high is not None):
            raise ValueError("an unknown count has no `low` or `high`")
        return self


class Amount(Count):
    """A measured amount as a source states it: trucks, litres, tonnes, money (0 to 2^53)."""

    best: Annotated[int, Field(ge=0, le=WHOLE_MAX)] | None = None
    low: Annotated[int, Field(ge=0, le=WHOLE_MAX)] | None = None
    high: Annotated[int, Field(ge=0, le=WHOLE_MAX)] | None = None


# -- time --------------------------------------------------------------------------------------

_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
_TIME = rf"{_DAY}T{_CLOCK}(:[0-5]\d(\.\d{{1,6}})?)?(Z|[+-]{_CLOCK})"
YEARS = range(1000, 9999)
"""The years that a moment can lie in, so that no offset and no next day leaves the calendar."""
DATES_KEPT = 4096
"""Events of a day share few dates: so many that were found to be right are not checked again. None is longer than a
time, and what is wrong is never kept."""


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_SHAPES: dict[Precision, tuple[re.Pattern[str], str]] = {
    "minute": (_shape(_TIME), "a time with its offset, such as 2023-11-24T07:00+02:00"),
    "hour": (_shape(_TIME), "a time with its offset, such as 2023-11-24T07:00+02:00"),
    "day": (_shape(_DAY), "a date, such as 2023-11-24"),
    "week": (_shape(r"\d{4}-W\d\d"), "an ISO week, such as 2023-W47"),
    "month": (_shape(r"\d{4}-\d\d"), "a month, such as 2023-11"),
    "season": (_shape(r"\d{4}-(spring|summer|autumn|winter)"), "a season, such as 2023-autumn"),
    "year": (_shape(r"\d{4}"), "a year, such as 2023"),
    "before": (_shape(f"{_DAY}|{_TIME}"), "a date or a time with its offset"),
    "after": (_shape(f"{_DAY}|{_TIME}"), "a date or a time with its offset"),
    "interval": (_shape(rf"{_DAY}|{_TIME}|\d{{4}}-\d\d|\d{{4}}"), "a date, a time with its offset, a month or a year"),
}
_SEASON_MONTH = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}


class Span(NamedTuple):
    """The wall-clock interval [start, end) in which a moment lies. None is unbounded.

    Wall-clock because dates carry no offset: a date is the local date where it happened.
    """

    start: datetime | None
    end: datetime | None


def span(at: str, precision: str, until: str | None = None, zone: tzinfo | None = None) -> Span:
    """The interval that a moment stands for, on its own clock or on that of `zone`.

    Raises ValueError for a date that does not exist.
    """
    if precision in ("minute", "hour"):
        start = _wall_clock(at, zone)
        return Span(start, start + timedelta(minutes=1 if precision == "minute" else 60))
    if precision == "day":
        start = datetime.fromisoformat(at)
        return Span(start, start + timedelta(days=1))
    if precision == "before":
        return Span(None, _end(at, zone))
    if precision == "after":
        return Span(_wall_clock(at, zone), None)
    if precision == "interval":
        if "T" in at:  # one clock for both ends
            zone = zone or datetime.fromisoformat(at).tzinfo
        return Span(_bound(at, zone).start, _bound(until or at, zone).end)
    if precision == "week":
        start = datetime.fromisocalendar(int(at[:4]), int(at[6:]), 1)
        return Span(start, start + timedelta(days=7))
    year = int(at[:4])
    if precision == "year":
        return Span(datetime(year, 1, 1), datetime(year + 1, 1, 1))
    month = _SEASON_MONTH[at[5:]] if precision == "season" else int(at[5:])
    ends = month + (3 if precision == "season" else 1)
    return Span(datetime(year, month, 1), datetime(year + (ends > 12), (ends - 1) % 12 + 1, 1))


_COARSE_ENDS: Mapping[int, Precision] = {4: "year", 7: "month"}
"""The precision of an end of an interval that is no date and no time, by its length."""


def _bound(at: str, zone: tzinfo | None) -> Span:
    """One end of an interval: a date or a time, or all of a month or of a year."""
    coarse = _COARSE_ENDS.get(len(at))
    return span(at, coarse) if coarse else Span(_wall_clock(at, zone), _end(at, zone))


def _wall_clock(at: str, zone: tzinfo | None) -> datetime:
    time = datetime.fromisoformat(at)
    if zone is not None and time.tzinfo is not None:
        time = time.astimezone(zone)
    return time.replace(tzinfo=None)


def _end(at: str, zone: tzinfo | None) -> datetime:
    return _wall_clock(at, zone) + (timedelta(days=1) if len(at) == 10 else timedelta(minutes=1))


_span = lru_cache(DATES_KEPT)(span)


def is_sure(moment: "Moment") -> bool:
    """Whether no end of a moment is uncertain or approximate."""
    return moment.qualifier is None and moment.until_qualifier is None


def is_day(moment: "Moment") -> bool:
    """Whether a moment is of a day, of which nobody doubts."""
    return moment.precision in ("day", "hour", "minute") and is_sure(moment)


def span_of(moment: "Moment", zone: tzinfo | None = None) -> Span:
    """The interval of a moment, as `span` has it: that of each date is made once."""
    return _span(moment.at, moment.precision, moment.until, zone)


def left_out_where_sure(default: Any = None) -> Any:
    """What is at its default, None or False, is in no text: what nobody doubts reads as if doubts could not be said."""
    return Field(default, exclude_if=lambda value: not value)


class Moment(Value):
    """When something happened, no more precisely than it is known.

    `at` is written as its precision asks (`2023-11-28` for a day, `2023-11-24T07:00+02:00` for
    a minute, `2023-04`, `2023-W48`, `2023-autumn`, `2023`); `until` closes an interval, whose ends can be days, times,
    months or years (`1980` until `1989`).
    `before` and `after` include the moment named. Seasons are those of the northern year.
    Where a source is not sure of `at`, or of `until`, `qualifier` and `until_qualifier` say so. Such a moment has its
    place where it is stated, is shown as unsure, and contradicts nothing.
    """

    at: str
    precision: Precision
    until: str | None = None
    qualifier: DateQualifier | None = left_out_where_sure()
    until_qualifier: DateQualifier | None = left_out_where_sure()

    @classmethod
    def day(cls, at: str | date) -> "Moment":
        """A calendar day: `Moment.day("2023-11-28")`."""
        return cls(at=str(at), precision="day")

    @classmethod
    def minute(cls, at: str | datetime) -> "Moment":
        """A minute with its offset: `Moment.minute("2023-11-24T07:00+02:00")`."""
        return cls(at=at if isinstance(at, str) else at.isoformat(timespec="minutes"), precision="minute")

    @property
    def ends(self) -> tuple["Moment", "Moment"]:
        """Where an interval begins and where it ends, without times of day; of what is none, the same twice."""
        if self.until is None:
            timed = self.precision in ("hour", "minute")
            alone = self if "T" not in self.at else _days(self.at, "day" if timed else self.precision, self.qualifier)
            return alone, alone
        start, end = (_COARSE_ENDS.get(len(at), "day") for at in (self.at, self.until))
        return _days(self.at, start, self.qualifier), _days(self.until, end, self.until_qualifier)

    @model_validator(mode="after")
    def _is_written_as_its_precision_asks(self) -> "Moment":
        _check_moment(self.at, self.precision, self.until)
        if self.until_qualifier is not None and self.until is None:
            raise ValueError("`until_qualifier` belongs to `until`, which is not there; write `qualifier`")
        return self


def _days(at: str, precision: Precision, qualifier: DateQualifier | None) -> Moment:
    return Moment(at=at[:10], precision=precision, qualifier=qualifier)


@lru_cache(DATES_KEPT)
def _check_moment(at: str, precision: Precision, until: str | None) -> None:
    shape, example = _SHAPES[precision]
    if not shape.fullmatch(at):
        raise ValueError(f"precision `{precision}` needs {example}, not {at!r}")
    if (until is not None) != (precision == "interval"):
        raise ValueError("`until` belongs to precision `interval`, and to no other")
    if until is not None and not shape.fullmatch(until):
        raise ValueError(f"`until` needs {example}, not {until!r}")
    try:
        start, end = span(at, precision, until)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{at!r} is not in the calendar: {error}") from error
    if any(bound is not None and bound.year not in YEARS for bound in (start, end)):
        raise ValueError(f"{at!r} lies outside the years {YEARS[0]} to {YEARS[-1]}")
    if start is not None and end is not None and end <= start:
        raise ValueError(f"the interval ends ({until}) before it starts ({at})")


@lru_cache(DATES_KEPT)
def _publication_date(value: str) -> str:
    if not (_SHAPES["day"][0].fullmatch(value) or _SHAPES["minute"][0].fullmatch(value)):
        raise ValueError(f"a publication date is a date or a time with its offset, not {value!r}")
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not in the calendar: {error}") from error
    if time.year not in YEARS:
        raise ValueError(f"{value!r} lies outside the years {YEARS[0]} to {YEARS[-1]}")
    return value


Published: TypeAlias = Annotated[str, AfterValidator(_publication_date)]


# -- attribution -------------------------------------------------------------------------------


class Source(Value):
    """Who says so, and how far it is to be believed.

    `reliability` (A-F, of the source) and `credibility` (1-6, of the information) are the
    Admiralty code and independent of each other; F6 is "cannot be judged". `origin` names where the
    figure first came from, so that ten re-posts of one agency text are one source. `archived` and `sha256` keep what
    was read, for when the page behind `url` has changed or is gone.
    """

    publisher: Name
    kind: SourceKind
    url: HttpsUrl | None = None
    archived: HttpsUrl | None = None
    sha256: Sha256 | None = None
    speaker: Prose | None = None
    speaks_for: PartyId | None = None
    anonymity: Anonymity = "unknown"
    published: Published | None = None
    reliability: Reliability = "F"
    credibility: Credibility = 6
    origin: Name | None = None


# -- what others call it -----------------------------------------------------------------------


class ExternalIds(Value):
    """What other datasets call the same party or exchange, so that they can be joined to the ledger. At least one."""

    wikidata: WikidataId | None = None
    ucdp: UcdpId | None = None
    acled: AcledId | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "ExternalIds":
        if self.wikidata is None and self.ucdp is None and self.acled is None:
            raise ValueError("names no id; give `wikidata`, `ucdp` or `acled`, or leave it out")
        return self


# -- people and promises -----------------------------------------------------------------------


class Taking(Value):
    """The occurrence in which people were taken, in this exchange or in another."""

    occurrence: Occurrence
    exchange: ExchangeId | None = None


class Group(Value):
    """Some of the people of one movement, alike in every field. Groups of an event partition it.

    `taken` links people who came out to how they were taken, so that their days in captivity can be derived.
    """

    count: Count
    category: Category = "unknown"
    nationality: Many[Nationality] = ()
    vital: Vital = "unknown"
    ratio_scope: RatioScope = "none"
    basis: Basis = "unknown"
    holder: PartyId | None = None
    destination: PartyId | None = None
    sentence: Sentence = "unknown"
    taken: Many[Taking] = ()


class Part(Value):
    """Marks a claim as a part of another occurrence: checked against it, never added to it."""

    of: Occurrence
    by: Dimension


class Pledge(Value):
    """One promise of a set of terms: so many of an item for the deal, a day, a captive.

    A parameter that is still open is a pledge whose count is `unknown`.
    """

    item: PledgeItem
    count: Amount
    per: PledgeUnit = "deal"
    category: Category = "unknown"
    currency: Currency | None = None
    as_stated: Prose | None = None
