"""Which partition is an exchange's home: all of its events count there, in one order.

It is where Kafka's own default partitioner puts the key of an exchange. Other clients hash otherwise, or send no key;
an event that stands in another partition counts once a worker has relayed it to its home.
"""

from aiokafka.partitioner import murmur2

from schemas.codec import exchange_of


class Partitioner:
    """The homes of all exchanges in a topic of so many partitions."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self._known: dict[str, int] = {}

    def of(self, exchange: str) -> int:
        """The partition of an exchange."""
        home = self._known.get(exchange)
        if home is None:
            home = self._known[exchange] = (murmur2(exchange.encode()) & 0x7FFFFFFF) % self.partitions
        return home

    def has(self, partition: int, payload: bytes) -> bool:
        """Whether a message belongs where it stands. What is no event has no home, and stays where it is."""
        exchange = exchange_of(payload)
        return exchange is None or self.of(exchange) == partition
