from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.cli.run import inside
from tests.replay.keeping import published


@pytest.fixture(scope="session")
def history_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A ledger of the bundled history."""
    return published(tmp_path_factory.mktemp("history") / "ledger.db")


@pytest.fixture(scope="session")
def package(history_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its unpacked package."""
    folder = tmp_path_factory.mktemp("package")
    assert inside(folder, "export", "ledger.zip", "--log", history_url, program="replay").code == 0
    with ZipFile(folder / "ledger.zip") as zipped:
        zipped.extractall(folder)
    return folder
