"""A run second by second: what every process had of the processors, how late each partition was, and how far behind."""

import csv
import os
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from benchmarks.kafka.processes import machine_s, processor_s

OTHERS = "others"
"""All that runs on this machine besides."""
ALL = "all partitions"
BUSY = 0.9


class Event(NamedTuple):
    """An event: its partition, when it was due, and when a view that counts it was there (time.monotonic)."""

    partition: int
    due: float
    arrived: float


class Mark(NamedTuple):
    """At a time (time.monotonic), the processor time that each process has had so far, in seconds."""

    at: float
    spent: Mapping[str, float]


class Row(NamedTuple):
    """One second of a process or of a partition; `behind` are events that were due and not there at its end."""

    second: int
    of: str
    processors: float | None
    due: int | None
    behind: int | None
    p50_ms: float | None
    p99_ms: float | None


def mark(pids: Mapping[str, int]) -> Mark:
    """What these processes, and all others together, have had by now."""
    spent = {name: processor_s(pid) for name, pid in pids.items()}
    return Mark(time.monotonic(), {**spent, OTHERS: max(0.0, machine_s() - sum(spent.values()))})


def shares(first: Mark, last: Mark) -> dict[str, float]:
    """How many processors each had between two marks."""
    return {name: (spent - first.spent[name]) / (last.at - first.at) for name, spent in last.spent.items()}


def rows(events: Sequence[Event], marks: Sequence[Mark]) -> Iterator[Row]:
    """The time line between the marks, of events in the order in which they were due."""
    partitions = sorted({event.partition for event in events})
    groups = {f"partition {each}": [event for event in events if event.partition == each] for each in partitions}
    for second, (first, last) in enumerate(pairwise(marks)):
        for name, share in shares(first, last).items():
            yield Row(second, name, round(share, 3), None, None, None, None)
    for name, group in {**groups, ALL: events}.items():
        yield from _rows(name, group, marks)


def _rows(name: str, events: Sequence[Event], marks: Sequence[Mark]) -> Iterator[Row]:
    due, arrived = [event.due for event in events], sorted(event.arrived for event in events)
    for second, (first, last) in enumerate(pairwise(marks)):
        start, end = bisect_left(due, first.at), bisect_left(due, last.at)
        late = sorted((event.arrived - event.due) * 1000 for event in events[start:end])
        behind = end - bisect_left(arrived, last.at)
        yield Row(second, name, None, len(late), behind, percentile(late, 50), percentile(late, 99))


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """Of values in their order; None of none."""
    return round(ordered[len(ordered) * percent // 100], 1) if ordered else None


def write(path: Path, run: Mapping[str, object], rows: Iterable[Row]) -> None:
    """Append the rows of a run to a CSV, with what says which run it was."""
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if not file.tell():
            writer.writerow([*run, *Row._fields])
        writer.writerows([*run.values(), *row] for row in rows)


def bound(shares: Mapping[str, float]) -> str:
    """What bounds a run, from the processors that each process had."""
    processors = os.cpu_count() or 1
    had = ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
    busiest = max(shares, key=lambda name: shares[name])
    if sum(shares.values()) >= BUSY * processors:
        return f"all {processors} processors: {had}"
    return f"{f'one processor, of the {busiest}' if shares[busiest] >= BUSY else 'no processor'}: {had}"
