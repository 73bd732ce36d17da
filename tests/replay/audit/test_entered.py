"""Who entered what, as an audit tells it: of a ledger and of its archive, in numbers and beside each finding."""

from pathlib import Path

import orjson
import pytest

from replay.audit.findings import Audit
from replay.audit.lines import lines
from replay.audit.report import report
from tests.book.building import corrected, freed
from tests.cli.run import inside
from tests.replay.audit.auditing import audited, entered, evidence, ledger_of, seen
from tests.replay.keeping import archived
from tests.signing import FEED, signed

FEED_ID = f"key:{FEED.verifier.label}"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("entered")
    url = entered(
        folder / "ledger.db",
        ("token:newsroom", freed(1, 12)),
        ("token:newsroom", freed(2, 3, key="other")),
        ("desk:kyiv", corrected(3, 1, 13)),
        (None, signed(freed(4, 5, key="third"), FEED)),
        (None, freed(5, 5, key="fourth")),
        ("token:newsroom", b"{"),
    )
    archived(url, folder / "archive")
    return folder


@pytest.fixture(scope="module", params=["archive", "ledger.db"])
def audit(request: pytest.FixtureRequest, here: Path) -> Audit:
    return audited(here / "archive" if request.param == "archive" else f"sqlite:///{here / 'ledger.db'}")


def test_it_counts_the_records_by_who_entered_them(audit: Audit) -> None:
    [found] = [each.seen for each in audit.outcomes if each.name == "entered"]
    assert found.looked == "6 records: entered by 1 token, 1 desk and 1 key; of 1 nobody says so"
    assert [(each.where, each.what.split(" came")[0], each.severity) for each in found.findings] == [
        ("token:newsroom", "3 records", "notice"),
        ("desk:kyiv", "1 record", "notice"),
        (FEED_ID, "1 record", "notice"),
    ]


def test_each_finding_says_who_entered_what_it_rests_on(audit: Audit) -> None:
    told = [orjson.loads(line) for line in lines(audit)]
    [correction] = [each for each in told if each.get("check") == "corrections" and each["line"] == "finding"]
    by_position = {each["position"]: each["entered_by"] for each in correction["events"]}
    assert by_position == {"0:0": "token:newsroom", "0:2": "desk:kyiv"}
    [invalid] = [each for each in told if each.get("check") == "validity" and each["line"] == "finding"]
    assert (invalid["where"], invalid["entered_by"]) == ("0:5", "token:newsroom")


def test_page_and_terminal_say_it_too(here: Path, audit: Audit) -> None:
    page = report(audit)
    assert "0:5, entered by token:newsroom" in page
    assert "at 0:2, entered by desk:kyiv" in page
    ran = inside(here, "audit", "archive", program="replay")
    assert "0:5 entered by token:newsroom" in ran.out
    assert "at 0:2 by desk:kyiv" in ran.out


def test_of_a_ledger_that_says_it_of_none_nothing_is_found(tmp_path: Path) -> None:
    found = seen("entered", evidence(ledger_of(tmp_path / "a.db", freed(1, 12))))
    assert (found.looked, [*found.findings]) == ("1 record: the log says of none who entered it", [])
    assert not found.done
