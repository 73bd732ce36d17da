"""The bundled events are what the mapping makes of the claims, and publishing them again changes nothing."""

import subprocess
import sys
from pathlib import Path

from ledger import Ledger, Receipt
from replay.rebuild import digest
from schemas.codec import encode
from tests.cli.run import inside
from tests.history.bundled import HISTORY, TREE, history

BUNDLED = TREE / "ledger/demo/history.ndjson"


def test_the_bundled_events_are_those_of_the_claims() -> None:
    assert BUNDLED.read_bytes() == b"".join(encode(each) + b"\n" for each in history())


def test_the_script_prints_the_bundled_events() -> None:
    command = [
        sys.executable,
        str(TREE / "examples/ingest_table.py"),
        str(HISTORY / "mapping.toml"),
        str(HISTORY / "claims.jsonl"),
    ]
    done = subprocess.run(command, capture_output=True, check=True)
    documents = (HISTORY / "documents.ndjson").read_bytes()
    assert done.stdout + documents == BUNDLED.read_bytes()
    assert done.stderr == b"claims.jsonl: not used by the mapping: series, url, publisher\n"


def test_every_event_has_an_id_of_its_own() -> None:
    assert len({each.id for each in history()}) == len(history()) == 405


def test_publishing_twice_changes_nothing(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        first = list(ledger.publish_stream(history()))
        before = digest(ledger.read())
        second = list(ledger.publish_stream(history()))
        after = ledger.read()
        assert digest(after) == before
        assert sum(book.events for book in after.by_exchange.values()) == 405
    receipts = [each for each in (*first, *second) if isinstance(each, Receipt)]
    assert [each.duplicate for each in receipts] == [False] * 405 + [True] * 405
    assert [each.position for each in receipts[405:]] == [each.position for each in receipts[:405]]


def test_the_command_publishes_them_and_again(tmp_path: Path) -> None:
    command = ("publish", "--mapping", str(HISTORY / "mapping.toml"), str(HISTORY / "claims.jsonl"))
    first, second = inside(tmp_path, *command), inside(tmp_path, *command)
    new = 405 - len((HISTORY / "documents.ndjson").read_text("utf-8").splitlines())
    assert (first.code, second.code) == (0, 0)
    assert f"{new} published" in first.err
    assert f"0 published, {new} were there already" in second.err
