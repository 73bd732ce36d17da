"""Which rows are parts of others, by the names of both: `r2-pal-icrc` is a part of `r2-pal`."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from ledger.mapping.conditions import fits_any
from ledger.mapping.document import TableMapping
from ledger.mapping.packing import PackedTexts, Packer
from ledger.mapping.records import Row
from ledger.mapping.rows import key_of
from ledger.mapping.written import Whole
from schemas.errors import InvalidEvent


def with_wholes(rows: Iterable[Row], mapping: TableMapping) -> Iterator[Row]:
    """Rows with the columns `whole` and `rest`, where the mapping knows wholes: then all are read before the first."""
    if (rule := mapping.whole) is None:
        yield from rows
        return
    packer = Packer()
    read: deque[tuple[int, bytes, PackedTexts | InvalidEvent]] = deque()
    wholes: dict[str, set[str]] = {}
    for number, raw, texts in rows:
        if isinstance(texts, InvalidEvent):
            read.append((number, raw, texts))
            continue
        read.append((number, raw, packer.texts(texts)))
        cells = _known(texts, mapping)
        if fits_any(cells, rule.of):
            wholes.setdefault(cells.get(rule.within, ""), set()).add(cells.get(rule.column, ""))
    while read:
        number, raw, packed = read.popleft()
        if isinstance(packed, InvalidEvent):
            yield Row(number, raw, packed)
        else:
            yield Row(number, raw, _with_whole(packed.cells(), wholes, mapping, rule))


def _known(row: Mapping[str, str], mapping: TableMapping) -> dict[str, str]:
    return {**row, **mapping.overlay(key_of(row, mapping)).columns}


def _with_whole(
    row: Mapping[str, str], wholes: Mapping[str, set[str]], mapping: TableMapping, rule: Whole
) -> Mapping[str, str]:
    cells = _known(row, mapping)
    name = cells.get(rule.column, "")
    known = wholes.get(cells.get(rule.within, ""), set())
    whole = name
    while whole and whole not in known:
        whole = whole.rpartition("-")[0]
    return {**row, "whole": whole, "rest": name[len(whole) + 1 :] if whole else ""}
