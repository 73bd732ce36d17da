"""A ledger of its own for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ledger.blocking import Ledger
from ledger.client import AsyncLedger


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[AsyncLedger]:
    async with AsyncLedger.open(url) as ledger:
        yield ledger


@pytest.fixture
def blocking(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as ledger:
        yield ledger
