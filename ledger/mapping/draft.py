"""A first mapping for a table, from its header and its cells, for a person to finish.

Columns are recognised by their names and by what all their cells can be read as. What cannot be known from the table,
such as the name of the exchange, is marked with TODO, and nothing that has two readings is decided.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import BinaryIO, get_args

from ledger.errors import UsageError
from ledger.mapping.columns import (
    UNNAMED,
    WORDS_MAX,
    Sample,
    are_both_ways,
    day_order,
    hint,
    is_day,
    is_moment,
    is_notes,
    roles_of,
    samples_of,
    slug,
    telling_apart,
)
from ledger.mapping.dialect import Dialect
from ledger.mapping.header import JSON, Header, Notice, can_read
from ledger.mapping.records import table_of
from ledger.mapping.toml import toml_key, toml_text
from ledger.words.counts import count_members
from ledger.words.moments import Order, moment_members
from ledger.words.numbers import whole_number
from schemas.errors import nearest
from schemas.events import EVENT_TYPES
from schemas.vocabulary import Category, SourceKind

TODO = "TODO"
MOVE = "move"
"""The column that is made of who gives and whether people live, where no column says what happened."""
PEOPLE = ("captives_*", "prisoners_*", "people_*", "remains_*")
"""Types that move people."""


def drafted(name: str, file: BinaryIO, table: Dialect, notice: Notice) -> str:
    """The text of a mapping for a table. Raises UsageError where the file cannot be such a table, or has no rows."""
    header, rows = table_of(name, file, table, {}, lambda _: None)
    samples = samples_of(name, rows, notice)
    if not samples:
        raise UsageError(f"{name}: has no rows to make a mapping from")
    roles = roles_of(samples)
    if header.delimiter != JSON:
        notice(f"{name}: {_left_out(header)}; `header` says another")
    order = day_order([roles[each] for each in ("occurred", "published") if each in roles])
    lines = [
        *_head(name, roles, samples),
        *_move(roles),
        *_fields(roles),
        *_words(roles),
        *_table(table, header, order, samples, roles),
        *_unused(roles, samples),
    ]
    return "\n".join(lines) + "\n"


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
        telling = [roles[each] for each in ("occurred", "round", "what", "publisher") if each in roles]
        telling += telling_apart(telling, [roles[each] for each in (*_APART, "published") if each in roles])
        columns = [each.name for each in telling or samples]
        yield f"key = [{', '.join(map(toml_text, columns))}]   # {TODO}: a column of ids is better; these may not do"
    yield ""


_APART = ("by", "vital", "category", "nationality")
"""What rows may be about that are no claims about one thing."""


def _sides(roles: Mapping[str, Sample]) -> tuple[str, ...]:
    """The two parties that both give people and receive them; none where it is not so."""
    return roles["by"].texts if are_both_ways(roles.get("by"), roles.get("to")) else ()


def _moving(roles: Mapping[str, Sample]) -> list[Sample]:
    """The columns that tell what happened where none is named for it: which way people went, and whether they live."""
    ways = ["by"] if _sides(roles) else []
    return [] if "what" in roles else [roles[each] for each in (*ways, "vital") if each in roles]


def _move(roles: Mapping[str, Sample]) -> Iterator[str]:
    if moving := _moving(roles):
        yield "[columns]"
        yield f"{MOVE} = {toml_text(' '.join(f'{{{each.name}}}' for each in moving))}"
        yield ""
        yield f"[values.{MOVE}]   # {_MAPPED['what']}"
        for texts in product(*(each.texts for each in moving)):
            is_dead = any(hint(slug(text)) == "remains_returned" for text in texts)
            meant = '"remains_returned"' if is_dead else f'""   # {TODO}: captives_released, or prisoners_released?'
            yield f"{toml_key(' '.join(texts))} = {meant}"
        yield ""


def _fields(roles: Mapping[str, Sample]) -> Iterator[str]:
    type_is = f'"captives_released"   # {TODO}: what the rows tell of; `ledger schema` lists the types'
    exchange_is = f'"MY-EXCHANGE"   # {TODO}: its name, in capitals, digits and hyphens'
    same = f"{toml_text(_same(roles))}   # {TODO}: so, or otherwise; else rivals are added up"
    occurred_is = f'""   # {TODO}: when it happened; no column holds dates only'
    yield "[fields]"
    if _moving(roles):
        type_is = toml_text(f"{{{MOVE}:mapped}}")
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
    if tells := roles.get("what") or roles.get("vital"):
        yield from _other_types(tells, roles)


def _said(
    roles: Mapping[str, Sample], field: str, role: str, kind: str = "", otherwise: str | None = None
) -> Iterator[str]:
    """A field by the column for it, where there is one; else what it is otherwise, if anything."""
    if role in roles:
        yield _field(field, roles[role], kind)
    elif otherwise is not None:
        yield f"{field} = {otherwise}"


def _other_types(what: Sample, roles: Mapping[str, Sample]) -> Iterator[str]:
    if any(hint(slug(text)) == "remains_returned" for text in what.texts):
        yield ""
        yield "[type.remains_returned]"
        side = f'side = "captives"   # {TODO}: or "prisoners": whose dead these rows tell of'
        yield _field("side", roles["by"], "mapped(side)") if _sides(roles) else side
        yield '"groups.0.vital" = "remains"'
    yield ""
    yield "# [type.tally_stated]                # a total that somebody states; it is compared, and never added"
    yield '# figure = "captives.released"'
    yield f"# {_field('count', roles['count'], 'count')}" if "count" in roles else '# count = "{total:count}"'


def _round_kind(roles: Mapping[str, Sample]) -> str:
    """Numbers are read, and words such as "first swap" looked up."""
    return "int" if "round" in roles and roles["round"].all_read(whole_number) else "mapped"


def _same(roles: Mapping[str, Sample]) -> str:
    """A template that is the same for rows about one thing, as far as the columns tell."""
    when = f"r{{{roles['round'].name}:{_round_kind(roles)}}}" if "round" in roles else ""  # r1 however it is spelt
    if not when:
        has_days = "occurred" in roles and roles["occurred"].all_read(is_day)
        when = f"{{{roles['occurred'].name}:date}}" if has_days else "r1"
    chosen = [roles[each] for each in ("round" if "round" in roles else "occurred", "what") if each in roles]
    moving = _moving(roles)
    apart = moving + telling_apart(
        chosen + moving, [each for each in map(roles.get, _APART) if each and each.is_of_few]
    )
    what = f"{{{roles['what'].name}:mapped}}" if "what" in roles else "" if apart else "captives"
    return "-".join([when, *filter(None, [what]), *(f"{{{each.name}}}" for each in apart)])


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
    if "[type.remains_returned]" in _fields(roles) and (sides := _sides(roles)):
        yield from ("", "[values.side]   # whose dead are returned, by who gives them")
        yield from (f'{toml_key(text)} = ""   # {TODO}: captives, or prisoners?' for text in sides)
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
    word = slug(text)
    if role == "round":
        return f"{number[0]}" if (number := re.search(r"[1-9]\d{0,3}", text)) else f"0   # {TODO}"
    if role == "nationality":
        return toml_text([text]) if re.fullmatch(r"[A-Z]{3}", text) else f"[]   # {TODO}"
    if role in ("by", "to") and word:
        return toml_text(word)
    if role == "exchange" and re.fullmatch(r"[A-Z0-9][A-Z0-9-]{1,63}", text):
        return toml_text(text)
    if word in _CLOSED.get(role, ()):
        return toml_text(word)
    near = hint(word) if role == "what" else nearest(word, tuple(_CLOSED.get(role, ())))
    return f'""   # {TODO}' + (f": {near}?" if near else "")


_CLOSED: Mapping[str, Sequence[str]] = {
    "what": tuple(EVENT_TYPES),
    "category": get_args(Category),
    "kind": get_args(SourceKind),
}
"""What each of these columns may stand for."""

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
    may_be_filled = [each for each in samples if each.has_gaps and not (each.name in own or is_notes(each))]
    if gaps := [each.name for each in may_be_filled if len(each.texts) <= WORDS_MAX]:
        filled = f"fill = [{', '.join(map(toml_text, gaps))}]"
        why = "those whose empty cells mean what stands above, as merged cells leave them"
        lines.append(f"# {filled}   # {TODO}: {why}")
    if lines:
        yield from ("", "[table]", *lines)


def _unclear(each: Sample) -> str | None:
    """A text that is a day in either order."""
    if not each.all_read(is_moment):
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
