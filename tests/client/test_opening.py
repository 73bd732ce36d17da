"""Which ledger is opened, and what is said where none can be."""

import os
from pathlib import Path

import pytest

from ledger.blocking import Ledger
from ledger.errors import LogUnreachable, UsageError
from ledger.log.port import Receipt
from tests.log.events import released


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, without any setting from outside."""
    for name in [name for name in os.environ if name.startswith("LEDGER_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def opened() -> list[str]:
    """The files that opening a ledger without a URL makes here."""
    Ledger.open().close()
    return sorted(path.name for path in Path().glob("*.db"))


def test_a_url_goes_over_the_environment_that_over_the_file_and_that_over_the_default(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened() == ["ledger.db"]
    (here / "ledger.toml").write_text('log = "sqlite:///file.db"\n')
    assert opened() == ["file.db", "ledger.db"]
    monkeypatch.setenv("LEDGER_LOG", "sqlite:///env.db")
    assert opened() == ["env.db", "file.db", "ledger.db"]
    Ledger.open("sqlite:///url.db").close()
    assert (here / "url.db").exists()


@pytest.mark.parametrize("content", ["log = 3", "batch = 0", "batch = 'many'", "bach = 5", "log ="])
def test_a_wrong_setting_is_named(here: Path, content: str) -> None:
    (here / "ledger.toml").write_text(content + "\n")
    with pytest.raises(UsageError, match=r"ledger\.toml"):
        Ledger.open()


@pytest.mark.parametrize(
    "url", ["", "ledger.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite://ledger.db", "mysql:///x", "sqlite:/x.db"]
)
def test_a_url_that_names_no_log_is_refused_with_one_that_does(here: Path, url: str) -> None:
    with pytest.raises(UsageError, match="use sqlite:///FILE"):
        Ledger.open(url)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "sqlite:///./:memory:"])
def test_a_log_is_a_file(here: Path, url: str) -> None:
    with pytest.raises(UsageError, match="a log is a file"):
        Ledger.open(url)


def test_a_missing_directory_is_named(here: Path) -> None:
    with pytest.raises(LogUnreachable, match="there is no directory nowhere; create it first"):
        Ledger.open("sqlite:///nowhere/ledger.db")


def test_the_settings_batch_is_used(here: Path) -> None:
    (here / "ledger.toml").write_text("batch = 2\n")
    with Ledger.open() as ledger:
        receipts = [each for each in ledger.publish_stream(released(n) for n in range(4)) if isinstance(each, Receipt)]
    times = [receipt.recorded_at for receipt in receipts]
    assert times[0] == times[1] < times[2] == times[3]
