"""How long people were held, where the history links their release to how they were taken."""

from datetime import date

import pytest

from ledger import Ledger
from tests.history.bundled import NOVEMBER, OUTSIDE, exactly, recorded

OF_2011 = "IL-HAMAS-2011"
LINKED = {
    "rel-20231020": (OUTSIDE, 13, date(2023, 10, 20) - date(2023, 10, 7)),
    "rel-20111018": (OF_2011, 1941, date(2011, 10, 18) - date(2006, 6, 25)),
}


@pytest.mark.parametrize("occurrence", LINKED)
def test_the_days_from_taking_to_release(ledger: Ledger, occurrence: str) -> None:
    exchange, days, elapsed = LINKED[occurrence]
    explained = {each.occurrence: each for each in ledger.explain(exchange, "captives.released").contributions}
    assert exactly(explained[occurrence].days_held) == days == elapsed.days


def test_whichever_of_the_claims_of_a_release_counts_its_people_were_held_as_long(ledger: Ledger) -> None:
    of_release = ledger.read().book(OUTSIDE).named("rel-20231020")
    assert of_release is not None
    links = [None if claim.extra is None else claim.extra.taken for claim in of_release.claims]
    assert len(links) == 3
    assert len(set(links)) == 1


def test_days_are_never_inferred_without_a_link(ledger: Ledger) -> None:
    """All of November 2023 were taken on some day that the history knows, and no claim of it says which."""
    unlinked = [
        each
        for exchange in (OUTSIDE, NOVEMBER, OF_2011)
        for each in ledger.explain(exchange, "captives.released").contributions
        if each.occurrence not in LINKED
    ]
    assert len(unlinked) > 10
    assert {recorded(each.days_held) for each in unlinked} == {None}
