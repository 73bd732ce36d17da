"""Whatever sources say, an audit finds no failure; it names what is contested, and what is known of neither side."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger.book.figures import is_recorded, value
from ledger.book.tally import figures
from ledger.book.transfers import SIDES
from replay.audit.findings import Audit, Finding
from replay.audit.run import audit
from schemas.codec import UnknownEvent, decode
from schemas.events import AnyEvent
from tests.book.sequences import random_history
from tests.history.bundled import TREE
from tests.replay.audit.auditing import NOBODY, evidence, ledger_of


def found(done: Audit, *checks: str) -> list[Finding]:
    return [each for outcome in done.outcomes if outcome.name in checks for each in outcome.seen.findings]


@pytest.mark.parametrize("seed", range(30))
def test_a_random_history_fails_nothing_and_hides_nothing(seed: int, tmp_path: Path) -> None:
    read = evidence(ledger_of(tmp_path / "a.db", *random_history(seed, most=60)))
    done = audit(read, NOBODY)
    assert done.failures() == []
    differing = {each.events for each in found(done, "rivals") if each.severity == "disagreement"}
    short = [(each.where, each.what) for each in found(done, "conservation")]
    for exchange, book in read.books.by_exchange.items():
        contested = [book.verdict(each) for each in book.weighed() if each.is_contested]
        rivals = [tuple(claim.id for claim in verdict.eligible) for verdict in contested]
        assert {each for each in rivals if len(each) > 1} <= differing
        assert {(claim.id,) for verdict in contested for claim in verdict.strayed} <= differing
        sums = figures(book)
        for name in (f"{side}.held" for side in SIDES):
            if is_recorded(name, sums) and value(name, sums) is None:
                words = f"{name.partition('.')[0]} are recorded to have come to be held"
                assert any(where == exchange and words in what for where, what in short)


def armies(name: str) -> Sequence[AnyEvent]:
    """The events of one desk of the worked example."""
    lines = (TREE / f"examples/two_armies/{name}.ndjson").read_bytes().splitlines()
    decoded = [decode(line) for line in lines]
    return [each for each in decoded if not isinstance(each, UnknownEvent)]


OTHER = {"captive": "prisoner", "prisoner": "captive", "Captive": "Prisoner", "Prisoner": "Captive"}


def test_two_desks_are_told_the_same_of_each_others_sides(tmp_path: Path) -> None:
    def told(name: str) -> set[tuple[str, str, str]]:
        done = audit(evidence(ledger_of(tmp_path / f"{name}.db", *armies(name))), NOBODY)
        checks = (
            "conservation",
            "doubles",
            "corrections",
            "rivals",
            "parts",
            "stated",
            "promises",
        )  # ratios are turned
        return {(each.severity, each.where, each.what) for each in found(done, *checks)}

    def turned(text: str) -> str:
        return re.sub("|".join(OTHER), lambda side: OTHER[side[0]], text)

    ours = told("ours")
    assert {(severity, turned(where), turned(what)) for severity, where, what in ours} == told("theirs")
    assert len(ours) == 12
