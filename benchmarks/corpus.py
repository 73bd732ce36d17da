"""A corpus of events as they would come in real life: invented, deterministic, of any length, written as a stream.

The first events of a longer corpus are those of a shorter one. Sixteen exchanges run at any time, each of about
2,000 events, with a round every 20 to 40 of them. About 5 % of the events are rival claims on an occurrence
that is known already, 1 % corrections, 1 % decisions.
"""

import random
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import orjson

from ledger.log.port import Message
from ledger.log.sqlite import SqliteLog
from schemas.record import to_microseconds

Members = dict[str, Any]

SEED = 20231124
ACTIVE = 16
STEP = timedelta(seconds=81)
START = datetime(1990, 1, 1, tzinfo=UTC)
RIVALS, CORRECTIONS, DECISIONS = 0.05, 0.01, 0.01
BATCH = 10_000

_PLACES = (
    *("Northport", "Eastvale", "Harrow Bay", "Kestrel", "Lindenfeld", "Marisol", "Oakhaven", "Port Alder", "Quill"),
    *("Ravenna Hills", "Saltmarsh", "Tamarind", "Umber", "Valmont", "Westmere", "Yarrow", "Zephyr Coast"),
)
_MEDIA = (
    ("Daily Herald", "newspaper"),
    ("News Agency", "wire"),
    ("Broadcasting", "broadcaster"),
    ("State Television", "state_media"),
    ("Live Blog", "aggregator"),
    ("Ministry of Justice", "official_party"),
)
_PARTIES = ("northern_front", "government", "mediators", "red_cross", "united_brigades", "coast_council")
_CAPTIVES = ("women", "children", "men_civilian", "foreign_worker", "women_elderly", "dual_national", "pow", "mixed")
_PRISONERS = ("women", "minors", "detainees", "men_civilian", "police", "mixed")
_SENTENCES = ("life", "long", "short", "none", "wartime_detention", "unknown")
_COUNTRIES = ("ISR", "THA", "UKR", "RUS", "YEM", "COL", "PHL", "NPL", "XXX")
_DESTINATIONS = ("home", "abroad", "eastern_district", "western_district")
_HEDGES = (
    {"best": 12, "qualifier": "about"},
    {"low": 31, "qualifier": "over"},
    {"low": 10, "qualifier": "at_least"},
    {"best": 40, "low": 35, "high": 45, "qualifier": "around"},
    {"qualifier": "several"},
    {"qualifier": "unknown"},
)
_WORDS = (
    "the group was handed over at the crossing shortly after dusk",
    "officials said that the list had been agreed on the evening before",
    "buses left the prison in the afternoon and reached the town at night",
    "the families were told by telephone and asked not to speak to reporters",
    "a second convoy followed after a delay of some hours",
    "the names were published by the prison service and could be objected to",
)


class _Outlet(NamedTuple):
    """A publisher and what never changes about its stories."""

    source: Members
    host: str


def _outlets() -> list[_Outlet]:
    rng = random.Random(SEED)
    found = []
    for place in _PLACES:
        for medium, kind in _MEDIA:
            source = {"publisher": f"{place} {medium}", "kind": kind}
            if kind == "official_party":
                source["speaks_for"] = rng.choice(_PARTIES[:2])
            if rng.random() < 0.2:
                source["origin"] = f"{rng.choice(_PLACES)} News Agency"
            found.append(_Outlet(source, f"{place.split()[0]}-{medium.split()[0]}.example".lower()))
    return found


_OUTLETS = _outlets()


class _Known(NamedTuple):
    """A claim that later events can rival, correct, dispute or decide."""

    id: str
    key: str
    members: Members


class _Exchange:
    """One exchange under way, and what its next event may refer to."""

    def __init__(self, number: int, rng: random.Random) -> None:
        self.name = f"EX-{number:05d}"
        self.rng = rng
        self.round, self.round_ends = 1, 30
        self.events, self.ends = 0, rng.randint(1500, 2500)
        self.recent: deque[_Known] = deque(maxlen=40)
        self.captives = rng.sample(_CAPTIVES, 4)
        self.prisoners = rng.sample(_PRISONERS, 3)
        self.destination = rng.choice(_DESTINATIONS)
        own, foreign = ([country] for country in rng.sample(_COUNTRIES, 2))
        inside = {"nationality": own, "ratio_scope": "inside", "basis": "exchange"}
        outside = {"nationality": foreign, "ratio_scope": "outside", "basis": "side_arrangement"}
        self.nationals: list[Members] = [inside, inside, inside, outside]

    def next(self, event_id: str, now: datetime) -> Members:
        """The members of the next event, in the order in which the codec prints them."""
        self.events += 1
        if self.events > self.round_ends:
            self.round += 1
            self.round_ends += self.rng.randint(20, 40)
        kind, body = self._what(now)
        head = {"type": kind, "version": 1, "id": event_id, "exchange": self.name}
        members = {**head, **self._envelope(kind, now), **body}
        if "groups" in body:
            self.recent.append(_Known(event_id, members.get("occurrence", event_id), members))
        return members

    def _what(self, now: datetime) -> tuple[str, Members]:
        if self.events == 1:
            return "exchange_opened", {"title": f"Exchange {self.name}", "nationals": self.nationals[0]["nationality"]}
        if self.events <= 5:
            party = _PARTIES[self.events - 2]
            name = party.replace("_", " ").title()
            return "party_registered", {"party": party, "name": name, "kind": "agency", "roles": ["claimant"]}
        chance = self.rng.random() if self.recent else 1.0
        if chance < RIVALS:
            return self._rival()
        if chance < RIVALS + CORRECTIONS:
            return self._correction()
        if chance < RIVALS + CORRECTIONS + DECISIONS:
            return self._decision()
        kind, make = _KINDS[bisect(_CHANCES, self.rng.random() * _CHANCES[-1])]
        return kind, make(self, now)

    def _envelope(self, kind: str, now: datetime) -> Members:
        rng = self.rng
        members: Members = {}
        if kind not in _ROUNDLESS:
            members["round"] = self.round
        if kind in _NAMED and rng.random() < 0.6:
            members["occurrence"] = f"r{self.round}-{kind}-{self.events}"
        members["occurred"] = self._occurred(now)
        members["source"] = self._source(now)
        if rng.random() < 0.04 and kind in _NAMED:
            members["status"] = "claimed_by_side"
        if rng.random() < 0.05:
            members["as_stated"] = rng.choice(_WORDS)
        return members

    def _occurred(self, now: datetime) -> Members:
        chance = self.rng.random()
        if chance < 0.7:
            return {"at": now.date().isoformat(), "precision": "day"}
        if chance < 0.97:
            return {"at": f"{now:%Y-%m-%dT%H:%M}+00:00", "precision": "minute"}
        return {"at": f"{now:%Y-%m}", "precision": "month"}

    def _source(self, now: datetime) -> Members:
        rng = self.rng
        outlet = rng.choice(_OUTLETS)
        published = now + timedelta(minutes=rng.randint(10, 4000))
        day = published.date().isoformat()
        url = {"url": f"https://{outlet.host}/{rng.getrandbits(32):x}"} if rng.random() < 0.25 else {}
        return {
            **outlet.source,
            **url,
            "published": day if rng.random() < 0.75 else f"{published:%Y-%m-%dT%H:%M}+00:00",
            "reliability": rng.choice("AABBBCCDF"),
            "credibility": rng.choice((1, 2, 2, 2, 3, 3, 4, 6)),
        }

    # -- claims on what is known already -----------------------------------------------------------

    def _rival(self) -> tuple[str, Members]:
        known = self.rng.choice(self.recent)
        groups = known.members["groups"] if self.rng.random() < 0.5 else self._recounted(known)
        return known.members["type"], {**_same(known), "occurrence": known.key, "groups": groups}

    def _correction(self) -> tuple[str, Members]:
        known = self.rng.choice(self.recent)
        about = {"occurrence": known.key, "supersedes": known.id, "reason": "corrected"}
        return known.members["type"], {**_same(known), **about, "groups": self._recounted(known)}

    def _recounted(self, known: _Known) -> list[Members]:
        first, *others = known.members["groups"]
        return [{**first, "count": {"best": self.rng.randint(1, 60)}}, *others]

    def _decision(self) -> tuple[str, Members]:
        known = self.rng.choice(self.recent)
        about = {"occurrence": known.key, "claim": known.id, "why": self.rng.choice(_WORDS)}
        return self.rng.choice(("claim_disputed", "claim_disputed", "claim_adopted", "claim_retracted")), about

    # -- movements ---------------------------------------------------------------------------------

    def captives_moved(self, _: datetime) -> Members:
        rng = self.rng
        groups = [
            {
                "count": self._count(12),
                "category": category,
                **rng.choice(self.nationals),
            }
            for category in self._some(self.captives)
        ]
        return self._with_part({"groups": groups, "by": "northern_front"})

    def prisoners_moved(self, _: datetime) -> Members:
        groups = [
            {
                "count": self._count(90),
                "category": category,
                "ratio_scope": "inside",
                "destination": self.destination,
                "sentence": _SENTENCES[len(category) % 6],
            }
            for category in self._some(self.prisoners)
        ]
        return self._with_part({"groups": groups, "by": "government"})

    def remains_moved(self, _: datetime) -> Members:
        group = {"count": {"best": self.rng.randint(1, 4)}, "category": "remains", "vital": "remains"}
        return {"groups": [group], "by": "northern_front", "to": "government"}

    def captives_lost(self, _: datetime) -> Members:
        count = {"best": self.rng.randint(1, 5)}
        return {"groups": [{"count": count, "category": self.captives[0]}], "by": "northern_front"}

    def _some(self, categories: list[str]) -> list[str]:
        chance = self.rng.random()
        number = 1 if chance < 0.65 else 2 if chance < 0.9 else 3
        start = self.rng.randrange(3)
        return (categories[start:] + categories)[:number]

    def _count(self, most: int) -> Members:
        rng = self.rng
        return {"best": rng.randint(1, most)} if rng.random() < 0.92 else rng.choice(_HEDGES)

    def _with_part(self, body: Members) -> Members:
        if self.recent and self.rng.random() < 0.06:
            of = self.rng.choice(self.recent).key
            body["part"] = {"of": of, "by": self.rng.choice(("batch", "nationality", "mover"))}
        elif self.rng.random() < 0.01 and self.round > 1:
            body["settles"] = [self.round - 1]
        return body

    # -- everything else ---------------------------------------------------------------------------

    def leg(self, _: datetime) -> Members:
        return {"leg": self.rng.choice(("captives", "prisoners")), "count": self._count(50)}

    def cancelled(self, _: datetime) -> Members:
        return {"leg": "prisoners", "cause": self.rng.choice(_WORDS)}

    def credit(self, _: datetime) -> Members:
        return {"count": {"best": 2}, "from_round": self.round, "to_round": self.round + 1}

    def pause(self, _: datetime) -> Members:
        return {"pause": f"pause-{self.round // 10}"}

    def extension(self, _: datetime) -> Members:
        return {"pause": f"pause-{self.round // 10}", "hours": 24}

    def violation(self, _: datetime) -> Members:
        by, alleged_by = self.rng.sample(_PARTIES[:3], 2)
        return {**self.pause(START), "by": by, "alleged_by": alleged_by, "what": self.rng.choice(_WORDS)}

    def meeting(self, _: datetime) -> Members:
        participants = self.rng.sample(_PARTIES, 3)
        return {"participants": participants, "venue": self.rng.choice(_PLACES), "track": "third_party_mediation"}

    def terms(self, _: datetime) -> Members:
        pledge = {"item": "captives", "count": {"best": self.rng.randint(5, 90)}}
        other = {"item": "prisoners", "count": {"best": 3}, "per": "captive"}
        return {"terms": f"terms-{self.round // 5}", "pledges": [pledge, other], "parties": list(_PARTIES[:2])}

    def refusal(self, now: datetime) -> Members:
        return {**self.terms(now), "refused_by": "government"}

    def position(self, _: datetime) -> Members:
        return {"party": self.rng.choice(_PARTIES), "formula": "all_for_all", "position": self.rng.choice(_WORDS)}

    def comment(self, _: datetime) -> Members:
        return {"party": self.rng.choice(_PARTIES), "response": self.rng.choice(("none", "declined"))}

    def aid(self, _: datetime) -> Members:
        item, stage = self.rng.choice(("trucks", "fuel_litres")), self.rng.choice(("crossed", "offloaded"))
        return {"item": item, "amount": {"best": self.rng.randint(10, 400)}, "stage": stage}

    def suspension(self, _: datetime) -> Members:
        return {"by": "government", "cause": self.rng.choice(_WORDS)}

    def funds(self, _: datetime) -> Members:
        return {"amount": {"best": self.rng.randint(1, 90) * 1_000_000}, "currency": "USD", "by": "government"}

    def statement(self, _: datetime) -> Members:
        figure = self.rng.choice(("captives.released", "prisoners.released", "captives.held"))
        return {"figure": figure, "count": self._count(900)}


def _same(known: _Known) -> Members:
    """What another claim on the same occurrence says too."""
    return {name: known.members[name] for name in _OF_MOVEMENT if name in known.members}


_Make = Callable[[_Exchange, datetime], Members]
_SHARES: tuple[tuple[str, float, _Make], ...] = (
    ("prisoners_released", 29, _Exchange.prisoners_moved),
    ("captives_released", 25, _Exchange.captives_moved),
    ("remains_returned", 5, _Exchange.remains_moved),
    ("captives_taken", 4, _Exchange.captives_moved),
    ("captives_died", 1.5, _Exchange.captives_lost),
    ("captives_rescued", 1, _Exchange.captives_lost),
    ("captives_escaped", 0.3, _Exchange.captives_lost),
    ("remains_recovered", 0.7, _Exchange.remains_moved),
    ("handover_rejected", 0.3, _Exchange.remains_moved),
    ("aid_delivered", 8, _Exchange.aid),
    ("aid_suspended", 0.5, _Exchange.suspension),
    ("funds_released", 0.2, _Exchange.funds),
    ("tally_stated", 4, _Exchange.statement),
    ("meeting_held", 4, _Exchange.meeting),
    ("release_planned", 3, _Exchange.leg),
    ("release_delayed", 1.5, _Exchange.leg),
    ("release_cancelled", 0.5, _Exchange.cancelled),
    ("count_credited", 0.5, _Exchange.credit),
    ("position_declared", 3, _Exchange.position),
    ("comment_sought", 2, _Exchange.comment),
    ("terms_proposed", 2, _Exchange.terms),
    ("terms_agreed", 0.7, _Exchange.terms),
    ("terms_refused", 0.7, _Exchange.refusal),
    ("pause_violated", 1.5, _Exchange.violation),
    ("pause_extended", 0.5, _Exchange.extension),
    ("pause_started", 0.3, _Exchange.pause),
    ("pause_ended", 0.3, _Exchange.pause),
)
_KINDS = [(kind, make) for kind, _, make in _SHARES]
_CHANCES = list(accumulate(share for _, share, _ in _SHARES))
_NAMED = frozenset(kind for kind, make in _KINDS if "moved" in make.__name__ or make is _Exchange.aid)
_ROUNDLESS = frozenset(
    {"meeting_held", "terms_proposed", "terms_agreed", "terms_refused", "position_declared", "comment_sought"}
    | {"exchange_opened", "party_registered", "pause_started", "pause_ended", "count_credited"}
)
_OF_MOVEMENT = ("round", "by", "to", "facilitators", "part")


def events(count: int) -> Iterator[tuple[str, str, datetime, bytes]]:
    """`count` events as (id, exchange, recorded at, payload). The ids are time-ordered."""
    rng = random.Random(SEED)
    opened = ACTIVE
    active = [_Exchange(number, rng) for number in range(ACTIVE)]
    now = START
    for _ in range(count):
        now += STEP
        slot = rng.randrange(ACTIVE)
        exchange = active[slot]
        event_id = _id(now, rng)
        yield event_id, exchange.name, now, orjson.dumps(exchange.next(event_id, now))
        if exchange.events >= exchange.ends:
            active[slot] = _Exchange(opened, rng)
            opened += 1


def one_exchange(count: int, *, in_rounds: bool) -> Iterator[bytes]:
    """`count` events of an exchange that is longer than any in real life: in rounds of 20 to 40 events, or in one."""
    rng, now = random.Random(SEED), START
    exchange = _Exchange(0, rng)
    exchange.round_ends = exchange.round_ends if in_rounds else count
    for _ in range(count):
        now += STEP
        yield orjson.dumps(exchange.next(_id(now, rng), now))


def messages(count: int) -> Iterator[Message]:
    """The same events, ready to be appended."""
    return (Message(event_id, exchange, payload) for event_id, exchange, _, payload in events(count))


def write_log(path: Path, count: int) -> None:
    """A SQLite log of `count` events: made by the log itself, filled by a bulk insert into its table.

    The bulk insert is for the benchmarks of reading only; what it saves is the disk flush of each commit.
    """
    SqliteLog(path)._connection().close()
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144")
    rows = _rows(count)
    while batch := list(islice(rows, BATCH)):
        with connection:
            connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", batch)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _rows(count: int) -> Iterator[tuple[int, bytes, int, bytes, None]]:
    for offset, (event_id, _, recorded_at, payload) in enumerate(events(count)):
        yield offset, bytes.fromhex(event_id.replace("-", "")), to_microseconds(recorded_at), payload, None


def _id(now: datetime, rng: random.Random) -> str:
    """A time-ordered UUIDv8, as `schemas.envelope.new_id` makes them, but from the corpus's own clock."""
    time = f"{int(now.timestamp() * 1000):012x}"
    tail = f"{rng.getrandbits(76):019x}"
    return f"{time[:8]}-{time[8:]}-8{tail[:3]}-{'89ab'[int(tail[3], 16) % 4]}{tail[4:7]}-{tail[7:]}"
