"""Rival claims about one thing: which rows speak of the same occurrence, what it is called, which of them is outdated.

All rows of a table are read first, since the row that opens an occurrence may stand behind those that attach to it.
"""

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import NamedTuple

from ledger.mapping.document import OccurrenceRule, TableMapping
from ledger.mapping.packing import PackedDraft, Packer
from ledger.mapping.rows import Draft, evaluated
from schemas.errors import InvalidEvent, Problem
from schemas.events import AnyEvent


class Slot(NamedTuple):
    """What rows must share to be about one occurrence."""

    exchange: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A draft and where its row stands; `outdated` is why the next claim supersedes it.

    `apart` is what tells its row from others that share the slot.
    """

    number: int
    raw: bytes
    packed: PackedDraft
    slot: Slot
    apart: tuple[str, ...]
    published: str
    is_primary: bool
    outdated: str | None

    @property
    def draft(self) -> Draft:
        return self.packed.draft()

    @property
    def opens(self) -> bool:
        """Whether it is the claim that the desk holds to: one that is outdated is not."""
        return self.is_primary and not self.outdated


@dataclass(slots=True)
class Rivals:
    """All rows about one occurrence, in the order of the table."""

    name: str
    exchange: str
    opener: Placed
    placed: list[Placed] = field(default_factory=list)

    @property
    def primary(self) -> Placed | None:
        return next((each for each in self.placed if each.opens), None)

    @property
    def first(self) -> Placed:
        return self.placed[0]

    @property
    def successor(self) -> Placed | None:
        """The claim that supersedes the last outdated one: the primary, else the first that is not outdated."""
        return self.primary or next((each for each in self.placed if not each.outdated), None)

    def in_order(self) -> list[Placed]:
        """Outdated claims first, by their publication; then the others in the order of the table."""
        outdated = [each for each in self.placed if each.outdated]
        outdated.sort(key=lambda each: (each.published[:10], each.number))
        return outdated + [each for each in self.placed if not each.outdated]


class Told(NamedTuple):
    """A row and the event that it became."""

    placed: Placed
    event: AnyEvent


def place(number: int, raw: bytes, draft: Draft, mapping: TableMapping, rule: OccurrenceRule, packer: Packer) -> Placed:
    """A draft with what the rule says of its row. Raises InvalidEvent."""
    said, source = draft.members, draft.members.get("source")
    outdated = evaluated(rule.outdated, draft.cells, mapping)
    kind = evaluated(rule.alike, draft.cells, mapping) or said.get("type")
    return Placed(
        number,
        raw,
        packer.draft(draft),
        Slot(intern(str(said.get("exchange"))), str(said.get("occurrence", draft.key)), intern(str(kind))),
        tuple(intern(draft.cells.get(column, "")) for column in rule.apart),
        intern(str(source.get("published") or "")) if isinstance(source, dict) else "",
        rule.primary.holds(draft.cells),
        outdated and str(outdated),
    )


def grouped(placed: Sequence[Placed], rule: OccurrenceRule) -> Iterator[Rivals | tuple[Placed, InvalidEvent]]:
    """The occurrences that the rows speak of, in the order of their first rows; and the rows that cannot be placed."""
    opened: dict[Slot, list[Rivals]] = {}
    names: set[tuple[str, str]] = set()
    for each in placed:
        if each.opens:
            try:
                _open(each, opened, names, rule)
            except InvalidEvent as error:
                yield each, error
    alike: dict[tuple[Slot, tuple[str, ...]], list[Rivals]] = {}
    for slot, several in opened.items():
        for rivals in several:
            alike.setdefault((slot, rivals.opener.apart), []).append(rivals)
    for each in placed:
        if each.opens:
            continue
        slot = each.slot
        if several := alike.get((slot, each.apart)) or _most_alike(each, opened.get(slot, [])):
            _nearest(each, several).placed.append(each)
        else:
            _open(each, opened, names, rule)
    found = [occurrence for several in opened.values() for occurrence in several]
    for occurrence in found:
        occurrence.placed.sort(key=lambda each: each.number)
    yield from sorted(found, key=lambda each: each.first.number)


def tell(occurrence: Rivals) -> Iterator[Told | tuple[Placed, InvalidEvent]]:
    """The claims about one occurrence as events, each outdated one superseded by the next; or why a row is none."""
    before: Told | None = None
    successor = occurrence.successor
    for each in occurrence.in_order():
        more = {"occurrence": occurrence.name}
        if before is not None and (each.outdated or each is successor):
            more |= {"supersedes": before.event.id, "reason": before.placed.outdated or ""}
        try:
            told = Told(each, each.draft.event(**more))
        except InvalidEvent as error:
            yield each, error
            continue
        yield told
        if each.outdated:
            before = told


def _open(placed: Placed, opened: dict[Slot, list[Rivals]], names: set[tuple[str, str]], rule: OccurrenceRule) -> None:
    slot = placed.slot
    name = _unused(placed, opened.get(slot, []), names, rule)
    names.add((slot.exchange, name))
    opened.setdefault(slot, []).append(Rivals(name, slot.exchange, placed, [placed]))


def _unused(placed: Placed, others: Sequence[Rivals], names: set[tuple[str, str]], rule: OccurrenceRule) -> str:
    """The slot's name; where it is taken, with the first column added that tells this row from the first."""
    slot = placed.slot
    if (slot.exchange, slot.name) not in names:
        return slot.name
    first = others[0].first if others else None
    for value, other in zip(placed.apart, first.apart if first else placed.apart, strict=True):
        name = f"{slot.name}.{value}"
        is_other = first is None or value != other
        if value and is_other and (slot.exchange, name) not in names:
            return name
    if first is None:  # only the name is taken, by what is no rival
        return f"{slot.name}.{placed.packed.key}"
    same = f"row {first.number} holds to {slot.name!r} too, and both would count"
    raise InvalidEvent(Problem("", f"{same}; make one of them a rival, or tell them apart: {', '.join(rule.apart)}"))


def _most_alike(placed: Placed, rivals: list[Rivals]) -> list[Rivals]:
    """Of the occurrences that a row may be about, those that agree with it in most of what tells them apart."""
    agree = [sum(map(str.__eq__, placed.apart, each.opener.apart)) for each in rivals]
    most = max(agree, default=0)
    return [each for each, agrees in zip(rivals, agree, strict=True) if agrees == most]


def _nearest(placed: Placed, rivals: Sequence[Rivals]) -> Rivals:
    """The occurrence opened last before this row, else the first one opened after it."""
    return rivals[max(0, bisect(rivals, placed.number, key=lambda each: each.opener.number) - 1)]
