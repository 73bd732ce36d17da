"""What holds for all rounds of an exchange: whose nationals it is about, what was agreed, and what was called off."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ledger.book.balances import entry, estimate_of, estimated
from ledger.book.facts import Running, declared
from ledger.book.figures import Declared
from ledger.book.ratios import UNDEFINED, ratio
from schemas.events import ReleaseCancelled, TermsAgreed
from schemas.values import Pledge
from schemas.views import Estimate, Ratio
from schemas.vocabulary import PledgeItem, PledgeUnit

if TYPE_CHECKING:  # the books know what their rounds share
    from ledger.book.book import Book
    from ledger.book.claims import Occurrence

HEADS: dict[PledgeUnit, tuple[str, str]] = {
    "captive": ("captives", "released"),
    "captive_remains": ("captives", "returned"),
    "prisoner": ("prisoners", "released"),
    "prisoner_remains": ("prisoners", "returned"),
}
"""Whom a promise per head counts: the side, and the move by which they came."""
IN_ALL: tuple[PledgeUnit, ...] = ("deal", "extra_day")
"""What a promise in all is for: the deal, and each day by which a pause was extended."""
ONE = estimated(1, 1, 1)


class InForce(NamedTuple):
    """A pledge in force. `terms` names its set where that stands beside the others, and is None for all else."""

    terms: str | None
    pledge: Pledge
    event: str
    stated: Estimate


class Pledged(NamedTuple):
    """What is pledged of one item: in all, and for each head by unit, set of terms and category."""

    in_all: Sequence[InForce]
    per_head: Sequence[InForce]
    rates: Mapping[PledgeUnit, Mapping[str | None, Mapping[str, Estimate]]]


class Agreed:
    """The pledges in force: for each item, unit and category, the latest agreed; separate sets stand for themselves."""

    def __init__(self) -> None:
        self._events: list[TermsAgreed] = []
        self._separate: set[str] = set()
        self._latest: dict[tuple[str | None, str, str, str], InForce] = {}
        self._of: dict[PledgeItem, Pledged] = {}
        self._ratio: Ratio | None = None

    def add(self, event: TermsAgreed) -> "Agreed":
        self._events.append(event)
        if event.separate and event.terms not in self._separate:
            self._separate.add(event.terms)
            self._latest.clear()
            for each in self._events:  # a set that was agreed before stands for itself from now on
                self._put(each)
        else:
            self._put(event)
        self._of, self._ratio = {}, None
        return self

    def _put(self, event: TermsAgreed) -> None:
        terms = event.terms if event.terms in self._separate else None
        for pledge in event.pledges:
            stated = estimate_of(entry(pledge.count))
            self._latest[terms, pledge.item, pledge.per, pledge.category] = InForce(terms, pledge, event.id, stated)

    def pledges(self) -> list[InForce]:
        """Them, in the order in which each was first agreed."""
        return [*self._latest.values()]

    def of(self, item: PledgeItem) -> Pledged:
        """What is pledged of one item."""
        if item not in self._of:
            self._of[item] = _pledged([each for each in self._latest.values() if each.pledge.item == item])
        return self._of[item]

    def ratio(self) -> Ratio:
        """The agreed ratio of prisoners per captive; undefined where categories or sets have ratios of their own."""
        if self._ratio is None:
            self._ratio = _promised_ratio(self._latest.values())
        return self._ratio


def _pledged(agreed: Sequence[InForce]) -> Pledged:
    heads = [each for each in agreed if each.pledge.per in HEADS]
    rates: dict[PledgeUnit, dict[str | None, dict[str, Estimate]]] = {}
    for each in heads:
        rates.setdefault(each.pledge.per, {}).setdefault(each.terms, {})[each.pledge.category] = each.stated
    return Pledged([each for unit in IN_ALL for each in _not_within(agreed, unit)], heads, rates)


def _not_within(agreed: Iterable[InForce], unit: str) -> list[InForce]:
    """The pledges of a unit that add up: what a set promises by category is within what it promises of all."""
    of_unit = [each for each in agreed if each.pledge.per == unit]
    of_all = {each.terms for each in of_unit if each.pledge.category == "unknown"}
    return [each for each in of_unit if each.pledge.category == "unknown" or each.terms not in of_all]


def _promised_ratio(agreed: Iterable[InForce]) -> Ratio:
    ratios = [each for each in agreed if _is_ratio(each.pledge)]
    if len(ratios) != 1:
        return UNDEFINED
    stated = ratios[0].stated
    return ratio(stated, ONE) if ratios[0].pledge.per == "captive" else ratio(ONE, stated)


def _is_ratio(pledge: Pledge) -> bool:
    return (pledge.item, pledge.per) in (("prisoners", "captive"), ("captives", "prisoner"))


_AGREED: Running[TermsAgreed, Agreed] = Running(Agreed, Agreed.add, TermsAgreed)


def agreed_in(book: "Book") -> Agreed:
    """What was agreed."""
    return _AGREED.of(book)


def agreed_pledges(book: "Book") -> list[InForce]:
    """The pledges in force, in the order in which each was first agreed."""
    return agreed_in(book).pledges()


class Shared(NamedTuple):
    """What the views of all rounds of an exchange rest on: they are computed anew where this changes."""

    declared: Declared
    rates: Sequence[tuple[str | None, Pledge]]


def shared_by(book: "Book") -> Shared:
    rates = [(each.terms, each.pledge) for each in agreed_pledges(book) if each.pledge.per in HEADS]
    return Shared(declared(book), rates)


# -- what was called off -----------------------------------------------------------------------


class Cancelled:
    """The plans that were called off by name, and the legs of rounds of which every plan was."""

    def __init__(self) -> None:
        self._plans: set[str] = set()
        self._legs: set[tuple[int | None, str]] = set()

    def add(self, event: ReleaseCancelled) -> "Cancelled":
        self._plans.add(event.plan) if event.plan is not None else self._legs.add((event.round, event.leg))
        return self

    def calls_off(self, occurrence: "Occurrence") -> bool:
        """Whether a plan, or a delay, was called off by name, or a plan with all of its leg."""
        event = None if occurrence.adopted is None else occurrence.adopted.event
        if occurrence.key in self._plans or event is None:
            return occurrence.key in self._plans
        return event.type == "release_planned" and (event.round, event.leg) in self._legs


_CANCELLED: Running[ReleaseCancelled, Cancelled] = Running(Cancelled, Cancelled.add, ReleaseCancelled)


# -- all of it ---------------------------------------------------------------------------------


class Deal(NamedTuple):
    """What holds for all rounds of an exchange: what was agreed, and what was called off."""

    agreed: Agreed
    cancelled: Cancelled

    @classmethod
    def of(cls, book: "Book") -> "Deal":
        return cls(agreed_in(book), _CANCELLED.of(book))
