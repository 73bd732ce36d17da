"""What can go wrong with a ledger, and the exit code that each kind has on the command line.

LedgerError                   1
├── InvalidEvent              3  the bytes are not an event (schemas.errors)
├── RejectedEvents            3  some events of a batch were refused
├── EventConflict             3  this id is in the log with other bytes
├── UsageError                2  the caller asked for something that makes no sense
├── UnknownName               2  no such event, exchange, round or figure
│   └── AmbiguousId           2  several events have ids that begin so
├── LogUnreachable            4  the log cannot be opened or does not answer
└── VerificationFailed        5  two things that must be equal are not
    └── LogDamaged            5  the log is not what was written to it
"""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from schemas.errors import InvalidEvent, LedgerError, Problem, listed, nearest
from schemas.record import Position


class UsageError(LedgerError):
    """The caller asked for something that makes no sense; the message says what to ask instead."""


class UnknownName(LedgerError):
    """No such event, exchange, round or figure in this ledger."""

    def __init__(self, kind: str, name: str, known: Sequence[str] = ()) -> None:
        self.kind, self.name, self.known = kind, name, known
        self.near = nearest(name, tuple(known))
        asked = f"; did you mean {self.near}?" if self.near else ""
        super().__init__(f"no {kind} {name!r} in this ledger" + (f"; there is {listed(known)}{asked}" if known else ""))


class AmbiguousId(UnknownName):
    """Several events have ids that begin as was asked. `known` are these ids, `choices` some of them in words."""

    def __init__(self, name: str, known: Sequence[str], choices: Sequence[str], enough: str) -> None:
        super().__init__("event", name, known)
        self.choices = choices
        listed = "\n".join(f"  {each}" for each in choices)
        more = "\n  and others" if len(known) > len(choices) else ""
        self.args = (f"{name!r} begins the ids of several events; {enough}:\n{listed}{more}",)


class EventConflict(LedgerError):
    """An event id is already in the log with other bytes. Names both."""

    def __init__(self, event_id: str, position: Position, kept: bytes, refused: bytes) -> None:
        self.event_id, self.position, self.kept, self.refused = event_id, position, kept, refused
        super().__init__(
            f"event {event_id} is already in the log at {position} with other bytes; an event never changes: "
            f"publish the new claim under an id of its own, with `supersedes` {event_id} if it replaces this one"
            f"{_differing(kept, refused)}"
        )


class RejectedEvents(LedgerError):
    """Some events of a batch were refused; the others are in the log."""

    def __init__(self, refused: Sequence[LedgerError], accepted: int) -> None:
        self.refused, self.accepted = refused, accepted
        super().__init__(f"{len(refused):,} refused, {accepted:,} accepted")


class LogUnreachable(LedgerError):
    """The log cannot be opened, is not one of ours, or does not answer."""


class VerificationFailed(LedgerError):
    """Two things that must be equal are not."""


class LogDamaged(VerificationFailed):
    """A log is not what was written to it. No record before `position` is affected, where there is one."""

    def __init__(self, what: str, position: Position | None = None) -> None:
        self.position = position
        super().__init__(what if position is None else f"the first bad position is {position}: {what}")


EXIT_CODES: dict[type[LedgerError], int] = {
    InvalidEvent: 3,
    RejectedEvents: 3,
    EventConflict: 3,
    UsageError: 2,
    UnknownName: 2,
    LogUnreachable: 4,
    VerificationFailed: 5,
}


def exit_code(error: LedgerError) -> int:
    """The exit code of an error: that of its own kind, or of the kind that it is one of."""
    return next((EXIT_CODES[kind] for kind in type(error).mro() if kind in EXIT_CODES), 1)


def _differing(kept: bytes, refused: bytes) -> str:
    """What is told otherwise now, where both can be read; else how both begin."""
    try:
        before, now = dict(_leaves(orjson.loads(kept))), dict(_leaves(orjson.loads(refused)))
    except ValueError:
        return f"\n  kept:    {_shortened(kept)}\n  refused: {_shortened(refused)}"
    paths = [path for path in dict.fromkeys([*before, *now]) if before.get(path) != now.get(path)]
    said = [f"{path}: {_value(before.get(path))} is there, {_value(now.get(path))} came" for path in paths]
    return "".join(f"\n  {each}" for each in said[:DIFFERING_MAX]) + (
        "\n  and more" if len(said) > DIFFERING_MAX else ""
    )


DIFFERING_MAX = 3


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a message, by their dotted paths."""
    if isinstance(value, dict | list) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in items:
            yield from _leaves(each, f"{path}.{name}" if path else str(name))
    else:
        yield path, value


def _value(value: Any) -> str:
    text = "nothing" if value is None else orjson.dumps(value).decode()
    return text if len(text) <= 60 else f"{text[:60]}\u2026"


def _shortened(raw: bytes) -> str:
    text = raw.decode(errors="replace")
    return text if len(text) <= 300 else f"{text[:300]}... ({len(raw):,} bytes)"


__all__ = [
    "AmbiguousId",
    "EventConflict",
    "InvalidEvent",
    "LedgerError",
    "LogDamaged",
    "LogUnreachable",
    "Problem",
    "RejectedEvents",
    "UnknownName",
    "UsageError",
    "VerificationFailed",
    "exit_code",
]
