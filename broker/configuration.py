"""The settings of a node."""

from collections.abc import Sequence

from broker.node import Node
from broker.ports import HOST

PLAIN = {
    "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
}
"""Anybody on this machine may do anything."""

TOPICS = {
    "auto.create.topics.enable": "false",
}
"""What decides how topics behave: `docker-compose.yml` sets the same."""

QUICK = {
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
    "share.coordinator.state.topic.num.partitions": "3",
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
}
"""For tests: consumers and leaders change hands within seconds, and a small heap suffices."""


def properties(node: Node, nodes: Sequence[Node]) -> dict[str, str]:
    """The settings of `node` in the cluster of `nodes`, apart from who may do what."""
    return {
        **TOPICS,
        **QUICK,
        **replication(len(nodes)),
        "process.roles": "broker,controller",
        "node.id": str(node.number),
        "controller.quorum.voters": ",".join(f"{each.number}@{HOST}:{each.ports.controller}" for each in nodes),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "CLIENTS",
        "listeners": listeners(node),
        "log.dirs": str(node.data),
    }


def listeners(node: Node) -> str:
    named = {
        "CLIENTS": node.ports.clients,
        "CONTROLLER": node.ports.controller,
        "CERTIFICATES": node.ports.certificates,
    }
    return ",".join(f"{name}://{HOST}:{port}" for name, port in named.items() if port is not None)


def replication(nodes: int) -> dict[str, str]:
    """Three copies of which two must have a write, where there are three nodes; else one."""
    copies, in_sync = (3, 2) if nodes >= 3 else (1, 1)
    return {
        "default.replication.factor": str(copies),
        "min.insync.replicas": str(in_sync),
        "offsets.topic.replication.factor": str(copies),
        "transaction.state.log.replication.factor": str(copies),
        "transaction.state.log.min.isr": str(in_sync),
        "share.coordinator.state.topic.replication.factor": str(copies),
        "share.coordinator.state.topic.min.isr": str(in_sync),
    }


def image_environment(port: int) -> dict[str, str]:
    """The same settings as environment of the `apache/kafka` image: one node, published at the loopback `port`."""
    controller = 9093
    settings = {
        **TOPICS,
        **QUICK,
        **replication(1),
        **PLAIN,
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@localhost:{controller}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "CLIENTS",
        "listeners": f"CLIENTS://:{port},CONTROLLER://:{controller}",
        "advertised.listeners": f"CLIENTS://{HOST}:{port}",
    }
    return {image_name(name): value for name, value in settings.items()}


def image_name(setting: str) -> str:
    """The environment variable by which the image takes a setting of Kafka."""
    return f"KAFKA_{setting.upper().replace('.', '_')}"
