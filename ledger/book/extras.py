"""What few events say beside what they count: corrections, parts, settlements, takings, facts."""

from typing import Any

from ledger.book.claims import Extra
from ledger.book.keys import number_of
from ledger.book.transfers import FACTS
from schemas.events import EVENT_TYPES, Movement
from schemas.values import Taking

_PEOPLE = frozenset(name for name, model in EVENT_TYPES.items() if issubclass(model, Movement))


def extra_of(event: Any) -> Extra | None:
    """What an event says beside its count; None for one that says nothing more."""
    if event.type in FACTS:
        return Extra(event.status, replaced_by(event), event.reason, None, (), event)
    is_people = event.type in _PEOPLE
    part, settles, taken = (event.part, event.settles, _taken(event)) if is_people else (None, (), ())
    to_itself = event.by if is_people and event.by == event.to else None
    if part is None and not (settles or taken or to_itself) and event.status == "reported" and event.supersedes is None:
        return None
    return Extra(event.status, replaced_by(event), event.reason, part, settles, None, taken, to_itself)


def replaced_by(event: Any) -> int | None:
    """The number of the event that an event corrects; None where it corrects none."""
    return None if event.supersedes is None else number_of(event.supersedes)


def _taken(event: Any) -> tuple[tuple[Taking, ...], ...]:
    """The takings that each group is linked to; empty where none is."""
    groups = event.groups
    for group in groups:
        if group.taken:
            return tuple(each.taken for each in groups)
    return ()
