"""What a worker relies on in its libraries beyond what they document: checked before it begins."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

from aiokafka.producer.sender import Sender
from faust.transport.drivers import aiokafka as driver

from ledger.errors import UsageError


class Reliance(NamedTuple):
    """One such part: where it is, its name, the library that it comes with, and what it is for."""

    owner: Any
    name: str
    library: str
    purpose: str


PARTS: Sequence[Reliance] = (
    Reliance(driver.AIOKafkaConsumerThread, "getmany", "faust-streaming", "a fetch hands over its last record alone"),
    Reliance(driver.Consumer, "_new_consumer_thread", "faust-streaming", "the consumer is given that thread"),
    Reliance(driver.Transport, "Consumer", "faust-streaming", "the transport is given that consumer"),
    Reliance(Sender, "close", "aiokafka", "a producer that cannot deliver ends without waiting for ever"),
)
"""Each is overridden or called. Versions are capped below the next that could change one."""


def check_parts() -> None:
    """Raises UsageError where a library is not what this version was made for."""
    for part in PARTS:
        if part.name not in vars(part.owner):
            raise UsageError(
                f"{part.library} {version(part.library)} has no {part.owner.__name__}.{part.name} ({part.purpose}); "
                f"install the versions of requirements/kafka.lock"
            )
