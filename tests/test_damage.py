"""Damaged files end in a clear error, with the position; what nobody can notice is known (docs/operating.md)."""

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from benchmarks.damage import FILES, damaged
from ledger.errors import LogDamaged
from ledger.log.sqlite import SqliteLog
from tests.cli.run import inside
from tests.history.bundled import history
from tests.log.events import tamper
from tests.replay.keeping import KEY, published

TRIALS, SEED, AT = 30, 7, 50


@pytest.mark.parametrize("name", FILES)
def test_with_key_and_checkpoint_no_damage_is_silent(name: str) -> None:
    counted = damaged(name, TRIALS, SEED)
    assert sum(each for (_, way, _), each in counted.items() if way == "key and checkpoint") == 2 * TRIALS
    silent = {place: each for (place, way, end), each in counted.items() if end == "silently wrong" and way != "alone"}
    assert silent == {}


# -- one record --------------------------------------------------------------------------------


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda raw: raw.replace(old, new, 1)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "an id that is none": replaced(b'"id":"', b'"id":"g'),
    "another id": lambda raw: raw.replace(history()[AT].id.encode(), b"00000000-0000-8000-8000-000000000000"),
    "an exchange that is none": replaced(b'"exchange":"I', b'"exchange":"i'),
    "round 0": replaced(b'"exchange"', b'"round":0,"exchange"'),
    "a day that is none": replaced(b'"at":"2023-11', b'"at":"2023-91'),
    "a date that is none": replaced(b'"at":"2', b'"at":"`'),
    "bytes that are no UTF-8": replaced(b'"publisher":"', b'"publisher":"\xff'),
    "NUL": replaced(b'"publisher":"', b'"publisher":"\0'),
    "half of it": lambda raw: raw[: len(raw) // 2],
    "nothing": lambda raw: b"",
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    published(tmp_path / "ledger.db")
    return tmp_path


def spoil(here: Path, how: Callable[[bytes], bytes]) -> None:
    with apsw.Connection(str(here / "ledger.db")) as connection:
        raw = connection.execute("SELECT payload FROM records WHERE offset = ?", (AT,)).get
    connection.close()
    assert how(raw) != raw
    tamper(here / "ledger.db", f"UPDATE records SET payload = x'{how(raw).hex()}' WHERE offset = {AT}")


@pytest.mark.parametrize("damage", DAMAGES)
def test_doctor_and_audit_name_the_record_that_is_damaged(here: Path, damage: str) -> None:
    spoil(here, DAMAGES[damage])
    doctor = inside(here, "doctor")
    assert (doctor.code, f"0:{AT}: " in doctor.err) == (5, True)
    audit = inside(here, "audit", "sqlite:///ledger.db", program="replay")
    if damage != "another id":  # which keeps every rule: the payload alone says what an event is
        assert (audit.code, f"0:{AT}: " in audit.err) == (5, True)
    for words in (["tallies"], ["rounds", "IL-HAMAS-2023-11"]):
        assert inside(here, *words).code in (0, 5)
    assert inside(here, "rebuild", program="replay").code in (0, 5)


STATEMENTS = {
    "a trigger": "CREATE TRIGGER mine AFTER INSERT ON records BEGIN SELECT raise(IGNORE); END",
    "a view": "CREATE VIEW mine AS SELECT * FROM records",
    "an index": "CREATE INDEX mine ON records (recorded_at)",
    "a table": "CREATE TABLE mine (x)",
    "no trigger": "DROP TRIGGER records_never_go",
}


@pytest.mark.parametrize("what", STATEMENTS)
def test_a_schema_that_is_not_the_ledgers_is_refused_when_it_is_opened(here: Path, what: str) -> None:
    connection = apsw.Connection(str(here / "ledger.db"))
    connection.execute(STATEMENTS[what])
    connection.close()
    with pytest.raises(LogDamaged, match="is missing" if what == "no trigger" else "mine is not the ledger's"):
        SqliteLog(here / "ledger.db")
    assert inside(here, "doctor").code == 5


# -- beside a checkpoint -----------------------------------------------------------------------


def signed(here: Path) -> None:
    (here / "keeper.key").write_text(f"{KEY.secret}\n")
    assert inside(here, "checkpoint", "--key", "keeper.key", "--to", "kept", program="replay").code == 0
    assert (here / "ledger.db.checkpoints").read_text() == (here / "kept").read_text()


def test_a_log_that_ends_before_the_checkpoint_beside_it_is_not_opened(here: Path) -> None:
    signed(here)
    tamper(here / "ledger.db", "DELETE FROM records WHERE offset > 399")
    for words in (["tallies"], ["doctor"], ["demo", "--yes"]):
        ran = inside(here, *words)
        assert (ran.code, "position is 0:400" in ran.err) == (5, True)
    (here / "ledger.db.checkpoints").rename(here / "elsewhere")
    assert inside(here, "doctor").code == 0  # nothing in the file itself tells
    assert inside(here, "audit", "sqlite:///ledger.db", "--checkpoint", "kept", program="replay").code == 5


def test_doctor_holds_each_record_against_the_checkpoint_beside_the_log(here: Path) -> None:
    signed(here)
    assert inside(here, "doctor").code == 0
    spoil(here, replaced(b'"best":', b'"best":1'))
    ran = inside(here, "doctor")
    assert (ran.code, "one of 0:0 to 0:404" in ran.err) == (5, True)
