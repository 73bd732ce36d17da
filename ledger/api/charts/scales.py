"""From people to lengths: how a figure is drawn, and which round numbers stand at its scale."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ledger.api.charts.scene import Element, element, hatch
from schemas.views import Estimate
from schemas.vocabulary import Side

APART = 12
"""So many times more people on one side than on the other, and each has a scale of its own."""
SEEN = 3.0
"""So wide is a bar at least, that few people are seen beside many."""
OPEN = 14.0
"""So far goes what nothing bounds."""


class Bar(NamedTuple):
    """A figure in people: certain up to `low`, possible up to `high`, and beyond where `is_open`."""

    low: int
    high: int
    best: int | None
    is_open: bool
    is_hedged: bool


def bar_of(value: Estimate | None) -> Bar | None:
    """What there is to draw of a figure; None where nothing is recorded, or nothing known."""
    if value is None or (value.best is None and value.low == 0 and value.high is None):
        return None
    top = value.high if value.high is not None else max(value.low, value.best or 0)
    return Bar(value.low, top, value.best, value.high is None, value.hedged)


def most(values: Iterable[Estimate | None]) -> int:
    """The most people that any of some figures can be, as far as it is bounded."""
    return max((bar.high for bar in map(bar_of, values) if bar is not None), default=0)


def are_apart(one: int, other: int) -> bool:
    """Whether two sides differ so much that the smaller would vanish on the scale of the larger."""
    return min(one, other) > 0 and max(one, other) > APART * min(one, other)


def ticks(top: float, count: int = 3, of: float = 0) -> Sequence[int]:
    """Whole, round numbers from 0 to at most `top`: some `count` of them besides 0 on a scale up to `of`, or `top`."""
    if top < 1:
        return [0]
    rough = max(of, top) / count
    power = 10.0 ** math.floor(math.log10(rough)) if rough >= 1 else 1.0
    step = max(
        1, int(next(each for each in (1, 2, 2.5, 5, 10) if each * power >= rough and each * power % 1 == 0) * power)
    )
    return range(0, int(top) + 1, step)


def drawn(value: Estimate | None, side: Side, x: float, y: float, height: float, unit: float) -> Iterator[Element]:
    """A figure as a bar from `x` to the right, `unit` long for each person.

    It is full as far as all claims that stand agree, hatched as far as they range, dashed at its end where nothing
    bounds it, and light where a source hedges. Who is recorded as nobody is a line; what is not recorded is nothing.
    """
    bar = bar_of(value)
    if bar is None:
        return
    if bar.high == 0 and not bar.is_open:
        yield element("line", x1=x, y1=y, x2=x, y2=y + height, stroke=side, stroke_width=1.5)
        return
    sure, end = bar.low * unit, max(bar.high * unit, SEEN)
    if bar.low == bar.high:
        sure = end
    kind = f"{side}-light" if bar.is_hedged else side
    if sure:
        yield element("rect", x=x, y=y, width=sure, height=height, fill=kind)
    if end > sure:
        yield element("rect", x=x + sure, y=y, width=end - sure, height=height, fill=f"#may-{side}")
    if bar.is_hedged or bar.low != bar.high:
        dashes = "3 2" if bar.is_hedged else None
        yield element(
            "rect",
            x=x,
            y=y,
            width=end,
            height=height,
            fill="none",
            stroke=side,
            stroke_width=1.0,
            stroke_dasharray=dashes,
        )
    if bar.best is not None and bar.low != bar.high:
        at = x + bar.best * unit
        yield element("line", x1=at, y1=y - 2, x2=at, y2=y + height + 2, stroke="ink", stroke_width=2.0)
    if bar.is_open:
        middle = y + height / 2
        line = {"stroke": side, "stroke_width": 2.0}
        yield element("line", x1=x + end, y1=middle, x2=x + end + OPEN, y2=middle, stroke_dasharray="3 2", **line)
        tip = f"M{x + end + OPEN - 4:.2f} {middle - 4:.2f}l4 4l-4 4"
        yield element("path", d=tip, fill="none", **line)


def length(value: Estimate | None, unit: float) -> float:
    """How long a figure is drawn; nothing of it is before what is not recorded."""
    bar = bar_of(value)
    if bar is None:
        return 0.0
    if bar.high == 0 and not bar.is_open:
        return 0.5
    return max(bar.high * unit, SEEN) + (OPEN if bar.is_open else 0)


def hatch_of(sides: Sequence[Side]) -> Iterator[Element]:
    """The patterns that `drawn` fills with."""
    for side in sides:
        yield hatch(f"may-{side}", side)
