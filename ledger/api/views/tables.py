"""Views as tables: CSV for a spreadsheet, and with the row of hashtags that humanitarian tools read (HXL 1.1).

The columns of a kind of view are always the same, whatever it holds; a cell is empty where nothing is recorded.
"""

import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from ledger.tables.cells import csv_parts
from ledger.tables.column import Cell
from ledger.tables.figures import TALLIES, tally_rows
from ledger.words.moments import edtf_of
from schemas.values import Moment, Source
from schemas.views import Estimate, Explanation, LeftOut, OccurrenceView, Tally

Row: TypeAlias = Mapping[str, Cell]

_ESTIMATE = ("best", "low", "high", "hedged", "exact")
_SOURCE = ("publisher", "kind", "published", "reliability", "credibility", "url", "archived", "sha256")


def table(model: type[BaseModel], views: Iterable[BaseModel], hashtags: bool = False) -> bytes:
    """Views of one kind as CSV, in UTF-8."""
    columns, rows = _SPECIAL[model] if model in _SPECIAL else (list(_columns(model)), _rows)
    head = [columns, [*map(hashtag, columns)]] if hashtags else [columns]
    return b"".join(csv_parts(head, ([row.get(column) for column in columns] for row in rows(views))))


# -- columns by the model --------------------------------------------------------------------------


def _columns(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The members of a view that fit in cells, by their paths; a list of plain values is one cell."""
    for name, field in model.model_fields.items():
        yield from _column(field.annotation, prefix + name)


def _column(annotation: Any, path: str) -> Iterator[str]:
    kind = _without_none(annotation)
    origin = get_origin(kind)
    if origin is dict:
        key, value = get_args(kind)
        for term in get_args(key) if get_origin(key) is Literal else ():
            yield from _column(value, f"{path}.{term}")
    elif origin in (list, tuple):
        if not _is_model(_without_none(get_args(kind)[0])):
            yield path
    elif _is_model(kind):
        yield from _columns(kind, f"{path}.")
    else:
        yield path


def _without_none(annotation: Any) -> Any:
    if hasattr(annotation, "__metadata__"):
        return _without_none(annotation.__origin__)
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [each for each in get_args(annotation) if each is not types.NoneType]
        return _without_none(kinds[0]) if len(kinds) == 1 else annotation
    return annotation


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _rows(views: Iterable[BaseModel]) -> Iterator[Row]:
    return (dict(_cells(view.model_dump(mode="json"), "")) for view in views)


def _cells(node: Any, path: str) -> Iterator[tuple[str, Cell]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _cells(value, f"{path}.{name}" if path else name)
    elif isinstance(node, list):
        yield path, "; ".join(str(each) for each in node if not isinstance(each, dict))
    else:
        yield path, node


# -- tables of their own ---------------------------------------------------------------------------


def _figure_rows(views: Iterable[BaseModel]) -> Iterator[Row]:
    """One row for each figure of a tally, since its breakdowns differ from exchange to exchange."""
    for view in views:
        assert isinstance(view, Tally)
        yield from ({column.name: column.make(row) for column in TALLIES.columns} for row in tally_rows(view))


def _said(source: Source) -> dict[str, Cell]:
    return {f"source.{name}": getattr(source, name) for name in _SOURCE}


def _counted(count: Estimate | None, name: str = "count") -> dict[str, Cell]:
    return {} if count is None else {f"{name}.{part}": getattr(count, part) for part in _ESTIMATE}


def _claim_rows(views: Iterable[BaseModel]) -> Iterator[Row]:
    for view in views:
        assert isinstance(view, OccurrenceView)
        for claim in view.claims:
            yield {
                "exchange": view.exchange,
                "occurrence": view.occurrence,
                "round": claim.round,
                "type": claim.type,
                **{f"occurred.{name}": getattr(claim.occurred, name) for name in Moment.model_fields},
                "occurred.edtf": edtf_of(claim.occurred),
                **_counted(claim.count),
                "adopted": claim.adopted,
                "why": claim.why,
                "as_stated": claim.as_stated,
                **_said(claim.source),
                "event": claim.event,
            }


def _contribution_rows(views: Iterable[BaseModel]) -> Iterator[Row]:
    """One row for each claim behind a figure, and one where there is none; each bears the figure itself."""
    for view in views:
        assert isinstance(view, Explanation)
        figure = {"exchange": view.exchange, "figure": view.figure, "notes": "; ".join(view.notes)}
        named: Row = {**figure, **_counted(view.value, "value")}
        claims = [*_behind(view)]
        yield from ({**named, **claim} for claim in claims or [{}])


def _behind(view: Explanation) -> Iterator[Row]:
    for each in view.contributions:
        yield {
            "occurrence": each.occurrence,
            "counts": True,
            "sign": each.sign,
            **_counted(each.count),
            "why": each.rule,
            "as_stated": each.as_stated,
            **_said(each.source),
            "event": each.event,
            **_counted(each.days_held, "days_held"),
        }
        yield from map(_left_out, each.left_out)
    yield from map(_left_out, view.left_out)


def _left_out(claim: LeftOut) -> Row:
    return {
        "occurrence": claim.occurrence,
        "counts": False,
        **_counted(claim.count),
        "why": claim.why,
        "as_stated": claim.as_stated,
        **_said(claim.source),
        "event": claim.event,
    }


def _estimated(name: str) -> list[str]:
    return [f"{name}.{part}" for part in _ESTIMATE]


_COUNT_COLUMNS = _estimated("count")
_SAID_COLUMNS = ["why", "as_stated", *(f"source.{name}" for name in _SOURCE), "event"]
_OCCURRED_COLUMNS = [*(f"occurred.{name}" for name in Moment.model_fields), "occurred.edtf"]
_SPECIAL: Mapping[type[BaseModel], tuple[Sequence[str], Callable[[Iterable[BaseModel]], Iterator[Row]]]] = {
    Tally: (TALLIES.names, _figure_rows),
    OccurrenceView: (
        [
            *("exchange", "occurrence", "round", "type"),
            *_OCCURRED_COLUMNS,
            *_COUNT_COLUMNS,
            "adopted",
            *_SAID_COLUMNS,
        ],
        _claim_rows,
    ),
    Explanation: (
        [
            *("exchange", "figure", "occurrence", "counts", "sign"),
            *_COUNT_COLUMNS,
            *_SAID_COLUMNS,
            *_estimated("days_held"),
            *_estimated("value"),
            "notes",
        ],
        _contribution_rows,
    ),
}
"""Kinds of view whose rows are not their members: the columns, and how the rows are made."""


# -- hashtags --------------------------------------------------------------------------------------

_TAGS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern), tag)
    for pattern, tag in (
        (r"(exchanges?|process|round|occurrences?|terms|pause)$", "#event"),
        (r"(events?|through|by|.*(hedged|exact|numerator|denominator))$", "#meta"),
        (r"(publishers?|.*\.publisher|party|proposer|refused_by)$", "#org"),
        (r"(day|.*(\.at|\.until|\.edtf|\.published|first|last|as_of|precision|qualifier))$", "#date"),
        (r"(.*ratio.*|joint\.(living|all).*|fraction|difference|.*hours|days_held.*)", "#indicator"),
        (r"(captives|prisoners|remains|promised|delivered|outstanding|count|stated|computed|value)\.", "#affected"),
        (r"(best|low|high)$", "#affected"),
    )
)
_ATTRIBUTES: Mapping[str, str] = {"low": "min", "high": "max"}


def hashtag(column: str) -> str:
    """The HXL hashtag of a column, with its path as attributes: `#affected+captives+deal+max`."""
    tag = next((tag for pattern, tag in _TAGS if pattern.match(column)), "#meta")
    steps = [_ATTRIBUTES.get(step, step) for step in re.split(r"[._]", column)]
    return "+".join([tag, *dict.fromkeys(step for step in steps if f"#{step}" != tag)])
