"""Ids and names as the books keep them: a UUID as one number of 16 bytes, which takes half the room of its text.

An occurrence without a name of its own bears the id of the event that began it, so that claim, index and occurrence
share one number. Whoever asks the books, and every view, has texts.
"""

import re
from typing import TypeAlias

from schemas.values import UUID_PATTERN

Key: TypeAlias = str | int
"""The name of an occurrence: a number where it is a UUID."""

_is_id = re.compile(UUID_PATTERN, re.ASCII).fullmatch


def number_of(event_id: str) -> int:
    """The number of an event's id."""
    return int(event_id.replace("-", ""), 16)


def id_of(number: int) -> str:
    """The id that a number stands for."""
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def key_of(name: str) -> Key:
    """The key of an occurrence's name, or of the event id that stands for one."""
    return number_of(name) if len(name) == 36 and _is_id(name) else name


def name_of(key: Key) -> str:
    """The name of a key."""
    return key if isinstance(key, str) else id_of(key)
