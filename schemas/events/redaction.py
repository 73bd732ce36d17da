"""That an event was removed from the ledger: who removed it, when and why."""

from typing import Literal

from schemas.envelope import Envelope
from schemas.values import EventId, Text


class EventRedacted(Envelope):
    """The bytes of an event were removed, since they held what nobody may keep, such as a person's name.

    Its record keeps position, recorded time and hash. It says nothing any more, at any position or date: the figures
    are as if it had never been published. `ledger redact` alone writes this, and removes the bytes in the same step.
    """

    type: Literal["event_redacted"] = "event_redacted"
    version: Literal[1] = 1
    event: EventId
    why: Text
