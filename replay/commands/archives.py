"""Commands that archive a ledger, bring it back, and write it down for analysis."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, cast, get_args

import typer

from ledger.book.cut import Cut
from ledger.cli.options import AsJson, Log, OccurredBy, PublishedBy, RecordedBy, Sign, Through, signing
from ledger.errors import UsageError
from ledger.log import FORMS
from ledger.redaction import Grounds
from ledger.settings import Settings
from replay.archive.analysis import export_ndjson, export_parquet
from replay.archive.restoring import restore
from replay.archive.tables import TableKind, TablesAsked, export_tables
from replay.archive.verify import verify_archive
from replay.archive.writing import export
from replay.commands.shared import Demanded, notes_of, print_facts, with_log, with_progress

app = typer.Typer()
Kind: TypeAlias = Literal["archive", "ndjson", "parquet", "claims", "package", "datasette"]
_BY_NAME: Mapping[str, Kind] = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".csv": "claims",
    ".zip": "package",
}
_TABLES: Sequence[str] = get_args(TableKind)
_KINDS = (
    "archive, which proves itself; ndjson and parquet, the records of the log; claims, the tidy table as .csv, "
    ".excel.csv or .parquet; package, all tables as a Data Package; datasette, as a SQLite file. "
    "Default: by the name of the file (.zip: package), else archive."
)


@app.command("export")
def export_command(
    archive: Annotated[Path, typer.Argument(help="The file to write. An archive that is there is extended.")],
    kind: Annotated[Kind | None, typer.Option("--as", help=_KINDS)] = None,
    checkpoints: Annotated[str | None, typer.Option(metavar="PATH", help="Checkpoints that go into it.")] = None,
    exchange: Annotated[str | None, typer.Option(help="Of tables: those of this exchange or process.")] = None,
    occurred_by: OccurredBy = None,
    published_by: PublishedBy = None,
    recorded_by: RecordedBy = None,
    through: Through = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Write the whole ledger into one file that needs no server, or write it down for analysis.

    `datasette FILE.db --metadata FILE.metadata.json` shows what --as datasette writes.
    The same ledger gives the same bytes. An interrupted export leaves the file as it was.
    """
    kind = kind or _kind_of(archive)
    if kind != "archive" and checkpoints:
        raise UsageError("checkpoints go into an archive, and not into a file for analysis")
    clocks = {"occurred_by": occurred_by, "published_by": published_by, "recorded_by": recorded_by, "through": through}
    bounds = {name: text for name, text in clocks.items() if text is not None}
    if kind in _TABLES:
        asked = TablesAsked(exchange, Cut.parse(*clocks.values()), bounds, Settings.load().serve_licence)
        made = with_log(log, partial(export_tables, path=archive, kind=cast("TableKind", kind), asked=asked), "writing")
        beside = {} if made.beside is None else {"metadata": str(made.beside)}
        print_facts({"events": made.events, "position": made.position, **beside}, as_json)
        return
    if bounds or exchange:
        raise UsageError(f"an exchange or a cut is for tables (--as {', '.join(_TABLES)}): {kind} has the whole log")
    if kind != "archive":
        written = with_log(log, partial(export_ndjson if kind == "ndjson" else export_parquet, path=archive), "writing")
        print_facts({"records": written}, as_json)
        return
    notes = notes_of(checkpoints)
    done = with_log(log, partial(export, path=archive, notes=notes), "archiving")
    roots = {f"root of partition {each.partition}": each.root.hex() for each in done.partitions}
    records = sum(each.size for each in done.partitions)
    print_facts({"records": records, "new": done.added, "checkpoints": done.checkpoints, **roots}, as_json)


@app.command("restore")
def restore_command(
    archive: Annotated[Path, typer.Argument(help="An archive that `replay export` wrote.")],
    target: Annotated[str, typer.Argument(metavar="URL", help=f"An empty ledger: {FORMS}.")],
    redact: Annotated[
        list[str] | None, typer.Option(metavar="EVENT_ID", help="Leave the bytes of this event behind; repeat.")
    ] = None,
    why: Annotated[str, typer.Option(help="With --redact: the grounds, in words that the public may read.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="With --redact: who removes it.")] = "",
    sign: Sign = None,
    ledger: Demanded = None,
    as_json: AsJson = False,
) -> None:
    """Bring an archive back into a ledger: every record at its position, with its recorded time, under its root.

    An interrupted restore is completed by another. With --redact it is how a ledger on Kafka forgets: into topics of
    another prefix, under the same roots, after which the old topics are deleted.
    """
    if redact and not (why and by):
        raise UsageError("--redact asks for --why and --by: who removed it, and on which grounds, stays in the ledger")
    grounds = Grounds(why, by, datetime.now(UTC), signing(sign), Settings.load().name)
    check = partial(verify_archive, archive, ledger=ledger)
    checked = with_progress("checking", lambda progress: check(progress=progress))
    total = checked.records
    stored = with_log(
        target,
        partial(restore, archive, redact=dict.fromkeys(redact or (), grounds)),
        "restoring",
        create=True,
        total=total,
    )
    roots = {f"root of partition {each.partition}": each.root.hex() for each in stored}
    print_facts({"ledger": checked.ledger, "records": total, **roots}, as_json)


def _kind_of(path: Path) -> Kind:
    return _BY_NAME.get(path.suffix, "archive")
