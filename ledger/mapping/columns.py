"""What the columns of a table are for: known by their names, and by what all their cells can be read as."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, combinations, islice
from typing import NamedTuple

from ledger.mapping.conditions import is_total
from ledger.mapping.header import ORDERS, Notice, can_read
from ledger.mapping.records import Row
from ledger.words.counts import count_members
from ledger.words.moments import Order, day_or_time, moment_members
from ledger.words.numbers import plain, whole_number
from schemas.errors import InvalidEvent

ROWS_MAX = 1000
"""Rows that are looked at."""
WORDS_MAX = 15
"""A column with no more different texts than this may be one of words that stand for something."""
LIVING = frozenset({"alive", "living", "live", "lives"})
UNNAMED = frozenset("{}:!")
"""Columns with one of these in their names have to be renamed before a template can name them."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "what": ("event_type", "type", "what", "event", "kind of event", "action"),
    "exchange": ("exchange", "deal", "deal_id", "negotiation"),
    "round": ("round", "round_no", "phase", "batch", "stage", "swap", "wave", "tranche"),
    "occurrence": ("occurrence", "event_key", "incident"),
    "occurred": ("occurred", "date", "when", "day", "date of event", "event date", "event_date", "happened"),
    "count": ("count", "people", "number", "how many", "n", "freed", "released", "persons", "affected", "best"),
    "by": ("by", "from", "actor", "released by", "freed by", "handed over by", "given by", "holder"),
    "to": ("to", "beneficiary", "received by", "recipient", "taken home by", "handed to", "given to", "returned to"),
    "nationality": ("nationality", "nationalities", "citizenship"),
    "category": ("category", "who", "group"),
    "publisher": (
        *("publisher", "source", "sources", "outlet", "newspaper", "reported by", "media", "says who", "who says"),
        *("said by", "stated by", "claimed by", "according to", "attributed to", "as per", "source of figure"),
    ),
    "kind": ("source_kind", "source kind", "kind", "kind of source"),
    "published": (
        "published",
        "pub_date",
        "publication date",
        "date published",
        "report date",
        "reported",
        "said on",
        "stated on",
    ),
    "url": ("url", "link", "source_url", "source url", "web"),
    "as_stated": ("as_stated", "words", "quote", "wording", "statement", "text"),
    "note": ("note", "notes", "remark", "remarks", "comment", "comments"),
    "key": ("id", "row_id", "record", "ref", "reference", "no", "nr", "event_id"),
}
"""What columns of a name are usually for, the likeliest first."""


class Sample(NamedTuple):
    """A column: its name, and the different texts of its cells in order, without empty ones and those of `totals`.

    `is_guessed`: what it is for is known by its cells alone. `has_gaps`: some of its cells are empty, as those below a
    merged one. `cells` are all of them, row by row.
    """

    name: str
    texts: tuple[str, ...]
    is_unique: bool
    totals: tuple[str, ...] = ()
    is_guessed: bool = False
    has_gaps: bool = False
    cells: tuple[str, ...] = ()

    @property
    def is_of_few(self) -> bool:
        """Whether it holds a few different texts, which may be words that stand for something."""
        return 1 < len(self.texts) <= WORDS_MAX

    def unread(self, read: Callable[[str], object]) -> list[str]:
        """The texts that cannot be read."""
        return [text for text in self.texts if not can_read(read, text)]

    def all_read(self, read: Callable[[str], object]) -> bool:
        """Whether there is a cell, and every one can be read."""
        return bool(self.texts) and all(can_read(read, text) for text in self.texts)


def samples_of(name: str, read: Iterable[Row], notice: Notice) -> list[Sample]:
    rows, totals = list[Mapping[str, str]](), list[Mapping[str, str]]()
    for row in islice(read, ROWS_MAX):
        if isinstance(row.cells, InvalidEvent):
            notice(f"{name}:{row.number}: {row.cells}")
            continue
        if any(map(is_total, row.cells.values())):
            totals.append(row.cells)  # which would spoil what its columns can be read as
            continue
        rows.append(row.cells)
    columns = dict.fromkeys(column for row in rows for column in row if column)
    return [_sample(each, [row.get(each, "") for row in rows], totals) for each in columns]


def _sample(column: str, cells: Sequence[str], totals: Sequence[Mapping[str, str]]) -> Sample:
    filled = [each for each in cells if each]
    texts = tuple(dict.fromkeys(filled))
    has_gaps = 0 < len(filled) < len(cells)
    totals_in = _totals_in(column, totals)
    return Sample(column, texts, len(texts) == len(cells), totals_in, has_gaps=has_gaps, cells=tuple(cells))


def _totals_in(column: str, totals: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    texts = (row.get(column, "") for row in totals)
    return tuple(dict.fromkeys(text for text in texts if is_total(text)))


def roles_of(samples: Sequence[Sample]) -> dict[str, Sample]:
    """Which column is for what: by its name, and only where its cells can be read as that takes."""
    found: dict[str, Sample] = {}
    free = {_plain(each.name): each for each in samples if not set(each.name) & UNNAMED}
    key = next((each for name in _NAMES["key"] if (each := free.get(name)) and each.is_unique), None)
    if key is not None:
        found["key"] = free.pop(_plain(key.name))
    for role, names in _NAMES.items():
        column = next((free[each] for each in names if each in free and _fits(role, free[each])), None)
        if column is not None and role != "key":
            found[role] = free.pop(_plain(column.name))
    if "what" not in found and (tells := _telling([*free.values(), *filter(None, [found.get("category")])])):
        found = {role: column for role, column in found.items() if column is not tells}
        found["what"] = tells._replace(is_guessed=True)
        free.pop(_plain(tells.name), None)
    for role in ("occurred", "count"):  # by what they hold, where no name says it
        if role not in found and (column := next((each for each in free.values() if _fits(role, each)), None)):
            found[role] = free.pop(_plain(column.name))._replace(is_guessed=True)
    for role, column in _by_cells(found, [*free.values()]):
        found[role] = free.pop(_plain(column.name))._replace(is_guessed=role in ("by", "to"))
    return found


def _by_cells(found: Mapping[str, Sample], free: Sequence[Sample]) -> Iterator[tuple[str, Sample]]:
    """Columns that are known by what stands in them: parties on both sides, the living and the dead, remarks."""
    by, to = found.get("by"), found.get("to")
    if "what" not in found and (vital := next(filter(_is_vital, free), None)):
        yield "vital", vital
    if "note" not in found and (note := next((each for each in free if is_notes(each)), None)):
        yield "note", note
    pairs = [(by, each) for each in free] if by else [(each, to) for each in free] if to else [*combinations(free, 2)]
    if not (by and to) and (pair := next((each for each in pairs if are_both_ways(*each)), None)):
        yield from ((role, each) for role, each in zip(("by", "to"), pair, strict=True) if each not in (by, to))


def are_both_ways(by: Sample | None, to: Sample | None) -> bool:
    """Whether two columns hold the same two parties, so that rows tell of both directions."""
    return by is not None and to is not None and len(by.texts) == 2 and {*by.texts} == {*to.texts}


def _is_vital(column: Sample) -> bool:
    """Whether every word says that people live or do not."""
    words = {slug(each) for each in column.texts}
    dead = {each for each in words if hint(each) == "remains_returned"}
    return bool(dead) and bool(words - dead) and words - dead <= LIVING


def is_notes(column: Sample) -> bool:
    return re.search(r"remark|note|comment|observation", _plain(column.name)) is not None


def telling_apart(chosen: Sequence[Sample], more: Sequence[Sample]) -> list[Sample]:
    """The columns of `more` that tell rows apart which those that are chosen, and those before them, do not.

    Below a text, as below a merged cell, empty cells of the chosen ones are like it.
    """
    found = list[Sample]()
    told = [*zip(*map(_carried, chosen), strict=True)] or [() for _ in more[0].cells] if more else []
    for each in more:
        finer = [(*row, cell) for row, cell in zip(told, each.cells, strict=True)]
        if len({*finer}) > len({*told}):
            found.append(each)
            told = finer
    return found


def _carried(column: Sample) -> Iterator[str]:
    return accumulate(column.cells, lambda above, cell: cell or above)


def _telling(columns: Sequence[Sample]) -> Sample | None:
    """The column whose every word hints at what happened, such as "soldiers freed": also one that is named for whom."""
    few = (each for each in columns if 0 < len(each.texts) <= WORDS_MAX)
    return next((each for each in few if all(hint(slug(text)) for text in each.texts)), None)


def _plain(name: str) -> str:
    return plain(name).strip(" :.")


def _in_order(order: Order) -> Callable[[str], object]:
    return partial(moment_members, order=order)


def is_moment(text: str) -> object:
    """Raises ValueError for a text that is none in any order; four digits alone are as well a number."""
    if text.strip().isdecimal() or not any(can_read(_in_order(order), text) for order in ORDERS):
        raise ValueError(text)
    return text


def is_day(text: str) -> object:
    """Raises ValueError for a text that is no day, in any order, or not surely one."""
    if not any(can_read(partial(day_or_time, order=order), text) for order in ORDERS):
        raise ValueError(text)
    return text


def _fits(role: str, column: Sample) -> bool:
    """Whether the cells of a column can be what it is taken for."""
    match role:
        case "occurred" | "published":
            return column.all_read(is_moment)
        case "count":  # most of it: which cells are none is said beside it
            is_most = len(column.unread(count_members)) * 4 <= len(column.texts)
            return bool(column.texts) and is_most and not column.all_read(is_moment)
        case "round":
            return column.all_read(whole_number) or 0 < len(column.texts) <= WORDS_MAX
        case "what":
            return len(column.texts) <= WORDS_MAX
        case "url":
            return all("://" in text for text in column.texts)
    return True


def day_order(samples: Sequence[Sample]) -> tuple[Order, str] | None:
    """The order of days in figures and a text that has only that one, where no text has only the other."""
    only: dict[Order, str] = {}
    for each in samples:
        if each.all_read(is_moment):
            for text in each.texts:
                readable = [order for order in ORDERS if can_read(_in_order(order), text)]
                if len(readable) == 1:
                    only.setdefault(readable[0], text)
    return next(iter(only.items())) if len(only) == 1 else None


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", plain(text)).strip("_")


_HINTS: Mapping[str, tuple[str, ...]] = {
    "tally_stated": ("total", "tally", "cumul"),
    "release_planned": ("plan",),
    "captives_taken": ("taken", "abduct", "kidnap", "captur", "seized"),
    "captives_rescued": ("rescu",),
    "remains_returned": ("remains", "bod", "dead", "coffin", "deceased", "corpse"),
    "prisoners_released": ("prisoner", "detain", "inmate"),
    "captives_released": ("captive", "hostage", "freed", "releas", "return"),
    "pause_started": ("pause", "truce", "ceasefire"),
    "terms_agreed": ("terms", "agree", "deal"),
    "meeting_held": ("meet", "talk"),
}
"""What a word may stand for, by a part of it."""


def hint(word: str) -> str:
    return next((kind for kind, parts in _HINTS.items() if any(part in word for part in parts)), "")
