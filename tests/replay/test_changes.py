"""What changed between two points: every figure that moved, by the events that moved it, in words."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.book.book import Book
from ledger.book.figures import value
from ledger.book.pauses import pauses
from ledger.book.ratios import UNDEFINED
from ledger.book.rounds import round_view
from ledger.book.tally import figures, tally
from ledger.changes.correction_notes import correction_notes, replacement_text
from ledger.changes.sheets import FigureKey, FigureValue, all_counted
from ledger.changes.tracing import FigureChange, Tracer
from ledger.follow.books import Books
from schemas.codec import encode
from schemas.events import AnyEvent, Movement
from schemas.record import Batch, from_microseconds
from schemas.views import Estimate, Ratio, Round
from tests.book.building import (
    adopted,
    book_of,
    event,
    explained,
    freed,
    group,
    ident,
    let_go,
    named,
    opened,
    retracted,
    stated,
)
from tests.book.building import moved as people
from tests.book.sequences import histories

Sheet = dict[tuple[str, FigureKey], FigureValue]
NOON = 1_772_366_400_000_000
HERALD = {"publisher": "The Herald", "credibility": 2}
PRISONERS, ROUND = FigureKey(None, "prisoners.released"), FigureKey(1, "prisoners.released")


def tracing(events: Sequence[AnyEvent], since: int) -> Tracer:
    """From the first `since` events to all of them; each is recorded an hour after the one before."""
    rows = [(offset, NOON + offset * 3_600_000_000, encode(each), None) for offset, each in enumerate(events)]
    books = Books()
    books.take(Batch(0, rows[:since], since - 1))
    tracer = Tracer(books)
    tracer.take(Batch(0, rows[since:], len(rows) - 1))
    return tracer


def traced(events: Sequence[AnyEvent], since: int) -> list[FigureChange]:
    return tracing(events, since).changes()


def moved(events: Sequence[AnyEvent], since: int) -> dict[FigureKey, FigureChange]:
    return {change.figure: change for change in traced(events, since)}


def said(events: Sequence[AnyEvent], since: int) -> list[str]:
    """The head and the reasons of each note."""
    publishers = {each.id: each.source.publisher for each in events if not each.type.startswith("claim_")}
    changes = traced(events, since)
    told = correction_notes(changes, publishers.get, from_microseconds(NOON - 86_400_000_000), every=False)
    return [" ".join((note.head, *note.because)) for note in told]


def exactly(number: int) -> Estimate:
    return Estimate(best=number, low=number, high=number)


# -- each kind of change -----------------------------------------------------------------------

FIRST = let_go(1, 33, source=HERALD)
RIGHT = let_go(2, 39, source=HERALD, supersedes=ident(1), reason="corrected")


def test_a_corrected_claim() -> None:
    change = moved([FIRST, RIGHT], 1)[ROUND]
    assert (change.before, change.restated, change.after) == (exactly(33), exactly(39), exactly(39))
    assert change.kind == "correction"
    [cause] = change.causes
    assert (cause.event, cause.target, cause.publisher) == (ident(2), ident(1), "The Herald")
    assert said([FIRST, RIGHT], 1) == [
        "Round 1, prisoners freed: 39, not 33 as recorded until 1 March 2026. "
        "The Herald corrected its claim (event 00000000)."
    ]


def test_a_correction_and_growth_of_one_total_are_told_apart() -> None:
    later = let_go(3, 30, key="second", round=2, occurred={"at": "2024-03-02", "precision": "day"})
    changes = moved([FIRST, RIGHT, later], 1)
    total = changes[PRISONERS]
    assert (total.before, total.restated, total.after) == (exactly(33), exactly(39), exactly(69))
    assert [(cause.event, cause.kind) for cause in total.causes] == [(ident(2), "correction"), (ident(3), "growth")]
    assert changes[FigureKey(2, "prisoners.released")].kind == "growth"
    assert changes[ROUND].causes[0].event == ident(2)


def test_a_correction_that_growth_makes_up_for_is_told() -> None:
    fewer = let_go(2, 30, supersedes=ident(1), reason="corrected")
    later = let_go(3, 3, key="second", round=2, occurred={"at": "2024-03-02", "precision": "day"})
    total = moved([FIRST, fewer, later], 1)[PRISONERS]
    assert (total.before, total.restated, total.after) == (exactly(33), exactly(30), exactly(33))
    assert total.kind == "correction"


def test_growth_alone_is_no_correction() -> None:
    later = let_go(2, 30, key="second", round=2, occurred={"at": "2024-03-02", "precision": "day"})
    assert {change.kind for change in traced([FIRST, later], 1)} == {"growth"}
    assert said([FIRST, later], 1) == []


def test_what_had_happened_and_was_not_recorded_is_late() -> None:
    today = let_go(1, 33, occurred={"at": "2024-03-05", "precision": "day"})
    before = let_go(2, 6, key="other", source=HERALD)
    total = moved([today, before], 1)[PRISONERS]
    assert (total.before, total.restated, total.kind) == (exactly(33), exactly(39), "late")
    assert (
        said([today, before], 1)
        == [
            "Round 1, prisoners freed: 39, not 33 as recorded until 1 March 2026. "
            "The Herald told of it, recorded on 1 March 2026 (event 00000000)."
        ]
        or "Round 1" in said([today, before], 1)[0]
    )


def test_a_retracted_claim() -> None:
    change = moved([FIRST, retracted(2, 1)], 1)[ROUND]
    assert (change.before, change.restated, change.kind) == (exactly(33), None, "correction")
    assert said([FIRST, retracted(2, 1, source=HERALD)], 1) == [
        "Round 1, prisoners freed: no claim stands; 33 was recorded until 1 March 2026. "
        "The Herald retracted its claim: entered twice (event 00000000)."
    ]


def test_an_updated_claim_was_true_then() -> None:
    newer = let_go(2, 39, supersedes=ident(1), reason="updated", source={"publisher": "Another"})
    change = moved([FIRST, newer], 1)[ROUND]
    assert (change.before, change.restated, change.after) == (exactly(33), exactly(33), exactly(39))
    assert change.kind == "update"
    assert said([FIRST, newer], 1) == [
        "Round 1, prisoners freed: 39; 33 was the figure until 1 March 2026. "
        "Another updated the claim of The Herald (event 00000000)."
    ]


def test_a_better_claim_counts_and_the_range_widens() -> None:
    better = let_go(2, 39, source={"publisher": "Another", "credibility": 1})
    change = moved([FIRST, better], 1)[ROUND]
    assert (change.kind, change.after) == ("correction", Estimate(best=39, low=33, high=39, exact=False))
    [told] = said([FIRST, better], 1)
    assert "39 (33-39), not 33" in told
    assert "Another states another number, which counts by the better credibility" in told


def test_a_rival_that_only_widens_the_range() -> None:
    worse = let_go(2, 39, source={"publisher": "Another", "credibility": 5})
    [told] = said([FIRST, worse], 1)
    assert told == (
        "Round 1, prisoners freed: still 33, now with a range of 33-39; until 1 March 2026 without a range. "
        "Another states another number beside it (event 00000000)."
    )


def test_a_decision_counts_and_says_why() -> None:
    rival = let_go(2, 39, source={"publisher": "Another", "credibility": 5})
    [told] = said([FIRST, rival, adopted(3, 2, source={"publisher": "The desk"})], 2)
    assert "39 (33-39), not 33 (33-39)" in told
    assert "The desk adopted the claim of Another: looked into" in told
    [told] = said([FIRST, adopted(3, None, source={"publisher": "The desk"})], 1)
    assert "The desk decided that none of the claims counts: looked into" in told


def test_a_hedge_that_becomes_exact() -> None:
    vague = let_go(1, {"best": 33, "qualifier": "about"}, source=HERALD)
    sure = let_go(2, 33, source=HERALD, supersedes=ident(1), reason="corrected")
    [told] = said([vague, sure], 1)
    assert told.startswith("Round 1, prisoners freed: 33, not about 33 as recorded until")


def test_a_leg_that_was_on_another_day() -> None:
    later = let_go(
        2, 33, source=HERALD, supersedes=ident(1), reason="corrected", occurred={"at": "2024-03-02", "precision": "day"}
    )
    [change] = traced([FIRST, later], 1)
    assert (change.figure, change.kind) == (FigureKey(1, "legs.prisoners"), "correction")
    [told] = said([FIRST, later], 1)
    assert told.startswith("Round 1, day of the prisoners' release: 2024-03-02, not 2024-03-01 as recorded until")


def test_people_of_another_nationality_after_a_declaration() -> None:
    people = freed(2, group(10), group(3, nationality=["THA"]))
    changes = moved([opened(1), people, opened(3, nationals=["THA"], occurrence=ident(1))], 2)
    own = changes.get(FigureKey(None, "captives.nationals"))
    changes = moved([opened(1, nationals=["THA"]), people, opened(3)], 2)
    own = changes[FigureKey(None, "captives.nationals")]
    assert (own.before, own.restated, own.kind) == (exactly(3), exactly(10), "correction")
    assert [cause.event for cause in own.causes] == [ident(3)]
    assert FigureKey(None, "captives.released") not in changes


def test_what_goes_and_comes_back_moved_nothing() -> None:
    back = let_go(3, 33, source=HERALD, supersedes=ident(2), reason="corrected")
    changes = traced([FIRST, RIGHT, back], 1)
    assert changes == []


def test_only_the_event_that_moved_a_figure_is_named() -> None:
    """Of two corrections of one claim, one changes the number and one the category."""
    second = let_go(3, group(39, category="minors"), source=HERALD, supersedes=ident(2), reason="corrected")
    changes = moved([FIRST, RIGHT, second], 1)
    assert [cause.event for cause in changes[ROUND].causes] == [ident(2)]
    minors = changes[FigureKey(1, "prisoners.by.category.minors")]
    assert (minors.before, [cause.event for cause in minors.causes]) == (None, [ident(3)])


def test_the_clock_of_a_pause_and_what_terms_promise() -> None:
    started = event("pause_started", 1, pause="calm", hours=96)
    extended = event("pause_extended", 2, pause="calm", hours=48)
    changes = moved([started, extended], 1)
    assert changes[FigureKey(None, "pauses.calm.ends")].kind == "growth"
    right = event(
        "pause_started", 3, pause="calm", hours=72, occurrence=ident(1), supersedes=ident(1), reason="corrected"
    )
    ends = moved([started, right], 1)[FigureKey(None, "pauses.calm.ends")]
    assert (ends.kind, [cause.event for cause in ends.causes]) == ("correction", [ident(3)])
    terms = event("terms_agreed", 4, terms="deal", pledges=[{"item": "prisoners", "count": {"best": 150}}])
    assert moved([started, terms], 1)[FigureKey(None, "promised.prisoners")].after == exactly(150)


# -- what one event changes of other occurrences -------------------------------------------------


def day(number: int) -> dict[str, str]:
    return {"at": f"2024-03-{number:02}", "precision": "day"}


def test_a_part_changes_what_its_whole_counts_for() -> None:
    whole = let_go(1, {"qualifier": "several"}, source=HERALD)
    bus = let_go(2, 12, key="bus", part={"of": "leg", "by": "batch"}, source={"publisher": "Another"})
    change = moved([whole, bus], 1)[ROUND]
    assert (change.before, change.after) == (SOME, Estimate(best=None, low=12, high=None, hedged=True, exact=False))
    [cause] = change.causes
    assert (cause.event, cause.occurrence, cause.whole, cause.kind) == (ident(2), "bus", "leg", "correction")
    assert said([whole, bus], 1) == [
        "Round 1, prisoners freed: at least 12, not unknown as recorded until 1 March 2026. "
        "Another told of a part of it (event 00000000)."
    ]
    assert ROUND not in moved([whole, bus, retracted(3, 2, key="bus")], 1)
    assert moved([whole, bus, retracted(3, 2, key="bus")], 2)[ROUND].after == SOME


SOME = Estimate(best=None, low=0, high=None, hedged=True, exact=False)
HELD = FigureKey(None, "prisoners.held")


def held(number: int) -> Estimate:
    return Estimate(best=number, low=number, high=number, exact=False)


def test_a_list_that_opens_a_stock_changes_what_is_held() -> None:
    before = let_go(1, 5, occurred=day(1))
    list_ = stated(2, "prisoners.held", 60, opening=True, occurred=day(2), occurrence="list", source=HERALD)
    after = let_go(3, 10, key="after", round=2, occurred=day(3))
    change = moved([before, list_, after], 0)[HELD]
    assert (change.before, change.after) == (None, held(50))
    assert [cause.event for cause in change.causes] == [ident(2), ident(3)]
    change = moved([before, after, list_], 2)[HELD]
    assert (change.kind, change.restated, [cause.event for cause in change.causes]) == ("late", held(50), [ident(2)])
    rival = stated(4, "prisoners.held", 70, opening=True, occurrence="list")
    change = moved([before, list_, after, rival], 3)[HELD]
    assert (change.after, change.kind) == (Estimate(best=50, low=50, high=60, exact=False), "correction")
    assert [cause.event for cause in change.causes] == [ident(4)]


def test_a_taking_changes_how_many_died_in_freedom() -> None:
    """Of the seven dead two were beyond the living, until six more turned out to have been taken."""
    taken = [people("prisoners_taken", 1, 10, key="taken"), let_go(2, 5, occurred=day(2))]
    died = people("prisoners_died", 3, 7, key="died", occurred=day(3), remains_held=False)
    more = people("prisoners_taken", 4, 6, key="more")
    assert moved([*taken, died], 2)[HELD].after == held(0)
    change = moved([*taken, died, more], 3)[HELD]
    assert (change.after, [cause.event for cause in change.causes]) == (held(4), [ident(4)])


def test_a_leg_that_settles_another_round_joins_both() -> None:
    legs = [freed(1, 10), freed(2, 5, key="b", round=2), let_go(3, 30, key="c", round=2)]
    right = let_go(4, 30, key="c", round=2, settles=[1], supersedes=ident(3), reason="corrected")
    changes = moved([*legs, right], 3)
    assert changes[FigureKey(2, "ratios.deal")].after is None
    for number in (1, 2):
        joint = changes[FigureKey(number, "joint.living")]
        assert isinstance(joint.after, Ratio)
        assert (joint.before, joint.after.fraction) == (None, "30/15")
        assert [cause.event for cause in joint.causes] == [ident(4)]
    later = freed(5, 5, key="d", source={"publisher": "Another"})
    joint = moved([*legs, right, later], 4)[FigureKey(2, "joint.living")]
    assert [cause.event for cause in joint.causes] == [ident(5)]


def test_what_silence_means_is_declared() -> None:
    people = [opened(1), freed(2, group(10), group(3, ratio_scope="none"))]
    anew = opened(3, unsaid_scope="inside", occurrence=ident(1), supersedes=ident(1), reason="corrected")
    changes = moved([*people, anew], 2)
    deal = changes[FigureKey(None, "captives.deal")]
    assert (deal.before, deal.after) == (Estimate(best=None, low=10, high=13, exact=False), exactly(13))
    assert (deal.kind, [cause.event for cause in deal.causes]) == ("correction", [ident(3)])
    assert FigureKey(None, "captives.released") not in changes


def test_a_ratio_that_divides_other_figures_is_one_of_the_declaration() -> None:
    people = [opened(1, nationals=None), freed(2, 10), let_go(3, group(30, nationality=["XSO"]), key="out")]
    anew = opened(4, nationals=["XNO"], prisoner_nationals=["XTO"], occurrence=ident(1), source=HERALD)
    change = moved([*people, anew], 3)[FigureKey(1, "ratios.nationals")]
    assert isinstance(change.after, Ratio)
    assert (change.before, change.after.fraction, [cause.event for cause in change.causes]) == (
        None,
        "0/10",
        [ident(4)],
    )


# -- another source ------------------------------------------------------------------------------

EQUAL = let_go(2, 33, source={"publisher": "Another", "credibility": 1})


def test_the_source_that_counts_is_another_though_no_figure_moves() -> None:
    tracer = tracing([FIRST, EQUAL], 1)
    assert tracer.changes() == []
    [other] = tracer.replaced()
    assert (other.before.event, other.after.event, other.rule) == (ident(1), ident(2), "the better credibility")
    assert [cause.event for cause in other.causes] == [ident(2)]
    assert replacement_text(other) == (
        "Round 1, leg: now counts the claim of Another, by the better credibility; before, that of The Herald."
    )


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([let_go(2, 33, source={"publisher": "Another"}), adopted(3, 2)], "decided: looked into"),
        ([let_go(2, 33, source={"publisher": "Another"}, supersedes=ident(1), reason="updated")], "as updated"),
        ([let_go(2, 33, source={"publisher": "Another"}), retracted(3, 1)], "as the only claim that stands"),
    ],
)
def test_it_is_told_by_which_rule_another_source_counts(events: list[AnyEvent], words: str) -> None:
    [other] = tracing([FIRST, *events], 1).replaced()
    assert f"the claim of Another, {words}; before" in replacement_text(other)


def test_a_source_that_corrects_itself_or_comes_back_is_no_other() -> None:
    assert tracing([FIRST, RIGHT], 1).replaced() == []
    assert tracing([FIRST, EQUAL, retracted(3, 2)], 1).replaced() == []


# -- nothing is left out -----------------------------------------------------------------------


def sheet(events: Sequence[AnyEvent]) -> Sheet:
    """Every figure of every exchange, made by the views and not by what is tested."""
    books = {each.exchange: Book(each.exchange) for each in events}
    for each in events:
        books[each.exchange].apply(each)
    for book in books.values():
        book.settle()
    return {(name, figure): shown for name, book in books.items() for figure, shown in figures_shown(book)}


def figures_shown(book: Book) -> Iterator[tuple[FigureKey, FigureValue]]:
    for number in (None, *book.rounds()):
        sums = figures(book, None if number is None else [number])
        for name in named(sums):
            known = value(name, sums)
            if known is not None and not (number and name.endswith(".held")):  # stocks are of the whole exchange
                yield FigureKey(number, name), known
        view = tally(book) if number is None else round_view(book, number)
        ratios = {f"ratios.{name}": getattr(view.ratios, name) for name in type(view.ratios).model_fields}
        if isinstance(view, Round):
            yield from ((FigureKey(number, f"legs.{leg}"), times) for leg, times in view.legs.items())
            ratios |= {f"joint.{name}": getattr(view.joint, name) for name in ("living", "all") if view.joint}
        yield from ((FigureKey(number, name), plain(each)) for name, each in ratios.items() if plain(each) != UNDEFINED)
    yield from ((FigureKey(None, f"promised.{each.item}"), each.promised) for each in tally(book).promises)
    for pause in pauses(book):
        clock = {name: getattr(pause, name) for name in ("started", "ends", "ended", "calm_hours")}
        yield from (
            (FigureKey(None, f"pauses.{pause.pause}.{name}"), at) for name, at in clock.items() if at is not None
        )


def plain(ratio: Ratio | None) -> Ratio:
    """A ratio without the names of what it divides."""
    return ratio.model_copy(update={"numerator": None, "denominator": None}) if ratio else UNDEFINED


def applied(before: Sheet, changes: Sequence[FigureChange]) -> Sheet:
    """The first figures with every change made."""
    after = dict(before)
    for change in changes:
        key = (change.exchange, change.figure)
        assert before.get(key) == change.before
        after.pop(key, None)
        if change.after is not None:
            after[key] = change.after
    return after


@settings(max_examples=300, deadline=None)
@given(histories(), st.integers(0, 25))
def test_all_changes_made_to_the_first_figures_give_the_second_ones(events: list[AnyEvent], cut: int) -> None:
    since = min(cut, len(events))
    changes = traced(events, since)
    assert applied(sheet(events[:since]), changes) == sheet(events)
    assert all(change.causes for change in changes)


@settings(max_examples=200, deadline=None)
@given(histories(), st.integers(0, 25))
def test_no_event_that_moves_a_figure_is_left_out(events: list[AnyEvent], cut: int) -> None:
    """Found the slow way: all figures after each event. Less what an event changed that came back to what it was."""
    since = min(cut, len(events))
    changes = {(each.exchange, each.figure): each for each in traced(events, since)}
    first, last = kept(events[:since]), kept(events)
    shown, before = sheet(events[:since]), first
    for number in range(since, len(events)):
        new, after, here = sheet(events[: number + 1]), kept(events[: number + 1]), events[number]
        places = [place for place in about(here, events[: number + 1]) if before.get(place) != after.get(place)]
        for key in changes if all(first.get(place) != last.get(place) for place in places) else ():
            was, became = shown.get(key), new.get(key)
            passing = comes_and_goes(changes[key], was, became) or in_the_stock(key, places, events, since)
            if was != became and not passing:
                assert here.id in {cause.event for cause in changes[key].causes}
        shown, before = new, after


def about(event: AnyEvent, events: Sequence[AnyEvent]) -> list[tuple[str, str]]:
    """The occurrence of an event, and those of which some claim of it is a part."""
    key = event.occurrence or event.id
    its = [each for each in events if (each.exchange, each.occurrence or each.id) == (event.exchange, key)]
    parts = [each.part for each in its if isinstance(each, Movement) and each.part is not None]
    return [(event.exchange, place) for place in (key, *(part.of for part in parts))]


def in_the_stock(
    key: tuple[str, FigureKey], places: Sequence[tuple[str, str]], events: Sequence[AnyEvent], since: int
) -> bool:
    """Whether what is held is counted from a list in the end, to which these occurrences add nothing, and never did."""
    exchange, figure = key
    if not figure.name.endswith(".held"):
        return False
    books = [
        book_of(*its)
        for until in (since, len(events))
        if (its := [e for e in events[:until] if e.exchange == exchange])
    ]
    told = {each.id: each for each in events}
    found = [explained(book, figure.name, told) for book in books]
    adding = {(exchange, each.occurrence) for explanation in found for each in explanation.contributions}
    return any("stated stock" in note for note in found[-1].notes) and not adding & {*places}


def comes_and_goes(change: FigureChange, *values: FigureValue | None) -> bool:
    """Whether a figure was not recorded only for a while between the points."""
    return None in values and None not in (change.before, change.restated, change.after)


def kept(events: Sequence[AnyEvent]) -> dict[tuple[str, str], object]:
    by_exchange: dict[str, list[AnyEvent]] = {}
    for each in events:
        by_exchange.setdefault(each.exchange, []).append(each)
    return {
        (name, key): (each.claim.id, each.entries, [rival.id for rival in each.rivals])
        for name, its in by_exchange.items()
        for key, each in all_counted(book_of(*its)).items()
    }
