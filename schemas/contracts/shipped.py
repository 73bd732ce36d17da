"""The published contracts as they ship: the JSON Schema of each event type, and what the type is in a line."""

from functools import cache
from importlib.resources import files

from schemas.events import EVENT_TYPES


@cache
def event_contract(type: str) -> bytes:
    """The JSON Schema of an event type of `EVENT_TYPES`, byte for byte."""
    number = EVENT_TYPES[type].model_fields["version"].default
    return files("schemas.contracts").joinpath(f"events/{type}.v{number}.json").read_bytes()


def about(type: str) -> str:
    """What an event type of `EVENT_TYPES` is, in a line."""
    return (EVENT_TYPES[type].__doc__ or "").strip().splitlines()[0]
