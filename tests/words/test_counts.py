"""Counts as people write them: every line of the document, and what holds for all that can be written."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.words.counts import AFTER, BEFORE, ROUND, WITHOUT, count_members
from ledger.words.numbers import whole_number, whole_numbers
from schemas.values import Amount
from tests.words.documented import Line, check, lines

COUNTS = lines("Counts")
NUMBERS = st.integers(0, 2_000_000)


def said(members: dict[str, Any]) -> str:
    """A count in the words of the document."""
    word = members["qualifier"].replace("_", " ")
    ends = ", ".join(f"{name} {members[name]:,}" for name in ("best", "low", "high") if name in members)
    return f"{word}: {ends}" if ends else word


@pytest.mark.parametrize("line", COUNTS, ids=lambda line: line.written)
def test_a_line_of_the_document(line: Line) -> None:
    check(line, count_members, said)


def test_the_document_has_eighty_ways_and_says_why_not() -> None:
    assert len({line.written for line in COUNTS}) == len(COUNTS) >= 80
    assert sum(line.is_refused for line in COUNTS) >= 20


@pytest.mark.parametrize(
    ("hedge", "qualifier"), [(word, name) for name, words in BEFORE.items() for word in words if name != "exact"]
)
@pytest.mark.parametrize("number", ["24", "a dozen", "1,968", "twenty-four"])
def test_a_hedge_before_any_number_stays_one(hedge: str, qualifier: str, number: str) -> None:
    found = count_members(f"{hedge} {number}")
    assert found["qualifier"] == qualifier
    assert found == count_members(f"  {hedge.upper()}\u00a0{number.title()} ")


@pytest.mark.parametrize(("hedge", "qualifier"), [(word, name) for name, words in AFTER.items() for word in words])
def test_a_hedge_behind_a_number_stays_one(hedge: str, qualifier: str) -> None:
    assert count_members(f"24 {hedge}")["qualifier"] == qualifier


@pytest.mark.parametrize("word", [word for words in WITHOUT.values() for word in words])
def test_a_word_without_a_number_gives_none(word: str) -> None:
    found = count_members(word)
    assert list(found) == ["qualifier"]
    assert found["qualifier"] != "exact"


@pytest.mark.parametrize("word", ROUND)
def test_a_round_word_is_never_exact_by_itself(word: str) -> None:
    assert count_members(word) == {"best": ROUND[word], "qualifier": "about"}


@given(NUMBERS)
def test_a_number_is_itself_however_it_is_written(number: int) -> None:
    digits = f"{number:,}"
    for mark in (",", " ", "\u202f", "'", "\u2019"):
        assert whole_number(digits.replace(",", mark)) == number
    assert whole_number(digits.replace(",", "."), ".") == number
    assert whole_number(spelled(number)) == number
    assert whole_number(str(number).translate({48 + n: 0x06F0 + n for n in range(10)})) == number


@given(NUMBERS, NUMBERS)
def test_a_range_has_both_ends_and_no_best(one: int, other: int) -> None:
    low, high = sorted((one, other))
    for text in (f"{low}-{high}", f"{low:,} to {high:,}", f"between {low} and {high}", f"{low} \u2013 {high}"):
        assert count_members(text) == {"low": low, "high": high, "qualifier": "about"}


@given(
    st.text(st.sampled_from("0123456789 ,.'-+~<>%*/?abcdefghijklmnopqrstuvwxyz\u0663\u06f5\u2013\u00a0"), max_size=24)
)
def test_whatever_is_written_is_a_count_or_refused_with_a_reason(text: str) -> None:
    try:
        members, reason = count_members(text), ""
    except ValueError as error:
        members, reason = {}, str(error)
    assert len(reason) < 220
    assert "validation error" not in reason
    if members:
        Amount.model_validate(members)


@pytest.mark.parametrize("text", ["7; 8", "7, 8", "7 and 8", "7 & 8", "7 ;8"])
def test_a_list_of_numbers(text: str) -> None:
    assert whole_numbers(text) == [7, 8]


ONES: dict[int, str] = dict(
    enumerate(
        re.findall(
            r"\w+",
            """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
            seventeen eighteen nineteen""",
        )
    )
)
TENS: dict[int, str] = dict(enumerate(re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety"), 2))


def spelled(number: int) -> str:
    """A number in English words, written without a look at how they are read."""
    for unit, word in ((1_000_000, "million"), (1_000, "thousand")):
        if number >= unit:
            rest = f" {spelled(number % unit)}" if number % unit else ""
            return f"{spelled(number // unit)} {word}{rest}"
    if number >= 100:
        return f"{ONES[number // 100]} hundred" + (f" and {spelled(number % 100)}" if number % 100 else "")
    if number >= 20:
        return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")
    return ONES[number]
