"""Every other command as a user meets it: what it prints where, how it exits, and what it says when asked wrongly."""

import asyncio
import re
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest

import ledger.demo as ledger_demo
from ledger.log import opened_log
from ledger.log.port import Message
from schemas.codec import decode, encode
from schemas.events import EVENT_TYPES
from tests.cli.run import BIN, environment, in_terminal, inside, ledger
from tests.command_lines import leaves
from tests.log.events import released

EXCHANGE = "IL-HAMAS-2023-11"
EVENTS = len(Path(ledger_demo.__file__).with_name("history.ndjson").read_bytes().splitlines())
READING = [["tallies"], ["rounds"], ["terms"], ["pauses"], ["stated"], ["explain", EXCHANGE, "captives.nationals"]]
COMMANDS = leaves("ledger")


# -- reading -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", READING, ids=lambda words: words[0])
def test_reading_commands_print_tables_and_json(loaded: Path, words: list[str]) -> None:
    plain, as_json = ledger(loaded, *words), ledger(loaded, *words, "--json")
    assert (plain.code, as_json.code) == (0, 0)
    assert EXCHANGE in plain.out
    assert "\x1b" not in plain.out + plain.err
    assert all(isinstance(line, dict) for line in as_json.lines)
    assert "events" not in as_json.err or "as of position" in as_json.err


CUTS = [
    ["--occurred-by", "2023-11-25"],
    ["--published-by", "2023-11-25"],
    ["--recorded-by", "2001-01-01"],
    ["--through", "id"],
]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut[0])
@pytest.mark.parametrize(
    "words", [*READING[:5], ["explain", EXCHANGE, "prisoners.released"]], ids=lambda words: words[0]
)
def test_every_reading_command_takes_every_cut(loaded: Path, words: list[str], cut: list[str]) -> None:
    if cut[1] == "id":
        cut = ["--through", _event_id(loaded, 100)]
    ran = inside(loaded, *words, *cut, "--json")
    nothing_yet = cut[0] == "--recorded-by" and words[0] == "explain"
    assert ran.code == (2 if nothing_yet else 0), ran.err
    assert ran.out != inside(loaded, *words, "--json").out


def _event_id(loaded: Path, number: int) -> str:
    [line] = inside(loaded, "watch", "--since", f"0:{number - 1}", "--count", "1", "--json").lines
    return str(line["item"]["id"])


def test_a_cut_may_be_the_start_of_an_id(loaded: Path) -> None:
    event_id = _event_id(loaded, 100)
    whole = inside(loaded, "tallies", "--through", event_id, "--json")
    assert inside(loaded, "tallies", "--through", event_id[:13], "--json").out == whole.out


def test_one_exchange_one_round_one_process(loaded: Path) -> None:
    [tally] = inside(loaded, "tallies", EXCHANGE, "--json").lines
    assert (tally["captives"]["released"]["best"], tally["prisoners"]["released"]["best"]) == (105, 240)
    [round] = inside(loaded, "rounds", EXCHANGE, "--round", "3", "--json").lines
    assert round["round"] == 3
    [process] = inside(loaded, "tallies", "IL-HAMAS", "--json").lines
    assert len(process["exchanges"]) == 4


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["tallies", "--occurred-by", "yesterday"], 2, "give a date such as 2023-11-28"),
        (["rounds", "--published-by", "2023-13-45"], 2, "give a date such as 2023-11-28"),
        (["stated", "--recorded-by", "2023-11-28T20:00"], 2, "or a time with its offset"),
        (["terms", "--through", "nonsense"], 2, "no event 'nonsense'"),
        (["terms", "--through", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"], 2, "no event 'zzzz"),
        (["tallies", "NOPE"], 2, f"no exchange 'NOPE' in this ledger; there is IL-HAMAS-2011, {EXCHANGE}"),
        (["rounds", EXCHANGE, "-n", "99"], 2, "there is 1, 2, 3"),
        (["explain", EXCHANGE, "captives.nope"], 2, "captives.deal"),
        (["watch", "--since", "here"], 2, "a position is PARTITION:OFFSET"),
        (["watch", "figures"], 2, "events"),
        (["schema", "nope"], 2, "no event type"),
        (["record", "captives_relesed"], 2, "did you mean captives_released?"),
        (["nope"], 2, "No such command"),
        (["tallies", "--log", "ledger.db"], 2, "use sqlite:///FILE"),
        (["tallies", "--log", "sqlite:///no/where.db"], 4, "there is no directory no"),
    ],
)
def test_what_is_asked_wrongly_is_told_on_stderr_with_its_exit_code(
    loaded: Path, words: list[str], code: int, said: str
) -> None:
    ran = inside(loaded, *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_a_file_that_is_no_ledger_is_exit_4(here: Path) -> None:
    (here / "ledger.db").write_text("Dear diary, " * 1000)
    for words in (["tallies"], ["demo"], ["rejected"]):
        ran = inside(here, *words)
        assert (ran.code, ran.out) == (4, "")
        assert "is not a ledger" in ran.err


def test_what_must_be_equal_and_is_not_is_exit_5(loaded: Path, here: Path) -> None:
    assert ledger(loaded, "compare", program="replay").code == 0
    ledger(here, "publish", "-", stdin=encode(released(1)))
    ran = ledger(here, "compare", "sqlite:///ledger.db", f"sqlite:///{loaded}/ledger.db", program="replay")
    assert ran.code == 5


def test_what_sources_wrote_is_shown_as_they_wrote_it(here: Path) -> None:
    said = "[sic] [/] [red]"
    event = released(1).model_copy(update={"as_stated": said})
    ledger(here, "publish", "-", stdin=encode(event))
    for words in (["explain", event.exchange, "captives.released"], ["watch", "--count", "1"]):
        ran = inside(here, *words)
        assert ran.code == 0
        assert said in ran.out, words


def test_an_empty_ledger_says_how_to_begin(here: Path) -> None:
    for words in READING[:5]:
        ran = inside(here, *words)
        assert (ran.code, ran.out) == (4, "")
        assert "ledger demo" in ran.err


# -- record --------------------------------------------------------------------------------------------

SAID = ["--publisher", "The Herald", "--kind", "newspaper", "--occurred", "2017-12-27"]


@pytest.mark.parametrize(
    ("type", "flags", "expected"),
    [
        ("captives_released", ["--count", "12", "--scope", "inside"], {"groups": [{"count": {"best": 12}}]}),
        ("prisoners_released", ["--count", "about 40", "--round", "2"], {"round": 2}),
        ("captives_taken", ["--count", "over 130", "--nationality", "ISR", "--nationality", "FRA"], {}),
        ("comment_sought", ["--set", "party=israel", "--set", "response=declined"], {"party": "israel"}),
        ("pause_ended", ["--set", "pause=p1"], {"pause": "p1"}),
        ("people_retaken", ["--count", "1"], {"side": "captives"}),
        ("people_retaken", ["--count", "1", "--side", "prisoners"], {"side": "prisoners"}),
    ],
)
def test_record_publishes_an_event_of_any_type(
    here: Path, type: str, flags: list[str], expected: dict[str, object]
) -> None:
    ran = inside(here, "record", type, "--exchange", "NORTH-SOUTH-2017", *SAID, *flags)
    assert ran.code == 0, ran.err
    [line] = inside(here, "watch", "--count", "1", "--json").lines
    item = line["item"]
    assert ran.out.strip() == item["id"]
    assert item["type"] == type
    assert item["source"]["publisher"] == "The Herald"
    for name, value in expected.items():
        if name == "groups":
            assert item["groups"][0]["count"]["best"] == 12
        else:
            assert item[name] == value


def test_a_claim_that_supersedes_inherits_exchange_round_and_occurrence(here: Path) -> None:
    ledger(here, "publish", "-", stdin=encode(released(1, count=13)))
    ran = inside(
        here,
        "record",
        "captives_released",
        *SAID,
        "--count",
        "12",
        "--supersedes",
        released(1).id,
        "--reason",
        "corrected",
    )
    assert ran.code == 0, ran.err
    [line] = inside(here, "watch", "--since", "0:0", "--count", "1", "--json").lines
    item = line["item"]
    assert (item["exchange"], item["round"], item["occurrence"]) == ("NORTH-SOUTH-2017", 1, "freed-1")
    [tally] = inside(here, "tallies", "--json").lines
    assert tally["captives"]["released"]["best"] == 12


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "say which type of event"),
        (["captives_released", "--exchange", "A-B", *SAID], 3, "groups: is missing; give --count"),
        (["captives_released", *SAID, "--count", "12"], 3, "exchange: is missing; give --exchange"),
        (["captives_released", "--exchange", "A-B", *SAID, "--count", "a crowd"], 3, "'a crowd' is no count"),
        (["captives_released", "--exchange", "A-B", "--occurred", "soon"], 3, "'soon' is no moment"),
        (["captives_released", "--supersedes", "nonsense"], 2, "no event 'nonsense'"),
        (["captives_released", "--round", "one"], 2, "--round"),
        (["captives_released", "--exchange", "A-B", *SAID, "--count", "dozen"], 3, "write 24, about 900"),
        (["captives_released", "--exchange", "A-B", "--count", "1"], 3, "source: is missing; give --publisher and"),
        (["captives_released", "--exchange", "A-B", *SAID, "--count", "1", "--set", "version=99"], 3, "version: "),
        (["captives_released", "--set", "groups.x.count=1"], 3, "groups: should be a list"),
        (["captives_released", "--set", "groups.1.count=1"], 2, "beyond the next free place, groups.0"),
        (["captives_released", "--set", "groups.1000000000.count=1"], 2, "--set groups.1000000000.count"),
        (["captives_released", "--set", "source=foo", "--set", "source.kind=un"], 2, "--set source.kind"),
        (["captives_released", "--set", "type=foo"], 2, "the first word"),
        (["captives_released", "--credibility", "9" * 30], 3, "--credibility: "),
        (["captives_released", "--nationality", "Israeli", "--count", "1"], 3, "a three-letter country code"),
    ],
)
def test_record_says_what_is_missing_or_wrong(here: Path, words: list[str], code: int, said: str) -> None:
    ran = inside(here, "record", *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_record_publishes_nothing_that_is_not_confirmed(here: Path) -> None:
    words = ["record", "captives_released", "--exchange", "A-B", *SAID, "--count", "12", "--published", "2017-12-28"]
    more = ["--round", "1", "--scope", "inside", "--occurrence", "r1"]
    assert in_terminal(here, *words, *more, answers="n\n").code == 1
    assert inside(here, "tallies", "--json").out == ""


def test_a_corrected_count_keeps_what_else_was_said_of_the_people(here: Path) -> None:
    words = ["record", "captives_released", *SAID]
    said = ["--exchange", "A-B", "--nationality", "NOR", "--category", "women", "--set", "to=north"]
    first = inside(here, *words, *said, "--count", "13").out.strip()
    ran = inside(
        here, *words, "--supersedes", first, "--reason", "corrected", "--count", "12", "--category", "men", "--json"
    )
    [event] = ran.lines
    assert (event["to"], event["groups"][0]["nationality"], event["groups"][0]["category"]) == ("north", ["NOR"], "men")
    assert event["groups"][0]["count"]["best"] == 12


def test_the_dead_of_a_release_are_not_freed(here: Path) -> None:
    words = ["record", "prisoners_released", "--exchange", "A-B", *SAID, "--count", "59", "--vital", "remains"]
    assert inside(here, *words).code == 0
    [tally] = inside(here, "tallies", "--json").lines
    assert tally["prisoners"]["released"] is None
    assert tally["prisoners"]["remains"]["returned"]["best"] == 59


@pytest.mark.parametrize(
    ("type", "flags", "kept"),
    [
        ("people_retaken", ["--side", "prisoners", "--set", "by=north"], ["side", "by"]),
        (
            "count_credited",
            ["--side", "prisoners", "--set", "from_round=1", "--set", "to_round=2"],
            ["side", "to_round"],
        ),
        ("prisoners_died", ["--set", "remains_held=false"], ["remains_held"]),
        ("tally_stated", ["--set", "figure=prisoners.released", "--set", "party=north"], ["figure", "party"]),
    ],
)
def test_a_corrected_count_keeps_what_its_type_names_beside_it(
    here: Path, type: str, flags: list[str], kept: list[str]
) -> None:
    words = ["record", type, *SAID, "--json"]
    [first] = inside(here, *words, "--exchange", "A-B", *flags, "--count", "13").lines
    ran = inside(here, *words, "--supersedes", first["id"], "--reason", "corrected", "--count", "12")
    [event] = ran.lines
    assert {name: event[name] for name in kept} == {name: first[name] for name in kept}
    assert "is missing" in inside(here, *words, "--supersedes", first["id"], "--reason", "corrected").err


# -- watch ---------------------------------------------------------------------------------------------


def test_watch_resumes_after_a_position(loaded: Path) -> None:
    first = inside(loaded, "watch", "--count", "3", "--json").lines
    rest = inside(loaded, "watch", "--since", first[1]["position"], "--count", "2", "--json").lines
    assert [line["position"] for line in first] == ["0:0", "0:1", "0:2"]
    assert rest[0] == first[2]
    assert rest[1]["position"] == "0:3"


def test_watch_shows_one_event_a_line_with_its_position(loaded: Path) -> None:
    ran = inside(loaded, "watch", "--count", "2")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["0:0", "0:1"]
    assert "waiting" in ran.err


def test_watched_tallies_and_rounds_say_once_where_to_go_on(loaded: Path) -> None:
    for what, count in (("tallies", 10), ("rounds", 33)):
        lines = inside(loaded, "watch", what, "--count", str(count), "--json").lines
        assert [line["position"] for line in lines] == [*[""] * (count - 1), f"0:{EVENTS - 1}"]
        shown = inside(loaded, "watch", what, "--count", str(count)).out
        assert re.findall(r"^\d+:\d+$", shown, re.MULTILINE) == [f"0:{EVENTS - 1}"]


def test_a_reader_that_has_enough_is_no_error(loaded: Path) -> None:
    with subprocess.Popen(
        [BIN / "ledger", "watch"], cwd=loaded, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.stdout.close()
    assert running.returncode == 0


def test_explain_without_a_figure_lists_them_and_with_one_tells_its_grade(loaded: Path) -> None:
    shown = inside(loaded, "explain", EXCHANGE).out
    assert re.search(r"captives.nationals +81  captives freed, own nationals *\n", shown)
    assert "captives.escaped" in shown.partition("Not recorded: ")[2]
    listed = {line["figure"]: line["value"] for line in inside(loaded, "explain", EXCHANGE, "--json").lines}
    assert listed["captives.released"]["best"] == 105
    assert listed["captives.escaped"] is None
    assert "(F2): reliability F cannot be judged" in inside(loaded, "explain", EXCHANGE, "captives.nationals").err


def test_watch_tallies_and_rounds_begin_with_how_they_are(loaded: Path) -> None:
    tallies = inside(loaded, "tallies", EXCHANGE, "--json").lines
    [tally] = inside(loaded, "watch", "tallies", "--exchange", EXCHANGE, "--count", "1", "--json").lines
    assert tally["item"] == tallies[0]
    rounds = inside(loaded, "watch", "rounds", "--exchange", EXCHANGE, "--count", "7", "--json").lines
    assert [line["item"]["round"] for line in rounds] == [1, 2, 3, 4, 5, 6, 7]
    assert EXCHANGE in inside(loaded, "watch", "tallies", "--exchange", EXCHANGE, "--count", "1").out


# -- the house -----------------------------------------------------------------------------------------


def test_schema_lists_every_type_and_prints_each(here: Path) -> None:
    listed = inside(here, "schema")
    assert [line.split()[0] for line in listed.out.splitlines() if not line.startswith(" ")] == [*EVENT_TYPES]
    one = orjson.loads(inside(here, "schema", "captives_released").out)
    assert one["properties"]["type"]["const"] == "captives_released"
    assert one["$id"] == "urn:exchange-ledger:event:captives_released:v1"
    assert [line["type"] for line in inside(here, "schema", "--json").lines] == [*EVENT_TYPES]


def test_the_version(here: Path) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", inside(here, "--version").out)


def test_the_demonstration_is_not_loaded_among_other_exchanges_unasked(here: Path) -> None:
    ledger(here, "publish", "-", stdin=encode(released(1)))
    refused = inside(here, "demo")
    assert (refused.code, refused.out) == (2, "")
    assert "holds NORTH-SOUTH-2017 already, and is left as it is; name another with LEDGER_LOG or --log" in " ".join(
        refused.err.split()
    )
    assert len(inside(here, "events", "--json").lines) == 1
    assert inside(here, "demo", "--yes").code == 0
    assert inside(here, "demo").code == 0  # nothing is new


def test_make_run_writes_into_no_ledger_of_somebodys_own(here: Path) -> None:
    planned = subprocess.run(
        ["make", "-n", "run"], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    ).stdout
    assert re.findall(r"bin/ledger (\S+(?: --check)?)", planned)[:2] == ["demo --check", "publish"]
    assert inside(here, "demo", "--check").code == 0
    ledger(here, "publish", "-", stdin=encode(released(1)))
    assert inside(here, "demo", "--check").code == 2
    assert len(inside(here, "events", "--json").lines) == 1


def test_settings_that_are_no_text_are_wrong_usage(here: Path) -> None:
    (here / "ledger.toml").write_bytes(b'log = "\xff"')
    ran = inside(here, "tallies")
    assert ran.code == 2
    assert "ledger.toml: cannot be read" in ran.err


def test_doctor_finds_a_sound_ledger_well(loaded: Path) -> None:
    ran = inside(loaded, "doctor")
    assert (ran.code, ran.err) == (0, "all is well\n")
    assert inside(loaded, "doctor", "--json").lines[0]["problems"] == []
    assert f"{EVENTS}" in ran.out
    assert "ledger.db" in ran.out


def test_doctor_names_what_was_refused_as_something_to_look_at(here: Path) -> None:
    (here / "bad.ndjson").write_text('{"type": "captives_released"}\n', "utf-8")
    inside(here, "publish", "bad.ndjson")
    ran = inside(here, "doctor")
    assert (ran.code, ran.err) == (0, "look at the 1 refused and kept: `ledger rejected` shows them, and why\n")


def test_doctor_says_what_is_wrong(loaded: Path, here: Path) -> None:
    shutil.copy(loaded / "ledger.db", here)
    with (here / "ledger.db").open("r+b") as file:
        file.seek(10 * 4096)
        file.write(b"\xff" * 4096)
    ran = inside(here, "doctor")
    assert ran.code == 5
    assert "wrong:" in ran.err
    assert "all is well" not in ran.err


def test_a_type_that_is_kept_and_not_known_is_told_with_the_one_that_may_be_meant(here: Path) -> None:
    event = released(1)

    async def append() -> None:
        async with opened_log(f"sqlite:///{here}/ledger.db", create=True) as log:
            raw = encode(event).replace(b"captives_released", b"captive_released")
            await log.append([Message(event.id, event.exchange, raw)])

    asyncio.run(append())
    for words in ("ledger doctor", f"ledger tallies {event.exchange}", "replay audit"):
        program, *rest = words.split()
        assert "did you mean captives_released?" in " ".join(inside(here, *rest, program=program).out.split()), words


def test_demo_twice_changes_nothing(here: Path) -> None:
    first, second = inside(here, "demo"), inside(here, "demo")
    assert (first.code, second.code) == (0, 0)
    assert first.out == second.out
    assert EXCHANGE in first.out
    assert "not an authority" in first.err
    assert len(inside(here, "demo", "--json").lines) == len(inside(here, "tallies", "--json").lines) - 1
    assert f"{EVENTS}" in inside(here, "doctor").out


def test_colour_is_for_terminals_that_want_it(loaded: Path) -> None:
    assert "\x1b[" in in_terminal(loaded, "tallies").out
    plain = in_terminal(loaded, "tallies", NO_COLOR="1").out
    assert "\x1b[3" not in plain
    assert EXCHANGE in plain


@pytest.mark.parametrize("words", READING, ids=lambda words: words[0])
def test_tables_lose_nothing_in_a_terminal_of_80_columns(loaded: Path, words: list[str]) -> None:
    narrow, roomy = (
        re.sub(r"\x1b\[[0-9;]*m", "", in_terminal(loaded, *words, COLUMNS=columns).out) for columns in ("80", "124")
    )
    assert 80 < max(map(len, roomy.splitlines())) <= 124
    assert max(map(len, narrow.splitlines())) <= 80
    assert "\u2026" not in narrow
    assert sorted("".join(narrow.split())) == sorted("".join(roomy.split()))


@pytest.mark.parametrize("command", ["", "rejected", "topics", *COMMANDS])
def test_help_explains_and_fits_80_columns(here: Path, command: str) -> None:
    ran = inside(here, *command.split(), "--help", COLUMNS="80")
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    text = ran.out.partition("╭")[0].partition("Usage:")[2]
    assert ". " in f"{' '.join(text.split())} ", "help needs a sentence"


def test_every_command_that_prints_data_has_json() -> None:
    assert not [
        words
        for words, command in COMMANDS.items()
        if words not in ("worker", "serve", "mapping init", "webhooks remove", "webhooks run")
        and not any("--json" in parameter.opts for parameter in command.params)
    ]


def test_events_come_out_as_they_went_in(here: Path) -> None:
    ledger(here, "publish", "-", stdin=encode(released(1)))
    [line] = inside(here, "watch", "--count", "1", "--json").lines
    assert decode(orjson.dumps(line["item"])) == released(1)
