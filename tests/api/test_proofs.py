"""Proofs for download: what the keeper signed, for the value that is shown and for no other."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from ledger.blocking import Ledger
from ledger.proof.figure import Bounds
from replay.figure_proof import prove_figures, verify_figure
from tests.api.serving import Served, publish, serving
from tests.book.building import ident, let_go
from tests.replay.keeping import KEY, KEYRING, NOON, append, archived, opened, signed
from tests.replay.tampering import records

FIRST, SECOND = let_go(1, 33), let_go(2, 30, key="second", round=2)
HERE = f"/v1/exchanges/{FIRST.exchange}"


def prove(url: str, folder: Path, here: Path, count: int, bounds: Bounds | None = None) -> None:
    """Put a proof of every figure into a folder, as the command does."""
    note = signed(records(archived(url, here / f"archive-{count}")), count)

    async def run() -> None:
        async with opened(url) as log:
            for each in await prove_figures(log, KEY, [note], FIRST.exchange, bounds or Bounds(), now=NOON):
                (folder / f"{each.figure.figure}{bounds.through if bounds else ''}.proof").write_text(str(each))

    asyncio.run(run())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "proofs").mkdir()
    return tmp_path / "proofs"


@pytest.fixture
def server(tmp_path: Path, folder: Path) -> Iterator[Served]:
    """A server of two events, with a proof of every figure as it is, and as it was after the first."""
    url = append(f"sqlite:///{tmp_path}/ledger.db", [FIRST, SECOND])
    prove(url, folder, tmp_path, 2)
    prove(url, folder, tmp_path, 2, Bounds(through=FIRST.id))
    with serving(url, proofs=folder) as server:
        yield server


def test_the_proof_of_what_is_shown_is_downloaded_and_holds(server: Served) -> None:
    got = server.get(f"{HERE}/proof/prisoners.released")
    assert got.status == 200
    assert got.headers["content-disposition"] == f'attachment; filename="{FIRST.exchange}-prisoners.released.proof"'
    figure, explanation = verify_figure(got.body.decode(), KEYRING)
    shown = server.get(f"{HERE}/explain/prisoners.released").json
    assert (figure.figure, figure.value.best) == ("prisoners.released", shown["value"]["best"])
    assert [each.event for each in explanation.contributions] == [each["event"] for each in shown["contributions"]]


def test_a_figure_has_one_proof_under_all_its_names(server: Served) -> None:
    names = ("rounds.2.prisoners.released", "rounds.2.prisoners", "rounds.02.prisoners")
    assert len({server.get(f"{HERE}/proof/{name}").body for name in names}) == 1


def test_at_a_cut_the_proof_is_of_that_cut(server: Served) -> None:
    got = server.get(f"{HERE}/proof/prisoners.released?through={ident(1)}")
    figure, _ = verify_figure(got.body.decode(), KEYRING)
    assert (figure.value.best, figure.cut.through) == (33, FIRST.id)
    assert server.get(f"{HERE}/proof/prisoners.released?occurred_by=2024-03-01").status == 404


def test_which_proofs_there_are(server: Served) -> None:
    offered = server.get(f"{HERE}/proof").json
    assert {each["figure"] for each in offered} >= {"prisoners.released", "rounds.1.prisoners.released"}
    totals = [each for each in offered if each["figure"] == "prisoners.released"]
    assert sorted((each["cut"]["through"] or "", each["value"]["best"]) for each in totals) == [
        ("", 63),
        (FIRST.id, 33),
    ]


def test_a_figure_that_moved_since_has_no_proof_until_its_keeper_makes_one(
    server: Served, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, [let_go(3, 7, key="third", round=3)])
    got = server.get(f"{HERE}/proof/prisoners.released")
    assert got.status == 404
    assert "has changed since it was proved at 2026-03-01T12:00:00Z" in got.json["detail"]
    assert server.get(f"{HERE}/proof/prisoners.released?position=0:1").status == 200
    assert server.get(f"{HERE}/proof/rounds.1.prisoners").status == 200
    prove(server.url, folder, tmp_path, 3)
    monkeypatch.setattr("ledger.api.views.proofs.LOOK_S", 0.0)
    figure, _ = verify_figure(server.get(f"{HERE}/proof/prisoners.released").body.decode(), KEYRING)
    assert figure.value.best == 70


def test_what_there_is_not_is_a_clear_problem(server: Served) -> None:
    assert server.get("/v1/exchanges/NOWHERE/proof").json["type"].endswith("unknown-name")
    assert server.get(f"{HERE}/proof/captives.nonsense").json["type"].endswith("unknown-name")
    got = server.get(f"{HERE}/proof/remains.returned")
    assert (got.status, got.json["type"]) == (404, "urn:exchange-ledger:problem:no-proof")
    assert server.get(f"{HERE}/proof/prisoners.released?nonsense=1").status == 400


def test_without_the_setting_no_proof_is_offered(tmp_path: Path) -> None:
    with serving(append(f"sqlite:///{tmp_path}/ledger.db", [FIRST])) as server:
        assert server.get(f"{HERE}/proof").json == []
        got = server.get(f"{HERE}/proof/prisoners.released")
        assert (got.status, got.json["type"]) == (404, "urn:exchange-ledger:problem:no-proof")
        assert "LEDGER_SERVE_PROOFS" in got.json["detail"]


def test_what_else_lies_in_the_folder_is_not_served(server: Served, folder: Path, tmp_path: Path) -> None:
    """Neither what is no proof, nor what a link leads to out of the folder; nothing is found by a path."""
    members = orjson.loads((folder / "prisoners.released.proof").read_bytes())
    outside = tmp_path / "outside.proof"
    outside.write_bytes(orjson.dumps({**members, "figure": "captives.taken"}))
    (folder / "link.proof").symlink_to(outside)
    (folder / "torn.proof").write_bytes(b'{"format": "exchange-ledger/figure/v1", "exch')
    (folder / "other.proof").write_bytes(orjson.dumps({**members, "format": "other", "figure": "captives.taken"}))
    (folder / "key").write_text("secret")
    with serving(server.url, proofs=folder) as again:
        assert "captives.taken" not in {each["figure"] for each in again.get(f"{HERE}/proof").json}
        for path in ("../key", "..%2fkey", "key", "%2e%2e%2foutside"):
            assert again.get(f"{HERE}/proof/{path}").status == 404
        assert again.get(f"{HERE}/proof/prisoners.released").status == 200


def test_where_reading_takes_a_token_so_do_proofs(server: Served, folder: Path) -> None:
    with serving(server.url, proofs=folder, read="token") as closed:
        assert closed.get(f"{HERE}/proof").status == 401
        assert closed.get(f"{HERE}/proof/prisoners.released").status == 401


def test_a_proof_that_holds_what_was_removed_is_not_offered_though_its_value_stands(server: Served) -> None:
    with Ledger.open(server.url) as ledger:
        ledger.redact(SECOND.id, "its note named somebody", "An officer")
        last = ledger.publish(SECOND.model_copy(update={"id": ident(3)}))
    server.reach(str(last.position))
    assert server.get(f"{HERE}/explain/prisoners.released").json["value"]["best"] == 63
    got = server.get(f"{HERE}/proof/prisoners.released")
    assert (got.status, got.json["type"]) == (404, "urn:exchange-ledger:problem:no-proof")
    assert "prove it anew" in got.json["detail"]
    assert server.get(f"{HERE}/proof/prisoners.released?through={FIRST.id}").status == 200
