"""How many had been freed by which day: a line of steps for each side, with the range of the claims that stand."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from ledger.api.charts.scales import are_apart, bar_of, hatch_of, most, ticks
from ledger.api.charts.scene import Element, Plot, element, paragraph, text
from ledger.api.charts.text import LINE, lines, width
from ledger.api.charts.words import MONTHS, estimate
from ledger.book.sentences import capital
from ledger.book.transfers import SIDES
from schemas.views import Estimate
from schemas.vocabulary import Side

SIZE, SMALL = 14.0, 12.0
NARROW = 560.0
"""In less width, numbers stand above the lines and not behind them."""
_STEPS: Sequence[tuple[int, int]] = (
    *((days, 0) for days in (1, 2, 4, 7, 14)),
    *((0, months) for months in (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)),
)
"""Days, or months, from one date at the axis to the next."""


class Reached(NamedTuple):
    """How many of a side had been freed by the end of a day: of those whose day is known."""

    day: date
    total: Estimate


def reached(freed: Sequence[tuple[date, Estimate]]) -> list[Reached]:
    """The running sum of what was freed on each day: one for each day, in order."""
    found: list[Reached] = []
    for day, more in sorted(freed, key=lambda each: each[0]):
        total = _sum(found[-1].total, more) if found else more
        if found and found[-1].day == day:
            found.pop()
        found.append(Reached(day, total))
    return found


def _sum(one: Estimate, other: Estimate) -> Estimate:
    best = None if one.best is None or other.best is None else one.best + other.best
    high = None if one.high is None or other.high is None else one.high + other.high
    hedged, exact = one.hedged or other.hedged, one.exact and other.exact
    return Estimate(best=best, low=one.low + other.low, high=high, hedged=hedged, exact=exact)


class _Axis(NamedTuple):
    """From days to places."""

    first: date
    last: date
    start: float
    end: float

    def at(self, day: date) -> float:
        """Where a day ends."""
        return self.start + (self.end - self.start) * (day - self.first).days / (self.last - self.first).days


def draw(its: Mapping[Side, Sequence[Reached]], room: float) -> Plot:
    """Lines in a room of some width. At least one side has a day, and a number that is known."""
    tops = {side: most(each.total for each in its[side]) for side in SIDES}
    recorded = [side for side in SIDES if any(bar_of(each.total) for each in its[side])]
    panels = [[side] for side in recorded] if are_apart(*tops.values()) else [recorded]
    tall = (150.0 if room < NARROW else 190.0) if len(panels) > 1 else (200.0 if room < NARROW else 300.0)
    days = [each.day for side in SIDES for each in its[side]]
    behind = (
        8 if room < NARROW else max(width(estimate(its[side][-1].total), SIZE, bold=True) for side in recorded) + 12
    )
    before = max(width(f"{max(tops.values()):,}", SMALL) + 8, 30)
    first = _shifted(min(days), -1)
    last = _shifted(max(days), max(1, (max(days) - first).days // 25))
    axis = _Axis(first, last, before, room - behind)
    elements, y = [*hatch_of(SIDES)], 4.0
    for panel in panels:
        key, tall_key = _key(its, panel if len(panels) > 1 else SIDES, y, room)
        elements += key
        y += tall_key + 12
        elements += _panel({side: its[side] for side in panel}, axis, y, tall, room)
        y += tall + 30
    return Plot(room, y, elements)


def _key(
    its: Mapping[Side, Sequence[Reached]], sides: Sequence[Side], y: float, room: float
) -> tuple[list[Element], float]:
    """Which colour is which side, with what was reached at the end where that does not stand beside the line; and how
    tall that is.
    """
    elements, below = list[Element](), y
    for side in sides:
        is_drawn = any(bar_of(each.total) for each in its[side])
        last = estimate(its[side][-1].total if its[side] else None)
        told = f"{capital(side)} freed{f': {last}' if room < NARROW or not is_drawn else ''}"
        said = lines(told, SIZE, room - 18, bold=True)
        elements.append(element("rect", x=0, y=below + 3, width=11, height=11, fill=side))
        elements += paragraph(18, below, said, SIZE, fill=f"{side}-text", bold=True)
        below += len(said) * SIZE * LINE
    return elements, below - y


def _panel(
    lines: Mapping[Side, Sequence[Reached]], axis: _Axis, y: float, tall: float, room: float
) -> Iterator[Element]:
    top = max(1, *(most(each.total for each in its) for its in lines.values()))
    marks = ticks(top, 4)
    unit = (tall - 10) / top
    foot = y + tall
    for mark in marks:
        at = foot - mark * unit
        yield element("line", x1=axis.start, y1=at, x2=axis.end, y2=at, stroke="neutral" if mark == 0 else "line")
        yield text(axis.start - 6, at + 4, f"{mark:,}", SMALL, fill="soft", anchor="end")
    for day, said in _dates(axis, room):
        at = axis.at(day)
        yield element("line", x1=at, y1=foot, x2=at, y2=foot + 4, stroke="neutral")
        yield text(at, foot + 18, said, SMALL, fill="soft", anchor="middle")
    ends: list[float] = []
    for side, its in sorted(lines.items(), key=lambda item: -_height(item[1][-1].total)):
        yield from _line(side, its, axis, foot, unit)
        if room < NARROW:
            continue
        at = foot - _height(its[-1].total) * unit
        at = max(at, ends[-1] + SIZE * LINE) if ends else at
        ends.append(at)
        yield text(axis.end + 8, at + 5, estimate(its[-1].total), SIZE, fill=f"{side}-text", bold=True)


def _shifted(day: date, days: int) -> date:
    """So many days later, as far as the calendar goes."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


def _height(value: Estimate) -> int:
    return value.low if value.best is None else value.best


def _line(side: Side, its: Sequence[Reached], axis: _Axis, foot: float, unit: float) -> Iterator[Element]:
    bars = [(each.day, bar) for each in its if (bar := bar_of(each.total)) is not None]
    if any(bar.low != bar.high for _, bar in bars):
        lower, upper = ([(day, getattr(bar, end)) for day, bar in bars] for end in ("low", "high"))
        there, again = _steps(upper, axis, foot, unit), _steps(lower, axis, foot, unit)[::-1]
        corners = " ".join(f"{x:.2f},{y:.2f}" for x, y in (*there, *again))
        yield element("polygon", points=corners, fill=f"#may-{side}")
    is_vague = any(each.total.best is None or each.total.hedged for each in its)
    known = [(each.day, _height(each.total)) for each in its if bar_of(each.total) is not None]
    way = " ".join(f"{x:.2f},{y:.2f}" for x, y in _steps(known, axis, foot, unit))
    dashes = "6 3" if is_vague else None
    yield element(
        "polyline",
        points=way,
        fill="none",
        stroke=side,
        stroke_width=3.0,
        stroke_linejoin="round",
        stroke_dasharray=dashes,
    )


def _steps(its: Sequence[tuple[date, int]], axis: _Axis, foot: float, unit: float) -> list[tuple[float, float]]:
    """From nobody on the day before, a step for each day, and on to the last day of all.

    Of days that fall into one place the last is drawn.
    """
    places = {round(2 * axis.at(day)): people for day, people in its}
    found, height = [(axis.start, foot)], foot
    for place, people in places.items():
        found += [(place / 2, height), (place / 2, foot - people * unit)]
        height = foot - people * unit
    return [*found, (axis.end, height)]


def _dates(axis: _Axis, room: float) -> Iterator[tuple[date, str]]:
    """The dates at the axis: as many as there is room for, each with its year where that is another than before."""
    wide = 66.0
    most_dates = max(2, int((axis.end - axis.start) / wide))
    span = (axis.last - axis.first).days
    days, months = next((each for each in _STEPS if span <= most_dates * (each[0] or 30 * each[1])), _STEPS[-1])
    found = list(_every(axis, days, months))
    last = -wide
    for number, day in enumerate(found):
        at = axis.at(day)
        if at - last < wide or at - wide / 2 < 0 or at + wide / 2 > room:
            continue
        last = at
        yield day, _date(day, months, number == 0)


def _date(day: date, months: int, is_first: bool) -> str:
    if months >= 12:
        return f"{day.year:04}"
    if months:
        return f"{MONTHS[day.month - 1]} {day.year:04}"
    return f"{day.day} {MONTHS[day.month - 1]}" + (f" {day.year:04}" if is_first else "")


def _every(axis: _Axis, days: int, months: int) -> Iterator[date]:
    if days:
        yield from map(date.fromordinal, range(axis.first.toordinal() + 1, axis.last.toordinal() + 1, days))
        return
    count = axis.first.year * 12 + axis.first.month - 1
    count += -count % months
    while (count // 12) <= date.max.year and (day := date(count // 12, count % 12 + 1, 1)) <= axis.last:
        if day >= axis.first:
            yield day
        count += months
