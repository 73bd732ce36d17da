"""Figures and dates in a chart, in words. A hedge stays one, and what is not recorded is no number."""

from datetime import date

from ledger.book import number_text
from schemas.values import Moment, is_day
from schemas.views import Estimate, Ratio

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NOT_RECORDED = "not recorded"
UNDEFINED = "undefined"
PER_CAPTIVE = "Prisoners per captive"


def estimate(value: Estimate | None) -> str:
    """`105`, `about 900`, `1,778 (1,735-1,778)`, `at least 131`, `unknown`, `not recorded`."""
    return NOT_RECORDED if value is None else number_text.estimate(value).replace("-", "\u2013")


def ratio(value: Ratio, wide: bool = True) -> str:
    """`240/81 = 2.963` (`2.963` where there is little room), `at least 2`, `undefined`."""
    told = number_text.ratio(value, wide)
    return UNDEFINED if told == "-" else told


def is_defined(value: Ratio) -> bool:
    """Whether anything is known of a ratio."""
    return any(each is not None for each in (value.value, value.low, value.high))


def counted(value: Estimate | None, people: str) -> str:
    """`105 captives`, `1 prisoner`, `an unknown number of captives`; people are named for many."""
    if value is None:
        return f"{people} {NOT_RECORDED}"
    is_one = value.best == 1 and value.exact
    told = estimate(value)
    return f"{'an unknown number of' if told == 'unknown' else told} {people[:-1] if is_one else people}"


def day(at: str) -> str:
    """`28 Nov 2023`, of a date or a time; what is no more than a month, a season or a year stays as it is."""
    try:
        of = date.fromisoformat(at[:10])
    except ValueError:
        return at
    return f"{of.day} {MONTHS[of.month - 1]} {of.year:04}"


def when(of: Moment) -> str:
    """`28 Nov 2023`, `about 2017-03`, `before 6 Oct 2023`: the day of a moment, as far as it is stated."""
    return number_text.moment(of.ends[0], day)


def between(ends: tuple[Moment, Moment] | None) -> str:
    """From when to when, as far as it is stated; nothing where nothing has a date."""
    if ends is None:
        return ""
    if all(map(is_day, ends)):
        return days(*(each.at for each in ends))
    first, last = map(when, ends)
    return first if first == last else f"{first} \u2013 {last}"


def days(first: str, last: str) -> str:
    """From when to when: `28 Nov 2023`, or both days, what they share said once."""
    one, other = day(first).split(" "), day(last).split(" ")
    if one == other or len(one) != len(other):
        return " ".join(one) if one == other else f"{' '.join(one)} \u2013 {' '.join(other)}"
    shared = next((n for n in range(3) if one[n:] == other[n:]), len(one)) if len(one) == 3 else len(one)
    dash = "\u2013" if shared == 1 else " \u2013 "
    return f"{' '.join(one[:shared])}{dash}{' '.join(other)}"
