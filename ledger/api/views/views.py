"""The views that can be read: how each is made of the books, and how it is written down."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from pydantic import BaseModel

from ledger.api.views.claims import OccurrenceView, Read, occurrences
from ledger.book.explain import explain
from ledger.errors import UnknownName
from ledger.follow.books import Books
from schemas.values import Value
from schemas.views import (
    Estimate,
    Explanation,
    LikelyDouble,
    Pause,
    PositionView,
    Round,
    StatedTotal,
    Tally,
    TermsView,
    view_bytes,
)


class Figure(Value):
    """A figure that can be explained, and its value; null where it is not recorded, or not known."""

    figure: str
    value: Estimate | None


class Exchanges(Value):
    """The tally of every exchange, and of every process of more than one."""

    exchanges: list[Tally]
    processes: list[Tally]


class Removed(Value):
    """A round that is no more, since its last claim went elsewhere."""

    exchange: str
    round: int


class Asked(NamedTuple):
    """What of the books is asked for. `read` gives the whole event of an id."""

    books: Books
    exchange: str
    item: str
    read: Read


Views: TypeAlias = Sequence[BaseModel]


class View(NamedTuple):
    """One kind of view: its path below an exchange, and how it is made. `is_list`: its body is a list."""

    name: str
    path: str
    model: type[BaseModel]
    is_list: bool
    make: Callable[[Asked], Views]
    summary: str


def _tally(asked: Asked) -> Views:
    return [asked.books.tally(asked.exchange)]


def _round(asked: Asked) -> Views:
    if not (asked.item.isascii() and asked.item.isdigit() and len(asked.item) < 10):
        raise UnknownName("round", asked.item, [str(number) for number in asked.books.book(asked.exchange).rounds()])
    return [asked.books.round(asked.exchange, int(asked.item))]


def _figures(asked: Asked) -> Views:
    return [Figure(figure=name, value=value) for name, value in asked.books.figures(asked.exchange).items()]


def _explanation(asked: Asked) -> Views:
    books = asked.books
    return [explain(books.book(asked.exchange), asked.item, asked.read, books.taking_of(asked.exchange))]


def _claims(asked: Asked) -> Views:
    return list(occurrences(asked.books.book(asked.exchange), asked.read))


def every_exchange(books: Books) -> Exchanges:
    """The tallies of all exchanges and processes."""
    return Exchanges(exchanges=books.tallies(), processes=books.process_tallies())


VIEWS: Mapping[str, View] = {
    view.name: view
    for view in (
        View("tally", "", Tally, False, _tally, "The running totals of an exchange, or of a process."),
        View("round", "/rounds/{round}", Round, False, _round, "One round: legs, ratios, promise, every claim."),
        View("rounds", "/rounds", Round, True, lambda a: a.books.rounds(a.exchange), "Every round of an exchange."),
        View("terms", "/terms", TermsView, True, lambda a: a.books.terms(a.exchange), "Every set of terms."),
        View(
            "positions",
            "/positions",
            PositionView,
            True,
            lambda a: a.books.positions(a.exchange),
            "Every declared position of the parties, by date.",
        ),
        View("pauses", "/pauses", Pause, True, lambda a: a.books.pauses(a.exchange), "The clock of every pause."),
        View(
            "stated",
            "/stated",
            StatedTotal,
            True,
            lambda a: a.books.stated_totals(a.exchange),
            "Every total that a source stated, against the computed one.",
        ),
        View(
            "doubles",
            "/doubles",
            LikelyDouble,
            True,
            lambda a: a.books.likely_doubles(a.exchange),
            "Occurrences that may be one thing, which nobody gave a shared name: both count.",
        ),
        View("claims", "/claims", OccurrenceView, True, _claims, "Every claim, and why it counts or not."),
        View("figures", "/explain", Figure, True, _figures, "The figures that can be explained, with their values."),
        View("explanation", "/explain/{figure}", Explanation, False, _explanation, "A figure down to its claims."),
    )
}
"""Every view of one exchange, by name."""


def body_of(view: View, views: Views) -> bytes:
    """A view as JSON: the bytes that every server gives for the same events."""
    if not view.is_list:
        return view_bytes(views[0])
    return b"[" + b",".join(map(view_bytes, views)) + b"]"
