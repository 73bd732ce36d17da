"""What an event must be like to be found: held against a plain reading of each event, with an index and without."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.book.cut import Cut
from ledger.errors import UnknownName, UsageError
from ledger.follow.events import Events
from ledger.follow.filters import FILTERS, Filter, filter_of
from ledger.follow.finder import Finder
from ledger.words.folding import words
from schemas.codec import decode, encode, skim
from schemas.events import AnyEvent
from schemas.record import from_microseconds
from schemas.values import span
from tests.history.bundled import history
from tests.strategies import events

PARTIES = ("by", "to", "party", "convener", "proposer", "refused_by", "alleged_by")
MANY_PARTIES = ("facilitators", "participants", "parties")
TEXTS = (
    *("as_stated", "note", "title", "name", "label", "cause", "area", "region", "venue", "what", "why", "position"),
    "topic",
)
START_US = 1_700_000_000_000_000
STEP_US = 3_600_000_000


# -- each event, read plainly ----------------------------------------------------------------------


def parties(event: Any) -> set[str | None]:
    found = {getattr(event, name, None) for name in PARTIES} | {event.source.speaks_for}
    for name in MANY_PARTIES:
        found.update(getattr(event, name, ()))
    for group in getattr(event, "groups", ()):
        found |= {group.holder, group.destination}
    return found - {None}


def countries(event: Any) -> set[str]:
    found = {*getattr(event, "nationals", ()), *getattr(event, "prisoner_nationals", ())}
    return found.union(*(group.nationality for group in getattr(event, "groups", ())))


def texts(event: Any) -> Iterator[str]:
    source = event.source
    yield from filter(None, (source.publisher, source.speaker, source.origin))
    yield from filter(
        None, (getattr(event, name, None) for name in TEXTS if (event.type, name) != ("position_declared", "topic"))
    )
    yield from getattr(event, "conditions", ())
    yield from filter(None, (each.as_stated for each in getattr(event, "pledges", ())))


def side(event: Any) -> str | None:
    if event.type.startswith(("captives_", "prisoners_")):
        return str(event.type.partition("_")[0])
    said = getattr(event, "side", None) or getattr(event, "leg", None) or getattr(event, "figure", None) or ""
    if said.startswith(("captives", "prisoner")):
        return "captives" if said.startswith("captives") else "prisoners"
    return "captives" if said == "remains" else None


def has_words(event: Any, text: str) -> bool:
    *whole, beginning = words(text)
    found = {word for each in texts(event) for word in words(each)}
    return found >= {*whole} and any(word.startswith(beginning) for word in found)


def meets(at: str, precision: str, until: str | None, given: dict[str, str], name: str) -> bool:
    """Whether a moment touches a day from one date to another."""
    start, end = span(at, precision, until)
    since, before = given.get(f"{name}_from"), given.get(f"{name}_to")
    if since is not None and end is not None and end.isoformat() <= f"{since}T00:00:00":
        return False
    return not (before is not None and start is not None and start.date().isoformat() > before)


def is_wanted(event: Any, recorded_us: int, given: dict[str, str]) -> bool:
    out = event.source.published
    recorded = from_microseconds(recorded_us).date().isoformat()
    plain: dict[str, Callable[[str], bool]] = {
        "exchange": lambda word: event.exchange == word,
        "round": lambda word: str(event.round) == word,
        "type": lambda word: event.type == word,
        "publisher": lambda word: words(event.source.publisher) == words(word),
        "party": lambda word: word in parties(event),
        "country": lambda word: word in countries(event),
        "status": lambda word: event.status == word,
        "side": lambda word: side(event) == word,
        "text": lambda word: has_words(event, word),
        "recorded_from": lambda word: recorded >= word,
        "recorded_to": lambda word: recorded <= word,
    }
    if not all(plain[name](word) for name, word in given.items() if name in plain):
        return False
    at = event.occurred
    if not meets(at.at, at.precision, at.until, given, "occurred"):
        return False
    if {"published_from", "published_to"} & given.keys():
        return out is not None and meets(out, "day" if len(out) == 10 else "minute", None, given, "published")
    return True


# -- the same by filter and index ------------------------------------------------------------------


class Kept:
    """Events in memory, an hour of recording apart, and an index of them."""

    def __init__(self, told: list[AnyEvent]) -> None:
        self.told, self.events, self.finder = told, Events(), Finder()
        for number, event in enumerate(told):
            raw = encode(event)
            self.events.add(number % 3, (number, self.recorded_us(number), raw, None), skim(raw))
        self.finder.add([self.finder.row(number, entry) for number, entry in enumerate(self.events)])

    def recorded_us(self, number: int) -> int:
        return START_US + number * STEP_US

    def found(self, given: dict[str, str], first: int = 0) -> list[int]:
        wanted = filter_of(given)
        may = self.finder.arrivals(wanted, first, len(self.events), len(self.events))
        assert may == sorted(may)
        entries = {arrival: self.events[arrival] for arrival in may}
        return [n for n, each in entries.items() if wanted.wants(each.exchange, each.recorded_us, each.payload)]

    def plainly(self, given: dict[str, str], first: int = 0) -> list[int]:
        every = range(first, len(self.told))
        return [n for n in every if is_wanted(self.told[n], self.recorded_us(n), given)]


def asked_of(event: Any, number: int) -> dict[str, str]:
    """A question by each filter that an event could be an answer to."""
    start, end = span(event.occurred.at, event.occurred.precision, event.occurred.until)
    out, recorded = event.source.published, from_microseconds(START_US + number * STEP_US).date().isoformat()
    word = next((each[:4] for text in texts(event) for each in words(text)), "a")
    named = {
        "round": event.round,
        "party": min(parties(event), default=None, key=str),
        "country": min(countries(event), default=None),
        "side": side(event),
        "occurred_from": start and start.date(),
        "occurred_to": end and end.date(),
        "published_from": out and out[:10],
        "published_to": out and out[:10],
    }
    return {
        **{name: str(word) for name, word in named.items() if word is not None},
        "exchange": event.exchange,
        "type": event.type,
        "status": event.status,
        "text": word,
        "publisher": event.source.publisher,
        "recorded_from": recorded,
        "recorded_to": recorded,
    }


@settings(max_examples=60)
@given(st.lists(events(), min_size=1, max_size=20, unique_by=lambda event: event.id), st.data())
def test_any_filters_together_find_what_a_plain_reading_finds(told: list[AnyEvent], data: st.DataObject) -> None:
    kept = Kept([decode(encode(each)) for each in told])  # type: ignore[misc]
    number = data.draw(st.integers(0, len(told) - 1))
    asked = asked_of(told[number], number)
    names = data.draw(st.lists(st.sampled_from(sorted(asked)), max_size=4, unique=True))
    given = {name: asked[name] for name in names}
    first = data.draw(st.integers(0, len(told)))
    if in_order(given):
        assert kept.found(given, first) == kept.plainly(given, first)
        assert number in kept.found(given)


def in_order(given: dict[str, str]) -> bool:
    pairs = [(given.get(f"{name}_from"), given.get(f"{name}_to")) for name in ("occurred", "published")]
    return all(since is None or until is None or since <= until for since, until in pairs)


@pytest.fixture(scope="module")
def bundled() -> Kept:
    return Kept([*history()])


ASKED = {
    "exchange": "IL-HAMAS-2023-11",
    "round": "3",
    "type": "captives_released",
    "publisher": "cnn",
    "party": "qatar",
    "country": "THA",
    "status": "claimed_by_side",
    "side": "prisoners",
    "text": "red cr",
    "occurred_from": "2023-11-26",
    "occurred_to": "2025-01-25",
    "published_from": "2023-11-27",
    "published_to": "2025-01-20",
    "recorded_from": "2023-11-18",
    "recorded_to": "2023-11-24",
}


def test_every_filter_is_tried() -> None:
    assert set(ASKED) == set(FILTERS)


@pytest.mark.parametrize("names", [*((each,) for each in FILTERS), *combinations(FILTERS, 2)], ids="+".join)
def test_each_filter_alone_and_each_two_find_the_same_of_the_bundled_history(
    bundled: Kept, names: tuple[str, ...]
) -> None:
    given = {name: ASKED[name] for name in names}
    if "publisher" in given:
        given["publisher"] = bundled.told[60].source.publisher.upper()
    found = bundled.found(given)
    assert found == bundled.plainly(given)
    assert len(found) < len(bundled.told)
    assert found or len(names) == 2


# -- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Élysée Palace said so", "elysee pal"),
        ("Straße nach Łódź", "STRASSE lodz"),
        ("أُطلِقَ سَراحُ الأسرى", "اطلق سراح الاسر"),
        ("مـعـبر رفح", "معبر"),
        ("שִׁחְרוּר הַחֲטוּפִים", "שחרור החטו"),
        ("обмен пленными", "ОБМЕН плен"),
        ("交换战俘", "战俘"),
        ("ترکیه", "تركيه"),
        ("released ١٢ people", "12"),
        ("Trao đổi tù binh", "trao doi tu binh"),
    ],
)
def test_words_are_found_however_they_are_written(text: str, asked: str) -> None:
    event = history()[60].model_copy(update={"note": text})
    other = history()[61]
    kept = Kept([other, event])
    assert kept.found({"text": asked}) == [1]
    assert kept.found({"text": asked + " nowhere"}) == []


def test_only_the_last_word_may_be_a_beginning() -> None:
    kept = Kept([history()[60].model_copy(update={"note": "a second convoy"})])
    assert kept.found({"text": "second conv"}) == [0]
    assert kept.found({"text": "sec convoy"}) == []


# -- what makes no sense ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"type": "captive_released"}, "type 'captive_released': there is none; did you mean captives_released?"),
        ({"type": "captives_freed"}, "type 'captives_freed': there is none; did you mean captives_released?"),
        ({"status": "confirmd"}, "did you mean confirmed?"),
        ({"side": "hostages"}, "there is captives, prisoners"),
        ({"round": "three"}, "round 'three': give a whole number"),
        ({"text": "?!"}, "text '?!': give at least one word"),
        ({"occurred_from": "last week"}, "occurred_from 'last week': give a date such as"),
        ({"published_from": "2024-02-01", "published_to": "2024-01-01"}, "is later than published_to '2024-01-01'"),
    ],
)
def test_a_question_that_makes_no_sense_says_what_to_ask(given: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError) as refused:
        filter_of(given)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"party": "quatar"}, "did you mean qatar?"),
        ({"country": "THI"}, "no country 'THI'"),
        ({"exchange": "IL-HAMAS-2023-12"}, "did you mean IL-HAMAS-2023-11?"),
        ({"publisher": "Khaosod"}, "there is Khaosod English"),
    ],
)
def test_a_name_that_there_is_none_of_is_answered_with_the_nearest(
    bundled: Kept, given: dict[str, str], told: str
) -> None:
    with pytest.raises(UnknownName) as refused:
        filter_of(given).check(bundled.finder.known)
    assert told in str(refused.value)


def test_cuts_hold_as_they_do_for_views(bundled: Kept) -> None:
    cut = Cut.parse(occurred_by="2023-11-27", published_by="2023-11-28")
    wanted = Filter(type="captives_released", cut=cut)
    found = [n for n, each in enumerate(bundled.events) if wanted.wants(each.exchange, each.recorded_us, each.payload)]
    plainly = [
        n
        for n, each in enumerate(bundled.told)
        if each.type == "captives_released" and cut.covers(each) and cut.knows(each)
    ]
    assert found == plainly != []
