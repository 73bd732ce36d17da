"""A chart as a document that pages of others may frame: read without scripts, light or dark, narrow or wide."""

import base64
import hashlib
from functools import cache
from html import escape

from markupsafe import Markup

from ledger.api.charts.scene import DARK, LIGHT, OF_PAGE, SANS, Palette, written
from ledger.api.charts.sheet import Sheet
from ledger.api.http.answers import SECURITY, Headers
from ledger.api.site.rendering import rendered

ROOMS = {"small": 256.0, "narrow": 380.0, "middle": 600.0, "wide": 900.0}
"""How wide a chart is drawn, by the room that there is; the style sheet shows the one that fits."""
HEIGHT = 560
"""So tall is a frame that is not told how tall its chart is."""
_SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox"
_HERE = "http://127.0.0.1:* http://localhost:*"


def document(sheet: Sheet, page: str) -> str:
    """A chart as HTML. `page` is the address of the page that shows it."""
    title, aloud = f"{sheet.title}. {sheet.said.subtitle}", sheet.said.aloud
    drawings = [
        Markup(
            written(sheet.said.draw(room), OF_PAGE, title, aloud, name=name, is_file=False).replace(
                "<svg ", f'<svg class="{name}" ', 1
            )
        )
        for name, room in ROOMS.items()
    ]
    style, script = Markup(_style()), Markup(_script())
    return rendered("embed.html", sheet=sheet, page=page, drawings=drawings, style=style, script=script).decode()


def rules(is_private: bool) -> Headers:
    """How a browser treats such a document: anybody may frame it; of a server for this machine, only pages of it.

    It runs its own script and no other, and speaks to nobody.
    """
    allowed = f"style-src {_hash(_style())}; script-src {_hash(_script())}"
    framed = _HERE if is_private else "*"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'; frame-ancestors {framed}"
    return [*SECURITY, (b"content-security-policy", policy.encode())]


def snippet(src: str, title: str, width: int = 0, height: int = HEIGHT) -> str:
    """What stands in a page of somebody else to show a chart. `width` 0: as wide as there is room.

    It bears no style, which the policy of that page may forbid.
    """
    wide = f'width="{width}"' if width else 'width="100%"'
    named = f'src="{escape(src)}" title="{escape(title)}"'
    return f'<iframe {named} {wide} height="{height}" loading="lazy" frameborder="0" sandbox="{_SANDBOX}"></iframe>'


@cache
def _style() -> str:
    return rendered("embed.css", light=_colours(LIGHT), dark=_colours(DARK), sans=Markup(SANS)).decode()


@cache
def _script() -> str:
    return rendered("embed.js").decode()


def _colours(palette: Palette) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in palette.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
