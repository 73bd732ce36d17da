"""From a row to the members of its event: one builder for each kind of event."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from claims_file.mapping import ClaimsMapping, Unit
from claims_file.occurrences import PEOPLE, Placed, look_up, term_of, unit_of
from claims_file.rows import ClaimRow, RowError, RowProblem, SourceRow
from schemas.codec import UnknownEvent, decode
from schemas.errors import InvalidEvent, Problem, problem_in
from schemas.events import AnyEvent
from schemas.ids import derive_id
from schemas.values import Amount, Count

Members = dict[str, Any]

_CLOCK = re.compile(r"\d\d:\d\d(Z|[+-]\d\d:\d\d)")
_STATUS = {"claimed": "claimed_by_side", "planned": "planned", "confirmed": "confirmed", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Context:
    """What a builder may look at: the placed row, its occurrence's name, the sources and the mapping."""

    placed: Placed
    occurrence: str
    sources: Mapping[str, SourceRow]
    mapping: ClaimsMapping
    moment: Members | None = None
    """Where the whole of a part happened at another time than its row's date: that time."""

    @property
    def row(self) -> ClaimRow:
        return self.placed.row

    @property
    def unit(self) -> Unit:
        return unit_of(self.row, self.mapping)

    def parties(self, words: str) -> list[str]:
        """The party ids of a list of words, parted by semicolons; words that name no party are left out."""
        ids = (self.mapping.actor.get(word.strip(), word.strip()) for word in words.split(";"))
        return [party for party in ids if party]

    def party(self, words: str) -> str | None:
        return next(iter(self.parties(words)), None)


def event_of(context: Context, supersedes: tuple[str, str] | None = None) -> AnyEvent:
    """The event of a row; `supersedes` is an earlier claim's id and the reason. Raises RowError."""
    build = _BUILDERS.get(context.placed.type, _nothing)
    members = {**_envelope(context), **build(context)}
    if supersedes is not None:
        members |= {"supersedes": supersedes[0], "reason": supersedes[1]}
    overlay = context.mapping.overlay(context.row.row_id)
    merged = _merge(members, overlay.fields)
    if overlay.taken:
        taken = [each.model_dump(exclude_none=True) for each in overlay.taken]
        merged["groups"] = [{**group, "taken": taken} for group in merged.get("groups", ())]
    try:
        return typed(merged)
    except InvalidEvent as error:
        raise RowError.of(context.row.row_id, error) from error


def typed(members: Members) -> AnyEvent:
    """A typed event from its JSON members, with absent ones left out. Raises InvalidEvent."""
    event = decode(orjson.dumps(_present(members)))
    if isinstance(event, UnknownEvent):
        raise InvalidEvent(Problem("type", f"{event.type!r} version {event.version} is not known here"))
    return event


def source_of(row: ClaimRow, sources: Mapping[str, SourceRow], mapping: ClaimsMapping) -> Members:
    """The attribution of a row: who published and who speaks, and how credible the curators hold it."""
    source = sources.get(row.source_id)
    if source is None:
        raise RowError(RowProblem(row.row_id, "source_id", f"{row.source_id!r} is not in the table of sources"))
    kind = source.source_kind or mapping.source_kind.get(source.kind, source.kind)
    return {
        "publisher": source.publisher,
        "kind": kind or "newspaper",
        "url": source.url if source.url.startswith("https://") else None,
        "speaker": source.speaker or None,
        "speaks_for": source.speaks_for or None,
        "anonymity": source.anonymity or None,
        "published": row.pub_date or source.pub_date or None,
        "credibility": look_up(mapping.credibility, row.confidence, row, "confidence"),
        "origin": source.origin or None,
    }


def moment_of(row: ClaimRow) -> Members:
    """When the row says it happened: to the minute where its local time is a clock time."""
    if row.date_prec == "day" and _CLOCK.fullmatch(row.local_time):
        return {"at": f"{row.date}T{row.local_time}", "precision": "minute"}
    return {"at": row.date, "precision": row.date_prec}


def _envelope(context: Context) -> Members:
    row, mapping = context.row, context.mapping
    rule = mapping.event_type.get(row.event_type)
    status = rule.status if rule is not None and rule.status is not None else _STATUS.get(row.status)
    return {
        "type": context.placed.type,
        "version": 1,
        "id": derive_id(mapping.dataset.name, row.row_id),
        "exchange": context.placed.exchange,
        "round": row.round_no,
        "occurrence": context.occurrence,
        "occurred": context.moment or moment_of(row),
        "source": source_of(row, context.sources, mapping),
        "status": status,
        "as_stated": row.as_stated or None,
        "note": _note(row),
    }


def _note(row: ClaimRow) -> str | None:
    """The row's note, and its local time where that is words."""
    words = row.local_time if row.local_time and not _CLOCK.fullmatch(row.local_time) else ""
    return "; ".join(filter(None, (row.note, words and f"local time: {words}"))) or None


def _count(row: ClaimRow, model: type[Count], times: int = 1) -> Members:
    """The row's number with its hedge. Explicit bounds make an exact or rounded number a range.

    The bounds of a hedge such as "more than" follow from its number and are not read.
    """
    scaled = [None if n is None else n * times for n in (row.count, row.count_low, row.count_high)]
    number, low, high = scaled
    ranged = row.qualifier in ("exact", "about", "around", "roughly") and (low is not None or high is not None)
    try:
        if ranged:
            qualifier = "about" if row.qualifier == "exact" else row.qualifier
            count = model(best=number, low=low, high=high, qualifier=qualifier)
        else:
            count = model.of(number, row.qualifier)
    except ValueError as error:
        raise RowError(RowProblem(row.row_id, "count", _first_line(error))) from error
    return count.model_dump(exclude_none=True)


def _first_line(error: ValueError) -> str:
    details = getattr(error, "errors", None)
    return problem_in(details()[0]).reason if details else str(error)


def _need(value: Any, row: ClaimRow, field: str, reason: str) -> Any:
    if value is None:
        raise RowError(RowProblem(row.row_id, field, reason))
    return value


# -- builders ----------------------------------------------------------------------------------


def _movement(context: Context) -> Members:
    row, part = context.row, context.placed.part
    by = context.party(row.actor)
    members: Members = {
        "by": by,
        "to": context.party(row.beneficiary),
        "facilitators": context.parties(row.facilitator),
        "part": None if part is None else {"of": part.whole, "by": part.by},
        "groups": [_group(context, by)],
    }
    if context.placed.type == "remains_returned":
        detains = "detaining_power" in context.mapping.roles(context.placed.exchange, by)
        members["side"] = "prisoners" if detains else None
    return members


def _group(context: Context, by: str | None) -> Members:
    row, mapping, term = context.row, context.mapping, term_of(context.row, context.mapping)
    word = row.nationality or (row.beneficiary if row.beneficiary in mapping.nationality else "")
    held = context.placed.part is not None and context.placed.part.by == "holder"
    return {
        "count": _count(row, Count),
        "category": term.category,
        "sentence": term.sentence,
        "destination": term.destination,
        "nationality": list(look_up(mapping.nationality, word, row, "nationality")) if word else None,
        "vital": row.vital or None,
        "ratio_scope": _said(row.ratio_scope),
        "basis": _said(row.basis),
        "holder": by if held else None,
    }


def _said(word: str) -> str | None:
    return None if word in ("", "n/a") else word


def _tally(context: Context) -> Members:
    unit = context.unit if context.row.unit != "persons" else Unit(label=context.row.as_stated)
    label = unit.label or context.row.unit.replace("_", " ")
    figure = context.mapping.overlay(context.row.row_id).fields.get("figure", unit.figure)
    return {
        "figure": figure,
        "scope": unit.scope,
        "party": unit.party,
        "label": label if figure == "other" else None,
        "count": _count(context.row, Amount),
    }


def _terms(context: Context) -> Members:
    row, unit = context.row, context.unit
    item = unit.item
    if item == "captives" and row.vital == "remains":
        item = "captive_remains"
    pledge = {
        "item": item,
        "per": unit.per,
        "category": term_of(row, context.mapping).category,
        "as_stated": row.as_stated or None,
    }
    actors = context.parties(row.actor)
    proposed, refused = context.placed.type == "terms_proposed", context.placed.type == "terms_refused"
    return {
        "terms": row.event_key,
        "pledges": [{**pledge, "count": _count(row, Amount, unit.times)}] if item is not None else [],
        "parties": [*actors, *context.parties(row.beneficiary)],
        **({"proposer": next(iter(actors), None)} if proposed else {}),
        **({"refused_by": next(iter(actors), None)} if refused else {}),
        **({"outcome": row.status} if row.status == "no_breakthrough" else {}),
    }


def _pause(context: Context) -> Members:
    row, unit = context.row, context.unit
    hours = row.count * unit.times if row.count is not None and unit.item == "pause_hours" else None
    return {"pause": row.event_key, "hours": hours}


def _pause_ended(context: Context) -> Members:
    return {"pause": context.row.event_key}


def _pause_violated(context: Context) -> Members:
    row = context.row
    return {"pause": row.event_key, "alleged_by": context.party(row.actor), "what": row.as_stated or None}


def _meeting(context: Context) -> Members:
    return {"participants": context.parties(context.row.actor)}


def _plan(context: Context) -> Members:
    row = context.row
    counted = context.placed.type == "release_planned" or row.count is not None
    return {
        "leg": _leg(context),
        "count": _count(row, Count) if counted else None,
        "category": term_of(row, context.mapping).category,
    }


def _leg(context: Context) -> str | None:
    """The leg that a plan is about: its unit's, else that of the party whose people they are to free."""
    if context.unit.leg is not None:
        return context.unit.leg
    roles = context.mapping.roles(context.placed.exchange, context.party(context.row.actor))
    if "detaining_power" in roles:
        return "prisoners"
    return "captives" if "holder" in roles else None


def _credit(context: Context) -> Members:
    """People freed in the round before count in the row's round."""
    number = _need(context.row.round_no, context.row, "round_no", "is missing; name the round that is credited")
    return {"count": _count(context.row, Count), "from_round": number - 1, "to_round": number}


def _aid(context: Context) -> Members:
    item = _need(context.unit.aid, context.row, "unit", "counts no aid; map it in [unit] with `aid`")
    return {
        "item": item,
        "amount": _count(context.row, Amount, context.unit.times),
        "by": context.party(context.row.actor),
    }


def _suspension(context: Context) -> Members:
    return {"by": context.party(context.row.actor)}


def _funds(context: Context) -> Members:
    row = context.row
    currency = _need(context.unit.currency, row, "unit", "is no money; map it in [unit] with `currency`")
    return {
        "amount": _count(row, Amount, context.unit.times),
        "currency": currency,
        "by": context.party(row.actor),
        "to": context.party(row.beneficiary),
    }


_BUILDERS: Mapping[str, Callable[[Context], Members]] = {
    **dict.fromkeys(PEOPLE, _movement),
    "tally_stated": _tally,
    "terms_proposed": _terms,
    "terms_agreed": _terms,
    "terms_refused": _terms,
    "pause_started": _pause,
    "pause_extended": _pause,
    "pause_ended": _pause_ended,
    "pause_violated": _pause_violated,
    "meeting_held": _meeting,
    "release_planned": _plan,
    "release_delayed": _plan,
    "count_credited": _credit,
    "aid_delivered": _aid,
    "aid_suspended": _suspension,
    "funds_released": _funds,
}


def _nothing(context: Context) -> Members:
    """A type whose own fields no column holds: they come from the row's overlay."""
    return {}


def _merge(members: Members, extra: Mapping[str, Any]) -> Members:
    """`members` with `extra` laid over it; tables are merged, everything else is replaced."""
    merged = dict(members)
    for name, value in extra.items():
        under = merged.get(name)
        merged[name] = _merge(under, value) if isinstance(value, dict) and isinstance(under, dict) else value
    return merged


def _present(members: Mapping[str, Any]) -> Members:
    """Members without those that say nothing: what a default says need not be said."""
    kept: Members = {}
    for name, value in members.items():
        if isinstance(value, dict):
            value = _present(value)
        elif isinstance(value, list):
            value = [_present(each) if isinstance(each, dict) else each for each in value]
        if value is not None or name == "claim":  # an adoption of no claim at all says so with null
            kept[name] = value
    return kept
