"""A figure with its proof: it holds, it is small, and nothing in it can be changed."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.errors import UnknownName, UsageError, VerificationFailed
from ledger.proof.figure import Bounds, ProvedFigure, SignedFigure
from ledger.proof.note import Note, SigningKey
from replay.figure_proof import prove_figures, verify_figure
from schemas.views import Estimate
from tests.book.building import EXCHANGE, freed, let_go
from tests.history.bundled import NOVEMBER, history, last_claim
from tests.replay.keeping import EVENTS, KEY, KEYRING, NOON, THIEF, append, archived, opened, published, sender, signed
from tests.replay.tampering import records


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return published(tmp_path_factory.mktemp("figures") / "ledger.db")


@pytest.fixture(scope="module")
def note(url: str, tmp_path_factory: pytest.TempPathFactory) -> Note:
    return signed(records(archived(url, tmp_path_factory.mktemp("figures") / "archive")), EVENTS)


def proved(
    url: str,
    note: Note,
    figure: str = "captives.deal",
    bounds: Bounds | None = None,
    key: SigningKey = KEY,
    exchange: str = NOVEMBER,
) -> SignedFigure:
    async def run() -> SignedFigure:
        async with opened(url) as log:
            [proof] = await prove_figures(log, key, [note], exchange, bounds or Bounds(), [figure], now=NOON)
            return proof

    return asyncio.run(run())


@pytest.fixture(scope="module")
def deal(url: str, note: Note) -> str:
    return str(proved(url, note))


def test_a_figure_is_checked_offline(deal: str) -> None:
    started = time.perf_counter()
    figure, explanation = verify_figure(deal, KEYRING)
    assert time.perf_counter() - started < 5
    assert figure.value == explanation.value == Estimate(best=80, low=80, high=80)
    assert figure.exchange == explanation.exchange == NOVEMBER
    assert len(deal) < 100_000


@pytest.mark.parametrize(
    ("figure", "bounds"),
    [
        ("captives.nationals", {}),
        ("rounds.5.prisoners.released", {}),
        ("captives.released", {"occurred_by": "2023-11-28"}),
        ("captives.released", {"published_by": "2023-11-27"}),
        ("prisoners.released", {"through": last_claim(NOVEMBER, "r5-thai")[:24]}),
        ("captives.foreigners", {"occurred_by": "2023-11-27"}),
    ],
)
def test_figures_at_cuts(url: str, note: Note, figure: str, bounds: dict[str, str]) -> None:
    found, _ = verify_figure(str(proved(url, note, figure, Bounds(**bounds))), KEYRING)
    assert found.figure == figure


def test_that_nobody_is_counted_rests_on_those_who_are(url: str, note: Note) -> None:
    nobody, everybody = (proved(url, note, name).figure for name in ("captives.unsaid", "captives.released"))
    assert nobody.value == Estimate(best=0, low=0, high=0)
    assert {each.index for each in nobody.records} == {each.index for each in everybody.records}


def test_a_whole_without_a_number_is_proved_with_its_parts(tmp_path: Path) -> None:
    told = [
        freed(1, {"qualifier": "several"}),
        freed(2, 4, key="bus", part={"of": "leg", "by": "batch"}),
        let_go(3, 30, key="out"),
    ]
    url = append(f"sqlite:///{tmp_path / 'ledger.db'}", told)
    checkpoint = signed(records(archived(url, tmp_path / "archive")), 3)
    figure = proved(url, checkpoint, "captives.released", exchange=EXCHANGE).figure
    assert (figure.value.low, [each.index for each in figure.records]) == (4, [0, 1])


def test_what_cannot_be_proved(url: str, note: Note, tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        proved(url, note, "captives.nonsense")
    with pytest.raises(UsageError, match="not recorded, or not known"):
        proved(url, note, "captives.escaped")
    few = signed(records(archived(url, tmp_path / "archive")), 20)
    with pytest.raises(VerificationFailed, match="no checkpoint covers"):
        proved(url, few)
    with pytest.raises(VerificationFailed, match=r"and example\.org/another is asked for"):
        proved(url, note, key=KEY.named("example.org/another"))
    other = published(tmp_path / "other.db", EVENTS - 1)
    with pytest.raises(VerificationFailed, match="not those that were signed"):
        proved(other, note)


def mutations(value: Any) -> Iterator[Any]:
    """Everything that is this JSON value but for one place."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield {name: each for name, each in value.items() if name != key}
            yield from ({**value, key: other} for other in mutations(member))
        yield {**value, "more": 1}
    elif isinstance(value, list):
        for at, member in enumerate(value):
            yield [*value[:at], *value[at + 1 :]]
            yield [*value[:at], member, *value[at:]]
            yield from ([*value[:at], other, *value[at + 1 :]] for other in mutations(member))
        yield [*value, "more"]
    elif isinstance(value, str):
        yield from (value + "x", value[1:], value.replace("1", "2", 1) if "1" in value else "1", None)
    elif isinstance(value, bool) or value is None:
        yield from (not value, 7, "x")
    else:
        yield from (value + 1, value - 1, -value or 5, float(value), str(value), None)


def test_no_mutation_of_a_field_is_believed(deal: str) -> None:
    members, tried = orjson.loads(deal), 0
    for other in mutations(members):
        raw = orjson.dumps(other, option=orjson.OPT_INDENT_2).decode() + "\n"
        if raw == deal:
            continue
        with pytest.raises(VerificationFailed):
            verify_figure(raw, KEYRING)
        tried += 1
    assert tried > 1000


def test_a_proof_says_who_entered_the_claims_and_nothing_where_nobody_does(url: str, note: Note) -> None:
    records = orjson.loads(str(proved(url, note)))["records"]
    senders = [sender(history()[each["index"]]) for each in records]
    assert [each.get("entered_by", "unsaid") for each in records] == [each or "unsaid" for each in senders]
    assert {None, "token:newsroom"} <= {*senders}


def test_no_mutation_that_the_keeper_signs_is_believed_where_it_can_be_known(url: str, note: Note) -> None:
    """The keeper himself lies about what the proof holds: the signature is good, and the rest is not."""
    figure = proved(url, note).figure
    first, *others = figure.records
    claim = verify_figure(resigned(figure), KEYRING)[1].contributions[0].event
    changes: tuple[dict[str, object], ...] = (
        {"value": Estimate(best=81, low=81, high=81)},
        {"figure": "captives.nationals"},
        {"exchange": "NORTH-SOUTH-2017"},
        {"ledger": "example.org/another"},
        {"records": [each for each in figure.records if claim not in each.payload]},
        {"records": [first.model_copy(update={"index": first.index + 1}), *others]},
        {"records": [first.model_copy(update={"recorded_us": first.recorded_us + 1}), *others]},
        {"records": [first.model_copy(update={"payload": first.payload + " "}), *others]},
        {"records": [first.model_copy(update={"entered_by": "desk:another"}), *others]},
        {"records": [first.model_copy(update={"payload": "\ud800"}), *others]},
        {"records": [first.model_copy(update={"position": "0:400"}), *others]},
        {"records": [first.model_copy(update={"position": "1:0"}), *others]},
        {"records": [first.model_copy(update={"proof": first.proof[1:]}), *others]},
        {"checkpoints": []},
        {"checkpoints": [str(THIEF.named(f"{KEY.name}/0").sign(Note(note.text)))]},
        {"cut": Bounds(through="018bfa2c-7000-8000-8000-000000000001")},
        {"cut": Bounds(occurred_by="2023-11-24")},
        {"cut": Bounds(occurred_by="never")},
    )
    for change in changes:
        lie = figure.model_copy(update=change)
        with pytest.raises(VerificationFailed):
            pytest.fail(f"{change} was believed: {verify_figure(resigned(lie), KEYRING)[1].value}")


def resigned(figure: ProvedFigure) -> str:
    try:
        return str(SignedFigure(figure, KEY.sign(Note(figure.text))))
    except (TypeError, ValueError):  # text that is no UTF-8 has no JSON
        return "{}"


def test_a_proof_bears_one_signature(deal: str) -> None:
    members = orjson.loads(deal)
    members["signature"] += f"\n{members['signature']}"
    with pytest.raises(VerificationFailed, match="not written as one is"):
        verify_figure(orjson.dumps(members, option=orjson.OPT_INDENT_2).decode() + "\n", KEYRING)


@pytest.mark.parametrize("raw", ["", "{}", "[]", "null", "nonsense", '{"signature": 1}', '{"signature": ""}'])
def test_what_is_no_proof_is_refused(raw: str) -> None:
    with pytest.raises(VerificationFailed, match="no proof of a figure"):
        verify_figure(raw, KEYRING)
