"""Hypothesis strategies for valid values and events, built from the models field by field."""

import types
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from schemas import values, vocabulary
from schemas.events import EVENT_TYPES, AnyEvent
from schemas.values import PEOPLE_MAX, WHOLE_MAX, Amount, Count, ExternalIds, Moment
from schemas.vocabulary import Qualifier

OPENED = ("captives.held", "prisoners.held")
"""The stocks that a list can open."""
FIRST, LAST = date(1900, 1, 1), date(2100, 12, 31)


def text(most: int = 20) -> st.SearchStrategy[str]:
    """Printable text in NFC, without control and bidi characters."""
    letters = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    words = st.text(letters, min_size=1, max_size=most)
    return words.map(lambda word: unicodedata.normalize("NFC", word)).filter(lambda word: 0 < len(word) <= 200)


def event_ids() -> st.SearchStrategy[str]:
    return st.uuids().map(str)


def days() -> st.SearchStrategy[str]:
    return st.dates(FIRST, LAST).map(str)


def times() -> st.SearchStrategy[str]:
    """A time of minutes, seconds or fractions with an offset of whole minutes, or `Z`."""
    moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 12, 31))
    printed = st.builds(
        lambda time, spec: time.isoformat(timespec=spec),
        moments,
        st.sampled_from(["minutes", "seconds", "microseconds"]),
    )
    return st.builds(str.__add__, printed, st.one_of(st.just("Z"), st.integers(-1439, 1439).map(_offset)))


def _offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    precision = draw(st.sampled_from(get_args(vocabulary.Precision)))
    doubt = draw(DOUBTS)
    if precision != "interval":
        return Moment(at=draw(_written(precision)), precision=precision, qualifier=doubt)
    return draw(intervals()).model_copy(update={"qualifier": doubt, "until_qualifier": draw(DOUBTS)})


DOUBTS = st.one_of(st.none(), st.none(), st.sampled_from(get_args(vocabulary.DateQualifier)))


@st.composite
def intervals(draw: st.DrawFn) -> Moment:
    """An interval whose ends are written as days, times, months or years, each as it likes."""
    at = draw(st.one_of(days(), times(), _written("month"), _written("year")))
    first = date.fromisoformat((at + "-01-01")[:10])
    last = first + timedelta(days=draw(st.integers(2, 1_000)))
    # A month or a year starts with its first day and ends with its last one, so that it never ends too early.
    until = draw(st.sampled_from([str(last), f"{last}T12:00+02:00", str(last)[:7], str(last.year)]))
    return Moment(at=at, precision="interval", until=until)


def _written(precision: str) -> st.SearchStrategy[str]:
    day = st.dates(FIRST, LAST)
    match precision:
        case "minute" | "hour":
            return times()
        case "day":
            return days()
        case "week":
            return day.map(lambda each: f"{each.isocalendar().year}-W{each.isocalendar().week:02}")
        case "month":
            return day.map(lambda each: str(each)[:7])
        case "season":
            seasons = st.sampled_from(["spring", "summer", "autumn", "winter"])
            return st.builds(lambda each, season: f"{each.year}-{season}", day, seasons)
        case "year":
            return day.map(lambda each: str(each.year))
        case _:
            return st.one_of(days(), times())


def counts() -> st.SearchStrategy[Count]:
    """A count of people, with every qualifier and every range that it allows."""
    return _counted(Count, PEOPLE_MAX)


def amounts() -> st.SearchStrategy[Amount]:
    return cast("st.SearchStrategy[Amount]", _counted(Amount, WHOLE_MAX))


@st.composite
def _counted(draw: st.DrawFn, model: type[Count], most: int) -> Count:
    qualifier: Qualifier = draw(st.sampled_from(get_args(Qualifier)))
    low, best, high = sorted(draw(st.lists(st.integers(0, most), min_size=3, max_size=3)))
    low_or_none, high_or_none = draw(st.sampled_from([low, None])), draw(st.sampled_from([high, None]))
    match qualifier:
        case "exact":
            return model(best=best)
        case "about" | "around" | "roughly":
            if low_or_none is not None and high_or_none is not None and draw(st.booleans()):
                return model(low=low, high=high, qualifier=qualifier)
            return model(best=best, low=low_or_none, high=high_or_none, qualifier=qualifier)
        case "over" | "well_over" | "more_than" | "at_least":
            return model(low=low, qualifier=qualifier)
        case "up_to" | "nearly" | "under":
            return model(low=low_or_none, high=high, qualifier=qualifier)
        case "estimate":
            return model(best=best, low=low, high=high, qualifier=qualifier)
        case "unknown":
            return model(qualifier=qualifier)
        case _:
            return model(low=low_or_none, high=high_or_none, qualifier=qualifier)


# The shapes that a reader must tell apart, not every string that a pattern allows: those are slow to make.
_NAMED: Mapping[str, st.SearchStrategy[Any]] = {
    "EventId": event_ids(),
    "ExchangeId": st.from_regex(r"[A-Z0-9][A-Z0-9-]{1,10}", fullmatch=True),
    "Occurrence": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,12}", fullmatch=True),
    "PartyId": st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True),
    "Currency": st.sampled_from(["USD", "EUR", "ILS"]),
    "Nationality": st.sampled_from(["ISR", "THA", "PSE", "XXX"]),
    "RoundNumber": st.integers(1, 10_000),
    "Hours": st.integers(0, 100_000),
    "Name": text(),
    "Text": text(),
    "Prose": text(),
    "HttpsUrl": st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9?&=%#-]{0,12}", fullmatch=True),
    "Sha256": st.binary(min_size=32, max_size=32).map(bytes.hex),
    "AcledId": st.from_regex(r"[A-Za-z0-9]{1,12}", fullmatch=True),
    "Published": st.one_of(days(), times()),
    "Credibility": st.integers(1, 6),
}
_MODELS: Mapping[type[BaseModel], st.SearchStrategy[Any]] = {
    Count: counts(),
    Amount: amounts(),
    Moment: moments(),
}


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Valid values of the type of a field."""
    aliases = {**vars(values), **vars(vocabulary)}
    for name, strategy in _NAMED.items():
        if annotation is aliases[name] or annotation == aliases[name]:
            return strategy
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values_of, args))
    if origin is Literal:
        return st.sampled_from(args)
    if hasattr(annotation, "__metadata__"):
        return _restricted(annotation)
    if annotation is type(None):
        return st.none()
    if annotation is bool:
        return st.booleans()
    return models_of(annotation)


def _restricted(annotation: Any) -> st.SearchStrategy[Any]:
    if get_origin(annotation.__origin__) is tuple:
        least = max((_least(rule) for rule in annotation.__metadata__), default=0)
        items = values_of(get_args(annotation.__origin__)[0])
        return st.lists(items, min_size=least, max_size=3).map(tuple)
    if isinstance(annotation.__origin__, type) and issubclass(annotation.__origin__, BaseModel):
        return models_of(annotation.__origin__)
    pattern = next(each for rule in annotation.__metadata__ if (each := _pattern(rule)))
    return st.from_regex(pattern, fullmatch=True)


def _least(rule: Any) -> int:
    bounds = rule.metadata if isinstance(rule, FieldInfo) else [rule]
    return max((getattr(bound, "min_length", None) or 0 for bound in bounds), default=0)


def _pattern(rule: Any) -> str | None:
    bounds = rule.metadata if isinstance(rule, FieldInfo) else [rule]
    return next((found for bound in bounds if (found := getattr(bound, "pattern", None))), None)


@cache
def models_of(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Valid instances of `model`, with every field set to anything that it allows."""
    if model in _MODELS:
        return _MODELS[model]
    fields = _fields_of(model)
    if model is ExternalIds:
        fields = fields.filter(lambda said: any(said.values()))
    return fields.map(lambda said: model(**said))


def _fields_of(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    hints = get_type_hints(model, include_extras=True)
    return st.fixed_dictionaries({name: values_of(hints[name]) for name in model.model_fields})


@cache
def events_of(type: str) -> st.SearchStrategy[AnyEvent]:
    """Valid events of one type."""
    model = EVENT_TYPES[type]
    return st.builds(_linked, _fields_of(model), event_ids()).map(lambda fields: model(**fields))


def events() -> st.SearchStrategy[AnyEvent]:
    """Valid events of every type."""
    return st.sampled_from(list(EVENT_TYPES)).flatmap(events_of)


def _linked(fields: dict[str, Any], other: str) -> dict[str, Any]:
    """`fields` with those made to agree that only make sense together."""
    if fields.get("opening"):
        fields = {**fields, "figure": fields["figure"] if fields["figure"] in OPENED else OPENED[0], "party": None}
    part = fields.get("part")
    if part is not None and part.of == (fields["occurrence"] or fields["id"]):
        fields = {**fields, "part": None}
    superseded = fields["supersedes"] and fields["reason"] and fields["occurrence"]
    if not superseded:
        return {**fields, "supersedes": None, "reason": None}
    return {**fields, "supersedes": other} if fields["supersedes"] == fields["id"] else fields


__all__ = [
    "amounts",
    "counts",
    "days",
    "event_ids",
    "events",
    "events_of",
    "intervals",
    "models_of",
    "moments",
    "text",
    "times",
]
