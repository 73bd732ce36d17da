"""What a drawing is made of, in the colours of the page, and how it is written down as SVG.

Elements name colours by what they are for (`ink`, `captives`). Which colour that is stands in a palette: a file has
one, and what stands in a page follows that page from light to dark.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from xml.etree import ElementTree

from ledger.api.charts.text import FAMILY, LINE, clean, set_apart

Palette: TypeAlias = Mapping[str, str]

LIGHT: Palette = {
    "paper": "#fcfbf8",
    "raised": "#f3f1ec",
    "ink": "#1d1b20",
    "soft": "#5a5660",
    "line": "#d9d5cd",
    "neutral": "#8d8893",
    "captives": "#b4690e",
    "captives-light": "#e3b268",
    "captives-text": "#8a4e06",
    "prisoners": "#6a51a3",
    "prisoners-light": "#b3a5d6",
    "prisoners-text": "#5b4496",
}
DARK: Palette = {
    "paper": "#151418",
    "raised": "#201e25",
    "ink": "#efedf2",
    "soft": "#b0abb8",
    "line": "#38353f",
    "neutral": "#8d8893",
    "captives": "#e09a3a",
    "captives-light": "#8a6428",
    "captives-text": "#efb260",
    "prisoners": "#a48ee0",
    "prisoners-light": "#5d4f86",
    "prisoners-text": "#bcaaf0",
}
OF_PAGE: Palette = {name: f"var(--{name}, {colour})" for name, colour in LIGHT.items()}
"""For a drawing within a page that sets these."""
SANS = f'Inter, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "{FAMILY}", sans-serif'
_SVG = "http://www.w3.org/2000/svg"
_COLOURED = ("fill", "stroke")


class Element(NamedTuple):
    """An element of SVG: its name, its attributes, and the text or the elements within it."""

    tag: str
    attributes: Mapping[str, object]
    text: str = ""
    children: Sequence["Element"] = ()


Elements: TypeAlias = Iterable[Element]


class Plot(NamedTuple):
    """Elements in a room of some width and height, which has its origin at the upper left."""

    width: float
    height: float
    elements: Sequence[Element]


def element(tag: str, **attributes: object) -> Element:
    """An element without content; `_` in the name of an attribute stands for `-`."""
    return Element(tag, {name.replace("_", "-"): each for name, each in attributes.items() if each is not None})


def group(elements: Elements, **attributes: object) -> Element:
    """Elements as one."""
    return element("g", **attributes)._replace(children=list(elements))


def moved(elements: Elements, x: float, y: float) -> Element:
    """Elements with their origin elsewhere."""
    return group(elements, transform=f"translate({_plain(x)} {_plain(y)})")


def text(
    x: float, y: float, said: str, size: float, *, fill: str = "ink", anchor: str | None = None, bold: bool = False
) -> Element:
    """One line of text on its base line."""
    weight = 700 if bold else None
    made = element("text", x=x, y=y, font_size=size, fill=fill, text_anchor=anchor, font_weight=weight)
    return made._replace(text=set_apart(clean(said)))


def paragraph(
    x: float, y: float, said: Sequence[str], size: float, *, fill: str = "ink", bold: bool = False
) -> Iterator[Element]:
    """Lines of text, the first with its upper edge at `y`."""
    for number, line in enumerate(said):
        yield text(x, y + size * (0.95 + LINE * number), line, size, fill=fill, bold=bold)


def hatch(name: str, colour: str) -> Element:
    """A pattern of oblique lines: what may be, and is not certain."""
    line = element("line", x1=0, y1=0, x2=0, y2=5, stroke=colour, stroke_width=3)
    attributes = {"id": name, "width": 5, "height": 5, "patternUnits": "userSpaceOnUse"}
    return Element("pattern", {**attributes, "patternTransform": "rotate(45)"}, children=[line])


def written(plot: Plot, palette: Palette, title: str, described: str, *, name: str, is_file: bool) -> str:
    """A drawing as SVG. `name` tells its ids from those of another drawing in one page."""
    size = {"width": plot.width, "height": plot.height} if is_file else {}
    root = ElementTree.Element(
        "svg",
        {
            **({"xmlns": _SVG} if is_file else {}),
            **{each: _plain(value) for each, value in size.items()},
            "viewBox": f"0 0 {_plain(plot.width)} {_plain(plot.height)}",
            "font-family": SANS,
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-desc",
        },
    )
    ElementTree.SubElement(root, "title", id=f"{name}-title").text = clean(title)
    ElementTree.SubElement(root, "desc", id=f"{name}-desc").text = clean(described)
    for each in plot.elements:
        _add(root, each, palette, name)
    return ElementTree.tostring(root, encoding="unicode")


def _add(parent: ElementTree.Element, made: Element, palette: Palette, name: str) -> None:
    attributes = {key: _attribute(key, value, palette, name) for key, value in made.attributes.items()}
    child = ElementTree.SubElement(parent, made.tag, attributes)
    child.text = made.text or None
    for each in made.children:
        _add(child, each, palette, name)


def _attribute(key: str, value: object, palette: Palette, name: str) -> str:
    if isinstance(value, float):
        return _plain(value)
    said = str(value)
    if key == "id":
        return f"{name}-{said}"
    if key in _COLOURED and said.startswith("#"):
        return f"url(#{name}-{said[1:]})"
    return palette.get(said, said) if key in _COLOURED else said


def _plain(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
