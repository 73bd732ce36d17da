"""Decisions about other claims on the same occurrence. They change what counts, never what was said."""

from typing import Literal

from schemas.envelope import Envelope
from schemas.values import EventId, Occurrence, PartyId, Text


class Decision(Envelope):
    """A decision names the occurrence that it is about."""

    occurrence: Occurrence


class ClaimAdopted(Decision):
    """From now on this claim counts for its occurrence. Without a `claim`, none does.

    Overrides the ledger's own rule; the latest decision stands.
    """

    type: Literal["claim_adopted"] = "claim_adopted"
    version: Literal[1] = 1
    claim: EventId | None
    why: Text


class ClaimDisputed(Decision):
    """Somebody disputes a claim, or the whole occurrence. Both sides stand until a claim is adopted."""

    type: Literal["claim_disputed"] = "claim_disputed"
    version: Literal[1] = 1
    claim: EventId | None = None
    by: PartyId | None = None
    why: Text


class ClaimRetracted(Decision):
    """A claim or a decision should never have been entered. It stays readable and counts nowhere."""

    type: Literal["claim_retracted"] = "claim_retracted"
    version: Literal[1] = 1
    claim: EventId
    why: Text
