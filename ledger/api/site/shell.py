"""The document of a page: what its head says of it, and what stands in it until scripts draw it."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from markupsafe import Markup

from ledger.api.http.addresses import Addresses, exchange_path
from ledger.api.site.about import About
from ledger.api.site.pages import FEED, PAGE_KINDS
from ledger.api.site.rendering import rendered
from ledger.book.tally import ends
from ledger.words.moments import edtf_of
from schemas.values import Moment
from schemas.views import Tally

HTML = "text/html; charset=utf-8"
DESCRIPTION_MAX = 300
"""Characters of a description: chats and searches show less."""


class Site(NamedTuple):
    """What all pages of a server have in common: its name, who keeps it, its terms of use, where it is found."""

    name: str
    publisher: str
    licence: str
    addresses: Addresses


def shell(about: About, path: str, query: str, site: Site) -> bytes:
    """The page at a path, and a query that pins it, as HTML in UTF-8."""
    description = shortened(about.description)
    title = f"{about.title} · {site.name}" if about.title else site.name
    return rendered(
        "shell.html",
        about=about,
        title=title,
        heading=about.title or site.name,
        description=description,
        path=path,
        query=f"?{query}" if query else "",
        site=site,
        here=site.addresses,
        api="" if about.tally is None else exchange_path(about.tally.exchange),
        preview="" if about.tally is None else _preview(about, about.tally, query, site),
        feed=site.addresses.absolute(FEED) + (f"?exchange={quote(about.tally.exchange)}" if about.tally else ""),
        dataset=_in_script(dataset(about, about.tally, site)) if about.tally and about.is_whole else None,
    )


def _preview(about: About, tally: Tally, query: str, site: Site) -> str:
    """The picture that stands for a link: of the figure, where the page is of one, at the position of the page."""
    asked = [urlencode({"figure": about.figure}) if about.figure else "", query]
    more = "&".join(filter(None, asked))
    return site.addresses.absolute(f"{exchange_path(tally.exchange)}/preview.png{f'?{more}' if more else ''}")


def shortened(text: str) -> str:
    """Text that fits a description."""
    return text if len(text) <= DESCRIPTION_MAX else f"{text[: DESCRIPTION_MAX - 1].rstrip()}…"


def _coverage(first: Moment, last: Moment) -> str:
    """From when to when in ISO 8601, whose second part has signs for what is open and for what is not sure."""
    return f"{edtf_of(first).partition('/')[0]}/{edtf_of(last).rpartition('/')[2]}"


def dataset(about: About, tally: Tally, site: Site) -> Mapping[str, Any]:
    """An exchange or a process as schema.org's `Dataset`, which searches for data read."""
    forms = {"application/json": exchange_path(tally.exchange), "text/csv": f"{exchange_path(tally.exchange)}.csv"}
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": tally.title or tally.exchange,
        "description": about.description,
        "identifier": tally.exchange,
        "url": site.addresses.absolute(_page(tally)),
        "creator": {"@type": "Organization", "name": site.publisher or site.name},
        "usageInfo": site.licence,
        "isAccessibleForFree": True,
        **({"temporalCoverage": _coverage(*days)} if (days := ends(tally)) else {}),
        **({"version": tally.through} if tally.through else {}),
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": form, "contentUrl": site.addresses.absolute(path)}
            for form, path in forms.items()
        ],
    }


def _page(tally: Tally) -> str:
    return PAGE_KINDS["exchangePage"].path(exchange=tally.exchange)


def _in_script(document: Mapping[str, Any]) -> Markup:
    """JSON within an element of data, which nothing in it can end."""
    text = json.dumps(document, ensure_ascii=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))
