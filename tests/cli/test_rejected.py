"""`ledger rejected` on a file, and what is only of a file."""

from pathlib import Path

import pytest

from ledger.log import open_log
from tests.cli.refusals import RefusalCommands
from tests.cli.run import inside, ledger


class TestOnSqlite(RefusalCommands):
    @pytest.fixture
    def log(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/refusals.db"


def test_nothing_refused_is_said_so(here: Path) -> None:
    open_log(f"sqlite:///{here}/ledger.db")
    for words in ([], ["list"], ["retry"]):
        ran = inside(here, "rejected", *words)
        assert (ran.code, ran.out, ran.err) == (0, "", "nothing was refused\n"), words


def test_what_publish_refused_for_its_version_is_accepted_once_it_is_known(here: Path) -> None:
    ran = ledger(here, "publish", "-", stdin=b'{"type":"captives_released","version":99}\n')
    assert ran.code == 3
    again = inside(here, "rejected", "retry", "1")
    assert again.code == 3
    assert "1  -:1:" in again.err
