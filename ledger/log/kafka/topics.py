"""The topics of a ledger on a cluster: made as they have to be, and checked before anything relies on them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from ledger.errors import LogUnreachable
from ledger.log.kafka.connection import Connection
from schemas.topics import EVENTS, REJECTED, REPLICATION, TOPICS, Topic

DELETES = frozenset({"cleanup.policy", "retention.ms", "retention.bytes"})
"""The settings by which a broker may delete what it acknowledged."""
EXISTS, UNKNOWN = 36, 3


class TopicState(NamedTuple):
    """One topic as it stands. `problems` says what is not as it should be, `unsafe` what could lose history."""

    topic: Topic
    name: str
    partitions: int
    replicas: int
    config: Mapping[str, str]
    problems: Sequence[str]
    unsafe: Sequence[str]


async def ensure_topics(
    connection: Connection, partitions: int = EVENTS.partitions, replication: int | None = None
) -> list[TopicState]:
    """Make the topics that are missing, change nothing else, and say how all stand.

    `replication` is by default 3, or the number of brokers where there are fewer. Raises LogUnreachable.
    """

    async def make(admin: AIOKafkaAdminClient) -> Any:
        brokers = len((await admin.describe_cluster())["brokers"])
        replicas = min(REPLICATION, brokers) if replication is None else replication
        return await admin.create_topics(
            [
                NewTopic(
                    topic.name(connection.address.prefix),
                    1 if topic is REJECTED else partitions,
                    replicas,
                    topic_configs=topic.settings(replicas),
                )
                for topic in TOPICS
            ]
        )

    answer = await connection.asked(make)
    for name, code, reason in answer.topic_errors:
        if code not in (0, EXISTS):
            raise LogUnreachable(f"{connection.address}: cannot make {name}: {reason or for_code(code).__name__}")
    return await describe_topics(connection)


async def describe_topics(connection: Connection) -> list[TopicState]:
    """How each topic stands; one that is missing has no partitions. Raises LogUnreachable."""
    names = [topic.name(connection.address.prefix) for topic in TOPICS]

    async def look(admin: AIOKafkaAdminClient) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
        layouts = {each["topic"]: each["partitions"] for each in await admin.describe_topics(names)}
        return layouts, await _configs(admin, [name for name in names if layouts.get(name)])

    layouts, configs = await connection.asked(look)
    events = len(layouts[EVENTS.name(connection.address.prefix)])
    return [
        _state(topic, name, layouts.get(name) or [], configs.get(name, {}), events)
        for topic, name in zip(TOPICS, names, strict=True)
    ]


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


def _state(
    topic: Topic, name: str, layout: Sequence[Mapping[str, Any]], config: Mapping[str, str], events: int
) -> TopicState:
    if not layout:
        return TopicState(topic, name, 0, 0, {}, ["is missing; `ledger topics ensure` makes it"], [])
    replicas = min(len(partition["replicas"]) for partition in layout)
    wanted = topic.settings(replicas)
    wrong = {key: f"has {key}={config.get(key)} and needs {value}" for key, value in wanted.items() if key in config}
    wrong = {key: text for key, text in wrong.items() if config[key] != wanted[key]}
    problems = [*wrong.values()]
    expected = 1 if topic is REJECTED else events
    if len(layout) != expected:
        problems.append(f"has {len(layout)} partitions and needs {expected}")
    behind = [str(each["partition"]) for each in layout if len(each["isr"]) < len(each["replicas"])]
    if behind:
        problems.append(f"has replicas that are behind, in partition {', '.join(behind)}")
    shown = {key: config[key] for key in wanted if key in config}
    return TopicState(
        topic, name, len(layout), replicas, shown, problems, [text for key, text in wrong.items() if key in DELETES]
    )


async def check_topics(connection: Connection) -> int:
    """The number of partitions of the events. Raises LogUnreachable for topics that are missing or unsafe."""
    states = await describe_topics(connection)
    for state in states:
        wrong = state.unsafe or (state.problems if not state.partitions else [])
        if wrong:
            raise LogUnreachable(f"{connection.address}: the topic {state.name} {'; '.join(wrong)}")
    return next(state.partitions for state in states if state.topic is EVENTS)
