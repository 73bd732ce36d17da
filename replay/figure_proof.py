"""One figure with its proof: small enough to hold in hand, and checked without a log.

It holds the claims that the figure rests on, each with the proof that it is in the ledger, the checkpoint that says so,
and the keeper's signature of it all. The claims fold to the figure again. That no other claim was left out no proof of
single records can show: that is what the keeper signs for, and what anybody who has the archive can hold against him.
"""

import base64
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

import orjson
from pydantic import ValidationError

from ledger.book.book import Book
from ledger.book.cut import TIMELESS, Cut
from ledger.book.explain import canonical, explain, rests_on
from ledger.book.figures import DERIVED, askable, recorded, value
from ledger.book.tally import figures
from ledger.errors import InvalidEvent, LedgerError, UnknownName, UsageError, VerificationFailed
from ledger.follow.books import Books
from ledger.follow.follower import read_books
from ledger.log.port import EventLog
from ledger.proof.checkpoint import Checkpoint, format_time, one_ledger, parse_checkpoint, parse_time
from ledger.proof.figure import Bounds, Proved, ProvedFigure, SignedFigure
from ledger.proof.keys import Keyring
from ledger.proof.leaf import record_hash, record_hashes
from ledger.proof.merkle import inclusion_proof, verify_inclusion
from ledger.proof.note import Note, SigningKey, parse_note
from ledger.proof.tree import Tree
from ledger.proof.witness import ProofOf, Shown, check_history, unjoined
from schemas.codec import UnknownEvent, decode, exchange_of, skim
from schemas.events import AnyEvent
from schemas.record import Progress, Record, Row, batches, to_microseconds
from schemas.views import Explanation

# -- making ------------------------------------------------------------------------------------


def _cut(bounds: Bounds) -> Cut:
    return Cut.parse(bounds.occurred_by, bounds.published_by, bounds.recorded_by, bounds.through)


@dataclass(frozen=True)
class _Place:
    """A record, and its number among those of its partition."""

    record: Record
    number: int

    @cached_property
    def event(self) -> AnyEvent | None:
        """The event that the record is, decoded once for all figures; None where it is none that is known."""
        try:
            event = decode(self.record.payload)
        except InvalidEvent:
            return None
        return None if isinstance(event, UnknownEvent) else event


async def prove_figures(
    log: EventLog,
    key: SigningKey,
    notes: Iterable[Note],
    exchange: str,
    bounds: Bounds,
    wanted: Sequence[str] | None = None,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> list[SignedFigure]:
    """Prove figures of an exchange by the keeper's last checkpoint of each partition that they need.

    The log must have the root of every checkpoint. Without `wanted`, every figure of the exchange and of its rounds
    that anything is recorded for; the log is read once. Raises UnknownName for a figure that there is not, UsageError
    for one that has no value, VerificationFailed where no checkpoint reaches far enough, or the log is not what was
    signed.
    """
    books = await read_books(log, _cut(bounds), strict=True)
    if books.bound.stop:
        bounds = bounds.model_copy(update={"through": skim(books.bound.stop.payload).id})
    books.book(exchange)
    trees, places = await _gather(log, books, exchange, progress)
    latest = _latest(notes, key.name, trees)
    prover = _Prover(key, latest, books, exchange, bounds, trees, places, now or datetime.now(UTC))
    return [prover.prove(figure) for figure in (_recorded(books, exchange) if wanted is None else wanted)]


def _recorded(books: Books, exchange: str) -> list[str]:
    """The figures of an exchange and of its rounds, less those that are not recorded, or not known."""
    book = books.book(exchange)
    found = list[str]()
    for number in (None, *book.rounds()):
        sums = figures(book, None if number is None else [number])
        known = [name for name in recorded(sums) if value(name, sums) is not None]
        found += [name if number is None else f"rounds.{number}.{name}" for name in known]
    return found


class _Prover(NamedTuple):
    """Everything of a log that proofs of one exchange's figures need."""

    key: SigningKey
    latest: Mapping[int, tuple[Note, Checkpoint]]
    books: Books
    exchange: str
    bounds: Bounds
    trees: Mapping[int, Tree]
    places: Sequence[_Place]
    now: datetime

    def prove(self, figure: str) -> SignedFigure:
        """One figure. Raises UnknownName, UsageError for one that has no value, VerificationFailed."""
        value = _explained(self.books, self.exchange, figure, self.places).value
        if value is None:
            raise UsageError(f"{figure} of {self.exchange} is not recorded, or not known: there is nothing to prove")
        chosen = _chosen(self.books, self.exchange, figure, self.places)
        partitions = sorted({each.record.position.partition for each in chosen})
        proved = [_proved(self.trees[each.record.position.partition], each, self.latest) for each in chosen]
        found = ProvedFigure(
            ledger=self.key.name,
            exchange=self.exchange,
            figure=figure,
            cut=self.bounds,
            value=value,
            time=format_time(self.now),
            records=proved,
            checkpoints=[str(self.latest[each][0]) for each in partitions],
        )
        return SignedFigure(found, self.key.sign(Note(found.text)))


def _latest(notes: Iterable[Note], name: str, trees: Mapping[int, Tree]) -> dict[int, tuple[Note, Checkpoint]]:
    """The largest checkpoint of each partition, if the trees have the roots of all. Raises VerificationFailed."""
    found = sorted(((note, parse_checkpoint(note)) for note in notes), key=lambda each: each[1].size)
    one_ledger((of.name for _, of in found), name)
    for _, of in found:
        tree = trees.get(of.partition)
        if tree is None or tree.size < of.size or tree.root(of.size) != of.root:
            raise VerificationFailed(f"the records of the {of} are not those that were signed: the log was changed")
    return {of.partition: (note, of) for note, of in found}


async def _gather(
    log: EventLog, books: Books, exchange: str, progress: Progress | None
) -> tuple[dict[int, Tree], list[_Place]]:
    """The trees of a log, and every record of an exchange up to where it was read; and the one at which to stop."""
    trees, found = dict[int, Tree](), list[_Place]()
    async with aclosing(log.read()) as batches:
        async for batch in batches:
            tree = trees.setdefault(batch.partition, Tree())
            for index, record in enumerate(batch.records(), tree.size):
                is_ours = exchange_of(record.payload) == exchange and _counts(books, record)
                if is_ours or record == books.bound.stop:
                    found.append(_Place(record, index))
            tree.extend(record_hashes(batch.partition, batch.rows))
            if progress:
                progress(len(batch.rows))
    return trees, found


def _counts(books: Books, record: Record) -> bool:
    return books.reached.covers(record.position) and record.position not in books.unbelieved


def _chosen(books: Books, exchange: str, figure: str, places: Sequence[_Place]) -> Sequence[_Place]:
    """The claims that a figure rests on, with their parts, and what decides between them.

    Every event, where those are not enough.
    """
    behind, wanted = _behind(books.book(exchange), figure), _explained(books, exchange, figure, places)
    events = [(place, place.event) for place in places if place.event]
    keys = {_key(event) for _, event in events if event.id in behind}
    needed = [place for place, event in events if event.type in TIMELESS or event.id in behind or _is_part(event, keys)]
    needed += [place for place in places if place.record == books.bound.stop and place not in needed]
    try:
        folded = _folded(books.cut, books.bound.stop, [each.record for each in needed])
        if _explained(folded, exchange, figure, needed) == wanted:
            return needed
    except UnknownName:
        pass
    return [place for place, _ in events]


def _behind(book: Book, figure: str) -> set[str]:
    """The claims that a figure adds up, and those by which it is recorded though it may be 0."""
    found = {*rests_on(book, figure)}
    number, name = _split(canonical(figure))
    row = DERIVED.get(name)
    for needed in askable(()).intersection(row.needs if row else ()):
        found.update(rests_on(book, f"{number}{needed}"))
    return found


def _split(figure: str) -> tuple[str, str]:
    """`rounds.7.` and the name of a figure of a round; nothing and the name of another."""
    steps = figure.split(".", 2)
    return (f"{steps[0]}.{steps[1]}.", steps[2]) if steps[0] == "rounds" else ("", figure)


def _key(event: AnyEvent) -> str:
    return event.occurrence or event.id


def _is_part(event: AnyEvent, keys: Container[str]) -> bool:
    part = getattr(event, "part", None)
    return part is not None and part.of in keys


def _proved(tree: Tree, place: _Place, latest: Mapping[int, tuple[Note, Checkpoint]]) -> Proved:
    position = place.record.position
    if position.partition not in latest or latest[position.partition][1].size <= place.number:
        raise VerificationFailed(f"no checkpoint covers {position}: `replay checkpoint` makes one")
    of = latest[position.partition][1]
    proof = inclusion_proof(tree.node, place.number, of.size)
    return Proved(
        position=str(position),
        index=place.number,
        recorded_us=to_microseconds(place.record.recorded_at),
        payload=place.record.payload.decode(),
        entered_by=place.record.entered_by,
        proof=[base64.b64encode(each).decode() for each in proof],
    )


# -- checking ----------------------------------------------------------------------------------


def verify_figure(
    raw: str,
    keyring: Keyring,
    given: Iterable[Note] = (),
    *,
    proof_of: ProofOf = unjoined,
    ledger: str | None = None,
) -> tuple[ProvedFigure, Explanation]:
    """The figure in a file, and how its claims add up to it.

    Its checkpoints must be of one ledger with all those `given`, and of one history with those of their partitions;
    `proof_of` joins two of different sizes. `ledger`: the name that it must bear. Raises VerificationFailed, UsageError
    where none that is given is of such a partition, and what `proof_of` raises.
    """
    figure, note = _parsed(raw)
    keyring.check(note, f"figure {figure.figure} of {figure.exchange}", figure.ledger, parse_time(figure.time))
    own = [Shown(each, keyring.verify(each)) for each in map(parse_note, figure.checkpoints)]
    others = [Shown(each, keyring.verify(each)) for each in given]
    one_ledger((figure.ledger, *(of.name for _, of in (*own, *others))), ledger)
    checkpoints = {of.partition: of for _, of in own}
    try:
        records = [_verified(each, figure.ledger, checkpoints) for each in figure.records]
        explanation = _refolded(figure, records)
    except VerificationFailed:
        raise
    except (LedgerError, ValueError) as error:
        raise VerificationFailed(f"the claims do not come to a figure: {error}") from error
    if explanation.value != figure.value:
        raise VerificationFailed(f"the claims come to {explanation.value}, not to {figure.value}")
    comparable = [each for each in others if each.checkpoint.partition in checkpoints]
    if others and not comparable:
        raise UsageError(
            "no checkpoint that was given is of a partition that this proof rests on: it can't be compared"
        )
    check_history([*own, *comparable], proof_of)
    return figure, explanation


def _parsed(raw: str) -> tuple[ProvedFigure, Note]:
    try:
        members = orjson.loads(raw)
        signature = members.pop("signature")
        figure = ProvedFigure.model_validate_json(orjson.dumps(members))
        note = parse_note(f"{figure.text}\n{signature}\n")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise VerificationFailed(f"this is no proof of a figure: {where}: {first['msg']}") from error
    except (ValueError, AttributeError, LookupError, TypeError) as error:
        raise VerificationFailed(f"this is no proof of a figure: {error}") from error
    if note.text != figure.text or len(note.signatures) != 1 or str(SignedFigure(figure, note)) != raw:
        raise VerificationFailed("this proof of a figure is not written as one is")
    return figure, note


def _verified(proved: Proved, name: str, checkpoints: Mapping[int, Checkpoint]) -> Record:
    record = proved.record()
    of = checkpoints.get(record.position.partition)
    if of is None or of.name != name:
        raise VerificationFailed(f"no checkpoint of {name} covers {record.position}")
    leaf = record_hash(record.position.partition, record.row())
    verify_inclusion(leaf, proved.index, of.size, [*map(base64.b64decode, proved.proof)], of.root)
    return record


def _refolded(figure: ProvedFigure, records: Sequence[Record]) -> Explanation:
    through = figure.cut.through
    stop = next((each for each in records if decode(each.payload).id == through), None)
    if through and stop is None:
        raise VerificationFailed(f"event {through}, up to which it was read, is not among the records")
    folded = _folded(_cut(figure.cut), stop, records)
    return _explained(folded, figure.exchange, figure.figure, [_Place(each, 0) for each in records])


def _folded(cut: Cut, stop: Record | None, records: Iterable[Record]) -> Books:
    books = Books(cut, strict=True, stop=stop)
    rows: defaultdict[int, list[Row]] = defaultdict(list)
    for record in records:
        if stop is None or record.position.partition != stop.position.partition or record.position <= stop.position:
            rows[record.position.partition].append(record.row())
    for batch in batches(rows):
        books.take(batch)
    return books


def _explained(books: Books, exchange: str, figure: str, places: Iterable[_Place]) -> Explanation:
    events: dict[str, AnyEvent] = {}
    for place in places:
        if place.event:
            events.setdefault(place.event.id, place.event)
    return explain(books.book(exchange), figure, events.__getitem__)
