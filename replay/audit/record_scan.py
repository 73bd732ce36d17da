"""What each record says by itself, whatever else the ledger holds: what several processes can share."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

import orjson

from ledger.entrants import entrant
from ledger.log.ids import packed
from ledger.proof.leaf import record_hashes
from replay.audit.personal import personal_data
from schemas.codec import CODEC, Codec, UnknownEvent, meant
from schemas.dsse import event_bytes
from schemas.errors import InvalidEvent
from schemas.events import EventRedacted
from schemas.record import Position, Row, entered_text

ID_BYTES = 16
NO_ID = bytes(ID_BYTES)


class Scan(NamedTuple):
    """Some records of one partition, in order, as they were found: what is ordinary is counted, what is not is named.

    `ids`: sixteen bytes for each record, zeros where it is no event. `hashes`: those of the tree's leaves, where they
    were asked for. `redacted`: the events whose bytes are gone. `told`: those that say which, and why. `lifted`: events
    written in an older version. `backwards`: by how many microseconds a record was recorded before the one before it.
    `personal`: an offset, a field, and what its text looks like. `entered_by`: who entered each record; empty where
    that is said of none.
    """

    ids: bytes
    hashes: bytes
    earliest_us: int
    latest_us: int
    types: dict[str, int]
    invalid: dict[int, str]
    unknown: dict[int, str]
    lifted: dict[int, str]
    redacted: dict[int, str]
    told: dict[int, EventRedacted]
    backwards: dict[int, int]
    personal: list[tuple[int, str, str]]
    entered_by: Sequence[str | None]


def scan(partition: int, rows: Sequence[Row], hashed: bool = True, codec: Codec = CODEC) -> Scan:
    """Look at each of some records, of which there is at least one, strictly."""
    types, times = Counter[str](), [row[1] for row in rows]
    hashes = record_hashes(partition, rows) if hashed else b""
    seen = Scan(b"", hashes, min(times), max(times), types, {}, {}, {}, {}, {}, {}, [], _entered_by(rows))
    ids, before = [NO_ID] * len(rows), rows[0][1]
    for index, (offset, recorded_us, payload, _) in enumerate(rows):
        if recorded_us < before:
            seen.backwards[offset] = before - recorded_us
        before = recorded_us
        try:
            event = codec.accept(payload)
        except InvalidEvent as error:
            seen.invalid[offset] = str(error)
            continue
        ids[index] = packed(event.id)
        types[event.type] += 1
        if type(event) is UnknownEvent:
            if event.is_redacted:
                seen.redacted[offset] = event.id
                continue
            near = meant(event.type)
            seen.unknown[offset] = f"{event.type} version {event.version}{near and f' ({near})'}"
            continue
        if event.version > 1 and (version := orjson.loads(event_bytes(payload)).get("version", 1)) != event.version:
            seen.lifted[offset] = f"{event.type} from version {version} to {event.version}"
        if event.type == "event_redacted":
            seen.told[offset] = cast("EventRedacted", codec.decode(payload))
        seen.personal.extend((offset, name, kind) for name, kind in personal_data(event))
    return seen._replace(ids=b"".join(ids))


def _entered_by(rows: Sequence[Row]) -> Sequence[str | None]:
    names = dict[str, str]()  # each is kept once, also by whoever is sent them
    found = [entrant(entered_text(kept), payload) for _, _, payload, kept in rows]
    return [each and names.setdefault(each, each) for each in found] if any(found) else ()


class _ScannedChunk(NamedTuple):
    offsets: Sequence[int]
    ids: bytes
    entered_by: Sequence[str | None]


@dataclass
class ScannedRecords:
    """All records of a ledger as they were found, partition by partition."""

    count: int = 0
    earliest_us: int | None = None
    latest_us: int | None = None
    types: Counter[str] = field(default_factory=Counter)
    invalid: dict[Position, str] = field(default_factory=dict)
    unknown: dict[Position, str] = field(default_factory=dict)
    lifted: dict[Position, str] = field(default_factory=dict)
    redacted: dict[Position, str] = field(default_factory=dict)
    told: dict[Position, EventRedacted] = field(default_factory=dict)
    backwards: dict[Position, int] = field(default_factory=dict)
    personal: list[tuple[Position, str, str]] = field(default_factory=list)
    entrants: Counter[str] = field(default_factory=Counter)
    _chunks: defaultdict[int, list[_ScannedChunk]] = field(default_factory=lambda: defaultdict(list))
    _ended: dict[int, int] = field(default_factory=dict)

    def add(self, partition: int, rows: Sequence[Row], seen: Scan) -> None:
        """Take in the next records of a partition."""
        self.count += len(rows)
        self.types.update(seen.types)
        for mine, theirs in (
            (self.invalid, seen.invalid),
            (self.unknown, seen.unknown),
            (self.lifted, seen.lifted),
            (self.redacted, seen.redacted),
        ):
            mine.update((Position(partition, offset), why) for offset, why in theirs.items())
        self.told.update((Position(partition, offset), event) for offset, event in seen.told.items())
        self.backwards.update((Position(partition, offset), by) for offset, by in seen.backwards.items())
        self.personal += [(Position(partition, offset), name, kind) for offset, name, kind in seen.personal]
        self._clock(partition, rows, seen)
        self.entrants.update(each for each in seen.entered_by if each)
        self._chunks[partition].append(_ScannedChunk([row[0] for row in rows], seen.ids, seen.entered_by))

    def _clock(self, partition: int, rows: Sequence[Row], seen: Scan) -> None:
        before = self._ended.get(partition, rows[0][1])
        if rows[0][1] < before:
            self.backwards[Position(partition, rows[0][0])] = before - rows[0][1]
        self._ended[partition] = rows[-1][1]
        self.earliest_us = min(seen.earliest_us if self.earliest_us is None else self.earliest_us, seen.earliest_us)
        self.latest_us = max(seen.latest_us if self.latest_us is None else self.latest_us, seen.latest_us)

    @property
    def valid(self) -> int:
        return self.count - len(self.invalid)

    def ids(self) -> Iterator[tuple[bytes, Position]]:
        """The id of each event, in sixteen bytes, and where it stands."""
        for partition, chunks in self._chunks.items():
            for offsets, ids, _ in chunks:
                for index, offset in enumerate(offsets):
                    found = ids[index * ID_BYTES : (index + 1) * ID_BYTES]
                    if found != NO_ID:
                        yield found, Position(partition, offset)

    def entered_by(self, position: Position) -> str | None:
        """Who entered a record, of which there is one there; None where nobody says so."""
        chunks = self._chunks[position.partition]
        chunk = chunks[bisect_right(chunks, position.offset, key=lambda each: each.offsets[0]) - 1]
        return chunk.entered_by[bisect_left(chunk.offsets, position.offset)] if chunk.entered_by else None

    def places(self, wanted: set[str], besides: Container[Position]) -> dict[str, list[Position]]:
        """Where each of some events stands, once or more often; not at positions that count for nothing."""
        raw = {packed(each): each for each in wanted}
        found: dict[str, list[Position]] = {}
        for each, position in self.ids():
            if each in raw and position not in besides:
                found.setdefault(raw[each], []).append(position)
        return found
