"""A text that is broken far below its header, and in which no line can be told from there on: found before any row."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from ledger.errors import UsageError
from ledger.mapping.document import TableMapping
from ledger.mapping.events import mapped_events
from tests.cli.run import inside, ledger

HERE = Path(__file__).parents[2] / "examples/another_conflict"
MAPPING = HERE / "mapping.toml"
HEADER, *ROWS = (HERE / "exchanges.csv").read_text("utf-8").splitlines(keepends=True)


def text(rows: int) -> str:
    return HEADER + "".join(f"X{n}{ROWS[0][5:]}" for n in range(rows))


def broken(encoding: str, rows: int) -> tuple[bytes, int, int]:
    """A table of many rows that ends within a letter, with the line and the byte where it does."""
    whole = text(rows).rstrip("\n").encode(encoding)
    mark = "\ufeff".encode(encoding)
    return mark + whole[:-1], rows + 1, len(mark) + len(whole) - len("x".encode(encoding)) + 1


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("rows", [1, 4000])
def test_it_is_told_where_before_any_row(encoding: str, rows: int) -> None:
    raw, line, at = broken(encoding, rows)
    with pytest.raises(UsageError) as caught:
        mapped_events("table.csv", BytesIO(raw), TableMapping.load(MAPPING), print)
    assert f"is not {encoding.upper()} in line {line:,}, at byte {at:,}: truncated data" in str(caught.value)


def test_a_surrogate_in_the_midst_of_it_is_of_one_row() -> None:
    raw = text(3000).encode("utf-16-le")
    at = raw.index("X2500".encode("utf-16-le"))
    raw = b"\xff\xfe" + raw[: at + 2] + b"\x00\xd8" + raw[at + 4 :]
    found = [*mapped_events("table.csv", BytesIO(raw), TableMapping.load(MAPPING), print)]
    assert sum(isinstance(event, Exception) for _, _, event in found) == 1


def test_nothing_is_written_of_it_nor_of_a_file_before_it(tmp_path: Path) -> None:
    (tmp_path / "first.csv").write_text(text(3))
    (tmp_path / "second.csv").write_bytes(broken("utf-16-le", 3000)[0])
    ran = inside(tmp_path, "publish", "--mapping", MAPPING, "first.csv", "second.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "second.csv: is not UTF-16-LE in line 3,001" in ran.err
    assert not (tmp_path / "ledger.db").exists()


def test_standard_input_is_read_but_once(tmp_path: Path) -> None:
    raw, line, at = broken("utf-16-le", 3000)
    ran = ledger(tmp_path, "publish", "--mapping", MAPPING, "-", stdin=raw)
    assert ran.code == 2
    assert f"-: is not UTF-16-LE in line {line:,}, at byte {at:,}" in ran.err


def test_a_file_of_another_encoding_is_read_from_its_beginning() -> None:
    mapping = TableMapping.load(MAPPING)
    expected = [event for _, _, event in mapped_events("t.csv", BytesIO(text(50).encode()), mapping, print)]
    for encoding in ("utf-16", "utf-32"):
        read = mapped_events("t.csv", BytesIO(text(50).encode(encoding)), mapping, print)
        assert [event for _, _, event in read] == expected


def test_a_workbook_whose_bytes_are_damaged_is_told_before_any_row(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in text(2000).splitlines():
        book.active.append(line.split(","))
    book.save(tmp_path / "t.xlsx")
    raw = bytearray((tmp_path / "t.xlsx").read_bytes())
    with ZipFile(tmp_path / "t.xlsx") as parts:
        its = parts.getinfo("xl/worksheets/sheet1.xml")
    raw[its.header_offset + its.compress_size - 40] ^= 0xFF
    with pytest.raises(UsageError, match="no workbook that can be read"):
        mapped_events("t.xlsx", BytesIO(bytes(raw)), TableMapping.load(MAPPING), print)
