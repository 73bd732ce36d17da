"""Other moments of an exchange that is large enough for an index: the same bytes as a fold gives."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.api.state import history
from ledger.api.state.indexes import Indexes
from ledger.blocking import Ledger
from ledger.book.cut import Cut
from ledger.book.cuts.book import books_at
from ledger.book.cuts.index import ExchangeBound
from ledger.book.tally import tally
from ledger.follow.replica import Replica
from ledger.log.sqlite import SqliteLog
from schemas.codec import encode
from schemas.record import Batch
from schemas.views import view_bytes
from tests.api.serving import Served, loaded, serving
from tests.book.building import EXCHANGE, book_of, freed

CUTS = (
    {"occurred_by": "2023-11-26"},
    {"occurred_by": "2025-02-01T12:00+02:00"},
    {"published_by": "2023-11-28"},
    {"published_by": "2025-01-30T18:00Z", "occurred_by": "2025-01-30"},
    {"through": "b35ed33e"},
    {"through": "b35ed33e", "occurred_by": "2023-11-25"},
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return loaded(tmp_path)


@pytest.fixture
def indexed(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server that makes an index of every exchange."""
    monkeypatch.setattr(history, "INDEXED_FROM", 1)
    with serving(url) as server:
        yield server


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_a_view_of_an_indexed_exchange_is_that_of_a_fold(indexed: Served, url: str, cut: dict[str, str]) -> None:
    query = "&".join(f"{name}={text.replace('+', '%2B')}" for name, text in cut.items())
    with Ledger.open(url) as ledger:
        books = ledger.read(Cut.parse(**cut))
        for exchange in books.exchanges():
            assert indexed.get(f"/v1/exchanges/{exchange}?{query}").body == view_bytes(books.tally(exchange))
            for number in books.book(exchange).rounds():
                body = indexed.get(f"/v1/exchanges/{exchange}/rounds/{number}?{query}").body
                assert body == view_bytes(books.round(exchange, number))


def test_an_index_goes_on_with_what_comes_until_an_event_comes_twice(tmp_path: Path) -> None:
    replica = Replica(SqliteLog(tmp_path / "ledger.db"))
    indexes = Indexes(replica)
    payloads = [encode(freed(1, 10, key=None)), encode(freed(2, 20, key=None)), encode(freed(1, 10, key=None))]
    found = []
    for offset, payload in enumerate(payloads):
        replica.take(Batch(0, [(offset, offset, payload, None)], offset))
        found.append(indexes.of(EXCHANGE, offset + 1))
    first, second, third = found
    assert first is not None
    assert second is not None
    assert (len(first.numbers), len(second.numbers), third) == (1, 2, None)
    assert indexes.of(EXCHANGE, 1) is second
    assert indexes.of(EXCHANGE, 3) is None
    [book] = books_at([(second, ExchangeBound(Cut(), 1))])
    assert tally(book).captives.released == tally(book_of(freed(1, 10, key=None))).captives.released
