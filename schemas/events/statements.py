"""Totals that somebody asserts. They are checked against the computed figure and never added."""

from typing import Literal

from schemas.envelope import Envelope
from schemas.values import Amount, PartyId, Text
from schemas.vocabulary import FigureName, TallyScope


class TallyStated(Envelope):
    """A source states a total. It is checked against the ledger's own figure as of the same point.

    That point is the end of `round` where the statement names one, else the date it `occurred`.
    `scope` `process` compares it with the sum over all exchanges of the process. `label` says what
    was counted where `figure` is `other`; `party` narrows a total to one holder or facilitator.
    """

    type: Literal["tally_stated"] = "tally_stated"
    version: Literal[1] = 1
    figure: FigureName
    count: Amount
    scope: TallyScope = "exchange"
    party: PartyId | None = None
    label: Text | None = None
