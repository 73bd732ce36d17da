"""Dates as people write them: every line of the document, EDTF by its own package, and days in figures in any order."""

from datetime import date, timedelta

import edtf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.book.number_text import moment as moment_text
from ledger.words.moments import Order, day_or_time, edtf_of, moment_members
from schemas.values import Moment, span_of
from tests.strategies import moments
from tests.words.documented import Line, check, lines

DATES = lines("Dates")
DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))


DOUBTS = {"uncertain": "possibly ", "approximate": "about ", "uncertain_approximate": "possibly about "}


def said(members: dict[str, str]) -> str:
    """A moment in the words of the document."""
    at = DOUBTS.get(members.get("qualifier", ""), "") + members["at"]
    until = DOUBTS.get(members.get("until_qualifier", ""), "") + members.get("until", "")
    return f"{members['precision']}: {at}{f' to {until}' if until else ''}"


@pytest.mark.parametrize("line", DATES, ids=lambda line: line.written)
def test_a_line_of_the_document(line: Line) -> None:
    check(line, moment_members, said)


def test_the_document_has_forty_ways_and_says_why_not() -> None:
    assert len({line.written for line in DATES}) == len(DATES) >= 40
    assert sum(line.is_refused for line in DATES) >= 12


def days(text: str) -> tuple[date, date]:
    """The first and the last day that a text may mean, as the ledger has it."""
    start, end = span_of(Moment.model_validate(moment_members(text)))
    assert start is not None
    assert end is not None
    return start.date(), (end - timedelta(microseconds=1)).date()


EDTF = st.one_of(
    DAYS.map(str),
    DAYS.map(lambda day: f"{day:%Y-%m}"),
    DAYS.map(lambda day: f"{day:%Y}"),
    DAYS.map(lambda day: f"{day:%Y-%m}-XX"),
    DAYS.map(lambda day: f"{day:%Y}-XX"),
    DAYS.map(lambda day: f"{day:%Y}-XX-XX"),
    DAYS.map(lambda day: f"{day:%Y}"[:3] + "X"),
    DAYS.map(lambda day: f"{day:%Y}"[:2] + "XX"),
    st.tuples(DAYS, DAYS)
    .map(lambda two: "/".join(map(str, sorted(two))))
    .filter(lambda text: len({*text.split("/")}) > 1),
    st.tuples(DAYS, DAYS)
    .map(lambda two: "/".join(f"{day:%Y-%m}" for day in sorted(two)))
    .filter(lambda text: len({*text.split("/")}) > 1),
)


@given(EDTF)
def test_edtf_is_read_as_its_own_package_reads_it(text: str) -> None:
    known = edtf.parse_edtf(text)
    assert days(text) == (date(*known.lower_strict()[:3]), date(*known.upper_strict()[:3]))


@given(moments())
def test_a_moment_in_edtf_is_never_narrower_and_is_read_back(moment: Moment) -> None:
    text, span = edtf_of(moment), span_of(moment)
    # The package reads no offset of 14 hours and more,
    assume(moment.precision != "season" or moment.qualifier is None)  # nor a season of which nobody is sure
    assume("T" not in text or text[-1] == "Z" or int(text[-5:-3]) < 14)
    known = edtf.parse_edtf(text)
    if "T" in text:  # told to the second, as a time in EDTF is
        assert text.startswith(moment.at[:16])
        return
    if span.start is not None:
        assert date(*known.lower_strict()[:3]) <= span.start.date()
    if span.end is not None and not moment.at.endswith("winter"):  # which the package ends with the year
        assert date(*known.upper_strict()[:3]) >= (span.end - timedelta(microseconds=1)).date()
    back = span_of(Moment.model_validate(moment_members(text)))
    assert span.start is None if back.start is None else span.start is not None and back.start <= span.start
    assert span.end is None if back.end is None else span.end is not None and back.end >= span.end


@pytest.mark.parametrize("season", ["2004-21", "2004-22", "2004-23"])
def test_seasons_of_edtf(season: str) -> None:
    known = edtf.parse_edtf(season)
    assert days(season) == (date(*known.lower_strict()[:3]), date(*known.upper_strict()[:3]))


MARKED = st.tuples(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d"])).map(
    lambda two: two[0].strftime(two[1])
)
MARKS = st.sampled_from(["", "?", "~", "%"])


def doubt(known: object) -> str | None:
    """How unsure the package calls a date that it has read."""
    if getattr(known, "is_uncertain_and_approximate", False):
        return "uncertain_approximate"
    if getattr(known, "is_uncertain", False):
        return "uncertain"
    return "approximate" if getattr(known, "is_approximate", False) else None


@given(MARKED, MARKS)
def test_what_edtf_calls_uncertain_or_approximate_is_so_and_is_written_as_it_was_read(text: str, mark: str) -> None:
    known, members = edtf.parse_edtf(text + mark), moment_members(text + mark)
    assert members.get("qualifier") == doubt(known)
    assert days(text + mark) == (date(*known.lower_strict()[:3]), date(*known.upper_strict()[:3]))
    assert edtf_of(Moment.model_validate(members)) == text + mark


@given(st.tuples(MARKED, MARKED).map(sorted), MARKS, MARKS)
def test_each_end_of_an_interval_has_its_own_doubt(ends: list[str], first: str, last: str) -> None:
    assume(ends[0][:4] < ends[1][:4])
    text = f"{ends[0]}{first}/{ends[1]}{last}"
    known, moment = edtf.parse_edtf(text), Moment.model_validate(moment_members(text))
    assert (moment.qualifier, moment.until_qualifier) == (doubt(known.lower), doubt(known.upper))
    back = Moment.model_validate(moment_members(edtf_of(moment)))
    assert (back.qualifier, back.until_qualifier, span_of(back)) == (
        *(moment.qualifier, moment.until_qualifier),
        span_of(moment),
    )


@given(moments())
def test_a_moment_as_a_terminal_shows_it_is_read_back_with_its_doubts(moment: Moment) -> None:
    assume(moment.precision not in ("hour", "week") and moment.precision != "interval")
    back = moment_members(moment_text(moment).replace(" to ", "/") if moment.until else moment_text(moment))
    assert back.get("qualifier") == moment.qualifier


@pytest.mark.parametrize("text", ["2004?-06", "2004-~06-11", "?2004-06"])
def test_what_qualifies_a_part_of_a_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a part of a date"):
        moment_members(text)


def test_a_publication_date_that_is_not_sure_is_none() -> None:
    with pytest.raises(ValueError, match="not sure"):
        day_or_time("about 5 March 2017")


WRITTEN = {"dmy": "%d{0}%m{0}%Y", "mdy": "%m{0}%d{0}%Y", "ymd": "%Y{0}%m{0}%d"}


@given(DAYS, st.sampled_from([*WRITTEN]), st.sampled_from("/.-"))
def test_a_day_in_figures_is_the_one_meant_or_refused(day: date, order: Order, mark: str) -> None:
    text = day.strftime(WRITTEN[order].format(mark))
    assert moment_members(text, order) == {"at": str(day), "precision": "day"}
    if order != "ymd" and day.day <= 12 and day.day != day.month:
        with pytest.raises(ValueError, match="two readings"):
            moment_members(text)
    else:
        assert moment_members(text)["at"] == str(day)


@given(DAYS)
def test_a_day_in_words_is_that_day(day: date) -> None:
    for shape in ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%d-%b-%Y", "%d %B, %Y"):
        assert moment_members(day.strftime(shape))["at"] == str(day), shape


@pytest.mark.parametrize("wrong", ["31/04/2024", "00/01/2024", "32/01/2024", "13/13/2024"])
@pytest.mark.parametrize("order", [None, "dmy", "mdy"])
def test_what_is_in_no_calendar_is_no_day(wrong: str, order: Order | None) -> None:
    with pytest.raises(ValueError, match="calendar"):
        moment_members(wrong, order)


def test_a_publication_date_is_a_day_or_a_time() -> None:
    assert day_or_time("5 March 2017") == "2017-03-05"
    assert day_or_time("2017-03-05 14:30+03:00") == "2017-03-05T14:30+03:00"
    with pytest.raises(ValueError, match="write the day"):
        day_or_time("March 2017")


@given(st.text(st.sampled_from("0123456789-/. :TZWX?~%+,abcdefmrhuspint\u2013"), max_size=26))
def test_whatever_is_written_is_a_moment_or_refused_with_a_reason(text: str) -> None:
    reason = ""
    try:
        Moment.model_validate(moment_members(text))
    except ValueError as error:
        reason = str(error)
    assert "validation error" not in reason
