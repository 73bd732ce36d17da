"""The envelope: what every event says, whatever it is about."""

from pydantic import Field, model_validator

from schemas.ids import new_id
from schemas.values import EventId, ExchangeId, Moment, Occurrence, Prose, RoundNumber, Source, Value
from schemas.vocabulary import Status, SupersedeReason


class Envelope(Value):
    """One source's attributed claim that something happened. Immutable once published.

    `occurrence` names the thing that happened, unique in its exchange. Two events with the same
    occurrence are two claims about one thing and are never added; without one, an event is a claim about
    a thing of its own. A claim that `supersedes` another names the same occurrence and says the `reason`.
    """

    id: EventId = Field(default_factory=lambda: new_id())
    exchange: ExchangeId
    round: RoundNumber | None = None
    occurrence: Occurrence | None = None
    occurred: Moment
    source: Source
    status: Status = "reported"
    supersedes: EventId | None = None
    reason: SupersedeReason | None = None
    as_stated: Prose | None = None
    note: Prose | None = None

    @model_validator(mode="after")
    def _supersedes_within_its_occurrence(self) -> "Envelope":
        if (self.supersedes is None) != (self.reason is None):
            raise ValueError("`supersedes` and `reason` (corrected or updated) go together")
        if self.supersedes is not None and self.occurrence is None:
            raise ValueError("a claim that supersedes another names its `occurrence` (by default that claim's id)")
        if self.supersedes == self.id:
            raise ValueError("a claim cannot supersede itself")
        return self
