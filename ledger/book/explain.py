"""A figure down to the claims it rests on, and those it leaves out."""

import re
from collections.abc import Callable, Iterable, Mapping

from ledger.book.balances import Entry, estimate_of, summed
from ledger.book.claims import Claim, Occurrence
from ledger.book.facts import nationals
from ledger.book.figures import ALWAYS, DERIVED, figures_of, signs, value
from ledger.book.projection import Book
from ledger.book.rounds import left_out_claim
from ledger.book.tally import Figures, figures
from ledger.errors import UnknownName
from schemas.events import AnyEvent
from schemas.views import ClaimLeftOut, Contribution, Explanation

_ROUND = re.compile(r"rounds\.(\d+)\.(.+)")

Read = Callable[[str], AnyEvent]
"""Gives the whole event of an id, its prose included, from the log."""


def explain(book: Book, figure: str, read: Read) -> Explanation:
    """What a figure is made of. `figure` is a name such as `captives.deal` or `rounds.5.prisoners.released`.

    Raises UnknownName for a figure that this exchange does not have.
    """
    number, name, sums = _resolve(book, figure)
    parts = signs(name)
    contributions: list[Contribution] = []
    left_out: list[ClaimLeftOut] = []
    for occurrence in book.occurrences():
        posted = _posted(book, occurrence, number, parts)
        if posted:
            contributions.extend(
                _contribution(book, occurrence, sign, entries, read) for sign, entries in posted.items()
            )
        else:
            left_out.extend(_unused(book, occurrence, number, parts))
    return Explanation(
        exchange=book.exchange,
        figure=figure,
        value=value(name, sums),
        contributions=contributions,
        left_out=left_out,
    )


def rests_on(book: Book, figure: str) -> list[str]:
    """The ids of the events whose counts make up a figure. Raises UnknownName."""
    number, name, _ = _resolve(book, figure)
    parts = signs(name)
    return [
        occurrence.adopted.id
        for occurrence in book.occurrences()
        if occurrence.adopted is not None and _posted(book, occurrence, number, parts)
    ]


def _resolve(book: Book, figure: str) -> tuple[int | None, str, Figures]:
    """The round (None: all), the plain name and the sums that a figure's name speaks of."""
    matched = _ROUND.fullmatch(figure)
    number, name = (int(matched[1]), matched[2]) if matched else (None, figure)
    if number is not None and number not in book.rounds():
        raise UnknownName("round", str(number), [str(n) for n in book.rounds()])
    sums = figures(book, None if number is None else [number])
    if name not in sums and name not in DERIVED and name not in ALWAYS:
        raise UnknownName("figure", figure, sorted({*sums, *DERIVED, *ALWAYS}))
    return number, name, sums


def _posted(book: Book, occurrence: Occurrence, number: int | None, parts: Mapping[str, int]) -> dict[int, list[Entry]]:
    """What an occurrence has posted to these figures, by sign."""
    found: dict[int, list[Entry]] = {}
    for balance, posted in occurrence.posted:
        if number in (None, balance.round):
            sign = sum(parts.get(name, 0) for name in figures_of(balance.account, nationals(book)))
            if sign:
                found.setdefault(sign, []).append(posted)
    return found


def _contribution(book: Book, occurrence: Occurrence, sign: int, entries: Iterable[Entry], read: Read) -> Contribution:
    verdict = book.verdict(occurrence)
    assert verdict.adopted is not None
    event = read(verdict.adopted.id)
    return Contribution(
        occurrence=occurrence.key,
        sign=sign,
        count=estimate_of(summed(entries)),
        event=event.id,
        rule=verdict.rule,
        source=event.source,
        as_stated=event.as_stated,
        left_out=[left_out_claim(occurrence, claim, why) for claim, why in verdict.left_out],
    )


def _unused(book: Book, occurrence: Occurrence, number: int | None, parts: Mapping[str, int]) -> list[ClaimLeftOut]:
    """Claims that would enter this figure if they counted, and why they do not."""
    own = nationals(book)

    def is_about(claim: Claim) -> bool:
        return any(
            number in (None, balance.round) and any(name in parts for name in figures_of(balance.account, own))
            for balance in claim.balances
        )

    verdict = book.verdict(occurrence)
    return [left_out_claim(occurrence, claim, why) for claim, why in verdict.left_out if is_about(claim)]
