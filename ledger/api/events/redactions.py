"""What was removed from the ledger, as the API says it."""

from pydantic import BaseModel

from ledger.redaction import Redaction


class RedactionView(BaseModel):
    """An event whose bytes are gone. `redaction` is the event that says who removed them and why.

    `refused`: the numbers of refused messages whose bytes went as well, since they had its id or its words.
    """

    event: str
    position: str
    redaction: str
    refused: list[int]


def redaction_bytes(event_id: str, done: Redaction) -> bytes:
    """What was removed, as JSON."""
    said = done.receipt.event_id
    view = RedactionView(event=event_id, position=str(done.position), redaction=said, refused=done.refused)
    return view.model_dump_json().encode()
