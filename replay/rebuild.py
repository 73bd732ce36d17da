"""Rebuild every view from the log alone, and say what they come to in one digest."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from pydantic import BaseModel

from ledger.book.cut import Cut
from ledger.log.port import EventLog
from ledger.reading import Progress, Reading, read_ledger


@dataclass(frozen=True)
class Rebuilt:
    """The books of a whole log, or of a cut of it, and how long it took to fold them."""

    reading: Reading
    events: int
    seconds: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds if self.seconds else 0.0


async def rebuild(
    log: EventLog, cut: Cut | None = None, *, strict: bool = False, progress: Progress | None = None
) -> Rebuilt:
    """Fold a log from its first event. `strict` validates every event again. Raises UnknownName, LogUnreachable."""
    started = time.perf_counter()
    reading = await read_ledger(log, cut, strict=strict, progress=progress)
    events = sum(book.events for book in reading.books.values())
    return Rebuilt(reading, events, time.perf_counter() - started)


def views(reading: Reading) -> Iterator[tuple[str, BaseModel]]:
    """Every view of a reading with its name, in a fixed order: `EXCHANGE/tally`, `EXCHANGE/rounds/3` ..."""
    for exchange in reading.exchanges():
        yield f"{exchange}/tally", reading.tally(exchange)
        for each in reading.rounds(exchange):
            yield f"{exchange}/rounds/{each.round}", each
        for pause in reading.pauses(exchange):
            yield f"{exchange}/pauses/{pause.pause}", pause
        for terms in reading.terms(exchange):
            yield f"{exchange}/terms/{terms.terms}", terms
        for position in reading.positions(exchange):
            yield f"{exchange}/positions/{position.event}", position
        for stated in reading.stated_totals(exchange):
            yield f"{exchange}/stated/{stated.event}", stated


def view_bytes(view: BaseModel) -> bytes:
    """The one way to write a view down: JSON with sorted keys."""
    return orjson.dumps(view.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)


def digest(reading: Reading) -> str:
    """The SHA-256 of all views: equal digests are equal figures."""
    total = hashlib.sha256()
    for name, view in views(reading):
        body = view_bytes(view)
        total.update(f"{len(name)}:{name}{len(body)}:".encode() + body)
    return total.hexdigest()
