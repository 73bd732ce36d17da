"""The log on Kafka: one topic for events, partitioned by exchange and kept for ever, and others beside it."""

from ledger.log.kafka.connection import Address, Connection
from ledger.log.kafka.log import KafkaLog

__all__ = ["Address", "Connection", "KafkaLog"]
