"""A broker in the foreground, for development: `python -m broker --nodes 3`. Ctrl-C stops it; its data stays."""

import argparse
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

from broker.cluster import Cluster
from broker.errors import BrokerError
from broker.libraries import CACHE, version


def main() -> None:
    options = parse()
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, leave)
    data = options.data or CACHE / ("data" if options.nodes == 1 else f"data-{options.nodes}")
    print(f"Starting Kafka {version()}, {options.nodes} node(s), data in {data} ...", flush=True)
    try:
        with Cluster(data, options.nodes, port=options.port or None, heap_mib=options.heap) as cluster:
            serve(cluster)
    except BrokerError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("\nStopped.")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m broker", description=__doc__)
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1)
    parser.add_argument(
        "--port", type=int, default=9092, help="the first node's; the next nodes' follow (9092); 0 takes free ones"
    )
    parser.add_argument("--data", type=Path, help="where it is kept (.kafka/data, of three nodes .kafka/data-3)")
    parser.add_argument("--heap", type=int, default=384, help="each node's heap in MiB (384)")
    return parser.parse_args()


def serve(cluster: Cluster) -> None:
    """Say where it is, and stay until a node dies or somebody interrupts. Raises BrokerError, KeyboardInterrupt."""
    print(f"Kafka is ready: {cluster.bootstrap}. In another terminal:\n")
    print(f"  . .venv/bin/activate\n  export LEDGER_LOG=kafka://{cluster.bootstrap}\n  ledger topics ensure\n")
    print("Ctrl-C stops it.", flush=True)
    while True:
        for node in cluster.nodes:
            if not node.running:
                raise BrokerError(f"node {node.number} has died. {node.log} ends:\n{node.last_lines()}")
        time.sleep(0.5)


def leave(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
