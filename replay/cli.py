"""The `replay` command: rebuild the figures from the log, copy it, archive it, audit it, prove it."""

import typer

from ledger.cli import run
from ledger.cli.lazy import Listed, Version, lazy_group

COMMANDS = {
    "rebuild": Listed(
        "replay.commands.rebuilds", "Fold the whole log anew, up to a cut, and print the digest of all views."
    ),
    "copy": Listed(
        "replay.commands.rebuilds",
        "Copy a ledger to another log: SQLite or Kafka, from either. Exit 3 where an event is there with other bytes.",
    ),
    "compare": Listed(
        "replay.commands.rebuilds",
        "Compare two ledgers, or the live views of one with a strict rebuild. Exit 5 where they differ.",
    ),
    "export": Listed(
        "replay.commands.archives",
        "Write the whole ledger into one file that needs no server, or write it down for analysis.",
    ),
    "restore": Listed(
        "replay.commands.archives",
        "Bring an archive back into a ledger: every record at its position, with its recorded time, under its root.",
    ),
    "audit": Listed(
        "replay.commands.audits",
        "Audit everything: that nothing was changed, that every figure follows, who said what, and what does not "
        "add up.",
    ),
    "changes": Listed(
        "replay.commands.changes",
        "Tell which figures moved between two points of a ledger, from what to what, because of which events.",
    ),
    "keygen": Listed(
        "replay.commands.checkpoints",
        "Make a key to sign with, and print its verifier key; with --after, the note by which the old key hands over.",
    ),
    "checkpoint": Listed(
        "replay.commands.checkpoints",
        "Sign what each partition holds, if it has grown: how many records, under which root.",
    ),
    "consistency": Listed(
        "replay.commands.checkpoints",
        "Prove that checkpoints are of one history: to a witness, or to whoever holds others than you, or a proof.",
    ),
    "witness": Listed(
        "replay.commands.checkpoints",
        "Vouch for the last checkpoint of each partition, if it goes on from the one seen before; print it cosigned.",
    ),
    "prove": Listed(
        "replay.commands.proofs",
        "Write one figure with its proof into a small file: the claims it rests on, and that they are in the ledger.",
    ),
    "verify": Listed(
        "replay.commands.proofs",
        "Check an archive or the proof of a figure, offline. Exit 5 where anything in it is not as it was written.",
    ),
}

app = typer.Typer(
    name="replay",
    cls=lazy_group(COMMANDS),
    help="Rebuild every figure from the log alone, and compare what ought to be equal.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options(version: Version = False) -> None:
    """Rebuild every figure from the log alone, and compare what ought to be equal."""


def main() -> None:
    """Entry point of the `replay` command."""
    run(app)
