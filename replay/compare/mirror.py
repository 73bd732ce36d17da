"""The same events as they look from the other side: its captives are these prisoners, and its prisoners these captives.

Whatever names a side changes places: types, sides, legs, pledges, nationals, and the figures of stated totals. All else
stays as it is, and so do ids.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger.book.cut import Cut
from ledger.book.figures import ALIASES
from ledger.follow.books import Books, Decoded
from ledger.follow.follower import read_books
from ledger.log.port import EventLog
from schemas.codec import UnknownEvent, decode
from schemas.events import EVENT_TYPES, AnyEvent
from schemas.kinds import KINDS
from schemas.record import Progress, Row
from schemas.values import Pledge

_OTHER = {"captive": "prisoner", "prisoner": "captive"}
_LEGS = {"captives": "prisoners", "prisoners": "captives", "remains": "prisoner_remains", "prisoner_remains": "remains"}


def mirrored(event: AnyEvent) -> AnyEvent:
    """An event with the two sides in each other's place. An older name of a figure comes back by its present one."""
    said = dict(event)
    changed = {name: _TURNED[name](value) for name, value in said.items() if name in _TURNED}
    if "prisoner_nationals" in said:
        changed |= {"nationals": said["prisoner_nationals"], "prisoner_nationals": said["nationals"]}
    return EVENT_TYPES[changed["type"]](**(said | changed))


def _other(word: str) -> str:
    return re.sub("captive|prisoner", lambda side: _OTHER[side[0]], word)


def _type(name: str) -> str:
    """The type that is this one on the other side; a type without such a one stays."""
    return other if (other := _other(name)) in KINDS else name


def _figure(name: str) -> str:
    return _other(ALIASES.get(name, name))


def _pledges(pledges: Sequence[Pledge]) -> tuple[Pledge, ...]:
    return tuple(each.model_copy(update={"item": _other(each.item), "per": _other(each.per)}) for each in pledges)


_TURNED: Mapping[str, Callable[[Any], Any]] = {
    "type": _type,
    "side": _other,
    "leg": _LEGS.__getitem__,
    "figure": _figure,
    "pledges": _pledges,
}
"""The fields that name a side, and how each is turned round."""


class MirroredBooks(Books):
    """The books of a ledger as they look from the other side. Signatures are checked as the events were signed."""

    def _decoded(self, partition: int, rows: Sequence[Row]) -> list[Decoded]:
        return [(row, _turned(row[2])) for row, _ in super()._decoded(partition, rows)]


def _turned(payload: bytes) -> AnyEvent | UnknownEvent:
    event = decode(payload)
    return event if isinstance(event, UnknownEvent) else mirrored(event)


async def read_mirrored(log: EventLog, cut: Cut, *, progress: Progress | None = None) -> Books:
    """Replay a log up to a cut as the other side tells it; every event is validated. Raises UnknownName."""
    return await read_books(log, cut, strict=True, progress=progress, kind=MirroredBooks)
