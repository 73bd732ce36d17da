"""What must hold for every sequence of events, whoever sends them and however they come."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import orjson
import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ledger.book.book import Book
from ledger.book.cut import Cut
from ledger.book.explain import explain
from ledger.book.figures import DERIVED, askable, value
from ledger.book.projection import ViewKey
from ledger.book.statements import stated_totals
from ledger.book.stocks import beyond_held, opening_of
from ledger.book.tally import figures, process_tally, tally
from ledger.book.transfers import PLACES, SIDES
from ledger.follow.books import Books
from schemas.codec import encode
from schemas.events import AnyEvent, ClaimAdopted, ClaimRetracted, Movement
from schemas.record import Batch
from schemas.views import Estimate, view_bytes
from tests.book.building import added, event, ident
from tests.book.sequences import DAYS, TIMES, histories, random_history

BOUNDS = (*DAYS, *TIMES)


def batches(told: Sequence[AnyEvent], sizes: Sequence[int]) -> Iterator[Batch]:
    """Events as batches of these sizes, and the rest as one more."""
    rows = [(offset, 0, encode(each), None) for offset, each in enumerate(told)]
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
    books = Books(cut or Cut(), strict)
    for batch in batches(told, sizes):
        books.take(batch)
    assert not books.undecodable
    return every_view(books)


def every_view(books: Books) -> dict[str, bytes]:
    """Each view as JSON, by the exchange and what it is of."""
    found: dict[str, bytes] = {each.exchange: view_bytes(each) for each in books.process_tallies()}
    for name in books.exchanges():
        several: dict[str, Sequence[BaseModel]] = {
            "rounds": books.rounds(name),
            "pauses": books.pauses(name),
            "terms": books.terms(name),
            "positions": books.positions(name),
            "stated": books.stated_totals(name),
        }
        found[f"{name}/tally"] = view_bytes(books.tally(name))
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
    books, asked = Books(cut), dict[str, bytes]()
    for batch in batches(told, [1] * len(told)):
        books.take(batch)
        asked = every_view(books)
    assert asked == bodies(told, cut=cut)


@given(histories())
@example(random_history(85))  # the exchange is opened after a round that holds nothing but a credit
def test_every_view_that_changes_is_announced(told: list[AnyEvent]) -> None:
    books = Books()
    before: dict[ViewKey, Any] = {}
    for batch in batches(told, [1] * len(told)):
        announced = books.take(batch)
        after = {ViewKey(name, None): unplaced(books.tally(name)) for name in books.exchanges()}
        for name in books.exchanges():
            after |= {ViewKey(name, each.round): unplaced(each) for each in books.rounds(name)}
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
    books = Books()
    for batch in batches(told, ()):
        books.take(batch)
    return dict(books.by_exchange)


def without_claims(body: bytes) -> Any:
    """A view without what says which events it rests on."""

    def strip(node: Any) -> Any:
        if isinstance(node, dict):
            hidden = {"events", "through", "event", "claims", "settled_by"}
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
        sums = figures(book)
        for side in SIDES:
            shown = value(f"{side}.held", sums)
            rests_on_more = any(opening_of([book], each) for each in SIDES) or beyond_held([book], side, "died_away")
            if shown is not None and not rests_on_more:
                assert shown.best in (None, held(book, side))


def held(book: Book, side: str) -> int:
    """Who is held of a side, from where its moves start and end."""
    found = 0
    for accounts in book.balances.values():
        for account, balance in accounts.items():
            if account[0] == side and not account[2]:
                source, target = PLACES.get(account[1], ("", ""))
                number = balance.estimate().best or 0
                found += number * ((target in ("held", "remains_held")) - (source in ("held", "remains_held")))
    return found


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
    for side, name in product(SIDES, ("released", "taken", "rescued", "escaped", "transferred", "died", "retaken")):
        total: Estimate | None = getattr(getattr(merged, side), name)
        each = [one for part in parts if (one := getattr(getattr(part, side), name)) is not None]
        assert (total is None) == (not each)
        if total is not None:
            assert total.best == added(one.best for one in each)
            assert total.low == sum(one.low for one in each)
            assert total.high == added(one.high for one in each)
    assert merged.events == sum(part.events for part in parts)
    assert merged.disputes_open == sum(part.disputes_open for part in parts)


# -- what nobody stated ----------------------------------------------------------------------------


@given(histories(), st.data())
def test_a_rival_that_states_nothing_changes_no_figure(told: list[AnyEvent], data: st.DataObject) -> None:
    claims = [each for each in told if isinstance(each, Movement)]
    if not claims:
        return
    claim = data.draw(st.sampled_from(claims))
    members = claim.model_dump(
        mode="json", exclude_none=True, exclude={"id", "type", "version", "supersedes", "reason"}
    )
    grade = {"credibility": data.draw(st.integers(1, 6)), "reliability": data.draw(st.sampled_from("ABF"))}
    groups = [{**group, "count": {"qualifier": "unknown"}} for group in members["groups"]]
    source = {**members["source"], **grade, "publisher": "Silent"}
    key = claim.occurrence or claim.id
    silent = event(claim.type, 901, **{**members, "source": source, "groups": groups, "occurrence": key})
    if judged_alone(told, claim):
        return  # then it is the only claim that could count, and says that something of its kind happened
    before, after = bodies(told), bodies([*told, silent])
    assert {name: without_claims(body) for name, body in after.items()} == {
        name: without_claims(body) for name, body in before.items()
    }


def judged_alone(told: Sequence[AnyEvent], claim: AnyEvent) -> bool:
    """Whether no claim with a number counts for the occurrence of one."""
    occurrence = folded(told)[claim.exchange].named(claim.occurrence or claim.id)
    return occurrence is None or occurrence.adopted is None or not occurrence.adopted.states_a_number


@given(histories())
def test_no_figure_is_exact_unless_every_claim_under_it_is(told: list[AnyEvent]) -> None:
    by_id = {each.id: each for each in told}
    for book in folded(told).values():
        for name in sorted(askable(figures(book))):
            explanation = explain(book, name, by_id.__getitem__)
            if explanation.value is not None and explanation.value.exact:
                low, best, high = explanation.value.low, explanation.value.best, explanation.value.high
                assert low == best == high, name
                is_open = name in DERIVED and DERIVED[name].open  # who may belong is shown as from none to all
                for each in explanation.contributions:
                    assert each.count.exact or (is_open and not each.count.hedged), name


@given(histories())
def test_nothing_is_0_that_nobody_stated_or_summed(told: list[AnyEvent]) -> None:
    """A total without a claim is not recorded; only a class of a recorded total can be 0 by itself."""
    by_id = {each.id: each for each in told}
    for book in folded(told).values():
        sums = figures(book)
        for name in sorted(askable(sums)):
            explanation = explain(book, name, by_id.__getitem__)
            if explanation.value is not None and not explanation.contributions:
                side = name.partition(".")[0]
                assert name in DERIVED
                wholes = {whole for _, whole in DERIVED[name].classified} or {f"{side}.released"}
                assert wholes & sums.keys(), name


@given(histories(), st.data())
def test_reading_through_an_event_is_folding_the_events_up_to_it(told: list[AnyEvent], data: st.DataObject) -> None:
    """A reader that was live at that event showed the very bytes that a replay up to it shows."""
    through = data.draw(st.integers(1, len(told)))
    books = Books()
    for batch in batches(told[:through], [1] * through):
        books.take(batch)
    assert every_view(books) == bodies(told[:through])


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
        value("captives.credited_in", figures(book)) is not None for book in folded(told).values()
    ),
    "prisoners in the deal": lambda told: any(
        value("prisoners.deal", figures(book)) is not None for book in folded(told).values()
    ),
    "a list that opens a stock": lambda told: any(
        opening_of([book], side) for book in folded(told).values() for side in SIDES
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
    books = Books()
    for batch in batches([*claims, decision], sizes):
        books.take(batch)
    released = Estimate(best=12, low=11, high=12, exact=False)
    assert books.tally("AB-2024").captives.released == released
