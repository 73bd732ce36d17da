"""A view as JSON and as CSV: the same values, and what is not recorded is null in one, an empty cell in the other."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ledger.blocking import Ledger
from ledger.words.moments import edtf_of
from schemas.values import Moment
from schemas.view_kinds import VIEW_KINDS
from tests.api.serving import Served, loaded, make_token, serving
from tests.cli.run import inside
from tests.log.events import TREE
from tests.schemas.samples import changed

Row = Mapping[str, str]

LISTS = [each.address for each in VIEW_KINDS.values() if each.shape == "list" and each.name != "claims"]
"""Lists whose rows are the members of their views: one of claims has a row for each claim."""
OPEN = frozenset({"by", "of_which", "nationality"})
"""Breakdowns, whose terms differ from exchange to exchange: they are rows of a tally, and columns of nothing."""
TEXTS = frozenset({"exchange", "process", "title", "through", "first", "last"})
"""The members of a tally that are no figures."""
EXPLAINED = ("captives.released", "prisoners.deal", "captives.held", "prisoners.remains.held", "both.released")
TOTALS = ("taken", "released", "rescued", "escaped", "died")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the bundled history and of the war of two armies."""
    url = loaded(tmp_path_factory.mktemp("tables"))
    with Ledger.open(url) as ledger:
        lines = (TREE / "examples/two_armies/ours.ndjson").read_bytes().splitlines()
        assert all(hasattr(each, "position") for each in ledger.publish_stream(lines))
    with serving(url) as server:
        yield server


@pytest.fixture(scope="module")
def exchanges(served: Served) -> list[str]:
    return [each["exchange"] for each in served.get("/v1/exchanges").json["exchanges"]]


def rows(served: Served, path: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(served.get(f"{path}.csv").body.decode(), newline="")))


def cell(value: Any) -> str:
    """How a value stands in a cell: nothing for null, and never 0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def plain(text: str) -> str:
    """A cell without the apostrophes that keep spreadsheets from reading formulas."""
    return text.replace("'", "")


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a view by their paths, but for breakdowns and for lists of more than plain values."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in OPEN:
                yield from leaves(value, f"{path}.{name}" if path else name)
    elif not isinstance(node, list) or not any(isinstance(each, dict) for each in node):
        yield path, node


def agrees(view: Mapping[str, Any], row: Row) -> None:
    """Each value of a view has its cell; every other cell is below a null, a list of views, or an absent leg."""
    found = dict(leaves(view))
    for path, value in found.items():
        if path in row:
            assert plain(row[path]) == plain(cell(value)), path
        else:
            below = [text for column, text in row.items() if column.startswith(f"{path}.")]
            assert value in (None, [], {}), path
            assert not any(below), path
    assert not any(text for column, text in row.items() if column not in found)


def figures(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every figure of a tally by its path: an estimate, a ratio, a number, or null."""
    for name, value in node.items():
        here = f"{path}{name}"
        if isinstance(value, dict) and "precision" in value:
            continue
        if isinstance(value, dict) and not {"best", "fraction"} & value.keys():
            yield from figures(value, f"{here}.")
        elif isinstance(value, list):
            for each in (each for each in value if isinstance(each, dict)):
                yield from figures(each, f"{here}.{each['item']}.")
        elif here not in TEXTS and not isinstance(value, str):
            yield here, value


def test_a_list_of_views_holds_the_same_as_its_table(served: Served, exchanges: list[str]) -> None:
    for exchange in exchanges:
        for view in LISTS:
            here = f"/v1/exchanges/{exchange}{view}"
            for told, row in zip(served.get(here).json, rows(served, here), strict=True):
                agrees(told, row)


def test_one_round_holds_the_same_as_its_table(served: Served, exchanges: list[str]) -> None:
    for exchange in exchanges:
        for told in served.get(f"/v1/exchanges/{exchange}/rounds").json:
            here = f"/v1/exchanges/{exchange}/rounds/{told['round']}"
            assert served.get(here).json == told
            [row] = rows(served, here)
            agrees(told, row)


def test_a_tally_and_the_sum_of_a_process_hold_the_same_as_their_tables(served: Served) -> None:
    every = served.get("/v1/exchanges").json
    told = [*every["exchanges"], *every["processes"]]
    assert {"IL-HAMAS", "RIVER-WAR"} <= {each["exchange"] for each in every["processes"]}
    together = [row for each in told for row in rows(served, f"/v1/exchanges/{each['exchange']}")]
    assert together == rows(served, "/v1/exchanges")
    for each in told:
        found = {row["figure"]: row for row in together if row["exchange"] == each["exchange"]}
        known = dict(figures(each))
        assert found.keys() == known.keys()
        assert any(value is None for value in known.values())
        for name, value in known.items():
            if isinstance(value, dict):
                said = {"hedged": False} | value  # JSON leaves it out of a ratio where no source hedges
            else:
                said = {} if value is None else {"best": value, "low": value, "high": value}
            expected = {{"value": "best"}.get(part, part): cell(its) for part, its in said.items()}
            cells = {column: text for column, text in found[name].items() if column not in ("exchange", "figure")}
            assert cells == {**dict.fromkeys(cells, ""), **expected}, name


def test_claims_hold_the_same_as_their_table_and_what_counts_nothing_has_no_count(
    served: Served, exchanges: list[str]
) -> None:
    uncounted = set()
    for exchange in exchanges:
        here = f"/v1/exchanges/{exchange}/claims"
        told = [(each, claim) for each in served.get(here).json for claim in each["claims"]]
        for (occurrence, claim), row in zip(told, rows(served, here), strict=True):
            assert row["occurred.edtf"] == edtf_of(Moment.model_validate(claim["occurred"]))
            same = {column: text for column, text in row.items() if column != "occurred.edtf"}
            agrees({**claim, "exchange": exchange, "occurrence": occurrence["occurrence"]}, {**in_full(claim), **same})
            if claim["count"] is None:
                uncounted.add(claim["type"])
    assert {"meeting_held", "terms_agreed", "pause_started", "position_declared"} <= uncounted
    assert not uncounted & {"captives_released", "aid_delivered", "tally_stated"}


def in_full(claim: Mapping[str, Any]) -> dict[str, str]:
    """The members of a source that a table leaves out."""
    return {f"source.{name}": cell(value) for name, value in claim["source"].items()}


def test_an_explanation_holds_the_same_as_its_table_and_says_of_nothing_that_it_is_nothing(
    served: Served, exchanges: list[str]
) -> None:
    for exchange in exchanges:
        listed = {each["figure"]: each["value"] for each in served.get(f"/v1/exchanges/{exchange}/explain").json}
        unknown = [name for name, value in listed.items() if value is None and name.startswith("prisoners.")]
        for name in (*EXPLAINED, *unknown):
            here = f"/v1/exchanges/{exchange}/explain/{name}"
            told = served.get(here).json
            assert told["value"] == listed[name]
            claims = [*behind(told)] or [{}]
            for claim, row in zip(claims, rows(served, here), strict=True):
                value = told["value"] or dict.fromkeys(("best", "low", "high", "hedged", "exact"))
                for part, its in value.items():
                    assert row[f"value.{part}"] == cell(its)
                for kind in ("count", "days_held"):
                    estimate = claim.get(kind) or dict.fromkeys(value)
                    assert [row[f"{kind}.{part}"] for part in value] == [cell(estimate[part]) for part in value]
                assert row["event"] == claim.get("event", "")
                assert plain(row["notes"]) == plain("; ".join(told["notes"]))
            assert told["notes"] or told["value"] is not None


def behind(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for each in told["contributions"]:
        yield each
        yield from each["left_out"]
    yield from told["left_out"]


def test_a_total_that_no_claim_counts_for_is_null_and_never_0(served: Served, exchanges: list[str]) -> None:
    missing = 0
    for exchange in exchanges:
        here = f"/v1/exchanges/{exchange}"
        claims = [claim for each in served.get(f"{here}/claims").json for claim in each["claims"]]
        counted = {claim["type"] for claim in claims if claim["adopted"]}
        tally = served.get(here).json
        for name in (f"{side}.{total}" for side in ("captives", "prisoners") for total in TOTALS):
            side, total = name.split(".")
            if f"{side}_{total}" not in counted:
                assert tally[side][total] is None, f"{exchange} {name}"
                assert served.get(f"{here}/explain/{name}").json["value"] is None
                missing += 1
    assert missing > 20


@pytest.mark.parametrize("cut", [{}, {"occurred_by": "2023-11-27"}, {"published_by": "2023-11-28"}])
def test_the_command_line_tells_the_same(served: Served, tmp_path: Path, cut: Mapping[str, str]) -> None:
    query = "".join(f"{name}={text}" for name, text in cut.items())
    bounds = [word for name, text in cut.items() for word in (f"--{name.replace('_', '-')}", text)]

    def told(*words: str) -> list[Any]:
        return inside(tmp_path, *words, "--json", "--log", served.url, *bounds).lines

    every = served.get(f"/v1/exchanges?{query}").json
    assert told("tallies") == [*every["exchanges"], *every["processes"]]
    for exchange in ("IL-HAMAS-2023-11", "IL-HAMAS-OUTSIDE"):
        here = f"/v1/exchanges/{exchange}"
        for command, view in (("rounds", "rounds"), ("stated", "stated"), ("doubles", "doubles"), ("pauses", "pauses")):
            assert told(command, exchange) == served.get(f"{here}/{view}?{query}").json, view
        assert told("explain", exchange) == served.get(f"{here}/explain?{query}").json
        for figure in ("captives.released", "captives.held", "prisoners.escaped", "captives.foreigners"):
            assert told("explain", exchange, figure) == [served.get(f"{here}/explain/{figure}?{query}").json]


def test_what_is_kept_of_a_source_stands_beside_its_link(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    Ledger.open(url).close()
    kept = {"url": "https://a.example/1", "archived": "https://archive.example/1", "sha256": "0a" * 32}
    with serving(url) as server:
        token = make_token(url)
        wrong = changed(source={"publisher": "P", "kind": "wire", **kept, "sha256": "0A" * 32})
        refused = server.publish(wrong, token)
        assert f"; write {kept['sha256']}" in refused.body.decode()
        assert server.publish(changed(source={"publisher": "P", "kind": "wire", **kept}), token).status == 201
        [exchange] = [each["exchange"] for each in server.get("/v1/exchanges").json["exchanges"]]
        for path in ("claims", "explain/captives.released"):
            [row] = rows(server, f"/v1/exchanges/{exchange}/{path}")
            assert {name: row[f"source.{name}"] for name in kept} == kept
        [said] = server.get(f"/v1/exchanges/{exchange}/rounds.metadata.json").json["sources"]
        assert (said["urls"], said["archived"]) == ([kept["url"]], [kept["archived"]])
