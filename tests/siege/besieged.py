"""What is besieged: a log, its server, on Kafka its brokers and worker, and the publishers; each can be killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from broker.cluster import Cluster
from broker.node import die_with_parent
from broker.ports import free_ports
from ledger.api.access.tokens import Role, Tokens
from ledger.log import open_log
from tests.api.serving import HOST, Served
from tests.cli.run import BIN, environment
from tests.kafka.topics import fresh, layout
from tests.kafka.workers import Worker
from tests.log.events import TREE
from tests.siege.disk import Disk
from tests.siege.publisher import PUBLISHERS

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
PARTITIONS = 6
BACK_S = 600.0
BY_SERVER = range(0, PUBLISHERS, 2)
"""The publishers that publish over HTTP; the others publish to the log themselves."""
SESSION_S = "10"
SOON = {"broker.session.timeout.ms": "2000", "broker.heartbeat.interval.ms": "400"}


class Besieged:
    """Everything of one siege, in a folder. `clock` is what its processes take for the time, from now, in seconds."""

    def __init__(self, folder: Path, kind: str, events: int, seed: int) -> None:
        self.folder, self.events, self.seed = folder, events, seed
        self.disk = _disk(folder, events) if kind == "sqlite" else None
        self.cluster: Cluster | None = None
        self.workers: list[Worker] = []
        if kind == "sqlite":
            data = self.disk.folder if self.disk else folder
            self.url = f"sqlite:///{data}/ledger.db"
            asyncio.run(open_log(self.url).close())
        else:
            self.cluster = Cluster(folder / "cluster", nodes=3, heap_mib=256, settings=SOON)
            self.cluster.start_all()
            self.url = asyncio.run(fresh(self.cluster.bootstrap, PARTITIONS))
        self._clock = folder / "clock"
        self.set_clock(0)
        tokens = folder / "tokens.json"
        _, self._token = Tokens(tokens).make("siege", [Role.publish], timedelta(days=3650))
        [port] = free_ports(1)
        self.served = Served(self.url, port)
        self._environment = (
            environment(
                LEDGER_SERVE_TOKENS=str(tokens),
                LEDGER_SERVE_WORK="0",
                LEDGER_SERVE_LOG="errors",
                SIEGE_TOKEN=self._token,
            )
            | self._faked()
        )
        self.publishers: dict[int, subprocess.Popen[bytes]] = {}
        self.server: subprocess.Popen[bytes] | None = None

    def _faked(self) -> dict[str, str]:
        if FAKETIME is None:
            return {}
        told = {"FAKETIME_TIMESTAMP_FILE": str(self._clock), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return {"LD_PRELOAD": str(FAKETIME), "FAKETIME_CACHE_DURATION": "1", **told}

    def set_clock(self, seconds: int) -> None:
        self._clock.write_text(f"{seconds:+}\n")

    # -- processes ---------------------------------------------------------------------------------

    def start(self) -> None:
        self.start_server()
        if self.cluster:
            self.start_worker()
            self.wait_live()
        self.wait_ready()
        for number in range(PUBLISHERS):
            self.start_publisher(number)

    def kill_all(self) -> None:
        """Kill the server, and the publishers that have not finished."""
        for process in (*(self.publishers[number] for number in self.publishing()), self.server):
            if process is not None:
                kill(process)

    def start_all(self) -> None:
        """Start again what was killed."""
        self.start_server()
        for number, process in self.publishers.items():
            if process.poll():
                self.start_publisher(number)

    def start_publisher(self, number: int) -> None:
        ledger = f"http://{HOST}:{self.served.port}" if number in BY_SERVER else self.url
        words = [str(self.history(number)), *map(str, (number, self.events, self.seed)), ledger]
        self.publishers[number] = self._run(
            f"publisher-{number}", sys.executable, "-m", "tests.siege.publisher", *words
        )

    def history(self, number: int) -> Path:
        return self.folder / f"publisher-{number}.history"

    def publishing(self) -> list[int]:
        """The publishers that have not finished. Raises RuntimeError where one ended otherwise than by being killed."""
        for number, process in self.publishers.items():
            if process.poll() not in (None, 0, -signal.SIGKILL):
                raise RuntimeError(f"publisher {number} ended: {self.said(f'publisher-{number}')}")
        return [number for number, process in self.publishers.items() if process.poll() != 0]

    def wait_acknowledged(self) -> None:
        """Until each publisher has had something acknowledged, or has finished."""
        before, deadline = self._acknowledged(), time.monotonic() + BACK_S
        while any(self._acknowledged()[number] <= before[number] for number in self.publishing()):
            if time.monotonic() > deadline:
                raise RuntimeError(f"a publisher gets no further: {self.said('publisher-0')}{self.said('server')}")
            time.sleep(0.2)

    def _acknowledged(self) -> list[int]:
        paths = map(self.history, range(PUBLISHERS))
        return [path.read_bytes().count(b" ok ") if path.exists() else 0 for path in paths]

    def start_server(self) -> None:
        port = str(self.served.port)
        self.server = self._run("server", str(BIN / "ledger"), "serve", "--port", port, "--log", self.url)

    def wait_ready(self) -> None:
        """Until the server has folded the log, and follows it."""
        deadline = time.monotonic() + BACK_S
        while True:
            with suppress(OSError):
                if self.served.get("/health/ready").status == 200:
                    return
            if (self.server and self.server.poll() is not None) or time.monotonic() > deadline:
                raise RuntimeError(f"the server is not ready: {self.said('server')}")
            time.sleep(0.05)

    def start_worker(self) -> None:
        self.workers[:] = [Worker(self.url, self.folder, LEDGER_WORKER_SESSION=SESSION_S, **self._faked())]

    def wait_live(self) -> None:
        """Until the worker keeps all views."""
        deadline = time.monotonic() + BACK_S
        while len(asyncio.run(self.workers[0].live())) < PARTITIONS:
            assert time.monotonic() < deadline, self.workers[0].said[-4000:]
            self.supervise()
            time.sleep(0.2)

    def supervise(self) -> None:
        """Start the worker anew where it gave up, as it does where it gets no further for a minute."""
        if self.workers and not self.workers[0].is_running:
            self.start_worker()

    def wait_in_sync(self) -> None:
        """Until every broker has all events: only then another may die."""
        assert self.cluster is not None
        deadline = time.monotonic() + BACK_S
        while any(len(each["isr"]) < len(self.cluster.nodes) for each in asyncio.run(layout(self.cluster, self.url))):
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def _run(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [*die_with_parent(), *command],
                cwd=TREE,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]

    def end(self) -> None:
        """Kill whatever still runs, and give the disk back."""
        for process in (*self.publishers.values(), self.server):
            if process is not None:
                kill(process)
        for worker in self.workers:
            worker.kill()
        if self.cluster:
            self.cluster.kill_all()
        if self.disk:
            self.disk.unmount()


def kill(process: "subprocess.Popen[bytes]") -> None:
    """`kill -9`, and wait until it is gone."""
    process.kill()
    process.wait()


def _disk(folder: Path, events: int) -> Disk | None:
    """A disk that holds twice what so many events take, where one can be mounted."""
    if os.geteuid() != 0:
        return None
    try:
        return Disk(folder / "disk", folder / "disk.ext4", 256 + events // 400)
    except OSError as error:
        print(f"no disk of its own: {error}", file=sys.stderr)
        return None
