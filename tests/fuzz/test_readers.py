"""No reader of bytes from outside raises what it does not document; `python -m tests.fuzz` looks for longer."""

import os
import random
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from tests.fuzz.__main__ import fuzz
from tests.fuzz.readers import TABLE, Reader

SEED = int(os.environ.get("FUZZ_SEED", random.randrange(2**32)))
INPUTS, SECONDS = 3_000, 6.0

each_reader = pytest.mark.parametrize("reader", TABLE, ids=lambda reader: reader.name)


@each_reader
def test_what_is_almost_valid_is_read_or_refused(reader: Reader) -> None:
    done = fuzz(reader, SEED, INPUTS, SECONDS)
    assert done.inputs > 0
    assert not done.crashes, "\n".join(done.told())


@each_reader
def test_what_is_valid_is_read(reader: Reader, tmp_path: Path) -> None:
    read_well = 0
    with reader.opened(tmp_path) as read:
        for raw in reader.seeds(tmp_path):
            with suppress(*reader.refusals):
                read(raw)
                read_well += 1
    assert read_well


def test_a_crash_is_told_with_what_makes_it_again() -> None:
    def broken(raw: bytes) -> None:
        if b"9" in raw:
            raise LookupError

    reader = TABLE[0]._replace(opened=lambda folder: nullcontext(broken))
    done = fuzz(reader, 1, 50)
    [(kind, (number, raw, _))] = done.crashes.items()
    assert kind.startswith("LookupError at ")
    assert fuzz(reader, 1, 1, first=number).crashes[kind][1] == raw
