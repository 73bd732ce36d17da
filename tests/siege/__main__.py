"""`python -m tests.siege`: besiege a ledger, report what became of what was acknowledged, and exit 1 if any is lost.

Four processes publish the events, two over HTTP and two to the log, and repeat three of ten, while one fault after
another is done to them and to what they need. With the seed faults come in the same order and events are the same;
when each fault strikes, the machine decides.
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import orjson

from benchmarks.measure import machine
from ledger.follow.follower import read_books
from ledger.log import opened_log
from schemas.codec import encode
from schemas.views import Tally, view_bytes
from tests.kafka.publisher import event
from tests.kafka.workers import Kept, opened, settled
from tests.log.events import TREE
from tests.siege.besieged import BACK_S, Besieged, kill
from tests.siege.faults import KINDS
from tests.siege.history import Counts, Fault, read, report
from tests.siege.publisher import PUBLISHERS

PAGE = TREE / "docs/siege.md"
TITLES = {"sqlite": "SQLite", "kafka": "Kafka"}
EVENTS = 1_000_000
BETWEEN_S = (1.0, 15.0)


def besiege(besieged: Besieged, until: float) -> list[Fault]:
    """Do one fault after another until all is published, each kind in every round of them.

    The next one strikes a while after every publisher has had something acknowledged again.
    """
    chance, faults, ahead = random.Random(besieged.seed), list[Fault](), list[str]()
    kinds = {kind.name: kind for kind in KINDS if kind.is_possible(besieged)}
    while besieged.publishing() and time.monotonic() < until:
        besieged.wait_acknowledged()
        besieged.supervise()
        time.sleep(chance.uniform(*BETWEEN_S))
        ahead = ahead or chance.sample([*kinds], len(kinds))
        faults.append(kinds[ahead.pop()].do(besieged, chance))
        print(f"{len(faults)}: {faults[-1].name}", file=sys.stderr, flush=True)
    return faults


def counts(besieged: Besieged) -> Counts:
    """What is in the log, and what a strict replay, the server and on Kafka the worker make of it."""
    return asyncio.run(_counts(besieged))


async def _counts(besieged: Besieged) -> Counts:
    records, wrong = Counter[int](), list[str]()
    async with opened_log(besieged.url) as log:
        async with aclosing(log.read()) as batches:
            async for batch in batches:
                for offset, _, payload, _ in batch.rows:
                    number = int(orjson.loads(payload)["occurrence"].removeprefix("freed-"))
                    records[number] += 1
                    if payload != encode(event(number)):
                        wrong.append(f"{batch.partition}:{offset} has other bytes than were published")
        wrong += await log.examine()
        books = await read_books(log, strict=True)
    tallies = {each.exchange: each for each in books.tallies()}
    released = [each.captives.released for each in tallies.values()]
    if sum(each.best or 0 for each in released if each) != sum(number % 5 + 1 for number in records):
        wrong.append("the replay counts other people than were published")
    if books.undecodable:
        wrong.append(f"{len(books.undecodable)} records are no events")
    counted = {"a strict replay": sum(each.events for each in tallies.values())}
    besieged.served.reach(str(books.reached))
    views = {name: besieged.served.get(f"/v1/exchanges/{name}").json for name in tallies}
    counted["the server"] = sum(view["events"] for view in views.values())
    wrong += [f"the server's {name} is another" for name, each in tallies.items() if views[name] != _json(each)]
    if besieged.workers:
        besieged.supervise()
        async with opened(besieged.url) as kept_log:
            kept = await settled(Kept(kept_log), BACK_S)
        counted["the worker"] = sum(each.events for each in kept.tallies())
    return Counts(records, counted, wrong)


def main() -> int:
    options = _options()
    print(f"seed {options.seed}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="siege-") as name:
        besieged = Besieged(Path(name), options.log, options.events, options.seed)
        try:
            besieged.start()
            began = time.monotonic()
            faults = besiege(besieged, began + options.minutes * 60)
            seconds = time.monotonic() - began
            print(f"published in {seconds:.0f} s; counting", file=sys.stderr, flush=True)
            for number in besieged.publishing():
                kill(besieged.publishers[number])
            operations = [each for number in range(PUBLISHERS) for each in read(number, besieged.history(number))]
            found = report(operations, faults, counts(besieged))
        finally:
            besieged.end()
    text = "\n".join([*_head(besieged, options, seconds), "", *found.lines(), ""])
    print(text)
    if options.write:
        _write(TITLES[options.log], text)
    if found.lost:
        print(f"lost: {found.lost[:20]}", file=sys.stderr)
    return not found.holds


def _json(tally: Tally) -> object:
    return orjson.loads(view_bytes(tally))


def _head(besieged: Besieged, options: argparse.Namespace, seconds: float) -> list[str]:
    missing = [f"{kind.name} (needs {kind.missing})" for kind in KINDS if not kind.is_possible(besieged)]
    where = "three brokers, three replicas" if besieged.cluster else "on an ext4 file system of its own"
    if besieged.cluster is None and besieged.disk is None:
        where = "in a temporary folder"
    return [
        machine(),
        "",
        f"`python -m tests.siege --log {options.log} --events {options.events} --seed {options.seed} "
        f"--minutes {options.minutes:g}`, {where}; published for {seconds:,.0f} s.",
        *([f"Not done: {', '.join(missing)}."] if missing else []),
    ]


def _write(title: str, text: str) -> None:
    """Keep a report beside that of the other kind of log, below what the page says by itself."""
    head, *written = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    parts = dict(each.split("\n", 1) for each in written) | {title: f"\n{text}"}
    kept = [f"## {name}\n\n{parts[name].strip()}" for name in TITLES.values() if name in parts]
    PAGE.write_text("\n\n".join([head.strip(), *kept]) + "\n", "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.siege", description=__doc__)
    parser.add_argument("--log", choices=TITLES, default="sqlite", help="default: %(default)s")
    parser.add_argument("--events", type=int, default=EVENTS, help="each once; repeats come on top (%(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="default: a new one")
    parser.add_argument("--minutes", type=float, default=60, help="publish no longer, though not all is (%(default)s)")
    parser.add_argument("--write", action="store_true", help=f"also write docs/{PAGE.name}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
