"""What parties said to each other: meetings, terms, positions, and refusals to comment."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Envelope
from schemas.values import Many, Moment, Name, Occurrence, PartyId, Pledge, Text
from schemas.vocabulary import (
    Category,
    CommentResponse,
    Commitment,
    Formula,
    Outcome,
    Track,
)


class MeetingHeld(Envelope):
    """People who negotiate met, or passed messages."""

    type: Literal["meeting_held"] = "meeting_held"
    version: Literal[1] = 1
    participants: Many[PartyId]
    venue: Name | None = None
    convener: PartyId | None = None
    track: Track | None = None
    indirect: bool = False
    outcome: Outcome = "unknown"
    topic: Text | None = None


class Terms(Envelope):
    """A set of terms. `pledges` hold what each side is to give; an open parameter has an unknown count.

    `terms` names the set: statements about one deal from several sources share it. A `separate` set stands beside the
    others, with people of its own (200 for 1 beside 5 for 55 on one day), and amends none of them.
    """

    terms: Occurrence
    pledges: Many[Pledge] = ()
    proposer: PartyId | None = None
    parties: Many[PartyId] = ()
    categories: Many[Category] = ()
    separate: bool = False


class TermsProposed(Terms):
    """Somebody offered terms."""

    type: Literal["terms_proposed"] = "terms_proposed"
    version: Literal[1] = 1
    outcome: Outcome = "unknown"


class TermsAgreed(Terms):
    """The parties agreed on terms, or on a part of them."""

    type: Literal["terms_agreed"] = "terms_agreed"
    version: Literal[1] = 1


class TermsRefused(Terms):
    """A party refused terms."""

    type: Literal["terms_refused"] = "terms_refused"
    version: Literal[1] = 1
    refused_by: PartyId


class PositionDeclared(Envelope):
    """A party's position, as declared or reported. The latest per party and topic is in force."""

    type: Literal["position_declared"] = "position_declared"
    version: Literal[1] = 1
    party: PartyId
    topic: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")] = "exchange"
    formula: Formula | None = None
    commitment: Commitment | None = None
    conditions: Many[Text] = ()
    position: Text | None = None
    until: Moment | None = None


class CommentSought(Envelope):
    """A party was asked about a claim, and answered, declined, or did not respond."""

    type: Literal["comment_sought"] = "comment_sought"
    version: Literal[1] = 1
    party: PartyId
    response: CommentResponse
