"""`python -m benchmarks [NAME ...]`: run the named benchmarks, or all that need no broker, in a quarter of an hour.

`kafka`, `latency`, `peers` and `states` start a broker of their own, which takes Linux and Java; `peers` and `states`
also take a JDK and Maven, for Kafka Streams, and make Quix Streams an environment of its own.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable, Mapping
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
from benchmarks.measure import machine, say
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
        began = time.monotonic()
        part = _run(name, options)
        say(f"{name}: {time.monotonic() - began:,.0f} s")
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
    return _run_on_broker(name, options) if name in ON_BROKER else RUNS[name](options)


def _events(name: str, options: argparse.Namespace) -> int:
    return int(options.events or EVENTS[name][options.full])


def _seconds(options: argparse.Namespace) -> int:
    return int(options.seconds or SECONDS[options.full])


EVENTS: Mapping[str, tuple[int, int]] = {
    "rebuild": (60_000, 1_000_000),
    "audit": (60_000, 1_000_000),
    "proof": (50_000, 1_000_000),
    "serve": (200_000, 1_000_000),
    "cuts": (100_000, 100_000),
    "asking": (100_000, 1_000_000),
    "hostile": (20_000, 50_000),
    "damage": (1_000, 1_000),
}
"""Of how many events a benchmark is, usually and with `--full`; of damage, how many flips and cuts of each file."""
SECONDS = (5, 60)
RUNS: Mapping[str, Callable[[argparse.Namespace], str]] = {
    "start": lambda options: start.run(max(options.repeat, start.REPEAT)),
    "rebuild": lambda options: rebuild.run(_events("rebuild", options), options.repeat),
    "append": lambda options: append.run(append.STARTS[options.full], options.repeat),
    "growth": lambda options: growth.run(growth.SIZES[options.full], options.repeat if options.full else 1),
    "views": lambda options: views.run(options.repeat),
    "cuts": lambda options: cuts.run(_events("cuts", options)),
    "asking": lambda options: asking.run(_events("asking", options)),
    "serve": lambda options: f"{serve.run(options.repeat)}\n\n{moments.run(_events('serve', options))}",
    "hostile": lambda options: hostile.run(_seconds(options), _events("hostile", options)),
    "proof": lambda options: proof.run(_events("proof", options), options.repeat),
    "audit": lambda options: audit.run(_events("audit", options), options.repeat),
    "damage": lambda options: damage.run(_events("damage", options)),
}


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
        help="events to rebuild, audit, serve ...: else 100,000 or what is usual for each; flips and cuts of each file",
    )
    parser.add_argument("--repeat", type=int, default=3, help="measurements each (default %(default)s)")
    parser.add_argument(
        "--full", action="store_true", help="a million events of each, growth to ten, some 8 GB of disk; hours of it"
    )
    parser.add_argument("--seconds", type=int, help="of each attack ({} or, with --full, {})".format(*SECONDS))
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
