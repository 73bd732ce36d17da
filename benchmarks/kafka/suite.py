"""All of it on one broker, which is started for the run and thrown away."""

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.kafka import latency, publish, rebuild, recovery, states, worker
from broker.cluster import Cluster

EVENTS = 100_000
REPEAT = 3
HEAP_MIB = 768


def run(events: int = EVENTS, repeat: int = REPEAT, *, full: bool = False) -> str:
    """Measure publishing, the worker, latency, rebuild and recovery; `full`: to a million events."""
    with TemporaryDirectory() as folder, Cluster(Path(folder), heap_mib=HEAP_MIB) as cluster:
        brokers = cluster.bootstrap
        sizes = recovery.SIZES if full else recovery.SIZES[:-1]
        return "\n\n".join(
            [
                "One broker of one node on the same machine, six partitions; nothing waits for a network or a replica.",
                publish.run(brokers, events, repeat),
                worker.run(brokers, events, repeat),
                latency.run(brokers, repeat),
                rebuild.run(brokers, events, repeat),
                recovery.run(brokers, sizes, repeat),
            ]
        )


def run_states(kills: int = states.KILLS) -> str:
    """Kill the candidates for how a worker could hold its state."""
    with TemporaryDirectory() as folder, Cluster(Path(folder), heap_mib=HEAP_MIB) as cluster:
        return states.run(cluster.bootstrap, kills)
