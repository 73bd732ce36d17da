"""The clock of each pause: the hours that were planned and added, and when it ended."""

from collections.abc import Iterator, Sequence

from ledger.api.charts.scene import Element, Plot, element, paragraph, text
from ledger.api.charts.text import LINE, lines, width
from ledger.api.charts.words import NOT_RECORDED, when
from ledger.book.sentences import capital, plural
from schemas.views import Pause

SIZE, SMALL = 14.0, 12.0
BAR = 26.0


def hours(count: float) -> str:
    """`168 h (7 days)`."""
    days = round(count / 24, 1)
    return f"{_hours(count)} ({days:,g} day{'' if days == 1 else 's'})"


def _hours(count: float) -> str:
    return f"{round(count, 1):,g} h" if count < 1e6 else f"{count:,.0f} h"


def told(pause: Pause) -> str:
    """What is known of a pause, in a line."""
    planned = "hours not recorded" if pause.planned_hours is None else f"{hours(pause.planned_hours)} planned"
    added = (
        f", {_hours(pause.extended_hours)} added in {plural(len(pause.extensions), 'extension')}"
        if pause.extensions
        else ""
    )
    return f"{planned}{added}; {_end(pause)}"


def _end(pause: Pause) -> str:
    if pause.calm_hours is not None:
        return f"lasted {hours(pause.calm_hours)}"
    if pause.ended is not None:
        return f"ended {when(pause.ended)}, not known to the hour"
    return f"due to end {when(pause.ends)}, no end recorded" if pause.ends else "no end recorded"


def began(pause: Pause) -> str:
    """When a pause began."""
    return f"From {when(pause.started)}" if pause.started else f"Start {NOT_RECORDED}"


def draw(pauses: Sequence[Pause], room: float) -> Plot:
    """Pauses in a room of some width, on one scale of hours."""
    top = max(map(_total, pauses), default=0)
    elements: list[Element] = []
    y = 0.0
    for number, pause in enumerate(pauses):
        if number:
            elements.append(element("line", x1=0, y1=y, x2=room, y2=y, stroke="line"))
            y += 10
        said = lines(began(pause), SIZE, room, bold=True)
        noted = lines(capital(told(pause)), SMALL + 1, room, most=4)
        elements += paragraph(0, y, said, SIZE, bold=True)
        y += len(said) * SIZE * LINE
        elements += paragraph(0, y, noted, SMALL + 1, fill="soft")
        y += len(noted) * (SMALL + 1) * LINE + 8
        elements += _clock(pause, y, (room - 2) / (top or 1))
        y += BAR + 12
    if not top:
        return Plot(room, y, elements)
    return Plot(room, y + 26, [*elements, *_axis(y, top, room - 2)])


def _total(pause: Pause) -> float:
    return max((pause.planned_hours or 0) + pause.extended_hours, pause.calm_hours or 0)


def _clock(pause: Pause, y: float, unit: float) -> Iterator[Element]:
    if pause.planned_hours is None and pause.calm_hours is None:
        yield element("rect", x=0.5, y=y, width=90, height=BAR, fill="none", stroke="neutral", stroke_dasharray="3 3")
        yield text(45, y + 17, NOT_RECORDED, SMALL, fill="soft", anchor="middle")
        return
    x = 0.0
    parts = (
        [(pause.planned_hours, f"{_hours(pause.planned_hours)} planned", "soft", "paper")]
        if pause.planned_hours
        else []
    )
    added = [
        (each.hours, f"+{_hours(each.hours)}", "line" if n % 2 else "raised", "ink")
        for n, each in enumerate(pause.extensions)
    ]
    for count, said, fill, on in (*parts, *added):
        wide = count * unit
        stroke = "neutral" if fill != "soft" else None
        yield element("rect", x=x, y=y, width=wide, height=BAR, fill=fill, stroke=stroke)
        if width(said, SMALL, bold=True) + 12 < wide:
            yield text(x + 6, y + 17, said, SMALL, fill=on, bold=True)
        x += wide
    if pause.calm_hours is not None:
        at = max(1.5, pause.calm_hours * unit)
        yield element("line", x1=at, y1=y - 5, x2=at, y2=y + BAR + 5, stroke="ink", stroke_width=3.0)


def _axis(y: float, top: float, wide: float) -> Iterator[Element]:
    days = int(top // 24)
    every = max(1, -(-days // max(1, int(wide / 70))))
    yield element("line", x1=0, y1=y, x2=wide, y2=y, stroke="neutral")
    for number in range(0, days + 1, every):
        at = wide * number * 24 / top
        anchor = "start" if number == 0 else "end" if at > wide - 24 else "middle"
        yield element("line", x1=at, y1=y, x2=at, y2=y + 4, stroke="neutral")
        yield text(at, y + 18, f"day {number}" if number else "start", SMALL, fill="soft", anchor=anchor)
