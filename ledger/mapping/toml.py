"""Names and texts as TOML writes them: for first mappings, and for lines that an error says to write."""

import re
from typing import Any

import orjson


def toml_key(name: str) -> str:
    """A name as a key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_text(name)


def toml_text(text: Any) -> str:
    """A text as TOML writes it, which for a line of text is as JSON does."""
    return orjson.dumps(text).decode().replace("\x7f", "\\u007f")
