"""Which events somebody asks for: one filter for pages, streams and commands."""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import NamedTuple, get_args

from ledger.book.cut import WHOLE, Cut, end_in_utc, read_bound, zone_of
from ledger.errors import UnknownName, UsageError
from ledger.words.folding import Phrase, folded
from schemas.codec import UnknownEvent, skim
from schemas.errors import listed, nearest
from schemas.kinds import KINDS
from schemas.mentions import Members, is_understood, members_of, mentions, side_in, status_in
from schemas.record import to_microseconds
from schemas.values import Moment, Span, span, span_of
from schemas.vocabulary import Side, Status

FILTERS: Sequence[str] = (
    "exchange",
    "round",
    "type",
    "publisher",
    "party",
    "country",
    "status",
    "side",
    "text",
    "occurred_from",
    "occurred_to",
    "published_from",
    "published_to",
    "recorded_from",
    "recorded_to",
)
"""By what can be asked for, as a query of HTTP names it."""
VOCABULARIES: Mapping[str, Sequence[str]] = {
    "type": tuple(KINDS),
    "status": get_args(Status),
    "side": get_args(Side),
}
"""What a coded word can be, whatever is in a ledger."""
_TYPES_IN_WORDS = {kind.words.replace(" ", "_"): name for name, kind in KINDS.items()}
"""The types, by the words in which people are told of them."""
OFFERED_MAX = 2_000
"""Names that are looked at for one that may be meant: a ledger has any number, and each costs some microseconds."""
FIRST_DAY, LAST_DAY = 0, 4_000_000
"""Before every day, and after, as ordinals."""


class KnownNames(NamedTuple):
    """The names in a ledger that somebody can ask for, as they are written there; publishers also folded."""

    exchanges: Collection[str]
    publishers: Collection[str]
    parties: Collection[str]
    countries: Collection[str]
    folded_publishers: Container[str]


class Window(NamedTuple):
    """From when and to when, both included; None where it is open."""

    since: Moment | None = None
    until: Moment | None = None

    def meets(self, at: str, precision: str, closes: str | None = None) -> bool:
        """Whether a moment, as precise as it is known, may lie within."""
        if self.since is not None:
            end, start = span(at, precision, closes, zone_of(self.since)).end, span_of(self.since).start
            if end is not None and start is not None and end <= start:
                return False
        if self.until is not None:
            start, end = span(at, precision, closes, zone_of(self.until)).start, span_of(self.until).end
            if end is not None and start is not None and start >= end:
                return False
        return True

    @property
    def days(self) -> tuple[int, int]:
        """The first and the last day, on any clock, of what may lie within."""
        since = FIRST_DAY if self.since is None else day_span(span_of(self.since))[0] - 1
        return since, LAST_DAY if self.until is None else day_span(span_of(self.until))[1] + 1


OPEN = Window()


@dataclass(frozen=True)
class Filter:
    """What events must be like; all of it together. What is None or open lets every event through.

    `occurred`: they may have happened within. `published`: they bear a date of publication that may lie within.
    `recorded`: when this ledger recorded them, days in UTC. `party`, `country`: they name it, in whatever role.
    `text`: what is written in them for people has the words. `cut`: by whose clocks they must be known.
    """

    exchange: str | None = None
    round: int | None = None
    type: str | None = None
    publisher: str | None = None
    party: str | None = None
    country: str | None = None
    status: str | None = None
    side: str | None = None
    text: Phrase | None = None
    occurred: Window = OPEN
    published: Window = OPEN
    recorded: Window = OPEN
    cut: Cut = WHOLE

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:  # once, since streams that want the same share what they are sent
        return hash(tuple(getattr(self, each.name) for each in fields(self)))

    @cached_property
    def reads_events(self) -> bool:
        """Whether an event has to be read to know whether it is wanted; else its exchange says so."""
        return self != Filter(exchange=self.exchange)

    @cached_property
    def recorded_us(self) -> tuple[int, int]:
        """From which microsecond, and before which, events are recorded."""
        since, until = self.recorded
        first = 0 if since is None else to_microseconds(_start_in_utc(since))
        return first, 2**63 - 1 if until is None else to_microseconds(end_in_utc(until))

    def wants(self, exchange: str, recorded_us: int, payload: bytes) -> bool:
        """Whether an event is as it is asked for."""
        if self.exchange not in (None, exchange):
            return False
        if not self.reads_events:
            return True
        first, before = self.recorded_us
        return first <= recorded_us < before and self._wants(members_of(payload)) and self._knows(payload)

    @cached_property
    def _publisher(self) -> str | None:
        return None if self.publisher is None else folded(self.publisher)

    def _wants(self, event: Members) -> bool:
        if self.type not in (None, event["type"]):
            return False
        if not is_understood(event):
            return self == Filter(self.exchange, type=self.type, recorded=self.recorded, cut=self.cut)
        if self.round not in (None, event.get("round")):
            return False
        if self.status not in (None, status_in(event)) or (self.side is not None and self.side != side_in(event)):
            return False
        source, occurred = event["source"], event["occurred"]
        if self._publisher is not None and self._publisher != folded(source["publisher"]):
            return False
        if not self.occurred.meets(occurred["at"], occurred["precision"], occurred.get("until")):
            return False
        return self._is_published(source.get("published")) and self._names(event)

    def _is_published(self, published: str | None) -> bool:
        if self.published == OPEN:
            return True
        return published is not None and self.published.meets(published, precision_of(published))

    def _names(self, event: Members) -> bool:
        if self.party is None and self.country is None and self.text is None:
            return True
        named = mentions(event)
        has_names = self.party in (None, *named.parties) and self.country in (None, *named.countries)
        return has_names and (self.text is None or self.text.within(named.texts))

    def _knows(self, payload: bytes) -> bool:
        if self.cut.occurred_by is None and self.cut.published_by is None:
            return True
        event = skim(payload)
        return not isinstance(event, UnknownEvent) and self.cut.covers(event) and self.cut.knows(event)

    def check(self, known: KnownNames) -> None:
        """Raise UnknownName for a name that a ledger does not have."""
        check_name("exchange", self.exchange, known.exchanges)
        check_name("party", self.party, known.parties)
        check_name("country", self.country, known.countries)
        if self._publisher is not None and self._publisher not in known.folded_publishers:
            check_name("publisher", self.publisher, known.publishers)


def check_name(kind: str, name: str | None, names: Collection[str]) -> None:
    """Raise UnknownName for a name that is not among some, with those that have it in them, else the nearest."""
    if name is None or name in names:
        return
    looked_at, part = list(islice(names, OFFERED_MAX)), folded(name)
    having = [each for each in looked_at if part in folded(each)]
    raise UnknownName(kind, name, sorted(having or looked_at))


def filter_of(given: Mapping[str, str], cut: Cut = WHOLE, named: Callable[[str], str] = str) -> Filter:
    """The filter that some parameters ask for. Raises UsageError, in which `named` says what a parameter is called."""

    def window(name: str) -> Window:
        since, until = f"{name}_from", f"{name}_to"
        found = Window(read_bound(named(since), given.get(since)), read_bound(named(until), given.get(until)))
        _check_order(found, named(since), named(until))
        return found

    for name, terms in VOCABULARIES.items():
        _check_term(named(name), given.get(name), terms)
    return Filter(
        exchange=given.get("exchange"),
        round=_round(named("round"), given.get("round")),
        type=given.get("type"),
        publisher=given.get("publisher"),
        party=given.get("party"),
        country=given.get("country"),
        status=given.get("status"),
        side=given.get("side"),
        text=_phrase(named("text"), given.get("text")),
        occurred=window("occurred"),
        published=window("published"),
        recorded=window("recorded"),
        cut=cut,
    )


def precision_of(published: str) -> str:
    """How precise a date of publication is."""
    return "day" if len(published) == 10 else "minute"


def day_span(moment: Span) -> tuple[int, int]:
    """The first and the last day that a span touches, as ordinals."""
    start, end = moment
    return FIRST_DAY if start is None else start.toordinal(), LAST_DAY if end is None else end.toordinal()


def _start_in_utc(moment: Moment) -> datetime:
    start = span_of(moment, UTC).start
    assert start is not None
    return start.replace(tzinfo=UTC)


def _check_order(window: Window, since: str, until: str) -> None:
    """Raises UsageError for a window that begins after its end, so that nothing could ever lie within."""
    if window.since is None or window.until is None:
        return
    if window.since.precision != window.until.precision:
        return
    first, last = span_of(window.since, UTC).start, span_of(window.until, UTC).end
    if first is not None and last is not None and first >= last:
        raise UsageError(f"{since} {window.since.at!r} is later than {until} {window.until.at!r}: exchange the two")


def _check_term(name: str, word: str | None, terms: Sequence[str]) -> None:
    if word is None or word in terms:
        return
    near = _TYPES_IN_WORDS.get(word.replace(" ", "_"), "") if terms is VOCABULARIES["type"] else ""
    near = near or nearest(word, tuple(terms))
    there_is = f"did you mean {near}?" if near else f"there is {listed(terms)}"
    raise UsageError(f"{name} {word[:80]!r}: there is none; {there_is}")


def _round(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError(f"{name} {text[:80]!r}: give a whole number")
    return int(text)


def _phrase(name: str, text: str | None) -> Phrase | None:
    if text is None:
        return None
    found = Phrase.of(text)
    if found is None:
        raise UsageError(f"{name} {text[:80]!r}: give at least one word")
    return found
