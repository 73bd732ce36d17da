"""What the public was told, against what the ledger adds up: each difference is exactly the known one."""

from typing import NamedTuple

import pytest

from ledger import Books
from tests.history.bundled import JANUARY, NOVEMBER, OUTSIDE, PROCESS, exactly, folded, history, last_claim, row_event


class Stated(NamedTuple):
    figure: str
    publisher: str
    stated: int
    computed: int
    difference: int


NOVEMBER_TOTALS = {  # by the point that each is stated for; publishers by how they begin
    "round 1": [Stated("captives.foreigners", "UN OCHA", 11, 11, 0)],
    "2023-11-25": [Stated("captives.held", "Trend", 215, 209, 6)],
    "round 3": [Stated("prisoners.released", "Karibu", 119, 117, 2)],
    "round 4": [
        Stated("captives.nationals", "UN OCHA", 51, 51, 0),
        Stated("captives.foreigners", "UN OCHA", 18, 18, 0),
        Stated("prisoners.released", "UN OCHA", 150, 150, 0),
        Stated("captives.deal", "Jewish Digital Times", 50, 50, 0),
        Stated("captives.side", "Jewish Digital Times", 19, 19, 0),
        Stated("captives.released", "The Hindu", 62, 69, -7),
    ],
    "round 5": [
        Stated("captives.nationals", "Washington Post", 61, 61, 0),
        Stated("captives.nationals", "Pledge Times", 60, 61, -1),
        Stated("prisoners.released", "Washington Post", 150, 180, -30),
        Stated("prisoners.released", "Indian Awaaz", 180, 180, 0),
        Stated("captives.released", "Indian Awaaz", 81, 81, 0),
    ],
    "round 6": [
        Stated("captives.released", "Pledge Times", 97, 97, 0),
        Stated("prisoners.released", "FDD", 210, 210, 0),
        Stated("captives.deal", "Siasat", 70, 70, 0),
    ],
    "2023-11-29": [Stated("captives.freed", "BGNES", 102, 102, 0)],
    "round 7": [
        Stated("captives.released", "EFE", 105, 105, 0),
        Stated("captives.released", "All Israel News", 113, 105, 8),
        Stated("captives.released", "MaltaToday", 105, 105, 0),
        Stated("captives.nationals", "EFE", 81, 81, 0),
        Stated("captives.nationals", "The Independent", 83, 81, 2),
        Stated("captives.foreigners", "EFE", 24, 24, 0),
        Stated("prisoners.released", "The Independent", 240, 240, 0),
        Stated("prisoners.released", "Gateway Pundit", 210, 240, -30),
    ],
    "2023-11-30": [Stated("captives.freed", "Yahoo", 104, 110, -6)],
    "2023-12-01": [Stated("captives.held", "Gateway Pundit", 137, 145, -8)],
}


@pytest.mark.parametrize("as_of", NOVEMBER_TOTALS)
def test_totals_of_november(books: Books, as_of: str) -> None:
    found = [
        each
        for each in books.stated_totals(NOVEMBER)
        if each.as_of == as_of and each.figure != "other" and each.stated.best is not None
    ]
    for each, expected in zip(found, NOVEMBER_TOTALS[as_of], strict=True):
        assert each.publisher.startswith(expected.publisher)
        assert each.computed is not None
        assert expected == Stated(
            each.figure, expected.publisher, exactly(each.stated), each.computed.best or 0, each.difference or 0
        )
        assert each.agrees == (expected.difference == 0)
        assert each.verdict == ("agrees" if expected.difference == 0 else "differs")


def test_no_other_point_in_time_has_a_checked_total(books: Books) -> None:
    points = {
        each.as_of
        for each in books.stated_totals(NOVEMBER)
        if each.figure != "other" and each.stated.best is not None and each.computed is not None
    }
    assert points == set(NOVEMBER_TOTALS)


def test_totals_of_january(books: Books) -> None:
    found = [
        (each.figure, each.as_of, each.stated.best, each.computed and each.computed.best, each.difference)
        for each in books.stated_totals(JANUARY)
    ]
    assert found == [
        ("captives.released", "round 4", 18, 18, 0),
        ("prisoners.released", "round 4", 583, 583, 0),
        ("captives.nationals", "round 6", 19, 19, 0),
        ("captives.nationals_back", "round 8", 33, 33, 0),
        ("prisoners.released", "round 8", 1778, 1778, 0),
        ("captives.held", "2025-02-28", 59, 104, -45),  # rescues and recoveries of 2024 are not in the data
    ]


def test_51_and_18_are_the_same_people_as_50_and_19(books: Books) -> None:
    totals = {each.figure: exactly(each.stated) for each in books.stated_totals(NOVEMBER) if each.as_of == "round 4"}
    by_nationality = totals["captives.nationals"] + totals["captives.foreigners"]
    assert by_nationality == totals["captives.deal"] + totals["captives.side"] == 69


def test_104_counts_the_first_batch_of_round_seven(books: Books) -> None:
    through = [each.id for each in history()].index(last_claim(NOVEMBER, "r6-pal")) + 1
    before = folded(history()[:through]).tally(PROCESS).captives
    first, *_ = books.book(NOVEMBER).parts_of("r7-isr")
    assert first.adopted is not None
    assert (exactly(before.released) - 4, 4, exactly(before.rescued), first.adopted.amount) == (97, 4, 1, 2)
    assert 97 + 4 + 1 + 2 == 104


def test_a_stale_total_agrees_with_what_had_happened_by_the_clock() -> None:
    then = folded(history(), occurred_by="2023-11-30").tally(NOVEMBER)
    assert (exactly(then.captives.released), exactly(then.captives.nationals)) == (105, 81)
    assert exactly(then.prisoners.released) == 210


def test_hedged_totals_agree_where_the_ranges_meet(books: Books) -> None:
    totals = [each for name in (NOVEMBER, OUTSIDE) for each in books.stated_totals(name)]
    hedged = {each.stated.low: each for each in totals if each.stated.best is None and each.stated.low in (101, 130)}
    assert {
        low: (each.computed and each.computed.best, each.difference, each.agrees) for low, each in hedged.items()
    } == {
        101: (169, None, True),
        130: (142, None, True),
    }


def test_a_total_for_one_holder_is_kept_and_not_compared(books: Books) -> None:
    by_holder = [
        each for each in books.stated_totals(NOVEMBER) if each.figure == "captives.held" and each.computed is None
    ]
    assert len(by_holder) == 3
    assert {each.agrees for each in by_holder} == {None}


def test_the_unsourced_total_is_no_claim(books: Books) -> None:
    assert row_event("T23-121") not in books.book(NOVEMBER).event_ids
