"""The clock of a pause in hostilities. `pause` names it; its events are one pause's life."""

from typing import Literal

from schemas.envelope import Envelope
from schemas.values import Hours, Moment, Occurrence, PartyId, Prose, Text


class PauseEvent(Envelope):
    """Something in the life of one pause."""

    pause: Occurrence


class PauseStarted(PauseEvent):
    """A pause came into force, planned for so many hours (none: open-ended)."""

    type: Literal["pause_started"] = "pause_started"
    version: Literal[1] = 1
    hours: Hours | None = None


class PauseExtended(PauseEvent):
    """A pause was made longer. `occurred` is the announcement, `effective` when the extra time begins."""

    type: Literal["pause_extended"] = "pause_extended"
    version: Literal[1] = 1
    hours: Hours
    effective: Moment | None = None


class PauseEnded(PauseEvent):
    """A pause ended. Status `planned` states when it is due to end and ends nothing."""

    type: Literal["pause_ended"] = "pause_ended"
    version: Literal[1] = 1
    cause: Prose | None = None


class PauseViolated(PauseEvent):
    """Somebody says that somebody broke the pause or its terms. Always attributed."""

    type: Literal["pause_violated"] = "pause_violated"
    version: Literal[1] = 1
    by: PartyId
    alleged_by: PartyId
    what: Text
