"""Proofs: what signing checkpoints costs a ledger while it is published to, what a proof takes, how large archives are.

The keeper (`replay checkpoint --every 1s --count 1000`) is a process of its own, as in real use, and signs far more
often than anybody needs. Where there is a processor for each of the two, the rates alone would hide what it takes; so
its processor time stands beside them.
"""

import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import corpus
from benchmarks.measure import Rates, Sample, in_turns, measured, ratio, report, say, table, timed
from ledger.client import AsyncLedger
from ledger.log.sqlite import SqliteLog
from ledger.proof.leaf import record_hash
from ledger.proof.merkle import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from ledger.proof.note import SigningKey
from replay.archive.reading import Archive
from replay.archive.verify import verify_archive
from replay.archive.writing import export

PUBLISHED, PROOFS = 100_000, 500
WAYS = {"alone": "`publish_stream`, with validation, alone", "signed": "**the same, while a keeper signs**"}
_KEY = SigningKey("example.org/benchmark", bytes(32))


def run(events: int, repeat: int) -> str:
    """Measure publishing with and without a keeper, and an archive of so many events. Returns the tables."""
    with TemporaryDirectory() as folder:
        parts = [_published(Path(folder), min(events, PUBLISHED), repeat), *_archived(Path(folder), events)]
    return "\n\n".join(parts)


# -- publishing ----------------------------------------------------------------------------------------


def _published(folder: Path, events: int, repeat: int) -> str:
    rates = in_turns(list(WAYS), repeat, lambda way: _publish(way, folder, events))
    rows = [[WAYS[way], each, f"{_spent(each, 'cpu') / events * 1e6:.1f}"] for way, each in rates.items()]
    head = [f"{events:,} events published, median of {repeat} (least to most)", "events/s", "µs of processor time each"]
    signed = rates["signed"]
    keeper, signatures = _spent(signed, "keeper"), signed.samples[0].parts["checkpoints"]
    facts = [
        ["rate beside the keeper, to alone (wanted: at least 0.9)", ratio(rates, "signed", "alone")],
        ["processor time of the keeper, µs an event", f"{keeper / events * 1e6:.1f}"],
        ["its share of that of both (wanted: under 10 %)", f"{keeper / (keeper + _spent(signed, 'cpu')):.1%}"],
        ["checkpoints that it signed", f"{signatures:,.0f}"],
    ]
    return f"{table(head, rows)}\n\n{table(['signing while it is published', ''], facts)}"


def _spent(rates: Rates, what: str) -> float:
    return statistics.median(sample.parts[what] for sample in rates.samples)


def _publish(way: str, folder: Path, events: int) -> Sample:
    path, kept = folder / "published.db", folder / "checkpoints"
    SqliteLog(path)
    kept.mkdir()
    try:
        if way == "alone":
            return measured(__name__, "publish", path, events)
        with _keeping(path, kept) as keeper:
            sample = measured(__name__, "publish", path, events)
            spent = keeper()
        found = {"keeper": spent, "checkpoints": float(len([*kept.glob("*.checkpoint")]))}
        return sample._replace(parts={**sample.parts, **found})
    finally:
        for each in (*kept.iterdir(), *path.parent.glob(f"{path.name}*")):
            each.unlink(missing_ok=True)
        kept.rmdir()


@contextmanager
def _keeping(path: Path, kept: Path) -> Iterator[Callable[[], float]]:
    """A keeper that signs; the function ends it, and gives its processor time in seconds less that of its start."""
    key = kept.with_name("keeper.key")
    key.write_text(f"{_KEY.secret}\n")
    words = ["--key", key, "--to", kept, "--every", "1s", "--count", "1000", "--log", f"sqlite:///{path}"]
    command = [str(each) for each in (Path(sys.executable).with_name("replay"), "checkpoint", *words)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "Ctrl-C" not in process.stderr.readline():
        pass
    before = _processor_time(process.pid)

    def end() -> float:
        time.sleep(2)  # for what came last
        spent = _processor_time(process.pid) - before
        process.send_signal(signal.SIGTERM)
        if process.wait() != 0:
            raise RuntimeError("the keeper failed")
        return spent

    try:
        yield end
    finally:
        process.kill()
        process.wait()


def _processor_time(pid: int) -> float:
    """The seconds of processor time that a process has taken, on Linux."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _measure_publish(path: Path, events: int) -> Sample:
    payloads = [each.payload for each in islice(corpus.messages(events), events)]

    async def publish() -> tuple[int, object]:
        async with AsyncLedger(SqliteLog(path)) as ledger:
            return sum([1 async for _ in ledger.publish_stream(payloads)]), None

    started = time.process_time()
    sample = timed(lambda: asyncio.run(publish()))
    return sample._replace(parts={"cpu": time.process_time() - started})


# -- archives and proofs -------------------------------------------------------------------------------


def _archived(folder: Path, events: int) -> Iterator[str]:
    say(f"writing and archiving {events:,} events")
    corpus.write_log(folder / "ledger.db", events)
    exported = measured(__name__, "export", folder / "ledger.db", folder / "archive")
    checked = measured(__name__, "check", folder / "archive")
    proved = measured(__name__, "prove", folder / "archive")
    rows = [["`replay export`", f"{exported.rate:,.0f}"], ["`replay verify` of it", f"{checked.rate:,.0f}"]]
    yield table([f"an archive of {events:,} events, processor time", "events/s"], rows)
    yield table([f"{PROOFS} random records of {events:,}", "ms, median", "ms, 99th percentile"], _proof_rows(proved))
    yield table(["size", "bytes an event", "to the raw bytes"], _sizes(folder / "archive", events))


def _proof_rows(proved: Sample) -> list[list[str]]:
    names = {
        "made": "inclusion proof made from the archive's tiles",
        "verified": "**inclusion proof verified**",
        "both": "**read, proved and verified** (wanted: under 5)",
        "consistent": "consistency proof from a random size, made and verified",
    }
    found = proved.parts
    return [[text, f"{found[name] * 1e3:.3f}", f"{found[f'{name}.99'] * 1e3:.3f}"] for name, text in names.items()]


def _sizes(path: Path, events: int) -> list[list[str]]:
    archive = Archive.open(path)
    [stored] = archive.partitions()
    raw = b"".join(payload for _, _, payload, _ in archive.rows(0, 0, stored.size))
    hashes = sum(len(tile) for level in range(5) for tile in archive.tiles(0, level))
    archive.close()
    sizes = {"raw bytes of the events": len(raw), "**the archive**": path.stat().st_size, "hashes in it": hashes}
    for level in (3, 19):
        if (packed := _compressed(raw, level)) is not None:
            sizes[f"`zstd -{level}` of the raw bytes"] = packed
    if (packed := _compressed(path.read_bytes(), 3)) is not None:
        sizes["`zstd -3` of the archive"] = packed
    return [[name, f"{size / events:,.0f}", f"{size / len(raw):.3f}"] for name, size in sizes.items()]


def _compressed(raw: bytes, level: int) -> int | None:
    """How many bytes zstd makes of them; None where it is not installed."""
    try:
        import pyarrow
    except ImportError:
        return None
    packed: Any = pyarrow.Codec("zstd", compression_level=level).compress(raw)
    return len(packed)


def _measure_export(log: Path, archive: Path) -> Sample:
    async def write() -> tuple[int, object]:
        source = SqliteLog(log)
        done = await export(source, archive)
        await source.close()
        return done.added, None

    return timed(lambda: asyncio.run(write()), time.process_time)


def _measure_check(path: Path) -> Sample:
    return timed(lambda: (verify_archive(path).records, None), time.process_time)


def _measure_prove(path: Path) -> Sample:
    archive, chance = Archive.open(path), random.Random(1)
    [stored] = archive.partitions()
    tree, root = archive.tree(stored), stored.root
    spent: dict[str, list[float]] = {"made": [], "verified": [], "both": [], "consistent": []}
    for _ in range(PROOFS):
        index = chance.randrange(stored.size)
        times = [time.perf_counter()]
        [row] = archive.rows(0, index, index + 1)
        leaf = record_hash(0, row)
        times.append(time.perf_counter())
        proof = inclusion_proof(tree.node, index, stored.size)
        times.append(time.perf_counter())
        verify_inclusion(leaf, index, stored.size, proof, root)
        times.append(time.perf_counter())
        old = tree.root(index + 1)
        times.append(time.perf_counter())
        consistent = consistency_proof(tree.node, index + 1, stored.size)
        verify_consistency(index + 1, stored.size, old, root, consistent)
        times.append(time.perf_counter())
        spent["made"].append(times[2] - times[1])
        spent["verified"].append(times[3] - times[2])
        spent["both"].append(times[3] - times[0])
        spent["consistent"].append(times[5] - times[4])
    archive.close()
    return Sample(PROOFS, sum(spent["both"]), 0, _percentiles(spent))


def _percentiles(spent: dict[str, list[float]]) -> dict[str, float]:
    medians = {name: statistics.median(each) for name, each in spent.items()}
    return medians | {f"{name}.99": statistics.quantiles(each, n=100)[98] for name, each in spent.items()}


def _measure(what: str, *arguments: str) -> Sample:
    paths = [Path(each) for each in arguments if not each.isdigit()]
    if what == "publish":
        return _measure_publish(paths[0], int(arguments[-1]))
    if what == "export":
        return _measure_export(*paths)
    return _measure_check(*paths) if what == "check" else _measure_prove(*paths)


if __name__ == "__main__":
    report(_measure(*sys.argv[1:]))
