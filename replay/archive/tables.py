"""The tables of a ledger as files: the tidy table, a Data Package, a SQLite file for Datasette. They prove nothing."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Literal, NamedTuple, TypeAlias

import orjson

from ledger.book.cut import Cut
from ledger.errors import UsageError
from ledger.follow.books import Books
from ledger.follow.events import Events
from ledger.follow.follower import read_books
from ledger.log.port import EventLog
from ledger.software import SOFTWARE
from ledger.tables.about import AboutData
from ledger.tables.datasette import database_into, metadata
from ledger.tables.forms import FILE_FORMS, FileForm
from ledger.tables.subject import Reads, Take, reads, subjects
from replay.files import replacing
from schemas.record import Progress, Record

TableKind: TypeAlias = Literal["claims", "package", "datasette"]


class TablesAsked(NamedTuple):
    """Which tables: of an exchange or a process, or (None) of the whole ledger, as of a cut, as it was asked for."""

    exchange: str | None
    cut: Cut
    cut_texts: dict[str, str]
    licence: str


class ExportedTables(NamedTuple):
    """What was written: up to which position, of how many events, and into which file beside the one named."""

    position: str
    events: int
    beside: Path | None


class _KeptBooks(Books):
    """Books that keep the events that they are made of."""

    def __post_init__(self, stop: Record | None) -> None:
        super().__post_init__(stop)
        self.events = Events()
        self.keep = self.events.add

    def reads_of(self, exchange: str) -> Reads:
        """The events of an exchange."""

        def payload(event_id: str) -> bytes:
            entry = self.events.named(event_id, exchange)
            assert entry is not None, event_id
            return entry.payload

        return reads(payload)


async def export_tables(
    log: EventLog, path: Path, kind: TableKind, asked: TablesAsked, *, progress: Progress | None = None
) -> ExportedTables:
    """Write tables into a file, or another in place of it. Raises UsageError, UnknownName, LogUnreachable."""
    into = _database if kind == "datasette" else _form_of(path, kind).into
    books = await read_books(log, asked.cut, progress=progress, kind=_KeptBooks)
    assert isinstance(books, _KeptBooks)
    about = AboutData(asked.exchange, str(books.reached), asked.cut_texts, asked.licence, SOFTWARE)
    await asyncio.to_thread(_write, books, path, asked.exchange, lambda file: into(file, about))
    beside = path.with_suffix(".metadata.json") if kind == "datasette" else None
    if beside is not None:
        with replacing(beside) as file:
            file.write(orjson.dumps(metadata(path.stem, about), option=orjson.OPT_INDENT_2))
    return ExportedTables(about.position, sum(book.events for book in books.by_exchange.values()), beside)


def _write(
    books: _KeptBooks, path: Path, exchange: str | None, into: Callable[[IO[bytes]], AbstractContextManager[Take]]
) -> None:
    with replacing(path) as file, into(file) as take:
        for subject in subjects(books, books.reads_of, exchange):
            take(subject)


def _database(file: IO[bytes], about: AboutData) -> AbstractContextManager[Take]:
    return database_into(Path(file.name), about)


def _form_of(path: Path, kind: TableKind) -> FileForm:
    """How claims are written, by the ending of the file; the longest ending that fits."""
    known = [form for form in FILE_FORMS if (form.holds == "claims") == (kind == "claims")]
    if kind == "package":
        return known[0]
    fitting = [form for form in known if path.name.endswith(form.ending)]
    if not fitting:
        raise UsageError(
            f"claims are written as {', '.join(form.ending for form in known)}: end the name by one of these"
        )
    return max(fitting, key=lambda form: len(form.ending))
