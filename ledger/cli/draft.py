"""An event in the making: what flags and answers say of it, put where its type has it, and what it takes over."""

from typing import Any, TypeAlias

import orjson

from ledger.admission import known
from ledger.blocking import Ledger
from ledger.errors import UnknownName, UsageError
from ledger.members import put
from ledger.words.counts import count_members
from ledger.words.moments import day_or_time, moment_members
from schemas.codec import UnknownEvent, decode
from schemas.envelope import Envelope
from schemas.errors import InvalidEvent, Problem
from schemas.events import EVENT_TYPES, AnyEvent

Draft: TypeAlias = dict[str, Any]
"""The members of an event, as far as they are said."""

IDS = ("supersedes", "claim")
"""The fields that name another event: the start of its id will do."""
_FLAGS = {
    **{
        name: f"--{name}"
        for name in ("exchange", "occurred", "round", "occurrence", "supersedes", "reason", "note", "side")
    },
    "source": "--publisher and --kind",
    **{
        f"source.{name}": f"--{name}"
        for name in ("publisher", "kind", "url", "archived", "sha256", "published", "credibility")
    },
    **dict.fromkeys(("count", "amount", "groups", "groups.0.count"), "--count"),
    **{f"groups.0.{name}": f"--{name}" for name in ("nationality", "category", "vital", "basis")},
    "groups.0.ratio_scope": "--scope",
}
"""The flag that says what stands at a path."""
_SAID_ANEW = frozenset({*Envelope.model_fields, "type", "version", "groups", "count", "amount"})
"""What a claim that replaces another does not take over from it as it is."""
_OF_GROUP = frozenset({"count", "nationality", "category", "vital", "ratio_scope", "basis"})
_MISSING = "is missing"


def value_of(path: str, text: str) -> Any:
    """What is assigned to a field, as JSON or as text. An id that begins with digits alone is no number."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return text if path in IDS and not isinstance(found, str | None) else found


def set_member(draft: Draft, path: str, value: Any) -> None:
    """Say something as a flag does. Raises UsageError or InvalidEvent."""
    place = place_of(draft, path)
    put_at(draft, place, _said(place, value))


def place_of(draft: Draft, path: str) -> str:
    """Where the type of an event has what a flag says: a movement has its people in groups."""
    fields = EVENT_TYPES[draft["type"]].model_fields
    if path in _OF_GROUP and "groups" in fields:
        return f"groups.0.{path}"
    return "amount" if path == "count" and "amount" in fields else path


def put_at(draft: Draft, path: str, value: Any) -> None:
    """Put a value at a path. Raises UsageError or InvalidEvent, which name the path."""
    try:
        orjson.dumps(value)
        put(draft, path.split("."), value)
    except orjson.JSONEncodeError as error:
        raise InvalidEvent(Problem(path, f"cannot be written: {error}")) from error
    except ValueError as error:
        raise UsageError(f"--set {path}: {error}") from error


def _said(path: str, value: Any) -> Any:
    try:
        if path.endswith(("count", "amount")):
            return count_members(value)
        if path == "source.published":
            return day_or_time(value)
        return moment_members(value) if path == "occurred" else value
    except ValueError as error:
        raise InvalidEvent(Problem(path, str(error))) from error


def has(draft: Draft, path: str) -> bool:
    """Whether something is said already, or has no place in this type of event."""
    fields = EVENT_TYPES[draft["type"]].model_fields
    if path == "count":
        counted = {name for name in ("groups", "count", "amount") if name in fields}
        return not counted or any(_is_counted(draft[name]) for name in counted & draft.keys())
    node: Any = draft
    steps = place_of(draft, path).split(".")
    if steps[0] not in fields:
        return True
    for step in steps:
        if isinstance(node, list):
            node = dict(zip(map(str, range(len(node))), node, strict=True))
        if not isinstance(node, dict):
            return True  # something else was set there; the decoder says what is wrong with it
        if step not in node:
            return False
        node = node[step]
    return True


def _is_counted(said: Any) -> bool:
    """Whether a member says how many: a group may so far say only who."""
    return not isinstance(said, list) or any(not isinstance(group, dict) or "count" in group for group in said)


# -- what it takes over ------------------------------------------------------------------------


def inherit(ledger: Ledger, draft: Draft) -> list[AnyEvent]:
    """A claim that replaces another, and a decision on one, are about the same occurrence of the same exchange.

    Returns the events that it names. Raises UnknownName, UsageError.
    """
    found = list[AnyEvent]()
    for path in IDS:
        if path in EVENT_TYPES[draft["type"]].model_fields and isinstance(draft.get(path), str):
            draft[path] = ledger.full_id(draft[path])
            _, event = ledger.event(draft[path])
            if isinstance(event, UnknownEvent):
                raise UnknownName("event that this software can read", draft[path])
            draft.setdefault("exchange", event.exchange)
            draft.setdefault("occurrence", event.occurrence or event.id)
            if event.round is not None:
                draft.setdefault("round", event.round)
            if path == "supersedes":
                _take_over(draft, event.model_dump(mode="json", exclude_defaults=True))
            found.append(event)
    return found


def _take_over(draft: Draft, old: Draft) -> None:
    """What is not said anew, so that a corrected count keeps its side, its parties and, in one group, who they are."""
    fields = EVENT_TYPES[draft["type"]].model_fields
    for name in old.keys() & fields.keys() - _SAID_ANEW:
        draft.setdefault(name, old[name])
    kept = old.get("groups", ())
    groups = draft.setdefault("groups", [{}]) if "groups" in fields and len(kept) == 1 else None
    if isinstance(groups, list) and len(groups) == 1 and isinstance(groups[0], dict):
        groups[0] = {**{name: value for name, value in kept[0].items() if name != "count"}, **groups[0]}


# -- whether it is an event --------------------------------------------------------------------


def finished(draft: Draft) -> AnyEvent:
    """The event. Raises InvalidEvent, with the flag to give for what is missing."""
    try:
        return known(orjson.dumps(draft))
    except InvalidEvent as error:
        raise InvalidEvent(*map(with_flag, error.problems)) from error


def wrong(draft: Draft) -> list[Problem]:
    """What is wrong with what is said so far, beside what is missing."""
    try:
        decode(orjson.dumps(draft))
    except InvalidEvent as error:
        return [each for each in error.problems if not each.reason.startswith(_MISSING)]
    return []


def with_flag(problem: Problem) -> Problem:
    """A problem by the flag that says what is wrong, or that is to be given for what is missing."""
    if problem.reason.startswith(_MISSING):
        flag = _FLAGS.get(problem.field, f"--set {problem.field}=...")
        return Problem(problem.field, f"{_MISSING}; give {flag}")
    steps = problem.field.split(".")
    paths = [".".join(steps[:length]) for length in range(len(steps), 0, -1)]
    said = next((path for path in paths if path in _FLAGS), None)
    if said in (None, "source", "groups") or problem.reason.startswith("is not a field"):
        return problem
    return Problem(_FLAGS[said or ""], problem.reason)
