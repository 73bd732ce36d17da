"""Where our way to Kafka through Faust differs: it tells that something came, and brings little of it."""

import asyncio
from typing import Any

from faust.transport.drivers import aiokafka as driver

PAUSE_S = 0.5
"""After each fetch: what comes meanwhile is told at once."""


class Thread(driver.AIOKafkaConsumerThread):
    """Takes the last record of each fetch: an event costs 80 µs on Faust's way, and the folds read the log."""

    async def getmany(self, active_partitions: Any, timeout: float) -> Any:
        found = await super().getmany(active_partitions, timeout)
        if found:
            await asyncio.sleep(PAUSE_S)
        return {partition: records[-1:] for partition, records in found.items()}


class Consumer(driver.Consumer):
    """Has such a thread."""

    def _new_consumer_thread(self) -> Thread:
        return Thread(self, loop=self.loop, beacon=self.beacon)


class Transport(driver.Transport):
    """Makes such consumers."""

    Consumer = Consumer
