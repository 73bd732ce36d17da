"""Views as bytes, kept as long as they are true: the same question about the same events is answered once."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple, cast

from ledger.api.access.allowances import Asker
from ledger.api.http.answers import CSV, JSON, tag_of
from ledger.api.http.query import AsOf
from ledger.api.lru import Lru
from ledger.api.state.history import NAME_BYTES, History, Place
from ledger.api.views.metadata import CutTexts, Metadata, sources
from ledger.api.views.tables import table
from ledger.errors import UnknownName
from ledger.follow.books import Books, paused_garbage_collection
from ledger.follow.replica import Replica
from ledger.software import SOFTWARE
from ledger.views import Asked, Views, made
from schemas.codec import decode
from schemas.events import AnyEvent
from schemas.record import Frontier
from schemas.values import Value
from schemas.view_kinds import VIEW_KINDS, ViewKind
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


class BodyCache:
    """Answers questions from the books, now or as of another moment, and keeps the answers within a bound."""

    def __init__(self, replica: Replica, history: History, bytes_max: int, licence: str) -> None:
        self._replica = replica
        self._history = history
        self.kept: Lru[Body] = Lru(bytes_max)
        replica.when_redacted(self.kept.clear)
        self._licence = licence

    async def answer(self, question: Question, asked: AsOf, asker: Asker) -> Found:
        """A view as bytes, at the cost of whoever asks. Raises UnknownName, HttpProblem."""
        bound = await self._history.bound(asked)
        place = self._history.place(self._scope(question), asked, bound)
        is_beside = question.ending == ".metadata.json"  # it names the position, which others have not
        key = (question, place.key, (str(place.position), asked.texts) if is_beside else None)
        body = self.kept.get(key)
        if body is None:

            def make(books: Books) -> Body:
                return self._metadata(question, place, asked, books) if is_beside else self._written(question, books)

            cleared = self.kept.cleared
            body = await self._history.read(place, asker, make)
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
        has_takings = question.view.rests_on == "takings"
        scope = (self._replica.scope_with_takings if has_takings else self._replica.scope)(question.exchange)
        if not scope:
            raise UnknownName("exchange", question.exchange, sorted(self._replica.exchanges))
        return scope

    def _written(self, question: Question, books: Books) -> Body:
        if question.view is None:
            raw, media_type = _exchanges(books, question.ending)
        else:
            raw, media_type = _form(question.view, self._made(question.view, question, books), question.ending)
        return Body(raw, media_type, tag_of(raw))

    def _made(self, kind: ViewKind, question: Question, books: Books) -> Views:
        def read(event_id: str) -> AnyEvent:
            entry = self._replica.events.named(event_id, question.exchange)
            assert entry is not None, event_id
            return cast("AnyEvent", decode(entry.payload))

        return made(kind, Asked(books, question.exchange, question.item, read))

    def _metadata(self, question: Question, place: Place, asked: AsOf, books: Books) -> Body:
        if question.view is not None:  # so that there is none of what there is not
            self._made(question.view, question, books)
        own = {question.exchange} & set(place.scope) or set(place.scope)
        counted = ((each, count) for each, count in zip(place.scope, place.version, strict=True) if each in own)
        entries = [entry for exchange, count in counted for entry in self._replica.of(exchange, count)]
        query = asked.query(place.position)
        downloads = {ending[1:]: f"{question.path}{ending}?{query}" for ending in (".json", ".csv", ".hxl.csv")}
        said = Metadata(
            view="exchanges" if question.view is None else question.view.name,
            exchange=question.exchange or None,
            item=question.item or None,
            position=str(place.position),
            cut=CutTexts(**{name: text for name, text in asked.texts if name != "position"}),
            events=sum(book.events for book in books.by_exchange.values() if book.exchange in own),
            permalink=f"{question.path}?{query}",
            downloads=downloads,
            sources=sources(entries, asked.cut),
            licence=self._licence,
            software=SOFTWARE,
        )
        raw = view_bytes(said)
        return Body(raw, JSON, tag_of(raw))


def json_of(kind: ViewKind, views: Views) -> bytes:
    """Views of one kind as JSON: the bytes that every server gives for the same events."""
    if kind.shape == "one":
        return view_bytes(views[0])
    return b"[" + b",".join(map(view_bytes, views)) + b"]"


def _form(kind: ViewKind, views: Views, ending: str) -> tuple[bytes, str]:
    if ending == ".json":
        return json_of(kind, views), JSON
    return table(kind.model, views, hashtags=ending == ".hxl.csv"), CSV


def _exchanges(books: Books, ending: str) -> tuple[bytes, str]:
    found = Exchanges(exchanges=books.tallies(), processes=books.process_tallies())
    if ending == ".json":
        return view_bytes(found), JSON
    return table(Tally, [*found.exchanges, *found.processes], hashtags=ending == ".hxl.csv"), CSV
