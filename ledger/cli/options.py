"""The options that commands share, and how a command opens its ledger and its output."""

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple, TypeAlias

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from ledger.blocking import Ledger
from ledger.book.cut import Cut
from ledger.errors import LogDamaged, UsageError
from ledger.follow.books import Books
from ledger.follow.signatures import read_key
from ledger.log import FORMS
from ledger.proof.note import SigningKey

Log: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--log",
        metavar="URL",
        help=f"The ledger: {FORMS}. Default: LEDGER_LOG, else ledger.db here.",
    ),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
Sign: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--sign", metavar="FILE", help="The private key to sign with. Default: LEDGER_SIGNING_KEY, else none."
    ),
]
Exchange: TypeAlias = Annotated[str, typer.Argument(help="An exchange, such as IL-HAMAS-2023-11.")]
Exchanges: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="EXCHANGE", help="Exchanges or processes; without any, all.")
]
_CUT = "Cuts (a date means that whole day; a time needs its offset)"
OccurredBy: TypeAlias = Annotated[
    str | None, typer.Option(metavar="WHEN", help="What had happened by then, as known now.", rich_help_panel=_CUT)
]
PublishedBy: TypeAlias = Annotated[
    str | None, typer.Option(metavar="WHEN", help="What the public could know by then.", rich_help_panel=_CUT)
]
RecordedBy: TypeAlias = Annotated[
    str | None, typer.Option(metavar="WHEN", help="What this ledger had recorded by then.", rich_help_panel=_CUT)
]
Through: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="EVENT_ID",
        help="The log up to and including this event; the start of its id will do.",
        rich_help_panel=_CUT,
    ),
]

PIPE_WIDTH = 140
WIDE = 125


def signing(path: Path | None) -> SigningKey | None:
    """The key of `--sign`. Raises UsageError."""
    return None if path is None else read_key(path)


def stdout() -> Console:
    """Where data goes. A pipe has no width of its own, so that tables are not cut to 80 columns there."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def is_wide() -> bool:
    """Whether there is room to spell out both sides of a ratio."""
    return stdout().width >= WIDE


def stderr() -> Console:
    """Where messages and progress go."""
    return Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def shown(text: str) -> str:
    """Text from outside for a terminal: no markup, and what could steer the terminal or hide other text escaped."""
    return escape(printable(text))


def printable(text: str) -> str:
    """Text from outside with what could steer a terminal, or hide other text, escaped."""
    return "".join(each if each.isprintable() or each == "\n" else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def tell(text: str) -> None:
    """Say on stderr what is no error and may not be meant."""
    stderr().print(f"[dim]{shown(text)}[/]")


def opened(path: str | Path) -> BinaryIO:
    """A file that was named, to be read and closed. Raises UsageError where it cannot be opened."""
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def print_json(views: Iterable[BaseModel]) -> None:
    """Each view as one line, the same bytes on every machine."""
    for view in views:
        sys.stdout.write(view.model_dump_json() + "\n")


class At(NamedTuple):
    """A ledger opened for one reading command, and the cut to read it at."""

    ledger: Ledger
    cut: Cut | None

    def read(self) -> Books:
        """The books at the cut, with a word on stderr about how far they reach."""
        books = self.ledger.read(self.cut)
        events = sum(book.events for book in books.by_exchange.values())
        if not events:
            stderr().print("[dim]nothing up to here: `ledger demo` loads the bundled history[/]")
        else:
            stderr().print(f"[dim]{events:,} events, as of position {books.reached}[/]")
        if refused := len(self.ledger.unacknowledged(books.refused)):
            said = "1 record is no event and counts" if refused == 1 else f"{refused:,} records are no events and count"
            stderr().print(f"[yellow]{said} nowhere:[/] `ledger doctor` says which and why")
        return books


def _cut_and_log(
    occurred_by: OccurredBy = None,
    published_by: PublishedBy = None,
    recorded_by: RecordedBy = None,
    through: Through = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """The parameters that `reads` adds to a command."""


@contextmanager
def _explaining(ledger: Ledger) -> Iterator[None]:
    """Raises LogDamaged in place of whatever ends a reading of a ledger that is damaged."""
    try:
        yield
    except ValueError as error:
        if found := ledger.examine():
            raise LogDamaged(found[0]) from error
        raise


def reads(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `(at, ..., as_json)` the options that all reading commands share."""
    own, shared = inspect.signature(command).parameters, inspect.signature(_cut_and_log).parameters

    @functools.wraps(command)
    def run(
        occurred_by: str | None,
        published_by: str | None,
        recorded_by: str | None,
        through: str | None,
        log: str | None,
        **rest: object,
    ) -> None:
        cut = Cut.parse(occurred_by, published_by, recorded_by, through)
        with Ledger.open(log, create=False) as ledger, _explaining(ledger):
            command(At(ledger, None if cut.is_whole else cut), **rest)

    parameters = [*(each for name, each in own.items() if name not in ("at", "as_json")), *shared.values()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def progress_bar() -> Progress:
    """Progress on stderr, shown only to a person."""
    console = stderr()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[note]}"))
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal)
