"""The row of each kind of log says what the log does."""

from pathlib import Path

import pytest

from ledger.errors import UsageError
from ledger.log import FORMS, KINDS, kind_of, open_log
from ledger.log.kafka import KafkaLog
from ledger.log.port import KeepsCheckpoints, KeepsViews
from ledger.log.sqlite import SqliteLog

LOGS = {"sqlite": SqliteLog, "kafka": KafkaLog}


@pytest.mark.parametrize("scheme", KINDS)
def test_a_row_says_what_its_log_can_do(scheme: str) -> None:
    kind, log = KINDS[scheme], LOGS[scheme]
    assert (kind.keeps_views, kind.keeps_checkpoints) == (
        issubclass(log, KeepsViews),
        issubclass(log, KeepsCheckpoints),
    )
    assert kind.form.startswith(f"{scheme}://")
    assert kind.form in FORMS
    assert kind.engine_version()[0].isdigit()


async def test_a_url_opens_the_log_of_its_kind(tmp_path: Path) -> None:
    for url, kind in ((f"sqlite:///{tmp_path}/a.db", SqliteLog), ("kafka://127.0.0.1:1", KafkaLog)):
        log = open_log(url)
        assert type(log) is kind
        await log.close()


def test_the_file_of_a_log_is_known_by_its_url() -> None:
    assert [kind.file and kind.file("sqlite:///here/a.db") for kind in KINDS.values()] == [Path("here/a.db"), None]


@pytest.mark.parametrize(
    "url", ["ledger.db", "postgres://x", "sqlite:/ledger.db", "sqlite://ledger.db", "sqlite:///", ""]
)
def test_what_names_no_log_is_told_the_forms(url: str) -> None:
    with pytest.raises(UsageError, match=f"names no log: use {FORMS}"):
        open_log(url)


def test_a_log_in_memory_is_none() -> None:
    with pytest.raises(UsageError, match="would keep nothing"):
        open_log("sqlite:///:memory:")


def test_every_kind_is_found_by_its_own_form() -> None:
    assert [kind_of(kind.form) for kind in KINDS.values()] == [*KINDS.values()]
