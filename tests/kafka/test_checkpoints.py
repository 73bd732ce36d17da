"""Checkpoints on a topic of their own: signed by the keeper, kept for ever, read by whoever reads the ledger."""

from pathlib import Path

from ledger.log.kafka.reader import TopicReader
from ledger.log.port import KeepsCheckpoints
from ledger.proof.note import Note, parse_note
from replay.checkpoints.signing import share_checkpoints, sign_checkpoints
from replay.checkpoints.store import CheckpointStore
from schemas.topics import CHECKPOINTS
from tests.cli.run import ledger
from tests.kafka.topics import fresh
from tests.kafka.workers import opened
from tests.log.events import messages
from tests.replay.keeping import KEY, KEYRING, NAME


async def signed(url: str, store: CheckpointStore) -> list[Note]:
    async with opened(url) as log:
        return await sign_checkpoints(log, KEY, store)


async def test_what_is_signed_stands_on_the_topic_by_its_origin(kafka: str, tmp_path: Path) -> None:
    url, store = await fresh(kafka, 3), CheckpointStore(tmp_path / "kept")
    async with opened(url) as log:
        assert await log.checkpoints() == []
        await log.append(messages(0, 10))
        notes = [*await signed(url, store), *await signed(url, store)]
        await log.append(messages(10, 20))
        notes += await signed(url, store)
        assert await log.checkpoints() == [str(note) for note in notes] == [str(note) for note in store.notes()]
        assert [KEYRING.verify(parse_note(text)).size for text in await log.checkpoints()] == [10, 20]
        reader = TopicReader(log.connection, CHECKPOINTS.name(log.address.prefix), 1)
        keys = [record.key async for fetched in reader.read() for record in fetched.records]
        home = (await log.partitioner()).of("NORTH-SOUTH-2017")
        assert keys == [f"{NAME}/{home}".encode()] * 2


async def test_what_did_not_reach_the_topic_is_put_there_later(kafka: str, tmp_path: Path) -> None:
    """As when a keeper ends between the two."""
    url, store = await fresh(kafka), CheckpointStore(tmp_path / "kept")
    async with opened(url) as log:
        assert isinstance(log, KeepsCheckpoints)
        await log.append(messages(0, 10))
        [first] = await signed(url, store)
        other = await fresh(kafka)
        async with opened(other) as elsewhere:
            await elsewhere.append(messages(0, 10))
            for _ in range(2):
                await share_checkpoints(elsewhere, store)
                assert await elsewhere.checkpoints() == [str(first)]


async def test_an_archive_is_verified_by_the_checkpoints_of_the_topic(kafka: str, tmp_path: Path) -> None:
    url = await fresh(kafka)
    (tmp_path / "keeper.key").write_text(f"{KEY.secret}\n")
    (tmp_path / "keys").write_text(f"{KEY.verifier}\n")
    lines = b"\n".join(each.payload for each in messages(0, 30))
    assert ledger(tmp_path, "publish", "-", "--log", url, stdin=lines).code == 0

    def replay(*words: str) -> int:
        return ledger(tmp_path, *words, program="replay").code

    assert replay("checkpoint", "--key", "keeper.key", "--to", "kept", "--log", url) == 0
    assert replay("export", "archive", "--checkpoints", url, "--log", url) == 0
    assert replay("verify", "archive", "--key", "keys", "--checkpoint", url) == 0
    other = await fresh(kafka)
    assert ledger(tmp_path, "publish", "-", "--log", other, stdin=lines.replace(b"Herald", b"Globe")).code == 0
    assert replay("checkpoint", "--key", "keeper.key", "--to", "other", "--log", other) == 0
    assert replay("verify", "archive", "--key", "keys", "--checkpoint", other) == 5
