from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.blocking import Ledger
from tests.api.serving import Served, loaded, make_token, process, serving


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the bundled history; for tests that only read."""
    with process(loaded(tmp_path_factory.mktemp("demo"))) as server:
        yield server


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A new ledger without events."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    Ledger.open(url).close()
    return url


@pytest.fixture
def token(url: str) -> str:
    """A token that may publish and see what was refused."""
    return make_token(url, "publish", "audit")


@pytest.fixture
def server(url: str) -> Iterator[Served]:
    """A server of a ledger of the test's own."""
    with serving(url) as server:
        yield server
