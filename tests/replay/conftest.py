"""What the tests of archives and of audits start from."""

import shutil
from pathlib import Path

import pytest

from tests.replay.keeping import EVENTS, MIDDLE, archived, published, signed
from tests.replay.tampering import records


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the bundled history, with a checkpoint in its middle and one at its end."""
    folder = tmp_path_factory.mktemp("archive")
    url = published(folder / "ledger.db")
    bare = archived(url, folder / "bare")
    return archived(url, folder / "whole", *(signed(records(bare), size) for size in (MIDDLE, EVENTS)))


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(whole, tmp_path / "copy"))
