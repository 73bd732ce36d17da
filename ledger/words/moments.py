"""Dates and times as people write them, no more precise than they are written; what has two readings is refused.

Read are ISO 8601, EDTF (ISO 8601-2) levels 0 and 1 as far as a moment can say it, days and months in English words, and
days in figures: those in the one order that they can have, or in the order that is asked for.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from pydantic import ValidationError

from ledger.words.numbers import Undecided, plain
from schemas.errors import problem_in
from schemas.values import Moment, span_of
from schemas.vocabulary import DateQualifier

Order: TypeAlias = Literal["dmy", "mdy", "ymd"]
"""In which order a day, a month and a year stand where all three are figures."""

Members: TypeAlias = dict[str, str]
"""A moment's `at`, `precision` and, of an interval, `until`; where it is unsure, `qualifier` and `until_qualifier`."""

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_MONTH = {name[:length]: n for n, name in enumerate(_MONTHS, 1) for length in (3, 4, len(name))}
_SEASON = {"spring": "spring", "summer": "summer", "autumn": "autumn", "fall": "autumn", "winter": "winter"}
_EDTF_SEASON = dict(zip(("21", "22", "23", "24"), ("spring", "summer", "autumn", "winter"), strict=True))
_OPEN: Mapping[str, Literal["before", "after"]] = {
    "before": "before",
    "by": "before",
    "after": "after",
    "since": "after",
}
_MARKS: Mapping[str, DateQualifier] = {"?": "uncertain", "~": "approximate", "%": "uncertain_approximate"}
_HEDGE: Mapping[str, DateQualifier] = {
    "about": "approximate",
    "around": "approximate",
    "on or about": "approximate",
    "approximately": "approximate",
    "approx": "approximate",
    "roughly": "approximate",
    "circa": "approximate",
    "ca": "approximate",
    "c": "approximate",
    "~": "approximate",
    "possibly": "uncertain",
    "perhaps": "uncertain",
    "probably": "uncertain",
}
_HEDGED = re.compile(rf"({'|'.join(sorted(_HEDGE, key=len, reverse=True))})(?:\. ?| |(?<=~))(.+)")
_MARKED = re.compile(r"(.*[^?~% ]) ?(?:([?~%])|\(([?~%])\))")
_NAME = r"([a-z]+)\.?"
_TIME = r"\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?"
_CLOCK = rf"(\d{{4}}-\d\d-\d\d)[t ]({_TIME}) ?(z|[+-]\d\d:\d\d)"
_NO_MOMENT = "is no moment; write 2017-03-05, 2017-03, 2017, 5 March 2017 or 2017-03-05T14:30+03:00"


def moment_members(text: str, order: Order | None = None) -> Members:
    """A date, month, year, week, season, time with its offset, or an interval; `before` and `after` of a date.

    Raises ValueError, which says why it cannot be read, or which readings it has.
    """
    found = _members(text, plain(text), order)
    try:
        Moment.model_validate(found)
    except ValidationError as error:
        raise ValueError(problem_in(error.errors()[0]).reason) from error
    return found


def _members(text: str, said: str, order: Order | None) -> Members:
    if (year := re.match(r"1[34]\d\d\b", said)) and not text.isascii() and not text.strip().startswith(year[0]):
        raise ValueError(f"{text!r} names the year {year[0]}, of another calendar; write its Gregorian date")
    said, doubts = _unhedged(said)  # a hedge before two ends may be of both
    word, _, rest = said.partition(" ")
    if word in _OPEN:
        found = _open(_OPEN[word], _single(rest, order, text))
    else:
        ends = _ends(said)
        found = _single(said, order, text) if ends is None else _interval(*ends, order, text)
    return _doubted(found, doubts)


def day_or_time(text: str, order: Order | None = None) -> str:
    """A day or a time with its offset, as a publication date is written. Raises ValueError."""
    found = moment_members(text, order)
    if "qualifier" in found:
        raise ValueError(
            f"{text!r} is not sure, which a publication date cannot say; leave it out, and say so in the note"
        )
    if found["precision"] not in ("day", "minute"):
        raise ValueError(f"{text!r} is a {found['precision']}; write the day, such as 2017-03-05")
    return found["at"]


# -- one moment --------------------------------------------------------------------------------


def _single(said: str, order: Order | None, text: str) -> Members:
    """One date or time, and how unsure it is, by a word before it or a mark behind it."""
    said, doubts = _unhedged(said)
    if marked := _MARKED.fullmatch(said):
        said, doubts = marked[1], [*doubts, _MARKS[marked[2] or marked[3]]]
    return _doubted(_sure(said, order, text), doubts)


def _unhedged(said: str) -> tuple[str, list[DateQualifier]]:
    """What follows a word such as "about", or two such as "possibly about", and what they say of it."""
    doubts: list[DateQualifier] = []
    while len(doubts) < 2 and (hedged := _HEDGED.fullmatch(said)):
        said, doubts = hedged[2], [*doubts, _HEDGE[hedged[1]]]
    return said, doubts


def _doubted(found: Members, doubts: Iterable[DateQualifier]) -> Members:
    """The same, with each of its ends as unsure as this, too."""
    for end in ("qualifier", "until_qualifier") if "until" in found else ("qualifier",):
        if said := {*doubts, *([found[end]] if end in found else [])}:
            found = found | {end: said.pop() if len(said) == 1 else "uncertain_approximate"}
    return found


def _sure(said: str, order: Order | None, text: str) -> Members:
    for shape, read in _SHAPES:
        if (found := shape.fullmatch(said)) is not None and (members := read(found)) is not None:
            return members
    if figures := re.fullmatch(r"(\d{1,4})([-/. ])(\d{1,2})\2(\d{1,4})", said):
        return _figures(figures[1], figures[3], figures[4], order, text)
    if re.fullmatch(rf"\d{{4}}-\d\d-\d\d[t ]{_TIME}", said, re.ASCII):
        how = "write 2017-03-05T14:30+03:00, or the day alone"
        raise Undecided(f"{text!r} is a time without its offset from UTC; {how}", 'offset = "+03:00"')
    raise ValueError(f"{text!r} {_why_not(said)}")


def _figures(first: str, second: str, third: str, order: Order | None, text: str) -> Members:
    """A day in figures: in the one order that makes a date of it, else in the order that was said."""
    if len(first) == 4:
        return _day(first, second, third)
    if len(third) != 4:
        raise ValueError(f"{text!r} has no year of four figures; write it with them")
    readings: dict[str, Members] = {
        name: _day(third, *pair)
        for name, pair in (("dmy", (second, first)), ("mdy", (first, second)))
        if _is_day(third, *pair)
    }
    if order is not None and order in readings:
        return readings[order]
    days = sorted({each["at"] for each in readings.values()})
    if order is not None or not days:
        raise ValueError(f"{text!r} is not in the calendar{f' in the order {order}' if order else ''}")
    if len(days) > 1:
        raise Undecided(f"{text!r} has two readings: {' or '.join(days)}; write one of them", 'dates = "dmy" or "mdy"')
    return {"at": days[0], "precision": "day"}


def _is_day(year: str, month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= monthrange(int(year), int(month))[1] if int(year) else False


def _day(year: str, month: str, day: str) -> Members:
    return {"at": f"{year}-{int(month):02}-{int(day):02}", "precision": "day"}


def _named_day(day: str, name: str, year: str) -> Members | None:
    month = _MONTH.get(name)
    return None if month is None else _day(year, str(month), day)


def _named_month(name: str, year: str) -> Members | None:
    month = _MONTH.get(name)
    return None if month is None else {"at": f"{year}-{month:02}", "precision": "month"}


def _season(name: str, year: str) -> Members | None:
    return {"at": f"{year}-{_SEASON[name]}", "precision": "season"} if name in _SEASON else None


def _at(at: str, precision: str, until: str | None = None) -> Members:
    return {"at": at, "precision": precision} | ({} if until is None else {"until": until})


_SHAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Members | None]], ...] = tuple(
    (re.compile(shape, re.ASCII), read)
    for shape, read in (
        (r"\d{4}-\d\d-\d\d", lambda m: _at(m[0], "day")),
        (r"(\d{4}-\d\d-\d\d)[t ]00:00(?::00(?:\.0+)?)?", lambda m: _at(m[1], "day")),  # as databases write a day
        (_CLOCK, lambda m: _at(f"{m[1]}T{m[2]}{m[3].upper()}", "minute")),
        (r"(\d{4})-w(\d\d)", lambda m: _at(f"{m[1]}-W{m[2]}", "week")),
        (r"(\d{4})-(2[1-4])", lambda m: _at(f"{m[1]}-{_EDTF_SEASON[m[2]]}", "season")),
        (r"(\d{4}-\d\d)(-xx)?", lambda m: _at(m[1], "month")),
        (r"(\d{4})-([a-z]+)", lambda m: _season(m[2], m[1])),
        (r"(\d{4})(-xx){0,2}", lambda m: _at(m[1], "year")),
        (r"(\d{3})x", lambda m: _at(f"{m[1]}0", "interval", f"{m[1]}9")),
        (r"(\d\d)xx", lambda m: _at(f"{m[1]}00", "interval", f"{m[1]}99")),
        (r"(\d{4})(\d\d)(\d\d)", lambda m: _day(m[1], m[2], m[3]) if _is_day(m[1], m[2], m[3]) else None),
        (rf"(\d\d?)(?:st|nd|rd|th)? (?:of )?{_NAME},? (\d{{4}})", lambda m: _named_day(m[1], m[2], m[3])),
        (rf"(\d\d?)-{_NAME}-(\d{{4}})", lambda m: _named_day(m[1], m[2], m[3])),
        (rf"{_NAME} (\d\d?)(?:st|nd|rd|th)?,? (\d{{4}})", lambda m: _named_day(m[2], m[1], m[3])),
        (rf"{_NAME}[ -](\d{{4}})", lambda m: _named_month(m[1], m[2]) or _season(m[1], m[2])),
    )
)  # fmt: skip


# -- intervals ---------------------------------------------------------------------------------


def _ends(said: str) -> tuple[str, str] | None:
    """The two ends of an interval, where a text has two."""
    if days := re.fullmatch(rf"(\d\d?) ?(?:-|to) ?(\d\d?) ({_NAME} \d{{4}})", said):
        return f"{days[1]} {days[3]}", f"{days[2]} {days[3]}"
    if days := re.fullmatch(rf"(\d\d? {_NAME}) ?(?:-|to) ?(\d\d? {_NAME},? (\d{{4}}))", said):
        return f"{days[1]} {days[5]}", days[3]
    for shape in _TWO_ENDS:
        if ends := re.fullmatch(shape, said):
            return ends[1], ends[2]
    return None


_TWO_ENDS = (
    r"(\d{4}[-\dwx]*[?~%]?|\.\.|)/(\d{4}[-\dwx]*[?~%]?|\.\.|)",
    r"(?:from |between )?(.{4,}?)(?: to | and | ?- )(.{4,})",
    rf"((?:\d\d? )?{_NAME.replace('(', '(?:')} \d{{4}})-(.+)",
)


def _interval(first: str, last: str, order: Order | None, text: str) -> Members:
    """Both ends as they are written; an open or unknown end makes it a moment before or after the other."""
    if first in ("", "..") and last in ("", ".."):
        raise ValueError(f"{text!r} has no end that is known")
    if last in ("", ".."):
        return _open("after", _single(first, order, text))
    if first in ("", ".."):
        return _open("before", _single(last, order, text))
    start, end = _single(first, order, text), _single(last, order, text)
    if not {start["precision"], end["precision"]} <= {"minute", "day", "month", "year"}:
        raise ValueError(f"{text!r} goes from a {start['precision']} to a {end['precision']}; write both ends as days")
    doubts = {"qualifier": start.get("qualifier"), "until_qualifier": end.get("qualifier")}
    found = _at(start["at"], "interval", end["at"])
    return found | {end: how for end, how in doubts.items() if how is not None}


def _open(which: Literal["before", "after"], end: Members) -> Members:
    """Before or after a moment, which takes in the moment named: the last day of a month before, the first after."""
    if end["precision"] in ("day", "minute"):
        return end | {"precision": which}
    if end["precision"] not in ("month", "year"):
        raise ValueError(f"`{which}` needs a day, a month or a year, not a {end['precision']}")
    year, month = end["at"][:4], end["at"][5:7]
    first = date(int(year), int(month or 1), 1)
    last = date(int(year), int(month or 12), monthrange(int(year), int(month or 12))[1])
    return end | _at((last if which == "before" else first).isoformat(), which)


# -- as EDTF -----------------------------------------------------------------------------------


def edtf_of(moment: Moment) -> str:
    """A moment in EDTF (ISO 8601-2) levels 0 and 1, never narrower than it is but for the seconds of a time.

    What EDTF has no form for is said more widely: a week, an hour, an interval between times and a time that is not
    sure as their days.
    """
    at, mark = moment.at, _mark(moment.qualifier)
    if moment.precision in ("day", "month", "year"):
        return f"{at}{mark}"
    if moment.precision == "season":
        return f"{at[:5]}{next(code for code, name in _EDTF_SEASON.items() if name == at[5:])}{mark}"
    if moment.precision == "minute" and not mark:
        day, time, offset = re.fullmatch(r"(.{10})T([\d:]+)[.\d]*(.*)", at).groups()  # type: ignore[union-attr]
        return f"{day}T{time if len(time) > 5 else f'{time}:00'}{'Z' if offset == '+00:00' else offset}"
    start, end = span_of(moment)
    first = ".." if start is None else f"{_day_of(start, at, moment)}{mark}"
    last = ".."
    if end is not None:
        day = _day_of(end - timedelta(microseconds=1), moment.until, moment)
        last = f"{day}{_mark(moment.until_qualifier) if moment.until else mark}"
    return first if first == last else f"{first}/{last}"


def _day_of(time: datetime, end: str | None, moment: Moment) -> str:
    """The day of one end; an end of an interval that is a month or a year stays one."""
    return end if moment.precision == "interval" and end and len(end) < 10 else str(time.date())


def _mark(qualifier: DateQualifier | None) -> str:
    return next((mark for mark, each in _MARKS.items() if each == qualifier), "")


# -- why not -----------------------------------------------------------------------------------

_WIDEST = "write the widest time that is certain"
_REASONS = (
    (r"(early|mid|middle|late|end|beginning|start)[ -].*", "has no certain bounds; write the month or the year"),
    (r"\d{5}(\.\d+)?", "may be a day as a spreadsheet counts them ({day}); give the column the format of a date"),
    (r"\d\d?[-/. ]\d\d?[-/. ]\d\d?", "has no year of four figures; write it with them"),
    (r"[a-z]+[-' ]+\d\d|\d\d?[- ][a-z]+", "has two readings, or no year; write 5 March 2017 or March 2017"),
    (r"unknown|\?|n/?a|-+", f"says no time; {_WIDEST}, such as 2017"),
    (r".*[?~%].*", "qualifies a part of a date, as level 2 of EDTF does; put ?, ~ or % behind the whole date"),
)


def _why_not(said: str) -> str:
    reason = next((reason for shape, reason in _REASONS if re.fullmatch(shape, said)), _NO_MOMENT)
    if "{day}" not in reason:
        return reason
    return reason.format(day=(date(1899, 12, 30) + timedelta(days=int(float(said)))).isoformat())
