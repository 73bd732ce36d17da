"""How numbers look: what is hedged, what is a range, what is not known, what is not recorded."""

import pytest

from ledger.book.number_text import estimate, ratio
from schemas.views import Estimate, Ratio


def known(best: int | None, low: int, high: int | None, hedged: bool = False) -> Estimate:
    return Estimate(best=best, low=low, high=high, hedged=hedged, exact=not hedged and best == low == high)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (known(105, 105, 105), "105"),
        (known(0, 0, 0), "0"),
        (Estimate(best=4, low=4, high=4, exact=False), "4"),
        (known(900, 900, 900, hedged=True), "about 900"),
        (known(899, 850, 899, hedged=True), "about 899 (850-899)"),
        (known(1778, 1735, 1778), "1,778 (1,735-1,778)"),
        (known(5, 3, 9), "5 (3-9)"),
        (known(242, 242, None), "242 (242-?)"),
        (known(None, 40, 45, hedged=True), "about 40-45"),
        (known(None, 40, 45), "40-45"),
        (known(None, 131, None, hedged=True), "at least 131"),
        (known(None, 0, 20, hedged=True), "at most 20"),
        (known(None, 0, None, hedged=True), "unknown"),
    ],
)
def test_a_figure(value: Estimate | None, text: str) -> None:
    assert estimate(value) == text


@pytest.mark.parametrize(
    ("value", "text", "short"),
    [
        (Ratio(), "-", "-"),
        (Ratio(fraction="39/13", value=3.0, low=3.0, high=3.0), "39/13 = 3", "3"),
        (Ratio(fraction="30/8", value=3.75, low=3.75, high=3.75), "30/8 = 3.750", "3.750"),
        (Ratio(value=29.966667, low=28.333333, high=29.966667), "about 29.967", "about 29.967"),
        (Ratio(low=2.625), "at least 2.625", "at least 2.625"),
        (Ratio(high=2.5), "at most 2.500", "at most 2.500"),
        (Ratio(low=0.0, high=0.5), "0 to 0.500", "0 to 0.500"),
    ],
)
def test_a_ratio(value: Ratio, text: str, short: str) -> None:
    assert (ratio(value), ratio(value, wide=False)) == (text, short)
