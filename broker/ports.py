"""Free ports for nodes that die and come back."""

import random
import socket
from contextlib import ExitStack

HOST = "127.0.0.1"
BELOW_EPHEMERAL = range(12_000, 32_000)
"""Where no system takes the ports of outgoing connections: such a one would hold a dead node's port against its return,
and a client that dials a dead port of its own range can even connect to itself."""


def free_ports(count: int) -> list[int]:
    """`count` different ports of the loopback address that nobody listens on now."""
    with ExitStack() as held:
        ports: list[int] = []
        for port in random.sample(BELOW_EPHEMERAL, len(BELOW_EPHEMERAL)):
            if len(ports) == count:
                break
            bound = held.enter_context(socket.socket())
            try:
                bound.bind((HOST, port))
            except OSError:
                continue
            ports.append(port)
    return ports


def answers(port: int) -> bool:
    """Whether somebody accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
