"""`python -m tests.fuzz`: give every reader of bytes from outside what is almost valid, and count what becomes of it.

A crash is whatever a reader does not document as its refusal. Each kind, told by its type and the line of this project
where it arose, is shown once, with what makes it again. Exit 1 where there is one.
"""

import argparse
import logging
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

from tests.fuzz.mutation import Mutator
from tests.fuzz.readers import READERS, Reader
from tests.log.events import TREE

SECONDS = 60.0
SHOWN_BYTES, FRAMES = 2000, 6


@dataclass
class Fuzzed:
    """What became of the inputs of one reader. `crashes` has the first input of each kind, by its number."""

    reader: str
    seed: int
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    crashed: Counter[str] = field(default_factory=Counter[str])
    crashes: dict[str, tuple[int, bytes, str]] = field(default_factory=dict[str, tuple[int, bytes, str]])
    slowest_s: float = 0.0

    @property
    def inputs(self) -> int:
        return self.accepted + self.refused.total() + self.crashed.total()

    def __str__(self) -> str:
        why = ", ".join(f"{kind} {number:,}" for kind, number in self.refused.most_common())
        return (
            f"| {self.reader} | {self.inputs:,} | {self.accepted:,} | {self.refused.total():,} ({why}) "
            f"| {self.crashed.total():,} | {self.slowest_s * 1000:,.0f} |"
        )

    def told(self) -> Iterator[str]:
        for kind, (number, raw, trace) in self.crashes.items():
            again = f"--reader {self.reader!r} --seed {self.seed} --first {number} --inputs 1"
            yield f"{self.reader}: {kind}, {self.crashed[kind]:,} times; {again}\n  {raw[:SHOWN_BYTES]!r}\n{trace}"


HEAD = "| reader | inputs | accepted | refused | crashes | slowest ms |\n| --- | --- | --- | --- | --- | --- |"


def fuzz(reader: Reader, seed: int, inputs: int | None, seconds: float | None = None, first: int = 0) -> Fuzzed:
    """Give a reader inputs until there were so many, or the time is over."""
    done, began = Fuzzed(reader.name, seed), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, reader.opened(Path(folder)) as read:
        mutator = Mutator(reader.seeds(Path(folder)))
        for number in islice(count(first), inputs):
            if seconds is not None and time.monotonic() - began > seconds:
                break
            raw, started = mutator.make(random.Random(f"{seed} {reader.name} {number}")), time.perf_counter()
            try:
                read(raw)
                done.accepted += 1
            except reader.refusals as refused:
                done.refused[type(refused).__name__] += 1
            except Exception as error:
                kind = f"{type(error).__name__} at {_place(error)}"
                done.crashed[kind] += 1
                done.crashes.setdefault(kind, (number, raw, "".join(traceback.format_exception(error)[-FRAMES:])))
            done.slowest_s = max(done.slowest_s, time.perf_counter() - started)
    return done


def _place(error: BaseException) -> str:
    """The innermost line of what is shipped, else the innermost one."""
    frames = traceback.extract_tb((error.__cause__ or error).__traceback__)
    paths = [(Path(frame.filename), frame.lineno) for frame in reversed(frames)]
    ours = [
        each for each in paths if any(each[0].is_relative_to(TREE / name) for name in ("ledger", "replay", "schemas"))
    ]
    path, line = next(iter([*ours, *paths]))
    return f"{path.relative_to(TREE) if path.is_relative_to(TREE) else path.name}:{line}"


def main() -> int:
    options = _options()
    logging.disable(logging.WARNING)
    print(f"seed {options.seed}\n\n{HEAD}", flush=True)
    found = list[str]()
    for name in options.reader or READERS:
        done = fuzz(READERS[name], options.seed, options.inputs, options.seconds, options.first)
        print(done, flush=True)
        found += done.told()
    print("".join(f"\n{each}" for each in found))
    return bool(found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--reader", action="append", choices=READERS, help="only this one; can be repeated")
    parser.add_argument("--seconds", type=float, help=f"of each reader (default: {SECONDS:.0f}, without --inputs)")
    parser.add_argument("--inputs", type=int, help="of each reader")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="default: a new one")
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    options = parser.parse_args()
    if options.seconds is None and options.inputs is None:
        options.seconds = SECONDS
    return options


if __name__ == "__main__":
    sys.exit(main())
