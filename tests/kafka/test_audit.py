"""The audit of a ledger on Kafka: the same as of its archive, and what only a topic can hold is told."""

import asyncio
from pathlib import Path

from ledger.log.kafka import Address, Connection
from ledger.settings import Settings
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding
from replay.audit.read_evidence import read_archive, read_log
from replay.audit.run import audit
from schemas.codec import encode
from tests.history.bundled import history
from tests.kafka.test_archive import archived, messages
from tests.kafka.topics import fresh
from tests.replay.audit.auditing import NOBODY
from tests.replay.keeping import KEYRING, opened


def found(evidence: Evidence, *names: str) -> list[Finding]:
    outcomes = audit(evidence, NOBODY).outcomes
    return [finding for each in outcomes if each.name in names for finding in each.seen.findings]


async def test_a_topic_and_its_archive_say_the_same(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka, 2)
    async with opened(url) as log:
        await log.append(messages())
    path = await archived(url, tmp_path, "archive")
    live, kept = await read_log(url, None), await read_archive(path, KEYRING)
    assert live.live == []
    assert live.integrity.checked is not None
    assert kept.integrity.checked is not None
    assert [each.root for each in live.integrity.checked.partitions] == [
        each.root for each in kept.integrity.checked.partitions
    ]
    mine, theirs = audit(live, NOBODY), audit(kept, NOBODY)
    assert mine.failures() == theirs.failures() == []
    assert mine.outcomes[7:] == theirs.outcomes[7:]


async def test_what_other_producers_write_is_told_and_is_no_tampering(kafka: str) -> None:
    url, [event] = await fresh(kafka), history()[20:21]
    changed = event.model_copy(update={"note": "told otherwise"})
    async with opened(url) as log:
        await log.append(messages(100))
    connection = Connection(Address.parse(url), Settings())
    try:
        producer = await connection.producer()
        topic = f"{Address.parse(url).prefix}.events"
        for payload in (encode(history()[10]), encode(changed), b"nonsense"):
            await producer.send_and_wait(topic, payload, partition=0)
    finally:
        await connection.close()
    evidence = await asyncio.wait_for(read_log(url), 120)
    repeats, [invalid] = found(evidence, "repeats"), found(evidence, "validity")
    assert {(each.severity, each.events) for each in repeats} == {
        ("notice", (history()[10].id,)),
        ("disagreement", (event.id,)),
    }
    assert invalid.severity == "notice"
    assert audit(evidence, NOBODY).failures() == []
