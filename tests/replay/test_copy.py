"""Copies between files, and how partitions are merged."""

from datetime import timedelta
from pathlib import Path

import pytest

from ledger.copying import by_time
from ledger.log.port import Batches
from ledger.log.sqlite import SqliteLog
from schemas.record import NOWHERE, Batch, Frontier, Position, to_microseconds
from tests.cli.run import ledger
from tests.log.events import message
from tests.replay.copies import START, CopyContract, fill, opened
from tests.replay.keeping import EVENTS


class TestFromFileToFile(CopyContract):
    @pytest.fixture
    async def source(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/source.db"

    @pytest.fixture
    async def target(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/target.db"


# -- partitions ----------------------------------------------------------------------------------------


class Partitions(SqliteLog):
    """A log that is read as if it had partitions: in each the seconds after START at which records came."""

    parts = ((0, 1, 5, 9), (1, 2, 3), (4, 2, 8))

    async def read(self, after: Frontier = NOWHERE, through: Frontier | None = None) -> Batches:
        assert through is not None
        [(partition, last)] = through.offsets.items()
        for offset, seconds in enumerate(self.parts[partition][: last + 1]):
            at = to_microseconds(START + timedelta(seconds=seconds))
            yield Batch(partition, [(offset, at, b"%d" % seconds, None)], offset)


async def test_partitions_are_merged_by_time_and_each_keeps_its_order(tmp_path: Path) -> None:
    log = Partitions(tmp_path / "ledger.db")
    records = [record async for record in by_time(log, Frontier({0: 3, 1: 2, 2: 1}))]
    assert [(record.position.partition, int(record.payload)) for record in records] == [
        (0, 0),
        (0, 1),
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 4),
        (2, 2),
        (0, 5),
        (0, 9),
    ]
    assert records[6].position == Position(2, 1)
    assert [record async for record in by_time(log, NOWHERE)] == []
    await log.close()


# -- the command ---------------------------------------------------------------------------------------


async def test_the_command_copies_and_compare_proves_it(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/a.db") as [log]:
        await fill(log)
    pair = ["sqlite:///a.db", "sqlite:///b.db"]
    ran = ledger(tmp_path, "copy", *pair, program="replay")
    assert (ran.code, ran.out.split()) == (0, ["copied", str(EVENTS)])
    assert "replay compare sqlite:///a.db sqlite:///b.db" in ran.err
    assert ledger(tmp_path, "compare", *pair, program="replay").code == 0
    [facts] = ledger(tmp_path, "copy", *pair, "--json", program="replay").lines
    assert facts == {
        "copied": 0,
        "there_already": EVENTS,
        "undecodable": 0,
        "unbelieved": 0,
        "refused": 0,
        "conflicts": 0,
    }


async def test_the_command_reports_conflicts_and_exits_3(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/a.db", f"sqlite:///{tmp_path}/b.db") as [one, other]:
        await one.append([message(1), message(2)])
        await other.append([message(1, count=7)])
    ran = ledger(tmp_path, "copy", "sqlite:///a.db", "sqlite:///b.db", program="replay")
    assert ran.code == 3
    assert f"conflict: event {message(1).id} is already in the log at 0:0 with other bytes" in ran.err
    assert ran.err.endswith("error: 1 refused, 1 accepted\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["sqlite:///a.db", "sqlite:///a.db"], 2, "not copied to itself"),
        (["sqlite:///none.db", "sqlite:///b.db"], 4, "there is no ledger at"),
        (["sqlite:///none.db"], 2, "Missing argument"),
        (["a.db", "b.db"], 2, "names no log"),
    ],
)
def test_a_copy_that_cannot_be_made_makes_nothing(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    ran = ledger(tmp_path, "copy", *words, program="replay")
    assert (ran.code, ran.out) == (code, "")
    assert said in " ".join(ran.err.split())
    assert not [*tmp_path.iterdir()]
