"""`ledger revoke`: say in every exchange of a ledger that a key is not to be believed any more."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from ledger.blocking import Ledger
from ledger.cli.options import AsJson, Log, Sign, print_json, shown, signing, stderr, stdout
from ledger.errors import InvalidEvent, UsageError
from ledger.follow.signatures import read_key
from ledger.proof.note import SigningKey
from ledger.proof.signed import may_revoke
from ledger.settings import Settings
from ledger.words.moments import moment_members
from schemas.errors import Problem
from schemas.events import KeyRevoked
from schemas.values import Moment, Source, is_sure

app = typer.Typer()


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key, as NAME+ID; its verifier key will do.")],
    why: Annotated[str, typer.Option(help="The grounds, in words that the public may read.")],
    since: Annotated[str | None, typer.Option(metavar="WHEN", help="When it was lost or stolen; default: now.")] = None,
    exchange: Annotated[
        list[str] | None, typer.Option(metavar="EXCHANGE", help="Only here, as in a later one; repeat. Default: all.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, also of a key that never signed.")] = False,
    sign: Sign = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Revoke a producer's key: what it signs from here on is no event of this ledger.

    Sign by another key of the same owner, by the key itself, or by the keeper's, in whose name the owner's begins.
    End the key in LEDGER_PRODUCER_KEYS as well (`KEY until TIME`): on Kafka, an exchange that is opened later knows of
    no revocation.
    """
    own = signing(sign) or _configured()
    label = "+".join(key.split("+")[:2])
    if not may_revoke(own.name, label):
        raise UsageError(
            f"{own.name} cannot revoke a key of {label.partition('+')[0]}: only its owner can, or its keeper"
        )
    with Ledger.open(log, create=False, key=own) as ledger:
        exchanges = exchange or ledger.read().exchanges()
        if not exchanges:
            raise UsageError("this ledger holds no exchange: end the key in LEDGER_PRODUCER_KEYS")
        if not yes and not ledger.has_signed(label):
            _confirm(label)
        events = [_revocation(each, label, why, since, own) for each in exchanges]
        ledger.publish_many(events)
    if as_json:
        print_json(events)
    else:
        stdout().print(*(event.id for event in events), sep="\n")
    stderr().print(f"[dim]{shown(label)} is revoked in {', '.join(exchanges)}[/]")


def _confirm(label: str) -> None:
    """Ask before a key is revoked that nothing here is signed by: it may be misspelt, and a revocation is for ever."""
    said = f"nothing in this ledger is signed by {label}"
    if not sys.stdin.isatty():
        raise UsageError(f"{said}; if that is the key you mean, say --yes")
    typer.confirm(f"{said[0].upper()}{said[1:]}. Revoke it all the same?", abort=True, err=True)


def _configured() -> SigningKey:
    path = Settings.load().signing_key
    if path is None:
        raise UsageError("a revocation counts only when it is signed: give --sign FILE, or set LEDGER_SIGNING_KEY")
    return read_key(path)


def _revocation(exchange: str, label: str, why: str, since: str | None, own: SigningKey) -> KeyRevoked:
    """The event for one exchange. Raises InvalidEvent."""
    now = datetime.now(UTC)
    source = Source(publisher=own.name, kind="aggregator", published=now.date().isoformat())
    try:
        occurred = (
            moment_members(since) if since else {"at": now.strftime("%Y-%m-%dT%H:%M+00:00"), "precision": "minute"}
        )
        moment = Moment.model_validate(occurred)
        if not is_sure(moment):
            raise ValueError(f"{since!r} is not sure; give the earliest time from which nobody may sign with it")
        return KeyRevoked(exchange=exchange, occurred=moment, source=source, key=label, why=why)
    except ValueError as error:
        raise InvalidEvent(Problem("", f"this cannot be said of {label}: {error}")) from error
