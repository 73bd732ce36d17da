"""Terms with the ratio that they imply, positions in force, and the clock of the pause."""

import pytest

from ledger import Books
from schemas.values import Moment
from schemas.views import PositionView, Ratio, TermsView
from tests.history.bundled import JANUARY, NOVEMBER, OCTOBER, OUTSIDE, read, row_event


def terms(books: Books, exchange: str, name: str) -> TermsView:
    [found] = [each for each in books.terms(exchange) if each.terms == name]
    return found


def position(books: Books, party: str, since: str, topic: str = "formula") -> PositionView:
    [found] = [
        each for each in books.positions(NOVEMBER) if (each.party, each.topic, each.since.at) == (party, topic, since)
    ]
    return found


def test_36_for_an_unknown_number_is_undefined(books: Books) -> None:
    offer = terms(books, OUTSIDE, "talks-20231009")
    sides = {
        each.item: (each.count.best, each.exact) for each in offer.pledges if each.item in ("captives", "prisoners")
    }
    assert sides == {"captives": (None, False), "prisoners": (36, True)}
    assert (offer.implied_ratio, offer.confidence) == (Ratio(), "undefined")
    assert (offer.status, offer.outcome) == ("proposed", "no_breakthrough")


def test_parameters_still_open_are_in_the_terms_of_one_offer(books: Books) -> None:
    offer = terms(books, OUTSIDE, "talks-20231009")
    assert {each.item for each in offer.pledges if each.count.best is None} == {"captives", "logistics", "mechanism"}


def test_7000_for_more_than_130_is_a_range_of_low_confidence(books: Books) -> None:
    offer = terms(books, NOVEMBER, "all-for-all-202312")
    assert [(each.item, each.count.best, each.count.low) for each in offer.pledges] == [
        ("captives", None, 131),
        ("prisoners", 7000, 7000),
    ]
    assert offer.implied_ratio == Ratio(high=round(7000 / 131, 6), hedged=True)
    assert (offer.confidence, offer.status) == ("low", "proposed")


def test_the_agreed_terms_of_november(books: Books) -> None:
    deal = terms(books, NOVEMBER, "deal-20231122")
    pledges = {(each.item, each.per): each.count.best for each in deal.pledges}
    assert pledges == {
        ("captives", "deal"): 50,
        ("prisoners", "deal"): 150,
        ("prisoners", "captive"): 3,
        ("captives", "extra_day"): 10,
        ("prisoners", "extra_day"): 30,
        ("fuel_litres", "day"): 130_000,
        ("pause_hours", "deal"): 96,
    }
    assert (deal.status, deal.confidence, deal.implied_ratio.fraction) == ("agreed", "exact", "3/1")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("terms-20231130", "refused"),
        ("framework-20231128", "agreed"),
        ("parameters-20231128", "proposed"),
        ("renewal-202312", "refused"),
    ],
)
def test_how_other_terms_stand(books: Books, name: str, status: str) -> None:
    found = terms(books, NOVEMBER, name)
    assert (found.status, found.implied_ratio, found.confidence) == (status, Ratio(), "undefined")
    assert len(found.refused_by) == (status == "refused")


def test_ratios_by_category_imply_no_single_one(books: Books) -> None:
    deal = terms(books, JANUARY, "deal-20250115")
    per_captive = {each.category: each.count.best for each in deal.pledges if each.per == "captive"}
    assert sorted(n for n in per_captive.values() if n is not None) == [30, 50]
    assert (deal.confidence, deal.implied_ratio.fraction, deal.implied_ratio.high) == ("low", None, 79.96)


def test_remains_have_terms_of_their_own(books: Books) -> None:
    deal = terms(books, OCTOBER, "deal-20251008")
    assert [(each.item, each.per, each.count.best) for each in deal.pledges] == [
        ("prisoner_remains", "captive_remains", 15),
        ("captive_remains", "deal", 28),
        ("prisoner_remains", "deal", 360),
    ]


def test_positions_of_28_november(books: Books) -> None:
    for party, in_force in (("israel", True), ("hamas", False)):
        found = position(books, party, "2023-11-28")
        assert (found.formula, found.commitment, found.latest) == ("more_for_more", "willingness", in_force)


def test_the_position_of_16_december_replaces_the_earlier_one(books: Books) -> None:
    found = position(books, "hamas", "2023-12-16")
    assert (found.formula, found.commitment, found.latest) == ("all_for_all", "conditional", True)


def test_positions_in_force_at_a_date() -> None:
    def formulas(day: str) -> dict[str, str | None]:
        declared = read(occurred_by=day).positions(NOVEMBER)
        return {each.party: each.formula for each in declared if each.topic == "formula" and each.latest}

    assert formulas("2023-11-27") == {}
    assert formulas("2023-11-28") == {"israel": "more_for_more", "hamas": "more_for_more"}
    assert formulas("2023-12-16") == {"israel": "more_for_more", "hamas": "all_for_all"}


def test_the_clock_of_the_pause_of_2023(books: Books) -> None:
    [pause] = books.pauses(NOVEMBER)
    end = Moment.minute("2023-12-01T07:00+02:00")
    assert (pause.started, pause.planned_hours) == (Moment.minute("2023-11-24T07:00+02:00"), 96)
    assert ([each.hours for each in pause.extensions], pause.extended_hours) == ([48, 24], 72)
    assert [each.announced.at for each in pause.extensions] == ["2023-11-27", "2023-11-30"]
    assert (pause.ends, pause.ended, pause.calm_hours) == (end, end, 168.0)
    assert pause.violations == 1
    assert row_event("T23-012") not in pause.events


def test_the_pause_was_due_to_end_earlier_before_it_was_extended() -> None:
    ends = {}
    for day in ("2023-11-26", "2023-11-27", "2023-11-30", "2023-12-01"):
        [pause] = read(occurred_by=day).pauses(NOVEMBER)
        ends[day] = (pause.ends and pause.ends.at, pause.ended is not None)
    assert ends == {
        "2023-11-26": ("2023-11-28T07:00+02:00", False),
        "2023-11-27": ("2023-11-30T07:00+02:00", False),
        "2023-11-30": ("2023-12-01T07:00+02:00", False),
        "2023-12-01": ("2023-12-01T07:00+02:00", True),
    }


def test_a_planned_end_ends_nothing(books: Books) -> None:
    [pause] = books.pauses(JANUARY)
    assert (pause.planned_hours, pause.ends) == (42 * 24, Moment.minute("2025-03-02T11:15+02:00"))
    assert (pause.ended, pause.calm_hours) == (None, None)
