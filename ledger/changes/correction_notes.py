"""Changes in words that fit a correction note: what it is, what was said until when, and whose claim changed it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from ledger.book.claims import SOLE
from ledger.book.figure_names import AGAIN, NAMES, figure_name
from ledger.book.figures import DERIVED
from ledger.book.number_text import decimal, estimate, moment, ratio
from ledger.book.sentences import capital
from ledger.book.transfers import SIDES
from ledger.changes.sheets import FigureKey, FigureValue
from ledger.changes.tracing import Cause, FigureChange, Kind, Replaced
from ledger.log.ids import ID_LENGTH_MIN
from schemas.record import from_microseconds
from schemas.values import Moment
from schemas.views import Estimate, LegTimes, Ratio

_LEADING = tuple(f"{side}.{name}" for name in ("released", "taken", "remains.returned") for side in SIDES[::-1])
_ORDER = {name: rank for rank, name in enumerate(NAMES)}

Publisher = Callable[[str], str | None]
"""Who published an event, by its id; None for one that is no claim."""


class CorrectionNote(NamedTuple):
    """One correction with all that follows from it. `head`, `because` and `hence` are sentences."""

    exchange: str
    kind: Kind
    head: str
    because: Sequence[str]
    hence: Sequence[str]


def figure_order(figure: FigureKey) -> tuple[int, int, str]:
    """The order in which people ask: by round, and what moved before what follows from it."""
    return (figure.round or 0, _ORDER.get(figure.name, len(_ORDER)), figure.name)


def is_headline(figure: FigureKey) -> bool:
    """Whether people ask for a figure first: neither a breakdown nor another way to say the same."""
    name = figure.name
    return (name in NAMES and name not in AGAIN) or name.startswith(("aid.", "funds.", "pauses.", "promised."))


def figure_words(figure: FigureKey) -> str:
    """`prisoners freed`, `captives freed, by category: children`."""
    kind, *steps = figure.name.split(".")
    match kind:
        case "pauses":
            return f"pause {'.'.join(steps[:-1])}, {steps[-1].replace('calm_hours', 'hours of calm')}"
        case "promised":
            return f"{steps[0].replace('_', ' ')} promised by the terms"
        case "aid":
            return figure_name(figure.name).replace("unknown", "stage not stated")
    return figure_name(figure.name)


def figure_title(figure: FigureKey) -> str:
    """The name with its round, as a sentence begins."""
    if figure.round is not None:
        return f"Round {figure.round}, {figure_words(figure)}"
    return capital(figure_words(figure))


def change_title(change: FigureChange) -> str:
    """What a reader of headlines is told: `Captives freed: 80, was 81`."""
    now = change.restated if change.kind in ("correction", "late") else change.after
    return f"{figure_title(change.figure)}: {value_text(now)}, was {value_text(change.before)}"


def value_text(value: FigureValue | None) -> str:
    """A figure as people write it: `39`, `about 900`, `33 (30-39)`, `117/39 = 3`, `2023-11-28`."""
    match value:
        case None:
            return "not recorded"
        case Estimate():
            return estimate(value)
        case Ratio(value=middle, low=low, high=high):
            ends = f" ({decimal(low)}-{decimal(high)})" if middle is not None and {low, high} != {middle} else ""
            return f"{ratio(value)}{ends}"
        case LegTimes(first=first, last=last):
            return moment(first) if first == last else f"{moment(first)} to {moment(last)}"
        case Moment():
            return moment(value)
        case _:
            return f"{value:g}"


def correction_notes(
    changes: Iterable[FigureChange],
    published_by: Publisher,
    since: datetime | None,
    *,
    every: bool,
    id_length: int = ID_LENGTH_MIN,
) -> list[CorrectionNote]:
    """Corrections, what was recorded late and what is outdated, each with all figures that it moved.

    With `every`, breakdowns are told, too. So many characters of each event's id are shown.
    """
    groups: dict[tuple[str, tuple[str, ...]], list[FigureChange]] = {}
    for change in changes:
        if change.kind != "growth":
            groups.setdefault((change.exchange, tuple(each.event for each in _behind(change))), []).append(change)
    made = [_note(each, published_by, since, every, id_length) for each in groups.values()]
    order = ("correction", "late", "update")
    return sorted(made, key=lambda note: (note.exchange, order.index(note.kind)))


def _behind(change: FigureChange) -> list[Cause]:
    """The causes that a note is about: not those that are only growth."""
    return [each for each in change.causes if each.kind != "growth"]


def _note(
    group: Sequence[FigureChange], published_by: Publisher, since: datetime | None, every: bool, id_length: int
) -> CorrectionNote:
    shown = [each for each in group if every or is_headline(each.figure)] or list(group[:1])
    first, *others = sorted(shown, key=_rank)
    causes = _behind(first)
    until = _until(causes, since)
    return CorrectionNote(
        exchange=first.exchange,
        kind=first.kind,
        head=f"{figure_title(first.figure)}: {_instead(first, until)}.{_and_now(first)}",
        because=[f"{_because(each, published_by)} (event {each.event[:id_length]})." for each in causes],
        hence=[f"{figure_title(each.figure)}: {_instead(each, None)}.{_and_now(each)}" for each in others],
    )


def leading(changes: Sequence[FigureChange]) -> FigureChange:
    """The one of some changes that people ask for first."""
    return min([each for each in changes if is_headline(each.figure)] or changes[:1], key=_rank)


def _rank(change: FigureChange) -> tuple[bool, int, int, int, str]:
    name = change.figure.name
    leads = _LEADING.index(name) if name in _LEADING else len(_LEADING)
    return (change.figure.round is None, leads, *figure_order(change.figure))


def _instead(change: FigureChange, until: str | None) -> str:
    """`39, not 33 as recorded until 27 November 2023`."""
    now = change.after if change.kind == "update" else change.restated
    when = f" until {until}" if until else " before"
    if change.before is None:
        return (
            f"{value_text(now)}; {'it was not known' if _is_derived(change.figure) else 'nothing was recorded'}{when}"
        )
    if now is None:
        gone = "it is not known" if _is_derived(change.figure) else "no claim stands"
        return f"{gone}; {value_text(change.before)} was recorded{when}"
    if change.kind == "update":
        return f"{value_text(now)}; {value_text(change.before)} was the figure{when}"
    if _is_range_alone(change.before, now):
        when = f"until {until}" if until else "before"
        return f"still {_middle(now)}, now {_ranged(now)}; {when} {_ranged(change.before)}"
    return f"{value_text(now)}, not {value_text(change.before)}" + (f" as recorded{when}" if until else "")


def _is_derived(figure: FigureKey) -> bool:
    """Whether a figure can be unknown though everything is recorded of which it is made."""
    row = DERIVED.get(figure.name)
    return figure.name.startswith(("ratios.", "joint.")) or (row is not None and bool(row.stock or row.classified))


def _is_range_alone(before: FigureValue, now: FigureValue) -> bool:
    """Whether nothing but the range of a figure is another one."""
    if isinstance(before, Estimate) and isinstance(now, Estimate):
        return before.best is not None and (before.best, before.hedged) == (now.best, now.hedged)
    if isinstance(before, Ratio) and isinstance(now, Ratio):
        return before.value is not None and (before.value, before.fraction) == (now.value, now.fraction)
    return False


def _middle(value: FigureValue) -> str:
    if isinstance(value, Estimate):
        return estimate(value.model_copy(update={"low": value.best, "high": value.best}))
    return ratio(value) if isinstance(value, Ratio) else value_text(value)


def _ranged(value: FigureValue) -> str:
    """`with a range of 33-39`, `without a range`."""
    if isinstance(value, Estimate) and not value.best == value.low == value.high:
        return f"with a range of {value.low:,}-{'?' if value.high is None else f'{value.high:,}'}"
    if isinstance(value, Ratio) and not value.value == value.low == value.high:
        return f"with a range of {decimal(value.low)}-{decimal(value.high)}"
    return "without a range"


def _and_now(change: FigureChange) -> str:
    """What it has come to where more has happened since."""
    if change.kind == "update" or change.restated == change.after:
        return ""
    return f" With what has happened since: {value_text(change.after)}."


def _until(causes: Sequence[Cause], since: datetime | None) -> str:
    """Until when the ledger said otherwise: to the minute, where that is the day of the first point."""
    changed = min(from_microseconds(each.recorded_us) for each in causes)
    day = date_text(changed.date())
    return f"{day}, {changed:%H:%M} UTC" if since is not None and changed.date() <= since.date() else day


def date_text(day: date) -> str:
    """`27 November 2023`."""
    return f"{day.day} {day:%B %Y}"


def _because(cause: Cause, published_by: Publisher) -> str:
    who, other = cause.publisher, published_by(cause.target) if cause.target else None
    whose = "its claim" if other == who else f"the claim of {other}"
    if cause.reason is not None:
        return f"{who} {cause.reason} {whose}"
    match cause.type:
        case "claim_retracted" if other is None:
            return f"{who} withdrew a decision: {cause.why}"
        case "claim_retracted":
            return f"{who} retracted {whose}: {cause.why}"
        case "claim_adopted" if cause.target is None:
            return f"{who} decided that none of the claims counts: {cause.why}"
        case "claim_adopted":
            return f"{who} adopted {whose}: {cause.why}"
        case "exchange_opened":
            return f"{who} declared whose nationals the deal is about, or whom it counts"
    if cause.whole is not None:
        return f"{who} told of a part of it"
    if cause.kind == "late":
        return f"{who} told of it, recorded on {date_text(from_microseconds(cause.recorded_us).date())}"
    if cause.rule is not None:
        return f"{who} states another number, which counts {_by(cause.rule)}"
    return f"{who} states another number beside it"


def replacement_text(each: Replaced) -> str:
    """`Round 1, r1-east: now counts the claim of Y, by the better credibility; before, that of X.`"""
    place = each.occurrence if each.round is None else f"Round {each.round}, {each.occurrence}"
    reason = next((cause.reason for cause in each.causes if cause.event == each.after.event), None)
    by = f"as {reason}" if reason is not None and each.rule == SOLE else _by(each.rule)
    return f"{place}: now counts the claim of {each.after.publisher}, {by}; before, that of {each.before.publisher}."


def _by(rule: str) -> str:
    """A rule by which a claim counts, as a part of a sentence."""
    if rule == SOLE:
        return f"as {rule}"
    return rule if rule.startswith("decided") else f"by the rule that {rule}" if " is " in rule else f"by {rule}"
