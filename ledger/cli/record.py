"""`ledger record`: one event from flags, or asked for."""

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from ledger.admission import unknown_event
from ledger.blocking import Ledger
from ledger.cli.notices import NewEvents, tell_moved
from ledger.cli.options import Log, Sign, print_json, signing, stderr, stdout
from ledger.errors import UnknownName, UsageError
from ledger.log import kind_of
from ledger.members import put
from ledger.rehearsal import rehearsed
from ledger.settings import Settings
from ledger.words.counts import count_members
from ledger.words.moments import moment_members
from schemas.codec import UnknownEvent, decode, no_event_type
from schemas.envelope import Envelope
from schemas.errors import InvalidEvent, Problem
from schemas.events import EVENT_TYPES, AnyEvent
from schemas.ids import new_id

app = typer.Typer()

Flag = str | None
_ABOUT = "What and when"
_WHO = "Who says so"
_PEOPLE = "How many"
_PROMPTS = {
    "exchange": "Exchange (such as NORTH-SOUTH-2017)",
    "occurred": "When it happened (2023-11-28, or 2023-11-24T07:00+02:00)",
    "source.publisher": "Publisher of the source",
    "source.kind": "Kind of source (newspaper, wire, un, facilitator, official_party ...)",
    "side": "Whose (captives or prisoners)",
    "count": "How many (12, about 600, over 130, several)",
}
_FLAGS = {
    "exchange": "--exchange",
    "occurred": "--occurred",
    "source": "--publisher and --kind",
    "source.publisher": "--publisher",
    "source.kind": "--kind",
    **dict.fromkeys(("count", "amount", "groups", "groups.0.count"), "--count"),
}


_SAID_ANEW = frozenset({*Envelope.model_fields, "type", "version", "groups", "count", "amount"})
"""What a claim that replaces another does not take over from it as it is."""
_OF_GROUP = frozenset({"count", "nationality", "category", "vital", "ratio_scope", "basis"})


def _option(panel: str, help: str) -> Any:
    return typer.Option(rich_help_panel=panel, help=help)


@app.command()
def record(
    type: Annotated[str | None, typer.Argument(help="The type of the event; `ledger schema` lists them.")] = None,
    exchange: Annotated[Flag, _option(_ABOUT, "The exchange that it belongs to.")] = None,
    occurred: Annotated[Flag, _option(_ABOUT, "A date, a time with its offset, a month or a year.")] = None,
    round: Annotated[int | None, _option(_ABOUT, "The round of the deal.")] = None,
    occurrence: Annotated[Flag, _option(_ABOUT, "The thing that happened; share it to make a rival claim.")] = None,
    supersedes: Annotated[Flag, _option(_ABOUT, "The id of the event that this one replaces.")] = None,
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
    members: dict[str, Any] = {"type": _type(type, asks), "version": 1, "id": new_id()}
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
    for path, value in flags.items():
        if value is not None:
            _set(members, path, value)
    for assignment in fields or ():
        path, _, text = assignment.partition("=")
        if path == "type":
            raise UsageError("--set type: the type of the event is the first word after `record`")
        _place(members, path, _value(text))
    with Ledger.open(log, key=signing(sign)) as ledger:
        _inherit(ledger, members)
        event = _complete(members, asks)
        if dry_run:
            _show(event, as_json)
            _rehearse(event, log, sign, as_json=as_json)
            return
        if asks and not yes:
            _show(event, as_json=False)
            if kind_of(log or Settings.load().log).file is not None:
                _rehearse(event, log, sign, as_json=False)
            typer.confirm("Publish it?", default=True, abort=True, err=True)
        receipt = ledger.publish(event)
        if as_json:
            print_json([event])
        else:
            stdout().print(receipt.event_id)
        stderr().print(f"[dim]recorded at position {receipt.position}[/]")
        news = NewEvents(log)
        news.add(receipt)
        news.tell(ledger)


def _show(event: AnyEvent, as_json: bool) -> None:
    if as_json:
        print_json([event])
    else:
        stdout().print_json(event.model_dump_json(exclude_defaults=True))


def _rehearse(event: AnyEvent, log: str | None, sign: Path | None, *, as_json: bool) -> None:
    """Say what the event would move, and which source would count."""
    with rehearsed(log, signing(sign)) as rehearsal:
        news = NewEvents(rehearsal.url)
        news.add(rehearsal.ledger.publish(event))
        tell_moved(rehearsal.moved(), as_json=as_json)
        news.tell(rehearsal.ledger)


def _type(name: str | None, asks: bool) -> str:
    if name is None and not asks:
        raise UsageError("say which type of event; `ledger schema` lists them")
    chosen = name or _ask("Type of event", "captives_released")
    if chosen not in EVENT_TYPES:
        raise UsageError(no_event_type(chosen))
    return chosen


def _ask(what: str, default: str | None = None) -> str:
    answer: str = typer.prompt(what, default=default, err=True)
    return answer


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _set(members: dict[str, Any], path: str, value: Any) -> None:
    """Put a flag where its type of event has it: a movement has its people in groups."""
    fields = EVENT_TYPES[members["type"]].model_fields
    if path in _OF_GROUP and "groups" in fields:
        path = f"groups.0.{path}"
    elif path == "count" and "amount" in fields:
        path = "amount"
    _place(members, path, _said(path, value))


def _place(members: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a path. Raises UsageError or InvalidEvent, which name the path."""
    try:
        orjson.dumps(value)
        put(members, path.split("."), value)
    except orjson.JSONEncodeError as error:
        raise InvalidEvent(Problem(path, f"cannot be written: {error}")) from error
    except ValueError as error:
        raise UsageError(f"--set {path}: {error}") from error


def _said(path: str, value: Any) -> Any:
    try:
        if path.endswith(("count", "amount")):
            return count_members(value)
        return moment_members(value) if path == "occurred" else value
    except ValueError as error:
        raise InvalidEvent(Problem(path, str(error))) from error


def _inherit(ledger: Ledger, members: dict[str, Any]) -> None:
    """A claim that replaces another is about the same occurrence of the same exchange."""
    replaced = members.get("supersedes")
    if not isinstance(replaced, str):
        return
    _, event = ledger.event(replaced)
    if isinstance(event, UnknownEvent):
        raise UnknownName("event that this software can read", replaced)
    members.setdefault("exchange", event.exchange)
    members.setdefault("occurrence", event.occurrence or event.id)
    if event.round is not None:
        members.setdefault("round", event.round)
    _take_over(members, event.model_dump(mode="json", exclude_defaults=True))


def _take_over(members: dict[str, Any], old: dict[str, Any]) -> None:
    """What is not said anew, so that a corrected count keeps its side, its parties and, in one group, who they are."""
    fields = EVENT_TYPES[members["type"]].model_fields
    for name in old.keys() & fields.keys() - _SAID_ANEW:
        members.setdefault(name, old[name])
    kept = old.get("groups", ())
    groups = members.setdefault("groups", [{}]) if "groups" in fields and len(kept) == 1 else None
    if isinstance(groups, list) and len(groups) == 1 and isinstance(groups[0], dict):
        groups[0] = {**{name: value for name, value in kept[0].items() if name != "count"}, **groups[0]}


def _complete(members: dict[str, Any], asks: bool) -> AnyEvent:
    """The event, after asking for what is missing where there is somebody to ask. Raises InvalidEvent."""
    if asks:
        for path, question in _PROMPTS.items():
            if not _has(members, path):
                _set(members, path, _ask(question, "captives" if path == "side" else None))
    try:
        event = decode(orjson.dumps(members))
    except InvalidEvent as error:
        raise InvalidEvent(*map(_with_flag, error.problems)) from error
    if isinstance(event, UnknownEvent):
        raise InvalidEvent(unknown_event(event))
    return event


def _with_flag(problem: Problem) -> Problem:
    """The flag to give for what is missing."""
    if not problem.reason.startswith("is missing"):
        return problem
    flag = _FLAGS.get(problem.field, f"--set {problem.field}=...")
    return Problem(problem.field, f"is missing; give {flag}")


def _has(members: dict[str, Any], path: str) -> bool:
    """Whether a prompted member is there, or has no place in this type of event."""
    fields = EVENT_TYPES[members["type"]].model_fields
    if path == "count":
        counted = {name for name in ("groups", "count", "amount") if name in fields}
        return not counted or any(_is_counted(members[name]) for name in counted & members.keys())
    node: Any = members
    if path.partition(".")[0] not in fields:
        return True
    for step in path.split("."):
        if not isinstance(node, dict):
            return True  # something else was set there; the decoder says what is wrong with it
        if step not in node:
            return False
        node = node[step]
    return True


def _is_counted(said: Any) -> bool:
    """Whether a member says how many: a group may so far say only who."""
    return not isinstance(said, list) or any(not isinstance(group, dict) or "count" in group for group in said)
