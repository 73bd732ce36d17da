"""A chart that stands by itself: title, what is counted, the drawing, and where all of it comes from."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ledger.api.charts.kinds import Said
from ledger.api.charts.scene import LIGHT, Element, Plot, element, moved, paragraph, written
from ledger.api.charts.text import LINE, lines
from ledger.api.charts.words import MONTHS, day
from ledger.book.sentences import plural

WIDTH = 960.0
MARGIN = 32.0
_TITLE, _SUBTITLE, _SMALL = 26.0, 16.0, 12.0
CUTS = {
    "occurred_by": "what had happened by {}",
    "published_by": "what was published by {}",
    "recorded_by": "what was recorded by {}",
    "through": "up to event {}",
}
"""What each bound of a cut means, beneath a chart."""
LICENCE_LINES, REMARK_LINES = 4, 12


class Origin(NamedTuple):
    """Where a chart comes from: which site, how many events of how many sources, up to which position, recorded when.

    `cut`: the bounds that were asked for, by name. `address`: where the chart is found; empty where nobody knows.
    """

    site: str
    events: int
    sources: int
    position: str
    recorded: datetime | None
    cut: Sequence[tuple[str, str]]
    address: str
    licence: str

    @property
    def source(self) -> str:
        """Whose word it is."""
        return f"Source: {self.site}, {plural(self.events, 'event')} from {plural(self.sources, 'source')}."

    @property
    def as_of(self) -> str:
        """As of when it is."""
        at = self.recorded
        recorded = f", recorded {at.day} {MONTHS[at.month - 1]} {at.year}" if at else ""
        told = "; ".join(CUTS[name].format(day(text) if name != "through" else text) for name, text in self.cut)
        return f"Position {self.position or 'none'}{recorded}{f'; {told}' if told else ''}."


class Sheet(NamedTuple):
    """A chart with its title and its origin."""

    title: str
    said: Said
    origin: Origin


def svg(sheet: Sheet) -> str:
    """A chart as a file of SVG, on paper of its own."""
    room = WIDTH - 2 * MARGIN
    elements, height = list[Element](), MARGIN
    head = [
        *_block(sheet.title, _TITLE, room, most=3, bold=True, gap=4),
        *_block(sheet.said.subtitle, _SUBTITLE, room, most=3, fill="soft", gap=18),
    ]
    plot = sheet.said.draw(room)
    foot = [
        *_block(" ".join(sheet.said.remarks), _SMALL + 1, room, most=REMARK_LINES, gap=0),
        *_block(f"{sheet.origin.source} {sheet.origin.as_of}", _SMALL + 1, room, most=4, bold=True, gap=0, before=12),
        *_block(sheet.origin.address, _SMALL, room, most=3, fill="soft", gap=0),
        *_block(sheet.origin.licence, _SMALL, room, most=LICENCE_LINES, fill="soft", gap=0),
    ]
    for block in head:
        elements += block.at(MARGIN, height)
        height += block.height
    elements.append(moved(plot.elements, MARGIN, height))
    height += plot.height + 14
    for block in foot:
        elements += block.at(MARGIN, height)
        height += block.height
    height += MARGIN - 8
    paper = element("rect", width=WIDTH, height=height, fill="paper")
    whole = Plot(WIDTH, height, [paper, *elements])
    title = f"{sheet.title}. {sheet.said.subtitle}"
    described = f"{sheet.said.aloud} {sheet.origin.source} {sheet.origin.as_of}"
    return written(whole, LIGHT, title, described, name="chart", is_file=True)


class _TextBlock(NamedTuple):
    """Lines of text with a gap before and after them."""

    said: Sequence[str]
    size: float
    fill: str
    bold: bool
    before: float
    gap: float

    @property
    def height(self) -> float:
        return self.before + len(self.said) * self.size * LINE + self.gap

    def at(self, x: float, y: float) -> Iterator[Element]:
        return paragraph(x, y + self.before, self.said, self.size, fill=self.fill, bold=self.bold)


def _block(
    said: str,
    size: float,
    room: float,
    *,
    most: int,
    fill: str = "ink",
    bold: bool = False,
    before: float = 0,
    gap: float,
) -> list[_TextBlock]:
    return [_TextBlock(lines(said, size, room, bold, most), size, fill, bold, before, gap)] if said else []
