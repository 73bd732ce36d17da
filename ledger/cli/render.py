"""Views as people read them in a terminal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from schemas.values import Moment, Source
from schemas.views import (
    Dimensions,
    Estimate,
    Explanation,
    Pause,
    PositionView,
    Promise,
    Ratio,
    Round,
    StatedTotal,
    Tally,
    TermsView,
)
from schemas.vocabulary import Leg

if TYPE_CHECKING:  # it imports Kafka's client, which may not be installed
    from ledger.log.kafka.topics import TopicState

V = TypeVar("V")
WORD_MAX, ROOMY = 16, 125
_RATIOS = (">Deal ratio", ">To own", ">To all")


def estimate(value: Estimate | None) -> str:
    """`105`, `about 900`, `1,778 (1,735-1,778)`, `at least 131`, `unknown`."""
    if value is None:
        return "-"
    if value.best is not None:
        best = f"{value.best:,}" if value.exact else f"about {value.best:,}"
        if value.best == value.low == value.high:
            return best
        return f"{best} ({value.low:,}-{'?' if value.high is None else f'{value.high:,}'})"
    if value.high is None:
        return f"at least {value.low:,}" if value.low else "unknown"
    return f"{value.low:,}-{value.high:,}" if value.low else f"at most {value.high:,}"


def ratio(value: Ratio, wide: bool = True) -> str:
    """`240/81 = 2.963` (`2.963` where there is little room), `about 53.8`, or a dash where it is undefined."""
    if value.value is not None:
        decimal = f"{value.value:.3f}".removesuffix(".000")
        if value.fraction is None:
            return f"about {decimal}"
        return f"{value.fraction} = {decimal}" if wide else decimal
    if value.low is None and value.high is None:
        return "-"
    if value.low is None:
        return f"at most {_decimal(value.high)}"
    return f"{_decimal(value.low)} to {_decimal(value.high)}"


def _decimal(value: float | None) -> str:
    return "?" if value is None else f"{value:.1f}"


def moment(value: Moment | None) -> str:
    """`2023-11-24 07:00+02:00`, `2023-11-28`, `before 2023-10-06`."""
    if value is None:
        return "-"
    at = value.at.replace("T", " ")
    if value.precision in ("before", "after"):
        return f"{value.precision} {at}"
    return f"{at} to {value.until}" if value.until else at


# -- tallies --------------------------------------------------------------------------------------


def tallies(views: Sequence[Tally], processes: Sequence[Tally], wide: bool) -> RenderableType:
    """All exchanges side by side, and the sums of their processes."""
    others = (">Others",) if wide else ()
    table = plain_table("Exchange", ">Captives", ">Own", *others, ">Prisoners", ">Remains", *_RATIOS)
    for view in views:
        table.add_row(*_tally_cells(view, wide))
    if processes:
        table.add_section()
    for view in processes:
        table.add_row(*_tally_cells(view, wide), style="bold")
    return table


def _tally_cells(view: Tally, wide: bool) -> list[str]:
    captives, name = view.captives, view.exchange
    moved = (captives.released, captives.taken, view.prisoners.released, view.remains.back)
    if all(each is None or each.high == 0 for each in moved) and len(view.exchanges) == 1:
        return [name, *("-" for _ in range(8 if wide else 7))]
    return [
        view.exchange if len(view.exchanges) == 1 else f"{view.exchange}, all {len(view.exchanges)}",
        estimate(captives.released),
        estimate(captives.nationals),
        *((estimate(captives.foreigners),) if wide else ()),
        estimate(view.prisoners.released),
        estimate(view.remains.back),
        *(("-", "-", "-") if len(view.exchanges) > 1 else (ratio(each, wide) for each in _scopes(view))),
    ]


def _scopes(view: Tally | Round) -> tuple[Ratio, Ratio, Ratio]:
    return view.ratios.deal, view.ratios.nationals, view.ratios.all


def tally(view: Tally) -> RenderableType:
    """One exchange, or one process, in full."""
    captives, prisoners, remains = view.captives, view.prisoners, view.remains
    facts = _Table(box=None, padding=(0, 3), show_header=False, pad_edge=False)
    facts.add_column(style="dim")
    facts.add_column(justify="left")
    rows = [
        ("captives taken", estimate(captives.taken) if captives.held is not None else "-"),
        ("captives held, alive or dead", estimate(captives.held)),
        ("captives freed", estimate(captives.released)),
        ("  of the deal's own nationality", estimate(captives.nationals)),
        ("  of others", estimate(captives.foreigners)),
        ("  counted in the deal", estimate(captives.deal)),
        ("captives rescued", estimate(captives.rescued)),
        ("captives escaped", estimate(captives.escaped)),
        ("captives died", estimate(captives.died)),
        ("prisoners freed", estimate(prisoners.released)),
        ("remains returned", estimate(remains.returned)),
        ("remains recovered", estimate(remains.recovered)),
        ("remains held", estimate(remains.held)),
        ("remains given to the other side", estimate(remains.given)),
        ("remains rejected", estimate(remains.rejected)),
        ("ratio in the deal", ratio(view.ratios.deal)),
        ("ratio to own nationals", ratio(view.ratios.nationals)),
        ("ratio to all freed", ratio(view.ratios.all)),
        ("ratio of remains", ratio(view.ratios.remains)),
        ("hours of calm", "-" if view.pause_hours is None else f"{view.pause_hours:g}"),
        *((f"aid: {_aid(name)}", estimate(value)) for name, value in view.aid.items()),
        *((f"funds: {name}", estimate(value)) for name, value in view.funds.items()),
        ("disputes open", str(view.disputes_open)),
        ("figures on which sources differ", str(view.contested)),
        *((f"not understood: {name}", str(count)) for name, count in view.unknown.items()),
    ]
    for label, text in rows:
        if text not in ("-", "0"):
            facts.add_row(label, text)
    parts: list[RenderableType] = [_heading(view.exchange, view.title), facts]
    parts += _dimensions("Captives freed", captives.by, captives.of_which)
    parts += _dimensions("Prisoners freed", prisoners.by, prisoners.of_which)
    parts += _promises(view.promises)
    return Group(*parts)


def _aid(name: str) -> str:
    item, _, stage = name.partition(".")
    return f"{item}, {stage.replace('unknown', 'stage not stated')}" if stage else item


def _dimensions(title: str, by: Dimensions, of_which: Dimensions) -> list[RenderableType]:
    """Each dimension that says anything, from the legs themselves and from the breakdowns of them."""
    table = plain_table(title, "From the legs themselves", "From breakdowns, never added")
    for name in Dimensions.model_fields:
        legs, parts = getattr(by, name), getattr(of_which, name)
        if parts or set(legs) - {"unknown"}:
            table.add_row(f"by {name}", _terms(legs), _terms(parts))
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


def rounds(exchange: str, title: str | None, wide: bool, views: Sequence[Round]) -> RenderableType:
    """The rounds of one exchange, both legs and the three ratios."""
    table = plain_table(">Round", "Captives out", ">Deal", ">Own", ">All", "Prisoners out", ">Prisoners", *_RATIOS)
    remains = any(view.remains.captives.high != 0 for view in views)
    if remains:
        table.add_column("Remains", justify="right", no_wrap=True)
    notes: list[str] = []
    for view in views:
        marks, captives = _notes(view, notes), view.captives
        cells = [
            f"{view.round}{marks}",
            _leg(view, "captives"),
            *(_in_leg(view, "captives", each) for each in (captives.deal, captives.nationals, captives.all)),
            _leg(view, "prisoners"),
            _in_leg(view, "prisoners", view.prisoners),
            *(ratio(each, wide) for each in _scopes(view)),
        ]
        table.add_row(*cells, *([estimate(view.remains.captives)] if remains else []))
    return Group(_heading(exchange, title), table, *(Text(note, style="dim") for note in notes))


def _in_leg(view: Round, leg: Leg, value: Estimate | None) -> str:
    """A figure of a leg, or a dash where the leg was not recorded at all."""
    return estimate(value) if leg in view.legs or (value is not None and value.high != 0) else "-"


def _leg(view: Round, leg: Leg) -> str:
    times = view.legs.get(leg)
    if times is None:
        return "-"
    first, last = moment(times.first), moment(times.last)
    return first if first == last else f"{first} .. {last}"


def _notes(view: Round, notes: list[str]) -> str:
    """What a round's row cannot say, collected as footnotes. Returns the marks to put beside its number."""
    said = []
    if view.captives.credited_in.high != 0:
        said.append(f"{estimate(view.captives.credited_in)} freed in another round count in this one")
    if view.captives.credited_out.high != 0:
        said.append(f"{estimate(view.captives.credited_out)} freed in this round count in another")
    if view.settled_by:
        said.append("its prisoners came with a later round")
    if len(view.settles) > 1:
        said.append(f"its prisoners settle rounds {' and '.join(map(str, view.settles))}")
    promised, delivered = view.promised, view.delivered
    if promised.captives is not None and promised.captives != delivered.captives:
        said.append(f"{estimate(promised.captives)} captives were planned")
    if promised.prisoners is not None and promised.prisoners != delivered.prisoners and not view.settled_by:
        said.append(f"{estimate(promised.prisoners)} prisoners were promised")
    said += [
        f"parts of {check.occurrence} by {check.by} exceed it: {estimate(check.parts)}"
        for check in view.parts
        if not check.agrees and check.whole is not None
    ]
    if not said:
        return ""
    notes.append(f"  * round {view.round}: {'; '.join(said)}")
    return "*"


# -- terms, positions, pauses, statements ----------------------------------------------------------


def terms(views: Iterable[TermsView]) -> RenderableType:
    table = plain_table("Terms", "Status", "Since", "Pledges", ">Implied ratio", "How sure")
    for view in views:
        pledges = [
            f"{pledge.item.replace('_', ' ')} {estimate(pledge.count)}"
            + ("" if pledge.per == "deal" else f" per {pledge.per.replace('_', ' ')}")
            for pledge in view.pledges
        ]
        pledges += [category.replace("_", " ") for category in view.categories]
        table.add_row(
            view.terms, view.status, moment(view.at), ", ".join(pledges), ratio(view.implied_ratio), view.confidence
        )
    return table


def positions(views: Iterable[PositionView]) -> RenderableType:
    table = plain_table("Party", "Topic", "Position", "Since", "Until", "Latest", "According to")
    for view in views:
        said = [view.formula and view.formula.replace("_", " "), view.commitment, view.position, *view.conditions]
        text = "; ".join(part for part in said if part)
        table.add_row(
            view.party,
            view.topic.replace("_", " "),
            text,
            moment(view.since),
            moment(view.until),
            "yes" if view.latest else "no",
            view.publisher,
        )
    return table


def pauses(views: Iterable[Pause]) -> RenderableType:
    table = plain_table(
        "Pause", "Started", ">Planned", "Extended", "Due to end", "Ended", ">Hours of calm", ">Violations"
    )
    for view in views:
        times = {1: "once", 2: "twice"}.get(len(view.extensions), f"{len(view.extensions)} times")
        extended = f"{times} by {view.extended_hours} h in all" if view.extensions else "-"
        table.add_row(
            view.pause,
            moment(view.started),
            "-" if view.planned_hours is None else f"{view.planned_hours} h",
            extended,
            moment(view.ends),
            moment(view.ended),
            "-" if view.calm_hours is None else f"{view.calm_hours:g}",
            str(view.violations),
        )
    return table


def stated(views: Iterable[StatedTotal]) -> RenderableType:
    table = plain_table("Stated by", "Figure", "As of", ">Stated", ">Computed", ">Difference", "")
    for view in views:
        is_hedged = not (view.stated.exact and view.computed is not None and view.computed.exact)
        agrees = "consistent" if is_hedged else "agrees"
        verdict = {True: agrees, False: "differs", None: "cannot be computed"}[view.agrees]
        table.add_row(
            view.publisher,
            view.label or view.figure,
            view.as_of,
            estimate(view.stated),
            estimate(view.computed),
            "-" if view.difference is None else f"{view.difference:+,}".replace("+0", "0"),
            verdict,
        )
    return table


# -- explanations ---------------------------------------------------------------------------------


def figures(found: Mapping[str, Estimate]) -> RenderableType:
    """The figures that can be asked for, with their values."""
    table = plain_table("Figure", ">Value")
    for name, value in found.items():
        table.add_row(name, estimate(value))
    return table


def explanations(views: Sequence[Explanation]) -> RenderableType:
    return Group(*map(explanation, views))


def explanation(view: Explanation) -> RenderableType:
    """A figure, then each claim in it with its source, then each that is left out with the reason."""
    used = plain_table("Occurrence", ">Count", "Source", "As stated", "Why this claim", "!Event")
    for each in view.contributions:
        count = f"{'-' if each.sign < 0 else ''}{estimate(each.count)}"
        used.add_row(each.occurrence, count, source(each.source), each.as_stated or "-", each.rule, each.event)
    parts: list[RenderableType] = [_heading(f"{view.exchange}  {view.figure} = {estimate(view.value)}", None), used]
    left_out = [*(out for each in view.contributions for out in each.left_out), *view.left_out]
    if left_out:
        table = plain_table("Left out", ">Count", "Source", "As stated", "Why not", "!Event")
        for out in left_out:
            table.add_row(
                out.occurrence, estimate(out.count), source(out.source), out.as_stated or "-", out.why, out.event
            )
        parts += [Text(), table]
    return Group(*parts)


def source(said: Source) -> str:
    """`EFE, 2023-12-01 (F2)`: who, when, and the Admiralty grade."""
    return f"{said.publisher}, {said.published or 'undated'} ({said.reliability}{said.credibility})"


_RELIABILITY = {
    "A": "is completely reliable",
    "B": "is usually reliable",
    "C": "is fairly reliable",
    "D": "is not usually reliable",
    "E": "is unreliable",
    "F": "cannot be judged",
}
_CREDIBILITY = ("confirmed", "probably true", "possibly true", "doubtful", "improbable", "cannot be judged")


def legend(view: Explanation) -> str:
    """What the first grade in an explanation means."""
    for each in view.contributions:
        letter, number = each.source.reliability, each.source.credibility
        reliable, credible = _RELIABILITY[letter], _CREDIBILITY[number - 1]
        return f"({letter}{number}): reliability {letter} {reliable}, credibility {number} {credible}"
    return ""


# -- topics ---------------------------------------------------------------------------------------


def topics(states: "Iterable[TopicState]") -> RenderableType:
    """The topics of a ledger on Kafka, each with what is wrong with it."""
    table = plain_table("!Topic", ">Partitions", ">Replicas", "What is wrong")
    for state in states:
        table.add_row(state.name, str(state.partitions), str(state.replicas), "; ".join(state.problems) or "nothing")
    return table


# -- parts ----------------------------------------------------------------------------------------


class _Table(Table):
    """A table whose cells are plain text, so that what sources wrote is never read as markup.

    Where there is little room nothing is cut off: cells break at spaces, and only at last within words.
    """

    def add_row(self, *cells: str, **options: Any) -> None:  # type: ignore[override]
        super().add_row(*map(Text, cells), **options)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width < ROOMY:
            self.padding = (0, 1, 0, 0)
        self._fit(options.max_width - sum(self.padding[1::2]) * len(self.columns))
        yield from super().__rich_console__(console, options)

    def _fit(self, room: int) -> None:
        texts = [[str(column.header), *map(str, column.cells)] for column in self.columns]
        natural = [max(map(len, cells)) for cells in texts]
        if sum(natural) <= room:
            return
        widths = [min(WORD_MAX, max(len(word) for cell in cells for word in cell.split() or [""])) for cells in texts]
        while sum(widths) > room:
            widths[widths.index(max(widths))] -= 1
        while sum(widths) < room:  # what is left goes to the column that lacks most
            lacking = [most - width for most, width in zip(natural, widths, strict=True)]
            widths[lacking.index(max(lacking))] += 1
        for column, width in zip(self.columns, widths, strict=True):
            column.width = width


def plain_table(*columns: str) -> Table:
    """A plain table; a column that starts with `>` holds numbers, one that starts with `!` is never folded."""
    table = _Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for column in columns:
        if column.startswith(">"):
            table.add_column(column[1:], justify="right", overflow="fold")
        else:
            table.add_column(column.removeprefix("!"), overflow="fold", no_wrap=column.startswith("!"))
    return table


def titled(name: str, draw: Callable[[Sequence[V]], RenderableType], views: Sequence[V]) -> RenderableType:
    """Views under the name of their exchange."""
    return Group(_heading(name, None), draw(views))


def _heading(name: str, title: str | None) -> Text:
    return Text.assemble((name, "bold"), f"  {title}" if title else "")
