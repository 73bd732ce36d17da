"""`ledger publish`: files of events, each line landed or refused and kept."""

import asyncio
import sys
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple, TypeAlias

import orjson
import typer
from rich.progress import Progress

from ledger.blocking import Ledger
from ledger.cli.notices import NewEvents, rehearsing, tell_moved
from ledger.cli.options import AsJson, Log, Sign, opened, progress_bar, shown, signing, stderr, tell
from ledger.errors import EventConflict, LedgerError, RejectedEvents, UsageError
from ledger.log.port import Receipt
from ledger.mapping.document import TableMapping
from ledger.mapping.events import mapped_events
from ledger.mapping.records import TABLES
from schemas.carriers import with_id
from schemas.codec import encode
from schemas.errors import InvalidEvent

app = typer.Typer()
QUEUE_MAX = 1000
_LOOKED_AT = 1024
REFUSED_MAX = 1000
"""Refused lines that are kept in one commit."""


class InputLine(NamedTuple):
    """One event of an input: where it stands, its bytes as they came, and the event made of them, or why not.

    What a mapping declares by itself has no bytes that came.
    """

    origin: str
    raw: bytes
    event: bytes | InvalidEvent


Lines: TypeAlias = Iterator[InputLine]


class Input(NamedTuple):
    """A file by its name, `-` for standard input, and its lines."""

    name: str
    lines: Lines


@app.command()
def publish(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="NDJSON, CSV or Excel files; - is standard input.")
    ],
    mapping: Annotated[
        Path | None, typer.Option(help="A TOML file that maps the columns of a table to events.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing: say what would be refused, and which figures would move.")
    ] = False,
    sign: Sign = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Publish events, one JSON object a line, or the rows of a table by a mapping.

    Publishing again is harmless: an event that is there is not added twice, so an interrupted run is completed by
    running it again. A line without an id gets one made from its own bytes. Bad lines are reported and
    kept whole (`ledger rejected`), the good ones land, and the exit code is then 3.
    """
    if mapping is None:
        _check_no_tables(files)
    tally = _Tally(as_json, is_dry=dry_run)
    with ExitStack() as tables:
        table = None if mapping is None else TableMapping.load(mapping)
        inputs = [Input(name, _lines_of(name, table, tables)) for name in files]
        if dry_run:
            with rehearsing(log, sign) as rehearsal:
                _publish(rehearsal.ledger, rehearsal.url, inputs, tally)
                tell_moved(rehearsal.moved(), as_json=as_json)
        else:
            with Ledger.open(log, key=signing(sign)) as ledger:
                _publish(ledger, log, inputs, tally)
    if tally.refused:
        raise RejectedEvents(tally.refused, tally.new + tally.known)


def _lines_of(name: str, mapping: TableMapping | None, tables: ExitStack) -> Lines:
    """The lines of a file. That of events is opened when its turn comes.

    A table is opened, and its header looked at, here: what cannot be read is told before any other file is written.
    Raises UsageError.
    """
    if mapping is None:
        return _events_of(name)
    return table_lines(name, tables.enter_context(_input(name)), mapping)


def _events_of(name: str) -> Lines:
    with _input(name) as file:
        yield from json_lines(name, file)


def _input(name: str) -> AbstractContextManager[BinaryIO]:
    """A file; `-` is standard input, which nothing closes: closing would wait for a thread that reads it."""
    return nullcontext(open(0, "rb", closefd=False)) if name == "-" else opened(name)


def _publish(ledger: Ledger, url: str | None, inputs: Iterable[Input], tally: "_Tally") -> None:
    published = NewEvents(url)
    with progress_bar() as progress:
        for each in inputs:
            _publish_input(ledger, each, progress, tally, published)
    stderr().print(str(tally))
    published.tell(ledger)


class _Tally:
    """What became of the lines of a publish, told as it happens."""

    def __init__(self, as_json: bool, is_dry: bool) -> None:
        self.new = self.known = 0
        self.refused: list[LedgerError] = []
        self._as_json, self._is_dry = as_json, is_dry

    def stays(self, line: InputLine) -> None:
        """What a mapping declares by itself, and is there in other words, such as an earlier day: it stays as it is."""
        self.known += 1
        stderr().print(f"[dim]{shown(line.origin)}: is there already in other words, and stays as it is[/]")

    def add(self, line: InputLine, outcome: Receipt | LedgerError) -> None:
        if isinstance(outcome, Receipt):
            self.new += not outcome.duplicate
            self.known += outcome.duplicate
        else:
            self.refused.append(outcome)
            stderr().print(f"[red]{shown(line.origin)}:[/] {shown(str(outcome))}")
        if self._as_json:
            told = outcome_members(line.origin, outcome)
            if self._is_dry:  # where it would stand, and when, is not known before
                told = {name: value for name, value in told.items() if name not in ("position", "recorded_at")}
            sys.stdout.write(orjson.dumps(told).decode() + "\n")

    def __str__(self) -> str:
        said = f"{self.new:,} would be published" if self._is_dry else f"{self.new:,} published"
        if self.known:
            said += f", {self.known:,} {'are' if self._is_dry else 'were'} there already"
        if self.refused:
            would = "would be " if self._is_dry else ""
            said += f", [red]{len(self.refused):,} {would}refused[/]" + (
                "" if would else " and kept: `ledger rejected`"
            )
        return f"Dry run, nothing is written: {said}" if self._is_dry else said


def outcome_members(origin: str, outcome: Receipt | LedgerError) -> dict[str, object]:
    """What became of an event, for a line of JSON."""
    if not isinstance(outcome, Receipt):
        return {"origin": origin, "error": str(outcome)}
    return {
        "origin": origin,
        "id": outcome.event_id,
        "position": str(outcome.position),
        "recorded_at": outcome.recorded_at.isoformat(),
        "duplicate": outcome.duplicate,
    }


def _publish_input(ledger: Ledger, its: Input, progress: Progress, tally: _Tally, published: NewEvents) -> None:
    task = progress.add_task(Path(its.name).name, total=_size(its.name), note="")
    waiting: deque[InputLine] = deque()
    lines = _remembered(_reading(its.name, its.lines), waiting)
    to_keep: list[tuple[str, LedgerError, bytes]] = []
    for outcome in ledger.publish_stream(_as_they_come(lines) if its.name == "-" else lines):
        line = waiting.popleft()
        if isinstance(outcome, EventConflict) and not line.raw:
            tally.stays(line)
            continue
        tally.add(line, outcome)
        if isinstance(outcome, Receipt):
            published.add(outcome)
        else:
            to_keep.append((line.origin, outcome, line.raw or _bytes(line)))
        if to_keep and (not waiting or len(to_keep) >= REFUSED_MAX):
            ledger.reject_many(to_keep)
            to_keep.clear()
        progress.update(task, advance=len(line.raw), note=f"{tally.new + tally.known:,} events")


def _size(name: str) -> int | None:
    """The bytes of a file; None of what has no size."""
    return Path(name).stat().st_size if Path(name).is_file() else None


def _check_no_tables(files: list[str]) -> None:
    """Raises UsageError for a table without a mapping, whose rows would each be refused as no JSON."""
    for name in files:
        if name.lower().endswith(TABLES) and Path(name).is_file():
            with opened(name) as file:
                if not file.read(_LOOKED_AT).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
                    how = f"--mapping FILE; `ledger mapping init {name}` writes a first one"
                    raise UsageError(f"{name} is a table; say what its columns mean: {how}")


def _bytes(line: InputLine) -> bytes:
    return line.event if isinstance(line.event, bytes) else b""


def _reading(name: str, lines: Lines) -> Lines:
    """The lines of a file. Raises UsageError where it cannot be read on."""
    try:
        yield from lines
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}") from error


def _remembered(lines: Lines, waiting: deque[InputLine]) -> Iterator[bytes | InvalidEvent]:
    """The events of lines, each line kept until its outcome is there."""
    for line in lines:
        waiting.append(line)
        yield line.event


async def _as_they_come(events: Iterator[bytes | InvalidEvent]) -> AsyncIterator[bytes | InvalidEvent]:
    """Events of an input that may pause, so that those already there need not wait for a full batch."""
    loop = asyncio.get_running_loop()
    coming: asyncio.Queue[bytes | InvalidEvent | BaseException | None] = asyncio.Queue(QUEUE_MAX)

    def put(item: bytes | InvalidEvent | BaseException | None) -> None:
        asyncio.run_coroutine_threadsafe(coming.put(item), loop).result()

    def read() -> None:
        try:
            for event in events:
                put(event)
            put(None)
        except BaseException as error:
            put(error)

    # A daemon, so that an interrupt need not wait for the next line.
    threading.Thread(target=read, name="ledger-input", daemon=True).start()
    while (item := await coming.get()) is not None:
        if isinstance(item, BaseException) and not isinstance(item, InvalidEvent):
            raise item
        yield item


def json_lines(name: str, lines: Iterator[bytes]) -> Lines:
    for number, raw in enumerate(lines, 1):
        text = raw.strip()
        if text:
            yield InputLine(f"{name}:{number}", raw, with_id(text))


def table_lines(name: str, file: BinaryIO, mapping: TableMapping) -> Lines:
    """The events of a table. Raises UsageError for what concerns the whole table, before any is asked for."""
    return (
        InputLine(f"{name}:{place}", raw, event if isinstance(event, InvalidEvent) else encode(event))
        for place, raw, event in mapped_events(name, file, mapping, tell)
    )
