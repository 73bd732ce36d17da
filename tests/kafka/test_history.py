"""The bundled history through Kafka and a worker: the same bytes of every view as the embedded ledger's."""

from pathlib import Path

from ledger.client import AsyncLedger
from ledger.log.port import Receipt
from schemas.topics import PARTITIONS
from tests.kafka.topics import fresh
from tests.kafka.workers import Kept, bodies, opened, settled, workers
from tests.log.events import TREE

HISTORY = TREE / "ledger/demo/history.ndjson"


async def test_a_worker_keeps_the_views_that_the_embedded_ledger_computes(kafka: str, tmp_path: Path) -> None:
    url, embedded = await fresh(kafka, PARTITIONS), f"sqlite:///{tmp_path}/ledger.db"
    with workers(url, tmp_path, 1):
        for each in (url, embedded):
            assert await published(each) == 405
        async with opened(url) as log, AsyncLedger.open(embedded) as ledger:
            kept = Kept(log)
            await settled(kept)
            assert kept.bodies == bodies(await ledger.read())
            assert len(kept.bodies) > 20


async def published(url: str) -> int:
    """How many events of the history a ledger takes."""
    async with AsyncLedger.open(url) as ledger:
        outcomes = [each async for each in ledger.publish_stream(HISTORY.read_bytes().splitlines())]
    return sum(isinstance(each, Receipt) for each in outcomes)
