"""All of it on one broker, which is started for the run and thrown away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.kafka import foreign, latency, peers, publish, rebuild, recovery, states, worker
from broker.cluster import Cluster
from schemas.topics import PARTITIONS

EVENTS = 100_000
REPEAT = 3
KILLS = 10
HEAP_MIB = 768
ONE_NODE = (
    f"One broker of one node on the same machine, {PARTITIONS} partitions; nothing waits for a network or a replica."
)


def run(events: int = EVENTS, repeat: int = REPEAT, *, full: bool = False, timeline: Path | None = None) -> str:
    """Measure publishing, the worker, latency, rebuild and recovery; `full`: to a million events."""
    with _broker(timeline) as setting:
        brokers = setting.brokers
        sizes = recovery.SIZES if full else recovery.SIZES[:-1]
        return "\n\n".join(
            [
                ONE_NODE,
                publish.run(brokers, events, repeat),
                worker.run(brokers, events, repeat),
                latency.run(setting, repeat),
                rebuild.run(brokers, events, repeat),
                recovery.run(brokers, sizes, repeat),
            ]
        )


def run_latency(repeat: int = REPEAT, *, timeline: Path | None = None) -> str:
    """Measure the worker's latency alone."""
    with _broker(timeline) as setting:
        return latency.run(setting, repeat)


def run_peers(events: int = EVENTS, repeat: int = REPEAT, kills: int = KILLS, *, full: bool = False) -> str:
    """Measure the worker beside its peers; `full`: how soon they are back at a million events."""
    foreign.prepare()
    with _broker() as setting:
        back = recovery.SIZES[-1] if full else events
        return f"{ONE_NODE}\n\n{peers.run(setting, events, back, repeat, kills)}"


def run_states(kills: int = KILLS) -> str:
    """Kill the candidates for how a worker could hold its state."""
    foreign.prepare()
    with _broker() as setting:
        return states.run(setting.brokers, kills)


@contextmanager
def _broker(timeline: Path | None = None) -> Iterator[latency.Setting]:
    with TemporaryDirectory() as folder, Cluster(Path(folder), heap_mib=HEAP_MIB) as cluster:
        yield latency.Setting(cluster.bootstrap, cluster.nodes[0].pid, timeline)
