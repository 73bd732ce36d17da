"""The `replay` command: what it prints, and how it exits."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger import Ledger
from schemas.events import AnyEvent
from tests.book.building import corrected, freed, ident
from tests.cli.run import Ran, inside
from tests.history.bundled import NOVEMBER, history, last_claim
from tests.replay.keeping import EVENTS

RIVALS = [freed(1, 10), freed(2, 12)]


def written(path: Path, events: Sequence[AnyEvent]) -> str:
    url = f"sqlite:///{path}"
    with Ledger.open(url) as opened:
        opened.publish_many(events)
    return url


def replay(here: Path, *words: str, **env: str) -> Ran:
    return inside(here, *words, program="replay", **env)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("replay") / "ledger.db", history())


def test_rebuild_prints_a_digest_that_it_then_expects(tmp_path: Path, url: str) -> None:
    [facts] = replay(tmp_path, "rebuild", "--json", LEDGER_LOG=url).lines
    assert (facts["events"], facts["exchanges"], facts["position"]) == (EVENTS, 10, f"0:{EVENTS - 1}")
    again = replay(tmp_path, "rebuild", "--strict", "--expect", facts["digest"], LEDGER_LOG=url)
    assert again.code == 0
    assert facts["digest"] in again.out


def test_another_digest_than_expected_exits_5(tmp_path: Path, url: str) -> None:
    done = replay(tmp_path, "rebuild", "--expect", "0" * 64, "--log", url)
    assert done.code == 5
    assert f"not {'0' * 64}" in done.err


def test_rebuild_to_a_cut(tmp_path: Path, url: str) -> None:
    through = last_claim(NOVEMBER, "r5-thai")
    [facts] = replay(tmp_path, "rebuild", "--json", "--through", through, LEDGER_LOG=url).lines
    assert facts["events"] == [event.id for event in history()].index(through) + 1


def test_live_views_equal_a_rebuild(tmp_path: Path, url: str) -> None:
    done = replay(tmp_path, "compare", url)
    assert (done.code, done.out) == (0, "")
    assert "equal in every view" in done.err


def test_ledgers_of_the_same_events_are_equal(tmp_path: Path) -> None:
    one, other = written(tmp_path / "a.db", RIVALS), written(tmp_path / "b.db", RIVALS)
    assert replay(tmp_path, "compare", one, other).code == 0


def test_ledgers_that_differ_exit_5_with_each_difference(tmp_path: Path) -> None:
    one, other = written(tmp_path / "a.db", RIVALS), written(tmp_path / "b.db", [*RIVALS, corrected(3, 1, 11)])
    done = replay(tmp_path, "compare", one, other, "--json")
    assert done.code == 5
    best = next(line for line in done.lines if line["member"] == "captives.released.best")
    assert (best["left"], best["right"], best["only_right"]) == (10, 11, [ident(3)])
    shown = replay(tmp_path, "compare", one, other)
    assert shown.code == 5
    assert f"only on the right: {ident(3)}" in shown.out
    assert "differences" in shown.err


def test_a_ledger_that_is_not_there_exits_4(tmp_path: Path) -> None:
    assert replay(tmp_path, "rebuild", "--log", f"sqlite:///{tmp_path / 'none' / 'ledger.db'}").code == 4
