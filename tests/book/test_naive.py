"""The fold against a second reading of the rules that was written from their documentation alone."""

from collections.abc import Iterator, Sequence
from random import Random

import pytest

from ledger.book.cut import Cut
from ledger.book.figures import TOTALS, value
from ledger.book.tally import figures
from ledger.follow.books import Books
from schemas.codec import encode
from schemas.events import AnyEvent
from schemas.record import Batch
from schemas.views import Estimate
from tests.book.naive import Rounds, Sum, naive
from tests.book.sequences import DAYS, TIMES, random_history

BOUNDS = (*DAYS, *TIMES)
CUTS = 3
ROUNDS: Sequence[Rounds] = ("all", None, 1, 2, 3)
FIGURES = (
    *(
        "taken",
        "released",
        "deal",
        "nationals",
        "others",
        "outside",
        "unsaid",
        "credited_in",
        "credited_out",
        "rescued",
    ),
    *("escaped", "transferred", "died", "died_free", "retaken", "freed", "remains.returned", "remains.recovered"),
    *("remains.back", "remains.rejected", "remains.unidentified", "held", "remains.held"),
)


def test_every_total_is_compared() -> None:
    assert {name.partition(".")[2] for name in TOTALS} <= {*FIGURES}


@pytest.mark.parametrize("seeds", [range(first, first + 100) for first in range(0, 600, 100)], ids=str)
def test_every_cut_agrees_with_a_plain_reading_of_the_rules(seeds: range) -> None:
    recorded = 0
    for seed in seeds:
        told, random = random_history(seed), Random(seed)
        for _ in range(CUTS):
            through = random.randint(max(1, len(told) // 2), len(told))
            bounds = {clock: random.choice((None,) * 7 + BOUNDS) for clock in ("occurred_by", "published_by")}
            recorded += compare(told[:through], **bounds)
    assert recorded > 2_500


def compare(told: Sequence[AnyEvent], **bounds: str | None) -> int:
    """How many recorded figures agree, of all exchanges and rounds."""
    books = Books(Cut.parse(**bounds))
    rows = [(offset, 0, encode(each), None) for offset, each in enumerate(told)]
    books.take(Batch(0, rows, len(rows) - 1))
    plain, recorded = naive(told, **bounds), 0
    for exchange in books.by_exchange:
        for name, round, found in shown(books, exchange):
            expected = plain.figure(exchange, name, round)
            assert numbers(found) == expected, (exchange, name, round)
            recorded += found is not None
    return recorded


def shown(books: Books, exchange: str) -> Iterator[tuple[str, Rounds, Estimate | None]]:
    """Every figure of an exchange, of all of it, of what is outside all rounds, and of each round."""
    book = books.book(exchange)
    for round in ROUNDS:
        sums = figures(book, None if round == "all" else [round])
        for side in ("captives", "prisoners"):
            for name in FIGURES:
                yield f"{side}.{name}", round, value(f"{side}.{name}", sums)
        yield "both.released", round, value("both.released", sums)


def numbers(found: Estimate | None) -> Sum | None:
    return None if found is None else Sum(found.best, found.low, found.high, found.hedged)


def test_a_figure_that_is_off_by_one_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison proves nothing that no fault can break."""
    monkeypatch.setattr("tests.book.test_naive.numbers", lambda found: found and Sum(found.best, found.low + 1, None))
    with pytest.raises(AssertionError):
        compare(random_history(7))
