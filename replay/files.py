"""Files as the commands read and write them: what goes wrong is LogUnreachable, and no reader sees half of one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import apsw

from ledger.errors import LogUnreachable, VerificationFailed


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what an operating system says about reading a file into LogUnreachable."""
    try:
        yield
    except OSError as error:
        raise LogUnreachable(f"{path} cannot be read: {error.strerror}") from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns what an operating system or SQLite says about writing a file into LogUnreachable."""
    try:
        yield
    except OSError as error:
        raise LogUnreachable(f"{path} cannot be written: {error.strerror}") from error
    except apsw.Error as error:
        raise LogUnreachable(f"{path} cannot be written: {error}") from error


def read_text(path: Path) -> str:
    """The text of a small file. Raises LogUnreachable, VerificationFailed."""
    try:
        with reading(path):
            return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise VerificationFailed(f"{path} is no text") from error


def write_new(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file that is not there yet. Raises LogUnreachable."""
    with writing(path):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name, and the place of another that had it, once all is in it. Raises LogUnreachable."""
    part = path.with_name(f".{path.name}.part")
    with writing(path):
        try:
            with part.open("wb") as file:
                yield file
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Write a small file, or another in place of it. Raises LogUnreachable."""
    with replacing(path) as file:
        file.write(text.encode())
