"""Tables written without a server: in each form, of what is asked for, the same bytes each time."""

import csv
import io
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.cli.run import inside
from tests.replay.keeping import published


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return published(tmp_path_factory.mktemp("tables") / "a.db")


def exported(here: Path, name: str, url: str, *words: str) -> bytes:
    done = inside(here, "export", name, *words, "--log", url, program="replay")
    assert done.code == 0, done.err
    return (here / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.zip", ()), ("a.db", ("--as", "datasette")), ("a.csv", ()), ("a.parquet", ("--as", "claims"))],
)
def test_the_same_ledger_gives_the_same_bytes(url: str, tmp_path: Path, name: str, words: tuple[str, ...]) -> None:
    first = exported(tmp_path, name, url, *words)
    assert exported(tmp_path, name, url, *words) == first
    assert not list(tmp_path.glob(".*"))


def test_of_one_exchange_and_as_of_a_cut_there_is_less(url: str, tmp_path: Path) -> None:
    every = exported(tmp_path, "a.csv", url)
    one = exported(tmp_path, "b.csv", url, "--exchange", "IL-HAMAS-2023-11")
    then = exported(tmp_path, "c.csv", url, "--exchange", "IL-HAMAS-2023-11", "--occurred-by", "2023-11-27")

    def released(raw: bytes) -> int:
        rows = csv.DictReader(io.StringIO(raw.decode(), newline=""))
        counted = (row for row in rows if row["counts"] == "true" and row["exchange"] == "IL-HAMAS-2023-11")
        return sum(int(row["counted_best"]) for row in counted if row["figure"] == "captives.released")

    assert [len(every) > len(one), released(every), released(one)] == [True, 105, 105]
    assert released(then) == 69
    assert {line.partition(b",")[0] for line in one.splitlines()[1:]} == {b"IL-HAMAS-2023-11"}


def test_a_process_comes_with_all_its_exchanges(url: str, tmp_path: Path) -> None:
    exported(tmp_path, "p.zip", url, "--exchange", "IL-HAMAS")
    with ZipFile(tmp_path / "p.zip") as zipped:
        rows = [*csv.DictReader(io.StringIO(zipped.read("exchanges.csv").decode(), newline=""))]
    assert [row["exchange"] for row in rows if row["is_process"] == "true"] == ["IL-HAMAS"]
    assert {row["process"] for row in rows} == {"IL-HAMAS"}
    assert len(rows) > 3


def test_excel_gets_the_mark_without_which_it_garbles(url: str, tmp_path: Path) -> None:
    plain, marked = exported(tmp_path, "a.csv", url), exported(tmp_path, "a.excel.csv", url)
    assert marked == b"\xef\xbb\xbf" + plain


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("a.txt", "--as", "claims"), "claims are written as .csv, .excel.csv, .parquet"),
        (("a.ndjson", "--exchange", "X-1"), "an exchange or a cut is for tables (--as claims, package, datasette)"),
        (("a.archive", "--occurred-by", "2023-11-27"), "an exchange or a cut is for tables"),
        (("a.zip", "--exchange", "NOPE-1"), "no exchange or process 'NOPE-1'"),
        (("a.zip", "--checkpoints", "x"), "checkpoints go into an archive"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_written(
    url: str, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = inside(tmp_path, "export", *words, "--log", url, program="replay")
    assert done.code in (1, 2)
    assert told in done.err.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []
