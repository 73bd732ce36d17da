"""A figure down to the claims it rests on, and those it leaves out."""

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from ledger.book.balances import Balance, Entry, estimate_of, possible, summed
from ledger.book.book import Book
from ledger.book.claims import Claim, Occurrence
from ledger.book.durations import Find, of_claim, within
from ledger.book.facts import declared
from ledger.book.figures import ALIASES, DERIVED, STOCKS, Declared, askable, figures_of, is_recorded, signs, value
from ledger.book.rounds import left_out_claim
from ledger.book.stocks import Opening, beyond_held, opening_of
from ledger.book.sums import Figures
from ledger.book.tally import figures
from ledger.book.transfers import SIDES
from ledger.errors import UnknownName
from schemas.events import AnyEvent
from schemas.values import span_of
from schemas.views import Contribution, Estimate, Explanation, LeftOut
from schemas.vocabulary import Qualifier

_ROUND = re.compile(r"rounds\.(\d+)\.(.+)")

Read = Callable[[str], AnyEvent]
"""Gives the whole event of an id, its prose included, from the log."""


def explain(book: Book, figure: str, read: Read, find: Find | None = None) -> Explanation:
    """What a figure is made of. `figure` is a name such as `captives.deal` or `rounds.5.prisoners.released`.

    `find` gives the occurrences of takings, in this exchange or in others. Raises UnknownName for a figure that this
    exchange does not have.
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
            event, counted = read(verdict.adopted.id), estimate_of(summed(entries))
            contributions.append(
                Contribution(
                    occurrence=occurrence.key,
                    sign=sign,
                    count=counted,
                    event=event.id,
                    rule=verdict.rule,
                    source=event.source,
                    as_stated=event.as_stated,
                    days_held=of_claim(verdict.adopted, find or within(book)),
                    left_out=others,
                    hedge=_hedge(event, counted),
                )
            )
    return Explanation(
        exchange=book.exchange,
        figure=figure,
        value=value(question.name, question.sums),
        contributions=contributions,
        left_out=left_out,
        notes=_notes(question),
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
    """A figure asked for: its plain parts with their signs, in one round or (None) in all.

    `opening`: the stated stock from which it is counted, where there is one.
    """

    book: Book
    name: str
    round: int | None
    parts: Mapping[str, int]
    open: Mapping[str, int]
    declared: Declared
    sums: Figures
    opening: Opening | None

    def sign(self, balance: Balance) -> int:
        """How a balance enters the figure: added, taken away, or (0) not at all."""
        if self.round not in (None, balance.round):
            return 0
        return sum(self.parts.get(name, 0) for name in figures_of(balance.account, self.declared))

    def is_open(self, balance: Balance) -> bool:
        """Whether nobody says if these people belong to the figure."""
        return any(name in self.open for name in figures_of(balance.account, self.declared))

    def share(self, claim: Claim, balance: Balance, entry: Entry) -> Entry | None:
        """What a claim adds: all, or from none to all of it; None for what is in the stock that opens the figure."""
        if self.is_open(balance):
            return possible(entry)
        if self.opening is None:
            return entry
        return self.opening.since.share(span_of(claim.occurred), entry)


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
    row = DERIVED.get(name)
    side, _, rest = name.partition(".")
    opening = opening_of([book], side) if rest == "held" and number is None and side in SIDES else None
    return _Question(book, name, number, signs(name), row.open if row else {}, declared(book), sums, opening)


def _behind(question: _Question) -> Iterator[tuple[Occurrence, dict[int, list[Entry]]]]:
    """The occurrences that have posted to a figure, by sign; and those with a claim that would have, if it counted."""
    book, round = question.book, question.round
    for occurrence in book.occurrences() if round is None else book.told_of(round):
        posted: dict[int, list[Entry]] = {}
        for balance, entry in occurrence.posted:
            sign = question.sign(balance)
            share = question.share(_adopted(occurrence), balance, entry) if sign else None
            if share is not None:
                posted.setdefault(sign, []).append(share)
        opening, adopted = question.opening, occurrence.adopted
        if opening is not None and adopted is not None and adopted.id == opening.event.id:
            posted[1] = [opening.since.entry]
        if posted or any(question.sign(balance) for claim in occurrence.claims for balance in claim.balances):
            yield occurrence, posted


def _adopted(occurrence: Occurrence) -> Claim:
    assert occurrence.adopted is not None
    return occurrence.adopted


def _notes(question: _Question) -> list[str]:
    """Why a figure is not the plain sum of what stands below it."""
    notes: list[str] = []
    name, sums = question.name, question.sums
    side, _, figure = name.partition(".")
    known = value(name, sums)
    if question.opening is not None:
        notes.append("Counted from a stated stock: what was over by its date is in it already.")
    for kind, of in (("died_away", "held"), ("died_held", "remains.held")):
        beyond = beyond_held([question.book], side, kind) if figure == of and question.round is None else None
        if beyond is not None:
            several = f"{beyond:,} of those who died were" if beyond else "Of those who died, some may have been"
            notes.append(f"{several} beyond the living who were held at that date: they died in freedom.")
    if name in STOCKS and question.round is not None:
        notes.append("It is of the whole exchange, and of no round.")
    elif known is None and figure == "held" and not is_recorded(name, sums):
        notes.append("Nothing says how many there were.")
    elif known is None and not is_recorded(name, sums):
        notes.append("Nothing is recorded for it.")
    elif known is None and figure.endswith("held"):
        notes.append("More are recorded to have gone than to have come: claims of the latter are missing.")
    elif known is None:
        notes.append("More is taken away than is recorded, or not every exchange declares whose nationals it is about.")
    if name == "both.released" and known is not None and known.best is None:
        notes.extend(f"No {each} are recorded to be released." for each in SIDES if f"{each}.released" not in sums)
    return notes


def _left_out(occurrence: Occurrence, claim: Claim, why: str, read: Read) -> LeftOut:
    event = read(claim.id)
    told = dict(left_out_claim(occurrence, claim, why))
    return LeftOut(**told, source=event.source, as_stated=event.as_stated, hedge=_hedge(event, told["count"]))


def _hedge(event: Any, counted: Estimate | None) -> Qualifier | None:
    """The one word by which an event counts, where nothing gives it a number: `several`."""
    if counted is None or counted.best is not None or counted.low or counted.high is not None:
        return None
    counts = [each.count for each in getattr(event, "groups", ())] or [getattr(event, "count", None)]
    words = {None if each is None else each.qualifier for each in counts}
    return words.pop() if len(words) == 1 and words != {"unknown"} else None
