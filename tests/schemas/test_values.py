import calendar
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.values import (
    PEOPLE_MAX,
    WHOLE_MAX,
    Amount,
    Count,
    ExternalIds,
    Group,
    Moment,
    Pledge,
    Source,
    Taking,
    span,
)
from schemas.vocabulary import Precision, Qualifier
from tests.strategies import amounts, counts, days, intervals, moments, times

APPROXIMATE = ("about", "around", "roughly")
LOWER = ("over", "well_over", "more_than", "at_least")
UPPER = ("up_to", "nearly", "under")
VAGUE = ("several", "numerous", "hundreds")


# -- counts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("qualifier", "best", "low", "high"),
    [
        ("exact", 130, None, None),
        ("about", 130, None, None),
        ("around", 130, None, None),
        ("roughly", 130, None, None),
        ("over", None, 131, None),
        ("well_over", None, 131, None),
        ("more_than", None, 131, None),
        ("at_least", None, 130, None),
        ("up_to", None, None, 130),
        ("nearly", None, None, 129),
        ("under", None, None, 129),
    ],
)
def test_a_hedged_number_becomes_a_bound(
    qualifier: Qualifier, best: int | None, low: int | None, high: int | None
) -> None:
    assert Count.of(130, qualifier) == Count(best=best, low=low, high=high, qualifier=qualifier)


@pytest.mark.parametrize("qualifier", [*VAGUE, "unknown"])
def test_a_word_without_a_number_has_no_best(qualifier: Qualifier) -> None:
    assert Count.of(None, qualifier) == Count(qualifier=qualifier)


def test_no_number_is_unknown_and_not_zero() -> None:
    assert Count.of(None) == Count(qualifier="unknown") != Count.of(0) == Count(best=0)


@given(st.integers(0, PEOPLE_MAX - 1), st.sampled_from(get_args(Qualifier)))
def test_a_hedge_never_becomes_exact(number: int, qualifier: Qualifier) -> None:
    if qualifier in (*VAGUE, "unknown", "estimate"):
        with pytest.raises(ValidationError, match=r"never has a `best`|an estimate has"):
            Count.of(number, qualifier)
        return
    count = Count.of(number, qualifier)
    assert (count.best == number) == (qualifier == "exact" or qualifier in APPROXIMATE)
    assert (count.low is not None) == (qualifier in LOWER)
    assert (count.high is not None) == (qualifier in UPPER)


@given(
    st.none() | st.integers(0, 9),
    st.none() | st.integers(0, 9),
    st.none() | st.integers(0, 9),
    st.sampled_from(get_args(Qualifier)),
)
def test_a_count_agrees_with_its_qualifier(
    best: int | None, low: int | None, high: int | None, qualifier: Qualifier
) -> None:
    try:
        Count(best=best, low=low, high=high, qualifier=qualifier)
    except ValidationError:
        assert not agrees(best, low, high, qualifier)
    else:
        assert agrees(best, low, high, qualifier)


def agrees(best: int | None, low: int | None, high: int | None, qualifier: Qualifier) -> bool:
    """The rules of counts, written a second time."""
    known = [number for number in (low, best, high) if number is not None]
    if known != sorted(known):
        return False
    if qualifier == "exact":
        return best is not None and low is None and high is None
    if qualifier in APPROXIMATE:
        return best is not None or (low is not None and high is not None)
    if qualifier == "estimate":
        return len(known) == 3
    if best is not None:
        return False
    if qualifier in LOWER:
        return low is not None and high is None
    if qualifier in UPPER:
        return high is not None
    return qualifier in VAGUE or (low is None and high is None)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "an exact count needs `best`"),
        ({"best": 3, "low": 2}, "has no `low` or `high`"),
        ({"low": 3, "high": 2, "qualifier": "about"}, "`low` 3 is above `high` 2"),
        ({"low": 3, "qualifier": "about"}, "needs `best`, or both"),
        ({"best": 9, "high": 8, "qualifier": "around"}, "lies outside"),
        ({"best": 9, "qualifier": "over"}, "is a hedge and never has a `best`"),
        ({"low": 1, "high": 2, "qualifier": "over"}, "needs `low` and has no `high`"),
        ({"low": 1, "qualifier": "under"}, "needs `high`"),
        ({"low": 1, "qualifier": "unknown"}, "an unknown count has no"),
        ({"best": 5, "qualifier": "estimate"}, "an estimate has `best`, `low` and `high`"),
        ({"low": 3, "high": 9, "qualifier": "estimate"}, "an estimate has `best`, `low` and `high`"),
        ({"best": 5, "low": 3, "qualifier": "estimate"}, "an estimate has `best`, `low` and `high`"),
        ({"best": 10, "low": 3, "high": 9, "qualifier": "estimate"}, "with `best` between the others"),
        ({"best": 2, "low": 3, "high": 9, "qualifier": "estimate"}, "with `best` between the others"),
        ({"best": 5, "low": 9, "high": 3, "qualifier": "estimate"}, "`low` 9 is above `high` 3"),
    ],
)
def test_a_refused_count_says_what_to_write(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Count(**fields)


@pytest.mark.parametrize(("low", "best", "high"), [(3, 5, 9), (5, 5, 5), (0, 0, 4), (0, PEOPLE_MAX, PEOPLE_MAX)])
def test_an_estimate_has_a_best_within_its_range(low: int, best: int, high: int) -> None:
    count = Count(best=best, low=low, high=high, qualifier="estimate")
    assert (count.low, count.best, count.high) == (low, best, high)


@given(counts())
def test_whoever_hedges_has_no_best_but_for_about_and_an_estimate_always_has_one(count: Count) -> None:
    if count.qualifier == "estimate":
        assert count.best is not None
    elif count.qualifier not in ("exact", *APPROXIMATE):
        assert count.best is None


@pytest.mark.parametrize("number", [-1, PEOPLE_MAX + 1, 1.0, "1", True])
def test_people_are_counted_in_whole_numbers_up_to_a_million(number: Any) -> None:
    with pytest.raises(ValidationError):
        Count(best=number)


def test_an_amount_goes_up_to_what_every_json_reader_holds_exactly() -> None:
    assert Amount.of(WHOLE_MAX).best == 2**53
    assert isinstance(Amount.of(WHOLE_MAX), Amount)
    for number in (-1, WHOLE_MAX + 1):
        with pytest.raises(ValidationError):
            Amount(best=number)


@given(amounts())
def test_an_amount_follows_the_rules_of_counts(amount: Amount) -> None:
    assert agrees(amount.best, amount.low, amount.high, amount.qualifier)


@given(counts())
def test_a_count_cannot_be_changed(count: Count) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        count.best = 1  # type: ignore[misc]


def test_a_group_names_nationalities_by_their_codes() -> None:
    assert Group(count=Count.of(1), nationality=["RUS", "ISR"]).nationality == ("RUS", "ISR")  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Group(count=Count.of(1), nationality=("Thai",))


def test_a_group_names_how_its_people_were_taken_here_or_in_another_exchange() -> None:
    takings = [Taking(occurrence="raid-1"), Taking(occurrence="raid-0", exchange="HILL-VALLEY-2016")]
    group = Group(count=Count.of(4), taken=takings)  # type: ignore[arg-type]
    assert [(each.exchange, each.occurrence) for each in group.taken] == [
        (None, "raid-1"),
        ("HILL-VALLEY-2016", "raid-0"),
    ]
    assert Group(count=Count.of(4)).taken == ()


@pytest.mark.parametrize(
    "fields", [{}, {"exchange": "AB-1"}, {"occurrence": ""}, {"occurrence": "a", "exchange": "ab"}]
)
def test_a_taking_names_an_occurrence(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Taking(**fields)


def test_a_pledge_of_money_names_its_currency() -> None:
    assert Pledge(item="funds", count=Amount(best=5_000_000), currency="USD").currency == "USD"
    assert Pledge(item="funds", count=Amount(best=5_000_000)).currency is None
    with pytest.raises(ValidationError):
        Pledge(item="funds", count=Amount(best=5_000_000), currency="dollars")


# -- moments -----------------------------------------------------------------------------------


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("precision", "at", "start", "end"),
    [
        ("minute", "2023-11-24T07:00+02:00", "2023-11-24T07:00", "2023-11-24T07:01"),
        ("minute", "2023-11-24T07:00:30.250Z", "2023-11-24T07:00:30.250", "2023-11-24T07:01:30.250"),
        ("hour", "2023-11-24T23:30-05:00", "2023-11-24T23:30", "2023-11-25T00:30"),
        ("day", "2024-02-29", "2024-02-29", "2024-03-01"),
        ("day", "2023-12-31", "2023-12-31", "2024-01-01"),
        ("week", "2023-W47", "2023-11-20", "2023-11-27"),
        ("week", "2020-W53", "2020-12-28", "2021-01-04"),
        ("week", "2021-W01", "2021-01-04", "2021-01-11"),
        ("month", "2024-02", "2024-02-01", "2024-03-01"),
        ("month", "2023-12", "2023-12-01", "2024-01-01"),
        ("season", "2023-spring", "2023-03-01", "2023-06-01"),
        ("season", "2023-summer", "2023-06-01", "2023-09-01"),
        ("season", "2023-autumn", "2023-09-01", "2023-12-01"),
        ("season", "2023-winter", "2023-12-01", "2024-03-01"),
        ("year", "2023", "2023-01-01", "2024-01-01"),
        ("before", "2023-12-16", None, "2023-12-17"),
        ("before", "2023-12-16T10:00+02:00", None, "2023-12-16T10:01"),
        ("after", "2011-10-18", "2011-10-18", None),
        ("after", "2011-10-18T10:00+02:00", "2011-10-18T10:00", None),
    ],
)
def test_a_moment_stands_for_an_interval(precision: Precision, at: str, start: str | None, end: str | None) -> None:
    moment = Moment(at=at, precision=precision)
    assert span(moment.at, moment.precision) == (start and wall(start), end and wall(end))


@pytest.mark.parametrize(
    ("at", "until", "start", "end"),
    [
        ("2023-11-24", "2023-11-27", "2023-11-24", "2023-11-28"),
        ("2023-11-24", "2023-11-24", "2023-11-24", "2023-11-25"),
        ("2023-11-24T07:00+02:00", "2023-11-28", "2023-11-24T07:00", "2023-11-29"),
        ("2023-11-24T07:00+02:00", "2023-11-24T06:30Z", "2023-11-24T07:00", "2023-11-24T08:31"),
    ],
)
def test_an_interval_includes_both_ends_on_the_clock_of_its_start(at: str, until: str, start: str, end: str) -> None:
    moment = Moment(at=at, precision="interval", until=until)
    assert span(moment.at, moment.precision, moment.until) == (wall(start), wall(end))


@pytest.mark.parametrize(
    ("at", "until", "start", "end"),
    [
        ("1980", "1989", "1980-01-01", "1990-01-01"),
        ("1998", "1998", "1998-01-01", "1999-01-01"),
        ("1998-06", "2003-05", "1998-06-01", "2003-06-01"),
        ("1998-12", "1998-12", "1998-12-01", "1999-01-01"),
        ("1998-06", "2003", "1998-06-01", "2004-01-01"),
        ("1998", "2003-05", "1998-01-01", "2003-06-01"),
        ("1998", "1998-01", "1998-01-01", "1998-02-01"),
        ("1998-06", "1998", "1998-06-01", "1999-01-01"),
        ("1998-06-30", "1998-06", "1998-06-30", "1998-07-01"),
        ("1998-06", "1998-06-02", "1998-06-01", "1998-06-03"),
        ("1998-06-15T08:00+02:00", "1998", "1998-06-15T08:00", "1999-01-01"),
        ("1998", "1998-06-15T08:00+02:00", "1998-01-01", "1998-06-15T08:01"),
    ],
)
def test_an_interval_of_months_and_years_includes_all_of_both(at: str, until: str, start: str, end: str) -> None:
    moment = Moment(at=at, precision="interval", until=until)
    assert span(moment.at, moment.precision, moment.until) == (wall(start), wall(end))
    doha = timezone(timedelta(hours=3))
    moved = span(moment.at, moment.precision, moment.until, doha)
    assert moved.start == wall(start) + timedelta(hours=("T" in at))
    assert moved.end == wall(end) + timedelta(hours=("T" in until)), "a month and a year are where it happened"


@given(intervals())
def test_an_interval_starts_and_ends_with_what_is_written(moment: Moment) -> None:
    assert moment.until is not None
    start, end = span(moment.at, moment.precision, moment.until)
    assert start is not None
    assert end is not None
    assert start.isoformat().startswith(moment.at[:10])
    last = (end - timedelta(minutes=1)).isoformat()
    assert last.startswith(moment.until[:10]) or ("T" in moment.at and "T" in moment.until), "two times can differ"


def test_a_span_can_be_read_on_another_clock() -> None:
    doha = timezone(timedelta(hours=3))
    assert span("2023-11-24T23:30Z", "minute", None, doha).start == wall("2023-11-25T02:30")
    assert span("2023-11-24", "day", None, doha).start == wall("2023-11-24"), "a date is the date where it happened"


@pytest.mark.parametrize(
    ("at", "precision"),
    [
        ("2023-02-29", "day"),
        ("2023-04-31", "day"),
        ("2023-13-01", "day"),
        ("2023-00-10", "day"),
        ("0000-01-01", "day"),
        ("0999-01-01", "day"),
        ("9999-12-31", "day"),
        ("9999", "year"),
        ("2023-13", "month"),
        ("2023-W00", "week"),
        ("2023-W53", "week"),
        ("2023-fall", "season"),
        ("2023-Winter", "season"),
        ("23", "year"),
        ("2023-11-24", "minute"),
        ("2023-11-24T07:00", "minute"),
        ("2023-11-24 07:00+02:00", "minute"),
        ("2023-11-24T07:00+0200", "minute"),
        ("2023-11-24T24:00+02:00", "minute"),
        ("2023-11-24T07:60+02:00", "minute"),
        ("2023-11-24T07:00:60Z", "minute"),
        ("2023-11-24T07:00+24:00", "minute"),
        ("2023-11-24T07:00+02:75", "minute"),
        ("2023-11-24T07+02:00", "hour"),
        ("0001-01-01T00:00+14:00", "minute"),
        ("2023-11-24T07:00+02:00", "day"),
        ("2023-11-24\n", "day"),
        (" 2023-11-24", "day"),
        ("２０２３-11-24", "day"),  # noqa: RUF001
        ("20231124", "day"),
        ("", "day"),
    ],
)
def test_a_moment_is_written_as_its_precision_asks(at: str, precision: Precision) -> None:
    with pytest.raises(ValidationError, match=r"precision `|not in the calendar|outside the years"):
        Moment(at=at, precision=precision)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"at": "2023-11-24", "precision": "day", "until": "2023-11-25"}, "belongs to precision `interval`"),
        ({"at": "2023-11-24", "precision": "interval"}, "belongs to precision `interval`"),
        ({"at": "2023-11-24", "precision": "interval", "until": "soon"}, "`until` needs a date"),
        ({"at": "2023-11-24", "precision": "interval", "until": "2023-11-22"}, "before it starts"),
        ({"at": "2023-11-24T07:00Z", "precision": "interval", "until": "2023-11-24T08:00+02:00"}, "before it starts"),
        ({"at": "1998", "precision": "interval", "until": "1997"}, "ends \\(1997\\) before it starts \\(1998\\)"),
        ({"at": "1998-06", "precision": "interval", "until": "1998-05"}, "before it starts"),
        ({"at": "1998-06", "precision": "interval", "until": "1997"}, "before it starts"),
        ({"at": "1998", "precision": "interval", "until": "1997-12-31"}, "before it starts"),
        ({"at": "1998-06-01", "precision": "interval", "until": "1998-05"}, "before it starts"),
        ({"at": "1998-13", "precision": "interval", "until": "2003-05"}, "not in the calendar"),
        ({"at": "1998-06", "precision": "interval", "until": "2003-00"}, "not in the calendar"),
        ({"at": "0999", "precision": "interval", "until": "2003"}, "outside the years"),
        ({"at": "1998", "precision": "interval", "until": "9999"}, "calendar|outside the years"),
        ({"at": "98", "precision": "interval", "until": "2003"}, "needs a date, a time with its offset, a month or"),
        ({"at": "1998-W03", "precision": "interval", "until": "2003"}, "needs a date"),
        ({"at": "1998", "precision": "interval", "until": "1999-winter"}, "`until` needs a date"),
    ],
)
def test_an_interval_has_an_end_and_nothing_else_has(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Moment(**fields)


@given(moments())
def test_every_moment_has_a_span_on_every_clock(moment: Moment) -> None:
    for zone in (None, UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))):
        start, end = span(moment.at, moment.precision, moment.until, zone)
        assert start is None or start.tzinfo is None
        if zone is None and start is not None and end is not None:
            assert start < end


@given(st.integers(1900, 2100))
def test_the_twenty_ninth_of_february_is_there_in_leap_years_only(year: int) -> None:
    if calendar.isleap(year):
        assert Moment.day(f"{year}-02-29")
    else:
        with pytest.raises(ValidationError, match="calendar"):
            Moment.day(f"{year}-02-29")


def test_moments_are_short_to_write() -> None:
    time = datetime(2023, 11, 24, 7, 0, 59, tzinfo=timezone(timedelta(hours=2)))
    assert Moment.minute(time) == Moment.minute("2023-11-24T07:00+02:00")
    assert Moment.day(time.date()) == Moment.day("2023-11-24")


# -- sources -----------------------------------------------------------------------------------


@given(days() | times())
def test_a_publication_date_is_a_date_or_a_time(published: str) -> None:
    assert Source(publisher="P", kind="wire", published=published).published == published


@pytest.mark.parametrize("published", ["2023", "2023-11-31", "2023-11-24T07:00", "yesterday", ""])
def test_a_publication_date_is_in_the_calendar(published: str) -> None:
    with pytest.raises(ValidationError, match=r"publication date|calendar"):
        Source(publisher="P", kind="wire", published=published)


@pytest.mark.parametrize("url", ["http://example.org", "https://", "javascript:alert(1)", "https://a b", "https://a\n"])
def test_links_are_https(url: str) -> None:
    for field in ("url", "archived"):
        with pytest.raises(ValidationError, match=field):
            Source.model_validate({"publisher": "P", "kind": "wire", field: url})


@pytest.mark.parametrize("digits", ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64, f"{'0' * 64}\n", "\u0660" * 64])
def test_what_was_read_is_named_by_64_small_digits(digits: str) -> None:
    assert Source(publisher="P", kind="wire", sha256="0a" * 32).sha256 == "0a" * 32
    with pytest.raises(ValidationError, match="sha256"):
        Source(publisher="P", kind="wire", sha256=digits)


@pytest.mark.parametrize(
    ("scheme", "good", "bad"),
    [
        ("wikidata", ["Q1", "Q131846612"], ["Q", "Q0", "Q01", "q1", "1", "P31", "Q1 ", "Q\u0661"]),
        ("ucdp", ["1", "234"], ["", "0", "-1", "1.0", "234a", "\u0661"]),
        ("acled", ["ISR1234", "x" * 64, "Al-Qassam"], ["", "Al Aqsa", "x" * 65, "a\n", "a\u00a0b"]),
    ],
)
def test_an_external_id_is_written_as_its_dataset_writes_it(scheme: str, good: list[str], bad: list[str]) -> None:
    for each in good:
        assert getattr(ExternalIds(**{scheme: each}), scheme) == each
    for each in bad:
        with pytest.raises(ValidationError, match=scheme):
            ExternalIds(**{scheme: each})


def test_external_ids_name_at_least_one() -> None:
    with pytest.raises(ValidationError, match="names no id"):
        ExternalIds()


@pytest.mark.parametrize("credibility", [0, 7, True, 1.0, "1"])
def test_credibility_is_a_digit_from_one_to_six(credibility: Any) -> None:
    with pytest.raises(ValidationError):
        Source(publisher="P", kind="wire", credibility=credibility)
