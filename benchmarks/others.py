"""The same sums by what else a user would pick: a loop of his own, bytewax, duckdb, polars.

All of them add up the stated numbers of people by exchange, type, round and category, and that is all they do: no rule
is checked, an event that comes twice counts twice, no claim is a rival, no correction takes anything back, and a hedge
is nothing. The loop and bytewax read the log's own file; duckdb and polars read the same events as lines of JSON, which
they are quickest at, in one thread each.
"""

import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import apsw
import orjson

from benchmarks.peer import Key, count

BATCH = 1000
GROUPS = 'STRUCT(category VARCHAR, "count" STRUCT(best BIGINT))[]'


def write_lines(log: Path, lines: Path) -> None:
    """The events of a log as lines of JSON."""
    with lines.open("wb") as file:
        file.writelines(payload + b"\n" for batch in _batches(log) for payload in batch)


def by_loop(log: Path) -> tuple[int, object]:
    """The shortest loop: SQLite and orjson."""
    counts: dict[str, Counter[Key]] = {}
    events = 0
    for batch in _batches(log):
        for payload in batch:
            claim = orjson.loads(payload)
            count(counts.setdefault(claim["exchange"], Counter()), claim)
        events += len(batch)
    return events, counts


def by_bytewax(log: Path) -> tuple[int, object]:
    """A dataflow of one worker: decoded, grouped by exchange, counted."""
    import bytewax.operators as op
    from bytewax.dataflow import Dataflow
    from bytewax.inputs import DynamicSource, StatelessSourcePartition
    from bytewax.testing import TestingSink, run_main

    class Part(StatelessSourcePartition[bytes]):  # type: ignore[misc]
        def __init__(self) -> None:
            self._batches = _batches(log)

        def next_batch(self) -> list[bytes]:
            if (batch := next(self._batches, None)) is None:
                raise StopIteration
            return batch

    class Log(DynamicSource[bytes]):  # type: ignore[misc]
        def build(self, *_: object) -> Part:
            return Part()

    def added(counts: Counter[Key], claim: dict[str, Any]) -> Counter[Key]:
        count(counts, claim)
        counts[""] += 1  # type: ignore[index]  # how many events
        return counts

    found = list[tuple[str, Counter[Any]]]()
    flow = Dataflow("sums")
    claims = op.map("decode", op.input("log", flow, Log()), orjson.loads)
    keyed = op.key_on("exchange", claims, lambda claim: claim["exchange"])
    op.output("sums", op.fold_final("add", keyed, Counter, added), TestingSink(found))
    run_main(flow)
    return sum(counts[""] for _, counts in found), found


def by_duckdb(lines: Path) -> object:
    """One query, with the members of an event that it needs declared."""
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    columns = f"{{exchange: 'VARCHAR', type: 'VARCHAR', round: 'INTEGER', groups: '{GROUPS}'}}"
    claims = f"read_ndjson('{lines}', columns = {columns})"
    return connection.execute(
        'SELECT exchange, type, round, g.category, sum(g."count".best) '
        f"FROM (SELECT exchange, type, round, unnest(groups) AS g FROM {claims}) GROUP BY ALL"
    ).fetchall()


def by_polars(lines: Path) -> object:
    """One lazy query, with the members of an event that it needs declared."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars as pl

    groups = pl.List(pl.Struct({"category": pl.String, "count": pl.Struct({"best": pl.Int64})}))
    schema = {"exchange": pl.String, "type": pl.String, "round": pl.Int32, "groups": groups}
    group = pl.col("groups").struct
    return (
        pl.scan_ndjson(lines, schema=schema)
        .explode("groups")
        .group_by("exchange", "type", "round", group.field("category"))
        .agg(group.field("count").struct.field("best").sum())
        .collect()
    )


def _batches(log: Path) -> Iterator[list[bytes]]:
    rows = apsw.Connection(str(log), apsw.SQLITE_OPEN_READONLY).execute("SELECT payload FROM records ORDER BY offset")
    while batch := [payload for (payload,) in islice(rows, BATCH)]:
        yield batch
