"""A first mapping for a table, from its header and its cells, for a person to finish.

Columns are recognised by their names and by what all their cells can be read as. What cannot be known from the table,
such as the name of the exchange, is marked with TODO, and nothing that has two readings is decided.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import BinaryIO, NamedTuple, get_args

from ledger.errors import UsageError
from ledger.mapping.dialect import Dialect
from ledger.mapping.header import JSON, ORDERS, Header, Notice, can_read
from ledger.mapping.records import Row, table_of
from ledger.mapping.rows import TOTAL
from ledger.mapping.toml import toml_key, toml_text
from ledger.words.counts import count_members
from ledger.words.moments import Order, day_or_time, moment_members
from ledger.words.numbers import plain, whole_number
from schemas.errors import InvalidEvent, nearest
from schemas.events import EVENT_TYPES
from schemas.vocabulary import Category, SourceKind

ROWS_MAX = 1000
"""Rows that are looked at."""
WORDS_MAX = 15
"""A column with no more different texts than this may be one of words that stand for something."""
TODO = "TODO"
UNNAMED = frozenset("{}:!")
"""Columns with one of these in their names have to be renamed before a template can name them."""
PEOPLE = ("captives_*", "prisoners_*", "people_*", "remains_*")
"""Types that move people."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "what": ("event_type", "type", "what", "event", "kind of event", "action"),
    "exchange": ("exchange", "deal", "deal_id", "negotiation"),
    "round": ("round", "round_no", "phase", "batch", "stage", "swap", "wave", "tranche"),
    "occurrence": ("occurrence", "event_key", "incident"),
    "occurred": ("occurred", "date", "when", "day", "date of event", "event date", "event_date", "happened"),
    "count": ("count", "people", "number", "how many", "n", "freed", "released", "persons", "affected", "best"),
    "by": ("by", "from", "actor", "released by", "freed by", "handed over by", "holder"),
    "to": ("to", "beneficiary", "received by", "recipient"),
    "nationality": ("nationality", "nationalities", "citizenship"),
    "category": ("category", "who", "group"),
    "publisher": ("publisher", "source", "outlet", "newspaper", "reported by", "media"),
    "kind": ("source_kind", "source kind", "kind", "kind of source"),
    "published": ("published", "pub_date", "publication date", "date published", "report date", "reported"),
    "url": ("url", "link", "source_url", "source url", "web"),
    "as_stated": ("as_stated", "words", "quote", "wording", "statement", "text"),
    "note": ("note", "notes", "remark", "remarks", "comment", "comments"),
    "key": ("id", "row_id", "record", "ref", "reference", "no", "nr", "event_id"),
}
"""What columns of a name are usually for, the likeliest first."""


class Sample(NamedTuple):
    """A column: its name, and the different texts of its cells in order, without empty ones and those of `totals`.

    `is_guessed`: what it is for is known by its cells alone. `has_gaps`: some of its cells are empty, as those below a
    merged one.
    """

    name: str
    texts: tuple[str, ...]
    is_unique: bool
    totals: tuple[str, ...] = ()
    is_guessed: bool = False
    has_gaps: bool = False

    def unread(self, read: Callable[[str], object]) -> list[str]:
        """The texts that cannot be read."""
        return [text for text in self.texts if not can_read(read, text)]

    def all_read(self, read: Callable[[str], object]) -> bool:
        """Whether there is a cell, and every one can be read."""
        return bool(self.texts) and all(can_read(read, text) for text in self.texts)


def drafted(name: str, file: BinaryIO, table: Dialect, notice: Notice) -> str:
    """The text of a mapping for a table. Raises UsageError where the file cannot be such a table, or has no rows."""
    header, rows = table_of(name, file, table, {}, lambda _: None)
    samples = _samples(name, rows, notice)
    if not samples:
        raise UsageError(f"{name}: has no rows to make a mapping from")
    roles = _roles(samples)
    if header.delimiter != JSON:
        notice(f"{name}: {_left_out(header)}; `header` says another")
    order = _order([roles[each] for each in ("occurred", "published") if each in roles])
    lines = [
        *_head(name, roles, samples),
        *_fields(roles),
        *_words(roles),
        *_table(table, header, order, samples, roles),
        *_unused(roles, samples),
    ]
    return "\n".join(lines) + "\n"


def _samples(name: str, read: Iterable[Row], notice: Notice) -> list[Sample]:
    texts: dict[str, dict[str, None]] = {}
    filled: dict[str, int] = {}
    rows, totals = 0, list[Mapping[str, str]]()
    for row in islice(read, ROWS_MAX):
        if isinstance(row.cells, InvalidEvent):
            notice(f"{name}:{row.number}: {row.cells}")
            continue
        if any(TOTAL.fullmatch(plain(text)) for text in row.cells.values()):
            totals.append(row.cells)  # which would spoil what its columns can be read as
            continue
        rows += 1
        for column, text in row.cells.items():
            if column:
                texts.setdefault(column, {})
                filled[column] = filled.get(column, 0) + bool(text)
                if text:
                    texts[column][text] = None
    return [
        Sample(
            column,
            tuple(each),
            len(each) == filled[column] == rows,
            _totals_in(column, totals),
            has_gaps=0 < filled[column] < rows,
        )
        for column, each in texts.items()
        if rows
    ]


def _totals_in(column: str, totals: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    texts = (row.get(column, "") for row in totals)
    return tuple(dict.fromkeys(text for text in texts if TOTAL.fullmatch(plain(text))))


def _roles(samples: Sequence[Sample]) -> dict[str, Sample]:
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
    return found


def _telling(columns: Sequence[Sample]) -> Sample | None:
    """The column whose every word hints at what happened, such as "soldiers freed": also one that is named for whom."""
    few = (each for each in columns if 0 < len(each.texts) <= WORDS_MAX)
    return next((each for each in few if all(_hint(_slug(text)) for text in each.texts)), None)


def _plain(name: str) -> str:
    return plain(name).strip(" :.")


def _in_order(order: Order) -> Callable[[str], object]:
    return partial(moment_members, order=order)


def _is_moment(text: str) -> object:
    """Raises ValueError for a text that is none in any order; four digits alone are as well a number."""
    if text.strip().isdecimal() or not any(can_read(_in_order(order), text) for order in ORDERS):
        raise ValueError(text)
    return text


def _is_day(text: str) -> object:
    """Raises ValueError for a text that is no day, in any order, or not surely one."""
    if not any(can_read(partial(day_or_time, order=order), text) for order in ORDERS):
        raise ValueError(text)
    return text


def _fits(role: str, column: Sample) -> bool:
    """Whether the cells of a column can be what it is taken for."""
    match role:
        case "occurred" | "published":
            return column.all_read(_is_moment)
        case "count":  # most of it: which cells are none is said beside it
            is_most = len(column.unread(count_members)) * 4 <= len(column.texts)
            return bool(column.texts) and is_most and not column.all_read(_is_moment)
        case "round":
            return column.all_read(whole_number) or 0 < len(column.texts) <= WORDS_MAX
        case "what":
            return len(column.texts) <= WORDS_MAX
        case "url":
            return all("://" in text for text in column.texts)
    return True


def _order(samples: Sequence[Sample]) -> tuple[Order, str] | None:
    """The order of days in figures and a text that has only that one, where no text has only the other."""
    only: dict[Order, str] = {}
    for each in samples:
        if each.all_read(_is_moment):
            for text in each.texts:
                readable = [order for order in ORDERS if can_read(_in_order(order), text)]
                if len(readable) == 1:
                    only.setdefault(readable[0], text)
    return next(iter(only.items())) if len(only) == 1 else None


def _left_out(header: Header) -> str:
    """Which line is taken for the header, and what is lost by that."""
    left = len(header.above)
    lines = f"; {left} line{'s' * (left > 1)} before it {'are' if left > 1 else 'is'} left out" if left else ""
    return f"line {header.line} is taken for the header{lines}"


# -- the text ----------------------------------------------------------------------------------


def _head(name: str, roles: Mapping[str, Sample], samples: Sequence[Sample]) -> Iterator[str]:
    name = _short(name)
    yield f"# A first mapping for {name}. Finish what is marked {TODO}, then look at what it makes of the table:"
    yield f"#     ledger mapping check FILE {name}"
    yield f"#     ledger publish --dry-run --mapping FILE {name}"
    yield "# Every field of every event: ledger schema TYPE. Every word of a mapping: docs/ingestion.md."
    yield ""
    yield f"dataset = {toml_text(re.sub(r'[^a-z0-9]+', '-', name.rpartition('.')[0].lower()).strip('-') or 'table')}"
    yield "# The columns that name a row for ever: no two rows share them, and they never change."
    if "key" in roles:
        yield f"key = [{toml_text(roles['key'].name)}]"
    else:
        telling = [roles[each].name for each in ("occurred", "round", "what", "publisher") if each in roles]
        columns = telling or [each.name for each in samples]
        yield f"key = [{', '.join(map(toml_text, columns))}]   # {TODO}: a column of ids is better; these may not do"
    yield ""


def _fields(roles: Mapping[str, Sample]) -> Iterator[str]:
    type_is = f'"captives_released"   # {TODO}: what the rows tell of; `ledger schema` lists the types'
    exchange_is = f'"MY-EXCHANGE"   # {TODO}: its name, in capitals, digits and hyphens'
    same = f"{toml_text(_same(roles))}   # {TODO}: so, or otherwise; else rivals are added up"
    occurred_is = f'"2024"   # {TODO}: when it happened; no column holds dates only'
    yield "[fields]"
    yield from _said(roles, "type", "what", "mapped", type_is)
    yield from _said(roles, "exchange", "exchange", "mapped", exchange_is)
    yield from _said(roles, "round", "round", _round_kind(roles))
    yield "# Rows of one occurrence are claims about one thing, of which one counts. Without it, each row is its own."
    yield from [_field("occurrence", roles["occurrence"])] if "occurrence" in roles else [f"# occurrence = {same}"]
    yield from _said(roles, "occurred", "occurred", "moment", occurred_is)
    yield from _said(roles, "as_stated", "as_stated")
    yield from _said(roles, "note", "note")
    yield from _source(roles)
    yield ""
    yield f'[type."{" ".join(PEOPLE)}"]   # fields that only these types have'
    yield from _people(roles)
    if "what" in roles:
        yield from _other_types(roles["what"], roles.get("count"))


def _said(
    roles: Mapping[str, Sample], field: str, role: str, kind: str = "", otherwise: str | None = None
) -> Iterator[str]:
    """A field by the column for it, where there is one; else what it is otherwise, if anything."""
    if role in roles:
        yield _field(field, roles[role], kind)
    elif otherwise is not None:
        yield f"{field} = {otherwise}"


def _other_types(what: Sample, count: Sample | None) -> Iterator[str]:
    if any(_hint(_slug(text)) == "remains_returned" for text in what.texts):
        yield ""
        yield "[type.remains_returned]"
        yield f'side = "captives"   # {TODO}: or "prisoners": whose dead these rows tell of'
        yield '"groups.0.vital" = "remains"'
    yield ""
    yield "# [type.tally_stated]                # a total that somebody states; it is compared, and never added"
    yield '# figure = "captives.released"'
    yield f"# {_field('count', count, 'count')}" if count else '# count = "{total:count}"'


def _round_kind(roles: Mapping[str, Sample]) -> str:
    """Numbers are read, and words such as "first swap" looked up."""
    return "int" if "round" in roles and roles["round"].all_read(whole_number) else "mapped"


def _same(roles: Mapping[str, Sample]) -> str:
    """A template that is the same for rows about one thing, as far as the columns tell."""
    when = f"r{{{roles['round'].name}:{_round_kind(roles)}}}" if "round" in roles else ""  # r1 however it is spelt
    if not when:
        has_days = "occurred" in roles and roles["occurred"].all_read(_is_day)
        when = f"{{{roles['occurred'].name}:date}}" if has_days else "r1"
    return f"{when}-{{{roles['what'].name}:mapped}}" if "what" in roles else f"{when}-captives"


def _people(roles: Mapping[str, Sample]) -> Iterator[str]:
    unread = ", ".join(map(repr, roles["count"].unread(count_members))) if "count" in roles else ""
    unknown = f'{{ qualifier = "unknown" }}   # {TODO}: how many; no column holds counts only'
    yield from _said(roles, "by", "by", "mapped")
    yield from _said(roles, "to", "to", "mapped")
    for line in _said(roles, '"groups.0.count"', "count", "count", unknown):
        yield f"{line}   # {TODO}: no counts: {_short(unread)}" if unread else line
    yield from _said(roles, '"groups.0.nationality"', "nationality", "mapped")
    yield from _said(roles, '"groups.0.category"', "category", "mapped")


def _source(roles: Mapping[str, Sample]) -> Iterator[str]:
    kind_is = f'"newspaper"   # {TODO}: newspaper, wire, un, facilitator, official_party ...'
    yield ""
    yield "[fields.source]"
    yield from _said(roles, "publisher", "publisher", "", f'"Our desk"   # {TODO}: who published the figures')
    if publisher := _of_known_kind(roles):
        yield _field("kind", publisher, "mapped(kinds)")
    else:
        yield from _said(roles, "kind", "kind", "mapped", kind_is)
    yield from _said(roles, "published", "published", "date")
    yield from _said(roles, "url", "url")


def _of_known_kind(roles: Mapping[str, Sample]) -> Sample | None:
    """The column of publishers, where they are few and no other column says of which kind each is."""
    publisher = roles.get("publisher")
    return publisher if publisher and "kind" not in roles and len(publisher.texts) <= WORDS_MAX else None


def _words(roles: Mapping[str, Sample]) -> Iterator[str]:
    """A table for each column that is looked up, with every word that it holds."""
    for role, what in _MAPPED.items():
        if role in roles and not (role == "round" and _round_kind(roles) == "int"):
            yield ""
            yield f"[values.{toml_key(roles[role].name)}]   # {what}"
            yield from (f"{toml_key(text)} = {_meant(role, text)}" for text in roles[role].texts)
    if publisher := _of_known_kind(roles):
        yield ""
        yield f"[values.kinds]   # {_MAPPED['kind']}"
        yield from (f'{toml_key(text)} = "newspaper"   # {TODO}' for text in publisher.texts)


_MAPPED: Mapping[str, str] = {
    "what": "the type of event that each word stands for",
    "exchange": "the name of each exchange, in capitals, digits and hyphens",
    "round": "the number of each round",
    "by": "the party, in lower case, digits and _",
    "to": "the party, in lower case, digits and _",
    "nationality": "country codes, such as ISR",
    "category": "children, women, men, soldiers, civilians ...; ledger schema captives_released lists them",
    "kind": "newspaper, wire, un, facilitator, official_party ...; ledger schema captives_released lists them",
}


def _meant(role: str, text: str) -> str:
    """What a word stands for where that is certain from the word itself, else something to fill in."""
    slug = _slug(text)
    if role == "round":
        return f"{number[0]}" if (number := re.search(r"[1-9]\d{0,3}", text)) else f"0   # {TODO}"
    if role == "nationality":
        return toml_text([text]) if re.fullmatch(r"[A-Z]{3}", text) else f"[]   # {TODO}"
    if role in ("by", "to") and slug:
        return toml_text(slug)
    if role == "exchange" and re.fullmatch(r"[A-Z0-9][A-Z0-9-]{1,63}", text):
        return toml_text(text)
    if slug in _CLOSED.get(role, ()):
        return toml_text(slug)
    near = _hint(slug) if role == "what" else nearest(slug, tuple(_CLOSED.get(role, ())))
    return f'""   # {TODO}' + (f": {near}?" if near else "")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", plain(text)).strip("_")


_CLOSED: Mapping[str, Sequence[str]] = {
    "what": tuple(EVENT_TYPES),
    "category": get_args(Category),
    "kind": get_args(SourceKind),
}
"""What each of these columns may stand for."""

_HINTS: Mapping[str, tuple[str, ...]] = {
    "tally_stated": ("total", "tally", "cumul"),
    "release_planned": ("plan",),
    "captives_taken": ("taken", "abduct", "kidnap", "captur", "seized"),
    "captives_rescued": ("rescu",),
    "remains_returned": ("remains", "bod", "dead", "coffin"),
    "prisoners_released": ("prisoner", "detain", "inmate"),
    "captives_released": ("captive", "hostage", "freed", "releas", "return"),
    "pause_started": ("pause", "truce", "ceasefire"),
    "terms_agreed": ("terms", "agree", "deal"),
    "meeting_held": ("meet", "talk"),
}
"""What a word may stand for, by a part of it."""


def _hint(word: str) -> str:
    return next((kind for kind, parts in _HINTS.items() if any(part in word for part in parts)), "")


_OF_ONE_ROW = frozenset({"key", "count", "as_stated", "note", "url"})
"""Roles of columns whose empty cells are empty: what stands above is of another row."""


def _table(
    table: Dialect,
    header: Header,
    order: tuple[Order, str] | None,
    samples: Sequence[Sample],
    roles: Mapping[str, Sample],
) -> Iterator[str]:
    said = {"encoding": table.encoding, "sheet": table.sheet, "header": table.header}
    lines = [f"{name} = {toml_text(value)}" for name, value in said.items() if value is not None]
    if table.header is None and header.above:
        lines.append(f"# header = {header.line}   # {_left_out(header)}")
    if order is not None:
        lines.append(f"dates = {toml_text(order[0])}   # {_short(order[1])} can be read in no other order")
    elif unclear := next(filter(None, map(_unclear, samples)), None):
        lines.append(f'# dates = "dmy"   # {TODO}: {_short(unclear)} has two readings; or "mdy"')
    skipped = ", ".join(f"{toml_key(each.name)} = {toml_text(each.totals)}" for each in samples if each.totals)
    if skipped:
        lines.append(f"skip = {{ {skipped} }}   # sums of other rows")
    own = {roles[role].name for role in _OF_ONE_ROW & roles.keys()}
    if gaps := [
        each.name for each in samples if each.has_gaps and len(each.texts) <= WORDS_MAX and each.name not in own
    ]:
        filled = f"fill = [{', '.join(map(toml_text, gaps))}]"
        why = "those whose empty cells mean what stands above, as merged cells leave them"
        lines.append(f"# {filled}   # {TODO}: {why}")
    if lines:
        yield from ("", "[table]", *lines)


def _unclear(each: Sample) -> str | None:
    """A text that is a day in either order."""
    if not each.all_read(_is_moment):
        return None
    return next((text for text in each.texts if not can_read(moment_members, text)), None)


def _unused(roles: Mapping[str, Sample], samples: Sequence[Sample]) -> Iterator[str]:
    used = {each.name for each in roles.values()}
    rest = [each for each in samples if each.name not in used]
    if unnamed := [each.name for each in rest if set(each.name) & UNNAMED]:
        yield ""
        named = _short(", ".join(unnamed))
        yield f"# {TODO}: rename, to use them, the columns with {{ }} : or ! in their names: {named}"
    if rest:
        yield ""
        yield "# Columns that are not used, with what they hold first:"
        yield from (f"#     {_short(each.name)}: {_short(', '.join(each.texts[:3])) or 'nothing'}" for each in rest)


def _short(text: str) -> str:
    one = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return one if len(one) <= 60 else f"{one[:60]}\u2026"


def _field(field: str, column: Sample, kind: str = "") -> str:
    line = f"{field} = {toml_text('{' + column.name + (f':{kind}' if kind else '') + '}')}"
    return f"{line}   # {TODO}: is it this column? Its name does not say so" if column.is_guessed else line
