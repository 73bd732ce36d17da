"""Events in what other software puts around them, on a real broker: each counts once, and what is wrong says so."""

from pathlib import Path

from aiokafka import AIOKafkaProducer

from ledger.client import AsyncLedger
from replay.compare.published import compare_published
from schemas.codec import encode
from schemas.topics import EVENTS, REASON
from tests.kafka.topics import fresh
from tests.kafka.workers import Kept, all_live, opened, rejected, settled, workers
from tests.log.events import EXCHANGE, released
from tests.schemas.test_carriers import FORMS, WITHOUT_ID, cloud_event, confluent


async def test_an_event_counts_once_in_whatever_form_it_comes(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka, 2)
    topic = EVENTS.name(url.rpartition("/")[2])
    with workers(url, tmp_path, 1) as running:
        await all_live(running, 2, 60)
        async with AIOKafkaProducer(bootstrap_servers=kafka) as producer, AsyncLedger.open(url) as ledger:
            for number, wrapped in enumerate(FORMS.values()):
                for partition in (0, 1):  # one of them is away from home, and is relayed
                    await producer.send_and_wait(topic, wrapped(encode(released(number))), partition=partition)
            await ledger.publish_many(released(number) for number in range(len(FORMS)))
            for raw in (WITHOUT_ID, confluent(WITHOUT_ID), cloud_event(WITHOUT_ID)):
                await producer.send_and_wait(topic, raw, partition=0)
            await producer.send_and_wait(topic, confluent(b"not JSON"), partition=1)
            async with opened(url) as log:
                books = await settled(Kept(log))
                assert books.tally(EXCHANGE).events == len(FORMS) + 1
                assert (await ledger.tally(EXCHANGE)).events == len(FORMS) + 1
                [refused] = await rejected(log)
                assert (refused.value, b"is not JSON" in dict(refused.headers)[REASON]) == (
                    confluent(b"not JSON"),
                    True,
                )
                assert (await compare_published(log)).differences == []
