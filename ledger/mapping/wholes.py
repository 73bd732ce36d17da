"""Which rows are parts of others, by the names of both: `r2-pal-icrc` is a part of `r2-pal`."""

from collections.abc import Mapping, Sequence

from ledger.mapping.conditions import fits_any
from ledger.mapping.document import TableMapping
from ledger.mapping.records import Row
from ledger.mapping.rows import key_of
from ledger.mapping.written import Whole
from schemas.errors import InvalidEvent


def with_wholes(rows: Sequence[Row], mapping: TableMapping) -> list[Mapping[str, str] | InvalidEvent]:
    """The texts of rows with the columns `whole` and `rest`, where the mapping knows wholes."""
    if (rule := mapping.whole) is None:
        return [row.cells for row in rows]
    wholes: dict[str, set[str]] = {}
    for row in rows:
        if isinstance(row.cells, InvalidEvent):
            continue
        cells = {**row.cells, **mapping.overlay(key_of(row.cells, mapping)).columns}
        if fits_any(cells, rule.of):
            wholes.setdefault(cells.get(rule.within, ""), set()).add(cells.get(rule.column, ""))
    return [_with_whole(row.cells, wholes, mapping, rule) for row in rows]


def _with_whole(
    row: Mapping[str, str] | InvalidEvent, wholes: Mapping[str, set[str]], mapping: TableMapping, rule: Whole
) -> Mapping[str, str] | InvalidEvent:
    if isinstance(row, InvalidEvent):
        return row
    cells = {**row, **mapping.overlay(key_of(row, mapping)).columns}
    name = cells.get(rule.column, "")
    known = wholes.get(cells.get(rule.within, ""), set())
    whole = name
    while whole and whole not in known:
        whole = whole.rpartition("-")[0]
    return {**row, "whole": whole, "rest": name[len(whole) + 1 :] if whole else ""}
