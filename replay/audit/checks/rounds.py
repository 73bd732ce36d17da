"""Rounds whose own ratios do not tell the whole: one leg is missing, or another round pays for it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from ledger.book.book import Book
from ledger.book.number_text import ratio
from ledger.book.rounds import joint_ratio
from ledger.book.sentences import listed, plural
from ledger.book.sums import missing_sides
from ledger.book.tally import figures, incomplete_rounds
from ledger.book.transfers import SIDES
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding, Seen
from replay.audit.phrases import ranges
from schemas.vocabulary import Side


def rounds(evidence: Evidence) -> Seen:
    checked, found = 0, list[Finding]()
    for exchange in evidence.books.exchanges():
        book = evidence.books.book(exchange)
        numbers = book.rounds()
        checked += len(numbers)
        found += [*_incomplete(book), *_joined(book, numbers)]
    looked = plural(checked, "round")
    return Seen(looked if found or not checked else f"{looked}: both legs of each are there", found)


def _incomplete(book: Book) -> Iterator[Finding]:
    """One finding for each side that rounds lack, however many they are."""
    lacking: defaultdict[Side, list[int]] = defaultdict(list)
    for number in incomplete_rounds(book):
        for side in missing_sides(figures(book, [number])):
            lacking[side].append(number)
    for side, other in (SIDES, SIDES[::-1]):
        if numbers := lacking[side]:
            which = f"{'round' if len(numbers) == 1 else 'rounds'} {ranges(numbers)}"
            what = f"No {side} are recorded as freed in {which}, though {other} are: ratios divide a whole by a part."
            yield Finding("notice", what, book.exchange)


def _joined(book: Book, numbers: Sequence[int]) -> Iterator[Finding]:
    """Rounds that a leg joins by settling them, with the ratio that they have together."""
    told = set[int]()
    for number in numbers:
        together = set() if number in told else book.joined(number)
        if len(together) > 1:
            told |= together
            yield _joint(book, together)


def _joint(book: Book, together: Collection[int]) -> Finding:
    found = joint_ratio(book, together)
    legs = {leg.adopted.id: leg.adopted for number in found.rounds for leg in book.settling(number) if leg.adopted}
    paying = {leg.round for leg in legs.values() if leg.round is not None}
    dead = "" if found.all is None else f", with the remains {ratio(found.all)}"
    what = (
        f"A leg of round {listed(map(str, sorted(paying)))} pays for others: rounds {ranges(found.rounds)} have one "
        f"ratio together, {ratio(found.living)}{dead}, and none of their own."
    )
    return Finding("notice", what, book.exchange, tuple(legs))
