"""The bundled history as its mapping makes it, and short ways to read it."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from ledger.book.cut import Cut
from ledger.follow.books import Books
from ledger.mapping.document import TableMapping
from schemas.codec import UnknownEvent, decode, encode
from schemas.events import AnyEvent
from schemas.ids import derive_id
from schemas.record import Batch
from schemas.views import Estimate
from tests.mapping.reading import mapped

TREE = Path(__file__).parents[2]
HISTORY = TREE / "examples/history"
NOVEMBER, JANUARY, OCTOBER = "IL-HAMAS-2023-11", "IL-HAMAS-2025-01", "IL-HAMAS-2025-10"
MAPPING = TableMapping.load(HISTORY / "mapping.toml")
OUTSIDE, PROCESS = "IL-HAMAS-OUTSIDE", "IL-HAMAS"


@cache
def history() -> tuple[AnyEvent, ...]:
    """Every event of the bundled history, in the order in which it is published."""
    told, refused = mapped("claims.jsonl", (HISTORY / "claims.jsonl").read_bytes(), MAPPING)
    assert refused == []
    documents = [decode(line) for line in (HISTORY / "documents.ndjson").read_bytes().splitlines()]
    return (*told, *(each for each in documents if not isinstance(each, UnknownEvent)))


def claims() -> list[dict[str, Any]]:
    """The rows of the claims, as they stand in the file."""
    return [orjson.loads(line) for line in (HISTORY / "claims.jsonl").read_bytes().splitlines()]


def folded(told: Iterable[AnyEvent], **bounds: str) -> Books:
    """Events read without a log, up to a cut by a clock."""
    books = Books(Cut.parse(**bounds))
    rows = [(offset, 0, encode(event), None) for offset, event in enumerate(told)]
    books.take(Batch(0, rows, len(rows) - 1))
    return books


@cache
def read(**bounds: str) -> Books:
    """The bundled history, up to a cut by a clock."""
    return folded(history(), **bounds)


def row_event(row: str) -> str:
    """The id of the event that a row of the claims became."""
    return derive_id("exchange-claims", row)


def last_claim(exchange: str, occurrence: str) -> str:
    """The last event about an occurrence."""
    return [each.id for each in history() if (each.exchange, each.occurrence) == (exchange, occurrence)][-1]


def recorded(estimate: Estimate | None) -> int | None:
    """The number of an estimate that is one number and no range; None where nothing is recorded, which is not 0."""
    return None if estimate is None else exactly(estimate)


def exactly(estimate: Estimate | None) -> int:
    """The number of an estimate that is one number and no range."""
    assert estimate is not None
    assert estimate.exact
    assert estimate.best is not None
    assert (estimate.low, estimate.high) == (estimate.best, estimate.best)
    return estimate.best
