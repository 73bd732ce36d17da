"""Views as tables: CSV for a spreadsheet, and with the row of hashtags that humanitarian tools read (HXL 1.1).

The columns of a kind of view are always the same, whatever it holds. A cell that a spreadsheet would take for a formula
gets an apostrophe in front, and so does what it would take for another cell.
"""

import csv
import io
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from ledger.api.claims import OccurrenceView
from schemas.values import Source
from schemas.views import Estimate, Explanation, LeftOut, Ratio, Tally

Cell: TypeAlias = str | int | float | bool | None
Row: TypeAlias = Mapping[str, Cell]

_FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_WITHIN = re.compile("(;\\s*)([=+\\-@\uff1d\uff0b\uff0d\uff20])")
"""Where spreadsheets of half the world begin another cell, since a comma is their decimal point."""
_ESTIMATE = ("best", "low", "high", "exact")
_SOURCE = ("publisher", "kind", "published", "reliability", "credibility", "url")


def table(model: type[BaseModel], views: Iterable[BaseModel], hashtags: bool = False) -> bytes:
    """Views of one kind as CSV, in UTF-8."""
    columns, rows = _SPECIAL[model] if model in _SPECIAL else (list(_columns(model)), _rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    if hashtags:
        writer.writerow(map(hashtag, columns))
    for row in rows(views):
        writer.writerow([_harmless(row.get(column)) for column in columns])
    return text.getvalue().encode()


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if not isinstance(cell, str):
        return cell
    told = _WITHIN.sub(r"\1'\2", cell)
    return f"'{told}" if _FORMULA.match(told.lstrip(" ")) else told


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
        for path, value in _figures(view, ""):
            row: dict[str, Cell] = {"exchange": getattr(view, "exchange", None), "figure": path}
            if isinstance(value, Ratio):
                row |= {"best": value.value, "low": value.low, "high": value.high, "fraction": value.fraction}
            elif isinstance(value, Estimate):
                row |= value.model_dump()
            else:
                row |= {"best": value, "low": value, "high": value}
            yield row


def _figures(node: BaseModel, path: str) -> Iterator[tuple[str, Estimate | Ratio | float]]:
    for name, value in node:
        here = f"{path}{name}"
        if isinstance(value, Estimate | Ratio) or (isinstance(value, int | float) and not isinstance(value, bool)):
            yield here, value
        elif isinstance(value, BaseModel):
            yield from _figures(value, f"{here}.")
        elif isinstance(value, dict):
            yield from ((f"{here}.{term}", each) for term, each in value.items())
        elif isinstance(value, list):
            for each in value:
                if isinstance(each, BaseModel):
                    yield from _figures(each, f"{here}.{getattr(each, 'item', '')}.")


def _said(source: Source) -> dict[str, Cell]:
    return {f"source.{name}": getattr(source, name) for name in _SOURCE}


def _counted(count: Estimate | None) -> dict[str, Cell]:
    return {} if count is None else {f"count.{name}": getattr(count, name) for name in _ESTIMATE}


def _claim_rows(views: Iterable[BaseModel]) -> Iterator[Row]:
    for view in views:
        assert isinstance(view, OccurrenceView)
        for claim in view.claims:
            yield {
                "exchange": view.exchange,
                "occurrence": view.occurrence,
                "round": claim.round,
                "type": claim.type,
                "occurred.at": claim.occurred.at,
                "occurred.precision": claim.occurred.precision,
                "occurred.until": claim.occurred.until,
                **_counted(claim.count),
                "adopted": claim.adopted,
                "why": claim.why,
                "as_stated": claim.as_stated,
                **_said(claim.source),
                "event": claim.event,
            }


def _contribution_rows(views: Iterable[BaseModel]) -> Iterator[Row]:
    for view in views:
        assert isinstance(view, Explanation)
        named: dict[str, Cell] = {"exchange": view.exchange, "figure": view.figure}
        for each in view.contributions:
            yield {
                **named,
                "occurrence": each.occurrence,
                "counts": True,
                "sign": each.sign,
                **_counted(each.count),
                "why": each.rule,
                "as_stated": each.as_stated,
                **_said(each.source),
                "event": each.event,
            }
            yield from ({**named, **_left_out(other)} for other in each.left_out)
        yield from ({**named, **_left_out(other)} for other in view.left_out)


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


_COUNT_COLUMNS = [f"count.{name}" for name in _ESTIMATE]
_SAID_COLUMNS = ["why", "as_stated", *(f"source.{name}" for name in _SOURCE), "event"]
_OCCURRED_COLUMNS = ["occurred.at", "occurred.precision", "occurred.until"]
_SPECIAL: Mapping[type[BaseModel], tuple[Sequence[str], Callable[[Iterable[BaseModel]], Iterator[Row]]]] = {
    Tally: (["exchange", "figure", "best", "low", "high", "exact", "fraction"], _figure_rows),
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
        ["exchange", "figure", "occurrence", "counts", "sign", *_COUNT_COLUMNS, *_SAID_COLUMNS],
        _contribution_rows,
    ),
}
"""Kinds of view whose rows are not their members: the columns, and how the rows are made."""


# -- hashtags --------------------------------------------------------------------------------------

_TAGS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern), tag)
    for pattern, tag in (
        (r"(exchange|exchanges|process|round|occurrence|terms|pause)$", "#event"),
        (r"(event|events|through|by)$", "#meta"),
        (r"(publisher|.*\.publisher|party|proposer|refused_by)$", "#org"),
        (r".*(\.at|\.until|\.published|first|last|as_of|precision)$", "#date"),
        (r"(.*ratio.*|fraction|difference|.*hours)", "#indicator"),
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
