"""Publishing to Kafka, against aiokafka's own keyed `send` with the same guarantees.

The peer's producer has our settings (idempotent, `acks=all`, the same batch size), which are faster than its defaults;
it sends every event with its exchange as the key, and awaits all acknowledgements at the end.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks import corpus
from benchmarks.kafka.ledgers import batches, fresh, opened
from benchmarks.kafka.processes import WORKED, worked
from benchmarks.measure import Sample, in_turns, measured, ratio, report, table
from ledger.admission import admit
from ledger.client import AsyncLedger
from ledger.log.kafka import KafkaLog
from ledger.log.port import Message, Receipt
from schemas.topics import EVENTS

WAYS = {
    "append": "**`append` of ready messages, batches of 1,000**",
    "send": "aiokafka, keyed `send` of ready bytes",
    "stream": "**`publish_stream`: validated, with receipts, batches of 1,000**",
    "validated": "aiokafka, keyed `send` of bytes validated as we do",
}
ASKED = [("append", "send", "at least 1"), ("stream", "send", "at least 1"), ("stream", "validated", "at least 1")]


def run(brokers: str, events: int, repeat: int) -> str:
    """Measure every way in turns. Returns the tables."""
    rates = in_turns(list(WAYS), repeat, lambda way: measured(__name__, way, brokers, events))
    figures = table(
        [f"publishing {events:,} events, median of {repeat} (least to most)", "events/s", WORKED],
        [[WAYS[way], each, worked(each)] for way, each in rates.items()],
    )
    rows = [[WAYS[one], WAYS[other], ratio(rates, one, other), wanted] for one, other, wanted in ASKED]
    return f"{figures}\n\n{table(['of', 'to', 'ratio, median (least to most)', 'wanted'], rows)}"


def _measure(way: str, brokers: str, events: int) -> Sample:
    messages = list(corpus.messages(events))
    url = asyncio.run(fresh(brokers))
    return asyncio.run(_measured(way, url, messages))


async def _measured(way: str, url: str, messages: Sequence[Message]) -> Sample:
    log = opened(url)
    await log.partitioner()
    await log.connection.producer()
    loop = asyncio.get_running_loop()
    started, mark = loop.time(), time.process_time()
    if way == "append":
        for batch in batches(iter(messages)):
            await log.append(batch)
    elif way == "stream":
        published = [each async for each in AsyncLedger(log).publish_stream(m.payload for m in messages)]
        assert all(isinstance(each, Receipt) for each in published)
    else:
        await _send(log, messages, validates=way == "validated")
    seconds, spent = loop.time() - started, time.process_time() - mark
    assert (await log.end()).records == len(messages)
    await log.close()
    return Sample(len(messages), seconds, 0, {"worked": spent})


async def _send(log: KafkaLog, messages: Sequence[Message], *, validates: bool) -> None:
    producer, topic = await log.connection.producer(), EVENTS.name(log.address.prefix)
    now, sent = datetime.now(UTC), []
    for message in messages:
        if validates:
            admit(message.payload, now)
        sent.append(await producer.send(topic, message.payload, message.exchange.encode()))
    await asyncio.gather(*sent)


if __name__ == "__main__":
    report(_measure(sys.argv[1], sys.argv[2], int(sys.argv[3])))
