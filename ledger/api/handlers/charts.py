"""Charts to take away: listed, as files, as a frame for pages of others, and found by oEmbed."""

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from starlette.types import ASGIApp

from ledger.api.charts import embeds
from ledger.api.charts.kinds import CHARTS
from ledger.api.handlers.call import Call
from ledger.api.handlers.replies import Given, answered, attached
from ledger.api.http.addresses import exchange_path
from ledger.api.http.answers import ANYWHERE, INERT, JSON, Answer, Headers
from ledger.api.http.problems import HttpProblem
from ledger.api.http.query import AS_OF, AsOf, as_of, number, query_of
from ledger.api.site.pages import PAGE_KINDS
from ledger.api.views.bodies import Found
from ledger.api.views.drawings import ChartView, Drawing
from schemas.values import Value
from schemas.views import view_bytes

SIZE_MAX = 100_000
FRAME_WIDTH = 720
"""So wide is the frame that oEmbed gives, unless less is asked for."""
_EMBEDDED = ("exchangePage", "chartPage", "roundPage", "figurePage")
_IN_PAGE: Mapping[str, str] = {"exchangePage": "totals", "figurePage": "totals", "roundPage": "rounds"}
"""The chart that stands for a page."""


class OEmbed(Value):
    """A frame for a page, as https://oembed.com has it."""

    version: Literal["1.0"] = "1.0"
    type: Literal["rich"] = "rich"
    title: str
    provider_name: str
    provider_url: str
    html: str
    width: int
    height: int
    thumbnail_url: str
    thumbnail_width: int
    thumbnail_height: int


async def charts(call: Call) -> ASGIApp:
    """The charts that there are of an exchange, and where they are found."""
    exchange = _exchange(call)
    pinned = _pinned(as_of(call.given))

    def write(chart: str, title: str, subtitle: str) -> ChartView:
        frame = _absolute(call, _embed_path(exchange, chart), pinned)
        return ChartView(
            chart=chart,
            title=title,
            subtitle=subtitle,
            page=_absolute(call, _page_path(exchange, chart), pinned),
            svg=_absolute(call, _chart_path(exchange, chart, ".svg"), pinned),
            png=_absolute(call, _chart_path(exchange, chart, ".png"), pinned),
            embed=frame,
            snippet=embeds.snippet(frame, title),
        )

    async def find(asked: AsOf) -> Found:
        return await call.service.drawings.listed(exchange, pinned, write, asked, call.asker)

    return await answered(call, Given("charts", f"{exchange_path(exchange)}/charts"), find)


async def svg(call: Call) -> ASGIApp:
    """A chart as SVG, legible by itself."""
    drawing = _drawing(call)
    how = _file(call, "chartSvg", _chart_path(drawing.exchange, drawing.chart, ".svg"), drawing.chart, ".svg")
    return await answered(call, how, lambda asked: call.service.drawings.svg(drawing, asked, call.asker))


async def png(call: Call) -> ASGIApp:
    """A chart as PNG, legible by itself, two pixels for each unit of the SVG."""
    drawing = _drawing(call)
    drawings = call.service.drawings
    how = _file(call, "chartPng", _chart_path(drawing.exchange, drawing.chart, ".png"), drawing.chart, ".png")

    async def find(asked: AsOf) -> Found:
        return await drawings.png(await drawings.svg(drawing, asked, call.asker), call.asker)

    return await answered(call, how, find)


async def preview(call: Call) -> ASGIApp:
    """The picture that stands for a link to an exchange or a figure, 1200 by 630 pixels."""
    exchange, figure, drawings = _exchange(call), call.given.get("figure", ""), call.service.drawings
    query = {"figure": figure} if figure else {}

    async def find(asked: AsOf) -> Found:
        drawn = await drawings.preview(exchange, figure, asked, call.asker)
        return await drawings.png(drawn, call.asker, zoom=1.0)

    how = _file(call, "preview", f"{exchange_path(exchange)}/preview.png", "preview", ".png")
    return await answered(call, how._replace(query=query), find)


async def embed(call: Call) -> ASGIApp:
    """A chart as a small document for a frame in a page of somebody else."""
    drawing, service = _drawing(call), call.service
    page = service.site.addresses.path(_page_path(drawing.exchange, drawing.chart)) + _query(_pinned(as_of(call.given)))
    rules = [*embeds.rules(service.is_private), *_anywhere(call)]
    how = Given("embed", _embed_path(drawing.exchange, drawing.chart), rules=rules)

    async def find(asked: AsOf) -> Found:
        return await service.drawings.embed(drawing, page, asked, call.asker)

    return await answered(call, how, find)


async def oembed(call: Call) -> ASGIApp:
    """A frame for the address of a page of this server, as oEmbed asks for it."""
    if call.given.get("format", "json") != "json":
        raise HttpProblem("not-made", f"format {call.given['format'][:80]!r}: only json is made here")
    origin, named, query = _page(call, call.given.get("url", ""))
    exchange, figure = named["exchange"], named.get("figure", "")
    width = min(number(call.given, "maxwidth", FRAME_WIDTH, SIZE_MAX), FRAME_WIDTH)
    height = min(number(call.given, "maxheight", embeds.HEIGHT, SIZE_MAX), embeds.HEIGHT)
    drawing = Drawing(exchange, named["chart"], "")
    title = await call.service.drawings.title(drawing, figure, as_of(query), call.asker)
    site = call.service.site
    here = origin + site.addresses.base
    frame = f"{here}{_embed_path(exchange, drawing.chart)}{_query(query)}"
    picture = _query({**({"figure": figure} if figure else {}), **query})
    said = OEmbed(
        title=title,
        provider_name=site.name,
        provider_url=f"{here}/",
        html=embeds.snippet(frame, title, width, height),
        width=width,
        height=height,
        thumbnail_url=f"{here}{exchange_path(exchange)}/preview.png{picture}",
        thumbnail_width=1200,
        thumbnail_height=630,
    )
    return Answer(view_bytes(said), JSON, headers=[(b"cache-control", b"no-cache"), *call.service.shared])


def _page(call: Call, url: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """The origin of the address of a page of this server, what it is of with the chart that stands for it, and the
    moment that pins it.

    Raises HttpProblem for the address of anything else.
    """
    parts = _parts(url)
    addresses = call.service.site.addresses
    origins = {addresses.origin, f"{call.request.url.scheme}://{call.request.url.netloc}"}
    path = parts.path.removeprefix(addresses.base)
    if parts.path.startswith(addresses.base) and (origin := f"{parts.scheme}://{parts.netloc}") in origins:
        for name in _EMBEDDED:
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", PAGE_KINDS[name].address)
            if found := re.fullmatch(pattern, path):
                named = {each: unquote(text) for each, text in found.groupdict().items()}
                query = {key: text for key, text in parse_qsl(parts.query) if key in AS_OF}
                return origin, {"chart": _IN_PAGE.get(name, ""), **named}, query
    raise HttpProblem("no-such-page", "url: give the address of an exchange here, or of a figure, round or chart of it")


def _parts(url: str) -> SplitResult:
    """The parts of an address; none of what is no address."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


# -- addresses -------------------------------------------------------------------------------------


def _exchange(call: Call) -> str:
    exchange: str = call.request.path_params["exchange"]
    return exchange


def _drawing(call: Call) -> Drawing:
    """The chart in the path. It names the address of its page where the server knows its own."""
    exchange, chart = _exchange(call), str(call.request.path_params["chart"])
    is_known = chart in CHARTS and call.service.site.addresses.origin
    return Drawing(exchange, chart, _absolute(call, _page_path(exchange, chart), {}) if is_known else "")


def _chart_path(exchange: str, chart: str, ending: str) -> str:
    return f"{exchange_path(exchange)}/charts/{quote(chart)}{ending}"


def _page_path(exchange: str, chart: str) -> str:
    return PAGE_KINDS["chartPage"].path(exchange=exchange, chart=chart)


def _embed_path(exchange: str, chart: str) -> str:
    return f"/embed{PAGE_KINDS['exchangePage'].path(exchange=exchange)}/{quote(chart, safe='')}"


def _absolute(call: Call, path: str, query: Mapping[str, str]) -> str:
    return call.service.site.addresses.absolute(path) + _query(query)


def _pinned(asked: AsOf) -> dict[str, str]:
    return dict(asked.texts)


def _query(query: Mapping[str, str]) -> str:
    return f"?{query_of(query)}" if query else ""


def _anywhere(call: Call) -> Headers:
    """What everybody may read, pages of others may also show."""
    return ANYWHERE if call.service.shared else []


def _file(call: Call, name: str, path: str, what: str, ending: str) -> Given:
    named = attached(_exchange(call), what, ending=ending, how="inline")
    return Given(name, path, headers=[named], rules=[*INERT, *_anywhere(call)])
