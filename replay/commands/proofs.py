"""Commands that prove a figure, and check a proof or an archive offline."""

import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ledger.book.cut import Cut
from ledger.book.explain import canonical
from ledger.cli.options import AsJson, Exchange, Log, OccurredBy, PublishedBy, RecordedBy, Through, shown, stderr
from ledger.errors import UsageError
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.figure import SUFFIX, Bounds, ProvedFigure
from ledger.proof.keys import Keyring
from ledger.proof.note import Note
from replay.archive.verify import verify_archive
from replay.commands.shared import (
    Checkpoints,
    Consistency,
    Demanded,
    Keys,
    handed_over,
    judging_notes,
    notes_of,
    print_facts,
    private_key,
    trusted,
    with_log,
    with_progress,
)
from replay.figure_proof import prove_figures, verify_figure
from replay.files import read_text, reading, replace_text, write_new
from schemas.record import Position

app = typer.Typer()


@app.command("prove")
def prove_command(
    exchange: Exchange,
    figure: Annotated[
        str | None, typer.Argument(help="Such as captives.nationals; without one, all, into the folder of --to.")
    ] = None,
    *,
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The private key of the ledger's keeper.")],
    checkpoints: Annotated[str, typer.Option(metavar="PATH", help="The checkpoints that the keeper signed.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="PATH", help="A file, or a folder for proofs; default: stdout.")
    ] = None,
    occurred_by: OccurredBy = None,
    published_by: PublishedBy = None,
    recorded_by: RecordedBy = None,
    through: Through = None,
    log: Log = None,
) -> None:
    """Write one figure with its proof into a small file: the claims it rests on, and that they are in the ledger.

    A folder gets a file for each figure, which replaces the one that it had for the same cut; `ledger serve` offers
    them for download where LEDGER_SERVE_PROOFS names the folder.
    """
    if figure is None and not (to and to.is_dir()):
        raise UsageError("without a figure all are proved, into a folder that is there: --to FOLDER")
    Cut.parse(occurred_by, published_by, recorded_by, through)
    bounds = Bounds(occurred_by=occurred_by, published_by=published_by, recorded_by=recorded_by, through=through)
    sign, notes = private_key(key), notes_of(checkpoints)
    wanted = None if figure is None else [figure]
    work = partial(prove_figures, key=sign, notes=notes, exchange=exchange, bounds=bounds, wanted=wanted)
    proofs = with_log(log, work, "proving")
    if to and to.is_dir():
        for proof in proofs:
            replace_text(to / _file_name(proof.figure), str(proof))
        stderr().print(f"[green]{len(proofs):,} proved[/] in {shown(str(to))}")
    elif to:
        write_new(to, str(proofs[0]))
    else:
        sys.stdout.write(str(proofs[0]))


_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def _file_name(figure: ProvedFigure) -> str:
    """The same for the same figure at the same cut."""
    cut = [f"{name}={bound}" for name, bound in figure.cut.model_dump().items() if bound]
    return "@".join(_UNSAFE.sub("_", part) for part in (f"{figure.exchange}-{canonical(figure.figure)}", *cut)) + SUFFIX


@app.command("verify")
def verify_command(
    file: Annotated[Path, typer.Argument(help="An archive, or the proof of a figure.")],
    key: Keys = None,
    checkpoint: Checkpoints = None,
    consistency: Consistency = None,
    ledger: Demanded = None,
    as_json: AsJson = False,
) -> None:
    """Check an archive or the proof of a figure, offline. Exit 5 where anything in it is not as it was written.

    Every checkpoint that is given must be of one history with it; of a proof, one of another size needs --consistency.
    Trust neither keys nor checkpoints that came with the file: get them by another way.
    """
    keyring, given = trusted(key), judging_notes(checkpoint)
    if _is_proof(file):
        _verify_figure(file, keyring, given, consistency, ledger, as_json)
        return
    if consistency is not None:
        raise UsageError("--consistency is for the proof of a figure: an archive has all that its checkpoints need")
    check = partial(verify_archive, file, keyring, given, ledger=ledger)
    done = with_progress("checking", lambda progress: check(progress=progress))
    if not keyring:
        stderr().print("[yellow]no key was given (--key), so that nobody's signature was checked[/]")
    _tell_others(keyring, ledger, done.ledger)
    if done.covered < done.records:
        stderr().print(f"[yellow]{done.records - done.covered:,} records are under no checkpoint yet[/]")
    roots = {f"root of partition {each.partition}": each.root.hex() for each in done.partitions}
    if done.redacted:
        more = f" and {len(done.redacted) - 1:,} more" if len(done.redacted) > 1 else ""
        stderr().print(f"[yellow]bytes were removed, and their hashes kept, at {done.redacted[0]}{more}[/]")
    facts = {"records": done.records, "redacted": len(done.redacted), "under checkpoints": done.covered}
    facts["checkpoints"] = done.checkpoints
    print_facts({"ledger": done.ledger, **facts, "signatures checked": done.signed, **roots}, as_json)


def _tell_others(keyring: Keyring | None, demanded: str | None, ledger: str | None) -> None:
    """That keys of several ledgers are trusted, where nobody said which of these it must be."""
    names = {each.key.name for each in keyring.keys} if keyring else set[str]()
    if len(names) > 1 and demanded is None and ledger is not None:
        stderr().print(
            f"[yellow]the keys are of {len(names)} names, and this is the ledger {shown(ledger)}: --ledger says which "
            "it must be[/]"
        )


def _is_proof(path: Path) -> bool:
    if not path.is_file():
        return False
    with reading(path), path.open("rb") as file:
        return file.read(1) == b"{"


def _verify_figure(
    path: Path,
    keyring: Keyring | None,
    given: Sequence[Note],
    consistency: Path | None,
    ledger: str | None,
    as_json: bool,
) -> None:
    if keyring is None:
        raise UsageError("a proof of a figure is worth the key that signed it: give the keys that you trust by --key")
    proof_of = handed_over(consistency)
    figure, explanation = verify_figure(read_text(path), keyring, given, proof_of=proof_of, ledger=ledger)
    _tell_others(keyring, ledger, figure.ledger)
    rests_on = {Position.parse(each.position).partition for each in figure.records}
    if apart := sum(parse_checkpoint(each).partition not in rests_on for each in given):
        stderr().print(f"[yellow]{apart:,} checkpoints are of partitions on which this proof does not rest[/]")
    value = figure.value.model_dump(mode="json")
    cut = {name: bound for name, bound in figure.cut.model_dump().items() if bound}
    facts = {"ledger": figure.ledger, "exchange": figure.exchange, "figure": figure.figure, "value": value, "cut": cut}
    counts = {
        "records": len(figure.records),
        "claims": len(explanation.contributions),
        "checkpoints": len(given) - apart,
    }
    print_facts({**facts, "proved at": figure.time, **counts}, as_json)
