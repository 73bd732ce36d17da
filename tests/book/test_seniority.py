"""Which source counts: a correction keeps its place, and figures are one by what they can mean, whatever is counted."""

from typing import Any

import pytest

from schemas.events import AnyEvent
from schemas.vocabulary import Side
from tests.book.building import EACH_SIDE, UNKNOWN, book_of, figure, ident, judged, moved, numbers, retracted

EACH_TYPE = pytest.mark.parametrize(
    ("type", "name"),
    [
        ("{}_released", "released"),
        ("{}_taken", "taken"),
        ("{}_died", "died"),
        ("remains_returned", "remains.returned"),
        ("remains_identified", "remains.returned"),
    ],
)
OVER_11 = {"low": 12, "qualifier": "over"}


def says(side: Side, type: str, number: int, publisher: str, published: str, *groups: Any, **members: Any) -> AnyEvent:
    """What a publisher says of one leg on a day of March."""
    sided = {} if "{}" in type else {"side": side}
    source = {"publisher": publisher, "published": f"2024-03-{published}", **members.pop("source", {})}
    return moved(type.format(side), number, *groups, source=source, **sided, **members)


def corrects(claim: int, reason: str = "corrected") -> dict[str, str]:
    return {"supersedes": ident(claim), "reason": reason}


def chosen(*told: AnyEvent, **bounds: str) -> tuple[int, str]:
    verdict = judged(*told, **bounds)
    assert verdict.adopted is not None
    return int(verdict.adopted.id[-12:], 16), verdict.rule


@EACH_SIDE
@EACH_TYPE
@pytest.mark.parametrize("reason", ["corrected", "updated"])
def test_whoever_corrects_himself_does_not_go_to_the_end_of_the_line(
    side: Side, type: str, name: str, reason: str
) -> None:
    first = says(side, type, 1, "A", "05", 11)
    rival = says(side, type, 2, "B", "06", OVER_11)
    again = says(side, type, 3, "A", "07", 12, **corrects(1, reason))
    for told in ([first, rival, again], [rival, first, again], [again, rival, first]):
        assert chosen(*told) == (3, "the earliest published")
        assert numbers(figure(book_of(*told), f"{side}.{name}")) == (12, 12, 12)
    assert numbers(figure(book_of(first, rival), f"{side}.{name}")) == (11, 11, None)
    once_more = says(side, type, 4, "A", "09", 13, **corrects(3, reason))
    assert chosen(first, rival, again, once_more) == (4, "the earliest published")


@EACH_SIDE
@EACH_TYPE
def test_of_claims_published_on_one_day_a_correction_keeps_its_place_in_the_log(
    side: Side, type: str, name: str
) -> None:
    first, rival = says(side, type, 1, "A", "05", 11), says(side, type, 2, "B", "05", 12)
    again = says(side, type, 3, "A", "05", 13, **corrects(1))
    assert chosen(first, rival, again) == (3, "the earliest recorded")
    assert chosen(rival, first, again) == (2, "the earliest recorded")


@EACH_SIDE
def test_what_is_retracted_or_unknown_lends_no_place(side: Side) -> None:
    type = "{}_released"
    first, rival = says(side, type, 1, "A", "05", 11), says(side, type, 2, "B", "06", 12)
    again = says(side, type, 3, "A", "07", 13, **corrects(1))
    last = says(side, type, 4, "A", "08", 14, **corrects(3))
    assert chosen(first, rival, again, retracted(9, 1)) == (2, "the earliest published")
    assert chosen(first, rival, again, last, retracted(9, 3)) == (4, "the earliest published")
    assert chosen(first, rival, again, last, retracted(9, 1)) == (2, "the earliest published")
    secret = says(side, type, 1, "A", "05", 11, source={"published": "2024-06-01"})
    assert chosen(secret, rival, again, published_by="2024-03-08") == (2, "the earliest published")


@EACH_SIDE
def test_grade_authority_and_origin_are_the_corrections_own(side: Side) -> None:
    type, better = "{}_released", {"source": {"credibility": 2}}
    first = says(side, type, 1, "A", "05", 11, **better)
    rival = says(side, type, 2, "B", "06", 12, **better)
    assert chosen(first, rival, says(side, type, 3, "A", "07", 13, **corrects(1))) == (2, "the better credibility")
    facilitator = {"source": {"kind": "facilitator", "credibility": 2}}
    said = says(side, type, 3, "A", "07", 13, **corrects(2), **facilitator)
    assert chosen(first, rival, said) == (3, "the natural authority for this movement")
    two = [says(side, type, 4, "C", "08", 13, **better), says(side, type, 3, "A", "07", 13, **corrects(2), **better)]
    assert chosen(first, rival, *two)[0] == 3  # 13 has two origins, and the correction is the earlier of them


@EACH_SIDE
@EACH_TYPE
@pytest.mark.parametrize(
    ("one", "other", "is_one_figure"),
    [
        ([9], [9], True),
        ([9], [5, 4], True),
        ([{"low": 9, "qualifier": "at_least"}], [{"low": 9, "qualifier": "over"}], True),
        ([{"low": 4, "qualifier": "at_least"}], [2, {"low": 2, "qualifier": "at_least"}], True),
        ([{"low": 3, "qualifier": "at_least"}], [2, {"low": 2, "qualifier": "at_least"}], False),
        ([{"best": 10, "qualifier": "about"}], [{"best": 5, "qualifier": "about"}] * 2, True),
        ([{"best": 10, "qualifier": "about"}], [10], False),
        ([{"best": 10, "low": 9, "high": 11, "qualifier": "about"}], [{"best": 10, "qualifier": "about"}], False),
        ([{"best": 9, "low": 9, "high": 9, "qualifier": "estimate"}], [9], True),
        ([{"best": 9, "low": 8, "high": 10, "qualifier": "estimate"}], [9], False),
        ([UNKNOWN], [UNKNOWN], False),
    ],
)
def test_two_origins_are_one_figure_by_what_their_numbers_can_mean(
    side: Side, type: str, name: str, one: list[Any], other: list[Any], is_one_figure: bool
) -> None:
    told = [says(side, type, 1, "Early", "01", 77), says(side, type, 2, "B", "05", *one)]
    told.append(says(side, type, 3, "C", "06", *other))
    assert (chosen(*told)[0] == 2) is is_one_figure


@EACH_SIDE
def test_origins_of_two_types_are_no_one_figure(side: Side) -> None:
    told = [says(side, "{}_released", n, publisher, day, 9) for n, publisher, day in ((2, "B", "05"), (1, "A", "06"))]
    told[1] = says(side, "{}_escaped", 1, "A", "06", 9)
    assert chosen(says(side, "{}_released", 3, "Early", "01", 77), *told)[0] == 3
