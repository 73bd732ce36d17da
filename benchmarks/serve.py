"""Reading over HTTP and following by Server-Sent Events, beside peers that give the same bytes in the same run."""

import asyncio
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import table
from benchmarks.serving import FRAMES, PATH, PAUSE_S
from ledger.blocking import Ledger
from schemas.events import CaptivesReleased
from schemas.ids import derive_id
from schemas.values import Count, Group, Moment, Source

HOST = "127.0.0.1"
CONNECTIONS, SECONDS = 16, 3.0
CLIENTS = 1000


class Running(NamedTuple):
    """A server: its port, and its process."""

    port: int
    process: int

    @property
    def seconds(self) -> float:
        """The processor time that it has used. Whatever else the machine does disturbs it less than the clock."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> int:
        """The memory of its own that it holds, in bytes."""
        return int(Path(f"/proc/{self.process}/status").read_text().partition("RssAnon:")[2].split()[0]) * 1024


class Update(NamedTuple):
    """Milliseconds from the first client that had an update until another had it, and of processor time."""

    p50: float
    p99: float
    cost: float


@contextmanager
def server(name: str, file: Path) -> Iterator[Running]:
    """A server of `benchmarks.serving`."""
    command = [sys.executable, "-m", "benchmarks.serving", name, str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        running = Running(int(process.stdout.readline()), process.pid)
        if name in ("ours", "bounded"):
            while b"true" not in _get(running.port, "/health/ready"):
                time.sleep(0.02)
        yield running
    finally:
        process.kill()
        process.communicate()


def run(repeat: int, clients: int = CLIENTS) -> str:
    """All tables, as markdown."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.db"
        with Ledger.open(f"sqlite:///{ledger}") as opened:
            list(opened.publish_stream(files("ledger.demo").joinpath("history.ndjson").read_bytes().splitlines()))
        body = _body(ledger, Path(folder))
        return f"{_reads(ledger, body, repeat)}\n\n{_updates(ledger, Path(folder), repeat, clients)}"


def _body(ledger: Path, folder: Path) -> Path:
    with server("ours", ledger) as running:
        path = folder / "body.json"
        path.write_bytes(_get(running.port, PATH))
        return path


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return body


# -- reads -----------------------------------------------------------------------------------------


def _reads(ledger: Path, body: Path, repeat: int) -> str:
    rates: dict[str, list[float]] = {"starlette": [], "ours": [], "fastapi": []}
    for _ in range(repeat):
        for name, found in rates.items():
            with server(name, ledger if name == "ours" else body) as running:
                found.append(asyncio.run(_rate(running)))
    rows = []
    for name, found in rates.items():
        ratios = [mine / theirs for mine, theirs in zip(found, rates["starlette"], strict=True)]
        spread = f"{statistics.median(found):,.0f} ({min(found):,.0f} to {max(found):,.0f})"
        rows.append([name, spread, f"{statistics.median(ratios):.2f}"])
    title = f"one tally of {body.stat().st_size:,} bytes again and again, {CONNECTIONS} connections, median of {repeat}"
    return table([title, "requests a second of the server's processor time", "to Starlette"], rows)


async def _rate(running: Running) -> float:
    request = f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    await _ask(running.port, request, time.perf_counter() + 0.5)
    before, ends = running.seconds, time.perf_counter() + SECONDS
    counts = await asyncio.gather(*(_ask(running.port, request, ends) for _ in range(CONNECTIONS)))
    return sum(counts) / (running.seconds - before)


async def _ask(port: int, request: bytes, ends: float) -> int:
    reader, writer = await asyncio.open_connection(HOST, port)
    count = 0
    while time.perf_counter() < ends:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        count += 1
    writer.close()
    return count


# -- updates ---------------------------------------------------------------------------------------


def _updates(ledger: Path, folder: Path, repeat: int, clients: int) -> str:
    frame, found = folder / "frame.sse", dict[str, list[Update]](ours=[], raw=[])
    for number in range(repeat):
        with server("ours", ledger) as running:
            found["ours"].append(asyncio.run(_followed(running, clients, partial(_publish, ledger, number), frame)))
        with server("raw", frame) as running:
            found["raw"].append(asyncio.run(_followed(running, clients, partial(time.sleep, FRAMES * PAUSE_S), frame)))
    medians = {name: [statistics.median(each) for each in zip(*its, strict=True)] for name, its in found.items()}
    rows = [[name, *(f"{value:.1f}" for value in its)] for name, its in medians.items()]
    ratios = [f"{ours / raw:.2f}" for ours, raw in zip(medians["ours"], medians["raw"], strict=True)]
    title = f"one update to {clients:,} clients, median of {repeat}"
    return table([title, "p50, ms", "p99, ms", "processor time, ms"], [*rows, ["ours to raw", *ratios]])


async def _followed(running: Running, clients: int, publish: Callable[[], None], frame: Path) -> Update:
    arrivals: list[list[float]] = [[] for _ in range(clients)]
    frames: list[bytes] = []
    streams = [asyncio.create_task(_follow(running.port, each, frames)) for each in arrivals]
    await asyncio.sleep(3)
    for each in arrivals:
        each.clear()
    before = running.seconds
    await asyncio.to_thread(publish)
    await asyncio.sleep(1)
    count, cost = min(map(len, arrivals)), running.seconds - before
    for task in streams:
        task.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    await asyncio.to_thread(frame.write_bytes, frames[0])
    waits = sorted(wait for number in range(count) for wait in _waits([each[number] for each in arrivals]))
    return Update(waits[len(waits) // 2], waits[int(len(waits) * 0.99)], 1000 * cost / count)


def _waits(arrivals: Sequence[float]) -> Iterator[float]:
    first = min(arrivals)
    return (1000 * (each - first) for each in arrivals)


async def _follow(port: int, arrivals: list[float], frames: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection(HOST, port, limit=2**20)
    writer.write(b"GET /v1/stream/tallies?since=now&exchange=BENCH-2017 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    try:
        while size := int(await reader.readline(), 16):
            chunk = await reader.readexactly(size + 2)
            if b"data: " in chunk:
                arrivals.append(time.perf_counter())
                frames[:] = [chunk[:-2]]
    finally:
        writer.close()


def _publish(ledger: Path, number: int) -> None:
    herald = Source(publisher="The Herald", kind="newspaper")
    with Ledger.open(f"sqlite:///{ledger}") as opened:
        for update in range(FRAMES):
            opened.publish(
                CaptivesReleased(
                    id=derive_id("bench", f"{number}-{update}"),
                    exchange="BENCH-2017",
                    round=1,
                    occurred=Moment.day("2017-12-27"),
                    source=herald,
                    groups=(Group(count=Count(best=1)),),
                )
            )
            time.sleep(PAUSE_S)
