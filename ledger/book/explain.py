"""A figure down to the claims it rests on, and those it leaves out."""

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from ledger.book.balances import Balance, Entry, estimate_of, possible, summed
from ledger.book.claims import Claim, Occurrence
from ledger.book.facts import nationals
from ledger.book.figures import ALIASES, OPEN, askable, figures_of, signs, value
from ledger.book.projection import Book
from ledger.book.rounds import left_out_claim
from ledger.book.sums import Figures
from ledger.book.tally import figures
from ledger.errors import UnknownName
from schemas.events import AnyEvent
from schemas.views import Contribution, Explanation, LeftOut

_ROUND = re.compile(r"rounds\.(\d+)\.(.+)")

Read = Callable[[str], AnyEvent]
"""Gives the whole event of an id, its prose included, from the log."""


def explain(book: Book, figure: str, read: Read) -> Explanation:
    """What a figure is made of. `figure` is a name such as `captives.deal` or `rounds.5.prisoners.released`.

    Raises UnknownName for a figure that this exchange does not have.
    """
    question = _resolve(book, figure)
    contributions: list[Contribution] = []
    left_out: list[LeftOut] = []
    for occurrence, posted in _behind(question):
        verdict = book.verdict(occurrence)
        others = [_left_out(occurrence, claim, why, read) for claim, why in verdict.left_out]
        if not posted:
            left_out += others
        for sign, entries in posted.items():
            assert verdict.adopted is not None
            event = read(verdict.adopted.id)
            contributions.append(
                Contribution(
                    occurrence=occurrence.key,
                    sign=sign,
                    count=estimate_of(summed(entries)),
                    event=event.id,
                    rule=verdict.rule,
                    source=event.source,
                    as_stated=event.as_stated,
                    left_out=others,
                )
            )
    total = value(question.name, question.sums)
    return Explanation(
        exchange=book.exchange, figure=figure, value=total, contributions=contributions, left_out=left_out
    )


def rests_on(book: Book, figure: str) -> list[str]:
    """The ids of all events that `explain` reads. Raises UnknownName."""
    return [claim.id for occurrence, _ in _behind(_resolve(book, figure)) for claim in occurrence.claims]


def canonical(figure: str) -> str:
    """The one name of a figure that has several: `rounds.7.prisoners` is `rounds.7.prisoners.released`."""
    matched = _ROUND.fullmatch(figure)
    round, name = (f"rounds.{int(matched[1])}.", matched[2]) if matched else ("", figure)
    return f"{round}{ALIASES.get(name, name)}"


class _Question(NamedTuple):
    """A figure asked for: its plain parts with their signs, in one round or (None) in all."""

    book: Book
    name: str
    round: int | None
    parts: Mapping[str, int]
    own: tuple[str, ...]
    sums: Figures

    def sign(self, balance: Balance) -> int:
        """How a balance enters the figure: added, taken away, or (0) not at all."""
        if self.round not in (None, balance.round):
            return 0
        return sum(self.parts.get(name, 0) for name in figures_of(balance.account, self.own))

    def is_open(self, balance: Balance) -> bool:
        """Whether nobody says if these people belong to the figure."""
        if self.name in OPEN:
            return False
        return any(name in self.parts and name in OPEN for name in figures_of(balance.account, self.own))


def _resolve(book: Book, figure: str) -> _Question:
    matched = _ROUND.fullmatch(figure)
    number, name = (int(matched[1]), matched[2]) if matched else (None, figure)
    name = ALIASES.get(name, name)
    if number is not None and number not in book.rounds():
        raise UnknownName("round", str(number), [str(n) for n in book.rounds()])
    sums = figures(book, None if number is None else [number])
    known = askable(sums)
    if name not in known:
        near = get_close_matches(name, sorted(known), n=4, cutoff=0.4)
        raise UnknownName("figure", figure, [figure.replace(name, each) for each in near] or sorted(known))
    return _Question(book, name, number, signs(name), nationals(book), sums)


def _behind(question: _Question) -> Iterator[tuple[Occurrence, dict[int, list[Entry]]]]:
    """The occurrences that have posted to a figure, by sign; and those with a claim that would have, if it counted."""
    for occurrence in question.book.occurrences():
        posted: dict[int, list[Entry]] = {}
        for balance, entry in occurrence.posted:
            sign = question.sign(balance)
            if sign:
                posted.setdefault(sign, []).append(possible(entry) if question.is_open(balance) else entry)
        if posted or any(question.sign(balance) for claim in occurrence.claims for balance in claim.balances):
            yield occurrence, posted


def _left_out(occurrence: Occurrence, claim: Claim, why: str, read: Read) -> LeftOut:
    event = read(claim.id)
    return LeftOut(**dict(left_out_claim(occurrence, claim, why)), source=event.source, as_stated=event.as_stated)
