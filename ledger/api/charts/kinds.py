"""Every chart in one row: what it is called, which views it is drawn of, and what it says of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple, TypeAlias

from ledger.api.charts import clocks, pairs, timeline
from ledger.api.charts.pairs import PairRow, Pairs
from ledger.api.charts.scales import bar_of
from ledger.api.charts.scene import Plot
from ledger.api.charts.timeline import Reached
from ledger.api.charts.words import (
    NOT_RECORDED,
    PER_CAPTIVE,
    UNDEFINED,
    between,
    counted,
    day,
    days,
    estimate,
    is_defined,
    ratio,
)
from ledger.book import rounds, tally
from ledger.book.figure_names import LEGS, RATIOS
from ledger.book.sentences import capital, listed, plural
from ledger.book.side_tables import FigureRow, figure, figure_rows
from ledger.book.transfers import SIDES
from schemas.values import Moment, is_sure, span_of
from schemas.views import Estimate, Explanation, OccurrenceView, Pause, Ratio, Round, Tally
from schemas.vocabulary import Leg, Side

ROWS_MAX = 120
"""So many rows are drawn at most; a chart says how many more there are."""


class Drawable(NamedTuple):
    """The views of an exchange that its charts are drawn of. Empty is what a chart does not need."""

    tally: Tally
    rounds: Sequence[Round] = ()
    pauses: Sequence[Pause] = ()
    members: Sequence[Tally] = ()
    freed: Mapping[Side, Explanation] = {}
    claims: Sequence[OccurrenceView] = ()


class ChartTable(NamedTuple):
    """What a chart draws, as a table."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


class Said(NamedTuple):
    """What a chart says: under its title, to who listens, in a table, in remarks, and drawn in a room of some width."""

    subtitle: str
    aloud: str
    table: ChartTable
    remarks: Sequence[str]
    draw: Callable[[float], Plot]


Says: TypeAlias = Callable[[Drawable], Said | None]


class ChartKind(NamedTuple):
    """One kind of chart. `needs`: the fields of `Drawable` besides the tally. `says`: None where there is nothing."""

    name: str
    title: str
    needs: Sequence[str]
    says: Says


# -- totals ----------------------------------------------------------------------------------------

_TOLD = ("released", "deal", "unsaid", "nationals", "others", "credited_in", "credited_out")
"""Said by the first row, by the ratios, and of rounds."""
_DERIVED = ("outside", "remains.held", "remains.unidentified")
"""That there may be some is no news."""


def _totals(of: Drawable) -> Said:
    tally = of.tally
    rows = [PairRow("Freed", "", _sides(tally, "released"))]
    others = [row for row in figure_rows(tally) if row.name not in _TOLD and _is_told(row)]
    rows += [PairRow(capital(row.words.strip()), "", dict(zip(SIDES, row.values, strict=True))) for row in others]
    ratios = {name: each for name in RATIOS if is_defined(each := getattr(tally.ratios, name))}
    told = [f"{ratio(each)} {RATIOS[name].by}" for name, each in ratios.items() if name != "returned"]
    per = f"{PER_CAPTIVE}: {'; '.join(told) or UNDEFINED}."
    remarks = [per, *_incomplete(tally)]
    table = ChartTable(
        ("", *map(capital, SIDES)), [*_cells(rows), *((RATIOS[n].by, ratio(r), "") for n, r in ratios.items())]
    )
    made = Pairs({side: capital(side) for side in SIDES}, rows)
    freed = listed(counted(_sides(tally, "released")[side], f"{side}") for side in SIDES)
    return Said(
        "Captives and prisoners: freed, and what else is recorded",
        f"Freed: {freed}. {per}",
        table,
        _scaled(made, remarks),
        lambda room: pairs.draw(made, room),
    )


def _incomplete(tally: Tally) -> list[str]:
    if not tally.incomplete:
        return []
    which = f"Round{'' if len(tally.incomplete) == 1 else 's'} {listed(map(str, tally.incomplete))}"
    return [f"{which} not complete: so far the ratios divide a whole by a part."]


def _sides(tally: Tally, name: str) -> dict[Side, Estimate | None]:
    return {side: figure(tally, side, name) for side in SIDES}


def _is_told(row: FigureRow) -> bool:
    bars = [bar for bar in map(bar_of, row.values) if bar is not None]
    return row.name not in _DERIVED or any(bar.low > 0 or (bar.best or 0) > 0 for bar in bars)


def _cells(rows: Iterable[PairRow]) -> list[tuple[str, ...]]:
    return [
        (
            f"{row.label}, {row.note}" if row.note else row.label,
            *(estimate(row.sides[side]) for side in SIDES),
            *row.ratios,
        )
        for row in rows
    ]


def _scaled(made: Pairs, remarks: Sequence[str]) -> list[str]:
    """What has to be known of how rows are drawn."""
    values = [value for row in made.rows for value in row.sides.values()]
    told = list(remarks)
    if pairs.scales_are_apart(made):
        told.append("Each side is drawn on its own scale.")
    if any(bar.low != bar.high or bar.is_open for bar in map(bar_of, values) if bar is not None):
        told.append("Hatched: as far as the claims that stand range.")
    if any(value is None for value in values):
        told.append(f"“{capital(NOT_RECORDED)}” is not zero: no claim says anything of it.")
    return told


# -- rows with ratios ------------------------------------------------------------------------------

_SCOPES = ("deal", "all", "nationals")
_DEAD: Mapping[Leg, Side] = {"remains": "captives", "prisoner_remains": "prisoners"}


def _with_ratios(rows: Sequence[PairRow], subtitle: str, aloud: str, one: str, remarks: Sequence[str]) -> Said:
    heads = {side: f"{capital(side)} freed" for side in SIDES}
    scopes = [RATIOS[scope].head for scope in _SCOPES]
    made = Pairs(heads, rows[:ROWS_MAX], PER_CAPTIVE, scopes)
    more = len(rows) - ROWS_MAX
    cut = [f"{plural(more, one)} more {'is' if more == 1 else 'are'} not drawn here."] if more > 0 else []
    by = "; ".join(f"{RATIOS[scope].head}: {RATIOS[scope].by}" for scope in _SCOPES)
    told = [f"{PER_CAPTIVE}, {by}.", *remarks, *cut]
    table = ChartTable(
        (capital(one), *heads.values(), *(f"{PER_CAPTIVE}, {RATIOS[scope].by}" for scope in _SCOPES)), _cells(made.rows)
    )
    return Said(subtitle, aloud, table, _scaled(made, told), lambda room: pairs.draw(made, room))


def _rounds(of: Drawable) -> Said | None:
    if not of.rounds:
        return None
    rows = [_round_row(each) for each in of.rounds]
    remarks = [*filter(None, map(_lacking, of.rounds))][:4]
    jointly = any(each.joint for each in of.rounds)
    if jointly:
        remarks.append("Joint: one leg paid for several rounds, which have one ratio together.")
    aloud = "; ".join(
        f"round {each.round}: {listed(counted(getattr(each, side).released, side) for side in SIDES)}"
        for each in of.rounds[:12]
    )
    rest = f"; and {plural(len(of.rounds) - 12, 'round')} more" if len(of.rounds) > 12 else ""
    subtitle = f"{plural(len(of.rounds), 'round')}: captives and prisoners freed in each, and prisoners per captive"
    return _with_ratios(rows, subtitle, f"{capital(aloud)}{rest}.", "round", remarks)


def _round_row(of: Round) -> PairRow:
    sides: dict[Side, Estimate | None] = {side: getattr(of, side).released for side in SIDES}
    star = "*" if of.incomplete else ""
    note = between(rounds.ends(of))
    dead = [
        f"{LEGS[leg].people}: {estimate(its)}"
        for leg, side in _DEAD.items()
        if (its := getattr(of, side).remains.returned)
    ]
    return PairRow(f"Round {of.round}{star}", "; ".join(filter(None, (note, *dead))), sides, _ratios(of))


def _ratios(of: Round) -> tuple[str, ...]:
    shown: list[str] = []
    for scope in _SCOPES:
        own: Ratio = getattr(of.ratios, scope)
        is_joint = scope == "deal" and not is_defined(own) and of.joint is not None
        shown.append(f"joint {ratio(of.joint.living, wide=False)}" if is_joint and of.joint else ratio(own, wide=False))
    return tuple(shown)


def _lacking(of: Round) -> str | None:
    if not of.incomplete:
        return None
    missing = [LEGS[leg].people for leg in of.incomplete if leg not in of.legs]
    begun = [LEGS[leg].people for leg in of.incomplete if leg in of.legs]
    said = [f"{listed(missing)} {NOT_RECORDED}"] if missing else []
    said += [f"{listed(begun)} not all over yet"] if begun else []
    return f"* Round {of.round}: {', '.join(said)}."


def _exchanges(of: Drawable) -> Said | None:
    if len(of.members) < 2:
        return None
    rows = [_member_row(each) for each in of.members]
    subtitle = f"{plural(len(rows), 'exchange')}: captives and prisoners freed in each, and prisoners per captive"
    aloud = "; ".join(f"{row.label}: {listed(counted(row.sides[side], side) for side in SIDES)}" for row in rows[:12])
    return _with_ratios(rows, subtitle, f"{aloud}.", "exchange", [])


def _member_row(of: Tally) -> PairRow:
    note = between(tally.ends(of))
    ratios = tuple(ratio(getattr(of.ratios, scope), wide=False) for scope in _SCOPES)
    return PairRow(of.title or of.exchange, note, _sides(of, "released"), ratios)


# -- the timeline ----------------------------------------------------------------------------------


def _timeline(of: Drawable) -> Said | None:
    if not of.freed:
        return None
    when = {claim.event: claim.occurred for each in of.claims for claim in each.claims}
    lines, undated, unsure = dict[Side, Sequence[Reached]](), list[str](), False
    for side in SIDES:
        stated = [(when[each.event], each.count) for each in of.freed[side].contributions if each.event in when]
        placed = [(_day(at), count) for at, count in stated]
        lines[side] = timeline.reached([(at, count) for at, count in placed if at is not None])
        undated += [counted(count, side) for at, count in placed if at is None]
        unsure |= not all(is_sure(at) for at, _ in stated)
    every = sorted({each.day for its in lines.values() for each in its})
    if len(every) < 2 or not any(bar_of(each.total) for its in lines.values() for each in its):
        return None
    told = ["A claim whose date is a span counts from the last day of it."]
    if undated:
        told.append(f"Not drawn, since no last day is known: {listed(undated)}.")
    if unsure:
        told.append("A date of which its source is not sure is drawn where it is stated.")
    if any(not each.total.exact for its in lines.values() for each in its):
        told.append("Hatched: as far as the claims that stand range; dashed: not a certain number.")
    told += [f"{capital(side)} freed: {NOT_RECORDED}." for side in SIDES if not lines[side]]
    known = {side: {each.day: each.total for each in its} for side, its in lines.items()}
    rows, so_far = list[tuple[str, ...]](), dict.fromkeys(SIDES, NOT_RECORDED)
    for at in every:
        so_far |= {side: estimate(known[side][at]) for side in SIDES if at in known[side]}
        rows.append((day(at.isoformat()), *so_far.values()))
    last = listed(f"{so_far[side]} {side}" for side in SIDES)
    span = days(every[0].isoformat(), every[-1].isoformat())
    table = ChartTable(("By the end of", *(f"{capital(side)} freed" for side in SIDES)), rows[-ROWS_MAX:])
    return Said(
        f"Captives and prisoners freed by each day, added up, {span}",
        f"From {span}, on {plural(len(every), 'day')}; by the last of them {last}.",
        table,
        told,
        lambda room: timeline.draw(lines, room),
    )


def _day(of: Moment) -> date | None:
    """The day by whose end something is certainly over."""
    end = span_of(of).end
    return None if end is None else (end - timedelta(microseconds=1)).date()


# -- pauses ----------------------------------------------------------------------------------------


def _pauses(of: Drawable) -> Said | None:
    if not of.pauses:
        return None
    shown = of.pauses[:ROWS_MAX]
    rows = [(clocks.began(each), clocks.told(each), str(each.violations)) for each in shown]
    aloud = "; ".join(f"{began.lower()}: {told}" for began, told, _ in rows[:6])
    subtitle = f"{plural(len(of.pauses), 'pause')} in the fighting: hours planned, hours added, and the end"
    table = ChartTable(("Pause", "Hours", "Said to be broken"), rows)
    ended = any(each.calm_hours is not None for each in shown)
    remarks = ["The thick line is the end."] if ended else []
    return Said(subtitle, f"{capital(aloud)}.", table, remarks, lambda room: clocks.draw(shown, room))


CHARTS: Mapping[str, ChartKind] = {
    kind.name: kind
    for kind in (
        ChartKind("totals", "Totals", (), _totals),
        ChartKind("exchanges", "Exchanges", ("members",), _exchanges),
        ChartKind("rounds", "Rounds", ("rounds",), _rounds),
        ChartKind("timeline", "Timeline", ("freed", "claims"), _timeline),
        ChartKind("pauses", "Pauses", ("pauses",), _pauses),
    )
}
"""Every kind of chart by its name, in the order in which they are listed."""
