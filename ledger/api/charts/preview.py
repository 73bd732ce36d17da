"""The picture that stands for a link: an exchange or a figure, in numbers that are read at a glance."""

from collections.abc import Iterator
from typing import NamedTuple

from ledger.api.charts.scene import LIGHT, Element, Plot, element, paragraph, text, written
from ledger.api.charts.sheet import Origin
from ledger.api.charts.text import LINE, lines, width
from ledger.api.charts.words import NOT_RECORDED, PER_CAPTIVE, between, estimate, is_defined, ratio
from ledger.book.figure_names import RATIOS, figure_name
from ledger.book.sentences import capital, plural
from ledger.book.tally import ends
from ledger.book.transfers import SIDES
from schemas.views import Explanation, Tally
from schemas.vocabulary import Side

WIDTH, HEIGHT = 1200.0, 630.0
"""What sites that show links ask for."""
_MARGIN = 64.0
_BIG = 120.0


class _BigNumber(NamedTuple):
    """A number with what stands above and below it."""

    above: str
    big: str
    below: str
    colour: str


def of_exchange(tally: Tally, origin: Origin) -> str:
    """The preview of an exchange, or of a process, as SVG."""
    numbers = [_number(f"{capital(side)} freed", estimate(getattr(tally, side).released), side) for side in SIDES]
    if is_defined(tally.ratios.deal):
        own = ratio(tally.ratios.deal, wide=False)
        numbers.append(_BigNumber(PER_CAPTIVE, own, RATIOS["deal"].by, "ink"))
    return _card(tally.title or tally.exchange, between(ends(tally)), numbers, origin)


def of_figure(tally: Tally, of: Explanation, origin: Origin) -> str:
    """The preview of one figure of an exchange, as SVG."""
    name, round = of.figure, ""
    if name.startswith("rounds."):
        _, number, name = name.split(".", 2)
        round = f", round {number}"
    side = next((each for each in SIDES if name.startswith(f"{each}.") or name == each), None)
    claims = len({each.event for each in of.contributions})
    made = _number(f"{capital(figure_name(name))}{round}", estimate(of.value), side)
    rests = f"the sum of {plural(claims, 'claim')}" if claims else "no claim"
    below = "; ".join(filter(None, (made.below, rests)))
    return _card(
        tally.title or tally.exchange,
        between(ends(tally)),
        [made._replace(below=below)],
        origin,
    )


def _number(above: str, told: str, side: Side | None) -> _BigNumber:
    """A number, its range below it; what is not recorded is no number."""
    big, _, rest = told.partition(" (")
    colour = f"{side}-text" if side else "ink"
    return _BigNumber(
        above, big, f"range {rest.removesuffix(')')}" if rest else "", "soft" if big == NOT_RECORDED else colour
    )


def _card(title: str, when: str, numbers: list[_BigNumber], origin: Origin) -> str:
    room = WIDTH - 2 * _MARGIN
    elements = [element("rect", width=WIDTH, height=HEIGHT, fill="paper")]
    elements += _band()
    elements += [text(_MARGIN, 84, " · ".join(filter(None, (origin.site, when))), 24, fill="soft", bold=True)]
    elements += paragraph(_MARGIN, 104, lines(title, 46, room, bold=True, most=2), 46, bold=True)
    share = room / len(numbers)
    for place, each in enumerate(numbers):
        elements += _told(each, _MARGIN + place * share, share - 28, 300)
    foot = lines(f"{origin.source} {origin.as_of}", 20, room, most=2)
    elements += paragraph(_MARGIN, HEIGHT - 56 - (len(foot) - 1) * 20 * LINE, foot, 20, fill="soft")
    said = "; ".join(f"{each.above}: {each.big}" for each in numbers)
    return written(Plot(WIDTH, HEIGHT, elements), LIGHT, title, said, name="preview", is_file=True)


def _band() -> Iterator[Element]:
    for place, side in enumerate(SIDES):
        yield element("rect", x=place * WIDTH / 2, y=0, width=WIDTH / 2, height=14, fill=side)


def _told(each: _BigNumber, x: float, room: float, y: float) -> Iterator[Element]:
    above = lines(each.above, 24, room, bold=True, most=2)
    yield from paragraph(x, y - (len(above) - 1) * 24 * LINE, above, 24, fill=each.colour, bold=True)
    largest = _BIG if any(character.isdigit() for character in each.big) else _BIG / 2
    size = min(largest, _BIG * room / width(each.big, _BIG, bold=True))
    if size < 48 and " " in each.big:
        yield from paragraph(x, y + 48, lines(each.big, 52, room, bold=True, most=2), 52, fill=each.colour, bold=True)
    else:
        yield text(x, y + 150, each.big, size, fill=each.colour, bold=True)
    yield from paragraph(x, y + 178, lines(each.below, 22, room, most=2), 22, fill="soft")
