"""A dry run of a ledger on Kafka: it says what one of the same ledger in a file says, and nothing is written."""

import asyncio
from pathlib import Path

import pytest

from ledger.client import AsyncLedger
from schemas.codec import encode
from schemas.record import Frontier
from tests.api.serving import make_token, publish, serving
from tests.api.test_dry_run import dry, figures, lines, moved, told
from tests.cli.run import inside
from tests.history.bundled import history
from tests.kafka.topics import fresh
from tests.log.events import released


async def end(url: str) -> Frontier:
    async with AsyncLedger.open(url) as ledger:
        return await ledger.log.end()


@pytest.mark.parametrize("partitions", [1, 6])
def test_it_says_what_a_dry_run_of_the_same_ledger_in_a_file_says(kafka: str, tmp_path: Path, partitions: int) -> None:
    events = [encode(event) + b"\n" for event in history()]
    (tmp_path / "some.ndjson").write_bytes(b"".join(events[:250]))
    (tmp_path / "all.ndjson").write_bytes(b"".join([*events, b"nonsense\n"]))
    said = []
    for url in ("sqlite:///ledger.db", asyncio.run(fresh(kafka, partitions))):
        assert inside(tmp_path, "publish", "some.ndjson", "--log", url).code == 0
        before = None if url.startswith("sqlite") else asyncio.run(end(url))
        ran = inside(tmp_path, "publish", "all.ndjson", "--dry-run", "--json", "--log", url)
        said.append((ran.code, sorted(map(str, ran.lines)), sorted(ran.err.splitlines())))
        assert before is None or asyncio.run(end(url)) == before
    assert said[0] == said[1]
    assert said[0][0] == 3


def test_over_http_it_says_what_publishing_then_does(kafka: str) -> None:
    url = asyncio.run(fresh(kafka, 3))
    with serving(url) as server:
        events = history()
        publish(server, events[:100])
        before, got = figures(server), dry(server, make_token(url), lines(events))
        assert [each["status"] for each in got.json["results"]] == [200] * 100 + [201] * (len(events) - 100)
        publish(server, events)
        assert told(got) == moved(before, figures(server))
        refused = dry(server, make_token(url), lines([released(1)]) + b"\nnonsense\n")
        assert (refused.json["accepted"], refused.json["refused"]) == (1, 1)


def test_record_shows_what_it_would_move(kafka: str, tmp_path: Path) -> None:
    url = asyncio.run(fresh(kafka))
    asyncio.run(published(url))
    claim = ("--exchange", released(1).exchange, "--round", "1", "--count", "3", "--occurred", "2023-11-30")
    source = ("--publisher", "The Herald", "--kind", "newspaper", "--dry-run", "--log", url)
    ran = inside(tmp_path, "record", "captives_released", *claim, *source)
    assert ran.code == 0, ran.err
    assert "captives.released" in ran.out
    assert asyncio.run(end(url)).records == 1


async def published(url: str) -> None:
    async with AsyncLedger.open(url) as ledger:
        await ledger.publish(released(1))
