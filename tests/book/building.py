"""Short ways to write events by hand, and to fold them."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson
import pytest

from ledger.book.book import Book
from ledger.book.claims import Claim, Judgement, Occurrence
from ledger.book.cut import Cut
from ledger.book.explain import explain
from ledger.book.figures import askable, value
from ledger.book.filing import part_checks, uncounted
from ledger.book.rounds import left_out_claim
from ledger.book.sums import Figures
from ledger.book.tally import figures
from ledger.book.transfers import SIDES
from schemas.codec import UnknownEvent, decode
from schemas.events import AnyEvent
from schemas.views import ClaimLeftOut, Estimate, Explanation, PartCheck, Round, SideFigures, Tally
from schemas.vocabulary import Side

EXCHANGE = "NORTH-SOUTH-2024"
PAPER = {"publisher": "The River Post", "kind": "newspaper", "published": "2024-03-02"}
UNKNOWN = {"qualifier": "unknown"}
OTHER: dict[Side, Side] = {"captives": "prisoners", "prisoners": "captives"}
EACH_SIDE = pytest.mark.parametrize("side", SIDES)

Members = dict[str, Any]


def ident(number: int) -> str:
    return f"00000000-0000-8000-8000-{number:012x}"


def event(type: str, number: int, *, source: Mapping[str, Any] | None = None, **members: Any) -> AnyEvent:
    """An event of a type with the id `number`; what is not said is as it most often is."""
    document = {
        "type": type,
        "id": ident(number),
        "exchange": EXCHANGE,
        "occurred": {"at": "2024-03-01", "precision": "day"},
        "source": {**PAPER, **(source or {})},
        **members,
    }
    said = {name: value for name, value in document.items() if value is not None or type == "claim_adopted"}
    decoded = decode(orjson.dumps(said))
    assert not isinstance(decoded, UnknownEvent)
    return decoded


def count(stated: int | Mapping[str, Any]) -> Mapping[str, Any]:
    return {"best": stated} if isinstance(stated, int) else stated


def group(stated: int | Mapping[str, Any], **members: Any) -> Members:
    shared: Members = {"nationality": ["XNO"], "ratio_scope": "inside", "vital": "alive", "basis": "exchange"}
    return {**shared, "count": count(stated), **members}


def moved(
    type: str, number: int, *groups: int | Mapping[str, Any], key: str | None = "leg", **members: Any
) -> AnyEvent:
    """People of one occurrence; a plain number, or a count, stands for one group inside the ratio."""
    listed = [each if isinstance(each, Mapping) and "count" in each else group(each) for each in groups]
    return event(type, number, **{"occurrence": key, "round": 1, "groups": listed, **members})


def freed(number: int, *groups: int | Mapping[str, Any], **members: Any) -> AnyEvent:
    return moved("captives_released", number, *groups, **members)


def let_go(number: int, *groups: int | Mapping[str, Any], **members: Any) -> AnyEvent:
    return moved("prisoners_released", number, *groups, **members)


def out(side: Side, number: int, *groups: int | Mapping[str, Any], **members: Any) -> AnyEvent:
    """People of one side who are let go, by default in an occurrence of their own."""
    return moved(f"{side}_released", number, *groups, **{"key": f"out{number}", **members})


def taken(side: Side, number: int, *groups: int | Mapping[str, Any], **members: Any) -> AnyEvent:
    """People of one side who are taken, outside all rounds."""
    return moved(f"{side}_taken", number, *groups, **{"key": f"taken{number}", "round": None, **members})


def back(side: Side, number: int, *groups: int | Mapping[str, Any], **members: Any) -> AnyEvent:
    """Remains of one side that are returned."""
    return moved("remains_returned", number, *groups, side=side, **{"key": f"back{number}", **members})


def day(at: str) -> dict[str, Any]:
    return {"occurred": {"at": at, "precision": "day"}}


def corrected(number: int, claim: int, *groups: int | Mapping[str, Any], **members: Any) -> AnyEvent:
    return freed(number, *groups, supersedes=ident(claim), **{"reason": "corrected", **members})


def adopted(number: int, claim: int | None, key: str = "leg", **members: Any) -> AnyEvent:
    """A decision for a claim; for None, that none counts."""
    chosen = None if claim is None else ident(claim)
    return event("claim_adopted", number, occurrence=key, claim=chosen, why="looked into", **members)


def retracted(number: int, claim: int, key: str = "leg", **members: Any) -> AnyEvent:
    return event("claim_retracted", number, occurrence=key, claim=ident(claim), why="entered twice", **members)


def disputed(number: int, claim: int | None = None, key: str = "leg", **members: Any) -> AnyEvent:
    named = None if claim is None else ident(claim)
    return event("claim_disputed", number, occurrence=key, claim=named, why="others differ", **members)


def opened(number: int, exchange: str = EXCHANGE, **members: Any) -> AnyEvent:
    declared = {"title": "At the river", "process": "NORTH-SOUTH", "nationals": ["XNO"], **members}
    return event("exchange_opened", number, exchange=exchange, **declared)


def stated(number: int, figure: str, stated: int | Mapping[str, Any], **members: Any) -> AnyEvent:
    return event("tally_stated", number, figure=figure, count=count(stated), **members)


def book_of(*events: AnyEvent, **bounds: str) -> Book:
    """The settled book of events of one exchange, up to a cut by a clock."""
    book = Book(events[0].exchange, Cut.parse(**bounds))
    for each in events:
        book.apply(each)
    book.settle()
    return book


def judged(*events: AnyEvent, **bounds: str) -> Judgement:
    """The verdict on the only occurrence of some events."""
    book = book_of(*events, **bounds)
    [occurrence] = book.occurrences()
    return book.verdict(occurrence)


def figure(book: Book, name: str, rounds: Iterable[int | None] | None = None) -> Estimate | None:
    return value(name, figures(book, rounds))


def of(view: Tally | Round, side: Side) -> SideFigures:
    """The figures of one side."""
    return view.captives if side == "captives" else view.prisoners


class RoundClaims(NamedTuple):
    """The claims of a round: those that enter its sums, with the rule, and why each other one does not."""

    used: list[tuple[Occurrence, Claim, str]]
    left_out: list[ClaimLeftOut]


def round_claims(book: Book, number: int) -> RoundClaims:
    found = RoundClaims([], [])
    for occurrence in book.in_round(number):
        verdict = book.verdict(occurrence)
        out = [*verdict.left_out]
        if verdict.adopted is not None and (why := uncounted(verdict.adopted)):
            out.insert(0, (verdict.adopted, why))
        elif verdict.adopted is not None:
            found.used.append((occurrence, verdict.adopted, verdict.rule))
        found.left_out.extend(left_out_claim(occurrence, claim, why) for claim, why in out)
    return found


def round_parts(book: Book, number: int) -> list[PartCheck]:
    return [check for each in book.in_round(number) for check in part_checks(book.filed, each)]


def numbers(estimate: Estimate | None) -> tuple[int | None, int, int | None]:
    """Best, low and high."""
    assert estimate is not None
    return estimate.best, estimate.low, estimate.high


def added(numbers: Iterable[int | None]) -> int | None:
    """The sum; None as soon as one number is unknown."""
    known = list(numbers)
    return None if None in known else sum(number or 0 for number in known)


def all_figures(book: Book) -> list[str]:
    """The name of every figure of an exchange, over all its rounds and of each."""
    names = named(figures(book))
    return names + [f"rounds.{n}.{name}" for n in book.rounds() for name in named(figures(book, [n]))]


def named(sums: Figures) -> list[str]:
    """Every figure that can be asked for, recorded or not."""
    return sorted(askable(sums))


def explained(book: Book, name: str, events: Mapping[str, AnyEvent]) -> Explanation:
    return explain(book, name, events.__getitem__)
