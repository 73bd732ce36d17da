"""Small files that stand beside a ledger: read whole, changed by one process at a time, replaced at once."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.log import kind_of


def beside(log: str, name: str) -> Path:
    """Where a file of this name is for the log at a URL: beside the log where that is a file, else here."""
    file = kind_of(log).file
    return Path(f"{file(log)}.{name}" if file else f"ledger.{name}")


def replace_private(path: Path, raw: bytes) -> None:
    """Write a file that only its owner may read, or another in place of it: at once, and durable. Raises OSError."""
    new = path.with_name(f"{path.name}.new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a file. Raises BlockingIOError where another process does and nobody waits, OSError."""
    with open(os.open(f"{path}.lock", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
