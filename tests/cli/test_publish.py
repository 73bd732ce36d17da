"""`ledger publish` and `ledger rejected`: every line lands or is reported and kept."""

import base64
import signal
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from schemas.codec import encode
from tests.cli.run import BIN, DATA, Ran, environment, in_terminal, inside, ledger
from tests.log.events import released

MAPPING, ROWS = DATA / "mapping.toml", DATA / "exchanges.csv"


def good(number: int, count: int = 1) -> bytes:
    return encode(released(number, count)) + b"\n"


def changed(number: int, **members: Any) -> bytes:
    """A good line with other members. A member that is `...` is left out."""
    document = {**orjson.loads(good(number)), **members}
    return orjson.dumps({name: value for name, value in document.items() if value is not ...}) + b"\n"


class Poison(NamedTuple):
    """A line that is no event that can be published, and what must be said of it."""

    raw: bytes
    field: str
    reason: str


POISON = {
    "not JSON": Poison(b'{"type": "captives_released",\n', "", "JSON"),
    "not an object": Poison(b"[1, 2, 3]\n", "", "object"),
    "unknown type": Poison(changed(100, type="captives_teleported"), "type", "no event type"),
    "missing field": Poison(changed(101, exchange=...), "exchange", "is missing"),
    "wrong type": Poison(changed(102, round="one"), "round", "should be a whole number"),
    "NaN": Poison(good(103).replace(b'"best":1', b'"best":NaN'), "", "JSON"),
    "key twice": Poison(good(104).replace(b'"round":1', b'"round":1,"round":2'), "round", "given twice"),
    "key twice without an id": Poison(
        changed(105, id=...).replace(b'"round":1', b'"round":1,"round":2'), "round", "given twice"
    ),
    "bidi character": Poison(changed(106, note="abc\u202edef"), "note", "U+202E"),
    "control character": Poison(changed(107, note="abc\u0007def"), "note", "U+0007"),
    "too large": Poison(changed(108, note="x" * 70_000), "", "65,536"),
    "in the future": Poison(changed(109, occurred={"at": "2999-01-01", "precision": "day"}), "occurred", "ahead"),
    "known id, other content": Poison(good(0, count=7), "", "is already in the log at"),
    "not UTF-8": Poison(good(110).replace(b"Herald", b"Her\xffld"), "", "JSON"),
    "terminal escapes": Poison(b'{"type": "\x1b[2J\x1b]0;owned\x07"}\n', "", "JSON"),
}


def poisoned() -> bytes:
    """Good lines with a bad one after each. Line numbers run past 100, since `:100:` is also a name of an emoji."""
    lines = [good(0)]
    for number, poison in enumerate(POISON.values(), 1):
        lines += [poison.raw, good(number)]
    filler = [good(1000 + number) for number in range(98 - len(lines))]
    return b"".join([*filler, *lines])


@pytest.fixture
def after_poison(here: Path) -> Ran:
    (here / "events.ndjson").write_bytes(poisoned())
    return inside(here, "publish", "events.ndjson", "--json")


def test_bad_lines_are_reported_with_place_field_and_reason_and_the_good_ones_land(
    here: Path, after_poison: Ran
) -> None:
    lines = poisoned().splitlines(keepends=True)
    assert after_poison.code == 3
    outcomes = after_poison.lines
    assert [outcome["origin"] for outcome in outcomes] == [f"events.ndjson:{n}" for n in range(1, len(lines) + 1)]
    refused = {outcome["origin"]: outcome["error"] for outcome in outcomes if "error" in outcome}
    for kind, poison in POISON.items():
        origin = f"events.ndjson:{lines.index(poison.raw) + 1}"
        assert poison.reason in refused[origin], kind
        assert refused[origin].startswith(f"{poison.field}: " if poison.field else ""), kind
        assert f"{origin}: " in after_poison.err, kind
    assert len(refused) == len(POISON)
    tally = inside(here, "tallies", "NORTH-SOUTH-2017", "--json").lines[0]
    assert tally["captives"]["released"]["best"] == len(lines) - len(POISON)


def test_rejects_are_kept_byte_for_byte(here: Path, after_poison: Ran) -> None:
    kept = inside(here, "rejected", "--json").lines
    assert [payload(line) for line in kept] == [poison.raw for poison in POISON.values()]
    assert sum("payload_base64" in line for line in kept) == 1
    assert all(line["stage"] == "publish" and line["origin"].startswith("events.ndjson:") for line in kept)
    assert [line["number"] for line in kept] == [*range(1, len(POISON) + 1)]


def payload(line: dict[str, str]) -> bytes:
    """The bytes of a refused message: text where they are text."""
    return base64.b64decode(line["payload_base64"]) if "payload_base64" in line else line["payload"].encode()


def test_publishing_poison_again_is_harmless(here: Path, after_poison: Ran) -> None:
    before = inside(here, "rejected", "--json").out
    again = inside(here, "publish", "events.ndjson", "--json")
    assert again.code == 3
    assert all(outcome.get("duplicate", True) for outcome in again.lines)
    assert "0 published" in again.err
    assert inside(here, "rejected", "--json").out == before


def test_what_is_shown_of_poison_cannot_steer_a_terminal(here: Path, after_poison: Ran) -> None:
    shown = [after_poison.err, *inside(here, "rejected")]
    shown.append(in_terminal(here, "rejected", NO_COLOR="1").out)
    for text in map(str, shown):
        for character in ("\x07", "\x1b[2J", "\x1b]", "\u202e"):
            assert character not in text


# -- what comes in -------------------------------------------------------------------------------------


def test_publishing_says_how_many_on_stderr_and_nothing_on_stdout(here: Path) -> None:
    (here / "events.ndjson").write_bytes(good(1) + b"\n  \n" + good(2))
    first = inside(here, "publish", "events.ndjson")
    assert (first.code, first.out) == (0, "")
    assert first.err == "2 published\n"
    again = inside(here, "publish", "events.ndjson")
    assert (again.code, again.err) == (0, "0 published, 2 were there already\n")


def test_standard_input_and_several_files(here: Path) -> None:
    (here / "a.ndjson").write_bytes(good(1))
    (here / "b.ndjson").write_bytes(good(2).rstrip())
    ran = ledger(here, "publish", "a.ndjson", "-", "b.ndjson", "--json", stdin=good(3) + good(4))
    assert [line["origin"] for line in ran.lines] == ["a.ndjson:1", "-:1", "-:2", "b.ndjson:1"]
    assert [line["position"] for line in ran.lines] == ["0:0", "0:1", "0:2", "0:3"]


def test_standard_input_is_published_as_it_comes(here: Path) -> None:
    command = [str(BIN / "ledger"), "publish", "-", "--json"]
    with subprocess.Popen(
        command, cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(PYTHONUNBUFFERED="1")
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for number in range(3):
            running.stdin.write(good(number))
            running.stdin.flush()
            assert orjson.loads(running.stdout.readline())["position"] == f"0:{number}"
        running.stdin.close()
    assert running.returncode == 0


def test_a_line_without_an_id_gets_the_same_one_each_time(here: Path) -> None:
    line = changed(1, id=...)
    first, second = (ledger(here, "publish", "-", "--json", stdin=line).lines[0] for _ in range(2))
    assert first["id"] == second["id"]
    assert (first["duplicate"], second["duplicate"]) == (False, True)


def test_csv_rows_by_a_mapping(here: Path) -> None:
    ran = inside(here, "publish", "--mapping", MAPPING, ROWS, "--json")
    assert ran.code == 0
    assert len(ran.lines) == len(ROWS.read_text().splitlines()) - 1
    assert not any(line["duplicate"] for line in ran.lines)
    assert all(line["duplicate"] for line in inside(here, "publish", "--mapping", MAPPING, ROWS, "--json").lines)
    assert inside(here, "rounds", "--json").lines


ESTIMATES = """
dataset = "estimates"
key = ["id"]
[fields]
type = "captives_released"
exchange = "A-B"
occurred = "{day:moment}"
source = {publisher = "A data centre", kind = "aggregator"}
"groups.0.count.best" = "{best:int}"
"groups.0.count.low" = "{low:int}"
"groups.0.count.high" = "{high:int}"
"groups.0.count.qualifier" = "{word}"
"""


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ("5,3,9,", {"best": 5, "low": 3, "high": 9, "qualifier": "estimate"}),
        ("0,0,7,", {"best": 0, "low": 0, "high": 7, "qualifier": "estimate"}),
        ("7,7,7,", {"best": 7, "low": None, "high": None, "qualifier": "exact"}),
        ("5,3,9,about", {"best": 5, "low": 3, "high": 9, "qualifier": "about"}),
        ("5,,,", {"best": 5, "low": None, "high": None, "qualifier": "exact"}),
    ],
)
def test_a_best_a_low_and_a_high_number_are_an_estimate(here: Path, row: str, count: dict[str, object]) -> None:
    (here / "mapping.toml").write_text(ESTIMATES)
    (here / "rows.csv").write_text(f"id,day,best,low,high,word\n1,2020-03-01,{row}\n")
    assert inside(here, "publish", "--mapping", "mapping.toml", "rows.csv").code == 0
    [line] = inside(here, "watch", "--count", "1", "--json").lines
    assert line["item"]["groups"][0]["count"] == count
    [tally] = inside(here, "tallies", "--json").lines
    released = tally["captives"]["released"]
    assert released["hedged"] == (count["qualifier"] == "about")
    assert released["exact"] == (count["qualifier"] == "exact")


def test_an_estimate_outside_its_bounds_is_refused(here: Path) -> None:
    (here / "mapping.toml").write_text(ESTIMATES)
    (here / "rows.csv").write_text("id,day,best,low,high,word\n1,2020-03-01,9,3,5,\n")
    ran = inside(here, "publish", "--mapping", "mapping.toml", "rows.csv")
    assert ran.code == 3
    assert "an estimate has `best`, `low` and `high`, with `best` between the others" in ran.err


def test_bad_csv_rows_are_reported_by_column_and_kept(here: Path) -> None:
    rows = ROWS.read_bytes().splitlines(keepends=True)
    bad = rows[4].replace(b",12,", b",a crowd,")
    not_text = rows[5].replace(b"River", b"Ri\xffer")
    assert rows[4] != bad
    assert rows[5] != not_text
    (here / "rows.csv").write_bytes(b"".join([*rows[:4], bad, not_text, *rows[6:]]))
    ran = inside(here, "publish", "--mapping", MAPPING, "rows.csv", "--json")
    refused = {line["origin"]: line["error"] for line in ran.lines if "error" in line}
    assert ran.code == 3
    assert refused.keys() == {"rows.csv:5", "rows.csv:6"}
    assert refused["rows.csv:5"].startswith("people: 'a crowd' is no count")
    assert "UTF-8" in refused["rows.csv:6"]
    kept = inside(here, "rejected", "--json").lines
    assert [payload(line) for line in kept] == [bad, not_text]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["publish", "nowhere.ndjson"], "cannot read nowhere.ndjson: No such file"),
        (["publish", "."], "cannot read ."),
        (["publish"], "Missing argument"),
        (["publish", "--mapping", "nowhere.toml", str(ROWS)], "nowhere.toml"),
        (["publish", "--mapping", str(ROWS), str(ROWS)], "cannot be read as TOML"),
    ],
)
def test_what_cannot_be_read_is_wrong_usage(here: Path, words: list[str], said: str) -> None:
    ran = inside(here, *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_csv_without_a_mapping_is_told_of_it(here: Path) -> None:
    ran = inside(here, "publish", ROWS)
    assert ran.code == 2  # at once: each of its rows would be refused as no JSON
    assert "exchanges.csv is a table; say what its columns mean: --mapping FILE" in ran.err
    assert not (here / "ledger.db").exists()


def test_a_csv_with_huge_cells_and_clashing_paths_is_reported(here: Path) -> None:
    rows = ROWS.read_bytes().splitlines(keepends=True)
    (here / "rows.csv").write_bytes(rows[0] + rows[4].replace(b",12,", b"," + b"9" * 5000 + b","))
    (here / "header.csv").write_bytes(b"a" * 200_000 + b",b\n1,2\n")
    (here / "clash.toml").write_text(
        'dataset="d"\nkey=["record"]\n[fields]\ntype="captives_released"\nsource="x"\n"source.kind"="un"\n'
    )
    huge = inside(here, "publish", "--mapping", MAPPING, "rows.csv")
    assert (huge.code, "too large" in huge.err) == (3, True)
    header = inside(here, "publish", "--mapping", MAPPING, "header.csv")
    assert (header.code, "header.csv: the header in line 2: has no" in header.err) == (2, True)
    clash = inside(here, "publish", "--mapping", "clash.toml", "rows.csv")
    assert (clash.code, "clash.toml: fields: source" in clash.err) == (2, True)


# -- interrupted ---------------------------------------------------------------------------------------


def interruptible() -> None:
    """Where the tests run in the background, a shell may have them ignore interrupts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_an_interrupted_publish_is_completed_by_running_it_again(here: Path) -> None:
    lines = [good(number) for number in range(400)]
    with subprocess.Popen(
        [BIN / "ledger", "publish", "-", "--json"],
        cwd=here,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(PYTHONUNBUFFERED="1"),
        preexec_fn=interruptible,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(b"".join(lines[:100]))
        running.stdin.flush()
        acknowledged = [orjson.loads(running.stdout.readline())["id"] for _ in range(50)]
        running.send_signal(signal.SIGINT)
        rest, err = running.stdout.read(), running.stderr.read() if running.stderr else b""
    acknowledged += [orjson.loads(line)["id"] for line in rest.splitlines()]
    assert running.returncode == 130
    assert b"Traceback" not in err
    assert b"never retrieved" not in err
    assert b"was destroyed" not in err
    (here / "events.ndjson").write_bytes(b"".join(lines))
    again = inside(here, "publish", "events.ndjson", "--json")
    assert again.code == 0
    known = {line["id"] for line in again.lines if line["duplicate"]}
    assert set(acknowledged) <= known
    assert inside(here, "tallies", "NORTH-SOUTH-2017", "--json").lines[0]["captives"]["released"]["best"] == 400


# -- progress ------------------------------------------------------------------------------------------


def test_progress_is_shown_to_a_person_only(here: Path) -> None:
    (here / "events.ndjson").write_bytes(b"".join(good(number) for number in range(50)))
    piped = inside(here, "publish", "events.ndjson")
    assert piped.err == "50 published\n"
    assert "\x1b" not in piped.err
    shown = in_terminal(here, "publish", "events.ndjson").out
    assert "50 events" in shown
    assert "50 were there already" in shown


def test_a_terminal_without_colour_is_respected(here: Path) -> None:
    ledger(here, "publish", "-", stdin=good(1))
    shown = in_terminal(here, "rejected", NO_COLOR="1").out
    assert "nothing was refused" in shown
    assert "\x1b[3" not in shown
