"""The command that audits an archive or a ledger."""

import asyncio
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.options import AsJson, shown, stderr, stdout
from ledger.errors import UsageError, VerificationFailed
from ledger.log import is_url
from ledger.settings import Settings
from replay.audit.findings import Audit
from replay.audit.lines import lines
from replay.audit.read_evidence import file_digest, read_archive, read_log
from replay.audit.report import report
from replay.audit.run import audit
from replay.audit.subject import subject
from replay.audit.terminal import terminal
from replay.commands.shared import Checkpoints, Demanded, Keys, judging_notes, trusted, with_progress
from replay.files import writing

app = typer.Typer()


@app.command("audit")
def audit_command(
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE", help="An archive, or a ledger by its URL; default: LEDGER_LOG.")
    ] = None,
    key: Keys = None,
    checkpoint: Checkpoints = None,
    ledger: Demanded = None,
    expect: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="The digest of all figures that somebody published.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Write it as one HTML file, too.")] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, max=64, help="Read with so many processes.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Audit everything: that nothing was changed, that every figure follows, who said what, and what does not add up.

    Exit 5 where verification failed. That sources disagree is no failure: it is listed, and the exit code is 0. Trust
    neither keys nor checkpoints that came with an archive: get them by another way.
    """
    name = source or Settings.load().log
    if to and any(_is_same(to, given) for given in (name, key, checkpoint) if given):
        raise UsageError(f"--report {to} would take the place of what is audited: name another file")
    keyring, given = trusted(key), judging_notes(checkpoint)
    trust = Settings.load().trust()
    trust = trust._replace(name=ledger or trust.name)
    read = partial(read_log, name) if is_url(name) else partial(read_archive, Path(name), trust=trust)
    work = partial(read, keyring, given, ledger=ledger, expected=expect, jobs=jobs)
    evidence = with_progress("auditing", lambda progress: asyncio.run(work(progress=progress)))
    options = [("--key", key), ("--checkpoint", checkpoint), ("--ledger", ledger), ("--expect", expect)]
    words = [str(word) for option, value in options if value is not None for word in (option, value)]
    digest = None if is_url(name) else file_digest(Path(name))
    done = audit(evidence, subject(name, evidence, keyring, words, digest))
    if to:
        with writing(to):
            to.write_text(report(done), "utf-8")
    _show(done, as_json)
    if to:
        stderr().print(f"[dim]the report is in {shown(str(to))}[/]")
    if failures := done.failures():
        first, others = failures[0], len(failures) - 1
        more = f" ({others} more failed)" if others else ""
        raise VerificationFailed(f"{first.what if first.where in first.what else f'{first.where}: {first.what}'}{more}")


def _is_same(report: Path, given: str | Path) -> bool:
    return report.exists() and Path(given).exists() and report.samefile(given)


def _show(done: Audit, as_json: bool) -> None:
    if as_json:
        sys.stdout.write("".join(f"{line}\n" for line in lines(done)))
    else:
        stdout().print(terminal(done))
