"""How a view is cited, at its position: a line of text, BibTeX, or CSL-JSON for reference managers."""

import re
from datetime import date
from typing import NamedTuple

import orjson


class Citation(NamedTuple):
    """What is cited. `publisher` is who keeps the ledger, if that is said; `issued` the day of the last event in it.

    `url` shows for good what is cited.
    """

    title: str
    site: str
    publisher: str
    issued: date | None
    position: str
    url: str


def text(cited: Citation) -> bytes:
    """`Herald Desk (2025). Captives freed: 105. Exchange ledger, position 0:406. https://...`, as one line of text."""
    year = str(cited.issued.year) if cited.issued else "n.d."
    by = f"{cited.publisher or cited.site} ({year}). "
    within = "Position" if cited.title == cited.site else f"{cited.site}, position"
    said = f"{by}{cited.title}. {within} {cited.position}. {cited.url}"
    return f"{_one_line(said)}\n".encode()


def bibtex(cited: Citation) -> bytes:
    """An entry `@misc`, which every style knows, in UTF-8."""
    fields = {
        "title": f"{{{_tex(cited.title)}}}",
        "author": f"{{{_tex(cited.publisher or cited.site)}}}",
        "howpublished": _tex(f"{cited.site}, position {cited.position}"),
        "year": str(cited.issued.year) if cited.issued else "",
        "month": str(cited.issued.month) if cited.issued else "",
        "url": re.sub(r"[{}\\]", "", cited.url),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{_key(cited)},\n{lines}}}\n".encode()


def csl(cited: Citation) -> bytes:
    """A list of one item, as CSL-JSON has it."""
    item = {
        "id": _key(cited),
        "type": "dataset",
        "title": cited.title,
        "author": [{"literal": cited.publisher or cited.site}],
        "publisher": cited.publisher or cited.site,
        "container-title": cited.site,
        "version": cited.position,
        "URL": cited.url,
        **(
            {"issued": {"date-parts": [[cited.issued.year, cited.issued.month, cited.issued.day]]}}
            if cited.issued
            else {}
        ),
    }
    return orjson.dumps([item], option=orjson.OPT_INDENT_2)


FORMS = {".citation.txt": text, ".bib": bibtex, ".csl.json": csl}
"""How a citation is written down, by the ending of the path."""


def _key(cited: Citation) -> str:
    words = re.findall(r"[a-z0-9]+", cited.title.lower())[:4]
    return "-".join(["ledger", *words, re.sub(r"\D+", "-", cited.position).strip("-")])


_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def _tex(said: str) -> str:
    """Text that TeX sets as it stands."""
    return re.sub(r"[\\~^&%$#_{}]", lambda found: _TEX.get(found[0], f"\\{found[0]}"), _one_line(said))


def _one_line(said: str) -> str:
    return " ".join(said.split())
