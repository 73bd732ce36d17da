"""Tables as files: each is made once, by a thread, of books that are folded for it alone, and kept on disk.

A million events are folded and written part by part, in turns with what others ask for.
"""

import asyncio
import os
import sys
import weakref
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from hashlib import blake2b
from tempfile import mkstemp
from typing import NamedTuple, TypeVar

from ledger.api.access.allowances import Asker
from ledger.api.http.problems import HttpProblem
from ledger.api.http.query import AsOf
from ledger.api.lru import Lru
from ledger.api.state.history import History, Place
from ledger.errors import UnknownName
from ledger.follow.books import Books, paused_garbage_collection
from ledger.follow.replica import Replica
from ledger.software import SOFTWARE
from ledger.tables.about import AboutData
from ledger.tables.forms import FileForm
from ledger.tables.subject import Reads, TableSubject, Take, reads, subjects, subjects_at
from schemas.record import Frontier

T = TypeVar("T")

WORK = 4
"""What an event of a table costs whoever asks for it: as much as to fold so many."""
TURN = 5_000
"""So many events are folded and written before others have a turn."""
_READ = 1 << 20


class Built:
    """A file on disk, which goes when nobody needs it any more, and the tag of its bytes."""

    def __init__(self, path: str) -> None:
        self.path, self.stat = path, os.stat(path)
        self.tag = _tag_of_file(path)
        self._removing = weakref.finalize(self, os.unlink, path)


def _tag_of_file(path: str) -> str:
    digest = blake2b(digest_size=16)
    with open(path, "rb") as file:
        while part := file.read(_READ):
            digest.update(part)
    return f'"{digest.hexdigest()}"'


class Wanted(NamedTuple):
    """A form of the tables of an exchange or a process; of the whole ledger where `name` is None."""

    name: str | None
    form: FileForm


class Downloads:
    """Makes files of tables, and keeps those that were asked for last within a bound of bytes on disk."""

    def __init__(self, replica: Replica, history: History, bytes_max: int, licence: str) -> None:
        self._replica, self._history, self._licence = replica, history, licence
        self.kept: Lru[Built] = Lru(bytes_max)
        replica.when_redacted(self.kept.clear)
        self.made = 0
        self._making: dict[Hashable, asyncio.Task[Built]] = {}
        self._is_over = False

    async def answer(self, wanted: Wanted, asked: AsOf, asker: Asker) -> tuple[Built, Frontier]:
        """A file, made at the cost of whoever is first, and up to where it is read. Raises UnknownName, HttpProblem."""
        bound = await self._history.bound(asked)
        place = self._history.place(self._scope(wanted.name), asked, bound)
        where = (str(place.position), asked.texts) if wanted.form.says_where else None
        key = (wanted.name, wanted.form.ending, place.key, where, self.kept.cleared)
        built = self.kept.get(key)
        if built is None:
            making = self._making.get(key) or self._begun(key, wanted, place, asked, asker)
            built = await asyncio.shield(making)  # others wait for it, too
        return built, place.position

    def close(self) -> None:
        """Have whatever is being made come to an end."""
        self._is_over = True

    def _scope(self, name: str | None) -> Sequence[str]:
        scope = sorted(self._replica.exchanges) if name is None else self._replica.scope(name)
        if name is not None and not scope:
            raise UnknownName("exchange", name, sorted(self._replica.exchanges))
        return scope

    def _begun(self, key: Hashable, wanted: Wanted, place: Place, asked: AsOf, asker: Asker) -> "asyncio.Task[Built]":
        asker.spend(WORK * place.events)
        about = AboutData(wanted.name, str(place.position), asked.cut_texts, self._licence, SOFTWARE)
        task = self._making[key] = asyncio.create_task(self._make(wanted, place, about, asker.client))
        cleared = self.kept.cleared

        def done(task: "asyncio.Task[Built]") -> None:
            del self._making[key]
            if not task.cancelled() and task.exception() is None and cleared == self.kept.cleared:
                self.kept.put(key, task.result(), task.result().stat.st_size)

        task.add_done_callback(done)
        return task

    async def _make(self, wanted: Wanted, place: Place, about: AboutData, client: str) -> Built:
        self.made += 1
        cleared = self.kept.cleared
        source = _FoldedPlace(self._replica, self._history, place, wanted.name, lambda: self._is_over)
        handle, path = mkstemp(prefix="ledger-data-")
        try:
            with os.fdopen(handle, "wb") as file:
                async with _in_threads(wanted.form.into(file, about)) as take:
                    for part in source.parts():
                        async with self._history.turn(client, part.events):
                            await asyncio.to_thread(source.write, part.exchanges, take)
            built = await asyncio.to_thread(Built, path)
        except BaseException as error:
            os.unlink(path)
            if cleared != self.kept.cleared and isinstance(error, Exception):
                raise _redacted() from error
            raise
        if cleared != self.kept.cleared:
            raise _redacted()
        return built


def _redacted() -> HttpProblem:
    return HttpProblem("unavailable", "an event was removed while the file was made; ask again", {"Retry-After": "1"})


@asynccontextmanager
async def _in_threads(context: AbstractContextManager[T]) -> AsyncIterator[T]:
    """A context that takes long to begin and to end."""
    value = await asyncio.to_thread(context.__enter__)
    try:
        yield value
    except BaseException:
        if not context.__exit__(*sys.exc_info()):
            raise
    else:
        await asyncio.to_thread(context.__exit__, None, None, None)


class _Slice(NamedTuple):
    """Some exchanges that are written in one turn, and how many events are folded for them at most."""

    exchanges: Sequence[str]
    events: int


class _FoldedPlace:
    """The exchanges of a place, by their ids. Those of a process are folded together, once, and let go of soon."""

    def __init__(
        self, replica: Replica, history: History, place: Place, name: str | None, is_over: Callable[[], bool]
    ) -> None:
        self._replica, self._history, self._name, self._is_over = replica, history, name, is_over
        self._families = {each: family for family in _families(replica, place, name) for each in family.scope}
        self._folded: dict[str, Books] = {}

    def parts(self) -> Iterator[_Slice]:
        """All exchanges in order, a turn's worth at a time."""
        if self._name is not None:
            yield _Slice((self._name,), sum({id(each): each.events for each in self._families.values()}.values()))
            return
        counted: set[int] = set()
        names, events = list[str](), 0
        for name in sorted(self._families):
            family = self._families[name]
            events += 0 if id(family) in counted else family.events
            counted.add(id(family))
            names.append(name)
            if events >= TURN:
                yield _Slice(names, events)
                names, events = [], 0
        yield _Slice(names, events)

    def write(self, names: Iterable[str], take: Take) -> None:
        """Fold what is not folded yet, and write it; in a thread."""
        with paused_garbage_collection():
            for name in names:
                for subject in self._subjects(name):
                    take(subject)

    def _subjects(self, name: str) -> Iterator[TableSubject]:
        if self._name is not None:
            books = self._history.fold(next(iter(self._families.values())))
            yield from subjects(books, self._reads, name)
            return
        family = self._families[name]
        if name not in self._folded:
            self._folded.update(dict.fromkeys(family.scope, self._history.fold(family)))
        books = self._folded.pop(name)
        if name in books.by_exchange:
            yield from subjects_at(books, self._reads(name), name)

    def _reads(self, exchange: str) -> Reads:
        def payload(event_id: str) -> bytes:
            entry = self._replica.events.named(event_id, exchange)
            if entry is None or self._is_over():
                raise LookupError(f"event {event_id} is not at hand")
            return entry.payload

        return reads(payload)


def _families(replica: Replica, place: Place, name: str | None) -> Iterator[Place]:
    """The parts of a place that depend on each other and on nothing else; all of it where one name is asked for."""
    if name is not None:
        yield place
        return
    counts = dict(zip(place.scope, place.version, strict=True))
    ahead = set(counts)
    while ahead:
        found, reached = set[str](), [ahead.pop()]
        while reached:
            each = reached.pop()
            found.add(each)
            reached += {*replica.scope(each)} & counts.keys() - found - {*reached}
        ahead -= found
        scope = sorted(found)
        yield Place(scope, tuple(counts[each] for each in scope), place.position, place.cut, place.stop)
