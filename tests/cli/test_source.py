"""`ledger source check`: whether a file is what was read for an event."""

import hashlib
from pathlib import Path

import pytest

from ledger import Ledger
from schemas.events import AnyEvent, CaptivesReleased
from schemas.values import Count, Group, Moment, Source
from tests.cli.run import in_terminal, inside

REPORT = b"Twelve people were released.\n"
DIGITS = hashlib.sha256(REPORT).hexdigest()
OTHER = hashlib.sha256(b"Thirteen.\n").hexdigest()
RECORD = (
    *("record", "captives_released", "--exchange", "CASE-1", "--occurred", "2017-12-27", "--count", "12"),
    *("--publisher", "The Herald", "--kind", "newspaper"),
)


def told(number: int, publisher: str, url: str | None, sha256: str | None, archived: str | None = None) -> AnyEvent:
    return CaptivesReleased(
        id=f"018c03c6-a800-80df-835c-{number:012x}",
        exchange="CASE-1",
        occurred=Moment.day("2017-12-27"),
        source=Source(publisher=publisher, kind="wire", url=url, archived=archived, sha256=sha256),
        groups=(Group(count=Count.of(12)),),
    )


@pytest.fixture
def kept(here: Path) -> Path:
    """A ledger of several sources, and the report that was read for two of them."""
    (here / "report 1.pdf").write_bytes(REPORT)
    with Ledger.open(f"sqlite:///{here}/ledger.db") as ledger:
        ledger.publish_many(
            [
                told(1, "Herald", "https://herald.example/report%201.pdf", DIGITS),
                told(2, "Wire", "https://wire.example/get?file=a.pdf", OTHER),
                told(3, "Post", None, DIGITS, "https://archive.example/2017/https://post.example/b.pdf#page=2"),
                told(4, "None", "https://none.example/a.pdf", None),
            ]
        )
    return here


def test_the_events_that_name_a_file_are_told(kept: Path) -> None:
    ran = inside(kept, "source", "check", "report 1.pdf", "--json")
    assert ran.code == 0
    assert [(line["event"][-2:], line["exchange"], line["publisher"], line["matches"]) for line in ran.lines] == [
        ("01", "CASE-1", "Herald", True),
        ("03", "CASE-1", "Post", True),
    ]
    assert ran.lines[0]["url"] == "https://herald.example/report%201.pdf"
    assert ran.lines[0]["sha256"] == DIGITS
    assert ran.err == f"2 events name it: SHA-256 {DIGITS}\n"
    shown = inside(kept, "source", "check", "report 1.pdf")
    assert "https://herald.example/report%201.pdf" in shown.out
    assert "https://archive.example/2017/https://post.example/b.pdf#page=2" in shown.out
    assert "Wire" not in shown.out


@pytest.mark.parametrize(("name", "publisher"), [("a.pdf", "Wire"), ("b.pdf", "Post"), ("report 1.pdf", "Herald")])
def test_another_file_of_the_name_of_a_source_is_refused_beside_it(kept: Path, name: str, publisher: str) -> None:
    (kept / "other").mkdir()
    (kept / "other" / name).write_bytes(b"Changed.\n")
    digits = hashlib.sha256(b"Changed.\n").hexdigest()
    ran = inside(kept, "source", "check", f"other/{name}", "--json")
    assert ran.code == 5
    assert [(line["publisher"], line["matches"]) for line in ran.lines] == [(publisher, False)]
    assert f"other/{name}: no event names a source of SHA-256 {digits}; those of its file name have another" in ran.err
    assert f"{ran.lines[0]['sha256'][:12]}..." in inside(kept, "source", "check", f"other/{name}").out


def test_a_file_that_nothing_names_is_refused_in_one_line(kept: Path) -> None:
    (kept / "c.pdf").write_bytes(b"")
    ran = inside(kept, "source", "check", "c.pdf")
    assert (ran.code, ran.out) == (5, "")
    assert ran.err == f"error: c.pdf: no event names a source of SHA-256 {hashlib.sha256(b'').hexdigest()}\n"


@pytest.mark.parametrize("name", ["absent.pdf", "."])
def test_what_is_no_file_is_wrong_usage(kept: Path, name: str) -> None:
    ran = inside(kept, "source", "check", name)
    assert ran.code == 2
    assert ran.err.startswith("error: cannot read ")


def test_an_event_whose_bytes_were_removed_names_nothing(kept: Path) -> None:
    for number in (1, 3):
        event = f"018c03c6-a800-80df-835c-{number:012x}"
        assert inside(kept, "redact", event, "--why", "a name", "--by", "The desk").code == 0
    assert inside(kept, "source", "check", "report 1.pdf").code == 5


def test_only_events_that_the_ledger_believes_name_a_file(kept: Path) -> None:
    made = inside(kept, "keygen", "example.org/ledger/feed", "--to", "feed.key", program="replay")
    (kept / "producers.keys").write_text(made.out, "utf-8")
    signed = inside(kept, *RECORD, "--sha256", DIGITS, "--sign", "feed.key", "--json").lines[0]["id"]
    asking = {"LEDGER_SIGNATURES": "required", "LEDGER_PRODUCER_KEYS": "producers.keys"}
    ran = inside(kept, "source", "check", "report 1.pdf", "--json", **asking)
    assert [line["event"] for line in ran.lines] == [signed]
    assert len(inside(kept, "source", "check", "report 1.pdf", "--json").lines) == 3


def test_a_terminal_of_80_columns_has_room_for_it(kept: Path) -> None:
    (kept / "a.pdf").write_bytes(b"Changed.\n")
    ran = in_terminal(kept, "source", "check", "a.pdf")
    assert "018c03c6 CASE-1" in ran.out
    assert f"{OTHER[:12]}..." in ran.out
    assert ran.code == 5


def test_record_takes_what_is_kept_of_a_source(here: Path) -> None:
    copy = "https://archive.example/1"
    ran = inside(here, *RECORD, "--archived", copy, "--sha256", DIGITS, "--json")
    assert (ran.lines[0]["source"]["archived"], ran.lines[0]["source"]["sha256"]) == (copy, DIGITS)
    refused = inside(here, *RECORD, "--sha256", DIGITS.upper())
    assert refused.code == 3
    assert f"--sha256: '{DIGITS.upper()[:59]}... should be 64 digits" in refused.err
    assert f"; write {DIGITS}\n" in refused.err
