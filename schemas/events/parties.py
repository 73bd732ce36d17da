"""Who takes part, and which deal this is."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from schemas.envelope import Envelope
from schemas.values import ExchangeId, Many, Name, Nationality, PartyId
from schemas.vocabulary import PartyKind, Role

ProcessId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,63}$")]


class ExchangeOpened(Envelope):
    """Declares an exchange: its title, the process it belongs to, and whose nationals the deal is about.

    `nationals` decides the `nationals` scope of the ratios; without it that scope is unknown.
    """

    type: Literal["exchange_opened"] = "exchange_opened"
    version: Literal[1] = 1
    title: Name
    process: ProcessId | None = None
    nationals: Many[Nationality] = ()
    follows: ExchangeId | None = None


class PartyRegistered(Envelope):
    """Declares a party of this exchange and its roles here. A role is per deal, not per party."""

    type: Literal["party_registered"] = "party_registered"
    version: Literal[1] = 1
    party: PartyId
    name: Name
    kind: PartyKind
    roles: Many[Role] = ()
