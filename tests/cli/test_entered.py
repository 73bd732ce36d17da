"""Who entered an event, as the commands set and show it."""

from pathlib import Path

from schemas.codec import encode
from tests.cli.run import inside
from tests.log.events import released


def test_a_desk_enters_under_its_name_and_is_shown(here: Path) -> None:
    (here / "events.ndjson").write_bytes(encode(released(1)) + b"\n{\n")
    assert inside(here, "publish", "events.ndjson", LEDGER_DESK="kyiv").code == 3
    [line] = inside(here, "watch", "events", "--count", "1", "--json").lines
    assert (line["position"], line["entered_by"], line["item"]["id"]) == ("0:0", "desk:kyiv", released(1).id)
    shown = inside(here, "watch", "events", "--count", "1").out
    assert shown.endswith(f"{released(1).id}  entered by desk:kyiv\n")
    assert [each["entered_by"] for each in inside(here, "rejected", "--json").lines] == ["desk:kyiv"]
    assert "sent by desk:kyiv" in inside(here, "rejected").out


def test_without_a_name_nobody_says_so(here: Path) -> None:
    (here / "events.ndjson").write_bytes(encode(released(1)) + b"\n{\n")
    inside(here, "publish", "events.ndjson")
    [line] = inside(here, "watch", "events", "--count", "1", "--json").lines
    assert line["entered_by"] is None
    assert "entered_by" not in inside(here, "rejected", "--json").lines[0]
    assert "sent by" not in inside(here, "rejected").out


def test_a_name_that_is_none_is_wrong_usage(here: Path) -> None:
    ran = inside(here, "doctor", LEDGER_DESK="Kyiv desk")
    assert ran.code == 2
    assert "LEDGER_DESK" in ran.err
