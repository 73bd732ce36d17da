"""Records as files for analysis: each is there, with its place and its time."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import orjson
import pytest

from ledger.errors import UsageError
from ledger.log.port import EventLog, Message
from replay.archive.analysis import export_ndjson, export_parquet
from schemas.codec import encode
from tests.history.bundled import history
from tests.replay.keeping import NOON, opened, published, sender


def written(url: str, path: Path, to: Callable[[EventLog, Path], Awaitable[int]]) -> int:
    async def run() -> int:
        async with opened(url) as log:
            return await to(log, path)

    return asyncio.run(run())


def with_nonsense(url: str) -> str:
    async def run() -> None:
        async with opened(url) as log:
            await log.append([Message("018bfa2c-7000-8000-8000-000000000001", "NONE", b"nonsense", recorded_at=NOON)])

    asyncio.run(run())
    return url


def test_ndjson_has_a_line_for_each_record(tmp_path: Path) -> None:
    url = with_nonsense(published(tmp_path / "a.db"))
    assert written(url, tmp_path / "a.ndjson", export_ndjson) == 406
    lines = [orjson.loads(line) for line in (tmp_path / "a.ndjson").read_bytes().splitlines()]
    assert [line["offset"] for line in lines] == [*range(406)]
    assert lines[5]["event"] == orjson.loads(encode(history()[5]))
    assert lines[5]["recorded_at"] == "2026-03-01T12:00:00+00:00"
    assert [line["entered_by"] for line in lines[:405]] == [sender(event) for event in history()]
    assert lines[405]["undecodable_hex"] == b"nonsense".hex()


def test_parquet_has_a_row_for_each_record(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    url = with_nonsense(published(tmp_path / "a.db"))
    for name in ("a.parquet", "b.parquet"):
        assert written(url, tmp_path / name, export_parquet) == 406
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    rows = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    first = history()[5]
    assert (rows[5]["id"], rows[5]["type"], rows[5]["round"]) == (first.id, first.type, first.round)
    assert (rows[5]["recorded_at"], rows[5]["payload"]) == (NOON, encode(first))
    assert (rows[405]["id"], rows[405]["payload"]) == (None, b"nonsense")


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"exchange-ledger\[analysis\]"):
        written(published(tmp_path / "a.db", 1), tmp_path / "a.parquet", export_parquet)
    assert not (tmp_path / "a.parquet").exists()


def test_an_interrupted_file_does_not_take_its_name(tmp_path: Path) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written(published(tmp_path / "a.db", 1), tmp_path / "a.ndjson", partial(export_ndjson, progress=interrupt))
    assert {each.name for each in tmp_path.iterdir()} == {"a.db"}
