"""Tallies and rounds in a terminal: captives and prisoners beside each other, by the same figures."""

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from ledger.book.figure_names import LEGS, RATIOS, figure_name
from ledger.book.filing import REMAINS_LEGS
from ledger.book.number_text import between, estimate, moment, ratio
from ledger.book.sentences import listed
from ledger.book.side_tables import ROWS, figure, figure_rows
from ledger.book.transfers import SIDES
from ledger.cli.render import heading, plain_table
from schemas.codec import meant
from schemas.redaction import REDACTED
from schemas.views import Dimensions, Estimate, Promise, Ratio, Round, SideFigures, Tally
from schemas.vocabulary import Side

_RATIOS = {"deal": ">Deal ratio", "nationals": ">To own", "all": ">To all"}


def _ratios(view: Tally | Round, wide: bool) -> Iterator[str]:
    return (ratio(getattr(view.ratios, scope), wide) for scope in _RATIOS)


# -- all tallies ----------------------------------------------------------------------------------

_BESIDE = {"nationals": "Own", "others": "Others", "remains.returned": "Remains", "held": "Held"}
_WHERE_WIDE = ("others", "held")


def tallies(views: Sequence[Tally], processes: Sequence[Tally], wide: bool) -> RenderableType:
    """All exchanges side by side, and the sums of their processes. What none of them records has no column."""
    every = [*views, *processes]
    columns: dict[tuple[Side, str], str] = {}
    for side in SIDES:
        columns[side, "released"] = side.capitalize()
        for name, head in _BESIDE.items():
            if (wide or name not in _WHERE_WIDE) and any(figure(view, side, name) is not None for view in every):
                columns[side, name] = head
    table = plain_table("Exchange", *(f">{head}" for head in columns.values()), *_RATIOS.values())
    for view in every:
        is_one = len(view.exchanges) == 1
        name = view.exchange if is_one else f"{view.exchange}, all {len(view.exchanges)}"
        numbers = (estimate(figure(view, *column)) for column in columns)
        table.add_row(name, *numbers, *_ratios(view, wide), style=None if is_one else "bold")
    return table


# -- one tally ------------------------------------------------------------------------------------


def tally(view: Tally) -> RenderableType:
    """One exchange, or one process, in full."""
    parts = [heading(view.exchange, view.title), *_figures(view), *_divided(view), *_facts(view)]
    for side in SIDES:
        parts += _dimensions(side, getattr(view, side))
    parts += _promises(view.promises)
    return Group(*parts)


def _figures(view: Tally) -> list[RenderableType]:
    """Every figure that is recorded of either side."""
    table = plain_table("", *(f">{side.capitalize()}" for side in SIDES))
    for row in figure_rows(view):
        table.add_row(row.words, *map(estimate, row.values))
    return [table] if table.row_count else []


def _divided(view: Tally) -> list[RenderableType]:
    """Every ratio that is defined, from where to where rival claims take it, and the figures that it divides."""
    table = plain_table("Ratio", "Prisoners per captive", "Divides")
    for scope, words in RATIOS.items():
        value: Ratio = getattr(view.ratios, scope)
        if ratio(value) != "-":
            is_sure = value.value is None or value.low == value.high == value.value
            text = ratio(value) if is_sure else f"{ratio(value)} ({between(value)})"
            table.add_row(words.by, text, f"{value.numerator} / {value.denominator}")
    return [Text(), table] if table.row_count else []


def _facts(view: Tally) -> list[RenderableType]:
    """What is of no side."""
    table = plain_table("", "", header=False)
    rows = [
        (figure_name("both.released"), estimate(view.both.released)),
        ("rounds of which a leg is missing, or not over", ", ".join(map(str, view.incomplete))),
        ("hours of calm", "" if view.pause_hours is None else f"{view.pause_hours:g}"),
        *((f"aid: {_aid(name)}", estimate(value)) for name, value in view.aid.items()),
        *((f"funds: {name}", estimate(value)) for name, value in view.funds.items()),
        ("disputes open", str(view.disputes_open or "")),
        ("occurrences on which sources differ", str(view.contested or "")),
        *(_unread(name, count) for name, count in view.unknown.items()),
    ]
    for words, text in rows:
        if text not in ("", "-"):
            table.add_row(words, text)
    return [Text(), table] if table.row_count else []


def _unread(name: str, count: int) -> tuple[str, str]:
    """Events that say nothing here: removed from the ledger, or of a type that this software does not know."""
    if name == REDACTED:
        return "events redacted", f"{count}"
    return f"not understood: {name}", f"{count}  {meant(name.split()[0])}"


def _aid(name: str) -> str:
    item, _, stage = name.replace("_", " ").partition(".")
    return f"{item}, {stage.replace('unknown', 'stage not stated')}" if stage else item


def _dimensions(side: Side, figures: SideFigures) -> list[RenderableType]:
    """Each dimension that says anything of those freed, from the legs themselves and from the breakdowns of them."""
    table = plain_table(f"{side.capitalize()} freed", "From the legs themselves", "From breakdowns, never added")
    for name in Dimensions.model_fields:
        legs, parts = getattr(figures.by, name), getattr(figures.of_which, name)
        if parts or set(legs) - {"unknown"}:
            table.add_row(f"by {name}", _terms(legs), _terms(parts))
    if set(figures.remains.nationality) - {"unknown"}:
        table.add_row("remains by nationality", _terms(figures.remains.nationality), "-")
    return [Text(), table] if table.row_count else []


def _terms(breakdown: dict[str, Estimate]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {estimate(value)}" for name, value in breakdown.items()) or "-"


def _promises(promises: Iterable[Promise]) -> list[RenderableType]:
    table = plain_table("Promised by the terms", ">Promised", ">Delivered", ">Outstanding")
    for each in promises:
        table.add_row(
            each.item.replace("_", " "), estimate(each.promised), estimate(each.delivered), estimate(each.outstanding)
        )
    return [Text(), table] if table.row_count else []


# -- rounds ---------------------------------------------------------------------------------------

_LEG = {"deal": "Deal", "nationals": "Own", "released": "All", "remains.returned": "Remains"}


def rounds(exchange: str, title: str | None, wide: bool, views: Sequence[Round]) -> RenderableType:
    """The rounds of one exchange, both legs and the three ratios."""
    columns = {side: _leg_columns(side, views) for side in SIDES}
    heads = [head for side in SIDES for head in (f"{side.capitalize()} out", *columns[side].values())]
    table = plain_table(">Round", *heads, *_RATIOS.values())
    notes = plain_table("", "", header=False)
    notes.padding = (0, 1, 0, 0)
    for view in views:
        said = [_ONE.sub(r"\1", note) for note in _notes(view)]
        if said:
            notes.add_row(f"  * round {view.round}:", "; ".join(said), style="dim")
        cells = [f"{view.round}{'*' if said else ''}"]
        for side in SIDES:
            cells += [_leg(view, side), *(estimate(figure(view, side, name)) for name in columns[side])]
        table.add_row(*cells, *_ratios(view, wide))
    joint = [Text(text, style="dim") for text in dict.fromkeys(filter(None, map(_joint, views)))]
    return Group(heading(exchange, title), table, *([notes] if notes.row_count else []), *joint)


def _leg_columns(side: Side, views: Sequence[Round]) -> dict[str, str]:
    """The figures of a side that tell more than all freed do, in some round."""
    told = {
        name: f">{head}"
        for name, head in _LEG.items()
        if name == "released"
        or any(figure(view, side, name) not in (None, figure(view, side, "released")) for view in views)
    }
    if not told.keys() & {"deal", "nationals"}:
        told["released"] = f">{side.capitalize()}"
    return told


def _leg(view: Round, side: Side) -> str:
    """When the living of a side came, else when the dead did."""
    times = view.legs.get(side) or view.legs.get(REMAINS_LEGS[side])
    if times is None:
        return "-"
    first, last = moment(times.first), moment(times.last)
    return first if first == last else f"{first} .. {last}"


# -- what a round's row cannot say ----------------------------------------------------------------

_SHOWN = {"unsaid", "held", "released", "deal", "nationals", "others", "outside", "remains.returned", "remains.held"}
_ONE = re.compile(r"^((?:due: )?1 (?:captive|prisoner))s\b")
"""How a note begins that is about one person."""


def _notes(view: Round) -> Iterator[str]:
    for side in SIDES:
        for name in ROWS:
            value = None if name in _SHOWN else figure(view, side, name)
            if value is not None and value.high != 0:
                yield f"{_many(value)} {figure_name(f'{side}.{name}')}"
    unsaid = [(side, figure(view, side, "unsaid")) for side in SIDES]
    if several := [f"{_many(value)} {side}" for side, value in unsaid if value is not None and value.high != 0]:
        yield f"of {' and '.join(several)} nobody says whether the deal counts them"
    for leg in view.incomplete:
        yield f"its {LEGS[leg].people} {'had not all come by then' if leg in view.legs else 'are not recorded'}"
    if view.settled_by:
        yield f"its {_missing(view)} came with another round"
    if set(view.settles) - {view.round}:
        yield f"it settles {_listed(view.settles)}"
    yield from _dues(view)
    for check in view.exceeding:
        if check.whole is not None:
            yield f"parts of {check.occurrence} by {check.by} exceed it: {estimate(check.parts)}"
    yield from _days(view)


def _many(value: Estimate) -> str:
    text = estimate(value)
    return "an unknown number of" if text == "unknown" else text


def _missing(view: Round) -> str:
    """The legs that a round has not itself."""
    return " and ".join(side for side in SIDES if side not in view.legs) or "rest"


def _listed(rounds: Sequence[int]) -> str:
    return f"{'round' if len(rounds) == 1 else 'rounds'} {listed(map(str, rounds))}"


def _dues(view: Round) -> Iterator[str]:
    for side in SIDES:
        promised, came, rest = (getattr(due, side) for due in (view.promised, view.delivered, view.outstanding))
        is_settled = rest is not None and rest.high == 0
        if promised is not None and promised != came and not (view.settled_by and is_settled):
            yield f"due: {estimate(promised)} {side}" + ("" if is_settled else f", {estimate(rest)} outstanding")


def _days(view: Round) -> Iterator[str]:
    """`8 + 1 captives held 244 days`: the groups of one side that were held as long."""
    held: dict[tuple[Side, str], list[str]] = {}
    for each in view.days_held:
        held.setdefault((each.side, estimate(each.days)), []).append(estimate(each.count))
    for (side, days), counts in held.items():
        yield f"{' + '.join(counts)} {side} held {days} days"


def _joint(view: Round) -> str:
    """`rounds 7 and 8 together: 643/6 = 107.167; with remains 643/14 = 45.929`."""
    joint = view.joint
    if joint is None:
        return ""
    remains = "" if joint.all is None else f"; with remains {ratio(joint.all)}"
    return f"  {_listed(joint.rounds)} together: {ratio(joint.living)}{remains}"
