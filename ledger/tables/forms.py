"""Every form in which tables are taken away as one file, in one row."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import IO, NamedTuple

from ledger.tables.about import AboutData
from ledger.tables.cells import EXCEL_START, csv_parts
from ledger.tables.claims import CLAIMS
from ledger.tables.package import package_into
from ledger.tables.parquet import parquet_into
from ledger.tables.subject import TableSubject, Take


class FileForm(NamedTuple):
    """One form of a ledger's tables, or of one of them. `holds`: what, in the name of a file.

    `into` writes it into a file that can be sought in. `says_where`: it says up to where it is read.
    """

    ending: str
    holds: str
    media_type: str
    says_where: bool
    summary: str
    into: Callable[[IO[bytes], AboutData], AbstractContextManager[Take]]


@contextmanager
def _csv(file: IO[bytes], about: AboutData, start: bytes = b"") -> Iterator[Take]:
    file.write(start)
    file.writelines(csv_parts([CLAIMS.names], ()))
    yield lambda subject: file.writelines(csv_parts((), CLAIMS.cells(subject)))


@contextmanager
def _parquet(file: IO[bytes], about: AboutData) -> Iterator[Take]:
    with parquet_into(file, CLAIMS, about.told) as take_rows:

        def take(subject: TableSubject) -> None:
            take_rows(CLAIMS.cells(subject))

        yield take


FILE_FORMS: Sequence[FileForm] = (
    FileForm(
        ".csv",
        "claims",
        "text/csv; charset=utf-8",
        False,
        "The tidy table: one row for each claim and group.",
        _csv,
    ),
    FileForm(
        ".excel.csv",
        "claims",
        "text/csv; charset=utf-8",
        False,
        "The tidy table for Excel, which takes its letters for others without the mark in front.",
        partial(_csv, start=EXCEL_START),
    ),
    FileForm(
        ".parquet",
        "claims",
        "application/vnd.apache.parquet",
        True,
        "The tidy table with typed columns, where the server has pyarrow.",
        _parquet,
    ),
    FileForm(
        ".zip",
        "data",
        "application/zip",
        True,
        "All tables as a Data Package: CSV, and what describes each column.",
        package_into,
    ),
)
"""In the order of the API's description."""
