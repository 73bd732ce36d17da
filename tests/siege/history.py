"""The operation history of a siege, and what it comes to: what was invoked, acknowledged, found, lost and doubled.

Each publisher writes its own history, a line before each operation and one after it:

    12.345678 invoke 7 0,4,8,0      when (monotonic seconds), its number, and the numbers of the events in it
    12.350000 ok 7                  all are acknowledged
    12.350000 fail 7 why            surely nothing of it is in the log: nobody took it
    12.350000 info 7 why            nobody knows: the log or the server did not answer, or not well

An operation without an end is of a publisher that was killed: nobody knows. Whatever was not acknowledged is tried
again in another operation.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple, TypeAlias

End: TypeAlias = Literal["ok", "fail", "info"]
ENDS: Mapping[str, End] = {"ok": "ok", "fail": "fail", "info": "info"}
GAP_S = 1.0
"""Without any acknowledgement for so long, the ledger counts as unavailable."""


class Operation(NamedTuple):
    """One batch of events. `ended` is None where its publisher was killed."""

    publisher: int
    began: float
    numbers: Sequence[int]
    ended: float | None = None
    end: End = "info"


class Fault(NamedTuple):
    """What was done, when, from when on it was over, and which publishers need what it took away.

    `back_s`: seconds until what no publisher needs was as before.
    """

    name: str
    began: float
    mended: float
    publishers: Sequence[int]
    back_s: float | None = None


class Writer:
    """Appends to a history. A line is whole or missing, whatever happens to its process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, what: str) -> None:
        with self._path.open("ab", buffering=0) as file:
            file.write(f"{time.monotonic():.6f} {what}\n".encode())


def read(publisher: int, path: Path) -> list[Operation]:
    """The operations of one publisher, in their order."""
    found: dict[int, Operation] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        at, what, number, *rest = line.split(" ", 3)
        if what == "invoke":
            found[int(number)] = Operation(publisher, float(at), [*map(int, rest[0].split(","))])
        elif what in ENDS:
            found[int(number)] = found[int(number)]._replace(ended=float(at), end=ENDS[what])
    return [*found.values()]


class Counts(NamedTuple):
    """What is in the log and in the views in the end.

    `records`: how many records there are of each event. `counted`: how many events the views rest on, by who made them.
    `wrong`: whatever else is not as it should be.
    """

    records: Mapping[int, int]
    counted: Mapping[str, int]
    wrong: Sequence[str]


class Report(NamedTuple):
    """What a siege comes to."""

    operations: Mapping[End, int]
    published: int
    invoked: int
    acknowledged: int
    found: int
    lost: Sequence[int]
    never_invoked: int
    doubled: int
    counted: Mapping[str, int]
    wrong: Sequence[str]
    gaps: Sequence[float]
    recoveries: Mapping[str, Sequence[float]]

    @property
    def holds(self) -> bool:
        """Whether nothing is lost, nothing counts twice or not at all, and nothing else is wrong."""
        is_whole = all(events == self.found for events in self.counted.values())
        return is_whole and not (self.lost or self.never_invoked or self.wrong)

    @property
    def repeated(self) -> float:
        return 1 - self.acknowledged / self.published

    def lines(self) -> list[str]:
        """Two tables in Markdown."""
        ends = ", ".join(f"{self.operations.get(end, 0):,} {end}" for end in ENDS.values())
        rows = {
            "operations": f"{sum(self.operations.values()):,}: {ends}",
            "events in those that are ok": f"{self.published:,}, of which {self.repeated:.0%} are repeats",
            "invoked, each once": f"{self.invoked:,}",
            "acknowledged": f"{self.acknowledged:,}",
            "found": f"{self.found:,}",
            "**lost**": f"**{len(self.lost):,}**",
            "found, and never invoked": f"{self.never_invoked:,}",
            "records of an event that is there already": f"{self.doubled:,}",
            "**counted twice in views**": ", ".join(
                f"**{events - self.found:,}** ({who} has {events:,})" for who, events in self.counted.items()
            ),
            "anything else": "; ".join(self.wrong) or "nothing",
            "unavailable": f"{sum(self.gaps):,.0f} s in {len(self.gaps)} times of more than {GAP_S:.0f} s without any "
            f"acknowledgement; the longest {max(self.gaps, default=0):,.1f} s",
        }
        faults = [
            f"| {name} | {len(each)} | {median(each):.1f} | {max(each):.1f} |"
            for name, each in sorted(self.recoveries.items())
        ]
        counts = [f"| {name} | {value} |" for name, value in rows.items()]
        head = ["", "| fault | times | recovery p50 s | max s |", "| --- | --- | --- | --- |"]
        return ["| | |", "| --- | --- |", *counts, *head, *faults]


def report(operations: Sequence[Operation], faults: Iterable[Fault], counts: Counts) -> Report:
    """Hold what was acknowledged against what is in the log."""
    invoked = {number for each in operations for number in each.numbers}
    acknowledged = {number for each in operations if each.end == "ok" for number in each.numbers}
    recoveries: dict[str, list[float]] = {}
    for fault in faults:
        if (seconds := _recovery(fault, operations)) is not None:
            recoveries.setdefault(fault.name, []).append(seconds)
    return Report(
        operations=Counter[End](each.end for each in operations),
        published=sum(len(each.numbers) for each in operations if each.end == "ok"),
        invoked=len(invoked),
        acknowledged=len(acknowledged),
        found=len(counts.records),
        lost=sorted(acknowledged - counts.records.keys()),
        never_invoked=len(counts.records.keys() - invoked),
        doubled=sum(counts.records.values()) - len(counts.records),
        counted=counts.counted,
        wrong=counts.wrong,
        gaps=_gaps(operations),
        recoveries=recoveries,
    )


def _recovery(fault: Fault, operations: Iterable[Operation]) -> float | None:
    """Seconds from when a fault was over until each publisher that it hit had something acknowledged again.

    None where none of them had anything to publish any more.
    """
    if fault.back_s is not None:
        return fault.back_s
    first: dict[int, float] = {}
    for each in operations:
        if each.publisher in fault.publishers and each.end == "ok" and each.ended and each.ended >= fault.mended:
            first[each.publisher] = min(first.get(each.publisher, each.ended), each.ended)
    return max(first.values()) - fault.mended if first else None


def _gaps(operations: Iterable[Operation]) -> list[float]:
    ends = sorted(each.ended for each in operations if each.end == "ok" and each.ended is not None)
    return [late - early for early, late in pairwise(ends) if late - early > GAP_S]
