"""The Kafka topics of a ledger: their names, keys, headers and settings, wherever they are spoken of."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from schemas.wellformed import MESSAGE_BYTES_MAX

PREFIX = "ledger"
"""The prefix of every topic's name, unless a ledger is set up with another."""

REPLICATION = 3
"""Replicas of every partition, unless a cluster has fewer brokers."""

PARTITIONS = 24
"""Of the events, and of what workers keep of them, unless a ledger is set up with another number: it can never change.

So many workers can share them, and by 1, 2, 3, 4, 6, 8, 12 and 24 they share evenly. `docs/kafka.md` has what it costs.
"""


class Topic(NamedTuple):
    """One topic, without its ledger's prefix.

    `headers` says what each header means. `config` holds the broker's settings, as Kafka spells them.
    """

    suffix: str
    meaning: str
    headers: Mapping[str, str]
    partitions: int
    config: Mapping[str, str]

    def name(self, prefix: str = PREFIX) -> str:
        """Its full name, such as `ledger.events`."""
        return f"{prefix}.{self.suffix}"

    @property
    def is_compacted(self) -> bool:
        """Whether it keeps the latest of each key, and nothing before."""
        return self.config["cleanup.policy"] == "compact"

    def settings(self, replication: int = REPLICATION) -> dict[str, str]:
        """The topic's config at `replication` replicas: a write needs all of them but one in sync."""
        return {**self.config, "min.insync.replicas": str(max(1, replication - 1))}


# -- headers: names in ASCII, values in UTF-8 --------------------------------------------------

CE_SPECVERSION = "ce_specversion"
CE_ID = "ce_id"
CE_TYPE = "ce_type"
CE_SOURCE = "ce_source"
CE_SUBJECT = "ce_subject"
CE_DATASCHEMA = "ce_dataschema"
CE_TIME = "ce_time"
CE_PARTITIONKEY = "ce_partitionkey"
CONTENT_TYPE = "content-type"
RECORDED = "ledger_recorded"
ENTERED_BY = "ledger_entered_by"
ORIGIN = "ledger_origin"
STAGE = "ledger_stage"
REASON = "ledger_reason"
ACKNOWLEDGES = "ledger_acknowledges"
BY = "ledger_by"
POSITION = "ledger_position"
EXCEPTION = "__streams.errors.exception"
MESSAGE = "__streams.errors.message"
STACKTRACE = "__streams.errors.stacktrace"
ERROR_TOPIC = "__streams.errors.topic"
ERROR_PARTITION = "__streams.errors.partition"
ERROR_OFFSET = "__streams.errors.offset"

RESERVED = ("ledger_", "__streams.errors.")
"""How those names begin that a refused message does not keep of its producer's headers: readers believe them."""

SPECVERSION = "1.0"
"""The version of CloudEvents."""
VIEW_VERSION = 1
"""The version of the shape of views. A reader of one can read all of the same, which may have more members."""

JSON = "application/json"
DSSE = "application/vnd.dsse.envelope.v1+json"
"""How a signed event is written."""

_EVENT_HEADERS = {
    CE_SPECVERSION: "The version of CloudEvents.",
    CE_ID: "The event's id.",
    CE_TYPE: "What happened, and in which shape it is told: `ledger.<type>.v<version>`.",
    CE_SOURCE: "The publisher, percent-encoded, since CloudEvents asks for a URI reference.",
    CE_SUBJECT: "The exchange.",
    CE_DATASCHEMA: "The `$id` of the value's JSON Schema. A signed event, whose value is an envelope, has none.",
    CE_PARTITIONKEY: "The exchange, as the record's key says it.",
    CE_TIME: "A producer's own timestamp. Never read: an event says itself when something `occurred`.",
    CONTENT_TYPE: "How the value is written.",
    RECORDED: (
        "Microseconds since 1970 (UTC), as decimal text. Written only by a restore or a copy, and then the time "
        "at which the event was recorded, in place of the broker's timestamp. One later than that is not believed."
    ),
    ENTERED_BY: (
        "Who entered the event: `token:NAME` from a server that was shown the token of that name, `desk:NAME` from "
        "whoever writes here and says so; NAME is lower case, digits and `._-`, up to 64. What is not written so is "
        "passed over. It is as trustworthy as whoever may write to this topic."
    ),
}
_REJECTED_HEADERS = {
    ORIGIN: "Where the message came from: a file and its line, or a topic and a position in it.",
    STAGE: "The step that refused it.",
    REASON: "Why, in words.",
    EXCEPTION: "As in a dead letter queue of Kafka Streams (KIP-1034): the step that refused it.",
    MESSAGE: "As there: why.",
    STACKTRACE: "As there, and empty: a rule refused it, and no fault of a program.",
    ERROR_TOPIC: "As there, where the message stands in the events of this ledger: their topic.",
    ERROR_PARTITION: "Where it stands there: the partition.",
    ERROR_OFFSET: "Where it stands there: the offset.",
    RECORDED: "As of an event: written only by a copy, and then the time at which the message was refused.",
    ENTERED_BY: "As of an event: who sent the message.",
}
ACKNOWLEDGMENT_HEADERS: Mapping[str, str] = {
    ACKNOWLEDGES: "The offset in this topic of the refused message that was dealt with. It stands before this.",
    BY: "By whom, where they say so.",
    REASON: "Why, in words, where they say so.",
    RECORDED: "As of an event: written only by a copy, and then the time of the acknowledgment.",
}
_VIEW_HEADERS = {
    CE_SPECVERSION: "The version of CloudEvents.",
    CE_ID: "The view's key, `@`, and its `ledger_position`.",
    CE_TYPE: "What the value is, and the version of its shape: `ledger.<view>.v<version>`.",
    CE_SOURCE: "The topic, as its ledger names it.",
    CE_DATASCHEMA: "The `$id` of the JSON Schema of the value.",
    CONTENT_TYPE: "How the value is written.",
    POSITION: "`PARTITION:OFFSET` in the events, up to and including which the view is computed.",
}


@lru_cache(maxsize=256)
def schema_id(*names: str) -> str:
    """The `$id` of a JSON Schema, by which CloudEvents name it: of `event`, type and `v1`, or of `view` and name."""
    return ":".join(("urn:exchange-ledger", *names))


def event_headers(
    *, type: str, version: int, id: str, exchange: str, publisher: str, is_signed: bool = False
) -> dict[str, str]:
    """The headers of an event, as CloudEvents 1.0 writes them on Kafka in its binary mode."""
    return {
        CE_SPECVERSION: SPECVERSION,
        CE_ID: id,
        CE_TYPE: f"ledger.{type}.v{version}",
        CE_SOURCE: _uri(publisher),
        CE_SUBJECT: exchange,
        CE_PARTITIONKEY: exchange,
        **({} if is_signed else {CE_DATASCHEMA: schema_id("event", type, f"v{version}")}),
        CONTENT_TYPE: DSSE if is_signed else JSON,
    }


def view_headers(name: str, topic: str) -> dict[str, str]:
    """What all views of one name bear alike in a topic, as CloudEvents 1.0; each has its id and position besides."""
    return {
        CE_SPECVERSION: SPECVERSION,
        CE_TYPE: f"ledger.{name}.v{VIEW_VERSION}",
        CE_SOURCE: topic,
        CE_DATASCHEMA: schema_id("view", name),
        CONTENT_TYPE: JSON,
    }


def view_id(key: str, position: str) -> str:
    """The `ce_id` of a view, such as `IL-HAMAS-2023-11/5@0:125`."""
    return f"{key}@{position}"


@lru_cache(maxsize=4096)
def _uri(publisher: str) -> str:
    return quote(publisher, safe="")


# -- topics ------------------------------------------------------------------------------------

EVENT_BATCH_BYTES_MAX = 16 * MESSAGE_BYTES_MAX
"""Kafka limits a producer's whole batch (1 MiB here), not one record; the decoder holds each event to 64 KiB.

The broker unpacks what a producer compressed: else no reader without that codec could read on from there, and the
limit would be on the compressed bytes.
"""

REJECTED_BATCH_BYTES_MAX = 2 * EVENT_BATCH_BYTES_MAX
"""Room for whatever could be written to the events, its headers too, and those that say why it was refused."""


def _kept_for_ever(batch_bytes_max: int) -> Mapping[str, str]:
    return MappingProxyType(
        {
            "cleanup.policy": "delete",
            "retention.ms": "-1",
            "retention.bytes": "-1",
            "max.message.bytes": str(batch_bytes_max),
            "compression.type": "uncompressed",
            "message.timestamp.type": "LogAppendTime",
            "unclean.leader.election.enable": "false",
        }
    )


_LATEST_BY_KEY: Mapping[str, str] = MappingProxyType(
    {
        "cleanup.policy": "compact",
        # Else a broker refuses what a worker writes whose clock is an hour ahead.
        "message.timestamp.type": "LogAppendTime",
        "unclean.leader.election.enable": "false",
    }
)
# A broker cleans no segment that it still writes to, by itself up to a GiB of each partition, and who starts reads all.
_LATEST_VIEWS: Mapping[str, str] = MappingProxyType({**_LATEST_BY_KEY, "segment.bytes": str(16 * 1024 * 1024)})

EVENTS = Topic(
    suffix="events",
    meaning=(
        "Every event, its bytes as the producer wrote them. The key is the exchange, so that all of one exchange is "
        "in one partition, in one order. Kept for ever."
    ),
    headers=_EVENT_HEADERS,
    partitions=PARTITIONS,
    config=_kept_for_ever(EVENT_BATCH_BYTES_MAX),
)
REJECTED = Topic(
    suffix="rejected",
    meaning=(
        "Every message that is no event, with its bytes, its key and its own headers, and which of them were dealt "
        "with. Kept for ever."
    ),
    headers=_REJECTED_HEADERS,
    partitions=1,
    config=_kept_for_ever(REJECTED_BATCH_BYTES_MAX),
)
TALLIES = Topic(
    suffix="tallies",
    meaning="The latest running totals of each exchange. The key is the exchange.",
    headers=_VIEW_HEADERS,
    partitions=PARTITIONS,
    config=_LATEST_VIEWS,
)
ROUNDS = Topic(
    suffix="rounds",
    meaning="The latest view of each round. The key is `EXCHANGE/ROUND`, such as `IL-HAMAS-2023-11/5`.",
    headers=_VIEW_HEADERS,
    partitions=PARTITIONS,
    config=_LATEST_VIEWS,
)

CHECKPOINTS = Topic(
    suffix="checkpoints",
    meaning=(
        "What the ledger's keeper signed of each partition of the events: so many records, under this root. The key is "
        "the origin, such as `example.org/ledger/0`; the value a signed note (C2SP tlog-checkpoint). Kept for ever."
    ),
    headers={},
    partitions=1,
    config=_kept_for_ever(EVENT_BATCH_BYTES_MAX),
)
PROGRESS = Topic(
    suffix="progress",
    meaning=(
        "How far workers have handled each partition of the events, in the partition of the same number: under the key "
        "`handled` the offset up to which views are published and what is no event is rejected, and under "
        "`claim/WORKER` that a worker may write there."
    ),
    headers={},
    partitions=PARTITIONS,
    # A worker that takes over reads all of it, so that what is overwritten goes soon.
    config=MappingProxyType({**_LATEST_BY_KEY, "segment.ms": "60000", "min.cleanable.dirty.ratio": "0.01"}),
)

TOPIC_OF_VIEW: Mapping[str, Topic] = {"tally": TALLIES, "round": ROUNDS}
"""Where each kind of view stands."""
TOPICS = (EVENTS, REJECTED, TALLIES, ROUNDS, CHECKPOINTS, PROGRESS)
SINGLE = frozenset({REJECTED.suffix, CHECKPOINTS.suffix})
"""The topics of one partition, whatever the events have."""


def worker_group(prefix: str) -> str:
    """The consumer group of a ledger's workers, which Faust shares the partitions in.

    Its offsets are for tools that show how far it lags. What counts stands in PROGRESS.
    """
    return f"{prefix}.worker"


def round_key(exchange: str, round: int) -> str:
    """The key of a round in ROUNDS, such as `IL-HAMAS-2023-11/5`."""
    return f"{exchange}/{round}"
