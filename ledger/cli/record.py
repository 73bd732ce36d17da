"""`ledger record`: one event from flags, or asked for."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.blocking import Ledger
from ledger.cli.asking import ask_rest, ask_type, tell_named
from ledger.cli.draft import Draft, finished, inherit, put_at, set_member, value_of, with_flag
from ledger.cli.notices import NewEvents, is_quick, rehearsing, tell_moved
from ledger.cli.options import Log, Sign, print_json, signing, stderr, stdout
from ledger.errors import UsageError
from ledger.follow.books import Books
from ledger.log import kind_of
from ledger.settings import Settings
from schemas.codec import no_event_type
from schemas.errors import InvalidEvent
from schemas.events import EVENT_TYPES, AnyEvent
from schemas.ids import new_id

app = typer.Typer()

Flag = str | None
_ABOUT = "What and when"
_WHO = "Who says so"
_PEOPLE = "How many"
NOTHING = "[dim]Nothing is published.[/]"


def _option(panel: str, help: str) -> Any:
    return typer.Option(rich_help_panel=panel, help=help)


@app.command()
def record(
    type: Annotated[str | None, typer.Argument(help="The type of the event; `ledger schema` lists them.")] = None,
    exchange: Annotated[Flag, _option(_ABOUT, "The exchange that it belongs to.")] = None,
    occurred: Annotated[Flag, _option(_ABOUT, "A date, a time with its offset, a month or a year.")] = None,
    round: Annotated[int | None, _option(_ABOUT, "The round of the deal.")] = None,
    occurrence: Annotated[Flag, _option(_ABOUT, "The thing that happened; share it to make a rival claim.")] = None,
    supersedes: Annotated[
        Flag, _option(_ABOUT, "The event that this one replaces, by its id or how that begins.")
    ] = None,
    reason: Annotated[Flag, _option(_ABOUT, "Why it replaces it: corrected or updated.")] = None,
    note: Annotated[Flag, _option(_ABOUT, "Short free text.")] = None,
    publisher: Annotated[Flag, _option(_WHO, "Who published it.")] = None,
    kind: Annotated[Flag, _option(_WHO, "What kind of source: newspaper, wire, un, official_party ...")] = None,
    url: Annotated[Flag, _option(_WHO, "Where; an https link.")] = None,
    archived: Annotated[Flag, _option(_WHO, "Where an archived copy is; an https link.")] = None,
    sha256: Annotated[Flag, _option(_WHO, "The SHA-256 of what was read, as sha256sum prints it.")] = None,
    published: Annotated[Flag, _option(_WHO, "When it was published.")] = None,
    credibility: Annotated[int | None, _option(_WHO, "1 confirmed ... 6 cannot be judged.")] = None,
    side: Annotated[
        Flag, _option(_PEOPLE, "captives or prisoners, where the type does not say; else captives.")
    ] = None,
    count: Annotated[Flag, _option(_PEOPLE, "12, about 600, over 130, several.")] = None,
    nationality: Annotated[list[str] | None, _option(_PEOPLE, "ISO 3166 code, such as ISR; repeat for dual.")] = None,
    category: Annotated[Flag, _option(_PEOPLE, "children, women, foreign_worker ...")] = None,
    vital: Annotated[
        Flag, _option(_PEOPLE, "alive, died, remains ...: the dead go another way than the living.")
    ] = None,
    scope: Annotated[Flag, _option(_PEOPLE, "inside or outside the deal's ratio.")] = None,
    basis: Annotated[Flag, _option(_PEOPLE, "exchange, side_arrangement, humanitarian ...")] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any other field, as JSON or text.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing: show the event, and which figures would move.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before publishing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The event as one JSON object, instead of its id.")] = False,
    sign: Sign = None,
    log: Log = None,
) -> None:
    """Record one event from flags. In a terminal, what is missing is asked for, and the event shown first.

    Example: ledger record captives_released --exchange NORTH-SOUTH-2017 --round 2 --occurred 2017-12-27
    --count 12 --publisher "The Herald" --kind newspaper
    """
    asks = sys.stdin.isatty()
    members: Draft = {"type": _type(type, asks), "version": 1, "id": new_id()}
    flags = {
        "exchange": exchange,
        "occurred": occurred,
        "round": round,
        "occurrence": occurrence,
        "supersedes": supersedes,
        "reason": reason,
        "note": note,
        "source.publisher": publisher,
        "source.kind": kind,
        "source.url": url,
        "source.archived": archived,
        "source.sha256": sha256,
        "source.published": published,
        "source.credibility": credibility,
        "side": side,
        "count": count,
        "nationality": nationality,
        "category": category,
        "vital": vital,
        "ratio_scope": scope,
        "basis": basis,
    }
    try:
        for path, value in flags.items():
            if value is not None:
                set_member(members, path, value)
    except InvalidEvent as error:
        raise InvalidEvent(*map(with_flag, error.problems)) from error
    for assignment in fields or ():
        path, _, text = assignment.partition("=")
        if path == "type":
            raise UsageError("--set type: the type of the event is the first word after `record`")
        put_at(members, path, value_of(path, text))
    with _interruptible(), Ledger.open(log, key=signing(sign)) as ledger:
        named = inherit(ledger, members)
        if asks:
            for each in named:
                tell_named(each)
            ask_rest(ledger, members, _shelf(ledger, log), is_begun=type is None)
        event = finished(members)
        if dry_run:
            _show(event, as_json)
            _rehearse(event, log, sign, as_json=as_json)
            return
        is_told = asks and not yes and _confirmed(event, log, sign)
        receipt = ledger.publish(event)
        if as_json:
            print_json([event])
        else:
            stdout().print(receipt.event_id)
        stderr().print(f"[dim]recorded at position {receipt.position}[/]")
        if not is_told:
            news = NewEvents(log)
            news.add(receipt)
            news.tell(ledger)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C and Ctrl-D at a question end the command, which says what came of it."""
    try:
        yield
    except typer.Abort as end:
        stderr().print(f"\n{NOTHING}")
        raise typer.Exit(1) from end


def _confirmed(event: AnyEvent, log: str | None, sign: Path | None) -> bool:
    """Show an event and ask whether to publish it; whether it was said what that brings with it. Raises typer.Exit."""
    _show(event, as_json=False)
    can_rehearse = kind_of(log or Settings.load().log).file is not None
    if can_rehearse:
        _rehearse(event, log, sign, as_json=False)
    if not typer.confirm("Publish it?", default=True, err=True):
        stderr().print(NOTHING)
        raise typer.Exit(1)
    return can_rehearse


def _show(event: AnyEvent, as_json: bool) -> None:
    if as_json:
        print_json([event])
    else:
        stdout().print_json(event.model_dump_json(exclude_defaults=True))


def _rehearse(event: AnyEvent, log: str | None, sign: Path | None, *, as_json: bool) -> None:
    """Say what the event would move, and which source would count."""
    with rehearsing(log, sign) as rehearsal:
        news = NewEvents(rehearsal.url)
        news.add(rehearsal.ledger.publish(event))
        tell_moved(rehearsal.moved(), as_json=as_json)
        news.tell(rehearsal.ledger)


def _shelf(ledger: Ledger, log: str | None) -> Callable[[], Books | None]:
    """The books, folded when somebody asks for what is there already, where that keeps nobody waiting."""
    return cache(lambda: ledger.read() if is_quick(ledger, log) else None)


def _type(name: str | None, asks: bool) -> str:
    if name is None:
        if not asks:
            raise UsageError("say which type of event; `ledger schema` lists them")
        with _interruptible():
            return ask_type()
    if name not in EVENT_TYPES:
        raise UsageError(no_event_type(name))
    return name
