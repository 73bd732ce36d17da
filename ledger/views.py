"""How each kind of view is made of books. What else there is to know of a kind stands in `schemas/view_kinds.py`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, NoReturn, TypeAlias

from pydantic import BaseModel

from ledger.book.claim_views import occurrences
from ledger.book.explain import Read, explain
from ledger.errors import UnknownName
from ledger.follow.books import Books
from schemas.view_kinds import DIGESTED, VIEW_KINDS, ViewKind
from schemas.views import Figure


def unread(event_id: str) -> NoReturn:
    """Stands for the events where only numbers are asked for."""
    raise LookupError(f"event {event_id} is not at hand")


class Asked(NamedTuple):
    """What of the books is asked for: an exchange, and an item in it (a round, a figure) where the kind has items.

    `read` gives the whole event of an id. `is_alone`: what other exchanges of its process hold is left aside.
    """

    books: Books
    exchange: str
    item: str = ""
    read: Read = unread
    is_alone: bool = False


Views: TypeAlias = Sequence[BaseModel]
Maker: TypeAlias = Callable[[Asked], Views]


def made(kind: ViewKind, asked: Asked) -> Views:
    """The views of one kind; one of a kind that an exchange has one of. Raises UnknownName."""
    return MAKERS[kind.name](asked)


def digested(books: Books, exchange: str, *, is_alone: bool = False) -> Iterator[tuple[str, BaseModel]]:
    """The views that the digest of an exchange is made of, each by its name: `tally`, `rounds/3` ..."""
    for kind, key in DIGESTED:
        for view in made(kind, Asked(books, exchange, is_alone=is_alone)):
            yield kind.name if key is None else f"{kind.name}/{getattr(view, key)}", view


def _round(asked: Asked) -> Views:
    if not (asked.item.isascii() and asked.item.isdigit() and len(asked.item) < 10):
        raise UnknownName("round", asked.item, [str(number) for number in asked.books.book(asked.exchange).rounds()])
    return [asked.books.round(asked.exchange, int(asked.item))]


def _figures(asked: Asked) -> Views:
    return [Figure(figure=name, value=value) for name, value in asked.books.figures(asked.exchange).items()]


def _explanation(asked: Asked) -> Views:
    books = asked.books
    return [explain(books.book(asked.exchange), asked.item, asked.read, books.taking_of(asked.exchange))]


MAKERS: Mapping[str, Maker] = {
    "tally": lambda asked: [asked.books.tally(asked.exchange)],
    "round": _round,
    "rounds": lambda asked: asked.books.rounds(asked.exchange),
    "terms": lambda asked: asked.books.terms(asked.exchange),
    "positions": lambda asked: asked.books.positions(asked.exchange),
    "pauses": lambda asked: asked.books.pauses(asked.exchange),
    "stated": lambda asked: asked.books.stated_totals(asked.exchange, is_alone=asked.is_alone),
    "doubles": lambda asked: asked.books.likely_doubles(asked.exchange),
    "claims": lambda asked: list(occurrences(asked.books.book(asked.exchange), asked.read)),
    "figures": _figures,
    "explanation": _explanation,
}
"""How each kind is made."""


def check(kinds: Mapping[str, ViewKind], makers: Mapping[str, Maker]) -> None:
    """Raise LookupError for a kind that nothing makes, and for a maker of no kind."""
    for name in {*kinds} ^ {*makers}:
        raise LookupError(f"{name} is a {'kind of view without a maker' if name in kinds else 'maker of no kind'}")


check(VIEW_KINDS, MAKERS)
