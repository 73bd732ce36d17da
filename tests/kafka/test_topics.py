"""The topics of a ledger: made as they have to be, and refused where history could be lost or views be wrong."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic, RecordsToDelete

import ledger.demo
from ledger.errors import LogUnreachable
from ledger.log import connect
from ledger.log.kafka import KafkaLog
from ledger.log.kafka.topics import describe_topics, ensure_topics
from ledger.log.port import Refusal
from schemas.topics import EVENTS, REJECTED, ROUNDS, TALLIES, TOPICS, Topic
from tests.cli.run import Ran, in_terminal, inside
from tests.log.events import message

HISTORY = Path(ledger.demo.__file__).with_name("history.ndjson")
SOUND: Mapping[str, str] = {}
WEEK = {"retention.ms": "604800000"}


@pytest.fixture
def url(kafka: str) -> str:
    """A ledger that has no topics yet."""
    return f"kafka://{kafka}/t{uuid.uuid4().hex[:12]}"


def topics(here: Path, url: str, *words: str) -> Ran:
    return inside(here, "topics", *words, "--log", url)


async def made(
    url: str, topic: Topic, partitions: int, wrong: Mapping[str, str] = SOUND, beside: int | None = None
) -> str:
    """Make one topic by hand, with settings over those that it should have, then the others. Returns its name."""
    connection = connect(url)
    name = topic.name(connection.address.prefix)
    async with connection.admin() as admin:
        answer = await admin.create_topics(
            [NewTopic(name, partitions, 1, topic_configs={**topic.settings(1), **wrong})]
        )
    assert [code for _, code, _ in answer.topic_errors] == [0]
    await ensure_topics(connection, beside or partitions)
    await connection.close()
    return name


async def settings(url: str) -> dict[str, tuple[int, Mapping[str, str]]]:
    """The partitions and settings of each topic, as the broker has them."""
    connection = connect(url)
    states = await describe_topics(connection)
    await connection.close()
    return {state.topic.suffix: (state.partitions, state.config) for state in states}


# -- the commands --------------------------------------------------------------------------------------


def test_ensure_makes_the_topics_with_settings_that_keep_history(url: str, tmp_path: Path) -> None:
    before = topics(tmp_path, url, "describe", "--json")
    assert (before.code, [line["partitions"] for line in before.lines]) == (4, [0] * len(TOPICS))
    ran = topics(tmp_path, url, "ensure", "--json")
    assert ran.code == 0, ran.err
    assert [(line["problems"], line["replicas"]) for line in ran.lines] == [([], 1)] * len(TOPICS)
    found = asyncio.run(settings(url))
    assert {name: partitions for name, (partitions, _) in found.items()} == {
        "events": 24,
        "rejected": 1,
        "tallies": 24,
        "rounds": 24,
        "checkpoints": 1,
        "progress": 24,
    }
    for topic in TOPICS:
        assert found[topic.suffix][1] == topic.settings(1), topic.suffix
    for topic in (EVENTS, REJECTED):
        kept = found[topic.suffix][1]
        assert (kept["retention.ms"], kept["retention.bytes"], kept["cleanup.policy"]) == ("-1", "-1", "delete")


def test_ensure_again_changes_nothing(url: str, tmp_path: Path) -> None:
    first, again = topics(tmp_path, url, "ensure", "--partitions", "2"), topics(tmp_path, url, "ensure")
    assert (first.code, again.code) == (0, 0)
    assert again.out == first.out
    assert again.err == ""
    more = topics(tmp_path, url, "ensure", "--partitions", "4")
    assert (more.code, more.out) == (0, first.out)
    assert "keeps its 2 partitions" in more.err
    assert "replay copy" in more.err


def test_views_that_are_made_later_have_as_many_partitions_as_the_events(url: str) -> None:
    asyncio.run(made(url, EVENTS, 3))
    assert {name: partitions for name, (partitions, _) in asyncio.run(settings(url)).items()} == {
        "events": 3,
        "rejected": 1,
        "tallies": 3,
        "rounds": 3,
        "checkpoints": 1,
        "progress": 3,
    }


def test_more_replicas_than_brokers_is_said_so(url: str, tmp_path: Path) -> None:
    ran = topics(tmp_path, url, "ensure", "--replication", "3")
    assert (ran.code, ran.out) == (4, "")
    assert "cannot make" in ran.err
    assert "replication" in ran.err.lower()


def test_describe_is_a_table_with_each_problem_in_words(url: str, tmp_path: Path) -> None:
    name = asyncio.run(made(url, EVENTS, 2, {**WEEK, "max.message.bytes": "100000"}))
    ran = topics(tmp_path, url, "describe")
    assert ran.code == 4
    said = " ".join(ran.out.split())
    assert f"{name} 2 1 has" in said
    assert "has retention.ms=604800000 and needs -1" in said
    assert "has max.message.bytes=100000 and needs 1048576" in said
    assert said.count("nothing") == len(TOPICS) - 1
    assert f"kafka-configs.sh --bootstrap-server {url.split('/')[2]} --entity-type topics" in ran.err
    assert f"--entity-name {name} --alter --add-config " in ran.err
    assert "retention.ms=-1" in ran.err
    assert "max.message.bytes=1048576" in ran.err


def test_what_is_only_not_as_it_should_be_is_shown_and_harms_nothing(url: str, tmp_path: Path) -> None:
    asyncio.run(made(url, EVENTS, 1, {"max.message.bytes": "2000000"}))
    ran = topics(tmp_path, url, "describe")
    assert ran.code == 0
    assert "has max.message.bytes=2000000 and needs 1048576" in " ".join(ran.out.split())
    assert "What mends it" in ran.err
    assert inside(tmp_path, "tallies", "--log", url).code == 0
    examined = inside(tmp_path, "doctor", "--log", url)
    assert examined.code == 1
    assert "max.message.bytes" in examined.err


def test_a_table_fits_a_narrow_terminal(url: str, tmp_path: Path) -> None:
    asyncio.run(made(url, EVENTS, 1, WEEK))
    shown = in_terminal(tmp_path, "topics", "describe", "--log", url, NO_COLOR="1", COLUMNS="80").out
    table = re.sub(r"\x1b\[[0-9;]*m", "", shown).partition("What mends it")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert "604800000" in table


@pytest.mark.parametrize("words", [["topics", "ensure"], ["topics", "describe"]])
def test_a_ledger_in_a_file_has_no_topics(tmp_path: Path, words: list[str]) -> None:
    ran = inside(tmp_path, *words)
    assert (ran.code, ran.out) == (2, "")
    assert "is not on Kafka" in ran.err
    assert not [*tmp_path.iterdir()]


# -- what is refused -----------------------------------------------------------------------------------

UNSAFE: dict[str, tuple[Topic, dict[str, str], str]] = {
    "retention of events": (EVENTS, WEEK, "has retention.ms=604800000 and needs -1"),
    "a size of events": (EVENTS, {"retention.bytes": "1000000"}, "has retention.bytes=1000000 and needs -1"),
    "compacted events": (EVENTS, {"cleanup.policy": "compact"}, "has cleanup.policy=compact and needs delete"),
    "events that an election may lose": (
        EVENTS,
        {"unclean.leader.election.enable": "true"},
        "has unclean.leader.election.enable=true and needs false",
    ),
    "events that are deleted with their tier": (
        EVENTS,
        {"remote.log.delete.on.disable": "true"},
        "has remote.log.delete.on.disable=true and needs false",
    ),
    "retention of refusals": (REJECTED, {"retention.ms": "1000000"}, "has retention.ms=1000000 and needs -1"),
    "tallies that are deleted": (TALLIES, {"cleanup.policy": "delete"}, "has cleanup.policy=delete and needs compact"),
    "rounds that are deleted too": (
        ROUNDS,
        {"cleanup.policy": "compact,delete"},
        "has cleanup.policy=compact,delete and needs compact",
    ),
}


USES: tuple[tuple[Topic, Callable[[KafkaLog], Awaitable[object]]], ...] = (
    (EVENTS, lambda log: log.append([message(1)])),
    (EVENTS, lambda log: log.end()),
    (REJECTED, lambda log: log.rejected()),
    (REJECTED, lambda log: log.reject(Refusal("a:1", "publish", "why", b"x"))),
    (TALLIES, lambda log: anext(log.kept_tallies())),
    (TALLIES, lambda log: log.standing_views()),
    (ROUNDS, lambda log: anext(log.kept_rounds())),
    (ROUNDS, lambda log: log.standing_views()),
)


async def used(log: KafkaLog, topic: Topic) -> AsyncIterator[LogUnreachable]:
    """Use a topic in each way, which is refused; what is kept in the others goes on, but where events could be lost."""
    for each, use in USES:
        if each is topic or topic is EVENTS:
            with pytest.raises(LogUnreachable) as raised:
                await use(log)
            yield raised.value
        elif each in (EVENTS, REJECTED):
            await use(log)


@pytest.mark.parametrize("kind", UNSAFE)
async def test_nothing_is_read_or_written_where_it_could_be_lost(url: str, kind: str) -> None:
    topic, wrong, said = UNSAFE[kind]
    name = await made(url, topic, 1, wrong)
    log = KafkaLog(connect(url))
    async for refusal in used(log, topic):
        assert f"the topic {name} {said}" in str(refusal)
        setting, _, value = said.removeprefix("has ").partition("=")
        mending = f"--entity-name {name} --alter --add-config {setting}={value.rpartition(' ')[2]}"
        assert mending in str(refusal)
    await log.close()


@pytest.mark.parametrize("topic", [TALLIES, ROUNDS, REJECTED], ids=lambda topic: topic.suffix)
async def test_another_number_of_partitions_than_it_needs_is_refused(url: str, topic: Topic) -> None:
    name = await made(url, topic, 3, beside=2)
    log = KafkaLog(connect(url))
    async for refusal in used(log, topic):
        assert f"{name} has 3 partitions and needs {1 if topic is REJECTED else 2}" in str(refusal)
        assert re.search(f"--delete --topic {name}.*\n  ledger topics ensure", str(refusal))
    await log.close()


@pytest.mark.parametrize(
    "words", [["tallies"], ["publish", str(HISTORY)], ["demo"], ["watch"], ["rejected"]], ids=lambda words: words[0]
)
def test_commands_say_how_to_mend_it(url: str, tmp_path: Path, words: list[str]) -> None:
    asyncio.run(made(url, EVENTS, 1, WEEK))
    ran = inside(tmp_path, *words, "--log", url)
    assert (ran.code, ran.out) == (4, "")
    assert "retention.ms=604800000 and needs -1; mend it by" in ran.err
    assert "kafka-configs.sh" in ran.err
    assert "Traceback" not in ran.err


def test_where_records_are_gone_nothing_is_counted(url: str, tmp_path: Path) -> None:
    assert topics(tmp_path, url, "ensure", "--partitions", "1").code == 0
    assert inside(tmp_path, "demo", "--log", url).code == 0
    asyncio.run(without_first(url, 5))
    ran = inside(tmp_path, "tallies", "--log", url)
    assert (ran.code, ran.out) == (4, "")
    assert "records are gone that were there; `ledger doctor` says how many" in " ".join(ran.err.split())
    assert "5 records of partition 0 are gone" in " ".join(inside(tmp_path, "doctor", "--log", url).err.split())


async def without_first(url: str, count: int) -> None:
    """Delete the first events of a ledger, as a broker does where retention has ended."""
    connection = connect(url)
    topic = EVENTS.name(connection.address.prefix)
    async with connection.admin() as admin:
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(count)})
    await connection.close()
