"""Which rows speak of the same occurrence, and what that occurrence is called.

A primary row opens an occurrence. Alternate and corroborating rows attach to the occurrence with the same
key, kind and unit; where no primary row opened one, the first of them does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from claims_file.mapping import ClaimsMapping, Term, Unit
from claims_file.rows import ClaimRow, RowError, RowProblem
from schemas.events import EVENT_TYPES, Movement
from schemas.vocabulary import Dimension

T = TypeVar("T")

PEOPLE = frozenset(name for name, model in EVENT_TYPES.items() if issubclass(model, Movement))
_PAUSE = {
    "pause_started": "started",
    "pause_extended": "extended",
    "pause_ended": "ended",
    "pause_violated": "violated",
}
_TERMS = frozenset({"terms_proposed", "terms_agreed", "terms_refused"})


class PartOf(NamedTuple):
    """The whole that a breakdown row is a part of, the dimension, and which part it is."""

    whole: str
    by: Dimension
    term: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A row with its place: the exchange, the event type it becomes, and what it is a part of."""

    index: int
    row: ClaimRow
    exchange: str
    type: str
    part: PartOf | None = None

    @property
    def is_primary(self) -> bool:
        return self.row.role == "primary"


@dataclass(slots=True)
class Rows:
    """All rows about one occurrence, in the order of the file."""

    name: str
    exchange: str
    placed: list[Placed] = field(default_factory=list)

    @property
    def primary(self) -> Placed | None:
        return next((each for each in self.placed if each.is_primary), None)

    @property
    def first(self) -> Placed:
        return self.placed[0]


class Slot(NamedTuple):
    """What rows must share to be about one occurrence."""

    exchange: str
    name: str
    kind: str


def place(rows: Iterable[ClaimRow], mapping: ClaimsMapping, reject: "list[RowError]") -> list[Placed]:
    """Each row with its exchange, type and whole. Rows that cannot be placed go to `reject`."""
    listed = list(rows)
    legs: dict[str, dict[str, None]] = {}
    for row in listed:
        if row.level == "leg":
            legs.setdefault(_exchange(row, mapping), {})[row.event_key] = None
    placed: list[Placed] = []
    for index, row in enumerate(listed):
        try:
            placed.append(_place(index, row, legs.get(_exchange(row, mapping), {}), mapping))
        except RowError as error:
            reject.append(error)
    return placed


def grouped(placed: Sequence[Placed], mapping: ClaimsMapping) -> list[Rows]:
    """The occurrences that the rows speak of, in the order of their first rows."""
    opened: dict[Slot, list[Rows]] = {}
    names: set[tuple[str, str]] = set()
    for each in placed:
        if each.is_primary:
            _open(each, opened, names, mapping)
    for each in placed:
        if each.is_primary:
            continue
        rivals = opened.get(_slot(each, mapping))
        if rivals:
            _nearest(each, rivals).placed.append(each)
        else:
            _open(each, opened, names, mapping)
    found = [rows for several in opened.values() for rows in several]
    for rows in found:
        rows.placed.sort(key=lambda each: each.index)
    return sorted(found, key=lambda rows: rows.first.index)


def term_of(row: ClaimRow, mapping: ClaimsMapping) -> Term:
    """What the row's category word means. Raises RowError for a word that the mapping does not have."""
    return look_up(mapping.category, row.category, row, "category") if row.category else Term()


def unit_of(row: ClaimRow, mapping: ClaimsMapping) -> Unit:
    """What the row's unit counts. Raises RowError for a unit that the mapping does not have."""
    return look_up(mapping.unit, row.unit, row, "unit") if row.unit else Unit()


def look_up(table: Mapping[str, T], word: str, row: ClaimRow, name: str) -> T:
    if word not in table:
        raise RowError(RowProblem(row.row_id, name, f"{word!r} is not in the mapping; add it to [{name}]"))
    return table[word]


def _exchange(row: ClaimRow, mapping: ClaimsMapping) -> str:
    return row.deal_id or mapping.dataset.exchange


def _place(index: int, row: ClaimRow, legs: Iterable[str], mapping: ClaimsMapping) -> Placed:
    exchange = _exchange(row, mapping)
    if exchange not in mapping.exchange:
        raise RowError(RowProblem(row.row_id, "deal_id", f"{exchange!r} is not in the mapping; add it to [exchange]"))
    kind = _type(row, mapping)
    if row.level == "cumulative":
        return Placed(index, row, exchange, "tally_stated")
    if row.level != "breakdown" or kind not in PEOPLE:
        return Placed(index, row, exchange, kind)
    part = _part(row, legs, mapping)
    if part is None:  # it adds up several occurrences, so it is a total that somebody states
        return Placed(index, row, exchange, "tally_stated")
    return Placed(index, row, exchange, kind, part)


def _type(row: ClaimRow, mapping: ClaimsMapping) -> str:
    rule = mapping.event_type.get(row.event_type)
    kind = row.event_type if rule is None else rule.type
    if kind not in EVENT_TYPES:
        raise RowError(RowProblem(row.row_id, "event_type", f"{kind!r} is no event type; map the word in [event_type]"))
    return kind


def _part(row: ClaimRow, legs: Iterable[str], mapping: ClaimsMapping) -> PartOf | None:
    """A part belongs to the leg whose key is its own, or the longest one that its key starts with."""
    if row.event_key in mapping.whole_unknown:
        return PartOf(row.event_key, mapping.whole_unknown[row.event_key], row.date)
    whole = max(
        (leg for leg in legs if row.event_key == leg or row.event_key.startswith(f"{leg}-")),
        key=len,
        default="",
    )
    if not whole:
        return None
    suffix, term = row.event_key[len(whole) + 1 :], term_of(row, mapping)
    by = mapping.suffix.get(suffix, term.dimension)
    named = {"holder": row.actor, "nationality": row.nationality, term.dimension: row.category}
    return PartOf(whole, by, named.get(by) or suffix or row.row_id)


def _slot(placed: Placed, mapping: ClaimsMapping) -> Slot:
    kind = "people" if placed.type in PEOPLE else placed.type
    return Slot(placed.exchange, _name(placed, mapping), kind)


def _name(placed: Placed, mapping: ClaimsMapping) -> str:
    row = placed.row
    explicit = mapping.overlay(row.row_id).fields.get("occurrence")
    if explicit is not None:
        return str(explicit)
    if placed.part is not None:
        return ".".join(placed.part)
    topic = _topic(placed, mapping)
    return f"{row.event_key}.{topic}" if topic else row.event_key


def _topic(placed: Placed, mapping: ClaimsMapping) -> str:
    """What, of the things that share an event key, this row is about."""
    if placed.type in PEOPLE:
        return ""
    if placed.type in _PAUSE:
        return _PAUSE[placed.type]
    unit = mapping.unit.get(placed.row.unit, Unit())
    if placed.type == "tally_stated":
        figure = mapping.overlay(placed.row.row_id).fields.get("figure", unit.figure)
        return placed.row.unit if figure == "other" else str(figure)
    if placed.type in _TERMS and unit.item is not None:
        return unit.item if unit.per == "deal" else f"{unit.item}.{unit.per}"
    return unit.aid or unit.leg or ""


def _open(placed: Placed, opened: dict[Slot, list[Rows]], names: set[tuple[str, str]], mapping: ClaimsMapping) -> None:
    slot = _slot(placed, mapping)
    name = _unused(slot, placed, opened.get(slot, []), names)
    names.add((slot.exchange, name))
    opened.setdefault(slot, []).append(Rows(name, slot.exchange, [placed]))


def _unused(slot: Slot, placed: Placed, others: Sequence[Rows], names: set[tuple[str, str]]) -> str:
    """The slot's name; where it is taken, with the first column added that tells this row from the first."""
    if (slot.exchange, slot.name) not in names:
        return slot.name
    first = others[0].first.row if others else None
    for column in ("nationality", "category", "date", "row_id"):
        value = getattr(placed.row, column)
        name = f"{slot.name}.{value}"
        if value and (first is None or value != getattr(first, column)) and (slot.exchange, name) not in names:
            return name
    return f"{slot.name}.{placed.row.row_id}"


def _nearest(placed: Placed, rivals: Sequence[Rows]) -> Rows:
    """The occurrence opened last before this row, else the first one opened after it."""
    before = [rows for rows in rivals if rows.first.index < placed.index]
    return before[-1] if before else rivals[0]
