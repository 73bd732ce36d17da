"""Parts of a whole that nobody counted: at least so many, by the dimension that tells most; parts of parts; movers."""

from itertools import permutations
from typing import Any

import pytest

from ledger.book.book import Book
from ledger.book.tally import figures, tally
from ledger.follow.books import Books
from schemas.codec import encode
from schemas.events import AnyEvent
from schemas.record import Batch
from schemas.vocabulary import Side
from tests.book.building import (
    EACH_SIDE,
    OTHER,
    UNKNOWN,
    book_of,
    day,
    figure,
    group,
    ident,
    moved,
    numbers,
    of,
    out,
    retracted,
    round_parts,
)

SEVERAL = {"qualifier": "several"}
AT_LEAST_8 = {"low": 8, "qualifier": "at_least"}


def part(side: Side, number: int, people: Any, by: str = "batch", of: str = "leg", **members: Any) -> AnyEvent:
    return out(side, number, people, **{"key": f"part{number}", "part": {"of": of, "by": by}, **members})


def released(side: Side, *told: AnyEvent, **bounds: str) -> tuple[int | None, int, int | None] | None:
    found = figure(book_of(*told, **bounds), f"{side}.released")
    return None if found is None else numbers(found)


@EACH_SIDE
@pytest.mark.parametrize("whole", [UNKNOWN, SEVERAL, {"qualifier": "hundreds"}])
@pytest.mark.parametrize(
    ("parts", "low"),
    [
        ([(12, "batch"), (8, "batch")], 20),
        ([(12, "category"), (AT_LEAST_8, "category")], 20),
        ([(12, "batch"), (8, "category")], 12),
        ([(12, "batch"), (8, "category"), (7, "category")], 15),
        ([(12, "mover"), (8, "mover")], 12),
        ([(12, "mover"), (8, "batch"), (5, "batch")], 13),
        ([(UNKNOWN, "batch"), (8, "batch")], 8),
        ([({"high": 9, "qualifier": "nearly"}, "batch")], 9),
        ([({"high": 20, "qualifier": "up_to"}, "batch")], 0),
        ([(UNKNOWN, "batch")], 0),
    ],
)
def test_a_whole_without_a_number_is_at_least_what_its_parts_come_to(
    side: Side, whole: Any, parts: list[tuple[Any, str]], low: int
) -> None:
    told = [part(side, n, people, by) for n, (people, by) in enumerate(parts, 2)]
    assert released(side, out(side, 1, whole, key="leg"), *told) == (None, low, None)
    assert released(side, *told, out(side, 1, whole, key="leg")) == (None, low, None)


@EACH_SIDE
@pytest.mark.parametrize("whole", [25, {"best": 25, "qualifier": "about"}, {"low": 21, "qualifier": "over"}, 0])
def test_a_whole_with_a_number_is_that_whatever_its_parts_come_to(side: Side, whole: Any) -> None:
    alone = released(side, out(side, 1, whole, key="leg"))
    assert released(side, out(side, 1, whole, key="leg"), part(side, 2, 12), part(side, 3, 30)) == alone


@EACH_SIDE
def test_a_whole_that_no_claim_names_is_not_recorded_however_many_its_parts(side: Side) -> None:
    assert released(side, part(side, 2, 12), part(side, 3, 8)) is None
    gone = [out(side, 1, UNKNOWN, key="leg"), retracted(9, 1, key="leg")]
    assert released(side, *gone, part(side, 2, 12)) is None
    planned = out(side, 1, UNKNOWN, key="leg", status="planned")
    assert released(side, planned, part(side, 2, 12)) is None


@EACH_SIDE
@pytest.mark.parametrize("type", ["{}_taken", "{}_escaped", "remains_returned", "{}_died", "remains_received"])
def test_parts_give_at_least_their_sum_to_whatever_they_are_parts_of(side: Side, type: str) -> None:
    name = {"{}_taken": "taken", "{}_escaped": "escaped", "remains_returned": "remains.returned"}.get(type)
    name = name or ("died" if type == "{}_died" else "remains.unidentified")
    sided = {} if "{}" in type else {"side": side}
    told = [moved(type.format(side), 1, UNKNOWN, **sided)]
    told += [
        moved(type.format(side), n, people, key=f"part{n}", part={"of": "leg", "by": "batch"}, **sided)
        for n, people in ((2, 12), (3, 8))
    ]
    assert numbers(figure(book_of(*told), f"{side}.{name}")) == (None, 20, None)


@EACH_SIDE
def test_parts_of_another_type_or_of_the_other_side_are_none_of_this_whole(side: Side) -> None:
    whole, own = out(side, 1, UNKNOWN, key="leg"), part(side, 2, 12)
    escaped = moved(f"{side}_escaped", 3, 30, key="part3", part={"of": "leg", "by": "batch"})
    assert released(side, whole, own, escaped, part(OTHER[side], 4, 99)) == (None, 12, None)


@EACH_SIDE
def test_the_least_of_the_whole_stands_in_the_first_group_that_has_no_end(side: Side) -> None:
    told = [
        out(side, 1, group(UNKNOWN), group(UNKNOWN, ratio_scope="outside"), key="leg"),
        part(side, 2, 12),
        part(side, 3, 8),
    ]
    found = of(tally(book_of(*told)), side)
    shown = (found.released, found.deal, found.outside)
    assert [numbers(each) for each in shown] == [(None, 20, None), (None, 20, None), (None, 0, None)]


@EACH_SIDE
def test_parts_count_as_they_stand_and_once_they_are_over(side: Side) -> None:
    whole = out(side, 1, UNKNOWN, key="leg", **day("2024-03-01"))
    told = [whole, part(side, 2, 12, **day("2024-03-01")), part(side, 3, 8, **day("2024-03-05"))]
    assert released(side, *told) == (None, 20, None)
    assert released(side, *told, occurred_by="2024-03-02") == (None, 12, None)
    assert released(side, *told, retracted(4, 2, key="part2")) == (None, 8, None)
    fewer = part(side, 5, 10, key="part2", supersedes=ident(2), reason="corrected")
    assert released(side, *told, fewer) == (None, 18, None)
    rival = part(side, 6, 9, key="part2", source={"publisher": "Another"})
    assert released(side, *told, rival) == (None, 17, None)


@EACH_SIDE
def test_a_whole_that_comes_to_be_counted_no_longer_rests_on_its_parts(side: Side) -> None:
    whole, parts = out(side, 1, UNKNOWN, key="leg"), [part(side, 2, 12), part(side, 3, 8)]
    counted = out(side, 4, 25, key="leg", source={"publisher": "Another"})
    assert released(side, whole, *parts, counted) == (25, 25, 25)
    assert released(side, whole, *parts, counted, retracted(5, 4, key="leg")) == (None, 20, None)


@EACH_SIDE
@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_parts_of_parts_reach_the_whole_however_they_come(side: Side, order: tuple[int, ...]) -> None:
    """The same events give the same books in any batches, and what is known of a part of a part is known."""
    told = [out(side, 1, UNKNOWN, key="leg"), part(side, 2, UNKNOWN), part(side, 3, 5, of="part2")]
    several = [told[place] for place in order]
    live = Book(several[0].exchange)
    for each in several:
        live.apply(each)
        live.settle()
    assert released(side, *several) == numbers(figure(live, f"{side}.released")) == (None, 5, None)


@EACH_SIDE
@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_parts_of_batches_reach_a_leg_inside_which_a_cut_falls(side: Side, order: tuple[int, ...]) -> None:
    days = {"at": "2024-03-01", "until": "2024-03-04", "precision": "interval"}
    told = [
        out(side, 1, 20, key="leg", occurred=days),
        part(side, 2, UNKNOWN, **day("2024-03-01")),
        part(side, 3, 5, of="part2", **day("2024-03-01")),
    ]
    assert released(side, *(told[place] for place in order), occurred_by="2024-03-02") == (None, 5, 20)


@EACH_SIDE
def test_parts_agree_with_a_whole_that_states_no_number(side: Side) -> None:
    [check] = round_parts(book_of(out(side, 1, UNKNOWN, key="leg"), part(side, 2, 12), part(side, 3, 8)), 1)
    assert (check.agrees, numbers(check.parts), numbers(check.whole)) == (True, (20, 20, 20), (None, 0, None))


@EACH_SIDE
@pytest.mark.parametrize("is_nested", [False, True], ids=["of the whole", "of another part"])
def test_the_round_of_a_whole_is_announced_when_a_part_of_it_changes(side: Side, is_nested: bool) -> None:
    own = "part2" if is_nested else "leg"
    told = [
        out(side, 1, UNKNOWN, key="leg", round=1),
        part(side, 2, UNKNOWN, round=2),
        part(side, 3, 5, of=own, round=3),
        part(side, 4, 7, key="part3", of=own, round=3, supersedes=ident(3), reason="corrected"),
        retracted(5, 4, key="part3"),
    ]
    books, shown = Books(), list[int | None]()
    for offset, each in enumerate(told):
        before = {view.round: view for view in books.rounds(each.exchange)} if offset else {}
        changed = {view.round for view in books.take(Batch(0, [(offset, 0, encode(each), None)], offset))} - {None}
        after = {view.round: view for view in books.rounds(each.exchange)}
        assert {number for number in after if after[number] != before.get(number)} <= changed
        released = of(after[1], side).released
        shown.append(None if released is None else released.low)
    assert shown == [0, 0, 5, 7, 5]


# -- who moved them ------------------------------------------------------------------------------


@EACH_SIDE
@pytest.mark.parametrize("holder", [None, "north"])
@pytest.mark.parametrize("by", [None, "north", "south"])
def test_whom_a_facilitator_moved_is_told_by_its_name_whoever_held_them(
    side: Side, holder: str | None, by: str | None
) -> None:
    whole = out(side, 1, group(200, holder=holder), key="leg", by=by)
    mover: dict[str, Any] = {"by": by, "facilitators": ["red_cross"], "part": {"of": "leg", "by": "mover"}}
    moved_by = out(side, 2, group(128, holder=holder), **mover)
    found = {
        name: each.estimate().best for name, each in figures(book_of(whole, moved_by)).items() if ".mover." in name
    }
    assert found == {f"{side}.of_which.mover.red_cross": 128}
    assert numbers(figure(book_of(whole, moved_by), f"{side}.released")) == (200, 200, 200)


@EACH_SIDE
@pytest.mark.parametrize(("place", "deal", "outside"), [(0, 8, 0), (1, 0, 8)])
def test_what_parts_tell_is_of_the_group_that_they_fit(side: Side, place: int, deal: int, outside: int) -> None:
    scopes = [{"ratio_scope": "inside"}, {"ratio_scope": "outside"}]
    whole = out(side, 1, *(group(UNKNOWN, **each) for each in scopes), key="leg")
    told = part(side, 2, group(8, **scopes[place]))
    found = of(tally(book_of(whole, told)), side)
    assert (numbers(found.deal), numbers(found.outside)) == ((None, deal, None), (None, outside, None))
    assert numbers(found.released) == (None, 8, None)


@EACH_SIDE
@pytest.mark.parametrize("by", ["batch", "mover", "category"])
def test_many_parts_of_a_whole_without_number_tell_what_few_do(side: Side, by: str) -> None:
    """Those of many are kept added up; rivals, corrections and retractions change them as those of few."""
    told = [out(side, 1, UNKNOWN, key="leg"), *(part(side, n, n, by=by) for n in range(2, 30))]
    told += [out(side, 40, 1, key="part5", part={"of": "leg", "by": by}, source={"publisher": "B"})]
    told += [
        retracted(41, 6, key="part6"),
        part(side, 42, 90, by=by, key="part7", supersedes=ident(7), reason="updated"),
    ]
    told += [part(side, 43, 500, by="nationality", of="another")]
    with pytest.MonkeyPatch.context() as patch:
        for many in (1, 8, 1000):
            patch.setattr("ledger.book.book.MANY", many)
            expected = 90 if by == "mover" else sum(range(2, 30)) - 5 + 1 - 6 - 7 + 90
            assert released(side, *told) == (None, expected, None), many
            book = book_of(*told[:3])
            for each in told[3:]:
                book.apply(each)
                book.settle()
                tally(book)
            assert numbers(figure(book, f"{side}.released")) == (None, expected, None)
