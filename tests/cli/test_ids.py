"""Events asked for by the first characters of their ids, and ids that are shown so short that they can be."""

import re
from pathlib import Path

import pytest

from schemas.codec import encode
from schemas.events import CaptivesReleased
from schemas.values import Count, Group
from tests.cli.run import Ran, in_terminal, inside
from tests.log.events import EXCHANGE, released

MINUTE = [f"0198bfa2-c{n}00-8000-8000-00000000000{n}" for n in range(7)]
"""The ids of seven events of one minute, as `record` makes them."""
SAID = ["--publisher", "The Herald", "--kind", "newspaper", "--occurred", "2017-12-27"]


def event(event_id: str, number: int) -> CaptivesReleased:
    return released(number, count=number + 1).model_copy(update={"id": event_id})


@pytest.fixture
def minute(here: Path) -> Path:
    """A ledger of seven events of one minute, and one of another time."""
    lines = [encode(event(each, n)) + b"\n" for n, each in enumerate(MINUTE)]
    (here / "events.ndjson").write_bytes(b"".join([*lines, encode(released(9)) + b"\n"]))
    assert inside(here, "publish", "events.ndjson").code == 0
    return here


def correction(here: Path, start: str, *more: str) -> Ran:
    return inside(
        here,
        "record",
        "captives_released",
        *SAID,
        "--count",
        "3",
        "--supersedes",
        start,
        "--reason",
        "corrected",
        *more,
    )


@pytest.mark.parametrize("start", [MINUTE[1][:11], MINUTE[1][:11].replace("-", ""), MINUTE[1][:12].upper(), MINUTE[1]])
def test_the_start_of_an_id_is_enough_with_or_without_hyphens(minute: Path, start: str) -> None:
    [made] = correction(minute, start, "--json").lines
    assert (made["supersedes"], made["occurrence"]) == (MINUTE[1], "freed-1")


@pytest.mark.parametrize(
    "words",
    [
        ["record", "captives_released", *SAID, "--count", "3", "--reason", "corrected", "--supersedes"],
        ["redact", "--why", "a name", "--by", "Ada"],
        ["tallies", "--through"],
        ["explain", EXCHANGE, "captives.released", "--through"],
        ["record", "claim_retracted", *SAID, "--set", "why=typed twice", "--set"],
    ],
    ids=lambda words: words[0],
)
def test_what_begins_several_is_refused_with_the_first_of_them_and_what_is_enough(
    minute: Path, words: list[str]
) -> None:
    assigned = "claim=" if words[-1] == "--set" else ""
    ran = inside(minute, *words, f"{assigned}0198bfa2")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines() == [
        "error: '0198bfa2' begins the ids of several events; 11 characters are enough for these:",
        *(f"  {each[:11]}  captives_released  {EXCHANGE}  freed-{n}" for n, each in enumerate(MINUTE[:5])),
        "  and others",
    ]
    assert inside(minute, *words, f"{assigned}0198bfa2-c3").code == 0
    for start, said in (("0199", "no event whose id begins with '0199' in this ledger"), ("019", "the first 4")):
        ran = inside(minute, *words, f"{assigned}{start}")
        assert (ran.code, ran.out) == (2, ""), ran.err
        assert said in ran.err


def test_a_figure_is_explained_with_starts_of_ids_by_which_its_claims_can_be_asked_for(minute: Path) -> None:
    ran = in_terminal(minute, "explain", EXCHANGE, "captives.released", COLUMNS="80")
    shown = re.sub(r"\x1b\[[0-9;]*m", "", ran.out)
    assert max(map(len, shown.splitlines())) <= 80
    starts = re.findall(r"0198bfa2\S*", shown)
    assert len(starts) == len(MINUTE)
    assert [correction(minute, start, "--dry-run", "--json").lines[0]["supersedes"] for start in starts] == MINUTE


def test_an_audit_and_a_correction_note_show_starts_by_which_events_can_be_asked_for(minute: Path) -> None:
    for number in (1, 2):
        made = event(f"0198bfa2-d{number}00-8000-8000-000000000000", number)
        more = {"supersedes": MINUTE[number], "reason": "corrected", "groups": (Group(count=Count(best=50)),)}
        (minute / "more.ndjson").write_bytes(encode(made.model_copy(update=more)))
        inside(minute, "publish", "more.ndjson")
    told = inside(minute, "changes", "--since", "0:7", program="replay").out
    assert "(event 0198bfa2-d1)" in told
    audit = " ".join(inside(minute, "audit", program="replay").out.split())
    assert "events: 0198bfa2-c1 at 0:1, 0198bfa2-d1 at 0:8" in audit
