"""The bundled events are what the ingestion script makes of the claims, and publishing them again changes nothing."""

import subprocess
import sys
from pathlib import Path

from ledger import Ledger, Receipt
from replay.rebuild import digest
from schemas.codec import encode
from tests.history.bundled import HISTORY, TREE, history

BUNDLED = TREE / "ledger/demo/history.ndjson"
FILES = [str(HISTORY / name) for name in ("claims.jsonl", "sources.csv", "mapping.toml")]
SCRIPT = [sys.executable, str(TREE / "examples/ingest_claims.py"), *FILES]


def test_the_bundled_events_are_those_of_the_claims() -> None:
    assert BUNDLED.read_bytes() == b"".join(encode(each) + b"\n" for each in history())


def test_the_script_writes_the_bundled_events(tmp_path: Path) -> None:
    out = tmp_path / "events.ndjson"
    command = [*SCRIPT, "--also", str(HISTORY / "documents.ndjson"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert out.read_bytes() == BUNDLED.read_bytes()
    assert done.stderr.splitlines() == [
        "2 rows without a source left out: T23-121, C25-057",
        "405 events; 0 rows rejected",
    ]


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


def test_the_script_publishes_into_a_ledger_and_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    said = [
        subprocess.run([*SCRIPT, "--ledger", url], capture_output=True, text=True, check=True).stderr for _ in range(2)
    ]
    new = 405 - len((HISTORY / "documents.ndjson").read_text("utf-8").splitlines())
    assert said[0].endswith(f"{new} events published; 0 rows rejected\n")
    assert said[1].endswith(f"0 events published, {new} were there already; 0 rows rejected\n")
