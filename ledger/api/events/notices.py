"""What events that were just published have brought with them: looked for around them, and not in the whole ledger."""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Literal

import msgspec
from pydantic import BaseModel, ConfigDict

from ledger.book.book import Book
from ledger.book.claims import Claim
from ledger.follow.books import Books
from ledger.notices import Notices, holder
from schemas.dsse import event_bytes
from schemas.values import Moment
from schemas.views import Estimate, LikelyDouble


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CountingView(_View):
    """A claim that counts for an occurrence. `amount` is null for one that counts nothing."""

    event: str
    publisher: str
    amount: Estimate | None


class SuccessionView(_View):
    """An occurrence for which another source counts than before, and by which rule. `now` is null where none does."""

    exchange: str
    occurrence: str
    before: CountingView
    now: CountingView | None
    rule: str


class StrayedView(_View):
    """A claim that is about the other side than what counts for its occurrence, and therefore counts nowhere."""

    exchange: str
    occurrence: str
    claim: CountingView
    adopted: CountingView


class OtherRoundView(_View):
    """Two rival claims on an occurrence that are of different rounds, so that it counts in one of them alone."""

    exchange: str
    occurrence: str
    claim: CountingView
    round: int
    adopted: CountingView
    adopted_round: int


class MixedView(_View):
    """Two rival claims on an occurrence that are most likely about two things, by what differs between them.

    `figure`: one publisher states both, and neither corrects the other; `by`: other parties give the people;
    `category`: the people are others.
    """

    exchange: str
    occurrence: str
    claim: CountingView
    other: CountingView
    differ: Literal["figure", "by", "category"]


class DanglingView(_View):
    """An event that corrects another, or decides on it (by its `type`), which the ledger does not hold: it may come."""

    event: str
    exchange: str
    type: str
    publisher: str
    target: str


class PrematureView(_View):
    """A claim published more than a day before it says that something happened: one of both is mistaken."""

    event: str
    exchange: str
    publisher: str
    published: str
    occurred: Moment


class CircularView(_View):
    """A movement by a party to the same party: one of both is mistaken."""

    event: str
    exchange: str
    publisher: str
    party: str


class NoticesView(_View):
    """What new events have brought with them: what may be one thing with another, where another source counts now, what
    counts nowhere since its occurrence is about the other side, what is of another round than its occurrence, which
    rivals are most likely two things, what corrects an event that is not here, what was published before it can have
    happened, and what a party gave to itself.

    Nothing is changed by any of this.
    """

    doubles: list[LikelyDouble]
    successions: list[SuccessionView]
    strayed: list[StrayedView]
    other_rounds: list[OtherRoundView]
    mixed: list[MixedView]
    dangling: list[DanglingView]
    premature: list[PrematureView]
    circular: list[CircularView]


class _Told(msgspec.Struct):
    exchange: str
    id: str
    occurrence: str | None = None


_told = msgspec.json.Decoder(_Told).decode


def noticed(books: Books, events: Iterable[bytes]) -> Notices:
    """What `ledger.notices` finds for events that are folded, for the price of the rounds that they are in."""
    told = [_told(event_bytes(each)) for each in events]
    published = {each.id for each in told}
    by_exchange = books.by_exchange
    found, holds = Notices.none(), holder(books)
    rounds: dict[tuple[str, int | None], None] = {}
    for exchange, key in dict.fromkeys((each.exchange, each.occurrence or each.id) for each in told):
        occurrence = by_exchange[exchange].named(key) if exchange in by_exchange else None
        if occurrence is None:
            continue
        found.add(by_exchange[exchange], occurrence, published, holds)
        if occurrence.adopted is not None:
            rounds[exchange, occurrence.adopted.round] = None
    doubles: dict[tuple[str, ...], LikelyDouble] = {}
    for exchange in dict.fromkeys(name for name, round in rounds if _are_alike(_kin(books, name), round, published)):
        doubles |= {tuple(each.events): each for each in books.likely_doubles(exchange)}
    found.doubles.extend(each for events, each in doubles.items() if not published.isdisjoint(events))
    return found


def _kin(books: Books, exchange: str) -> list[Book]:
    return books.projection.kin(books.book(exchange).exchange)


def _are_alike(books: Sequence[Book], round: int | None, published: Set[str]) -> bool:
    """Whether anything new in a round looks like what another publisher tells: only then is it worth a closer look."""
    claims = [claim for book in books for claim in _in_round(book, round)]
    new = {(claim.type, claim.amount) for claim in claims if claim.id in published}
    publishers: dict[object, str] = {}
    return any(
        publishers.setdefault(alike, claim.publisher) != claim.publisher
        for claim in claims
        if (alike := (claim.type, claim.amount)) in new
    )


def _in_round(book: Book, round: int | None) -> Iterator[Claim]:
    """The adopted claims of a round that count something."""
    if round is None:
        claims = (claim for claim, _ in book.adopted() if claim.round is None)
    else:
        claims = (each.adopted for each in book.in_round(round) if each.adopted is not None)
    return (claim for claim in claims if claim.postings)
