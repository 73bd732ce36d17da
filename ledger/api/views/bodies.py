"""Views as bytes, kept as long as they are true: the same question about the same events is answered once."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import NamedTuple, cast

from ledger.api.access.allowances import Asker
from ledger.api.http.answers import tag_of
from ledger.api.http.forms import FORMS
from ledger.api.http.query import AsOf
from ledger.api.lru import Lru
from ledger.api.site import citations
from ledger.api.site.about import about, cited_title
from ledger.api.site.citations import Citation
from ledger.api.site.pages import PageKind, page_of
from ledger.api.site.shell import HTML, Site, shell
from ledger.api.state.history import NAME_BYTES, History, Place
from ledger.api.views.metadata import CutTexts, Metadata, SourceCount, sources
from ledger.api.views.tables import table
from ledger.errors import UnknownName
from ledger.follow.books import Books, paused_garbage_collection
from ledger.follow.replica import Replica
from ledger.software import SOFTWARE
from ledger.views import Asked, Views, made
from schemas.codec import decode
from schemas.events import AnyEvent
from schemas.record import Frontier, from_microseconds
from schemas.values import Value
from schemas.view_kinds import VIEW_KINDS, Base, ViewKind
from schemas.views import Tally, view_bytes

BODY_WEIGHT = 512
"""What an empty body weighs in a cache that counts bytes."""


class Exchanges(Value):
    """The tally of every exchange, and of every process of more than one."""

    exchanges: list[Tally]
    processes: list[Tally]


class Body(NamedTuple):
    """A view written down in one form."""

    raw: bytes
    media_type: str
    tag: str

    @classmethod
    def of(cls, raw: bytes, media_type: str) -> "Body":
        """Bytes with their tag."""
        return cls(raw, media_type, tag_of(raw))


class Found(NamedTuple):
    """A view in one form, and the position at which it is read."""

    body: Body
    position: Frontier


class Question(NamedTuple):
    """A view in one form: of an exchange, and of an item in it (a round, a figure). `view` None: the exchanges."""

    view: ViewKind | None
    exchange: str
    item: str
    ending: str
    path: str


class PageAsked(NamedTuple):
    """A page: of which kind, of which exchange and of what in it. `query` is what pins it, as it was asked for."""

    kind: PageKind
    exchange: str
    item: str
    path: str
    query: str


class WantedBody(NamedTuple):
    """A body that is kept: by which key, made of the books of which exchanges. `is_pinned`: it names its position."""

    key: Hashable
    scope: tuple[str, ...]
    is_pinned: bool
    make: Callable[[Place, Books], Body]


class BodyCache:
    """Answers questions from the books, now or as of another moment, and keeps the answers within a bound."""

    def __init__(self, replica: Replica, history: History, bytes_max: int, site: Site) -> None:
        self._replica = replica
        self._history = history
        self.kept: Lru[Body] = Lru(bytes_max)
        replica.when_redacted(self.kept.clear)
        self._site = site

    async def answer(self, question: Question, asked: AsOf, asker: Asker) -> Found:
        """A view as bytes, at the cost of whoever asks. Raises UnknownName, HttpProblem."""
        is_beside = FORMS[question.ending].is_beside

        def make(place: Place, books: Books) -> Body:
            return self._beside(question, place, asked, books) if is_beside else self._written(question, books)

        return await self.found(WantedBody(question, self._scope(question), is_beside, make), asked, asker)

    async def page(self, page: PageAsked, asked: AsOf, asker: Asker) -> Found:
        """The document of a page, at the cost of whoever asks. Raises UnknownName, HttpProblem."""
        kind = None if page.kind.view is None else VIEW_KINDS[page.kind.view]
        scope = self._scope(Question(kind, page.exchange, page.item, ".json", ""))

        def make(place: Place, books: Books) -> Body:
            found = about(page.kind.name, self.asked(page.exchange, page.item, books, place))
            raw = shell(found, page.path, page.query, self._site)
            return Body.of(raw, HTML)

        return await self.found(WantedBody(page, scope, False, make), asked, asker)

    async def found(self, wanted: WantedBody, asked: AsOf, asker: Asker) -> Found:
        """A body that is wanted, at the cost of whoever asks. Raises UnknownName, HttpProblem."""
        bound = await self._history.bound(asked)
        place = self._history.place(wanted.scope, asked, bound)
        key = (wanted.key, place.key, (str(place.position), asked.texts) if wanted.is_pinned else None)
        body = self.kept.get(key)
        if body is None:
            cleared = self.kept.cleared
            body = await self._history.read(place, asker, partial(wanted.make, place))
            if cleared == self.kept.cleared:
                self._keep(key, body, place.scope)
        return Found(body, place.position)

    def view_now(self, name: str, exchange: str, item: str = "") -> bytes:
        """A view of the whole log, as JSON. Raises UnknownName."""
        question = Question(VIEW_KINDS[name], exchange, item, ".json", "")
        scope = self._scope(question)
        key = (question, scope, self._replica.version(scope))
        body = self.kept.get(key)
        if body is None:
            with paused_garbage_collection():
                body = self._written(question, self._replica.books)
            self._keep(key, body, scope)
        return body.raw

    def _keep(self, key: Hashable, body: Body, scope: Sequence[str]) -> None:
        self.kept.put(key, body, BODY_WEIGHT + NAME_BYTES * len(scope) + len(body.raw))

    def _scope(self, question: Question) -> tuple[str, ...]:
        if question.view is None:
            return tuple(sorted(self._replica.exchanges))
        return self.scope(question.exchange, question.view.rests_on)

    def scope(self, exchange: str, rests_on: Base) -> tuple[str, ...]:
        """The exchanges on which what is said of an exchange rests. Raises UnknownName."""
        scope = (self._replica.scope_with_takings if rests_on == "takings" else self._replica.scope)(exchange)
        if not scope:
            raise UnknownName("exchange", exchange, sorted(self._replica.exchanges))
        return scope

    def _written(self, question: Question, books: Books) -> Body:
        if question.view is None:
            raw, media_type = _exchanges(books, question.ending)
        else:
            raw, media_type = _form(question.view, self._made(question.view, question, books), question.ending)
        return Body.of(raw, media_type)

    def _made(self, kind: ViewKind, question: Question, books: Books) -> Views:
        return made(kind, self.asked(question.exchange, question.item, books))

    def asked(self, exchange: str, item: str, books: Books, place: Place | None = None) -> Asked:
        """A question to books about an exchange, and an item in it; of a place it reads no event beyond that."""

        def read(event_id: str) -> AnyEvent:
            try:
                entry = self._replica.events.named(event_id, exchange)
            except ValueError:  # no UUID, so no id of any event
                entry = None
            if entry is None or (place is not None and not place.has(entry)):
                raise UnknownName("event", event_id)
            return cast("AnyEvent", decode(entry.payload))

        return Asked(books, exchange, item, read)

    def rests_on(self, exchange: str, place: Place, books: Books) -> tuple[int, list[SourceCount]]:
        """On how many events rests what is said of an exchange, a process or all of them, and on whose word."""
        counted = dict(zip(place.scope, place.version, strict=True))
        own = {exchange} & counted.keys() or counted.keys()
        entries = (entry for each in own for entry in self._replica.of(each, counted[each]))
        events = sum(book.events for book in books.by_exchange.values() if book.exchange in own)
        return events, sources(entries, place.cut)

    def _beside(self, question: Question, place: Place, asked: AsOf, books: Books) -> Body:
        form = FORMS[question.ending]
        if question.ending == ".metadata.json":
            raw = self._metadata(question, place, asked, books)
        else:
            raw = citations.FORMS[question.ending](self._citation(question, place, asked, books))
        return Body.of(raw, form.media_type)

    def _citation(self, question: Question, place: Place, asked: AsOf, books: Books) -> Citation:
        """How a view is cited: as the page that shows it at this position."""
        view = question.view and question.view.name
        page = page_of(view)
        found = about(page.name, self.asked(question.exchange, question.item, books))
        recorded = [entry.recorded_us for entry in self._replica.last_of(place.scope, place.version)]
        path = page.path_of(question.exchange, question.item)
        return Citation(
            title=cited_title(found, view) or self._site.name,
            site=self._site.name,
            publisher=self._site.publisher,
            issued=from_microseconds(max(recorded)).date() if recorded else None,
            position=str(place.position),
            url=self._site.addresses.absolute(f"{path}?{asked.query(place.position)}"),
        )

    def _metadata(self, question: Question, place: Place, asked: AsOf, books: Books) -> bytes:
        if question.view is not None:  # so that there is none of what there is not
            self._made(question.view, question, books)
        events, its_sources = self.rests_on(question.exchange, place, books)
        query = asked.query(place.position)
        site, path = self._site, question.path
        forms = [each.ending for each in FORMS.values() if each.ending != question.ending]
        said = Metadata(
            view="exchanges" if question.view is None else question.view.name,
            exchange=question.exchange or None,
            item=question.item or None,
            position=str(place.position),
            cut=CutTexts(**asked.cut_texts),
            events=events,
            permalink=site.addresses.absolute(f"{path}?{query}"),
            downloads={ending[1:]: site.addresses.absolute(f"{path}{ending}?{query}") for ending in forms},
            sources=its_sources,
            licence=site.licence,
            software=SOFTWARE,
        )
        return view_bytes(said)


def json_of(kind: ViewKind, views: Views) -> bytes:
    """Views of one kind as JSON: the bytes that every server gives for the same events."""
    if kind.shape == "one":
        return view_bytes(views[0])
    return b"[" + b",".join(map(view_bytes, views)) + b"]"


def _form(kind: ViewKind, views: Views, ending: str) -> tuple[bytes, str]:
    if ending == ".json":
        return json_of(kind, views), FORMS[ending].media_type
    return table(kind.model, views, hashtags=ending == ".hxl.csv"), FORMS[ending].media_type


def _exchanges(books: Books, ending: str) -> tuple[bytes, str]:
    found = Exchanges(exchanges=books.tallies(), processes=books.process_tallies())
    if ending == ".json":
        return view_bytes(found), FORMS[ending].media_type
    return table(Tally, [*found.exchanges, *found.processes], hashtags=ending == ".hxl.csv"), FORMS[ending].media_type
