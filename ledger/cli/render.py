"""Views as people read them in a terminal; `ledger.cli.sides` has tallies and rounds."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from ledger.book.figure_names import figure_name, kind_name
from ledger.book.number_text import counted, estimate, moment, ratio
from ledger.book.sentences import capital
from ledger.log.ids import ID_LENGTH_MIN
from ledger.rehearsal import FigureShift
from schemas.values import UUID_PATTERN, Source
from schemas.views import (
    Due,
    Estimate,
    Explanation,
    LikelyDouble,
    Pause,
    PledgeView,
    PositionView,
    StatedTotal,
    TermsView,
)

if TYPE_CHECKING:  # it imports Kafka's client, which may not be installed
    from ledger.log.kafka.registry import SubjectState
    from ledger.log.kafka.topics import TopicState

V = TypeVar("V")
WORD_MAX, ROOMY = 18, 125


# -- terms, positions, pauses, statements ----------------------------------------------------------


def terms(views: Sequence[TermsView]) -> RenderableType:
    """Each set of terms; what was delivered of it, where it stands for itself."""
    alone = ["Delivered", ">Ratio"] if any(view.delivered for view in views) else []
    table = plain_table("Terms", "Status", "Since", "Pledges", ">Implied ratio", "How sure", *alone)
    for view in views:
        pledges = [*map(_pledge, view.pledges), *(category.replace("_", " ") for category in view.categories)]
        cells = [
            view.terms,
            f"{view.status}, separate" if view.separate else view.status,
            moment(view.at),
            ", ".join(pledges),
            ratio(view.implied_ratio),
            view.confidence,
        ]
        if alone:
            cells += [_due(view.delivered), "-" if view.ratio is None else ratio(view.ratio)]
        table.add_row(*cells)
    return table


def _pledge(pledge: PledgeView) -> str:
    """`prisoners 50 per captive (soldiers)`, `USD 1,000,000 per captive`."""
    said = f"{pledge.currency or pledge.item.replace('_', ' ')} {estimate(pledge.count)}"
    if pledge.per != "deal":
        said += f" per {pledge.per.replace('_', ' ')}"
    return said if pledge.category == "unknown" else f"{said} ({pledge.category.replace('_', ' ')})"


def _due(due: Due | None) -> str:
    sides = {} if due is None else {"captives": due.captives, "prisoners": due.prisoners}
    return ", ".join(f"{side} {estimate(value)}" for side, value in sides.items() if value is not None) or "-"


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


_UUID = re.compile(rf"\b{UUID_PATTERN}\b")
_EVIDENT = frozenset({"the same number", "another number"})


def ids_in(views: Iterable[StatedTotal]) -> list[str]:
    """The ids of events that the rules of stated totals name."""
    return [found for view in views for found in _UUID.findall(view.rule)]


def stated(views: Iterable[StatedTotal], id_length: int = ID_LENGTH_MIN) -> RenderableType:
    table = plain_table("Stated by", "Figure", "As of", ">Stated", ">Computed", ">Difference", "Verdict")
    for view in views:
        table.add_row(
            view.publisher,
            (view.label or view.figure) + (f", by {view.party}" if view.party else ""),
            view.as_of,
            estimate(view.stated),
            estimate(view.computed),
            "-" if view.difference is None else f"{view.difference:+,}".replace("+0", "0"),
            _verdict(view, id_length),
        )
    return table


def _verdict(view: StatedTotal, id_length: int) -> str:
    """How a total compares, and the rule where it is not evident, with ids as short as they can be asked for."""
    rule = _UUID.sub(lambda found: found[0][:id_length], view.rule)
    return view.verdict if rule in _EVIDENT else f"{view.verdict}: {rule}"


def doubles(views: Iterable[LikelyDouble]) -> RenderableType:
    """Pairs that may be one thing: what both say, and who says it under which name."""
    table = plain_table("Exchange", "Round", "Day", ">Count", "What", "By", "Occurrence", "And by", "Occurrence")
    for view in views:
        exchange = ", ".join(dict.fromkeys(view.exchanges))
        round = "-" if view.round is None else str(view.round)
        told = [text for pair in zip(view.publishers, view.occurrences, strict=True) for text in pair]
        table.add_row(exchange, round, view.day, estimate(view.count), kind_name(view.type), *told)
    return table


def figures_moved(moved: Sequence[FigureShift]) -> RenderableType:
    """What publishing would change, a table for each exchange. Of figures by category and the like only the number."""
    tables: list[RenderableType] = []
    for exchange, its in groupby(moved, key=lambda each: each.exchange):
        table = plain_table("!Figure that would move", ">Now", ">Then", "What it counts")
        parts = 0
        for each in its:
            if ".by." in each.figure:
                parts += 1
            else:
                table.add_row(each.figure, estimate(each.before), estimate(each.after), figure_name(each.figure))
        tables += [Text(f"\n{exchange}", style="bold"), table]
        if parts:
            tables.append(Text(f"and {parts:,} by category, nationality and the like: --json lists them", style="dim"))
    return Group(*tables)


# -- explanations ---------------------------------------------------------------------------------


def figures(found: Mapping[str, Estimate | None]) -> RenderableType:
    """The figures that can be asked for: those recorded with value and words, the others by name."""
    table = plain_table("!Figure", ">Value", "What it counts")
    for name, value in found.items():
        if value is not None:
            table.add_row(name, estimate(value), figure_name(name))
    others = ", ".join(name for name, value in found.items() if value is None)
    return Group(table, Text(f"Not recorded: {others}", style="dim")) if others else table


_USED = ("Occurrence", ">Count", "Held", "Source", "As stated", "Why this claim", "#Event")
_LEFT_OUT = ("Left out", ">Count", "Source", "As stated", "Why not", "#Event")


def ids_of(view: Explanation) -> list[str]:
    """The events that the tables of an explanation name."""
    left_out = [*(out for each in view.contributions for out in each.left_out), *view.left_out]
    return [*(each.event for each in view.contributions), *(each.event for each in left_out)]


def explanations(views: Sequence[Explanation], id_length: int = ID_LENGTH_MIN) -> RenderableType:
    return Group(*(explanation(view, id_length) for view in views))


def explanation(view: Explanation, id_length: int = ID_LENGTH_MIN) -> RenderableType:
    """A figure, then each claim in it with its source, then each that is left out with the reason."""
    parts: list[RenderableType] = [heading(f"{view.exchange}  {view.figure} = {_explained(view)}", None)]
    parts += [Text(note) for note in (_words(view.figure), *view.notes)]
    used = [
        (
            each.occurrence,
            f"{'-' if each.sign < 0 else ''}{counted(each.count, each.hedge)}",
            "" if each.days_held is None else f"{estimate(each.days_held)} days",
            source(each.source),
            each.as_stated or "",
            each.rule,
            each.event,
        )
        for each in view.contributions
    ]
    if used:
        parts.append(_filled(_USED, used, id_length))
    left_out = [
        (out.occurrence, counted(out.count, out.hedge), source(out.source), out.as_stated or "", out.why, out.event)
        for out in (*(out for each in view.contributions for out in each.left_out), *view.left_out)
    ]
    if left_out:
        parts += [Text(), _filled(_LEFT_OUT, left_out, id_length)]
    return Group(*parts)


def _filled(columns: Sequence[str], rows: Sequence[Sequence[str]], id_length: int) -> Table:
    """A table without the columns in which nothing stands."""
    kept = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    table = plain_table(*(columns[place] for place in kept), id_length=id_length)
    for row in rows:
        table.add_row(*(row[place] or "-" for place in kept))
    return table


def _explained(view: Explanation) -> str:
    """The value of a figure. Where claims stand behind it and it has none, they contradict each other."""
    return estimate(view.value) if view.value is not None else "not known" if view.contributions else "not recorded"


def _words(figure: str) -> str:
    """`rounds.5.prisoners.released` as `Round 5: prisoners freed`."""
    in_round = re.fullmatch(r"rounds\.(\d+)\.(.+)", figure)
    words = figure_name(in_round[2] if in_round else figure)
    return f"Round {in_round[1]}: {words}" if in_round else capital(words)


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


def subjects(states: "Iterable[SubjectState]") -> RenderableType:
    """The schemas of a ledger in a registry."""
    table = plain_table("!Subject", ">Version", ">Id", "State")
    for state in states:
        numbers = ("-" if number is None else str(number) for number in (state.version, state.id))
        table.add_row(state.subject, *numbers, ": ".join(filter(None, (state.state, state.why))))
    return table


# -- parts ----------------------------------------------------------------------------------------


class _Table(Table):
    """A table whose cells are plain text, so that what sources wrote is never read as markup.

    Where there is little room, ids are cut to their first digits, by which they can be asked for, and nothing else is:
    cells break at spaces, and only at last within words.
    """

    id_length = ID_LENGTH_MIN

    def add_row(self, *cells: str, **options: Any) -> None:  # type: ignore[override]
        super().add_row(*map(Text, cells), **options)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width < ROOMY:
            self.padding = (0, 1, 0, 0)
        self._fit(options.max_width - self.padding[1] * (len(self.columns) - 1), options.max_width < ROOMY)
        yield from super().__rich_console__(console, options)

    def _fit(self, room: int, cuts_ids: bool) -> None:
        cells = [max((len(str(cell)) for cell in column.cells), default=0) for column in self.columns]
        natural = [max(len(str(column.header)), most) for column, most in zip(self.columns, cells, strict=True)]
        if sum(natural) <= room:
            return
        for place, column in enumerate(self.columns):
            if column.overflow == "crop" and cuts_ids:
                cells[place] = natural[place] = min(natural[place], self.id_length)
        for column, width in zip(self.columns, self._widths(room, cells, natural), strict=True):
            column.width = width

    def _widths(self, room: int, cells: Sequence[int], natural: Sequence[int]) -> list[int]:
        """How wide each column is, so that as little as possible is folded."""
        named = next((place for place, column in enumerate(self.columns) if column.justify != "right"), 0)
        longest = [_longest_word(str(column.header), *column.cells) for column in self.columns]
        widths = [
            most if column.no_wrap else min(room // 2 if place == named else WORD_MAX, longest[place])
            for place, (column, most) in enumerate(zip(self.columns, natural, strict=True))
        ]
        floors = [
            min(widths[place], _unbroken(column.cells, is_first=place <= named))
            for place, column in enumerate(self.columns)
        ]
        while sum(widths) > room:
            spare = [width - floor for width, floor in zip(widths, floors, strict=True)]
            pool = widths if not any(spare) else [w if s else 0 for w, s in zip(widths, spare, strict=True)]
            widths[pool.index(max(pool))] -= 1
        for place in sorted(range(len(cells)), key=cells.__getitem__):  # short cells are not broken, headers may be
            lacking = max(0, cells[place] - widths[place])
            if cells[place] <= WORD_MAX and sum(widths) + lacking <= room:
                widths[place] += lacking
        while sum(widths) < min(room, sum(natural)):  # what is left goes to the column of the most lines
            lines = [most / max(1, width) for most, width in zip(natural, widths, strict=True)]
            widths[lines.index(max(lines))] += 1
        return widths


def _unbroken(cells: Iterable[object], *, is_first: bool) -> int:
    """How wide a column has to be so that no date in it is broken, nor a name by which its rows are known."""
    words = [word for cell in cells for word in str(cell).split()]
    return max((len(word) for word in words if is_first or re.match(r"\d{4}-\d\d-\d\d", word)), default=1)


def _longest_word(*cells: object) -> int:
    return max(len(word) for cell in cells for word in str(cell).split() or [""])


def plain_table(*columns: str, header: bool = True, id_length: int = ID_LENGTH_MIN) -> Table:
    """A plain table. A column that starts with `>` holds numbers, with `!` what is never folded, with `#` ids, of which
    `id_length` characters are enough where there is little room.
    """
    table = _Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False, show_header=header)
    table.id_length = id_length
    for column in columns:
        mark, name = (column[0], column[1:]) if column.startswith((">", "!", "#")) else ("", column)
        table.add_column(
            name,
            justify="right" if mark == ">" else "left",
            overflow="crop" if mark == "#" else "fold",
            no_wrap=mark in ("!", "#"),
        )
    return table


def titled(name: str, draw: Callable[[Sequence[V]], RenderableType], views: Sequence[V]) -> RenderableType:
    """Views under the name of their exchange."""
    return Group(heading(name, None), draw(views))


def heading(name: str, title: str | None) -> Text:
    return Text.assemble((name, "bold"), f"  {title}" if title else "")
