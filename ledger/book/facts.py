"""The claims that are no counts: what is agreed, declared, paused. For each occurrence, the adopted claim."""

from collections.abc import Callable, Iterator
from typing import TypeVar, cast

from ledger.book.figures import Declared
from ledger.book.projection import Book
from schemas.envelope import Envelope
from schemas.events import ExchangeOpened
from schemas.values import Moment

E = TypeVar("E", bound=Envelope)
T = TypeVar("T")
R = TypeVar("R")


def facts(book: Book, *models: type[E]) -> Iterator[E]:
    """The adopted claims of these types, in the order in which their occurrences were first recorded.

    Raises LookupError for a type that is no fact, of which the books keep no whole event.
    """
    names = {model.model_fields["type"].default for model in models}
    for occurrence in book.facts(names):
        adopted = occurrence.adopted
        if adopted is not None and adopted.type in names:
            yield cast("E", adopted.event)


def copied(moment: Moment) -> Moment:
    """A moment as a view holds it, whichever decoder it came from."""
    return Moment(at=moment.at, precision=moment.precision, until=moment.until)


def maybe(function: Callable[[T], R], value: T | None) -> R | None:
    """`function` of a value, and None of None."""
    return None if value is None else function(value)


def opened(book: Book) -> ExchangeOpened | None:
    """The declaration of the exchange; the latest one where there are several."""
    return next(reversed([*facts(book, ExchangeOpened)]), None)


def declared(book: Book) -> Declared:
    """What the exchange declares of its figures: whose nationals it is about, and what silence means."""
    event = opened(book)
    if event is None:
        return Declared()
    return Declared(event.nationals, event.prisoner_nationals, event.unsaid_scope)
