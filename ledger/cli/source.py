"""`ledger source check`: whether a file is what was read for an event."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote

import orjson
import typer

from ledger.blocking import Ledger
from ledger.cli.options import AsJson, Log, printable, stderr, stdout
from ledger.cli.render import plain_table
from ledger.errors import UsageError, VerificationFailed
from ledger.follow.sources import NamedSource

app = typer.Typer(name="source")
SHOWN = 12
"""Digits of a SHA-256 that tell it apart in a table; `--json` has all."""


@app.callback(no_args_is_help=True)
def source() -> None:
    """Compare what is kept of sources with what events say was read."""


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What was kept: a page, a document, a picture.")],
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Say which events name exactly this file, by its SHA-256, as what was read. Nothing is fetched.

    Where none does, the exit code is 5, and sources of the same file name that have another SHA-256 are shown.
    """
    digits = _sha256(file)
    with Ledger.open(log, create=False) as ledger:
        sources = ledger.named_sources()
    naming = [each for each in sources if each.sha256 == digits]
    others = [] if naming else [each for each in sources if _is_named(each, file.name)]
    _show(naming or others, digits, as_json)
    if not naming:
        more = "; those of its file name have another" if others else ""
        raise VerificationFailed(f"{file}: no event names a source of SHA-256 {digits}{more}")
    count = "1 event names" if len(naming) == 1 else f"{len(naming):,} events name"
    stderr().print(f"[dim]{count} it: SHA-256 {digits}[/]")


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error


def _is_named(source: NamedSource, name: str) -> bool:
    """Whether a link of a source ends with the name of a file, in its path or in what it asks for."""
    links = [link.partition("#")[0] for link in (source.url, source.archived) if link is not None]
    ends = [end for link in links for end in (link, link.partition("?")[0])]
    return any(unquote(end.replace("=", "/").rpartition("/")[2]) == name for end in ends)


def _show(sources: Sequence[NamedSource], digits: str, as_json: bool) -> None:
    if as_json:
        for each in sources:
            line = {**each._asdict(), "matches": each.sha256 == digits}
            sys.stdout.write(orjson.dumps(line).decode() + "\n")
        return
    if not sources:
        return
    others = any(each.sha256 != digits for each in sources)
    table = plain_table("#Event", "!Exchange", "Publisher", "Where", *(["!Its SHA-256"] if others else []))
    for each in sources:
        where = each.url or each.archived or "-"
        cells = [each.event, each.exchange, each.publisher, where, *([f"{each.sha256[:SHOWN]}..."] if others else [])]
        table.add_row(*map(printable, cells))
    stdout().print(table)
