"""What is done to a ledger under siege, one row a kind."""

import random
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from tests.siege.besieged import BACK_S, BY_SERVER, FAKETIME, Besieged, kill
from tests.siege.history import Fault
from tests.siege.publisher import PUBLISHERS

LASTS_S = 2.0
READ_ONLY_S = (2.0, 5.0)
JUMP_S = 20 * 3600
"""A clock is never a day ahead of events, which are refused then."""

Do: TypeAlias = Callable[[Besieged, random.Random], Fault]


class Kind(NamedTuple):
    """A kind of fault: what it is called, where it is possible, how it is done. `do` returns once it is over."""

    name: str
    is_possible: Callable[[Besieged], bool]
    do: Do
    missing: str


def publisher_killed(besieged: Besieged, chance: random.Random) -> Fault:
    running = besieged.publishing()
    number = chance.choice(running) if running else 0
    began = time.monotonic()
    if running:
        kill(besieged.publishers[number])
        besieged.start_publisher(number)
    return Fault("publisher killed", began, began, running and [number])


def server_killed(besieged: Besieged, chance: random.Random) -> Fault:
    began = time.monotonic()
    assert besieged.server is not None
    kill(besieged.server)
    besieged.start_server()
    besieged.wait_ready()
    return Fault("server killed", began, began, BY_SERVER)


def worker_killed(besieged: Besieged, chance: random.Random) -> Fault:
    began = time.monotonic()
    besieged.workers[0].kill()
    besieged.start_worker()
    besieged.wait_live()
    return Fault("worker killed", began, began, (), time.monotonic() - began)


def broker_killed(besieged: Besieged, chance: random.Random) -> Fault:
    assert besieged.cluster is not None
    node, began = chance.choice(besieged.cluster.nodes), time.monotonic()
    node.kill()
    time.sleep(chance.uniform(0, LASTS_S))
    node.launch()
    node.wait(time.monotonic() + BACK_S)
    besieged.wait_in_sync()
    return Fault("broker killed", began, began, range(PUBLISHERS))


def disk_full(besieged: Besieged, chance: random.Random) -> Fault:
    assert besieged.disk is not None
    began = time.monotonic()
    besieged.disk.fill()
    time.sleep(chance.uniform(0.5, LASTS_S))
    besieged.disk.free()
    return Fault("disk full", began, time.monotonic(), range(PUBLISHERS))


def disk_read_only(besieged: Besieged, chance: random.Random) -> Fault:
    """Everything is killed and finds, when it is started again, that nothing can be written; a while later it can."""
    assert besieged.disk is not None
    began = time.monotonic()
    besieged.kill_all()
    besieged.disk.set_writable(False)
    besieged.start_all()
    time.sleep(chance.uniform(*READ_ONLY_S))
    besieged.kill_all()
    besieged.disk.set_writable(True)
    mended = time.monotonic()
    besieged.start_all()
    besieged.wait_ready()
    return Fault("disk read-only", began, mended, range(PUBLISHERS))


def clock_jumps(besieged: Besieged, chance: random.Random) -> Fault:
    began = time.monotonic()
    besieged.set_clock(chance.randint(-JUMP_S, JUMP_S))
    return Fault("clock jumps", began, began, range(PUBLISHERS))


def _on_disk(besieged: Besieged) -> bool:
    return besieged.disk is not None


def _on_kafka(besieged: Besieged) -> bool:
    return besieged.cluster is not None


DISK = "a disk of its own for the ledger: on SQLite, by root"
KINDS: Sequence[Kind] = (
    Kind("publisher killed", lambda _: True, publisher_killed, ""),
    Kind("server killed", lambda _: True, server_killed, ""),
    Kind("worker killed", _on_kafka, worker_killed, "Kafka"),
    Kind("broker killed", _on_kafka, broker_killed, "Kafka"),
    Kind("disk full", _on_disk, disk_full, DISK),
    Kind("disk read-only", _on_disk, disk_read_only, DISK),
    Kind("clock jumps", lambda _: FAKETIME is not None, clock_jumps, "libfaketime (apt-get install faketime)"),
)
