"""The first script: a file of claims of any conflict, by a mapping. Rows with a problem are named and left out."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from claims_file.mapping import ClaimsMapping, MappingError
from claims_file.rows import RowError, RowProblem, SourceRow
from claims_file.stream import events
from schemas.events import AnyEvent, CaptivesReleased, TallyStated
from tests.book.building import numbers, round_parts
from tests.history.bundled import HISTORY, TREE, folded

MAPPING = """
[dataset]
name = "test"
exchange = "NORTH-SOUTH"
[curator]
publisher = "The curators"
[credibility]
high = 2
low = 4
[nationality]
northern = ["XNO"]
[category]
children = { category = "children" }
[unit]
persons = {}
released_cum = { figure = "captives.released" }
[party]
north = { name = "North", kind = "state" }
[exchange.NORTH-SOUTH]
title = "At the river"
nationals = ["XNO"]
[exchange.NORTH-SOUTH.parties]
north = ["detaining_power"]
"""
SOURCES = {
    "POST": SourceRow(source_id="POST", publisher="The River Post", pub_date="2024-03-02", kind="newspaper"),
    "WIRE": SourceRow(source_id="WIRE", publisher="Coast Wire", pub_date="2024-03-01", kind="wire"),
}


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> ClaimsMapping:
    path = tmp_path_factory.mktemp("mapping") / "mapping.toml"
    path.write_text(MAPPING, "utf-8")
    return ClaimsMapping.load(path)


def row(row_id: str, count: int | None = 10, **members: Any) -> dict[str, Any]:
    return {
        "row_id": row_id,
        "event_key": "r1-captives",
        "round_no": 1,
        "date": "2024-03-01",
        "event_type": "captives_released",
        "nationality": "northern",
        "count": count,
        "unit": "persons",
        "ratio_scope": "inside",
        "level": "leg",
        "role": "primary",
        "source_id": "POST",
        "confidence": "high",
        "as_stated": "they came",
        **members,
    }


def released(told: list[AnyEvent]) -> tuple[int | None, int, int | None]:
    return numbers(folded(told).tally("NORTH-SOUTH").captives.released)


def test_a_rival_row_widens_and_a_breakdown_is_checked(mapping: ClaimsMapping) -> None:
    rows = [
        row("A"),
        row("B", 12, role="alternate", source_id="WIRE", confidence="low"),
        row("C", 4, level="breakdown", category="children"),
        row("D", 10, event_key="cum", level="cumulative", unit="released_cum"),
    ]
    told = list(events(rows, SOURCES, mapping))
    assert released(told) == (10, 10, 12)
    parts = round_parts(folded(told).book("NORTH-SOUTH"), 1)
    assert [(each.by, numbers(each.parts), each.agrees) for each in parts] == [("category", (4, 4, 4), True)]
    assert any(isinstance(each, TallyStated) for each in told)


def test_a_primary_row_that_the_rule_would_not_adopt_is_adopted_by_a_decision(mapping: ClaimsMapping) -> None:
    told = list(events([row("A", confidence="low"), row("B", 12, role="alternate")], SOURCES, mapping))
    assert [each.type for each in told][-1] == "claim_adopted"
    assert released(told) == (10, 10, 12)


def test_a_row_without_a_primary_one_counts_nowhere(mapping: ClaimsMapping) -> None:
    told = list(events([row("A", role="alternate")], SOURCES, mapping))
    assert [each.type for each in told][-1] == "claim_adopted"
    assert folded(told).tally("NORTH-SOUTH").captives.released is None


TAKEN = """
[row.A]
taken = [{ occurrence = "raid" }]
"""


def test_an_overlay_links_people_to_how_they_were_taken(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING + TAKEN, "utf-8")
    raid = row("R", event_key="raid", event_type="captives_taken", date="2024-02-20", ratio_scope="n/a", round_no=None)
    told = list(events([raid, row("A")], SOURCES, ClaimsMapping.load(path)))
    [held] = folded(told).round("NORTH-SOUTH", 1).days_held
    assert (held.occurrence, numbers(held.count), numbers(held.days)) == ("r1-captives", (10, 10, 10), (10, 10, 10))


def test_hedges_are_kept(mapping: ClaimsMapping) -> None:
    told = list(events([row("A", 10, qualifier="over"), row("B", None, event_key="x")], SOURCES, mapping))
    counts = [each.groups[0].count for each in told if isinstance(each, CaptivesReleased)]
    assert [(count.best, count.low, count.qualifier) for count in counts] == [
        (None, 11, "over"),
        (None, None, "unknown"),
    ]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"event_type": "captives_lost"}, "event_type"),
    ({"nationality": "eastern"}, "nationality"),
    ({"source_id": "NOBODY"}, "source_id"),
    ({"confidence": "certain"}, "confidence"),
    ({"level": "legs"}, "level"),
    ({"date": "yesterday"}, "occurred"),
    ({"deal_id": "EAST-WEST"}, "deal_id"),
    ({"unit": "souls"}, "unit"),
    ({"count": -1}, "count"),
    ({"row_id": "A"}, "row_id"),
]


@pytest.mark.parametrize(("wrong", "field"), BAD, ids=[field for _, field in BAD])
def test_a_row_with_a_problem_is_named_and_the_others_become_events(
    mapping: ClaimsMapping, wrong: dict[str, Any], field: str
) -> None:
    problems: list[RowProblem] = []
    level = {"level": "cumulative"} if field == "unit" else {}
    told = list(events([row("A"), {**row("B"), "event_key": "b", **level, **wrong}], SOURCES, mapping, problems.append))
    [problem] = problems
    assert (problem.row, problem.field.partition(".")[0]) == (wrong.get("row_id", "B"), field)
    assert released(told) == (10, 10, 10)


def test_without_a_place_for_problems_the_first_one_is_raised(mapping: ClaimsMapping) -> None:
    with pytest.raises(RowError, match="row A: nationality: 'eastern' is not in the mapping"):
        list(events([row("A", nationality="eastern")], SOURCES, mapping))


def test_a_mapping_that_names_an_undeclared_party_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING.replace("[exchange.NORTH-SOUTH.parties]\nnorth", "[exchange.NORTH-SOUTH.parties]\nsouth"))
    with pytest.raises(MappingError, match="south"):
        ClaimsMapping.load(path)


def test_the_script_names_bad_lines_and_exits_3(tmp_path: Path) -> None:
    lines = (HISTORY / "claims.jsonl").read_bytes().splitlines()[:20]
    claims = tmp_path / "claims.jsonl"
    unknown = orjson.dumps({**orjson.loads(lines[0]), "row_id": "X-1", "nationality": "martian"})
    claims.write_bytes(b"\n".join([*lines, b"{broken", unknown]) + b"\n")
    script = [sys.executable, str(TREE / "examples/ingest_claims.py"), str(claims)]
    done = subprocess.run(
        [*script, str(HISTORY / "sources.csv"), str(HISTORY / "mapping.toml")], capture_output=True, check=False
    )
    said = done.stderr.decode().splitlines()
    assert done.returncode == 3
    assert said[0].startswith("row on line 21: is not JSON")
    assert said[1].startswith("row X-1: nationality: 'martian'")
    assert said[-1].endswith("2 rows rejected")
    assert len(done.stdout.splitlines()) > 20
