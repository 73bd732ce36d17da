"""An object a line, as the texts of a row: its members are the columns."""

from collections.abc import Mapping

import orjson

from ledger.mapping.workbook import Cell
from schemas.errors import InvalidEvent, Problem
from schemas.values import WHOLE_MAX


def members(raw: bytes) -> Mapping[str, Cell] | InvalidEvent:
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return InvalidEvent(Problem("", f"is no JSON: {error}"))
    if not isinstance(row, dict):
        return InvalidEvent(Problem("", "is no JSON object"))
    return {name: _text(name, value) for name, value in row.items()}


def _text(name: str, value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, list):
        texts = [_text(name, each) for each in value]
        wrong = next((each for each in texts if isinstance(each, InvalidEvent)), None)
        return wrong or "; ".join(each for each in texts if isinstance(each, str))
    if isinstance(value, float) and abs(value) > WHOLE_MAX:
        return InvalidEvent(Problem(name, "is a number too large to be kept exactly; put it in quotes"))
    return value.strip() if isinstance(value, str) else orjson.dumps(value).decode()
