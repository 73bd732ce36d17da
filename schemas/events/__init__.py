"""Every type of event: a closed union, told apart by `type`.

It grows by one class here, one row in `schemas.kinds` and one example in `schemas/examples`; the program or a test
fails until all three are there.
"""

from typing import Annotated, TypeAlias, get_args

from pydantic import Field

from schemas.events.aid import AidDelivered, AidSuspended, FundsReleased
from schemas.events.claims import ClaimAdopted, ClaimDisputed, ClaimRetracted, Decision
from schemas.events.delivery import CountCredited, ReleaseCancelled, ReleaseDelayed, ReleasePlanned
from schemas.events.keys import KeyRevoked
from schemas.events.parties import ExchangeOpened, PartyRegistered
from schemas.events.pauses import PauseEnded, PauseExtended, PauseStarted, PauseViolated
from schemas.events.people import (
    CaptivesDied,
    CaptivesEscaped,
    CaptivesReleased,
    CaptivesRescued,
    CaptivesTaken,
    HandoverRejected,
    Movement,
    PeopleDiedFree,
    PeopleRetaken,
    PeopleTransferred,
    PrisonersDied,
    PrisonersEscaped,
    PrisonersReleased,
    PrisonersRescued,
    PrisonersTaken,
    RemainsIdentified,
    RemainsReceived,
    RemainsRecovered,
    RemainsReturned,
)
from schemas.events.redaction import EventRedacted
from schemas.events.statements import TallyStated
from schemas.events.talks import (
    CommentSought,
    MeetingHeld,
    PositionDeclared,
    Terms,
    TermsAgreed,
    TermsProposed,
    TermsRefused,
)

AnyEvent: TypeAlias = (
    CaptivesTaken
    | CaptivesReleased
    | CaptivesRescued
    | CaptivesEscaped
    | CaptivesDied
    | PrisonersTaken
    | PrisonersReleased
    | PrisonersRescued
    | PrisonersEscaped
    | PrisonersDied
    | PeopleRetaken
    | PeopleTransferred
    | PeopleDiedFree
    | RemainsReturned
    | RemainsRecovered
    | RemainsReceived
    | RemainsIdentified
    | HandoverRejected
    | ReleasePlanned
    | ReleaseDelayed
    | ReleaseCancelled
    | CountCredited
    | PauseStarted
    | PauseExtended
    | PauseEnded
    | PauseViolated
    | MeetingHeld
    | TermsProposed
    | TermsAgreed
    | TermsRefused
    | PositionDeclared
    | CommentSought
    | AidDelivered
    | AidSuspended
    | FundsReleased
    | TallyStated
    | ClaimDisputed
    | ClaimRetracted
    | ClaimAdopted
    | ExchangeOpened
    | PartyRegistered
    | KeyRevoked
    | EventRedacted
)

Event: TypeAlias = Annotated[AnyEvent, Field(discriminator="type")]

EVENT_TYPES: dict[str, type[AnyEvent]] = {model.model_fields["type"].default: model for model in get_args(AnyEvent)}
"""Every event class by its `type`, in the order of the documentation."""

__all__ = [
    "EVENT_TYPES",
    "AidDelivered",
    "AidSuspended",
    "AnyEvent",
    "CaptivesDied",
    "CaptivesEscaped",
    "CaptivesReleased",
    "CaptivesRescued",
    "CaptivesTaken",
    "ClaimAdopted",
    "ClaimDisputed",
    "ClaimRetracted",
    "CommentSought",
    "CountCredited",
    "Decision",
    "Event",
    "EventRedacted",
    "ExchangeOpened",
    "FundsReleased",
    "HandoverRejected",
    "KeyRevoked",
    "MeetingHeld",
    "Movement",
    "PartyRegistered",
    "PauseEnded",
    "PauseExtended",
    "PauseStarted",
    "PauseViolated",
    "PeopleDiedFree",
    "PeopleRetaken",
    "PeopleTransferred",
    "PositionDeclared",
    "PrisonersDied",
    "PrisonersEscaped",
    "PrisonersReleased",
    "PrisonersRescued",
    "PrisonersTaken",
    "ReleaseCancelled",
    "ReleaseDelayed",
    "ReleasePlanned",
    "RemainsIdentified",
    "RemainsReceived",
    "RemainsRecovered",
    "RemainsReturned",
    "TallyStated",
    "Terms",
    "TermsAgreed",
    "TermsProposed",
    "TermsRefused",
]
