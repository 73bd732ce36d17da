"""A table read by a mapping, without a ledger."""

from io import BytesIO

from ledger.mapping.document import TableMapping
from ledger.mapping.events import mapped_events
from schemas.errors import InvalidEvent
from schemas.events import AnyEvent


def mapped(
    name: str, table: bytes, mapping: TableMapping, notices: list[str] | None = None
) -> tuple[list[AnyEvent], list[str]]:
    """The events of a table, and its refused rows with the reasons."""
    told: list[AnyEvent] = []
    refused: list[str] = []
    for place, _, event in mapped_events(name, BytesIO(table), mapping, ([] if notices is None else notices).append):
        if isinstance(event, InvalidEvent):
            refused.append(f"{place}: {event}")
        else:
            told.append(event)
    return told, refused
