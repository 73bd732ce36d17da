"""What must hold for every sequence of events, whoever sends them and however they come."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ledger.book.balances import ZERO
from ledger.book.cut import Cut
from ledger.book.figures import value
from ledger.book.projection import Book, Touched
from ledger.book.statements import stated_totals
from ledger.book.tally import figures, process_tally, tally
from ledger.book.transfers import PLACES
from ledger.reading import Reading
from schemas.codec import encode
from schemas.events import AnyEvent, ClaimAdopted, ClaimRetracted, Movement
from schemas.record import Batch
from schemas.views import Estimate, view_bytes
from tests.book.building import added, event, ident
from tests.book.naive import FLOWS, NOTHING, naive
from tests.book.sequences import DAYS, TIMES, histories, random_history

BOUNDS = (*DAYS, *TIMES)


def batches(told: Sequence[AnyEvent], sizes: Sequence[int]) -> Iterator[Batch]:
    """Events as batches of these sizes, and the rest as one more."""
    rows = [(offset, 0, encode(each)) for offset, each in enumerate(told)]
    for size in sizes:
        if taken := rows[:size]:
            yield Batch(0, taken, taken[-1][0])
        rows = rows[size:]
    if rows:
        yield Batch(0, rows, rows[-1][0])


def bodies(
    told: Sequence[AnyEvent], sizes: Sequence[int] = (), cut: Cut | None = None, strict: bool = False
) -> dict[str, bytes]:
    """The bytes of every view."""
    reading = Reading(cut or Cut(), strict)
    for batch in batches(told, sizes):
        reading.take(batch)
    assert not reading.undecodable
    return every_view(reading)


def every_view(reading: Reading) -> dict[str, bytes]:
    """Each view as JSON, by the exchange and what it is of."""
    found: dict[str, bytes] = {each.exchange: view_bytes(each) for each in reading.process_tallies()}
    for name in reading.exchanges():
        several: dict[str, Sequence[BaseModel]] = {
            "rounds": reading.rounds(name),
            "pauses": reading.pauses(name),
            "terms": reading.terms(name),
            "positions": reading.positions(name),
            "stated": reading.stated_totals(name),
        }
        found[f"{name}/tally"] = view_bytes(reading.tally(name))
        found |= {
            f"{name}/{kind}/{place}": view_bytes(view)
            for kind, shown in several.items()
            for place, view in enumerate(shown)
        }
    return found


cuts = st.builds(
    Cut.parse,
    occurred_by=st.sampled_from([None, *BOUNDS]),
    published_by=st.sampled_from([None, *BOUNDS]),
)


@given(histories(), cuts, st.lists(st.integers(1, 6), max_size=8))
def test_live_equals_replay_however_events_are_batched(told: list[AnyEvent], cut: Cut, sizes: list[int]) -> None:
    replayed = bodies(told, cut=cut)
    assert bodies(told, [1] * len(told), cut) == replayed
    assert bodies(told, sizes, cut) == replayed


@given(histories(), cuts)
def test_views_asked_for_after_every_event_are_those_asked_for_once(told: list[AnyEvent], cut: Cut) -> None:
    reading, asked = Reading(cut), dict[str, bytes]()
    for batch in batches(told, [1] * len(told)):
        reading.take(batch)
        asked = every_view(reading)
    assert asked == bodies(told, cut=cut)


@given(histories())
@example(random_history(1656))  # the exchange is opened after a round that holds nothing but a credit
def test_every_view_that_changes_is_announced(told: list[AnyEvent]) -> None:
    reading = Reading()
    before: dict[Touched, Any] = {}
    for batch in batches(told, [1] * len(told)):
        announced = reading.take(batch)
        after = {Touched(name, None): unplaced(reading.tally(name)) for name in reading.exchanges()}
        for name in reading.exchanges():
            after |= {Touched(name, each.round): unplaced(each) for each in reading.rounds(name)}
        assert {view for view in after if after[view] != before.get(view)} <= announced
        before = after


def unplaced(view: BaseModel) -> dict[str, Any]:
    """A view without how many events it rests on, which every event changes."""
    return view.model_dump(exclude={"events", "through"})


@given(histories())
def test_what_is_decoded_leanly_gives_the_same_views(told: list[AnyEvent]) -> None:
    assert bodies(told) == bodies(told, strict=True)


@given(histories(), st.data())
def test_events_that_come_again_change_nothing(told: list[AnyEvent], data: st.DataObject) -> None:
    again = list(told)
    for place in data.draw(st.lists(st.integers(0, len(told) - 1), max_size=8)):
        again.insert(data.draw(st.integers(again.index(told[place]) + 1, len(again))), told[place])
    assert bodies(again, [1] * len(again)) == bodies(told)


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_across_exchanges_changes_nothing(told: list[AnyEvent], random: Any) -> None:
    turns = [each.exchange for each in told]
    random.shuffle(turns)
    queues = {name: iter([each for each in told if each.exchange == name]) for name in turns}
    assert bodies([next(queues[name]) for name in turns]) == bodies(told)


# -- corrections -----------------------------------------------------------------------------------


def folded(told: Sequence[AnyEvent]) -> dict[str, Book]:
    reading = Reading()
    for batch in batches(told, ()):
        reading.take(batch)
    return dict(reading.books)


def without_claims(body: bytes) -> Any:
    """A view without what says which events it rests on."""

    def strip(node: Any) -> Any:
        if isinstance(node, dict):
            hidden = {"events", "through", "event", "used", "left_out", "settled_by"}
            return {name: strip(each) for name, each in node.items() if name not in hidden}
        return [strip(each) for each in node] if isinstance(node, list) else node

    return strip(orjson.loads(body))


@given(histories(), st.data())
def test_correcting_and_correcting_back_is_the_identity(told: list[AnyEvent], data: st.DataObject) -> None:
    by_id = {each.id: each for each in told}
    standing = [
        by_id[claim.id]
        for book in folded(told).values()
        for occurrence in book.occurrences()
        for claim in book.verdict(occurrence).eligible
        if isinstance(by_id[claim.id], Movement)
    ]
    if not standing:
        return
    claim = data.draw(st.sampled_from(standing))
    members = claim.model_dump(mode="json", exclude={"id", "type", "version", "source", "groups", "occurrence"})
    chain: dict[str, Any] = {
        **members,
        "source": claim.source.model_dump(mode="json"),
        "occurrence": claim.occurrence or claim.id,
        "reason": "corrected",
    }
    groups = claim.model_dump(mode="json")["groups"]
    wrong = event(claim.type, 901, **{**chain, "supersedes": claim.id, "groups": [{"count": {"best": 77}}]})
    back = event(claim.type, 902, **{**chain, "supersedes": wrong.id, "groups": groups})
    before, after = bodies(told), bodies([*told, wrong, back])
    assert {name: without_claims(body) for name, body in after.items()} == {
        name: without_claims(body) for name, body in before.items()
    }


@given(histories(), st.data())
def test_retracting_a_correction_is_the_identity(told: list[AnyEvent], data: st.DataObject) -> None:
    claims = [each for each in told if isinstance(each, Movement)]
    if not claims:
        return
    claim = data.draw(st.sampled_from(claims))
    key: dict[str, Any] = {"exchange": claim.exchange, "occurrence": claim.occurrence or claim.id}
    wrong = event(
        claim.type,
        901,
        **key,
        groups=[{"count": {"best": 77}}],
        supersedes=claim.id,
        reason="corrected",
        round=claim.round,
    )
    undone = event("claim_retracted", 902, **key, claim=wrong.id, why="was right before")
    before, after = bodies(told), bodies([*told, wrong, undone])
    assert {name: without_claims(body) for name, body in after.items()} == {
        name: without_claims(body) for name, body in before.items()
    }


# -- sums ------------------------------------------------------------------------------------------


@given(histories())
def test_nobody_is_lost(told: list[AnyEvent]) -> None:
    for book in folded(told).values():
        held = 0
        for accounts in book.balances.values():
            for account, balance in accounts.items():
                source, target = PLACES.get(account[0], ("", ""))
                number = balance.estimate().best or 0
                held += number * ((target in ("held", "remains_held")) - (source in ("held", "remains_held")))
        shown = value("captives.held", figures(book))
        assert shown.best in (None, held)


@given(histories(), cuts)
def test_the_best_figure_lies_in_its_range(told: list[AnyEvent], cut: Cut) -> None:
    for body in bodies(told, cut=cut).values():
        for estimate in estimates(orjson.loads(body)):
            low, best, high = estimate["low"], estimate["best"], estimate["high"]
            assert best is None or low <= best
            assert best is None or high is None or best <= high
            assert high is None or low <= high


def estimates(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.keys() == Estimate.model_fields.keys():
            yield node
        for each in node.values():
            yield from estimates(each)
    elif isinstance(node, list):
        for each in node:
            yield from estimates(each)


@given(histories())
def test_merging_exchanges_is_addition(told: list[AnyEvent]) -> None:
    books = list(folded(told).values())
    merged = process_tally("ALL", books)
    parts = [tally(book) for book in books]
    for leg, name in (("captives", "released"), ("captives", "taken"), ("prisoners", "released"), ("remains", "back")):
        total: Estimate = getattr(getattr(merged, leg), name)
        each = [getattr(getattr(part, leg), name) for part in parts]
        assert total.best == added(one.best for one in each)
        assert total.low == sum(one.low for one in each)
        assert total.high == added(one.high for one in each)
    # What a credit takes away leaves no less than nothing in each exchange, so that ranges do not add up.
    assert merged.captives.deal.best == added(part.captives.deal.best for part in parts)
    assert merged.events == sum(part.events for part in parts)
    assert merged.disputes_open == sum(part.disputes_open for part in parts)


# -- against a second reading of the rules ---------------------------------------------------------

NAMES = (*FLOWS.values(), "captives.deal")


@pytest.mark.parametrize("seeds", [range(first, first + 100) for first in range(0, 600, 100)], ids=str)
def test_every_cut_agrees_with_a_plain_reading_of_the_rules(seeds: range) -> None:
    compared = 0
    for seed in seeds:
        told, random = random_history(seed), Random(seed)
        for _ in range(6):
            through = random.randint(1, len(told))
            bounds = {clock: random.choice((None, None, *BOUNDS)) for clock in ("occurred_by", "published_by")}
            reading = Reading(Cut.parse(**bounds))
            reading.take(next(batches(told[:through], ())))
            expected = naive(told[:through], **bounds)
            for place in product(reading.books, (None, 1, 2), NAMES):
                exchange, round, figure = place
                found = value(figure, figures(reading.book(exchange), [round]))
                assert_agrees(found, expected.get(place, NOTHING), figure)
            compared += len(expected)
    assert compared > 500


def assert_agrees(found: Estimate, expected: tuple[int | None, int, int | None], figure: str) -> None:
    best, low, high = expected
    assert found.best == best
    if figure != "captives.deal":  # what a credit takes away widens a difference, and the plain reading knows only sums
        assert (found.low, found.high) == (low, high)


@given(histories(), st.data())
def test_reading_through_an_event_is_folding_the_events_up_to_it(told: list[AnyEvent], data: st.DataObject) -> None:
    """A reader that was live at that event showed the very bytes that a replay up to it shows."""
    through = data.draw(st.integers(1, len(told)))
    reading = Reading()
    for batch in batches(told[:through], [1] * through):
        reading.take(batch)
    assert every_view(reading) == bodies(told[:through])


WANTED: dict[str, Callable[[list[AnyEvent]], bool]] = {
    "a decision for a claim that counts": lambda told: any(
        occurrence.adopted is not None and book.verdict(occurrence).rule.startswith("decided")
        for book in folded(told).values()
        for occurrence in book.occurrences()
    ),
    "a range that rivals widen": lambda told: any(book.contested for book in folded(told).values()),
    "an open dispute": lambda told: any(book.disputes for book in folded(told).values()),
    "a correction of a correction": lambda told: (
        len({each.id for each in told if each.supersedes}) > 1
        and bool({each.id for each in told if each.supersedes} & {each.supersedes for each in told})
    ),
    "a credit that counts": lambda told: any(
        value("captives.credited_in", figures(book)) != ZERO for book in folded(told).values()
    ),
    "a stated total that differs": lambda told: any(
        each.agrees is False
        for book in folded(told).values()
        for each in stated_totals(book, list(folded(told).values()))
    ),
    "a retracted decision": lambda told: bool(
        {each.claim for each in told if isinstance(each, ClaimRetracted)}
        & {each.id for each in told if isinstance(each, ClaimAdopted | ClaimRetracted)}
    ),
}


@pytest.mark.parametrize("wanted", WANTED)
def test_the_sequences_hold(wanted: str) -> None:
    """Random tests prove nothing about what they never try."""
    find(histories(), WANTED[wanted], settings=settings(max_examples=500, phases=[Phase.generate], database=None))


@pytest.mark.parametrize("sizes", [[1] * 3, [2], []])
def test_a_decision_may_come_in_any_batch(sizes: list[int]) -> None:
    claims = [
        event(
            "captives_released",
            n,
            occurrence="a",
            round=1,
            exchange="AB-2024",
            groups=[{"count": {"best": 10 + n}}],
        )
        for n in (1, 2)
    ]
    decision = event("claim_adopted", 3, occurrence="a", exchange="AB-2024", claim=ident(2), why="looked into")
    reading = Reading()
    for batch in batches([*claims, decision], sizes):
        reading.take(batch)
    assert reading.tally("AB-2024").captives.released == Estimate(best=12, low=11, high=12)
