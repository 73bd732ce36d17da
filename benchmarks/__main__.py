"""`python -m benchmarks [NAME ...]`: run the named benchmarks, or all that need no broker.

`kafka`, `latency`, `peers` and `states` start a broker of their own, which takes Linux and Java; `peers` and `states`
also take a JDK and Maven, for Kafka Streams, and make Quix Streams an environment of its own.
"""

import argparse
import re
import sys
from pathlib import Path

from benchmarks import (
    append,
    asking,
    audit,
    cuts,
    damage,
    growth,
    hostile,
    moments,
    proof,
    rebuild,
    serve,
    start,
    views,
)
from benchmarks.measure import machine
from broker.errors import BrokerError

RESULTS = Path(__file__).with_name("RESULTS.md")
TITLES = {
    "start": "Start of a command",
    "rebuild": "Rebuild",
    "append": "Append",
    "growth": "Growth",
    "views": "Views",
    "cuts": "Cuts",
    "asking": "Asking for events",
    "serve": "Reading and following over HTTP",
    "hostile": "Hostile clients",
    "proof": "Checkpoints, proofs and archives",
    "audit": "Audit",
    "damage": "Damage",
    "kafka": "Kafka and the worker",
    "latency": "Latency of the worker",
    "peers": "The worker beside its peers",
    "states": "How a worker could hold its state",
}
ON_BROKER = ("kafka", "latency", "peers", "states")
USUAL = ("start", "rebuild", "append", "growth", "views", "cuts", "asking", "serve", "hostile", "proof", "audit")


def main() -> None:
    """Run, print the tables as markdown, and with `--write` keep them."""
    options = _options()
    head = f"# Benchmarks\n\n{machine()}"
    print(head, flush=True)
    for name in options.names or USUAL:
        part = _run(name, options)
        print(f"\n## {TITLES[name]}\n\n{part}", flush=True)
        if options.write:
            _write(head, name, part)


def _write(head: str, name: str, part: str) -> None:
    """Keep the tables of one benchmark beside those of the others, as each was last run."""
    _, *written = re.split(r"^## ", RESULTS.read_text() if RESULTS.exists() else head, flags=re.MULTILINE)
    parts = dict(each.split("\n", 1) for each in written) | {TITLES[name]: part}
    kept = [f"## {title}\n\n{parts[title].strip()}" for title in TITLES.values() if title in parts]
    RESULTS.write_text("\n\n".join([head, *kept]) + "\n")


def _run(name: str, options: argparse.Namespace) -> str:
    if name in ON_BROKER:
        return _run_on_broker(name, options)
    if name == "start":
        return start.run(max(options.repeat, start.REPEAT))
    if name == "rebuild":
        return rebuild.run(options.events or rebuild.EVENTS, options.repeat)
    if name == "append":
        return append.run(append.FULL_STARTS if options.full else append.STARTS, min(options.repeat, append.REPEAT))
    if name == "proof":
        return proof.run(options.events or proof.EVENTS, min(options.repeat, proof.REPEAT))
    if name == "audit":
        return audit.run(options.events or audit.EVENTS, min(options.repeat, audit.REPEAT))
    if name == "damage":
        return damage.run(options.events or damage.TRIALS)
    if name == "views":
        return views.run(min(options.repeat, views.REPEAT))
    if name == "cuts":
        return cuts.run(options.events or cuts.EVENTS)
    if name == "asking":
        return asking.run(options.events or asking.EVENTS)
    if name == "hostile":
        return hostile.run(options.seconds, options.events or hostile.EVENTS)
    if name == "serve":
        reads = serve.run(min(options.repeat, serve.REPEAT))
        return f"{reads}\n\n{moments.run(options.events or moments.EVENTS)}"
    return growth.run(growth.FULL_SIZES if options.full else growth.SIZES, min(options.repeat, growth.REPEAT))


def _run_on_broker(name: str, options: argparse.Namespace) -> str:
    from benchmarks.kafka import suite  # the others need no Kafka client

    if name == "states":
        return suite.run_states(options.kills or suite.KILLS)
    if name == "latency":
        return suite.run_latency(options.repeat, timeline=options.timeline)
    if name == "peers":
        kills = options.kills or suite.KILLS
        return suite.run_peers(options.events or suite.EVENTS, options.repeat, kills, full=options.full)
    return suite.run(options.events or suite.EVENTS, options.repeat, full=options.full, timeline=options.timeline)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = f"of {', '.join(TITLES)}; else {', '.join(USUAL)}"
    parser.add_argument("names", nargs="*", metavar="NAME", help=names)
    parser.add_argument(
        "--events",
        type=int,
        help="events to rebuild or audit (200,000), to archive or serve (1,000,000), for cuts, asking, Kafka and"
        " peers (100,000); flips and cuts of each file (1,000)",
    )
    parser.add_argument("--repeat", type=int, default=rebuild.REPEAT, help="measurements each (default %(default)s)")
    parser.add_argument(
        "--full", action="store_true", help="growth to 10 million events, some 8 GB of disk; recovery and peers to one"
    )
    parser.add_argument("--seconds", type=int, default=hostile.SECONDS, help="of each attack (default %(default)s)")
    parser.add_argument("--kills", type=int, help="of each of peers and states (10)")
    parser.add_argument(
        "--timeline",
        type=Path,
        metavar="CSV",
        help="of latency: also write what every second of every run was like, of each process and partition",
    )
    parser.add_argument("--write", action="store_true", help=f"also write {RESULTS.name}")
    options = parser.parse_args()
    for name in options.names:
        if name not in TITLES:
            parser.error(f"there is no benchmark {name!r}: {', '.join(TITLES)}")
    if options.timeline is not None:
        options.timeline.unlink(missing_ok=True)
    return options


if __name__ == "__main__":
    try:
        main()
    except BrokerError as error:
        sys.exit(str(error))
