"""The log on Kafka: the contract of every log, and what is particular to topics."""

import pytest

from tests.kafka.topics import fresh
from tests.log.contract import LogContract


class TestKafkaLog(LogContract):
    @pytest.fixture
    async def url(self, kafka: str) -> str:
        return await fresh(kafka)
