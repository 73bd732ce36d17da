"""One broker: a Java process with its folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from broker.errors import BrokerError
from broker.libraries import class_archive, java, libraries
from broker.ports import answers

LOGGING = Path(__file__).with_name("log4j2.properties")
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Starts in half the time and keeps to few threads; what a server would want for throughput it need not have."""

STARTED = "Kafka Server started"
"""What a node logs once it has caught up with the controller, takes connections and counts as alive."""

LAST_LINES = 15


@dataclass(frozen=True)
class Addresses:
    """A node's ports on the loopback address: for clients, for controllers, for clients with a certificate."""

    clients: int
    controller: int
    certificates: int | None = None

    @property
    def all(self) -> list[int]:
        return [port for port in (self.clients, self.controller, self.certificates) if port is not None]


class Node:
    """A broker and controller. Its data stays in `folder` when its process ends, in whatever way."""

    def __init__(self, number: int, folder: Path, ports: Addresses, heap_mib: int) -> None:
        self.number = number
        self.folder = folder
        self.ports = ports
        self.data = folder / "data"
        self.log = folder / "server.log"
        self._properties = folder / "server.properties"
        self._heap = (f"-Xms{min(heap_mib, 128)}m", f"-Xmx{heap_mib}m")
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def formatted(self) -> bool:
        return (self.data / "meta.properties").exists()

    @property
    def running(self) -> bool:
        """Whether it has a process, which may be paused."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of its process. Raises BrokerError if it does not run."""
        if self._process is None or not self.running:
            raise BrokerError(f"node {self.number} does not run")
        return self._process.pid

    def configure(self, properties: Mapping[str, str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_properties(self._properties, properties)

    def format(self, cluster_id: str, options: Sequence[str] = ()) -> None:
        """Prepare an empty data folder. Raises BrokerError."""
        shutil.rmtree(self.data, ignore_errors=True)
        run_tool("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self._properties), *options)

    def launch(self, *more: str) -> None:
        """Start the process, with `more` options of Java, and return at once: `wait` says when it serves."""
        if self.running:
            raise BrokerError(f"node {self.number} runs already")
        for port in self.ports.all:
            if answers(port):
                raise BrokerError(f"port {port} is taken: stop what listens there, or choose another")
        options = [f"-Dkafka.logs.dir={self.folder}", f"-Dlog4j2.configurationFile={LOGGING}"]
        command = [java(), *self._heap, *SMALL, *options, *more, *class_path(), "kafka.Kafka", str(self._properties)]
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                [*die_with_parent(), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C is for the parent, which then stops its nodes in order
            )

    def wait(self, deadline: float) -> None:
        """Return once it serves. Raises BrokerError if it ends before, or `deadline` (time.monotonic) passes."""
        while not (self._says_started() and answers(self.ports.clients)):
            if not self.running:
                raise BrokerError(f"node {self.number} has died. {self.log} ends:\n{self.last_lines()}")
            if time.monotonic() > deadline:
                raise BrokerError(f"node {self.number} did not start in time. {self.log} ends:\n{self.last_lines()}")
            time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        """Raises BrokerError if it does not run."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it now, as a power cut would. Harmless if it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def terminate(self) -> None:
        """Ask it to end in order, even if it is paused. Harmless if it does not run."""
        if self._process is not None:
            self._process.terminate()
            self._process.send_signal(signal.SIGCONT)

    def ended(self, deadline: float) -> None:
        """Return once its process has ended: killed, if `deadline` (time.monotonic) passes first."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(max(0.0, deadline - time.monotonic()))
            self.kill()

    def last_lines(self) -> str:
        return b"\n".join(self._logged().splitlines()[-LAST_LINES:]).decode(errors="replace")

    def _says_started(self) -> bool:
        return STARTED.encode() in self._logged()

    def _logged(self) -> bytes:
        """What it has logged since it was last launched."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read()


def write_properties(path: Path, properties: Mapping[str, str]) -> None:
    """A file that only its owner can read, since a setting may hold a password."""
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))


def class_path() -> list[str]:
    """Kafka's jars, and what `broker.archive` has kept of them."""
    archive = class_archive()
    is_kept = archive.exists() and archive.stat().st_size > 0
    return [*([f"-XX:SharedArchiveFile={archive}"] if is_kept else []), "-cp", f"{libraries()}/*"]


def run_tool(main_class: str, *arguments: str) -> str:
    """What one of Kafka's own commands prints. Raises BrokerError."""
    command = [java(), *SMALL, f"-Dlog4j2.configurationFile={LOGGING}", *class_path(), main_class, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BrokerError(f"{main_class} failed:\n{(done.stdout + done.stderr).strip()}")
    return done.stdout


def die_with_parent() -> list[str]:
    """What to put before a command so that Linux kills it when the thread that started it ends; elsewhere nothing."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
