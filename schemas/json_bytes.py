"""JSON that is kept: orjson leaves what it writes in a buffer of 4 KiB or more; a copy takes but its length."""

from collections.abc import Callable
from typing import Any

import orjson


def json_bytes(value: object, default: Callable[[Any], Any] | None = None, option: int | None = None) -> bytes:
    """What `orjson.dumps` writes, in no more memory than it has bytes. Raises TypeError, as that does."""
    return bytes(memoryview(orjson.dumps(value, default, option)))
