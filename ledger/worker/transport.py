"""Where our way to Kafka through Faust differs: only what is committed is read, and a message makes no tasks."""

from typing import Any

from faust.transport.drivers import aiokafka as driver


class Thread(driver.AIOKafkaConsumerThread):
    """Reads what is committed, as all other readers of the log do: a publisher may abort a transaction."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer


class Consumer(driver.Consumer):
    """Hands each message over where it stands.

    Faust makes four tasks for each, so that a hand-over which blocks can be given up when partitions change hands. Ours
    never blocks (the agent only puts messages into inboxes), and beside busy folds each turn of the loop takes long.
    """

    def _new_consumer_thread(self) -> Thread:
        return Thread(self, loop=self.loop, beacon=self.beacon)

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:
        if not self.flow_active:
            return await super().wait_first(*coros, timeout=timeout)
        delivery, suspension = coros
        suspension.close()
        return await delivery


class Transport(driver.Transport):
    """Makes such consumers."""

    Consumer = Consumer
