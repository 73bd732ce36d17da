"""Which claim counts: each rule in its order, and what corrections, retractions and decisions do to it."""

from itertools import permutations
from typing import Any

import pytest

from ledger.book.claims import Judgement
from schemas.events import AnyEvent
from tests.book.building import (
    EXCHANGE,
    adopted,
    book_of,
    corrected,
    disputed,
    event,
    figure,
    freed,
    ident,
    judged,
    let_go,
    moved,
    numbers,
    retracted,
)


def chosen(verdict: Judgement) -> int | None:
    return None if verdict.adopted is None else int(verdict.adopted.id[-12:], 16)


def reasons(verdict: Judgement) -> dict[int, str]:
    return {int(claim.id[-12:], 16): why for claim, why in verdict.left_out}


def by(publisher: str, **members: Any) -> dict[str, Any]:
    return {"publisher": publisher, "published": "2024-03-02", **members}


AUTHORITY = {"kind": "facilitator", "speaks_for": "relief"}
WEAK = {"published": "2024-03-01"}
RULES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("the better credibility", {"credibility": 2}, {"credibility": 3, "reliability": "A", **AUTHORITY, **WEAK}),
    ("the better reliability", {"reliability": "B"}, {"reliability": "C", **AUTHORITY, **WEAK}),
    ("the natural authority for this movement", AUTHORITY, WEAK),
    ("the earliest published", {"published": "2024-03-02"}, {"published": "2024-03-03"}),
    ("the earliest published", {"published": "2024-03-02"}, {"published": None}),
]


@pytest.mark.parametrize(("rule", "better", "worse"), RULES)
@pytest.mark.parametrize("swapped", [False, True])
def test_the_better_claim_is_adopted_whichever_came_first(
    rule: str, better: dict[str, Any], worse: dict[str, Any], swapped: bool
) -> None:
    said: list[AnyEvent] = [freed(1, 10, source=by("One", **better)), freed(2, 12, source=by("Two", **worse))]
    verdict = judged(*said[:: -1 if swapped else 1])
    assert (chosen(verdict), verdict.rule) == (1, rule)
    assert reasons(verdict) == {2: f"not adopted: {rule}"}


def test_a_figure_with_two_independent_origins_beats_an_earlier_one() -> None:
    early, one = freed(1, 12, source=by("Early", published="2024-03-01")), freed(2, 10, source=by("One"))
    assert chosen(judged(early, one)) == 1
    verdict = judged(early, one, freed(3, 10, source=by("Two")))
    assert (chosen(verdict), verdict.rule) == (2, "the earliest recorded")


def test_each_claim_is_left_out_by_the_rule_by_which_it_lost() -> None:
    verdict = judged(
        freed(1, 12, source=by("Early", published="2024-03-01")),
        freed(2, 10, source=by("One", credibility=2, published="2024-03-03")),
        freed(3, 11, source=by("Two", credibility=2, published="2024-03-04")),
        freed(4, 10, source=by("Three", credibility=2, published="2024-03-04")),
    )
    assert chosen(verdict) == 2
    assert reasons(verdict) == {
        1: "not adopted: the better credibility",
        3: "not adopted: two independent origins",
        4: "not adopted: the earliest published",
    }


def test_ten_posts_of_one_origin_are_one_source() -> None:
    posts = [freed(n, 10, source=by(f"Blog {n}", origin="Coast Wire")) for n in range(2, 12)]
    verdict = judged(freed(1, 12, source=by("Early", published="2024-03-01")), *posts)
    assert (chosen(verdict), verdict.rule) == (1, "the earliest published")


def test_the_earliest_recorded_decides_last() -> None:
    for one, other in permutations((1, 2)):
        verdict = judged(freed(one, 10), freed(other, 12))
        assert (chosen(verdict), verdict.rule) == (one, "the earliest recorded")


def test_a_single_claim_needs_no_rule() -> None:
    assert judged(freed(1, 10, status="confirmed")).rule == "the only claim that stands"


NATURAL: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("captives_released", {"kind": "facilitator"}, {}, True),
    ("captives_released", {"kind": "un"}, {}, True),
    ("captives_released", {"kind": "official_party", "speaks_for": "north"}, {"to": "north"}, False),
    ("prisoners_released", {"kind": "official_party", "speaks_for": "north"}, {"by": "north"}, True),
    ("prisoners_released", {"kind": "official_party", "speaks_for": "south"}, {"by": "north"}, False),
    ("prisoners_released", {"kind": "facilitator"}, {"by": "north"}, True),
    ("prisoners_released", {"kind": "un"}, {}, True),
    ("prisoners_released", {"kind": "official_party"}, {}, False),
    ("captives_released", {"kind": "official_party", "speaks_for": "north"}, {"by": "north"}, True),
    ("captives_taken", {"kind": "official_party", "speaks_for": "north"}, {"by": "north"}, False),
    ("prisoners_taken", {"kind": "un"}, {}, True),
    ("remains_returned", {"kind": "official_party", "speaks_for": "north"}, {"to": "north"}, True),
    ("remains_returned", {"kind": "official_party", "speaks_for": "south"}, {"to": "north"}, False),
    ("remains_returned", {"kind": "facilitator"}, {"to": "north"}, False),
    ("remains_returned", {"kind": "official_party", "speaks_for": "north"}, {"to": "north", "side": "prisoners"}, True),
    ("remains_recovered", {"kind": "un"}, {"to": "north"}, False),
]


@pytest.mark.parametrize(("type", "source", "members", "has_authority"), NATURAL)
def test_natural_authority(type: str, source: dict[str, Any], members: dict[str, Any], has_authority: bool) -> None:
    early = moved(type, 1, 12, source=by("Early", published="2024-03-01"), **members)
    verdict = judged(early, moved(type, 2, 10, source=by("Knows", **source), **members))
    assert (chosen(verdict) == 2) is has_authority


# -- corrections and retractions -----------------------------------------------------------------


def test_a_correction_replaces_its_claim_however_weak_it_is() -> None:
    verdict = judged(freed(1, 13, source=by("Strong", credibility=1)), corrected(2, 1, 12))
    assert chosen(verdict) == 2
    assert reasons(verdict) == {1: f"corrected by {ident(2)}"}


def test_a_correction_has_the_place_of_the_claim_that_it_replaces() -> None:
    verdict = judged(freed(1, 13), freed(2, 12), corrected(3, 1, 13))
    assert (chosen(verdict), verdict.rule) == (3, "the earliest recorded")


def test_an_update_says_so() -> None:
    verdict = judged(freed(1, 240), corrected(2, 1, 251, reason="updated"))
    assert reasons(verdict) == {1: f"updated by {ident(2)}"}


def test_a_correction_of_a_correction() -> None:
    verdict = judged(freed(1, 13), corrected(2, 1, 12), corrected(3, 2, 11))
    assert (chosen(verdict), set(reasons(verdict))) == (3, {1, 2})


def test_correcting_back_gives_the_first_figure() -> None:
    book = book_of(freed(1, 13), corrected(2, 1, 12), corrected(3, 2, 13))
    assert numbers(figure(book, "captives.released")) == (13, 13, 13)


def test_retracting_a_correction_brings_the_first_claim_back() -> None:
    verdict = judged(freed(1, 13), corrected(2, 1, 12), retracted(3, 2))
    assert (chosen(verdict), reasons(verdict)) == (1, {2: "retracted: entered twice"})


def test_a_correction_of_a_retracted_correction_replaces_the_first_claim() -> None:
    verdict = judged(freed(1, 13), corrected(2, 1, 12), corrected(3, 2, 11), retracted(4, 2))
    assert (chosen(verdict), reasons(verdict)[1]) == (3, f"corrected by {ident(3)}")


def test_a_correction_of_a_correction_that_the_public_did_not_yet_know_replaces_the_first_claim() -> None:
    late = {"published": "2024-03-09"}
    told = [freed(1, 13), corrected(2, 1, 12, source=late), corrected(3, 2, 11)]
    verdict = judged(*told, published_by="2024-03-05")
    assert (chosen(verdict), set(reasons(verdict))) == (3, {1})


def test_retracting_a_retraction_lets_the_claim_stand_again() -> None:
    verdict = judged(freed(1, 13), retracted(2, 1), retracted(3, 2))
    assert (chosen(verdict), reasons(verdict)) == (1, {})


def test_retracting_the_retraction_of_a_retraction() -> None:
    verdict = judged(freed(1, 13), retracted(2, 1), retracted(3, 2), retracted(4, 3))
    assert (chosen(verdict), verdict.rule) == (None, "no claim stands")


def test_a_retraction_may_come_before_its_claim() -> None:
    assert chosen(judged(retracted(2, 1), freed(1, 13))) is None


def test_claims_that_replace_each_other_both_fall() -> None:
    verdict = judged(corrected(1, 2, 13), corrected(2, 1, 12))
    assert chosen(verdict) is None
    assert set(reasons(verdict)) == {1, 2}


def test_a_correction_of_an_unknown_claim_is_barred_until_that_claim_comes() -> None:
    correction = corrected(2, 1, 12)
    barred = judged(correction)
    assert chosen(barred) is None
    assert reasons(barred) == {2: f"supersedes {ident(1)}, which this occurrence does not have"}
    assert chosen(judged(correction, freed(1, 13))) == 2


def test_a_correction_of_a_claim_that_the_public_did_not_yet_know_stands() -> None:
    early = freed(1, 13, source=by("Late", published="2024-03-09"))
    assert chosen(judged(early, corrected(2, 1, 12), published_by="2024-03-05")) == 2


# -- decisions -----------------------------------------------------------------------------------


def test_a_decision_overrides_every_rule() -> None:
    verdict = judged(freed(1, 13, source=by("Strong", credibility=1)), freed(2, 12), adopted(3, 2))
    assert (chosen(verdict), verdict.rule) == (2, "decided: looked into")


def test_the_latest_decision_stands() -> None:
    assert chosen(judged(freed(1, 13), freed(2, 12), adopted(3, 2), adopted(4, 1))) == 1


def test_a_retracted_decision_decides_nothing() -> None:
    assert chosen(judged(freed(1, 13), freed(2, 12), adopted(3, 2), retracted(4, 3))) == 1
    assert chosen(judged(freed(1, 13), freed(2, 12), adopted(3, 1), adopted(4, 2), retracted(5, 4))) == 1


def test_deciding_that_none_counts() -> None:
    verdict = judged(freed(1, 13), adopted(2, None))
    assert (chosen(verdict), verdict.rule) == (None, "decided that none counts: looked into")


def test_a_decision_may_come_before_its_claim() -> None:
    assert chosen(judged(adopted(3, 2), freed(1, 13), freed(2, 12))) == 2


def test_a_decision_for_an_unknown_claim_decides_nothing() -> None:
    verdict = judged(freed(1, 13), adopted(2, 9))
    assert (chosen(verdict), verdict.rule) == (1, "the only claim that stands")


def test_a_decision_follows_the_corrections_of_its_claim() -> None:
    verdict = judged(freed(1, 13), freed(2, 12), adopted(3, 2), corrected(4, 2, 11), corrected(5, 4, 10))
    assert (chosen(verdict), verdict.rule) == (5, "decided: looked into")


def test_a_decision_for_a_retracted_claim_leaves_the_choice_to_the_rules() -> None:
    assert chosen(judged(freed(1, 13), freed(2, 12), adopted(3, 2), retracted(4, 2))) == 1


def test_a_decision_cannot_adopt_a_plan() -> None:
    verdict = judged(freed(1, 13), freed(2, 14, status="planned"), adopted(3, 2))
    assert (chosen(verdict), reasons(verdict)) == (1, {2: "a plan, not a delivery"})


# -- disputes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decisions", "still_open"),
    [
        ([disputed(3, 1)], 1),
        ([disputed(3)], 1),
        ([disputed(3, 1), disputed(4, 2)], 2),
        ([disputed(3, 1), adopted(4, 2)], 0),
        ([disputed(3, 1), adopted(4, None)], 0),
        ([adopted(3, 2), disputed(4, 2)], 1),
        ([disputed(3, 1), adopted(4, 2), disputed(5, 2)], 1),
        ([disputed(3, 1), retracted(4, 1)], 0),
        ([disputed(3, 1), retracted(4, 3)], 0),
        ([disputed(3, 1), adopted(4, 2), retracted(5, 4)], 1),
    ],
)
def test_a_dispute_is_open_until_a_claim_is_adopted(decisions: list[AnyEvent], still_open: int) -> None:
    assert book_of(freed(1, 13), freed(2, 12), *decisions).disputes == still_open


def test_a_dispute_changes_no_figure() -> None:
    book = book_of(freed(1, 13), disputed(2, 1))
    assert numbers(figure(book, "captives.released")) == (13, 13, 13)


# -- who counts, and for how long ----------------------------------------------------------------


def test_a_correction_keeps_the_place_of_the_claim_with_which_its_chain_began() -> None:
    """A: 11 on 5 March; B: "over 11" a day later. A, who corrects itself to 12 on the 7th, is no latecomer for it."""
    first = freed(1, 11, source=by("A", published="2024-03-05"))
    rival = freed(2, {"low": 12, "qualifier": "over"}, source=by("B", published="2024-03-06"))
    again = corrected(3, 1, 12, source=by("A", published="2024-03-07"))
    assert chosen(judged(first, rival)) == 1
    verdict = judged(first, rival, again)
    assert (chosen(verdict), verdict.rule) == (3, "the earliest published")
    assert chosen(judged(first, rival, again, corrected(4, 3, 13, source=by("A", published="2024-03-09")))) == 4


def test_a_retracted_claim_lends_its_correction_no_place() -> None:
    first = freed(1, 11, source=by("A", published="2024-03-05"))
    rival = freed(2, 12, source=by("B", published="2024-03-06"))
    again = corrected(3, 1, 12, source=by("A", published="2024-03-07"))
    assert chosen(judged(first, rival, again, retracted(4, 1))) == 2


def test_a_correction_has_its_own_grade() -> None:
    better = freed(2, 12, source=by("B", published="2024-03-06", credibility=2))
    first = freed(1, 11, source=by("A", published="2024-03-05", credibility=2))
    assert chosen(judged(first, better, corrected(3, 1, 12, source=by("A", credibility=3)))) == 2


@pytest.mark.parametrize("vague", [{"qualifier": "unknown"}, {"qualifier": "several"}, {"qualifier": "numerous"}])
def test_a_claim_without_a_number_never_beats_one_with_a_number(vague: dict[str, Any]) -> None:
    verdict = judged(freed(1, vague, source={"credibility": 1}), freed(2, 12))
    assert (chosen(verdict), verdict.rule) == (2, "a number is better than none")
    assert numbers(figure(book_of(freed(1, vague), freed(2, 12)), "captives.released")) == (12, 12, 12)


INDEPENDENT: list[tuple[Any, Any, bool]] = [
    ([9], [9], True),
    ([5, 4], [9], True),
    ([{"best": 9, "qualifier": "about"}], [9], False),
    ([{"low": 3, "qualifier": "at_least"}], [{"low": 3, "qualifier": "at_least"}], True),
    ([2, {"low": 1, "qualifier": "at_least"}], [{"low": 3, "qualifier": "over"}], True),
    ([2, {"low": 2, "qualifier": "at_least"}], [{"low": 3, "qualifier": "at_least"}], False),
    (
        [{"best": 5, "qualifier": "about"}, {"best": 5, "qualifier": "about"}],
        [{"best": 10, "qualifier": "about"}],
        True,
    ),
]


@pytest.mark.parametrize(("one", "other", "is_one_figure"), INDEPENDENT)
def test_two_origins_are_compared_by_what_their_numbers_can_mean(one: Any, other: Any, is_one_figure: bool) -> None:
    early = freed(1, 77, source=by("Early", published="2024-03-01"))
    verdict = judged(early, freed(2, *one, source=by("B")), freed(3, *other, source=by("C")))
    assert (chosen(verdict) == 2) is is_one_figure


# -- what cannot count ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "why"),
    [("planned", "a plan, not a delivery"), ("failed", "reported, and did not happen")],
)
def test_what_did_not_happen_moves_nobody(status: str, why: str) -> None:
    verdict = judged(freed(1, 13, status=status))
    assert (chosen(verdict), reasons(verdict)) == (None, {1: why})
    assert figure(book_of(freed(1, 13, status=status)), "captives.released") is None


@pytest.mark.parametrize("status", ["reported", "claimed_by_side", "confirmed"])
def test_other_statuses_count(status: str) -> None:
    assert chosen(judged(freed(1, 13, status=status))) == 1


def test_a_plan_is_adopted_as_a_plan() -> None:
    plan = event("release_planned", 1, occurrence="plan", leg="captives", count={"best": 14}, status="planned")
    assert chosen(judged(plan)) == 1


def test_claims_of_two_types_on_one_occurrence_are_rivals_and_widen_no_range() -> None:
    book = book_of(freed(1, 10), let_go(2, 30))
    assert numbers(figure(book, "captives.released")) == (10, 10, 10)
    assert figure(book, "prisoners.released") is None


def test_what_counts_nothing_is_no_rival_to_what_does() -> None:
    sure = {"credibility": 1}
    told = [
        freed(1, 10),
        event("tally_stated", 2, occurrence="leg", figure="captives.released", count={"best": 99}, source=sure),
        freed(3, 4, part={"of": "whole", "by": "batch"}, source=sure),
    ]
    verdict = judged(*told)
    assert (chosen(verdict), verdict.rule) == (1, "the only claim that stands")
    assert reasons(verdict) == {2: "counts nothing here", 3: "counts nothing here"}
    assert numbers(figure(book_of(*told), "captives.released")) == (10, 10, 10)


def test_a_correction_may_change_the_type() -> None:
    book = book_of(freed(1, 10), let_go(2, 30, supersedes=ident(1), reason="corrected"))
    assert figure(book, "captives.released") is None
    assert numbers(figure(book, "prisoners.released")) == (30, 30, 30)


def test_two_claims_without_an_occurrence_are_two_things() -> None:
    assert numbers(figure(book_of(freed(1, 10, key=None), freed(2, 12, key=None)), "captives.released")) == (22, 22, 22)


def test_a_claim_can_name_another_by_its_id() -> None:
    book = book_of(freed(1, 10, key=None), freed(2, 12, key=ident(1)))
    assert numbers(figure(book, "captives.released")) == (10, 10, 12)


def test_the_same_name_in_two_exchanges_is_two_things() -> None:
    assert book_of(freed(1, 10)).exchange == EXCHANGE
    elsewhere = book_of(freed(2, 12, exchange="EAST-WEST-2024"))
    assert numbers(figure(elsewhere, "captives.released")) == (12, 12, 12)


def test_every_order_of_claims_and_decisions_gives_the_same_figure() -> None:
    said = [
        freed(1, 13),
        corrected(2, 1, 12),
        corrected(3, 2, 11),
        freed(4, 15, source=by("Z", published="2024-03-09")),
    ]
    for order in permutations([*said, adopted(5, 1)]):
        assert numbers(figure(book_of(*order), "captives.released")) == (11, 11, 15)
