"""Ledgers in which there is much of one thing: each shape gives the events of any number of it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import orjson

Members = dict[str, Any]
Shape = Callable[[int], Iterator[Members]]
"""The events of a ledger, in order, with so many of what grows; all but their ids, of which the number is made."""

EXCHANGE = "GROWTH-2024"
_SOURCE = {"publisher": "The Post", "kind": "newspaper", "published": "2024-03-02"}


def payloads(shape: Shape, size: int) -> list[bytes]:
    """The bytes of a shape's events, as they stand in a log."""
    return [orjson.dumps(_whole(number, members)) for number, members in enumerate(shape(size), 1)]


def _whole(number: int, members: Members) -> Members:
    head = {"type": members["type"], "version": 1, "id": _id(number), "exchange": EXCHANGE}
    rest = {"occurred": _day(0), "source": _SOURCE}
    return {**head, **rest, **members}


def _id(number: int) -> str:
    return f"00000000-0000-8000-8000-{number:012x}"


def _day(number: int) -> Members:
    return {"at": str(date(2000, 1, 1) + timedelta(days=number % 9_000)), "precision": "day"}


def _people(type: str, count: Any = 1, **members: Any) -> Members:
    stated = {"best": count} if isinstance(count, int) else count
    group = {"nationality": ["XNO"], "ratio_scope": "inside", "vital": "alive", "basis": "exchange", "count": stated}
    return {"type": type, "groups": [group], **members}


def _freed(**members: Any) -> Members:
    return _people("captives_released", **members)


# -- claims on one thing -----------------------------------------------------------------------


def rivals(size: int) -> Iterator[Members]:
    for number in range(size):
        yield _freed(count=1 + number % 7, occurrence="leg", round=1)


def corrections(size: int) -> Iterator[Members]:
    """Each corrects the one before."""
    yield _freed(occurrence="leg", round=1)
    for number in range(1, size):
        yield _freed(occurrence="leg", round=1, count=1 + number % 7, supersedes=_id(number), reason="corrected")


def disputes(size: int) -> Iterator[Members]:
    yield _freed(occurrence="leg", round=1)
    for _ in range(size):
        yield {"type": "claim_disputed", "occurrence": "leg", "claim": _id(1), "why": "others differ"}


def decisions(size: int) -> Iterator[Members]:
    yield _freed(occurrence="leg", round=1)
    yield _freed(occurrence="leg", round=1, count=2)
    for number in range(size):
        yield {"type": "claim_adopted", "occurrence": "leg", "claim": _id(1 + number % 2), "why": "looked into"}


def retractions(size: int) -> Iterator[Members]:
    """Each retracts the one before it, and so lets the one before that stand again."""
    yield _freed(occurrence="leg", round=1)
    for number in range(size):
        yield {"type": "claim_retracted", "occurrence": "leg", "claim": _id(1 + number), "why": "by mistake"}


# -- parts -------------------------------------------------------------------------------------


def parts(size: int) -> Iterator[Members]:
    yield _freed(count=size, occurrence="leg", round=1)
    for _ in range(size):
        yield _freed(part={"of": "leg", "by": "batch"}, round=1)


def parts_of_several(size: int) -> Iterator[Members]:
    """Parts of a whole that states no number, of which they tell it."""
    yield _freed(count={"qualifier": "several"}, occurrence="leg", round=1)
    for _ in range(size):
        yield _freed(part={"of": "leg", "by": "batch"}, round=1)


# -- an exchange -------------------------------------------------------------------------------


def events(size: int) -> Iterator[Members]:
    yield {"type": "exchange_opened", "title": "Growth", "nationals": ["XNO"]}
    for number in range(size):
        yield _freed(round=1 + number // 30, occurred=_day(number // 30))


def in_one_round(size: int) -> Iterator[Members]:
    for _ in range(size):
        yield _freed(round=1)


def rounds(size: int) -> Iterator[Members]:
    yield {"type": "exchange_opened", "title": "Growth", "nationals": ["XNO"]}
    for number in range(size):
        yield _freed(round=1 + number)


def openings(size: int) -> Iterator[Members]:
    """The exchange declares itself again and again."""
    for number in range(size):
        yield _freed(round=1 + number % 50)
        yield {"type": "exchange_opened", "title": f"Growth {number}", "nationals": ["XNO"]}


def days(size: int) -> Iterator[Members]:
    for number in range(size):
        yield _freed(occurred=_day(number))


def stocks(size: int) -> Iterator[Members]:
    """People of both sides who come, go and die on many days."""
    for number in range(size):
        type = ("captives_taken", "captives_released", "captives_died", "captives_taken")[number % 4]
        yield _people(type, occurred=_day(number), **({"remains_held": True} if type == "captives_died" else {}))


def lists(size: int) -> Iterator[Members]:
    """Lists that open a stock, of which the first does."""
    for number in range(size):
        stated = {"figure": "captives.held", "count": {"best": size}, "opening": True}
        yield {"type": "tally_stated", "occurred": _day(number), **stated}
        yield _freed(occurred=_day(number))


def totals(size: int) -> Iterator[Members]:
    for number in range(size):
        yield _freed(occurred=_day(number))
        yield {"type": "tally_stated", "figure": "captives.released", "count": {"best": 1}, "occurred": _day(number)}


def settling(size: int) -> Iterator[Members]:
    """Each round's leg pays for the round before, so that legs join all of them."""
    for number in range(1, size + 1):
        yield _freed(round=number)
        settles = {"settles": [number - 1]} if number > 1 else {}
        yield _people("prisoners_released", count=3, round=number, **settles)


def credits(size: int) -> Iterator[Members]:
    for number in range(1, size + 1):
        yield _freed(round=number, count=2)
        yield {"type": "count_credited", "count": {"best": 1}, "from_round": number, "to_round": number + 1}


# -- talks -------------------------------------------------------------------------------------

_PLEDGES = [{"item": "prisoners", "per": "captive", "count": {"best": 3}}]


def agreed(size: int) -> Iterator[Members]:
    """Terms agreed beside the events of many rounds. The ratio stays as it is."""
    for number in range(size):
        yield _freed(round=1 + number // 5)
        yield {"type": "terms_agreed", "terms": f"t{number}", "pledges": _PLEDGES}


def refused(size: int) -> Iterator[Members]:
    for number in range(size):
        yield {"type": "terms_proposed", "terms": f"t{number // 5}", "proposer": "north", "pledges": _PLEDGES}
        yield {"type": "terms_refused", "terms": f"t{number // 5}", "refused_by": "south"}


def plans(size: int) -> Iterator[Members]:
    """A plan for each round, which is called off."""
    for number in range(1, size + 1):
        plan = {"round": number, "leg": "captives", "count": {"best": 10}}
        yield {"type": "release_planned", "occurrence": f"plan{number}", "status": "planned", **plan}
        yield {"type": "release_cancelled", "plan": f"plan{number}", "round": number, "leg": "captives"}


def pauses(size: int) -> Iterator[Members]:
    yield {"type": "pause_started", "pause": "truce", "hours": 96}
    for _ in range(size):
        yield {"type": "pause_extended", "pause": "truce", "hours": 24}
        yield {"type": "pause_violated", "pause": "truce"}


# -- a ledger ----------------------------------------------------------------------------------


def exchanges(size: int) -> Iterator[Members]:
    """Small exchanges, in processes of five."""
    for number in range(size):
        name = f"EX-{number:06d}"
        yield {"type": "exchange_opened", "exchange": name, "title": name, "process": f"P{number // 5}"}
        yield _freed(exchange=name, round=1)


def one_process(size: int) -> Iterator[Members]:
    """Exchanges that are all of one process."""
    for number in range(size):
        name = f"EX-{number:06d}"
        yield {"type": "exchange_opened", "exchange": name, "title": name, "process": "ALL"}
        yield _freed(exchange=name, round=1)


def repeated(size: int) -> Iterator[Members]:
    """Each occurrence has the claims of two publishers."""
    for number in range(size):
        yield _freed(occurrence=f"leg{number}", round=1 + number // 30)
        yield _freed(occurrence=f"leg{number}", round=1 + number // 30, count=2)


SHAPES: Mapping[str, Shape] = {
    "rivals on one occurrence": rivals,
    "corrections in a chain": corrections,
    "disputes of one occurrence": disputes,
    "decisions on one occurrence": decisions,
    "retractions in a chain": retractions,
    "parts of a whole": parts,
    "parts of a whole without number": parts_of_several,
    "events in rounds of 30": events,
    "events in one round": in_one_round,
    "rounds of one event": rounds,
    "declarations of an exchange": openings,
    "days": days,
    "stocks": stocks,
    "lists that open a stock": lists,
    "stated totals": totals,
    "legs that settle the round before": settling,
    "credits": credits,
    "terms agreed": agreed,
    "terms proposed and refused": refused,
    "plans called off": plans,
    "pauses extended": pauses,
    "exchanges in processes of 5": exchanges,
    "exchanges of one process": one_process,
    "rivals on many occurrences": repeated,
}
