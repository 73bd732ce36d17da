"""The figures that the ledger computed, one row each: of exchanges, processes and rounds, and beside stated totals."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias, get_args

from pydantic import BaseModel

from ledger.book.stocks import stock_postings
from ledger.tables.column import Cell, Column, Link, Table
from ledger.tables.subject import Subject
from schemas.views import Estimate, Ratio, Round, StatedTotal, Tally, Verdict
from schemas.vocabulary import FigureName, Side

Value: TypeAlias = Estimate | Ratio | int | float | None


class FigureRow(NamedTuple):
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
        found: Cell = getattr(self.value, name, None)
        return found


_SHOWN = ("captives", "prisoners", "ratios", "joint", "promised_ratio", "promised", "delivered", "outstanding")
"""The members of a round that are figures."""


def tally_rows(view: Tally) -> Iterator[FigureRow]:
    """Every figure of a tally, its breakdowns as well."""
    return (FigureRow(view.exchange, None, path, value) for path, value in _figures(view))


def _round_rows(view: Round) -> Iterator[FigureRow]:
    found = _figures(view, only=_SHOWN)
    return (FigureRow(view.exchange, view.round, path, value) for path, value in found)


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


def _of_exchange(subject: Subject) -> Iterator[FigureRow]:
    return tally_rows(subject.books.tally(subject.name))


def _of_rounds(subject: Subject) -> Iterator[FigureRow]:
    for view in [] if subject.is_process else subject.books.rounds(subject.name):
        yield from _round_rows(view)


_FIGURE: Sequence[Column[FigureRow]] = (
    Column(
        "figure",
        "string",
        "Figure",
        "Its name, such as `captives.released` or `ratios.deal`: that of the `figure` column of claims, where it is a "
        "sum of those.",
        lambda row: row.figure,
        (),
        True,
    ),
    Column(
        "best",
        "number",
        "Best",
        "The sum of the adopted claims; of a ratio, its decimal. Empty where one of them states no number, and where "
        "nothing is recorded: nobody said that it is 0.",
        lambda row: row.number("best"),
    ),
    Column(
        "low", "number", "At least", "The least that it can be by all claims that stand.", lambda row: row.number("low")
    ),
    Column(
        "high",
        "number",
        "At most",
        "The most that it can be by all claims that stand; empty where nothing bounds it.",
        lambda row: row.number("high"),
    ),
    Column("hedged", "boolean", "Hedged", "Whether a source behind it hedges.", lambda row: row.said("hedged")),
    Column(
        "exact",
        "boolean",
        "Exact",
        "Whether low, best and high are one, and nothing behind it is hedged. What is held is never exact.",
        lambda row: row.said("exact"),
    ),
    Column("fraction", "string", "Fraction", "Of a ratio: both numbers, unreduced.", lambda row: row.said("fraction")),
    Column(
        "numerator", "string", "Numerator", "Of a ratio: the figure that it divides.", lambda row: row.said("numerator")
    ),
    Column(
        "denominator",
        "string",
        "Denominator",
        "Of a ratio: the figure by which it divides.",
        lambda row: row.said("denominator"),
    ),
)

TALLIES = Table(
    "tallies",
    "Tallies",
    "One row for each figure of an exchange, or of a process, the sum of its exchanges.",
    (
        Column("exchange", "string", "Exchange", "The exchange, or the process.", lambda row: row.exchange, (), True),
        *_FIGURE,
    ),
    ("exchange", "figure"),
    _of_exchange,
    (Link(("exchange",), "exchanges", ("exchange",)),),
    ("exchange",),
)
_EXCHANGE: Column[FigureRow | Round | StatedTotal] = Column(
    "exchange", "string", "Exchange", "The exchange.", lambda row: row.exchange, (), True
)
ROUND_FIGURES = Table(
    "round_figures",
    "Figures of rounds",
    "One row for each figure of a round. What is held is of a whole exchange, and of no round.",
    (
        _EXCHANGE,
        Column("round", "integer", "Round", "The round.", lambda row: row.round, (), True),
        *_FIGURE,
    ),
    ("exchange", "round", "figure"),
    _of_rounds,
    (Link(("exchange", "round"), "rounds", ("exchange", "round")),),
    ("exchange", "round"),
)


# -- rounds ----------------------------------------------------------------------------------------


def _rounds(subject: Subject) -> Sequence[Round]:
    return [] if subject.is_process else subject.books.rounds(subject.name)


def _leg_day(side: Side) -> Column[Round]:
    def day(row: Round) -> Cell:
        times = row.legs.get(side)
        return None if times is None else times.first.at[:10] if times.first.precision in _OF_A_DAY else None

    whose = f"Day of the {side}"
    return Column(
        f"{side}_on", "date", whose, f"The day on which the first {side} of it were let go, where that is known.", day
    )


_OF_A_DAY = ("day", "minute", "hour")

ROUNDS = Table(
    "rounds",
    "Rounds",
    "One row for each round of an exchange: when its legs were, and what its ratios lack. Its figures are in "
    "round_figures.",
    (
        _EXCHANGE,
        Column("round", "integer", "Round", "Its number, by the deal.", lambda row: row.round, (), True),
        _leg_day("captives"),
        _leg_day("prisoners"),
        Column(
            "incomplete",
            "string",
            "Incomplete",
            "The legs that are not there or not over, separated by `; `: its ratios then divide a whole by a part.",
            lambda row: "; ".join(row.incomplete) or None,
        ),
        Column(
            "settles",
            "string",
            "Settles",
            "The other rounds that its legs pay for, separated by `; `.",
            lambda row: "; ".join(map(str, row.settles)) or None,
        ),
        Column(
            "settled_by",
            "string",
            "Settled by",
            "The events of the legs that pay for it, separated by `; `. Rounds that a leg joins have one ratio "
            "together.",
            lambda row: "; ".join(row.settled_by) or None,
        ),
        Column(
            "claims_used",
            "integer",
            "Claims used",
            "How many claims filed under it enter its sums.",
            lambda row: row.claims.used,
            (),
            True,
        ),
        Column(
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


def _stated(subject: Subject) -> Sequence[StatedTotal]:
    return [] if subject.is_process else subject.books.stated_totals(subject.name)


def _estimated(name: str, title: str, said: str) -> Iterator[Column[StatedTotal]]:
    def part(end: str) -> Callable[[StatedTotal], Cell]:
        return lambda row: getattr(getattr(row, name), end, None)

    for end, words in (("best", ""), ("low", ", at least"), ("high", ", at most")):
        yield Column(f"{name}_{end}", "integer", f"{title}{words}", said, part(end))
    hedged = "Whether a source behind it hedges."
    yield Column(f"{name}_hedged", "boolean", f"{title}, hedged", hedged, part("hedged"))


STATED = Table(
    "stated",
    "Stated totals",
    "One row for each total that a source stated, beside the ledger's own figure as of the same point.",
    (
        _EXCHANGE,
        Column("event", "string", "Event", "The claim that states it.", lambda row: row.event, (), True),
        Column(
            "figure",
            "string",
            "Figure",
            "The figure of which it is a total.",
            lambda row: row.figure,
            get_args(FigureName),
            True,
        ),
        Column("label", "string", "Label", "What the source calls it.", lambda row: row.label),
        Column("party", "string", "Party", "The party whose people it counts.", lambda row: row.party),
        Column(
            "as_of", "string", "As of", "As of when, or which round, it is compared.", lambda row: row.as_of, (), True
        ),
        *_estimated("stated", "Stated", "The total as the source states it; empty where it bounds nothing."),
        *_estimated("computed", "Computed", "The ledger's own figure; empty where nothing is recorded, or no number."),
        Column(
            "difference",
            "integer",
            "Difference",
            "Stated less computed; empty where either has no number, or where the two are not compared.",
            lambda row: row.difference,
        ),
        Column("verdict", "string", "Verdict", "How they compare.", lambda row: row.verdict, get_args(Verdict), True),
        Column(
            "rule", "string", "Rule", "By which rule, or why they are not compared.", lambda row: row.rule, (), True
        ),
        Column(
            "adopted",
            "boolean",
            "Adopted",
            "Whether the claim is the one of its occurrence.",
            lambda row: row.adopted,
            (),
            True,
        ),
        Column("publisher", "string", "Publisher", "Who states it.", lambda row: row.publisher, (), True),
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


def _adjustments(subject: Subject) -> Iterator[AdjustmentRow]:
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

ADJUSTMENTS = Table(
    "adjustments",
    "Adjustments of stocks",
    "What the ledger infers, and no claim says: of deaths beyond those who were held, how many died in freedom. They "
    "left no stock when they died. Mostly there is none.",
    (
        Column("exchange", "string", "Exchange", "The exchange.", lambda row: row.exchange, (), True),
        Column(
            "figure",
            "string",
            "Figure",
            "The stock.",
            lambda row: row.figure,
            tuple(f"{side}.{stock}" for side in ("captives", "prisoners") for stock, _ in _ADJUSTED.values()),
            True,
        ),
        Column("day", "date", "Day", "The day by whose end those deaths were over.", lambda row: row.day, (), True),
        Column("best", "integer", "Best", _MOVES.format(end="best"), lambda row: row.best, (), True),
        Column("low", "integer", "At least", _MOVES.format(end="low end"), lambda row: row.low, (), True),
        Column("high", "integer", "At most", _MOVES.format(end="high end"), lambda row: row.high, (), True),
    ),
    ("exchange", "figure", "day"),
    _adjustments,
    (Link(("exchange",), "exchanges", ("exchange",)),),
)
