"""The figures that the ledger computed, one row each: of exchanges, processes and rounds, and beside stated totals."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias, get_args

from pydantic import BaseModel

from ledger.book.stocks import stock_postings
from ledger.tables.column import Cell, DataTable, Link, TableColumn
from ledger.tables.subject import TableSubject
from schemas.values import is_day
from schemas.views import Estimate, Ratio, Round, StatedTotal, Tally, Verdict
from schemas.vocabulary import FigureName, Side

Value: TypeAlias = Estimate | Ratio | int | float | None


class FigureValue(NamedTuple):
    """A figure by its path in its view, such as `captives.deal`, and its value; None is not recorded, or not known."""

    exchange: str
    round: int | None
    figure: str
    value: Value

    def number(self, name: str) -> int | float | None:
        """`best`, `low` or `high`: of a plain number they are one."""
        value = self.value
        if value is None or isinstance(value, int | float):
            return value
        if isinstance(value, Ratio) and name == "best":
            return value.value
        found: int | float | None = getattr(value, name)
        return found

    def said(self, name: str) -> Cell:
        """What only an estimate says of itself, or only a ratio."""
        found: Cell = getattr(self.value, name, None) if isinstance(self.value, Estimate | Ratio) else None
        return found


_SHOWN = ("captives", "prisoners", "ratios", "joint", "promised_ratio", "promised", "delivered", "outstanding")
"""The members of a round that are figures."""


def tally_rows(view: Tally) -> Iterator[FigureValue]:
    """Every figure of a tally, its breakdowns as well."""
    return (FigureValue(view.exchange, None, path, value) for path, value in _figures(view))


def _round_rows(view: Round) -> Iterator[FigureValue]:
    found = _figures(view, only=_SHOWN)
    return (FigureValue(view.exchange, view.round, path, value) for path, value in found)


def _figures(node: BaseModel, path: str = "", only: Sequence[str] | None = None) -> Iterator[tuple[str, Value]]:
    for name, field in type(node).model_fields.items():
        if only is not None and name not in only:
            continue
        here, value = f"{path}{name}", getattr(node, name)
        if set(_kinds(field.annotation)) <= {Estimate, Ratio, int, float}:
            yield here, value
        elif isinstance(value, BaseModel):
            yield from _figures(value, f"{here}.")
        elif isinstance(value, dict):
            yield from ((f"{here}.{term}", each) for term, each in value.items())
        elif isinstance(value, list):
            for each in value:
                if isinstance(each, BaseModel):
                    yield from _figures(each, f"{here}.{getattr(each, 'item', '')}.")


def _kinds(annotation: object) -> tuple[object, ...]:
    return tuple(each for each in get_args(annotation) if each is not type(None)) or (annotation,)


def _of_exchange(subject: TableSubject) -> Iterator[FigureValue]:
    return tally_rows(subject.books.tally(subject.name))


def _of_rounds(subject: TableSubject) -> Iterator[FigureValue]:
    for view in [] if subject.is_process else subject.books.rounds(subject.name):
        yield from _round_rows(view)


_FIGURE: Sequence[TableColumn[FigureValue]] = (
    TableColumn(
        "figure",
        "string",
        "Figure",
        "Its name, such as `captives.released` or `ratios.deal`: that of the `figure` column of claims, where it is a "
        "sum of those.",
        lambda row: row.figure,
        (),
        True,
    ),
    TableColumn(
        "best",
        "number",
        "Best",
        "The sum of the adopted claims; of a ratio, its decimal. Empty where one of them states no number, and where "
        "nothing is recorded: nobody said that it is 0.",
        lambda row: row.number("best"),
    ),
    TableColumn(
        "low", "number", "At least", "The least that it can be by all claims that stand.", lambda row: row.number("low")
    ),
    TableColumn(
        "high",
        "number",
        "At most",
        "The most that it can be by all claims that stand; empty where nothing bounds it.",
        lambda row: row.number("high"),
    ),
    TableColumn("hedged", "boolean", "Hedged", "Whether a source behind it hedges.", lambda row: row.said("hedged")),
    TableColumn(
        "exact",
        "boolean",
        "Exact",
        "Whether low, best and high are one, and nothing behind it is hedged. What is held is never exact.",
        lambda row: row.said("exact"),
    ),
    TableColumn(
        "fraction", "string", "Fraction", "Of a ratio: both numbers, unreduced.", lambda row: row.said("fraction")
    ),
    TableColumn(
        "numerator", "string", "Numerator", "Of a ratio: the figure that it divides.", lambda row: row.said("numerator")
    ),
    TableColumn(
        "denominator",
        "string",
        "Denominator",
        "Of a ratio: the figure by which it divides.",
        lambda row: row.said("denominator"),
    ),
)

TALLIES = DataTable(
    "tallies",
    "Tallies",
    "One row for each figure of an exchange, or of a process, the sum of its exchanges.",
    (
        TableColumn(
            "exchange", "string", "Exchange", "The exchange, or the process.", lambda row: row.exchange, (), True
        ),
        *_FIGURE,
    ),
    ("exchange", "figure"),
    _of_exchange,
    (Link(("exchange",), "exchanges", ("exchange",)),),
    ("exchange",),
)
_EXCHANGE: TableColumn[FigureValue | Round | StatedTotal] = TableColumn(
    "exchange", "string", "Exchange", "The exchange.", lambda row: row.exchange, (), True
)
ROUND_FIGURES = DataTable(
    "round_figures",
    "Figures of rounds",
    "One row for each figure of a round. What is held is of a whole exchange, and of no round.",
    (
        _EXCHANGE,
        TableColumn("round", "integer", "Round", "The round.", lambda row: row.round, (), True),
        *_FIGURE,
    ),
    ("exchange", "round", "figure"),
    _of_rounds,
    (Link(("exchange", "round"), "rounds", ("exchange", "round")),),
    ("exchange", "round"),
)


# -- rounds ----------------------------------------------------------------------------------------


def _rounds(subject: TableSubject) -> Sequence[Round]:
    return [] if subject.is_process else subject.books.rounds(subject.name)


def _leg_day(side: Side) -> TableColumn[Round]:
    def day(row: Round) -> Cell:
        times = row.legs.get(side)
        return times.first.at[:10] if times and is_day(times.first) else None

    whose = f"Day of the {side}"
    return TableColumn(
        f"{side}_on", "date", whose, f"The day on which the first {side} of it were let go, where that is known.", day
    )


ROUNDS = DataTable(
    "rounds",
    "Rounds",
    "One row for each round of an exchange: when its legs were, and what its ratios lack. Its figures are in "
    "round_figures.",
    (
        _EXCHANGE,
        TableColumn("round", "integer", "Round", "Its number, by the deal.", lambda row: row.round, (), True),
        _leg_day("captives"),
        _leg_day("prisoners"),
        TableColumn(
            "incomplete",
            "string",
            "Incomplete",
            "The legs that are not there or not over, separated by `; `: its ratios then divide a whole by a part.",
            lambda row: "; ".join(row.incomplete) or None,
        ),
        TableColumn(
            "settles",
            "string",
            "Settles",
            "The other rounds that its legs pay for, separated by `; `.",
            lambda row: "; ".join(map(str, row.settles)) or None,
        ),
        TableColumn(
            "settled_by",
            "string",
            "Settled by",
            "The events of the legs that pay for it, separated by `; `. Rounds that a leg joins have one ratio "
            "together.",
            lambda row: "; ".join(row.settled_by) or None,
        ),
        TableColumn(
            "claims_used",
            "integer",
            "Claims used",
            "How many claims filed under it enter its sums.",
            lambda row: row.claims.used,
            (),
            True,
        ),
        TableColumn(
            "claims_left_out",
            "integer",
            "Claims left out",
            "How many claims filed under it do not.",
            lambda row: row.claims.left_out,
            (),
            True,
        ),
    ),
    ("exchange", "round"),
    _rounds,
    (Link(("exchange",), "exchanges", ("exchange",)),),
    ("exchange",),
)


# -- stated totals ---------------------------------------------------------------------------------


def _stated(subject: TableSubject) -> Sequence[StatedTotal]:
    return [] if subject.is_process else subject.books.stated_totals(subject.name)


def _estimated(name: str, title: str, said: str) -> Iterator[TableColumn[StatedTotal]]:
    def part(end: str) -> Callable[[StatedTotal], Cell]:
        return lambda row: getattr(getattr(row, name), end, None)

    for end, words in (("best", ""), ("low", ", at least"), ("high", ", at most")):
        yield TableColumn(f"{name}_{end}", "integer", f"{title}{words}", said, part(end))
    hedged = "Whether a source behind it hedges."
    yield TableColumn(f"{name}_hedged", "boolean", f"{title}, hedged", hedged, part("hedged"))


STATED = DataTable(
    "stated",
    "Stated totals",
    "One row for each total that a source stated, beside the ledger's own figure as of the same point.",
    (
        _EXCHANGE,
        TableColumn("event", "string", "Event", "The claim that states it.", lambda row: row.event, (), True),
        TableColumn(
            "figure",
            "string",
            "Figure",
            "The figure of which it is a total.",
            lambda row: row.figure,
            get_args(FigureName),
            True,
        ),
        TableColumn("label", "string", "Label", "What the source calls it.", lambda row: row.label),
        TableColumn("party", "string", "Party", "The party whose people it counts.", lambda row: row.party),
        TableColumn(
            "as_of", "string", "As of", "As of when, or which round, it is compared.", lambda row: row.as_of, (), True
        ),
        *_estimated("stated", "Stated", "The total as the source states it; empty where it bounds nothing."),
        *_estimated("computed", "Computed", "The ledger's own figure; empty where nothing is recorded, or no number."),
        TableColumn(
            "difference",
            "integer",
            "Difference",
            "Stated less computed; empty where either has no number, or where the two are not compared.",
            lambda row: row.difference,
        ),
        TableColumn(
            "verdict", "string", "Verdict", "How they compare.", lambda row: row.verdict, get_args(Verdict), True
        ),
        TableColumn(
            "rule", "string", "Rule", "By which rule, or why they are not compared.", lambda row: row.rule, (), True
        ),
        TableColumn(
            "adopted",
            "boolean",
            "Adopted",
            "Whether the claim is the one of its occurrence.",
            lambda row: row.adopted,
            (),
            True,
        ),
        TableColumn("publisher", "string", "Publisher", "Who states it.", lambda row: row.publisher, (), True),
    ),
    ("exchange", "event"),
    _stated,
    (Link(("exchange",), "exchanges", ("exchange",)),),
    ("exchange", "figure", "verdict"),
)


# -- what no claim says ----------------------------------------------------------------------------


class AdjustmentRow(NamedTuple):
    """By how much the ends of a stock move on a day, beside what its claims add to it."""

    exchange: str
    figure: str
    day: str
    best: int
    low: int
    high: int


_ADJUSTED = {"died_away": ("held", -1), "died_held": ("remains.held", 1)}
"""The figures that deaths in freedom are taken out of, the stocks that rest on them, and with which sign."""


def _adjustments(subject: TableSubject) -> Iterator[AdjustmentRow]:
    found: dict[tuple[str, str], list[int]] = {}
    for end, posted, entry in [] if subject.is_process else stock_postings([subject.book]):
        side, _, name = posted.partition(".")
        if name in _ADJUSTED:
            stock, sign = _ADJUSTED[name]
            best, low, high = (entry,) * 3 if isinstance(entry, int) else entry[:3]
            ends = (best, low, high) if sign > 0 else (-best, -high, -low)
            sums = found.setdefault((f"{side}.{stock}", str(end.date())), [0, 0, 0])
            sums[:] = (known + each for known, each in zip(sums, ends, strict=True))
    for (figure, day), (best, low, high) in sorted(found.items()):
        yield AdjustmentRow(subject.name, figure, day, best, low, high)


_MOVES = "How far the {end} of the stock moves by it."

ADJUSTMENTS = DataTable(
    "adjustments",
    "Adjustments of stocks",
    "What the ledger infers, and no claim says: of deaths beyond those who were held, how many died in freedom. They "
    "left no stock when they died. Mostly there is none.",
    (
        TableColumn("exchange", "string", "Exchange", "The exchange.", lambda row: row.exchange, (), True),
        TableColumn(
            "figure",
            "string",
            "Figure",
            "The stock.",
            lambda row: row.figure,
            tuple(f"{side}.{stock}" for side in ("captives", "prisoners") for stock, _ in _ADJUSTED.values()),
            True,
        ),
        TableColumn(
            "day", "date", "Day", "The day by whose end those deaths were over.", lambda row: row.day, (), True
        ),
        TableColumn("best", "integer", "Best", _MOVES.format(end="best"), lambda row: row.best, (), True),
        TableColumn("low", "integer", "At least", _MOVES.format(end="low end"), lambda row: row.low, (), True),
        TableColumn("high", "integer", "At most", _MOVES.format(end="high end"), lambda row: row.high, (), True),
    ),
    ("exchange", "figure", "day"),
    _adjustments,
    (Link(("exchange",), "exchanges", ("exchange",)),),
)
