"""Who takes part, and which deal this is."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from schemas.envelope import Envelope
from schemas.values import UNFOLDED, ExchangeId, ExternalIds, Many, Name, Nationality, PartyId
from schemas.vocabulary import PartyKind, Role, UnsaidScope

ProcessId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,63}$")]


class ExchangeOpened(Envelope):
    """Declares an exchange: its title, the process it belongs to, and whose nationals the deal is about.

    `nationals` are the captives' side's own, `prisoner_nationals` the prisoners'; the ratio to nationals is unknown
    without either. `unsaid_scope` says what it means where nobody says whether the deal counts a group.
    """

    type: Literal["exchange_opened"] = "exchange_opened"
    version: Literal[1] = 1
    title: Name
    process: ProcessId | None = None
    nationals: Many[Nationality] = ()
    prisoner_nationals: Many[Nationality] = ()
    unsaid_scope: UnsaidScope | None = None
    follows: ExchangeId | None = None
    external_ids: Annotated[ExternalIds, UNFOLDED] | None = None


class PartyRegistered(Envelope):
    """Declares a party of this exchange and its roles here. A role is per deal, not per party."""

    type: Literal["party_registered"] = "party_registered"
    version: Literal[1] = 1
    party: PartyId
    name: Name
    kind: PartyKind
    roles: Many[Role] = ()
    external_ids: Annotated[ExternalIds, UNFOLDED] | None = None
