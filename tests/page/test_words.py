"""How the page words figures, counts and moments: a hedge shows there as it does in a terminal."""

from typing import Any

import pytest

from ledger.book.number_text import estimate
from schemas.views import Estimate
from tests.page.browser import Tab

FIGURES = [
    Estimate(best=None, low=63, high=67, hedged=True, exact=False),
    Estimate(best=None, low=63, high=67, exact=False),
    Estimate(best=900, low=900, high=900, hedged=True, exact=False),
    Estimate(best=None, low=131, high=None, hedged=True, exact=False),
    Estimate(best=None, low=0, high=20, hedged=True, exact=False),
    Estimate(best=None, low=0, high=None, hedged=True, exact=False),
    Estimate(best=12, low=12, high=12),
]


def worded(tab: Tab, function: str, *values: Any) -> list[str]:
    script = "async ([name, values]) => values.map((await import('/words.js').then((words) => (v) => words[name](v))))"
    return list(tab.open().page.evaluate(script, [function, list(values)]))


def test_a_figure_is_worded_as_in_a_terminal(tab: Tab) -> None:
    expected = [estimate(each).replace("-", "\u2013") for each in FIGURES]
    assert worded(tab, "estimate", *(each.model_dump() for each in FIGURES)) == expected


@pytest.mark.parametrize(
    ("count", "said"),
    [
        ({"low": 40, "high": 45, "qualifier": "about"}, "about 40 to 45"),
        ({"low": 850, "high": 899, "qualifier": "nearly"}, "nearly 900 (850 to 899)"),
        ({"high": 39, "qualifier": "under"}, "under 40"),
        ({"low": 10, "high": 20, "qualifier": "up_to"}, "up to 20 (10 to 20)"),
        ({"low": 3, "high": 7, "qualifier": "several"}, "several (3 to 7)"),
        ({"low": 3, "qualifier": "several"}, "several (at least 3)"),
        ({"qualifier": "several"}, "several"),
        ({"low": 131, "qualifier": "over"}, "over 130"),
        ({"best": 5, "low": 3, "high": 9, "qualifier": "estimate"}, "5 (3 to 9)"),
    ],
)
def test_a_count_keeps_the_hedge_of_its_source(tab: Tab, count: dict[str, Any], said: str) -> None:
    assert worded(tab, "count", count) == [said]


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ({"at": "2021-03", "precision": "month", "qualifier": "approximate"}, "about Mar 2021"),
        ({"at": "2021", "precision": "year", "qualifier": "uncertain"}, "possibly 2021"),
        ({"at": "2021-03-05", "precision": "before", "qualifier": "approximate"}, "by about 5 Mar 2021"),
        (
            {"at": "2021", "precision": "interval", "until": "2022", "until_qualifier": "uncertain_approximate"},
            "2021 to possibly about 2022",
        ),
        ({"at": "2021-autumn", "precision": "season"}, "autumn 2021"),
    ],
)
def test_a_date_of_which_nobody_is_sure_is_worded_as_such(tab: Tab, moment: dict[str, Any], said: str) -> None:
    assert worded(tab, "moment", moment) == [said]


@pytest.mark.parametrize(
    ("tally", "said"),
    [
        ({"first": "2021-03-01", "last": "2021-03-01"}, "1 Mar 2021"),
        ({"first": "2021-03-01", "last": "2021-04-02"}, "1 Mar 2021 \u2013 2 Apr 2021"),
        (
            {
                "first": "2021-03-01",
                "first_stated": {"at": "2021-03", "precision": "month", "qualifier": "approximate"},
                "last": "2021-04-02",
                "last_stated": {"at": "2021-04-02", "precision": "before"},
            },
            "about Mar 2021 \u2013 by 2 Apr 2021",
        ),
        ({"first": None, "last": None}, "no date"),
    ],
)
def test_days_that_nobody_knows_are_worded_as_they_are_stated(tab: Tab, tally: dict[str, Any], said: str) -> None:
    assert worded(tab, "dates", tally) == [said]


@pytest.mark.parametrize(("hedged", "said"), [(True, "about 2\u20132.50"), (False, "2\u20132.50")])
def test_the_range_of_a_ratio_keeps_the_hedge_of_a_side(tab: Tab, hedged: bool, said: str) -> None:
    members = {"value": None, "fraction": None, "low": 2, "high": 2.5}
    assert worded(tab, "ratio", members | ({"hedged": True} if hedged else {})) == [said]
