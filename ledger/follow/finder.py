"""An index of the events in memory by what can be asked of them: SQLite's full-text index, eighty bytes an event.

Each event is a row of terms: its words, and its type, publisher, parties and the like, each as a term that can be no
word. What it finds may be a little too much, never too little: whoever asks holds each event against the filter.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Literal, NamedTuple, TypeAlias, cast, get_args

import apsw

from ledger.follow.events import Entry
from ledger.follow.filters import FIRST_DAY, OPEN, Filter, KnownNames, Window, day_span, precision_of
from ledger.words.folding import Phrase, folded, words
from schemas.mentions import Members, is_understood, members_of, mentions, side_in, status_in
from schemas.record import to_microseconds
from schemas.values import span

NameKind: TypeAlias = Literal["exchange", "process", "party", "source"]
NAME_KINDS: Sequence[NameKind] = get_args(NameKind)
NAMES_MAX = 2_000
"""Names that are ranked for one question."""
PLACES_MAX = 5
"""Exchanges that are kept for a party or a publisher, to lead to."""
SECOND_US = 1_000_000
_SCHEMA = """
CREATE VIRTUAL TABLE terms USING fts5(
    term, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '=_-'"
);
CREATE TABLE times (arrival INTEGER PRIMARY KEY, begins, ends, published, recorded);
CREATE VIRTUAL TABLE names USING fts5(
    term, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '=_-'"
);
"""


class KnownName(NamedTuple):
    """What an exchange, a process, a party or a source is called: by its key, and by a text that somebody wrote."""

    kind: NameKind
    key: str
    text: str


class IndexRow(NamedTuple):
    """An event as the index has it. Days are ordinals; `published` is before every day where nobody says when."""

    arrival: int
    terms: str
    begins: int
    ends: int
    published: int
    recorded_s: int


class Finder:
    """The first `reached` events, by what can be asked of them.

    `names`: whatever exchanges, processes, parties and sources are called, each once. `places`: some exchanges in which
    there is each of them; `times`: how many events name it.

    Rows are made on the event loop and added in a thread; questions may come from others meanwhile.
    """

    def __init__(self) -> None:
        self.reached = 0
        self.names: list[KnownName] = []
        self.places: defaultdict[tuple[NameKind, str], list[str]] = defaultdict(list)
        self.times: Mapping[NameKind, Counter[str]] = {kind: Counter() for kind in NAME_KINDS}
        self._publishers: dict[str, int] = {}
        self._countries: set[str] = set()
        self._known: set[KnownName] = set()
        self._named = 0
        self._asking = Lock()
        self._database = apsw.Connection(":memory:")
        self._database.execute(_SCHEMA)

    # -- taking in ---------------------------------------------------------------------------------

    def row(self, arrival: int, entry: Entry) -> IndexRow:
        """An event as the index has it; what it is called is kept at once."""
        event = members_of(entry.payload)
        self._name("exchange", entry.exchange, entry.exchange)
        terms = [f"x={entry.exchange}", f"t={event['type']}"]
        recorded_s = entry.recorded_us // SECOND_US
        if not is_understood(event):
            return IndexRow(arrival, " ".join(terms), FIRST_DAY, FIRST_DAY, FIRST_DAY, recorded_s)
        terms += self._terms(event, entry.exchange)
        occurred, published = event["occurred"], event["source"].get("published")
        begins, ends = day_span(span(occurred["at"], occurred["precision"], occurred.get("until")))
        out = FIRST_DAY if published is None else day_span(span(published, precision_of(published)))[0]
        return IndexRow(arrival, " ".join(terms), begins, ends, out, recorded_s)

    def _terms(self, event: Members, exchange: str) -> Iterator[str]:
        publisher, named = event["source"]["publisher"], mentions(event)
        yield f"s={status_in(event)}"
        yield f"r={event.get('round')}"
        yield f"i={side_in(event)}"
        yield f"u={self._publishers.setdefault(folded(publisher), len(self._publishers))}"
        self._name("source", publisher, exchange)
        for party in {*named.parties}:
            yield f"p={party}"
            self._name("party", party, exchange)
        for country in {*named.countries}:
            yield f"c={country}"
            self._countries.add(country)
        yield from {word for text in named.texts for word in words(text)}
        self._declare(event, exchange)

    def _declare(self, event: Members, exchange: str) -> None:
        """Keep what an event says that something is called."""
        if event["type"] == "exchange_opened":
            self._name("exchange", exchange, exchange, event["title"])
            if process := event.get("process"):
                self._name("process", process, exchange)
        elif event["type"] == "party_registered":
            self._name("party", event["party"], exchange, event["name"])

    def _name(self, kind: NameKind, key: str, exchange: str, text: str = "") -> None:
        self.times[kind][key] += 1
        places = self.places[kind, key]
        if len(places) < PLACES_MAX and exchange not in places:
            places.append(exchange)
        name = KnownName(kind, key, text)
        if name not in self._known:
            self._known.add(name)
            self.names.append(name)

    def add(self, rows: Sequence[IndexRow]) -> None:
        """Take in the next events."""
        names = self.names[self._named :]
        with self._asking, self._database:
            self._database.executemany("INSERT INTO terms (rowid, term) VALUES (?, ?)", (row[:2] for row in rows))
            times = ((row.arrival, *row[2:]) for row in rows)
            self._database.executemany("INSERT INTO times VALUES (?, ?, ?, ?, ?)", times)
            numbered = enumerate((_name_terms(each) for each in names), self._named)
            self._database.executemany("INSERT INTO names (rowid, term) VALUES (?, ?)", numbered)
        self._named += len(names)
        self.reached += len(rows)

    # -- asking ------------------------------------------------------------------------------------

    @property
    def known(self) -> KnownNames:
        """The names that can be asked for."""
        of = self.times
        return KnownNames(of["exchange"], of["source"], of["party"], self._countries, self._publishers)

    def arrivals(self, wanted: Filter, first: int, end: int, most: int) -> list[int]:
        """The first of the events from one arrival to before another that may be wanted, in their order."""
        match = self._match(wanted)
        clauses, values = _within(wanted)
        number = "terms.rowid" if match else "times.arrival"
        tables = "terms" if match else "times"
        if match and clauses:
            tables = "terms CROSS JOIN times ON times.arrival = terms.rowid"
        clauses = [f"{number} >= ?", f"{number} < ?", *(["terms MATCH ?"] if match else []), *clauses]
        asked = f"SELECT {number} FROM {tables} WHERE {' AND '.join(clauses)} ORDER BY {number} LIMIT ?"
        bound = (first, end, *([match] if match else []), *values, most)
        with self._asking:
            return [cast("int", arrival) for (arrival,) in self._database.execute(asked, bound)]

    def named(self, phrase: Phrase) -> list[KnownName]:
        """The names that have some words."""
        asked = "SELECT rowid FROM names WHERE names MATCH ? LIMIT ?"
        with self._asking:
            found = self._database.execute(asked, (" AND ".join(_phrase_terms(phrase)), NAMES_MAX)).fetchall()
        return [self.names[cast("int", number)] for (number,) in found]

    def _match(self, wanted: Filter) -> str:
        """The terms that a wanted event has, in the language of the index; empty where there is none."""
        coded = {
            "x": wanted.exchange,
            "t": wanted.type,
            "s": wanted.status,
            "r": wanted.round,
            "i": wanted.side,
            "p": wanted.party,
            "c": wanted.country,
            "u": None if wanted.publisher is None else self._publishers.get(folded(wanted.publisher), "none"),
        }
        terms = [_quoted(f"{key}={value}") for key, value in coded.items() if value is not None]
        return " AND ".join([*terms, *(_phrase_terms(wanted.text) if wanted.text else ())])


def _within(wanted: Filter) -> tuple[list[str], list[int]]:
    """What the times of a wanted event are like, and the values in it: as days, with one to spare on either side."""
    clauses, values = list[str](), list[int]()

    def bound(clause: str, value: int) -> None:
        clauses.append(f"times.{clause} ?")
        values.append(value)

    first, last = wanted.occurred.days
    if wanted.occurred.since is not None:
        bound("ends >=", first)
    if wanted.occurred.until is not None:
        bound("begins <=", last)
    known = Window(until=wanted.cut.published_by)
    for window in (wanted.published, known):
        first, last = window.days
        if window != OPEN:
            bound("published >=", max(first, FIRST_DAY + 1))
            bound("published <=", last)
    first, before = wanted.recorded_us
    if wanted.recorded.since is not None:
        bound("recorded >=", first // SECOND_US)
    if wanted.recorded.until is not None:
        bound("recorded <=", before // SECOND_US)
    if wanted.cut.recorded_by is not None:
        bound("recorded <=", to_microseconds(wanted.cut.recorded_by) // SECOND_US)
    return clauses, values


def _name_terms(name: KnownName) -> str:
    return " ".join(dict.fromkeys([*words(name.key), *words(name.text)]))


def _phrase_terms(phrase: Phrase) -> list[str]:
    return [*map(_quoted, phrase.whole), f"{_quoted(phrase.beginning)}*"]


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
