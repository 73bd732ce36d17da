"""Every command on Kafka says what it says of the same events in a file."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.refusals import RefusalCommands
from tests.cli.run import Ran, inside, ledger
from tests.history.bundled import NOVEMBER, OCTOBER, PROCESS, history, last_claim
from tests.kafka.topics import fresh

pytestmark = pytest.mark.usefixtures("broken_connections")

PARTITIONS = 6
FIGURES = ["captives.nationals", "prisoners.released", "rounds.5.captives.all"]
READING = [
    ["tallies"],
    ["tallies", NOVEMBER],
    ["tallies", PROCESS],
    ["rounds"],
    ["rounds", OCTOBER, "--round", "1"],
    ["terms"],
    ["pauses"],
    ["stated"],
    ["explain", NOVEMBER],
    *(["explain", NOVEMBER, figure] for figure in FIGURES),
]
CUTS = [["--occurred-by", "2023-11-27"], ["--published-by", "2023-11-25"], ["--recorded-by", "2001-01-01"]]


@pytest.fixture(scope="module")
def url(kafka: str, here: Path) -> str:
    """A ledger on Kafka that holds the bundled history."""
    url = asyncio.run(fresh(kafka, PARTITIONS))
    assert inside(here, "demo", LEDGER_LOG=url).code == 0
    return url


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose `ledger.db` holds the bundled history."""
    here = tmp_path_factory.mktemp("file")
    assert inside(here, "demo").code == 0
    return here


@pytest.fixture
async def empty(kafka: str) -> str:
    return await fresh(kafka, PARTITIONS)


def both(here: Path, url: str, *words: str) -> tuple[Ran, Ran]:
    """A command on the file and on Kafka."""
    return inside(here, *words), inside(here, *words, LEDGER_LOG=url)


# -- reading -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_reading_commands_print_the_same(here: Path, url: str, words: Sequence[str], form: Sequence[str]) -> None:
    on_file, on_kafka = both(here, url, *words, *form)
    assert (on_file.code, on_kafka.code) == (0, 0), on_kafka.err
    assert on_kafka.out == on_file.out
    assert on_kafka.out


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut[0])
def test_cuts_by_a_clock_print_the_same(here: Path, url: str, cut: Sequence[str]) -> None:
    for words in (["tallies"], ["rounds"], ["stated"]):
        on_file, on_kafka = both(here, url, *words, *cut, "--json")
        assert (on_kafka.code, on_kafka.out) == (0, on_file.out), words


def test_a_cut_at_an_event_is_the_same_for_its_exchange(here: Path, url: str) -> None:
    event = last_claim(NOVEMBER, "r5-thai")
    for name in (event, event[:24]):
        on_file, on_kafka = both(here, url, "rounds", NOVEMBER, "--through", name, "--json")
        assert (on_kafka.code, on_kafka.out) == (0, on_file.out)


def test_the_reach_of_a_reading_is_one_offset_for_each_partition(url: str, here: Path) -> None:
    said = inside(here, "tallies", LEDGER_LOG=url).err
    numbers = [each.partition(":")[0] for each in said.removeprefix("405 events, as of position ").split(",")]
    assert numbers == [*map(str, range(PARTITIONS))]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tallies", "NOPE"], "no exchange 'NOPE' in this ledger; there is IL-HAMAS-2011"),
        (["terms", "--through", "nonsense"], "no event 'nonsense'"),
        (["terms", "--through", "00000000-0000-8000-8000-000000000000"], "no event '0000"),
        (["explain", NOVEMBER, "captives.nope"], "captives.deal"),
        (["watch", "--since", "9:9"], "there is no position 9:9"),
    ],
)
def test_what_is_asked_wrongly_is_answered_the_same(here: Path, url: str, words: list[str], said: str) -> None:
    on_file, on_kafka = both(here, url, *words)
    assert (on_kafka.code, on_kafka.out) == (on_file.code, on_file.out) == (2, "")
    assert said in on_kafka.err
    if words[0] != "watch":
        assert on_kafka.err.splitlines()[-1] == on_file.err.splitlines()[-1]


# -- writing -------------------------------------------------------------------------------------------


def test_demo_prints_the_same_however_often_it_is_run(here: Path, empty: str) -> None:
    on_file, first = both(here, empty, "demo")
    again = inside(here, "demo", LEDGER_LOG=empty)
    assert (first.code, again.code) == (0, 0)
    assert first.out == on_file.out == again.out
    assert (first.err, again.err) == (on_file.err, on_file.err)


def test_demo_without_topics_says_how_to_make_them(here: Path, kafka: str) -> None:
    ran = inside(here, "demo", LEDGER_LOG=f"kafka://{kafka}/nothing-here")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.endswith("the topic nothing-here.events is missing; `ledger topics ensure` makes it\n")
    assert len(ran.err.splitlines()) == 1


def test_publish_gives_the_same_receipts_but_for_their_place(tmp_path: Path, here: Path, empty: str) -> None:
    (tmp_path / "events.ndjson").write_bytes((Path(__file__).parents[2] / "ledger/demo/history.ndjson").read_bytes())
    with (tmp_path / "events.ndjson").open("ab") as file:
        file.write(b'{"type": "captives_released"\n')
    on_file, on_kafka = both(tmp_path, empty, "publish", "events.ndjson", "--json")
    assert (on_file.code, on_kafka.code) == (3, 3)
    assert on_kafka.err == on_file.err
    named = [[line.get("id", line.get("error")) for line in ran.lines] for ran in (on_file, on_kafka)]
    assert named[0] == named[1]
    assert [line["origin"] for line in on_kafka.lines] == [line["origin"] for line in on_file.lines]
    [kept] = inside(tmp_path, "rejected", "--json", LEDGER_LOG=empty).lines
    [on_file_kept] = inside(tmp_path, "rejected", "--json").lines
    assert {**kept, "number": 0, "at": ""} == {**on_file_kept, "number": 0, "at": ""}
    tallies = inside(here, "tallies", "--json").out
    assert inside(tmp_path, "tallies", "--json", LEDGER_LOG=empty).out == tallies


def test_record_names_its_position_and_inherits_what_it_supersedes(tmp_path: Path, empty: str) -> None:
    said = ["--publisher", "The Herald", "--kind", "newspaper", "--occurred", "2017-12-27"]
    words = ["record", "captives_released", *said, "--count"]
    first = inside(tmp_path, *words, "13", "--exchange", "NORTH-SOUTH-2017", "--round", "2", LEDGER_LOG=empty)
    assert first.code == 0, first.err
    assert first.err.startswith("recorded at position ")
    second = inside(
        tmp_path, *words, "12", "--supersedes", first.out.strip(), "--reason", "corrected", LEDGER_LOG=empty
    )
    assert second.code == 0, second.err
    [tally] = inside(tmp_path, "tallies", "--json", LEDGER_LOG=empty).lines
    assert (tally["exchange"], tally["captives"]["released"]["best"]) == ("NORTH-SOUTH-2017", 12)


# -- following, and the house --------------------------------------------------------------------------


def test_watch_gives_every_event_once_in_the_order_of_its_exchange(here: Path, url: str) -> None:
    ran = inside(here, "watch", "--count", "405", "--json", LEDGER_LOG=url)
    seen: dict[str, list[str]] = {}
    expected: dict[str, list[str]] = {}
    for line in ran.lines:
        seen.setdefault(line["item"]["exchange"], []).append(line["item"]["id"])
    for event in history():
        expected.setdefault(event.exchange, []).append(event.id)
    assert seen == expected


def test_watch_resumes_at_any_position_that_it_showed(here: Path, url: str) -> None:
    whole = inside(here, "watch", "--count", "405", "--json", LEDGER_LOG=url).lines
    ids = {line["item"]["id"] for line in whole}
    for number in (0, 120, 403):
        words = ["--since", whole[number]["position"], "--count", str(404 - number), "--json"]
        rest = inside(here, "watch", *words, LEDGER_LOG=url).lines
        assert {line["item"]["id"] for line in rest} == ids - {line["item"]["id"] for line in whole[: number + 1]}


def test_doctor_finds_it_well(here: Path, url: str) -> None:
    ran = inside(here, "doctor", LEDGER_LOG=url)
    assert (ran.code, ran.err) == (0, "all is well\n")
    assert url in ran.out
    assert "SQLite" not in ran.out
    on_file, on_kafka = both(here, url, "doctor", "--json")
    told = ("events", "exchanges", "problems")
    assert [on_kafka.lines[0][name] for name in told] == [on_file.lines[0][name] for name in told]


def test_doctor_names_what_is_in_the_topic_twice(here: Path, kafka: str, empty: str) -> None:
    for _ in range(2):
        assert inside(here, "demo", LEDGER_LOG=empty).code == 0
    ran = inside(here, "doctor", "--json", LEDGER_LOG=empty)
    assert (ran.code, ran.lines[0]["repeated"], ran.lines[0]["events"]) == (0, "405", "405")


UNREACHABLE = [["tallies"], ["demo"], ["rejected"], ["rejected", "retry"], ["watch"], ["topics", "describe"]]


@pytest.mark.parametrize("words", UNREACHABLE, ids=" ".join)
def test_a_broker_that_does_not_answer_is_one_line_and_exit_4(tmp_path: Path, words: list[str]) -> None:
    ran = ledger(tmp_path, *words, LEDGER_LOG="kafka://127.0.0.1:1")
    assert (ran.code, ran.out) == (4, "")
    told = [line for line in ran.err.splitlines() if not line.startswith("waiting")]
    assert len(told) == 1, ran.err
    assert told[0].startswith("error: kafka://127.0.0.1:1: no broker answers")
    assert "refused" in told[0] or "Connect call failed" in told[0]


def test_doctor_says_that_a_broker_does_not_answer(tmp_path: Path) -> None:
    ran = ledger(tmp_path, "doctor", LEDGER_LOG="kafka://127.0.0.1:1")
    assert ran.code == 1
    assert [line.partition(":")[0] for line in ran.err.splitlines()] == ["wrong", "error"]


class TestRefusals(RefusalCommands):
    @pytest.fixture
    def log(self, empty: str) -> str:
        return empty
