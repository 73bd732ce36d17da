"""What Java keeps of Kafka's classes from one run for the next, so that it need not read and check them again.

A node then takes 2.5 s of processor time to start instead of 4.7, and a tool 0.9 instead of 1.7.
"""

import fcntl
import tempfile
import time
import uuid
from pathlib import Path

from broker.configuration import PLAIN, properties
from broker.libraries import CACHE, class_archive
from broker.node import Addresses, Node
from broker.ports import free_ports

START_S, END_S, HEAP_MIB = 120, 120, 384


def archive_classes() -> None:
    """Make the archive unless it is there, which takes 10 s once. Raises MissingTool, BrokerError."""
    archive = class_archive()
    with (CACHE / "archive.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # else tests that begin together would each make one
        if not archive.exists():
            with tempfile.TemporaryDirectory(prefix="archiving-", dir=CACHE) as scratch:
                _make(Path(scratch)).rename(archive)


def _make(scratch: Path) -> Path:
    """The classes of a node that ran from its start to its orderly end; an empty file from a Java that keeps none."""
    made = scratch / "classes.jsa"
    first, second = free_ports(2)
    node = Node(1, scratch / "node", Addresses(first, second), HEAP_MIB)
    node.configure(properties(node, [node]) | PLAIN)
    node.format(uuid.uuid4().hex[:22])
    node.launch(f"-XX:ArchiveClassesAtExit={made}")
    try:
        node.wait(time.monotonic() + START_S)
        node.terminate()
        node.ended(time.monotonic() + END_S)
    finally:
        node.kill()
    made.touch()
    return made
