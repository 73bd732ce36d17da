"""People who move: taken, freed, rescued, dead, returned. Each group of each event is a count that moves.

Captives and prisoners are the two sides of an exchange and have the same life: `captives_*` and `prisoners_*` are one
kind of event each, and the others name their `side`.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.envelope import Envelope
from schemas.values import Group, Many, Occurrence, Part, PartyId, Prose, RoundNumber
from schemas.vocabulary import RejectionKind, Side


class Movement(Envelope):
    """People of one batch moving one way. `groups` partition the batch.

    A claim with `part` describes a part of another occurrence (a batch, a breakdown, the subset that one
    facilitator moved): it is checked against that occurrence and never added to it. `settles` names the
    rounds that this leg pays for, where it came late. `terms` names the agreement that it carries out, where several
    stand beside each other.
    """

    groups: Annotated[tuple[Group, ...], Field(strict=False, min_length=1, max_length=256)]
    by: PartyId | None = None
    to: PartyId | None = None
    facilitators: Many[PartyId] = ()
    part: Part | None = None
    settles: Many[RoundNumber] = ()
    terms: Occurrence | None = None
    region: Prose | None = None

    @model_validator(mode="after")
    def _is_no_part_of_itself(self) -> Self:
        if self.part is not None and self.part.of == (self.occurrence or self.id):
            raise ValueError("`part.of` names another occurrence than the event's own")
        return self


class CaptivesTaken(Movement):
    """People came into captivity: from home into the holders' hands."""

    type: Literal["captives_taken"] = "captives_taken"
    version: Literal[1] = 1


class CaptivesReleased(Movement):
    """The holders freed captives, under whatever arrangement."""

    type: Literal["captives_released"] = "captives_released"
    version: Literal[1] = 1


class CaptivesRescued(Movement):
    """Captives were freed by force. Closes the stock of captives, not the deal."""

    type: Literal["captives_rescued"] = "captives_rescued"
    version: Literal[1] = 1


class CaptivesEscaped(Movement):
    """Captives freed themselves."""

    type: Literal["captives_escaped"] = "captives_escaped"
    version: Literal[1] = 1


class CaptivesDied(Movement):
    """Captives' deaths were established. `remains_held` says whether the holders keep the remains."""

    type: Literal["captives_died"] = "captives_died"
    version: Literal[1] = 1
    remains_held: bool = True


class PrisonersTaken(Movement):
    """People were imprisoned or taken prisoner by the detaining power."""

    type: Literal["prisoners_taken"] = "prisoners_taken"
    version: Literal[1] = 1


class PrisonersReleased(Movement):
    """The detaining power released prisoners or detainees."""

    type: Literal["prisoners_released"] = "prisoners_released"
    version: Literal[1] = 1


class PrisonersRescued(Movement):
    """Prisoners were freed by force. Closes the stock of prisoners, not the deal."""

    type: Literal["prisoners_rescued"] = "prisoners_rescued"
    version: Literal[1] = 1


class PrisonersEscaped(Movement):
    """Prisoners freed themselves."""

    type: Literal["prisoners_escaped"] = "prisoners_escaped"
    version: Literal[1] = 1


class PrisonersDied(Movement):
    """Prisoners' deaths were established. `remains_held` says whether the detaining power keeps the remains."""

    type: Literal["prisoners_died"] = "prisoners_died"
    version: Literal[1] = 1
    remains_held: bool = True


class PeopleRetaken(Movement):
    """People who had been freed were taken again. `released` counts releases, so that they stay in it."""

    type: Literal["people_retaken"] = "people_retaken"
    version: Literal[1] = 1
    side: Side = "captives"


class PeopleTransferred(Movement):
    """People left the custody of their side's holders, and are held on elsewhere: neither freed nor back."""

    type: Literal["people_transferred"] = "people_transferred"
    version: Literal[1] = 1
    side: Side = "captives"


class PeopleDiedFree(Movement):
    """People who had been freed died. No stock changes by it."""

    type: Literal["people_died_free"] = "people_died_free"
    version: Literal[1] = 1
    side: Side = "captives"


class RemainsReturned(Movement):
    """Identified remains were handed over. `side` says whose dead they are."""

    type: Literal["remains_returned"] = "remains_returned"
    version: Literal[1] = 1
    side: Side = "captives"


class RemainsRecovered(Movement):
    """Remains were recovered by their own side, not handed over."""

    type: Literal["remains_recovered"] = "remains_recovered"
    version: Literal[1] = 1
    side: Side = "captives"


class RemainsReceived(Movement):
    """Remains were handed over and are not identified yet. They count as held until `remains_identified`."""

    type: Literal["remains_received"] = "remains_received"
    version: Literal[1] = 1
    side: Side = "captives"


class RemainsIdentified(Movement):
    """Of remains that were received, so many were identified as this side's, or (`matched` false) found not to be.

    Those that match are returned from then on; those that do not are rejected.
    """

    type: Literal["remains_identified"] = "remains_identified"
    version: Literal[1] = 1
    side: Side = "captives"
    matched: bool = True
    received: Occurrence | None = None


class HandoverRejected(Movement):
    """What was handed over was not what it was said to be. Enters no tally of returned remains."""

    type: Literal["handover_rejected"] = "handover_rejected"
    version: Literal[1] = 1
    side: Side = "captives"
    kind: RejectionKind = "unknown"
