from pathlib import Path

import pytest

from tests.cli.run import ledger


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose `ledger.db` holds the bundled history; for tests that only read."""
    here = tmp_path_factory.mktemp("loaded")
    assert ledger(here, "demo").code == 0
    return here


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """An empty directory of one test's own."""
    return tmp_path
