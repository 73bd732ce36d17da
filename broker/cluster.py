"""One or three nodes on the loopback address."""

import signal
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from broker import security
from broker.archive import archive_classes
from broker.configuration import PLAIN, properties
from broker.errors import BrokerError
from broker.node import Addresses, Node, run_tool, write_properties
from broker.ports import HOST, free_ports
from broker.security import Secured
from broker.tls import Authority, Certificate


class Cluster:
    """Kafka nodes, numbered from 1, whose data stays in `folder`: a cluster on the same folder goes on with it.

    `port` is the first node's for clients; the others' follow. Without it they are free ones. `secured` says who may
    connect; without it, anybody. `heap_mib` is each node's heap in MiB. `settings` are Kafka's own, over those of
    `broker.configuration`. `timeout` is how many seconds nodes have to start, and to stop before they are killed.

    On Linux the nodes die with the thread that started them, so start them from one that lives as long as they should.
    Every method that starts something raises BrokerError if it cannot, with the last lines of the node's log.
    """

    def __init__(
        self,
        folder: Path,
        nodes: int = 1,
        *,
        port: int | None = None,
        secured: Secured | None = None,
        heap_mib: int = 384,
        settings: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> None:
        if nodes not in (1, 3):
            raise BrokerError(f"a cluster has 1 node or 3, not {nodes}")
        self.folder = folder.absolute()
        self.secured = secured
        self.nodes = tuple(
            Node(number, self.folder / f"node-{number}", ports, heap_mib)
            for number, ports in enumerate(addresses(nodes, port, secured), start=1)
        )
        self._authority = Authority(self.folder / "tls")
        self._certificates: dict[str, Certificate] = {}
        self._settings = dict(settings or {})
        self._timeout = timeout

    @property
    def bootstrap(self) -> str:
        """Where clients begin: `127.0.0.1:9092` or three such, with commas."""
        return ",".join(f"{HOST}:{node.ports.clients}" for node in self.nodes)

    @property
    def certificates_bootstrap(self) -> str:
        """Where clients with a certificate begin, if it is secured with certificates."""
        return ",".join(f"{HOST}:{node.ports.certificates}" for node in self.nodes)

    @property
    def ca(self) -> Path:
        """The PEM file that clients trust, if it is secured with TLS or certificates."""
        return self._authority.certificate

    def certificate(self, name: str) -> Certificate:
        """What the client `name` shows, if it is one of `secured.certificates`."""
        return self._certificates[name]

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
            archive_classes()
            self._prepare()
            for node in self.nodes:
                node.launch()
            self._wait(self.nodes)
        except BaseException:
            self.kill_all()
            raise

    def start(self, number: int) -> None:
        """Start a node that was killed, with its data, and return once it serves."""
        node = self._node(number)
        node.launch()
        self._wait([node])

    def kill(self, number: int) -> None:
        """SIGKILL: the node is gone, its data is as it was."""
        self._node(number).kill()

    def kill_all(self) -> None:
        """SIGKILL to every node: the quickest end of a cluster whose data nobody needs."""
        for node in self.nodes:
            node.kill()

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

    def allow(
        self,
        name: str,
        operations: Collection[str],
        *,
        topic: str | None = None,
        group: str | None = None,
        transactional_id: str | None = None,
        prefixed: bool = False,
    ) -> None:
        """Let the user `name` do `operations` (Kafka's names: Read, Write, Describe, Create ...) on what is named.

        `*` stands for all; `prefixed` means all whose names begin so. With nothing named it is for the cluster itself.
        Raises BrokerError.
        """
        named = {"--topic": topic, "--group": group, "--transactional-id": transactional_id}
        resources = [part for option, value in named.items() if value is not None for part in (option, value)]
        pattern = ["--resource-pattern-type", "prefixed" if prefixed else "literal"]
        doing = [part for operation in operations for part in ("--operation", operation)]
        grant = ["--add", "--allow-principal", f"User:{name}", *doing, *(resources or ["--cluster"]), *pattern]
        access = ["--bootstrap-server", self.bootstrap, "--command-config", str(self._admin_properties)]
        run_tool("org.apache.kafka.tools.AclCommand", *access, *grant)

    @property
    def _admin_properties(self) -> Path:
        return self.folder / "admin.properties"

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
            raise BrokerError(f"{self.folder} has the data of {found} nodes, not {len(self.nodes)}: use another folder")
        access = self._access()
        for node in self.nodes:
            node.configure(properties(node, self.nodes) | access | self._settings)
        if found < len(self.nodes):
            self._format()

    def _access(self) -> dict[str, str]:
        """The settings that say who may connect; the certificates that they name are made."""
        if self.secured is None:
            return PLAIN
        access, admin = security.node_properties(self.secured), security.admin_properties(self.secured)
        if self.secured.needs_authority:
            self._authority.create()
            self._certificates = {name: self._authority.sign(name) for name in self.secured.certificates}
            trust = security.trust(self._authority)
            access |= trust | security.identity(self._authority.sign("node"))
            admin |= trust
        write_properties(self._admin_properties, admin)
        return access

    def _format(self) -> None:
        cluster_id = uuid.uuid4().hex[:22]  # Kafka takes 16 bytes in URL-safe base64
        options = security.format_options(self.secured) if self.secured else []
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda node: node.format(cluster_id, options), self.nodes))


def addresses(nodes: int, port: int | None, secured: Secured | None) -> list[Addresses]:
    """Each node's ports: `port` and those after it for clients, the others a thousand and two thousand above."""
    if port is None:
        free = iter(free_ports(3 * nodes))
        each = [(next(free), next(free), next(free)) for _ in range(nodes)]
    else:
        each = [(first, first + 1000, first + 2000) for first in range(port, port + nodes)]
    certificates = secured is not None and bool(secured.certificates)
    return [Addresses(first, second, third if certificates else None) for first, second, third in each]
