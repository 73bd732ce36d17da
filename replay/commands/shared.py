"""What the proving commands share: opening a log, reading keys and notes, showing progress."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Protocol, TypeAlias, TypeVar

import orjson
import typer
from rich.table import Table

from ledger.cli.options import progress_bar, shown, stdout
from ledger.errors import UsageError, VerificationFailed
from ledger.log import KINDS, is_url, opened_log
from ledger.log.port import EventLog, KeepsCheckpoints
from ledger.proof.keys import Keyring
from ledger.proof.note import Note, SigningKey, parse_note
from ledger.proof.witness import ProofOf, Shown, split_requests, unjoined
from ledger.settings import Settings
from replay.checkpoints.store import SUFFIX, read_notes
from replay.files import read_text
from schemas.record import Progress

T = TypeVar("T")
_KEEPING = " or ".join(kind.form for kind in KINDS.values() if kind.keeps_checkpoints)
Keys: TypeAlias = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="The verifier keys that you trust, got by another way.")
]
Checkpoints: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--checkpoint",
        metavar="PATH",
        help=f"Checkpoints that you have; {_KEEPING} for those beside a ledger.",
    ),
]
Demanded: TypeAlias = Annotated[
    str | None, typer.Option("--ledger", metavar="NAME", help="The ledger that it must be, such as example.org/ledger.")
]
Consistency: TypeAlias = Annotated[
    Path | None,
    typer.Option("--consistency", "--proof", metavar="FILE", help="What `replay consistency` printed of checkpoints."),
]


class Work(Protocol[T]):  # type: ignore[misc]
    """Something to do with a log, telling how far it has come."""

    def __call__(self, log: EventLog, *, progress: Progress) -> Awaitable[T]: ...


def with_log(url: str | None, work: Work[T], doing: str, *, create: bool = False, total: int | None = None) -> T:
    """Do something with a log, with progress against its length, or against `total` records."""
    return asyncio.run(_with_log(url or Settings.load().log, work, doing, create, total))


async def _with_log(url: str, work: Work[T], doing: str, create: bool, total: int | None) -> T:
    async with opened_log(url, create) as log:
        whole = (await log.end()).records if total is None else total
        with progress_bar() as bar:
            task = bar.add_task(doing, total=whole, note="")
            return await work(log, progress=lambda read: bar.update(task, advance=read))


def with_progress(doing: str, work: Callable[[Progress], T]) -> T:
    """Do something without a log, showing that it goes on."""
    with progress_bar() as bar:
        task = bar.add_task(doing, total=None, note="")
        return work(lambda read: bar.update(task, advance=read))


def notes_of(where: str | None) -> list[Note]:
    """The checkpoints of a file or a directory, or of the topic of a ledger on Kafka; none of nowhere.

    Raises LogUnreachable, VerificationFailed, UsageError.
    """
    if where is None or not is_url(where):
        return read_notes(Path(where)) if where else []
    return [parse_note(text) for text in asyncio.run(_checkpoints_beside(where))]


async def _checkpoints_beside(url: str) -> list[str]:
    async with opened_log(url) as log:
        if not isinstance(log, KeepsCheckpoints):
            raise UsageError(f"no checkpoints stand beside {url}: give a file of them, or a directory")
        return await log.checkpoints()


def judging_notes(where: str | None) -> list[Note]:
    """The checkpoints by which something is to be judged: where they are said to be, there must be one.

    Raises as `notes_of` does.
    """
    found = notes_of(where)
    if where is not None and not found:
        raise UsageError(f"there is no checkpoint in {where}: give a file of them, or a directory of *{SUFFIX} files")
    return found


def handed_over(path: Path | None, otherwise: ProofOf = unjoined) -> ProofOf:
    """The consistency proofs of a file; `otherwise` gives those that it lacks.

    Raises LogUnreachable, VerificationFailed.
    """
    requests = split_requests(read_text(path)) if path else []
    proofs = {(request.old, request.note.text): request.proof for request in requests}

    def proof_of(before: Shown, after: Shown) -> Sequence[bytes]:
        proof = proofs.get((before.checkpoint.size, after.note.text))
        return otherwise(before, after) if proof is None else proof

    return proof_of


def trusted(path: Path | None) -> Keyring | None:
    """The keys of a file. Raises UsageError, LogUnreachable."""
    with as_usage_error(f"{path}: "):
        return Keyring.parse(read_text(path)) if path else None


def private_key(path: Path) -> SigningKey:
    """The private key of a file. Raises UsageError, LogUnreachable."""
    with as_usage_error(f"{path}: "):
        return SigningKey.parse(read_text(path).strip())


@contextmanager
def as_usage_error(what: str = "") -> Iterator[None]:
    """Turns VerificationFailed into UsageError: what the caller gave makes no sense, and nothing was verified yet."""
    try:
        yield
    except VerificationFailed as error:
        raise UsageError(f"{what}{error}") from error


def print_facts(facts: dict[str, object], as_json: bool) -> None:
    """Facts on stdout, as a table or as one line of JSON."""
    if as_json:
        sys.stdout.write(orjson.dumps(facts).decode() + "\n")
        return
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(
            f"[dim]{name}[/]", f"{value:,}" if type(value) is int else shown("unknown" if value is None else str(value))
        )
    stdout().print(table)
