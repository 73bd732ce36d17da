import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.api.serving import Served, loaded, serving
from tests.page.browser import Tab, chromium, opened
from tests.tools import node_modules

HERE = Path(__file__).parent


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def axe() -> str:
    """The script of axe-core as the lock pins it."""
    modules = node_modules(HERE, "the page was NOT checked by axe-core")
    return (modules / "axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="package")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled history, in a folder to copy."""
    folder = tmp_path_factory.mktemp("history")
    loaded(folder)
    return folder


@pytest.fixture(scope="package")
def demo(browser: Browser, history: Path) -> Iterator[Served]:
    """A server of the bundled history, for tests that only look."""
    with serving(f"sqlite:///{history}/ledger.db") as server:
        yield server


@pytest.fixture
def url(history: Path, tmp_path: Path) -> str:
    """The bundled history once more, for a test that adds to it."""
    shutil.copytree(history, tmp_path / "own")
    return f"sqlite:///{tmp_path}/own/ledger.db"


@pytest.fixture
def tab(browser: Browser, demo: Served) -> Iterator[Tab]:
    """A tab on the bundled history, wide and light."""
    with opened(browser, address(demo)) as tab:
        yield tab


def address(server: Served) -> str:
    return f"http://127.0.0.1:{server.port}/"
