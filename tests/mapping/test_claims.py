"""A file of claims of any conflict, by a mapping that extends the one that ships."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.errors import UsageError
from ledger.mapping.document import TableMapping
from schemas.events import AnyEvent, CaptivesReleased, TallyStated
from tests.book.building import numbers, round_parts
from tests.history.bundled import folded
from tests.mapping.reading import mapped

MAPPING = """
extends = "claims"
dataset = "test"
[table]
empty = { deal_id = "NORTH-SOUTH" }
[join.source]
file = "sources.csv"
key = "source_id"
[curator]
publisher = "The curators"
kind = "derived"
[values.nationality]
northern = ["XNO"]
[values.category]
children = { category = "children" }
[values.unit]
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
SOURCES = """source_id,publisher,pub_date,kind
POST,The River Post,2024-03-02,newspaper
WIRE,Coast Wire,2024-03-01,wire
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mapping")
    (path / "sources.csv").write_text(SOURCES, "utf-8")
    return path


def load(here: Path, text: str = MAPPING) -> TableMapping:
    (here / "mapping.toml").write_text(text, "utf-8")
    return TableMapping.load(here / "mapping.toml")


@pytest.fixture(scope="module")
def mapping(here: Path) -> TableMapping:
    return load(here)


def events(rows: list[dict[str, Any]], mapping: TableMapping) -> list[AnyEvent]:
    told, refused = mapped("claims.jsonl", b"\n".join(map(orjson.dumps, rows)), mapping)
    assert refused == []
    return told


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


def test_a_rival_row_widens_and_a_breakdown_is_checked(mapping: TableMapping) -> None:
    rows = [
        row("A"),
        row("B", 12, role="alternate", source_id="WIRE", confidence="low"),
        row("C", 4, level="breakdown", category="children"),
        row("D", 10, event_key="cum", level="cumulative", unit="released_cum"),
    ]
    told = events(rows, mapping)
    assert released(told) == (10, 10, 12)
    parts = round_parts(folded(told).book("NORTH-SOUTH"), 1)
    assert [(each.by, numbers(each.parts), each.agrees) for each in parts] == [("category", (4, 4, 4), True)]
    assert any(isinstance(each, TallyStated) for each in told)


def test_a_primary_row_that_the_rule_would_not_adopt_is_adopted_by_a_decision(mapping: TableMapping) -> None:
    told = events([row("A", confidence="low"), row("B", 12, role="alternate")], mapping)
    assert [each.type for each in told][-1] == "claim_adopted"
    assert released(told) == (10, 10, 12)


def test_a_row_without_a_primary_one_counts_nowhere(mapping: TableMapping) -> None:
    told = events([row("A", role="alternate")], mapping)
    assert [each.type for each in told][-1] == "claim_adopted"
    assert folded(told).tally("NORTH-SOUTH").captives.released is None


TAKEN = """
[row.A]
fields = { "groups.0.taken" = [{ occurrence = "raid" }] }
"""


def test_an_overlay_links_people_to_how_they_were_taken(here: Path) -> None:
    raid = row("R", event_key="raid", event_type="captives_taken", date="2024-02-20", ratio_scope="n/a", round_no=None)
    told = events([raid, row("A")], load(here, MAPPING + TAKEN))
    [held] = folded(told).round("NORTH-SOUTH", 1).days_held
    assert (held.occurrence, numbers(held.count), numbers(held.days)) == ("r1-captives", (10, 10, 10), (10, 10, 10))


def test_hedges_are_kept(mapping: TableMapping) -> None:
    told = events([row("A", 10, qualifier="over"), row("B", None, event_key="x")], mapping)
    counts = [each.groups[0].count for each in told if isinstance(each, CaptivesReleased)]
    assert [(count.best, count.low, count.qualifier) for count in counts] == [
        (None, 11, "over"),
        (None, None, "unknown"),
    ]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"event_type": "captives_lost"}, "type: 'captives_lost' is no event type"),
    ({"nationality": "eastern"}, "nationality: 'eastern' is not in [values.nationality], which has northern"),
    ({"nationality": "northen"}, "is it 'northern'?"),
    ({"source_id": "NOBODY"}, "source_id: 'NOBODY' is not in [values.source]"),
    ({"confidence": "certain"}, "confidence: 'certain'"),
    ({"date": "yesterday"}, "occurred"),
    ({"deal_id": "EAST-WEST"}, "exchange.EAST-WEST: 'EAST-WEST' is not described; add [exchange.EAST-WEST]"),
    ({"unit": "souls"}, "unit: 'souls'"),
    ({"count": -1}, "count: "),
    ({"row_id": "A"}, "row_id: 'A' names an earlier row too; that one is kept"),
    ({"row_id": ""}, "row_id: is empty"),
]


@pytest.mark.parametrize(("wrong", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_row_with_a_problem_is_named_and_the_others_become_events(
    mapping: TableMapping, wrong: dict[str, Any], reason: str
) -> None:
    rows = [row("A"), {**row("B"), "event_key": "b", **wrong}]
    told, refused = mapped("claims.jsonl", b"\n".join(map(orjson.dumps, rows)), mapping)
    [problem] = refused
    assert reason in problem
    assert problem.startswith(("2: ", "exchange."))
    assert released([each for each in told if each.exchange == "NORTH-SOUTH"]) == (10, 10, 10)


def test_the_table_of_sources_says_what_is_kept_of_them(here: Path) -> None:
    copy, digits = "https://archive.example/1", "0a" * 32
    first, *rest = SOURCES.splitlines()
    (here / "kept.csv").write_text(f"{first},archived,sha256\n{rest[0]},{copy},{digits}\n{rest[1]},,\n", "utf-8")
    told, _ = mapped(
        "claims.jsonl",
        b"\n".join(orjson.dumps({**row(name), "event_key": name, "source_id": name}) for name in ("POST", "WIRE")),
        load(here, MAPPING.replace("sources.csv", "kept.csv")),
    )
    kept = {each.source.publisher: (each.source.archived, each.source.sha256) for each in told}
    assert kept["The River Post"] == (copy, digits)
    assert kept["Coast Wire"] == (None, None)


def test_a_mapping_that_names_an_undeclared_party_is_refused(here: Path) -> None:
    wrong = MAPPING.replace("[exchange.NORTH-SOUTH.parties]\nnorth", "[exchange.NORTH-SOUTH.parties]\nsouth")
    with pytest.raises(UsageError, match=r"'south' is not described; add \[party.south\]"):
        load(here, wrong)


def test_what_is_known_of_rows_that_are_not_there_is_said(here: Path) -> None:
    notices: list[str] = []
    more = load(here, MAPPING + '[row."A, B, C"]\nwhy = "as they say"\n')
    mapped("claims.jsonl", orjson.dumps(row("B")), more, notices)
    assert notices == ["claims.jsonl: the mapping knows more of rows that are not there: A, C"]
