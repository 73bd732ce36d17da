"""Mistakes that people make, and what answers each: where, what, and how to mend it, in the words of who made it."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.run import inside
from tests.mapping.files import published

CELLS: dict[str, tuple[str, str, str]] = {
    # a column, what is written in it, and the answer
    "a day in two orders": ("date", "05/03/2023", "'05/03/2023' has two readings: 2023-03-05 or 2023-05-03"),
    "and how to say which": ("date", "05/03/2023", 'or say dates = "dmy" or "mdy" under [table] of the mapping'),
    "a day that is none": ("date", "2023-02-30", "'2023-02-30' is not in the calendar"),
    "a month that is none": ("date", "2023-13-01", "'2023-13-01' is not in the calendar"),
    "a time without an offset": ("date", "2023-04-14 10:30", "is a time without its offset from UTC"),
    "a part of a date in doubt": ("date", "2023?-04", "put ?, ~ or % behind the whole date"),
    "a word for a day": ("date", "yesterday", "'yesterday' is no moment; write 2017-03-05"),
    "a day of another calendar": (
        "date",
        "\u0661\u0664\u0660\u0662/\u0660\u0661/\u0662\u0665",
        "of another calendar; write its Gregorian date",
    ),
    "a year of two figures": ("date", "14/04/23", "has no year of four figures"),
    "a day as a spreadsheet counts": ("date", "45030", "may be a day as a spreadsheet counts them (2023-04-14)"),
    "the future": ("date", "2999-01-01", "is more than a day ahead; a plan has status `planned`"),
    "thousands or decimals": ("n", "1.968", "'1.968' has two readings: 1968, or a number with decimals"),
    "a number with decimals": ("n", "12.5", "'12.5' is no whole number"),
    "a number below 0": ("n", "-3", "'-3' is below 0"),
    "a share": ("n", "40%", "is a share; write how many"),
    "one of two numbers": ("n", "3/5", "'3/5' has two readings: one of the two numbers, or a share"),
    "a note's mark": ("n", "24*", "has the mark of a note; write the number alone"),
    "words behind a number": ("n", "24 people", "has words behind its number; write the number alone"),
    "a day in place of a number": ("n", "3-May", "is a date; a spreadsheet makes dates of such cells as 3-5"),
    "none or not known": ("n", "-", "'-' could mean none or not known; write 0 or unknown"),
    "not applicable": ("n", "n/a", "could mean none or not known"),
    "a word that is no count": ("n", "a crowd", "'a crowd' is no count; write 24, about 900, over 130"),
    "two hedges": ("n", "about 12 or more", "'about 12 or more' has two hedges; write one of them"),
    "more than there are": ("n", "99999999", "should be at most 1000000"),
    "no publisher": ("publisher", "", "publisher: is missing; add it"),
    "no name of the row": ("id", "", "id: is empty, and it is a part of the row's key"),
    "a total": ("id", "Total", "'Total' is a total of other rows, which would count twice"),
}


@pytest.mark.parametrize(("column", "cell", "answer"), CELLS.values(), ids=CELLS)
def test_a_cell_that_is_wrong_is_answered(tmp_path: Path, column: str, cell: str, answer: str) -> None:
    row = {"id": "7", "date": "2023-04-14", "n": "35", "publisher": "Wire"} | {column: cell}
    ran = published(tmp_path, "rows.csv", f"{','.join(row)}\n{','.join(row.values())}\n")
    assert ran.code == 3
    assert "rows.csv:2: " in ran.err
    assert answer in one_line(ran.err)


COMMANDS: dict[str, tuple[str, int, str]] = {
    # a command, how it ends, and the answer
    "a command that is misspelt": ("recrd", 2, "No such command 'recrd'. Did you mean 'record'"),
    "an option that is misspelt": ("tallies --jsn", 2, "No such option: --jsn (Possible options: --json)"),
    "an option without its value": ("tallies --log", 2, "Option '--log' requires an argument"),
    "words for a number": ("serve --port eighty", 2, "--port: should be a whole number (see ledger serve --help)"),
    "a number that is too large": ("serve --port 99999", 2, "--port: should be at most 65535"),
    "a choice that is none": ("watch tallys", 2, "what: 'tallys' is not one of 'events', 'tallies', 'rounds'"),
    "an exchange that is misspelt": ("tallies IL-HAMAS-2023-12", 2, "did you mean IL-HAMAS-2023-11?"),
    "an exchange in small letters": ("tallies il-hamas-2023-11", 2, "did you mean IL-HAMAS-2023-11?"),
    "a process that is misspelt": ("explain IL-HAMA captives.freed", 2, "did you mean IL-HAMAS?"),
    "a figure that is misspelt": ("explain IL-HAMAS-2023-11 captives.national", 2, "did you mean captives.nationals?"),
    "a round that is none": ("explain IL-HAMAS-2023-11 rounds.99.captives.deal", 2, "no round '99' in this ledger"),
    "a type that is misspelt": ("schema captive_released", 2, "did you mean captives_released?"),
    "an event that is none": ("tallies --through 00000000-0000-0000-0000-000000000000", 2, "no event '00000000"),
    "a cut in figures": ("tallies --published-by 24/11/2023", 2, "--published-by '24/11/2023': give a date such as"),
    "a cut without an offset": ("tallies --recorded-by '2023-11-24 10:00'", 2, "or a time with its offset such as"),
    "a file that is not there": ("publish no.ndjson", 2, "cannot read no.ndjson: No such file or directory"),
    "a folder": ("publish .", 2, "cannot read .: Is a directory"),
    "a table without a mapping": ("publish rows.csv", 2, "rows.csv is a table; say what its columns mean: --mapping"),
    "and where a mapping comes from": ("publish rows.csv", 2, "`ledger mapping init rows.csv` writes a first one"),
    "a mapping that is not there": ("publish --mapping no.toml rows.csv", 2, "cannot read no.toml: No such file"),
    "a mapping that is no TOML": ("publish --mapping rows.csv rows.csv", 2, "rows.csv: cannot be read as TOML"),
    "a column that is misspelt": (
        "publish --mapping near.toml rows.csv",
        2,
        "has no 'dat', which fields.occurred names",
    ),
    "and which is meant": ("publish --mapping near.toml rows.csv", 2, "is it 'date'?"),
    "a log of another make": ("tallies --log postgres://x", 2, "names no log: use sqlite:///FILE or kafka://HOST:PORT"),
    "a folder that is not there": (
        "publish ok.ndjson --log sqlite:///no/x.db",
        4,
        "there is no directory no; create it",
    ),
    "no ledger yet": ("doctor --log sqlite:///new.db", 1, "`ledger publish` or `ledger demo` makes one"),
    "a worker without Kafka": (
        "worker",
        2,
        "a worker keeps the views of a ledger on Kafka, and sqlite:///ledger.db is",
    ),
    "a token without a name": ("token make", 2, "Missing argument 'name' (see ledger token make --help)"),
    "a mapping over another": ("mapping init rows.csv --out near.toml", 2, "near.toml is there already"),
}


SAID = "--exchange A-B-2017 --occurred 2017-01-01 --count 3 --publisher Herald --kind newspaper"
RECORDS: dict[str, tuple[str, str, str]] = {
    # a type, what is said beside or in place of the rest, and the answer
    "a type": ("captive_released", "", "'captive_released' is no event type; did you mean captives_released?"),
    "an exchange in small letters": ("captives_released", "--exchange a-b", "--exchange: 'a-b' should be the name of"),
    "a day in two orders": ("captives_released", "--occurred 05/03/2017", "--occurred: '05/03/2017' has two readings"),
    "a time without an offset": ("captives_released", "--occurred 2017-01-01T10:00", "is a time without its offset"),
    "thousands or decimals": ("captives_released", "--count 1.968", "--count: '1.968' has two readings: 1968, or a"),
    "a kind of source": (
        "captives_released",
        "--kind paper",
        "--kind: 'paper' is none of its terms; did you mean news",
    ),
    "a country by its name": ("captives_released", "--nationality Israel", "--nationality: 'Israel' should be a three"),
    "a category": (
        "captives_released",
        "--category child",
        "--category: 'child' is none of its terms; did you mean child",
    ),
    "a scope": ("captives_released", "--scope insde", "--scope: 'insde' is none of its terms; did you mean inside?"),
    "a grade": ("captives_released", "--credibility 9", "--credibility: should be at most 6"),
    "a round": ("captives_released", "--round 0", "--round: should be at least 1"),
    "a link": ("captives_released", "--url www.x.org", "--url: 'www.x.org' should be an https link without spaces"),
    "a publication without an offset": (
        "captives_released",
        "--published '2017-01-02 10:00'",
        "time without its offset",
    ),
    "a hash in capitals": ("captives_released", f"--sha256 {'AB' * 32}", "in lower case, as `sha256sum FILE` prints"),
    "a field": ("captives_released", "--set groups.0.natonality=ISR", "did you mean nationality?"),
    "a party by its name": ("captives_released", "--set 'by=Red Cross'", "'Red Cross' should be the name of a party"),
    "a figure": ("tally_stated", "--set figure=captives.freeed", "did you mean captives.freed?"),
    "what is missing": ("tally_stated", "", "figure: is missing; give --set figure=..."),
    "an event that is none": ("captives_released", "--supersedes 12345678", "no event"),
}


@pytest.mark.parametrize(("type", "more", "answer"), RECORDS.values(), ids=RECORDS)
def test_an_event_that_is_wrong_is_answered(there: Path, type: str, more: str, answer: str) -> None:
    ran = inside(there, "record", type, *shlex.split(SAID), *shlex.split(more))
    assert ran.code in (2, 3)
    assert ran.out == ""
    assert answer in one_line(ran.err)
    assert not RAW.search(ran.err)


def test_there_are_sixty() -> None:
    assert len(CELLS) + len(COMMANDS) + len(RECORDS) >= 60


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundled history, a table and a mapping that misspells a column."""
    here = tmp_path_factory.mktemp("there")
    assert inside(here, "demo").code == 0
    (here / "rows.csv").write_text("id,date,n,publisher\n1,2023-04-14,35,Wire\n", "utf-8")
    near = 'dataset = "d"\nkey = ["id"]\n[fields]\ntype = "captives_released"\noccurred = "{dat:moment}"\n'
    (here / "near.toml").write_text(near, "utf-8")
    (here / "ok.ndjson").write_text("", "utf-8")
    return here


@pytest.mark.parametrize(("words", "code", "answer"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_that_is_wrong_is_answered(there: Path, words: str, code: int, answer: str) -> None:
    ran = inside(there, *shlex.split(words))
    assert ran.code == code
    assert answer in one_line(ran.err)
    assert not RAW.search(ran.err)


RAW = re.compile(r"Input should|Field required|Extra inputs|validation error|Value error|Traceback|\[type=")
"""Words of pydantic, which nobody outside knows."""


def one_line(text: str) -> str:
    return " ".join(text.split())
