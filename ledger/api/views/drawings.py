"""Charts as bytes: made of the books at any moment, at the cost of whoever asks, and kept like other bodies."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from ledger.api.access.allowances import Asker, timed
from ledger.api.charts import embeds, preview, raster, sheet
from ledger.api.charts.kinds import CHARTS, Drawable, Said
from ledger.api.charts.sheet import Origin, Sheet
from ledger.api.charts.text import clean
from ledger.api.http.answers import JSON, PNG, SVG
from ledger.api.http.problems import HttpProblem
from ledger.api.http.query import AsOf
from ledger.api.site.shell import HTML, Site
from ledger.api.state.fair_turns import FairTurns
from ledger.api.state.history import Place
from ledger.api.views.bodies import BODY_WEIGHT, Body, BodyCache, Found, WantedBody
from ledger.book.figure_names import figure_name
from ledger.book.transfers import SIDES
from ledger.errors import UnknownName
from ledger.follow.books import Books
from ledger.follow.replica import Replica
from ledger.views import made
from schemas.record import Frontier, from_microseconds
from schemas.values import Value
from schemas.view_kinds import VIEW_KINDS
from schemas.views import Explanation, Tally, view_bytes

PICTURE_WORK = 4_000
"""How long a turn for a picture is reckoned to be, in events that are folded. It costs the time that it takes."""
PIXELS_MAX = 8_000_000
ZOOM = 2.0
"""Pixels for each unit of a chart, as screens and printers want them; fewer of a very tall one."""


class ChartView(Value):
    """A chart that there is of an exchange, and where it is had: as a page, as files, and as a frame for other pages.

    `snippet` is what shows it in a page of somebody else.
    """

    chart: str
    title: str
    subtitle: str
    page: str
    svg: str
    png: str
    embed: str
    snippet: str


class Drawing(NamedTuple):
    """A chart of an exchange, and where it is found."""

    exchange: str
    chart: str
    address: str


class Drawings:
    """Charts, in each form."""

    def __init__(self, bodies: BodyCache, replica: Replica, turns: FairTurns, site: Site) -> None:
        self._bodies, self._replica, self._turns, self._site = bodies, replica, turns, site

    async def svg(self, drawing: Drawing, asked: AsOf, asker: Asker) -> Found:
        """A chart as a file. Raises UnknownName, HttpProblem."""
        return await self._drawn(drawing, "svg", lambda each: Body.of(sheet.svg(each).encode(), SVG), asked, asker)

    async def embed(self, drawing: Drawing, page: str, asked: AsOf, asker: Asker) -> Found:
        """A chart as a document, which leads to its page. Raises UnknownName, HttpProblem."""

        def write(each: Sheet) -> Body:
            return Body.of(embeds.document(each, page).encode(), HTML)

        return await self._drawn(drawing, f"embed {page}", write, asked, asker)

    async def _drawn(
        self, drawing: Drawing, form: str, write: Callable[[Sheet], Body], asked: AsOf, asker: Asker
    ) -> Found:
        if drawing.chart not in CHARTS:
            raise UnknownName("chart", drawing.chart, [*CHARTS])

        def make(place: Place, books: Books) -> Body:
            kind = CHARTS[drawing.chart]
            of = self._drawable(books, drawing.exchange, kind.needs)
            said = kind.says(of)
            if said is None:
                raise UnknownName("chart", drawing.chart, [name for name, _ in self._there(books, drawing.exchange)])
            return write(
                Sheet(title_of(of.tally), said, self._origin(drawing.exchange, drawing.address, place, books, asked))
            )

        return await self._found((drawing, form), drawing.exchange, make, asked, asker)

    async def listed(
        self,
        exchange: str,
        pinned: Mapping[str, str],
        write: Callable[[str, str, str], ChartView],
        asked: AsOf,
        asker: Asker,
    ) -> Found:
        """The charts that there are, as JSON: each as `write` gives it for a name, a title and a subtitle.

        What is `pinned` stands in their addresses.
        """

        def make(_: Place, books: Books) -> Body:
            title = title_of(_tally(self._bodies, books, exchange))
            views = (
                write(name, f"{title}: {CHARTS[name].title.lower()}", said.subtitle)
                for name, said in self._there(books, exchange)
            )
            return Body.of(b"[" + b",".join(map(view_bytes, views)) + b"]", JSON)

        return await self._found((exchange, "charts", *pinned.items()), exchange, make, asked, asker)

    async def title(self, drawing: Drawing, figure: str, asked: AsOf, asker: Asker) -> str:
        """What a chart of an exchange, or a figure of it, is called. Raises UnknownName, HttpProblem."""
        if figure:
            await self.preview(drawing.exchange, figure, asked, asker)

        def write(each: Sheet) -> Body:
            what = figure_name(figure) if figure else CHARTS[drawing.chart].title.lower()
            return Body.of(f"{each.title}: {what}".encode(), JSON)

        found = await self._drawn(drawing, f"title {figure}", write, asked, asker)
        return found.body.raw.decode()

    async def preview(self, exchange: str, figure: str, asked: AsOf, asker: Asker) -> Found:
        """What stands for a link to an exchange, or a figure of it, as SVG. Raises UnknownName, HttpProblem."""

        def make(place: Place, books: Books) -> Body:
            tally = _tally(self._bodies, books, exchange)
            origin = self._origin(exchange, "", place, books, asked)
            if not figure:
                return Body.of(preview.of_exchange(tally, origin).encode(), SVG)
            view = made(VIEW_KINDS["explanation"], self._bodies.asked(exchange, figure, books))[0]
            return Body.of(preview.of_figure(tally, cast("Explanation", view), origin).encode(), SVG)

        return await self._found((exchange, figure, "preview"), exchange, make, asked, asker)

    async def png(self, svg: Found, asker: Asker, zoom: float = ZOOM) -> Found:
        """A drawing as a picture. Raises HttpProblem."""
        key = ("png", svg.body.tag, zoom)
        kept = self._bodies.kept
        body = kept.get(key)
        if body is None:
            cleared = kept.cleared
            async with self._turns.turn(asker.client, PICTURE_WORK):
                with timed(asker, 0):  # afterwards: who has drawn it by what was left is not refused the picture
                    body = Body.of(await _picture(svg.body.raw.decode(), zoom), PNG)
            if cleared == kept.cleared:
                kept.put(key, body, BODY_WEIGHT + len(body.raw))
        return Found(body, svg.position)

    async def _found(
        self, name: tuple[object, ...], exchange: str, make: Callable[[Place, Books], Body], asked: AsOf, asker: Asker
    ) -> Found:
        scope = self._bodies.scope(exchange, "takings")
        return await self._bodies.found(WantedBody((name, *asked.cut_texts.items()), scope, False, make), asked, asker)

    # -- what a chart is made of -------------------------------------------------------------------

    def _there(self, books: Books, exchange: str) -> Iterator[tuple[str, Said]]:
        """The charts that there are, with what they say."""
        needs = {each for kind in CHARTS.values() for each in kind.needs}
        of = self._drawable(books, exchange, needs)
        for name, kind in CHARTS.items():
            if (said := kind.says(of)) is not None:
                yield name, said

    def _drawable(self, books: Books, exchange: str, needs: Sequence[str] | set[str]) -> Drawable:
        tally = _tally(self._bodies, books, exchange)
        is_one = exchange in books.by_exchange

        def views(kind: str, item: str = "") -> Sequence[object]:
            return made(VIEW_KINDS[kind], self._bodies.asked(exchange, item, books))

        members = [books.tally(each) for each in tally.exchanges] if "members" in needs and not is_one else []
        found = {kind: views(kind) for kind in ("rounds", "pauses", "claims") if is_one and kind in needs}
        freed = (
            {side: views("explanation", f"{side}.released")[0] for side in SIDES} if is_one and "freed" in needs else {}
        )
        return Drawable(tally, members=members, freed=freed, **found)  # type: ignore[arg-type]

    def _origin(self, exchange: str, address: str, place: Place, books: Books, asked: AsOf) -> Origin:
        """Where what is said of an exchange comes from. The position is that of the last event it can rest on."""
        events, sources = self._bodies.rests_on(exchange, place, books)
        last = self._replica.last_of(place.scope, place.version)
        offsets = dict[int, int]()
        for entry in last:
            offsets[entry.partition] = max(entry.offset, offsets.get(entry.partition, 0))
        return Origin(
            site=self._site.name,
            events=events,
            sources=len({each.publisher for each in sources}),
            position=str(Frontier(offsets)),
            recorded=from_microseconds(max(entry.recorded_us for entry in last)) if last else None,
            cut=[*asked.cut_texts.items()],
            address=address,
            licence=self._site.licence,
        )


async def _picture(svg: str, zoom: float) -> bytes:
    pixels = raster.pixels(svg) * zoom**2
    try:
        return await raster.png(svg, zoom * min(1.0, (PIXELS_MAX / pixels) ** 0.5))
    except OSError as error:
        raise HttpProblem("unavailable", f"{error}; try again, or take the SVG", {"Retry-After": "5"}) from error


def title_of(tally: Tally) -> str:
    """What an exchange or a process is called."""
    return clean(tally.title or "") or tally.exchange


def _tally(bodies: BodyCache, books: Books, exchange: str) -> Tally:
    return cast("Tally", made(VIEW_KINDS["tally"], bodies.asked(exchange, "", books))[0])
