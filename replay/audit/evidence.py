"""What an audit has read, and all that its checks are made of. Everything here is a value; reading is elsewhere."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from ledger.follow.books import Books
from replay.audit.record_scan import ScannedRecords
from replay.checkpoints.check import Verified
from replay.compare.views import ViewDifference
from schemas.dsse import event_bytes
from schemas.record import Position, Row


class Integrity(NamedTuple):
    """Whether the records are those of the trees, and these those of the checkpoints.

    `checked` is None where they are not, and `failure` then says what is wrong, with the first bad position. `given`
    checkpoints came from elsewhere, and all others with what was audited. `readable`: whether the records could be
    read all the same.
    """

    checked: Verified | None
    failure: str | None
    position: Position | None
    given: int
    keyed: bool
    readable: bool = True


class QuotedEvent(NamedTuple):
    """What an event says in words, and where it stands."""

    id: str
    position: Position
    recorded_us: int
    type: str
    publisher: str
    published: str | None
    as_stated: str | None
    note: str | None

    @classmethod
    def of(cls, partition: int, row: Row) -> "QuotedEvent":
        """What the bytes of a valid event say."""
        offset, recorded_us, payload, _ = row
        members = orjson.loads(event_bytes(payload))
        source = members.get("source", {})
        return cls(
            members["id"],
            Position(partition, offset),
            recorded_us,
            members["type"],
            source.get("publisher", ""),
            source.get("published"),
            members.get("as_stated"),
            members.get("note"),
        )


class Repeat(NamedTuple):
    """An id that stands in the ledger more than once; `is_same`: always with the same bytes, whoever signed them."""

    id: str
    positions: Sequence[Position]
    is_same: bool


@dataclass(frozen=True)
class Evidence:
    """All that was read. `live` holds how the views that readers are given differ from those rebuilt here; None where
    there are none to compare with. `published` is how many views workers keep, which are compared too. `digest` is that
    of all views, as `replay rebuild` prints it, where there is something to compare it with: views cost several times
    what folding costs. `is_validated`: every record kept the rules when it came, and one that is no event is damaged.
    """

    integrity: Integrity
    records: ScannedRecords
    books: Books
    repeats: Sequence[Repeat]
    quoted: Mapping[str, QuotedEvent]
    digest: str | None
    live: Sequence[ViewDifference] | None
    expected: str | None = None
    published: int = 0
    is_validated: bool = False


def quoted_ids(books: Books) -> Iterator[str]:
    """The events whose own words an audit may quote: rival claims, decisions, stated totals."""
    for book in books.by_exchange.values():
        for occurrence in book.weighed():
            yield from (claim.id for claim in occurrence.claims)
            yield from (decision.id for decision in occurrence.decisions)
        for occurrence in book.facts(["tally_stated"]):
            yield from (claim.id for claim in occurrence.claims)


def repeated_ids(records: ScannedRecords, books: Books) -> Collection[str]:
    """The ids that more than one record has."""
    distinct = set[str]().union(*(book.event_ids for book in books.by_exchange.values()))
    if len(distinct) == records.valid:
        return ()
    from_raw, once = set[bytes](), set[bytes]()
    for each, _ in records.ids():
        (from_raw if each in once else once).add(each)
    return [each for each in sorted(distinct) if bytes.fromhex(each.replace("-", "")) in from_raw]
