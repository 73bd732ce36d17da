"""The Kafka topics of a ledger: their names, keys, headers and settings, wherever they are spoken of."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from schemas.wellformed import MESSAGE_BYTES_MAX

PREFIX = "ledger"
"""The prefix of every topic's name, unless a ledger is set up with another."""

REPLICATION = 3
"""Replicas of every partition, unless a cluster has fewer brokers."""


class Topic(NamedTuple):
    """One topic, without its ledger's prefix. `config` holds the broker's settings, as Kafka spells them."""

    suffix: str
    partitions: int
    config: Mapping[str, str]

    def name(self, prefix: str = PREFIX) -> str:
        """Its full name, such as `ledger.events`."""
        return f"{prefix}.{self.suffix}"

    def settings(self, replication: int = REPLICATION) -> dict[str, str]:
        """The topic's config at `replication` replicas: a write is acknowledged while all but one have it."""
        return {**self.config, "min.insync.replicas": str(max(1, replication - 1))}


EVENT_BATCH_BYTES_MAX = 16 * MESSAGE_BYTES_MAX
"""Kafka limits a producer's whole batch (1 MiB here), not one record; the decoder holds each event to 64 KiB."""

REJECTED_BATCH_BYTES_MAX = 2 * EVENT_BATCH_BYTES_MAX
"""Whatever could be written to the events, with the headers that say why it was refused."""


def _kept_for_ever(batch_bytes_max: int) -> Mapping[str, str]:
    return MappingProxyType(
        {
            "cleanup.policy": "delete",
            "retention.ms": "-1",
            "retention.bytes": "-1",
            "max.message.bytes": str(batch_bytes_max),
            "message.timestamp.type": "LogAppendTime",
            "unclean.leader.election.enable": "false",
        }
    )


_LATEST_BY_KEY = MappingProxyType({"cleanup.policy": "compact", "unclean.leader.election.enable": "false"})

EVENTS = Topic("events", 6, _kept_for_ever(EVENT_BATCH_BYTES_MAX))
"""Every event, as its producer wrote it. Key: the exchange, so that one partition holds it in one order."""

REJECTED = Topic("rejected", 1, _kept_for_ever(REJECTED_BATCH_BYTES_MAX))
"""Every message that is no event, its bytes unchanged. Without a key."""

TALLIES = Topic("tallies", 6, _LATEST_BY_KEY)
"""The latest tally of each exchange. Key: the exchange; a null value says that the tally is no more."""

ROUNDS = Topic("rounds", 6, _LATEST_BY_KEY)
"""The latest view of each round. Key: `round_key`; a null value says that the round is no more."""

TOPICS = (EVENTS, REJECTED, TALLIES, ROUNDS)


def round_key(exchange: str, round: int) -> str:
    """The key of a round in ROUNDS, such as `IL-HAMAS-2023-11/5`."""
    return f"{exchange}/{round}"


# -- headers: names in ASCII, values in UTF-8 --------------------------------------------------

CE_SPECVERSION = "ce_specversion"
"""The version of CloudEvents: SPECVERSION."""

CE_ID = "ce_id"
"""The event's id."""

CE_TYPE = "ce_type"
"""What happened, in which shape: `ledger.captives_released.v1`."""

CE_SOURCE = "ce_source"
"""The publisher, percent-encoded, since CloudEvents asks for a URI reference."""

CE_SUBJECT = "ce_subject"
"""The exchange."""

CE_TIME = "ce_time"
"""A producer's own timestamp (RFC 3339). Never read: an event says itself when something `occurred`."""

CONTENT_TYPE = "content-type"
"""How the value is written: JSON."""

RECORDED = "ledger_recorded"
"""Microseconds since 1970 (UTC) as decimal text. Written only by a restore or a copy: it is then the time at
which the event was recorded, in place of the broker's timestamp."""

ORIGIN = "ledger_origin"
"""Where a refused message came from, such as `ledger.events 2:4711`."""

STAGE = "ledger_stage"
"""The step that refused it."""

REASON = "ledger_reason"
"""Why, in words."""

POSITION = "ledger_position"
"""`PARTITION:OFFSET` in EVENTS, up to and including which a view is computed (see `schemas.record.Position`)."""

SPECVERSION = "1.0"
JSON = "application/json"


def event_headers(*, type: str, version: int, id: str, exchange: str, publisher: str) -> dict[str, str]:
    """The headers of an event, as CloudEvents 1.0 writes them on Kafka in its binary mode."""
    return {
        CE_SPECVERSION: SPECVERSION,
        CE_ID: id,
        CE_TYPE: f"ledger.{type}.v{version}",
        CE_SOURCE: quote(publisher, safe=""),
        CE_SUBJECT: exchange,
        CONTENT_TYPE: JSON,
    }
