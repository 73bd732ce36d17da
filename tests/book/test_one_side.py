"""An occurrence is of one side: what is said of the other under its name is no rival, and is told to be left out."""

from collections.abc import Callable
from typing import Any

import pytest

from ledger.book.claims import STRAYED
from ledger.book.tally import tally
from schemas.events import AnyEvent
from schemas.values import Part
from schemas.vocabulary import Side
from tests.book.building import EACH_SIDE, OTHER, UNKNOWN, adopted, book_of, judged, moved, numbers, of

Build = Callable[[Side, int, Any], AnyEvent]

BOTH = ("people_retaken", "people_transferred", "people_died_free", "remains_returned", "remains_recovered")


def of_its_side(type: str) -> Build:
    return lambda side, number, people: moved(type, number, people, side=side)


def of_one_side(type: str) -> Build:
    return lambda side, number, people: moved(type.format(side), number, people)


KINDS = {
    **{name: of_its_side(name) for name in BOTH},
    **{name: of_one_side(f"{{}}_{name}") for name in ("taken", "released", "rescued", "escaped", "died")},
}
EACH_KIND = pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)


@EACH_SIDE
@EACH_KIND
@pytest.mark.parametrize("others", [7, 5, {"best": 7, "low": 3, "high": 90, "qualifier": "estimate"}])
def test_people_of_the_other_side_are_no_rivals(side: Side, build: Build, others: Any) -> None:
    told = [build(side, 1, 5), build(OTHER[side], 2, others)]
    verdict = judged(*told)
    assert verdict.adopted is not None
    assert verdict.adopted.id == told[0].id
    assert [(claim.id, why) for claim, why in verdict.left_out] == [(told[1].id, STRAYED)]
    assert [claim.id for claim in verdict.strayed] == [told[1].id]
    book = book_of(*told)
    [occurrence] = book.occurrences()
    assert occurrence.entries == (5,)


@EACH_SIDE
@EACH_KIND
def test_two_origins_of_one_number_are_of_one_side(side: Side, build: Build) -> None:
    """Others who are as many add no weight: the earlier of two that differ counts."""
    rival = build(side, 2, 6)
    verdict = judged(build(side, 1, 5), rival, build(OTHER[side], 3, 6))
    assert verdict.adopted is not None
    assert verdict.adopted.id == build(side, 1, 5).id


@EACH_SIDE
@EACH_KIND
def test_a_decision_says_which_side_it_is_about(side: Side, build: Build) -> None:
    told = [build(side, 1, 5), build(OTHER[side], 2, 7), adopted(3, 2)]
    verdict = judged(*told)
    assert verdict.adopted is not None
    assert (verdict.adopted.id, [claim.id for claim in verdict.strayed]) == (told[1].id, [told[0].id])


@EACH_SIDE
def test_it_shows_that_not_everybody_is_counted(side: Side) -> None:
    view = tally(book_of(moved(f"{side}_released", 1, 5), moved(f"{OTHER[side]}_released", 2, 7)))
    assert numbers(of(view, side).released) == (5, 5, 5)
    assert of(view, OTHER[side]).released is None
    assert view.contested == 1


@EACH_SIDE
def test_so_does_one_of_which_claims_of_several_types_stand(side: Side) -> None:
    view = tally(book_of(moved(f"{side}_released", 1, 5), moved(f"{side}_rescued", 2, 5)))
    assert view.contested == 1


@EACH_SIDE
@EACH_KIND
@pytest.mark.parametrize("is_other", [False, True])
def test_a_part_is_of_a_whole_of_its_own_side(side: Side, build: Build, is_other: bool) -> None:
    whole = build(side, 1, UNKNOWN)
    part = build(OTHER[side] if is_other else side, 2, 4)
    piece = part.model_copy(update={"occurrence": "piece", "part": Part(of="leg", by="batch")})
    [low] = [each.amount for each in book_of(whole, piece).occurrences() if each.key == "leg"]
    assert isinstance(low, tuple)
    assert low.low == (0 if is_other else 4)
