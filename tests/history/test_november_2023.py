"""The truce of November 2023: every figure of every round, the credit between two of them, and what was promised."""

from fractions import Fraction
from typing import NamedTuple

import pytest

from ledger import Books
from ledger.book.balances import ZERO
from ledger.book.figures import value
from ledger.book.tally import figures
from schemas.events import ClaimAdopted, CountCredited
from schemas.values import Moment, Source
from schemas.views import Ratio
from tests.book.building import round_claims, round_parts
from tests.history.bundled import NOVEMBER, exactly, folded, history, last_claim, recorded


class Swap(NamedTuple):
    """One round: people by how they are counted, and the three ratios."""

    inside: int
    russian: int
    thai: int
    filipino: int
    captives: int
    prisoners: int
    women: int
    minors: int
    deal: str
    nationals: str
    everyone: str


SWAPS = {
    1: Swap(13, 0, 10, 1, 24, 39, 24, 15, "39/13", "39/13", "39/24"),
    2: Swap(13, 0, 4, 0, 17, 39, 6, 33, "39/13", "39/13", "39/17"),
    3: Swap(13, 1, 3, 0, 17, 39, 0, 39, "39/13", "39/14", "39/17"),
    4: Swap(11, 0, 0, 0, 11, 33, 3, 30, "33/11", "33/11", "33/11"),
    5: Swap(10, 0, 2, 0, 12, 30, 15, 15, "30/10", "30/10", "30/12"),
    6: Swap(10, 2, 4, 0, 16, 30, 14, 16, "30/10", "30/12", "30/16"),
    7: Swap(8, 0, 0, 0, 8, 30, 7, 23, "30/10", "30/8", "30/8"),
}
DECIMALS = {
    1: (3.0, 3.0, 1.625),
    2: (3.0, 3.0, 2.294118),
    3: (3.0, 2.785714, 2.294118),
    4: (3.0, 3.0, 3.0),
    5: (3.0, 3.0, 2.5),
    6: (3.0, 2.5, 1.875),
    7: (3.0, 3.75, 3.75),
}
AFTER = {  # nationals, others, everyone, prisoners
    1: (13, 11, 24, 39),
    2: (26, 15, 41, 78),
    3: (40, 18, 58, 117),
    4: (51, 18, 69, 150),
    5: (61, 20, 81, 180),
    6: (73, 24, 97, 210),
    7: (81, 24, 105, 240),
}


def of_round(books: Books, number: int, figure: str) -> int:
    return exactly(value(figure, figures(books.book(NOVEMBER), [number])))


def test_there_are_seven_rounds(books: Books) -> None:
    assert [each.round for each in books.rounds(NOVEMBER)] == list(SWAPS)


@pytest.mark.parametrize("number", SWAPS)
def test_people_of_each_round(books: Books, number: int) -> None:
    view = books.round(NOVEMBER, number)

    def nationality(code: str) -> int:
        """How many of a nationality came; 0 where some came and none of them was of it."""
        return exactly(view.captives.by.nationality.get(code, ZERO))

    def among(category: str) -> int:
        return exactly(view.prisoners.of_which.category.get(category, ZERO))

    counted = Swap(
        inside=of_round(books, number, "captives.scope.inside"),
        russian=nationality("RUS"),
        thai=nationality("THA"),
        filipino=nationality("PHL"),
        captives=exactly(view.captives.released),
        prisoners=exactly(view.prisoners.released),
        women=among("women"),
        minors=among("minors"),
        deal=str(view.ratios.deal.fraction),
        nationals=str(view.ratios.nationals.fraction),
        everyone=str(view.ratios.all.fraction),
    )
    assert counted == SWAPS[number]
    assert counted.women + counted.minors == counted.prisoners


@pytest.mark.parametrize("number", SWAPS)
def test_ratios_of_each_round_are_exact(books: Books, number: int) -> None:
    ratios = books.round(NOVEMBER, number).ratios
    three = (ratios.deal, ratios.nationals, ratios.all)
    assert tuple(each.value for each in three) == DECIMALS[number]
    for each in three:
        assert each.value == each.low == each.high
        assert round(float(Fraction(str(each.fraction))), 6) == each.value


def test_the_deal_ratio_is_three_in_all_rounds(books: Books) -> None:
    assert {Fraction(str(each.ratios.deal.fraction)) for each in books.rounds(NOVEMBER)} == {Fraction(3)}


def test_two_of_round_six_are_credited_to_round_seven(books: Books) -> None:
    credits = {
        each.round: (
            recorded(each.captives.credited_in),
            recorded(each.captives.credited_out),
            exactly(each.captives.deal),
        )
        for each in books.rounds(NOVEMBER)
    }
    none: dict[int, tuple[int | None, int | None, int]] = {n: (None, None, SWAPS[n].inside) for n in range(1, 6)}
    assert credits == none | {6: (None, 2, 10), 7: (2, None, 10)}


def test_without_the_credit_round_seven_reads_three_and_three_quarters() -> None:
    books = folded(each for each in history() if not isinstance(each, CountCredited))
    ratios = {each.round: each.ratios.deal.fraction for each in books.rounds(NOVEMBER)}
    assert ratios == {n: SWAPS[n].deal for n in range(1, 7)} | {7: "30/8"}
    assert books.round(NOVEMBER, 7).ratios.deal.value == 3.75
    assert books.tally(NOVEMBER).ratios.deal == Ratio(
        fraction="240/78",
        value=3.076923,
        low=3.076923,
        high=3.076923,
        numerator="prisoners.deal",
        denominator="captives.deal",
    )


def test_deciding_against_the_credit_is_the_same_as_not_having_it() -> None:
    against = ClaimAdopted(
        exchange=NOVEMBER,
        occurrence="credit-20231130",
        occurred=Moment.day("2023-12-02"),
        source=Source(publisher="A reader", kind="derived"),
        claim=None,
        why="count them where they were freed",
    )
    books = folded([*history(), against])
    assert books.round(NOVEMBER, 7).ratios.deal.fraction == "30/8"
    assert exactly(books.tally(NOVEMBER).captives.released) == 105


def test_sums(books: Books) -> None:
    tally = books.tally(NOVEMBER)
    captives = tally.captives
    assert (exactly(captives.released), exactly(captives.nationals), exactly(captives.others)) == (105, 81, 24)
    assert exactly(captives.deal) == 80
    assert exactly(value("captives.scope.inside", figures(books.book(NOVEMBER)))) == 78
    assert exactly(captives.outside) == 105 - 80
    assert exactly(tally.prisoners.released) == 240
    assert {code: exactly(each) for code, each in captives.by.nationality.items()} == {
        "ISR": 81,
        "RUS": 3,
        "THA": 23,
        "PHL": 1,
    }


def test_ratios_of_the_whole(books: Books) -> None:
    tally = books.tally(NOVEMBER)
    ratios = tally.ratios
    assert (ratios.deal.fraction, ratios.nationals.fraction, ratios.all.fraction) == ("240/80", "240/81", "240/105")
    assert (ratios.deal.value, ratios.nationals.value, ratios.all.value) == (3.0, 2.962963, 2.285714)
    assert (ratios.remains.fraction, ratios.remains.value) == (None, None)
    assert tally.captives.remains.returned is None
    assert tally.prisoners.remains.returned is None


@pytest.mark.parametrize("number", AFTER)
def test_running_totals_after_each_round(books: Books, number: int) -> None:
    sums = figures(books.book(NOVEMBER), range(1, number + 1))
    names = ("captives.nationals", "captives.others", "captives.released", "prisoners.released")
    assert tuple(exactly(value(name, sums)) for name in names) == AFTER[number]


def test_promises_are_kept(books: Books) -> None:
    promises = {each.item: each for each in books.tally(NOVEMBER).promises}
    assert exactly(promises["captives"].promised) == 50 + 3 * 10
    assert exactly(promises["prisoners"].promised) == 150 + 3 * 30
    assert exactly(promises["captives"].delivered) == 80
    assert exactly(promises["prisoners"].delivered) == 240
    assert exactly(promises["captives"].outstanding) == exactly(promises["prisoners"].outstanding) == 0


def test_fourteen_were_planned_for_round_two_and_thirteen_came(books: Books) -> None:
    view = books.round(NOVEMBER, 2)
    assert (exactly(view.promised.captives), exactly(view.promised.prisoners)) == (14, 42)
    assert (exactly(view.delivered.captives), exactly(view.delivered.prisoners)) == (13, 39)
    assert (exactly(view.outstanding.captives), exactly(view.outstanding.prisoners)) == (1, 3)


def test_the_agreed_ratio_is_three_in_every_round(books: Books) -> None:
    assert {each.promised_ratio.fraction for each in books.rounds(NOVEMBER)} == {"3/1"}


def test_women_and_minors_add_up_to_what_the_daily_reports_say(books: Books) -> None:
    of_which = books.tally(NOVEMBER).prisoners.of_which.category
    assert {name: exactly(each) for name, each in of_which.items()} == {"women": 69, "minors": 171}


def test_prisoners_left_after_midnight_in_rounds_four_six_and_seven(books: Books) -> None:
    days = {each.round: each.legs["prisoners"].first.at for each in books.rounds(NOVEMBER)}
    assert days == {
        1: "2023-11-24",
        2: "2023-11-25",
        3: "2023-11-26",
        4: "2023-11-28",
        5: "2023-11-28",
        6: "2023-11-30",
        7: "2023-12-01",
    }


def test_the_claim_of_seven_foreigners_in_round_two_counts_nowhere(books: Books) -> None:
    assert exactly(books.round(NOVEMBER, 2).captives.released) == 13 + 4
    found = round_claims(books.book(NOVEMBER), 2)
    [why] = [each.why for each in found.left_out if each.occurrence == "r2-foreign"]
    assert "decided that none counts" in why
    assert last_claim(NOVEMBER, "r2-foreign") not in {claim.id for _, claim, _ in found.used}


def test_every_breakdown_of_a_leg_agrees_with_it(books: Books) -> None:
    checks = [check for view in books.rounds(NOVEMBER) for check in round_parts(books.book(NOVEMBER), view.round)]
    assert len(checks) == 14
    assert all(check.agrees for check in checks)
    assert [exactly(c.parts) for c in checks if (c.occurrence, c.by) == ("r7-isr", "batch")] == [8]
