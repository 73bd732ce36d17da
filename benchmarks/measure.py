"""Measuring: each in a fresh process, several times, in turns, so that drift and memory disturb all alike."""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import apsw


class Sample(NamedTuple):
    """One measurement: how many events, in how long, how much memory it took, and what else it found."""

    events: int
    seconds: float
    memory: int
    parts: dict[str, float]

    @property
    def rate(self) -> float:
        return self.events / self.seconds


class Rates(NamedTuple):
    """Several samples of one thing, as events a second."""

    samples: list[Sample]

    @property
    def median(self) -> float:
        return statistics.median(sample.rate for sample in self.samples)

    def __str__(self) -> str:
        rates = [sample.rate for sample in self.samples]
        return f"{self.median:,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"


def timed(function: Callable[[], tuple[int, object]], clock: Callable[[], float] = time.perf_counter) -> Sample:
    """Run `function` once. It returns how many events it took in, and what is to be held in memory meanwhile.

    Processor time (`clock=time.process_time`) is the fairer clock for work that waits for nothing, since
    whatever else the machine does disturbs it less.
    """
    before, started = held(), clock()
    events, kept = function()
    seconds = clock() - started
    sample = Sample(events, seconds, held() - before, {})
    del kept
    return sample


def report(sample: Sample) -> None:
    """What a process that `measured` started prints as its last line."""
    print(json.dumps(sample))


def measured(module: str, *arguments: object) -> Sample:
    """One measurement by `python -m module arguments`, in a process of its own."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Sample(*json.loads(done.stdout.splitlines()[-1]))


def in_turns(names: Sequence[str], repeat: int, measure: Callable[[str], Sample]) -> dict[str, Rates]:
    """`repeat` measurements of each name: all names once, then all again."""
    taken: dict[str, list[Sample]] = {name: [] for name in names}
    for turn in range(repeat):
        for name in names:
            say(f"  {turn + 1}/{repeat} {name}")
            taken[name].append(measure(name))
    return {name: Rates(samples) for name, samples in taken.items()}


def ratio(rates: Mapping[str, Rates], one: str, other: str) -> str:
    """How much faster: the median of the ratios of each turn, and their spread."""
    pairs = zip(rates[one].samples, rates[other].samples, strict=True)
    ratios = [a.rate / b.rate for a, b in pairs]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine() -> str:
    """The facts of this machine that the figures depend on."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return table(
        ["machine", ""],
        [
            ["Python", f"{platform.python_implementation()} {platform.python_version()}"],
            ["system", f"{platform.system()} {platform.machine()}"],
            ["processors", os.cpu_count()],
            ["memory", f"{gib:.0f} GiB"],
            ["SQLite (apsw)", f"{apsw.sqlite_lib_version()} ({apsw.apsw_version()})"],
        ],
    )


def say(text: str) -> None:
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)


def held() -> int:
    """The memory of its own that this process holds, in bytes: pages of mapped files are left out where known."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("RssAnon:")[2].split()[0]) * 1024
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
