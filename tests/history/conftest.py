"""The bundled history in a real SQLite ledger, once for all tests that only read it."""

from collections.abc import Iterator

import pytest

from ledger import Books, Ledger, Receipt
from tests.history.bundled import history


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('history') / 'ledger.db'}"
    with Ledger.open(url) as ledger:
        receipts = list(ledger.publish_stream(history()))
    assert all(isinstance(each, Receipt) and not each.duplicate for each in receipts)
    return url


@pytest.fixture(scope="session")
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as opened:
        yield opened


@pytest.fixture(scope="session")
def books(ledger: Ledger) -> Books:
    return ledger.read()
