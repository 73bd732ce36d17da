"""Totals that somebody asserts. They are checked against the computed figure and never added."""

from typing import Literal, Self

from pydantic import model_validator

from schemas.envelope import Envelope
from schemas.values import Amount, PartyId, Text
from schemas.vocabulary import FigureName, TallyScope


class TallyStated(Envelope):
    """A source states a total. It is checked against the ledger's own figure as of the same point.

    That point is the end of `round` where the statement names one, else the date it `occurred`.
    `scope` `process` compares it with the sum over all exchanges of the process. `label` says what
    was counted where `figure` is `other`; `party` narrows a total to one holder or facilitator. `opening` declares
    a stock (`captives.held`, `prisoners.held`) to be where counting starts, such as a list of prisoners at a date: what
    is held is then counted from it, and it is never compared with itself.
    """

    type: Literal["tally_stated"] = "tally_stated"
    version: Literal[1] = 1
    figure: FigureName
    count: Amount
    scope: TallyScope = "exchange"
    party: PartyId | None = None
    label: Text | None = None
    opening: bool = False

    @model_validator(mode="after")
    def _opens_a_stock(self) -> Self:
        if self.opening and (self.figure not in ("captives.held", "prisoners.held") or self.party is not None):
            raise ValueError(
                "`opening` opens the stock of a whole side: figure captives.held or prisoners.held, no party"
            )
        return self
