"""The topics of a ledger on a cluster: made as they have to be, and checked before anything relies on them."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import LeaderNotAvailableError, UnknownTopicOrPartitionError, for_code

from ledger.errors import LogUnreachable
from ledger.log.kafka.connection import ANSWER_S, Connection
from schemas.topics import CHECKPOINTS, EVENTS, REJECTED, REPLICATION, ROUNDS, SINGLE, TALLIES, TOPICS, Topic

UNSET = {"remote.log.delete.on.disable": "false"}
"""Never set here, since brokers before Kafka 3.9 do not know it. Otherwise the end of tiered storage deletes all."""
DELETES = UNSET.keys() | {"cleanup.policy", "retention.ms", "retention.bytes", "unclean.leader.election.enable"}
"""The settings by which a broker may lose what it acknowledged."""
VIEWS = (TALLIES, ROUNDS)
"""What can be computed again from the events, so that a worker may make it anew."""
EXISTS = 36
VISIBLE_S, LOOK_S = 30.0, 0.1
"""How long new topics may take until every broker knows them, and the pause between two looks."""


class TopicState(NamedTuple):
    """One topic as it stands. `problems` says what is not as it should be, and `mend` by which commands it gets so.

    `unsafe` are those of the problems with which no ledger is kept: history could be lost, or views be wrong.
    """

    topic: Topic
    name: str
    partitions: int
    replicas: int
    config: Mapping[str, str]
    problems: Sequence[str]
    unsafe: Sequence[str]
    mend: Sequence[str]


async def ensure_topics(
    connection: Connection, partitions: int = EVENTS.partitions, replication: int | None = None
) -> list[TopicState]:
    """Make the topics that are missing, change nothing else, and say how all stand.

    Where the events are there already, views get as many partitions as they have. `replication` is by default 3, or
    the number of brokers where there are fewer. Raises LogUnreachable.
    """
    await _make(connection, TOPICS, partitions, replication)
    return await _visible(connection, TOPICS)


async def ensure_views(connection: Connection) -> None:
    """Make the topics of views that are missing beside those of the events. Raises LogUnreachable if one is unsafe."""
    states = await describe_topics(connection)
    refuse_unsafe(connection, (state for state in states if state.topic not in VIEWS or state.partitions))
    if missing := [state.topic for state in states if not state.partitions]:
        await _make(connection, missing, states[0].partitions)
        await _visible(connection, missing)


async def _make(
    connection: Connection, topics: Collection[Topic], partitions: int, replication: int | None = None
) -> None:
    prefix = connection.address.prefix

    async def make(admin: AIOKafkaAdminClient) -> Any:
        brokers = len((await admin.describe_cluster())["brokers"])
        if not brokers:  # one that comes up, or is too busy to be heard of, answers and is not in service
            raise LogUnreachable(f"{connection.address}: no broker of the cluster is in service; try again")
        replicas = min(REPLICATION, brokers) if replication is None else replication
        events = len((await _layouts(admin, [EVENTS.name(prefix)]))[EVENTS.name(prefix)]) or partitions
        new = [
            NewTopic(topic.name(prefix), _expected(topic, events), replicas, topic_configs=topic.settings(replicas))
            for topic in topics
        ]
        return await admin.create_topics(new)

    answer = await connection.asked(make, ANSWER_S)
    for name, code, reason in answer.topic_errors:
        if code not in (0, EXISTS):
            raise LogUnreachable(f"{connection.address}: cannot make {name}: {reason or for_code(code).__name__}")


async def _visible(connection: Connection, topics: Collection[Topic]) -> list[TopicState]:
    """How all stand once the brokers know some that were made, which takes a moment."""
    for _ in range(round(VISIBLE_S / LOOK_S)):
        states = await describe_topics(connection)
        if all(state.partitions for state in states if state.topic in topics):
            return states
        await asyncio.sleep(LOOK_S)
    raise LogUnreachable(f"{connection.address}: the topics were made, and cannot be seen after {VISIBLE_S:g} seconds")


async def describe_topics(connection: Connection) -> list[TopicState]:
    """How each topic stands; one that is missing has no partitions. Raises LogUnreachable."""
    names = [topic.name(connection.address.prefix) for topic in TOPICS]

    async def look(admin: AIOKafkaAdminClient) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
        layouts = await _layouts(admin, names)
        return layouts, await _configs(admin, [name for name in names if layouts[name]])

    layouts, configs = await connection.asked(look)
    events = len(layouts[EVENTS.name(connection.address.prefix)])
    return [
        _state(connection, topic, layouts[name], configs.get(name, {}), _expected(topic, events))
        for topic, name in zip(TOPICS, names, strict=True)
    ]


def refuse_unsafe(connection: Connection, states: Iterable[TopicState]) -> None:
    """Raises LogUnreachable for the first topic that is missing or unsafe, with how to mend it."""
    for state in states:
        if state.unsafe:
            how = "; mend it by" if state.mend else ""
            commands = "".join(f"\n  {command}" for command in state.mend)
            raise LogUnreachable(
                f"{connection.address}: the topic {state.name} {'; '.join(state.unsafe)}{how}{commands}"
            )


async def _layouts(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, Sequence[Mapping[str, Any]]]:
    """The partitions of each topic; of one that is missing, none. Raises LogUnreachable."""
    found = {each["topic"]: each for each in await admin.describe_topics(list(names))}
    for name, each in found.items():
        if each["error_code"] not in (0, UnknownTopicOrPartitionError.errno, LeaderNotAvailableError.errno):
            raise LogUnreachable(f"the topic {name} cannot be seen: {for_code(each['error_code']).__name__}")
    return {name: found[name]["partitions"] if name in found else [] for name in names}


async def _configs(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    sought = [ConfigResource(ConfigResourceType.TOPIC, name, None) for name in names]
    found = {}
    for answer in await admin.describe_configs(sought):
        for code, reason, _, name, entries in answer.resources:
            if code:
                raise LogUnreachable(
                    f"the settings of {name} cannot be read ({reason or for_code(code).__name__}), so that it is not "
                    "known whether it keeps history; this user needs DescribeConfigs on it"
                )
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


def _expected(topic: Topic, events: int) -> int:
    """How many partitions a topic has to have beside so many of the events."""
    return 1 if topic.suffix in SINGLE else events


def _state(
    connection: Connection, topic: Topic, layout: Sequence[Mapping[str, Any]], config: Mapping[str, str], expected: int
) -> TopicState:
    name = topic.name(connection.address.prefix)
    if not layout:
        missing = ["is missing; `ledger topics ensure` makes it"]
        return TopicState(topic, name, 0, 0, {}, missing, missing, [])
    replicas = min(len(partition["replicas"]) for partition in layout)
    wanted = topic.settings(replicas)
    wrong = {key: value for key, value in (UNSET | wanted).items() if key in config and config[key] != value}
    said = {key: f"has {key}={config[key]} and needs {value}" for key, value in wrong.items()}
    count = [f"has {len(layout)} partitions and needs {expected}"] if expected and len(layout) != expected else []
    at = f"--bootstrap-server {connection.address.brokers}"
    mend = [*_altered(at, name, wrong), *(_made_anew(at, topic, name) if count else ())]
    shown = {key: config[key] for key in wanted if key in config}
    unsafe = [*(text for key, text in said.items() if key in DELETES), *count]
    problems = [*said.values(), *count, *_behind(layout)]
    return TopicState(topic, name, len(layout), replicas, shown, problems, unsafe, mend)


def _altered(at: str, name: str, wrong: Mapping[str, str]) -> list[str]:
    """The command that gives a topic its settings."""
    if not wrong:
        return []
    added = ",".join(f"{key}={value}" for key, value in wrong.items())
    return [f"kafka-configs.sh {at} --entity-type topics --entity-name {name} --alter --add-config {added}"]


def _made_anew(at: str, topic: Topic, name: str) -> list[str]:
    """The commands after which a topic has as many partitions as it needs. Views are computed again."""
    lost = {REJECTED.suffix: "  # with all that was refused", CHECKPOINTS.suffix: "  # with all that was signed"}
    loses = lost.get(topic.suffix, "")
    return [f"kafka-topics.sh {at} --delete --topic {name}{loses}", "ledger topics ensure"]


def _behind(layout: Sequence[Mapping[str, Any]]) -> list[str]:
    behind = [str(each["partition"]) for each in layout if len(each["isr"]) < len(each["replicas"])]
    return [f"has replicas that are behind, in partition {', '.join(behind)}"] if behind else []
