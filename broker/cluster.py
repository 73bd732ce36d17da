"""One or three nodes on the loopback address."""

import signal
import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from broker.configuration import PLAIN, properties
from broker.errors import BrokerError
from broker.node import Addresses, Node
from broker.ports import HOST, free_ports


class Cluster:
    """Kafka nodes, numbered from 1, whose data stays in `folder`: a cluster on the same folder goes on with it.

    `port` is the first node's for clients; the others' follow, and the controllers' are 1000 above. Without it all are
    free ones. `heap_mib` is each node's heap in MiB. `settings` are Kafka's own, over those of `broker.configuration`.
    `timeout` is how many seconds nodes have to start, and to stop before they are killed.

    On Linux the nodes die with the thread that started them, so start them from one that lives as long as they should.
    Every method that starts something raises BrokerError if it cannot, with the last lines of the node's log.
    """

    def __init__(
        self,
        folder: Path,
        nodes: int = 1,
        *,
        port: int | None = None,
        heap_mib: int = 384,
        settings: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> None:
        if nodes not in (1, 3):
            raise BrokerError(f"a cluster has 1 node or 3, not {nodes}")
        self.folder = folder.absolute()
        self.nodes = tuple(
            Node(number, self.folder / f"node-{number}", ports, heap_mib)
            for number, ports in enumerate(addresses(nodes, port), start=1)
        )
        self._settings = dict(settings or {})
        self._timeout = timeout

    @property
    def bootstrap(self) -> str:
        """Where clients begin: `127.0.0.1:9092` or three such, with commas."""
        return ",".join(f"{HOST}:{node.ports.clients}" for node in self.nodes)

    def __enter__(self) -> Self:
        self.start_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start_all(self) -> None:
        """Start every node and return once all serve. If one cannot, none is left running."""
        try:
            self._prepare()
            for node in self.nodes:
                node.launch()
            self._wait(self.nodes)
        except BaseException:
            self.stop()
            raise

    def start(self, number: int) -> None:
        """Start a node that was killed, with its data, and return once it serves."""
        node = self._node(number)
        node.launch()
        self._wait([node])

    def kill(self, number: int) -> None:
        """SIGKILL: the node is gone, its data is as it was."""
        self._node(number).kill()

    def pause(self, number: int) -> None:
        """SIGSTOP: the node keeps its connections and says nothing. Raises BrokerError if it does not run."""
        self._node(number).signal(signal.SIGSTOP)

    def resume(self, number: int) -> None:
        """SIGCONT. Raises BrokerError if the node does not run."""
        self._node(number).signal(signal.SIGCONT)

    def stop(self) -> None:
        """SIGTERM to all nodes that run, then SIGKILL to those that take too long. Harmless if none runs."""
        for node in self.nodes:
            node.terminate()
        deadline = time.monotonic() + self._timeout
        for node in self.nodes:
            node.ended(deadline)

    def _node(self, number: int) -> Node:
        return self.nodes[number - 1]

    def _wait(self, nodes: Sequence[Node]) -> None:
        deadline = time.monotonic() + self._timeout
        for node in nodes:
            node.wait(deadline)

    def _prepare(self) -> None:
        """Write the settings; format the data unless that was finished before."""
        found = len(list(self.folder.glob("node-*/data/meta.properties")))
        if found > len(self.nodes):
            raise BrokerError(
                f"{self.folder} has the data of {found} nodes, not {len(self.nodes)}: take another folder"
            )
        for node in self.nodes:
            node.configure(properties(node, self.nodes) | PLAIN | self._settings)
        if found < len(self.nodes):
            cluster_id = uuid.uuid4().hex[:22]  # Kafka takes 16 bytes in URL-safe base64
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda node: node.format(cluster_id), self.nodes))


def addresses(nodes: int, port: int | None) -> list[Addresses]:
    if port is not None:
        return [Addresses(port + index, port + 1000 + index) for index in range(nodes)]
    free = iter(free_ports(2 * nodes))
    return [Addresses(next(free), next(free)) for _ in range(nodes)]
