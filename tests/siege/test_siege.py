"""What a report makes of a history, and a siege that is over soon."""

import subprocess
import sys
from pathlib import Path

from tests.cli.run import environment
from tests.log.events import TREE
from tests.siege.history import Counts, Fault, Operation, Writer, read, report
from tests.siege.publisher import PUBLISHERS, batches, begun

WELL = Counts({0: 1, 4: 1}, {"a strict replay": 2}, ())
OPERATIONS = [Operation(0, 1.0, [0], 1.5, "ok"), Operation(0, 2.0, [4, 0], 9.0, "ok")]


def test_a_history_says_what_became_of_each_operation(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "history")
    for line in (
        "invoke 1 0,4",
        "ok 1",
        "invoke 2 8",
        "fail 2 connection refused",
        "invoke 3 8",
        "info 3 503",
        "invoke 4 8",
    ):
        writer.write(line)
    found = read(0, tmp_path / "history")
    assert [(each.numbers, each.end, each.ended is None) for each in found] == [
        ([0, 4], "ok", False),
        ([8], "fail", False),
        ([8], "info", False),
        ([8], "info", True),
    ]
    assert begun(0, found) == 2


def test_what_is_acknowledged_and_found_holds() -> None:
    found = report(OPERATIONS, [], WELL)
    assert (found.holds, found.lost, found.doubled, found.published) == (True, [], 0, 3)
    assert found.gaps == [7.5]


def test_what_is_acknowledged_and_not_found_is_lost() -> None:
    found = report(OPERATIONS, [], Counts({0: 1}, {"a strict replay": 1}, ()))
    assert (found.holds, found.lost) == (False, [4])


def test_what_nobody_knows_of_may_be_there_or_not() -> None:
    unknown = Operation(1, 3.0, [1])
    assert report([*OPERATIONS, unknown], [], WELL).holds
    assert report([*OPERATIONS, unknown], [], Counts({0: 1, 4: 1, 1: 1}, {"a strict replay": 3}, ())).holds


def test_what_nobody_published_and_what_counts_twice_does_not_hold() -> None:
    assert not report(OPERATIONS, [], Counts({0: 1, 4: 1, 8: 1}, {"a strict replay": 3}, ())).holds
    assert not report(OPERATIONS, [], Counts({0: 1, 4: 2}, {"a strict replay": 2, "the server": 3}, ())).holds
    assert report(OPERATIONS, [], Counts({0: 1, 4: 2}, {"a strict replay": 2}, ())).doubled == 1


def test_recovery_lasts_until_every_publisher_that_was_hit_goes_on() -> None:
    others = [Operation(1, 2.0, [1], 4.0, "ok"), Operation(2, 2.0, [2], 60.0, "ok")]
    faults = [
        Fault("disk full", 1.0, 3.0, [0, 1]),
        Fault("worker killed", 1.0, 1.0, (), 2.5),
        Fault("late", 70, 70, [0]),
    ]
    found = report([*OPERATIONS, *others], faults, WELL)
    assert found.recoveries == {"disk full": [6.0], "worker killed": [2.5]}


def test_publishers_publish_everything_and_go_on_where_they_were_killed() -> None:
    shares = [{number for batch in batches(each, 1003, 7, 0) for number in batch} for each in range(PUBLISHERS)]
    assert set().union(*shares) == {*range(1003)}
    [*rest] = (number for batch in batches(1, 1003, 7, 200) for number in batch if number % PUBLISHERS == 1)
    assert {*range(801, 1003, 4)} <= {*rest}


def test_a_little_siege_loses_nothing() -> None:
    words = ["--events", "400", "--seed", "1"]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.siege", *words],
        cwd=TREE,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "| **lost** | **0** |" in ran.stdout
