"""Rows of both sides: captives and prisoners on labelled scales, each with its number, and ratios beside them.

Where there is room, the sides stand beside each other; where there is little, one below the other in each row.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger.api.charts.scales import OPEN, are_apart, drawn, hatch_of, length, most, ticks
from ledger.api.charts.scene import Element, Plot, element, moved, paragraph, text
from ledger.api.charts.text import LINE, lines, width
from ledger.api.charts.words import NOT_RECORDED, UNDEFINED, estimate
from ledger.book.transfers import SIDES
from schemas.views import Estimate
from schemas.vocabulary import Side

WIDE = 560.0
"""From so much width on, the sides stand beside each other."""
SIZE, SMALL = 14.0, 12.0
BAR = 15.0
GAP = 7.0
"""Between a bar and its number."""
BARS_MIN = 180.0
"""Room for the bars of both sides, with less of which they stand below each other."""
_PAD = 14.0


class PairRow(NamedTuple):
    """A row: what it is of, and a figure of each side. `ratios`: a text for each head of the columns of ratios."""

    label: str
    note: str
    sides: Mapping[Side, Estimate | None]
    ratios: Sequence[str] = ()


class Pairs(NamedTuple):
    """Rows, and what stands above their columns. `heads` name ratios; where there is little room the first stays."""

    heads: Mapping[Side, str]
    rows: Sequence[PairRow]
    ratio: str = ""
    ratio_heads: Sequence[str] = ()


class _Scales(NamedTuple):
    """How long a person is drawn on each side, and the most people of it."""

    unit: Mapping[Side, float]
    top: Mapping[Side, int]
    are_apart: bool


def draw(pairs: Pairs, room: float) -> Plot:
    """Rows in a room of some width."""
    made = next(filter(_Beside.has_room, _beside(pairs, room)), None) or _Below(pairs, room)
    return Plot(room, made.height, [*hatch_of(SIDES), *made.elements()])


def _beside(pairs: Pairs, room: float) -> Iterator["_Beside"]:
    """The ways to put the sides beside each other: with all columns of ratios, and with fewer."""
    if room >= WIDE:
        for columns in range(len(pairs.ratio_heads), -1 if not pairs.ratio_heads else 0, -1):
            yield _Beside(pairs, room, columns)


def scales_are_apart(pairs: Pairs) -> bool:
    """Whether each side has a scale of its own."""
    return are_apart(*(most(row.sides[side] for row in pairs.rows) for side in SIDES))


def _rule(room: float) -> Element:
    return element("line", x2=room, stroke="line")


def _value(row: PairRow, side: Side, x: float, y: float) -> Element:
    said = estimate(row.sides[side])
    is_told = said != NOT_RECORDED
    return text(x, y, said, SIZE if is_told else SMALL, fill="ink" if is_told else "soft", bold=is_told)


def _ratio(said: str, x: float, y: float) -> Element:
    is_told = said != UNDEFINED
    return text(x, y, said, SIZE if is_told else SMALL, fill="ink" if is_told else "soft", anchor="end")


def _value_room(row: PairRow, side: Side) -> float:
    return width(estimate(row.sides[side]), SIZE, bold=True) + GAP


def _unit(rows: Sequence[PairRow], side: Side, room: float) -> float:
    """How long a person may be drawn so that each bar and the number behind it fit."""
    units = [(room - _value_room(row, side) - OPEN) / top for row in rows if (top := most([row.sides[side]]))]
    return max(min(units, default=1.0), 0.0)


class _Beside:
    """The sides beside each other, growing to the right; the ratios in columns at the end."""

    def __init__(self, pairs: Pairs, room: float, columns: int) -> None:
        self._pairs, self._room, rows = pairs, room, pairs.rows
        wanted = max((width(row.label, SIZE, bold=True) for row in rows), default=0)
        noted = max((width(row.note, SMALL) for row in rows), default=0)
        self._label = min(max(wanted, noted), 0.26 * room) + _PAD
        self._labels = [lines(row.label, SIZE, self._label - _PAD, bold=True, most=3) for row in rows]
        self._notes = [lines(row.note, SMALL, self._label - _PAD, most=2) if row.note else [] for row in rows]
        self._columns = self._ratio_columns(columns)
        self._scales, self._starts, self._free = self._panels(room - self._label - sum(self._columns) - _PAD)
        self._tall = [self._row_height(each) for each in range(len(rows))]
        self._top = 46.0
        self.height = self._top + sum(self._tall) + 4

    def _row_height(self, number: int) -> float:
        said = len(self._labels[number]) * SIZE * LINE + len(self._notes[number]) * SMALL * LINE
        return max(30.0, said + 10)

    def has_room(self) -> bool:
        """Whether bars are long enough to be compared."""
        return self._free >= BARS_MIN

    def _ratio_columns(self, count: int) -> list[float]:
        """The widths of so many columns of ratios."""
        found = [
            max([width(head, SMALL), *(width(row.ratios[number], SIZE) for row in self._pairs.rows)]) + _PAD
            for number, head in enumerate(self._pairs.ratio_heads[:count])
        ]
        if found:
            found[0] += max(0.0, width(self._pairs.ratio, SMALL, bold=True) + _PAD - sum(found))
        return found

    def _panels(self, middle: float) -> tuple[_Scales, Mapping[Side, float], float]:
        """The scales, where each side begins, and how much room there is for bars, besides their numbers."""
        rows, gap = self._pairs.rows, 22.0
        one, other = SIDES
        top = {side: most(row.sides[side] for row in rows) for side in SIDES}
        beside = {side: max((_value_room(row, side) for row in rows), default=0.0) + OPEN for side in SIDES}
        least = {side: max(0.0, width(self._pairs.heads[side], SIZE, bold=True) - beside[side]) for side in SIDES}
        free = middle - gap - sum(beside.values())
        apart = are_apart(*top.values())
        total = sum(top.values())
        share = free / 2 if apart or not total else free * top[one] / total
        bars = {one: min(max(share, least[one]), free - least[other])}
        bars[other] = free - bars[one]
        unit = {side: max(bars[side], 0.0) / max(top[side], 1) for side in SIDES}
        if not apart:
            unit = dict.fromkeys(SIDES, min((unit[side] for side in SIDES if top[side]), default=1.0))
        starts = {one: self._label, other: self._label + beside[one] + bars[one] + gap}
        return _Scales(unit, top, apart), starts, free

    def elements(self) -> Iterator[Element]:
        yield from self._heads()
        y = self._top
        for number, row in enumerate(self._pairs.rows):
            tall = self._tall[number]
            yield moved([_rule(self._room), *self._row(number, row, tall)], 0, y)
            y += tall
        yield moved([_rule(self._room)], 0, y)

    def _heads(self) -> Iterator[Element]:
        foot = self.height - 4
        for side in SIDES:
            start, unit = self._starts[side], self._scales.unit[side]
            yield text(start, 15, self._pairs.heads[side], SIZE, fill=f"{side}-text", bold=True)
            if not self._scales.top[side]:
                continue
            last = -30.0
            of = 0 if self._scales.are_apart else max(self._scales.top.values())
            for tick in ticks(self._scales.top[side], of=of):
                at = start + tick * unit
                if at - last < width(f"{tick:,}", SMALL) + 10:
                    continue
                last = at
                yield element("line", x1=at, y1=self._top - 7, x2=at, y2=foot, stroke="line")
                yield text(at, self._top - 12, f"{tick:,}", SMALL, fill="soft", anchor="middle" if tick else "start")
        if self._columns:
            yield text(self._room, 15, self._pairs.ratio, SMALL, fill="soft", anchor="end", bold=True)
            for at, head in zip(self._column_ends(), self._pairs.ratio_heads, strict=False):
                yield text(at, self._top - 12, head, SMALL, fill="soft", anchor="end")

    def _column_ends(self) -> list[float]:
        start = self._room - sum(self._columns)
        return [start + sum(self._columns[: number + 1]) for number in range(len(self._columns))]

    def _row(self, number: int, row: PairRow, tall: float) -> Iterator[Element]:
        said, noted = self._labels[number], self._notes[number]
        top = (tall - len(said) * SIZE * LINE - len(noted) * SMALL * LINE) / 2
        yield from paragraph(0, top, said, SIZE, bold=True)
        yield from paragraph(0, top + len(said) * SIZE * LINE, noted, SMALL, fill="soft")
        middle = tall / 2
        for side in SIDES:
            start, unit = self._starts[side], self._scales.unit[side]
            yield from drawn(row.sides[side], side, start, middle - BAR / 2, BAR, unit)
            behind = length(row.sides[side], unit)
            yield _value(row, side, start + behind + (GAP if behind else 2), middle + SIZE * 0.36)
        for at, ratio in zip(self._column_ends(), row.ratios, strict=False):
            yield _ratio(ratio, at, middle + SIZE * 0.36)


class _Below:
    """The sides one below the other, with the ratio of each row at its end."""

    def __init__(self, pairs: Pairs, room: float) -> None:
        self._pairs, self._room, rows = pairs, room, pairs.rows
        self._labels = [self._label(row) for row in rows]
        self._notes = [lines(row.note, SMALL, room, most=2) if row.note else [] for row in rows]
        top = {side: most(row.sides[side] for row in rows) for side in SIDES}
        unit = {side: _unit(rows, side, room) for side in SIDES}
        self._apart = are_apart(*top.values())
        if not self._apart:
            shared = min((unit[side] for side in SIDES if top[side]), default=1.0)
            unit = dict.fromkeys(SIDES, shared)
        self._scales = _Scales(unit, top, self._apart)
        self._key = [*lines(self._key_text(), SMALL, room, most=4)]
        self._top = 2 * SIZE * LINE + len(self._key) * SMALL * LINE + 8
        self._tall = [
            len(self._labels[n]) * SIZE * LINE + len(self._notes[n]) * SMALL * LINE + 48 for n in range(len(rows))
        ]
        self.height = self._top + sum(self._tall) + 4

    def _ratio(self, row: PairRow) -> str:
        return row.ratios[0] if row.ratios else ""

    def _label(self, row: PairRow) -> list[str]:
        beside = width(self._ratio(row), SIZE) + _PAD if row.ratios else 0
        return lines(row.label, SIZE, self._room - beside, bold=True, most=3)

    def _key_text(self) -> str:
        scales = [f"{side} 0\u2013{self._scales.top[side]:,}" for side in SIDES if self._scales.top[side]]
        told = f"Bars: {' and '.join(scales)}{', each side on its own scale' if self._apart else ''}." if scales else ""
        head = (
            f" At the end: {self._pairs.ratio.lower()}, {self._pairs.ratio_heads[0]}."
            if self._pairs.ratio_heads
            else ""
        )
        return f"{told}{head}".strip()

    def elements(self) -> Iterator[Element]:
        for number, side in enumerate(SIDES):
            y = number * SIZE * LINE
            yield element("rect", x=0, y=y + 3, width=11, height=11, fill=side)
            yield text(18, y + 13, self._pairs.heads[side], SIZE, fill=f"{side}-text", bold=True)
        yield from paragraph(0, 2 * SIZE * LINE, self._key, SMALL, fill="soft")
        y = self._top
        for number, row in enumerate(self._pairs.rows):
            yield moved([_rule(self._room), *self._row(number, row)], 0, y)
            y += self._tall[number]

    def _row(self, number: int, row: PairRow) -> Iterator[Element]:
        said, noted = self._labels[number], self._notes[number]
        yield from paragraph(0, 4, said, SIZE, bold=True)
        if row.ratios:
            yield _ratio(self._ratio(row), self._room, 4 + SIZE * 0.95)
        below = 4 + len(said) * SIZE * LINE
        yield from paragraph(0, below, noted, SMALL, fill="soft")
        below += len(noted) * SMALL * LINE + 2
        for place, side in enumerate(SIDES):
            top = below + place * (BAR + 4)
            yield from drawn(row.sides[side], side, 0.5, top, BAR, self._scales.unit[side])
            behind = length(row.sides[side], self._scales.unit[side])
            yield _value(row, side, behind + (GAP if behind else 2), top + BAR / 2 + SIZE * 0.36)
