"""What a search finds: what things are called, and claims, each with what a page needs to show it and to lead there."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from pydantic import BaseModel

from ledger.api.access.allowances import Asker
from ledger.api.state.asking import Asking
from ledger.book.cut import Cut
from ledger.follow.bound import Bound
from ledger.follow.events import Entry
from ledger.follow.filters import Filter
from ledger.follow.finder import Finder, KnownName, NameKind
from ledger.pacing import paced
from ledger.words.folding import Phrase
from schemas.mentions import members_of, mentions, sayings
from schemas.record import NOWHERE
from schemas.values import Moment

SHOWN_MAX = 8
"""Of each kind of name so many are shown, the best first."""
LINE_MAX = 240
"""Characters of a text that are shown of a claim."""


class FoundExchange(BaseModel):
    """An exchange. `title`: what it is called in an event; null where none has words that were looked for."""

    exchange: str
    title: str | None


class FoundProcess(BaseModel):
    """A process, and some of its exchanges."""

    process: str
    exchanges: list[str]


class FoundParty(BaseModel):
    """A party, what it is called where that is said, and some of the exchanges in which it is named."""

    party: str
    name: str | None
    exchanges: list[str]


class FoundSource(BaseModel):
    """A publisher, and some of the exchanges of which it tells."""

    publisher: str
    exchanges: list[str]


class FoundClaim(BaseModel):
    """A claim. `text` is a line of it that has what was looked for; `occurrence` is what the claim is about."""

    event: str
    type: str
    exchange: str
    round: int | None
    occurrence: str
    occurred: Moment
    publisher: str
    text: str
    position: str


class FoundClaims(BaseModel):
    """A page of claims in the order of the log. `reached` is the `after` of the next one; `more`: there may be more."""

    found: list[FoundClaim]
    reached: str
    more: bool


class SearchResult(BaseModel):
    """What some words lead to: names of each kind, the best first, and claims. A page with `after` has only claims."""

    exchanges: list[FoundExchange]
    processes: list[FoundProcess]
    parties: list[FoundParty]
    sources: list[FoundSource]
    claims: FoundClaims


class Within(NamedTuple):
    """Up to where the ledger is read."""

    cut: Cut
    bound: Bound


NOTHING_NAMED: Mapping[str, Sequence[Any]] = {"exchanges": (), "processes": (), "parties": (), "sources": ()}


# -- claims ----------------------------------------------------------------------------------------


def found_claim(entry: Entry, phrase: Phrase) -> FoundClaim:
    """What is shown of an event that has some words."""
    event = members_of(entry.payload)
    return FoundClaim(
        event=event["id"],
        type=event["type"],
        exchange=entry.exchange,
        round=event.get("round"),
        occurrence=event.get("occurrence") or event["id"],
        occurred=Moment.model_validate(event["occurred"]),
        publisher=event["source"]["publisher"],
        text=line(phrase.best([*sayings(event), *mentions(event).texts]), phrase),
        position=str(entry.position),
    )


def line(text: str, phrase: Phrase) -> str:
    """A text in one line, of a long one the part about the first of some words."""
    parts = text.split()
    whole = " ".join(parts)
    if len(whole) <= LINE_MAX:
        return whole
    first = next((place for place, part in enumerate(parts) if phrase.has_some(part)), 0)
    before, length = first, 0
    while before and length + len(parts[before - 1]) < LINE_MAX // 4:
        before -= 1
        length += len(parts[before]) + 1
    rest = " ".join(parts[before:])
    room = LINE_MAX - 2
    shown = rest if len(rest) <= room else rest[:room].rpartition(" ")[0] or rest[:room]
    return f"{'…' if before else ''}{shown}{'…' if len(shown) < len(rest) else ''}"


# -- names -----------------------------------------------------------------------------------------

_PROVED_MAX = 40
"""So many names of a kind are held against another moment at most."""
_SAYING_MAX = 20
"""Events that are read for whether one of them says what something is called."""


async def named(asking: Asking, phrase: Phrase, within: Within, asker: Asker) -> Mapping[str, Sequence[BaseModel]]:
    """The names that have some words, by kind, the best first; at another moment only those that were there by then."""
    finder, found = await asking.named(phrase, asker)
    names = await _ranked(finder, phrase, found)
    of: dict[NameKind, list[BaseModel]] = {"exchange": [], "process": [], "party": [], "source": []}
    for kind, shown in of.items():
        for name in islice((each for each in names if each.kind == kind), _PROVED_MAX):
            if len(shown) < SHOWN_MAX and (places := await _places(asking, finder, name, within, asker)):
                shown.append(_view(name, places))
    return {"exchanges": of["exchange"], "processes": of["process"], "parties": of["party"], "sources": of["source"]}


async def _ranked(finder: Finder, phrase: Phrase, names: Iterable[KnownName]) -> list[KnownName]:
    """Names, each key of a kind once: what is called just so, what begins so, what many events name."""
    ranked = [(_rank(finder, phrase, name), name) async for name in paced(names)]
    best: dict[tuple[NameKind, str], KnownName] = {}
    for _, name in sorted(ranked):
        best.setdefault((name.kind, name.key), name)
    return [*best.values()]


def _rank(finder: Finder, phrase: Phrase, name: KnownName) -> tuple[int, bool, int]:
    likeness = min(phrase.likeness(name.key), phrase.likeness(name.text) if name.text else 2)
    return likeness, not name.text, -finder.times[name.kind][name.key]


async def _places(asking: Asking, finder: Finder, name: KnownName, within: Within, asker: Asker) -> Sequence[str]:
    """The exchanges to which a name leads, of those in which some event says it within where the ledger is read."""
    places = finder.places[name.kind, name.key]
    if within == Within(Cut(), Bound()):
        return places
    return [each for each in places if await _is_said(asking, name, each, within, asker)]


async def _is_said(asking: Asking, name: KnownName, exchange: str, within: Within, asker: Asker) -> bool:
    wanted, member = _saying(name, exchange, within.cut)
    page = await asking.page(wanted, within.bound, NOWHERE, _SAYING_MAX if member else 1, asker)
    if member is None:
        return bool(page.entries)
    said = name.text or name.key
    return any(members_of(entry.payload).get(member) == said for entry in page.entries)


def _saying(name: KnownName, exchange: str, cut: Cut) -> tuple[Filter, str | None]:
    """The events that may say a name in an exchange, and the member that says it; None where any of them does."""
    if name.kind == "process":
        return Filter(exchange, type="exchange_opened", cut=cut), "process"
    if name.kind == "source":
        return Filter(exchange, publisher=name.key, cut=cut), None
    if name.kind == "party":
        if name.text:
            return Filter(exchange, type="party_registered", party=name.key, cut=cut), "name"
        return Filter(exchange, party=name.key, cut=cut), None
    return (
        (Filter(exchange, type="exchange_opened", cut=cut), "title") if name.text else (Filter(exchange, cut=cut), None)
    )


def _view(name: KnownName, places: Sequence[str]) -> BaseModel:
    exchanges, text = [*places], name.text or None
    match name.kind:
        case "exchange":
            return FoundExchange(exchange=name.key, title=text)
        case "process":
            return FoundProcess(process=name.key, exchanges=exchanges)
        case "party":
            return FoundParty(party=name.key, name=text, exchanges=exchanges)
        case "source":
            return FoundSource(publisher=name.key, exchanges=exchanges)
