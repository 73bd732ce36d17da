"""`ledger redact`: remove the bytes of an event for ever."""

import sys
from typing import Annotated

import typer

from ledger.api.events.redactions import redaction_bytes
from ledger.blocking import Ledger
from ledger.cli.options import AsJson, Log, Sign, signing, stderr, stdout

app = typer.Typer()


@app.command()
def redact(
    event: Annotated[
        str, typer.Argument(metavar="EVENT_ID", help="The event whose bytes are to go; the start of its id will do.")
    ],
    why: Annotated[str, typer.Option(help="The grounds, in words that the public may read: never the name itself.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who removes it, such as a desk or an officer.")],
    refused: Annotated[
        list[int] | None,
        typer.Option(metavar="NUMBER", help="A refused message whose bytes go as well, as `ledger rejected` has it."),
    ] = None,
    sign: Sign = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Remove the bytes of an event for ever, such as a name that somebody typed into a note.

    Its record keeps position, recorded time and hash, so that every checkpoint, proof and archive made before stays
    valid. Figures are as if it had never been published: to keep them, publish the claim anew without the name first.
    Refused messages with its id, or all words of a field of it, go as well. Archives and copies made before have it.
    """
    with Ledger.open(log, create=False, key=signing(sign)) as ledger:
        event = ledger.full_id(event)
        done = ledger.redact(event, why, by, refused or ())
    if as_json:
        sys.stdout.buffer.write(redaction_bytes(event, done) + b"\n")
    else:
        stdout().print(done.receipt.event_id)
    count = len(done.refused)
    also = "" if not count else ", and of a refused message" if count == 1 else f", and of {count:,} refused messages"
    stderr().print(f"[dim]the bytes at {done.position}{also} are gone; {done.receipt.position} says who and why[/]")
    stderr().print(
        "[yellow]archives, proofs, backups and copies made before have them:[/] make them anew, delete those"
    )
