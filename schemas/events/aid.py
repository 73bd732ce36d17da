"""Goods and money that move beside people."""

from typing import Literal

from schemas.envelope import Envelope
from schemas.values import Amount, Currency, PartyId, Prose
from schemas.vocabulary import AidItem, AidStage, FundsState


class AidDelivered(Envelope):
    """So much of one kind of aid reached one stage. Dispatched is not delivered: stages never add up."""

    type: Literal["aid_delivered"] = "aid_delivered"
    version: Literal[1] = 1
    item: AidItem
    amount: Amount
    stage: AidStage = "unknown"
    by: PartyId | None = None
    area: Prose | None = None


class AidSuspended(Envelope):
    """Aid stopped, or was stopped."""

    type: Literal["aid_suspended"] = "aid_suspended"
    version: Literal[1] = 1
    by: PartyId | None = None
    area: Prose | None = None
    cause: Prose | None = None


class FundsReleased(Envelope):
    """Money was unfrozen or paid as a leg of an exchange, in whole units of its currency."""

    type: Literal["funds_released"] = "funds_released"
    version: Literal[1] = 1
    amount: Amount
    currency: Currency
    by: PartyId | None = None
    to: PartyId | None = None
    state: FundsState = "unknown"
