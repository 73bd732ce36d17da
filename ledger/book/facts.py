"""The claims that are no counts: what is agreed, declared, paused. For each occurrence, the adopted claim."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from ledger.book.figures import Declared
from schemas.envelope import Envelope
from schemas.events import ExchangeOpened
from schemas.values import Moment
from schemas.vocabulary import DateQualifier, Precision

if TYPE_CHECKING:  # the books know what their rounds share, which rests on facts
    from ledger.book.book import Book

E = TypeVar("E", bound=Envelope)
S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


def facts(book: "Book", *models: type[E]) -> Iterator[E]:
    """The adopted claims of these types, in the order in which their occurrences were first recorded.

    Raises LookupError for a type that is no fact, of which the books keep no whole event.
    """
    names = _names(models)
    for occurrence in book.facts(names):
        adopted = occurrence.adopted
        if adopted is not None and adopted.type in names:
            yield cast("E", adopted.event)


class Running(Generic[E, S]):
    """What the facts of some types come to, one after the other: the books keep it, and go on where facts were added.

    `step` gives what it comes to with one more; it may change what it is given.
    """

    def __init__(self, start: Callable[[], S], step: Callable[[S, E], S], *models: type[E]) -> None:
        self._start, self._step, self._names = start, step, _names(models)

    def of(self, book: "Book") -> S:
        """What it comes to now. It holds until the next event."""
        known: _State[S] | None = book.running.get(self)
        if known is None or known.changes != book.fact_changes:
            known = book.running[self] = self._gone_on(book, known)
        return known.state

    def _gone_on(self, book: "Book", known: "_State[S] | None") -> "_State[S]":
        judged = book.judged_facts(self._names)
        if known is None or known.judged != judged:
            place, state = -1, self._start()
        else:
            place, state = known.place, known.state
        for at, occurrence in book.facts_after(place, self._names):
            place, adopted = at, occurrence.adopted
            if adopted is not None and adopted.type in self._names:
                state = self._step(state, cast("E", adopted.event))
        return _State(book.fact_changes, judged, place, state)


class _State(NamedTuple, Generic[S]):
    """What facts come to, up to which place, after so many changes of facts, and judgements of those of its types."""

    changes: int
    judged: int
    place: int
    state: S


def _names(models: tuple[type[Any], ...]) -> frozenset[str]:
    return frozenset(model.model_fields["type"].default for model in models)


def copied(moment: Moment) -> Moment:
    """A moment as a view holds it, whichever decoder it came from."""
    return _moment(moment.at, moment.precision, moment.until, moment.qualifier, moment.until_qualifier)


@lru_cache(maxsize=4096)
def _moment(
    at: str,
    precision: Precision,
    until: str | None,
    qualifier: DateQualifier | None,
    until_qualifier: DateQualifier | None,
) -> Moment:
    return Moment(at=at, precision=precision, until=until, qualifier=qualifier, until_qualifier=until_qualifier)


def maybe(function: Callable[[T], R], value: T | None) -> R | None:
    """`function` of a value, and None of None."""
    return None if value is None else function(value)


def _latest(_: ExchangeOpened | None, event: ExchangeOpened) -> ExchangeOpened:
    return event


_OPENED: Running[ExchangeOpened, ExchangeOpened | None] = Running(lambda: None, _latest, ExchangeOpened)


def opened(book: "Book") -> ExchangeOpened | None:
    """The declaration of the exchange; the latest one where there are several."""
    return _OPENED.of(book)


def _declares(_: Declared, event: ExchangeOpened) -> Declared:
    return Declared(event.nationals, event.prisoner_nationals, event.unsaid_scope)


_DECLARED: Running[ExchangeOpened, Declared] = Running(Declared, _declares, ExchangeOpened)


def declared(book: "Book") -> Declared:
    """What the exchange declares of its figures: whose nationals it is about, and what silence means."""
    return _DECLARED.of(book)
