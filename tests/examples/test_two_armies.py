"""The war of two armies: each figure of its page, worked out by hand from the rules of counting, not by the ledger."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path

import pytest

from ledger import Books, Cut, Ledger, Receipt
from schemas.codec import UnknownEvent, decode, encode
from schemas.events import AnyEvent
from schemas.ids import derive_id
from schemas.views import Estimate, Ratio
from tests.book.building import numbers, round_claims
from tests.history.bundled import TREE
from two_armies.make_theirs import theirs

HERE = TREE / "examples/two_armies"
BRIDGE, FERRY, WAR = "RIVER-2019-05", "RIVER-2019-10", "RIVER-WAR"

Numbers = tuple[int | None, int, int | None]


def lines(desk: str) -> list[bytes]:
    return (HERE / f"{desk}.ndjson").read_bytes().splitlines()


def told(desk: str) -> list[AnyEvent]:
    events = [decode(line) for line in lines(desk)]
    return [event for event in events if not isinstance(event, UnknownEvent)]


@contextmanager
def published(desk: str, into: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{into / desk}.db") as ledger:
        assert all(isinstance(each, Receipt) for each in ledger.publish_stream(lines(desk)))
        yield ledger


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with published("ours", tmp_path_factory.mktemp("two_armies")) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def ours(ledger: Ledger) -> Books:
    return ledger.read()


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with published("theirs", tmp_path_factory.mktemp("two_armies")) as ledger:
        yield ledger.read()


def three(value: Numbers | int | None) -> Numbers | None:
    """Best, low and high, of which a plain number is all three."""
    return (value, value, value) if isinstance(value, int) else value


def seen(estimate: Estimate | None) -> Numbers | None:
    return None if estimate is None else numbers(estimate)


# -- the two files ------------------------------------------------------------------------------------


def test_the_events_are_written_as_the_codec_writes_them_and_their_ids_are_made_of_their_lines() -> None:
    for desk in ("ours", "theirs"):
        events = told(desk)
        assert [encode(event) for event in events] == lines(desk)
        assert [event.id for event in events] == [
            derive_id(f"two_armies/{desk}", str(number)) for number in range(1, 58)
        ]


def test_the_second_file_is_what_the_script_makes_of_the_first() -> None:
    assert [encode(event) for event in theirs((HERE / "ours.ndjson").read_bytes())] == lines("theirs")


def test_the_second_desk_turned_around_is_the_first() -> None:
    again = [event.model_copy(update={"id": "", "supersedes": None}) for event in theirs(b"\n".join(lines("theirs")))]
    assert again == [event.model_copy(update={"id": "", "supersedes": None}) for event in told("ours")]


# -- figures ------------------------------------------------------------------------------------------

FIGURES: dict[str, dict[str, dict[str, Numbers | int | None]]] = {
    BRIDGE: {
        "captives": {
            "taken": (55, 55, 64),
            "held": (20, 20, 29),
            "released": 29,
            "deal": 29,
            "nationals": 27,
            "others": 2,
            "outside": 0,
            "unsaid": 0,
            "credited_in": None,
            "credited_out": None,
            "rescued": 2,
            "escaped": 2,
            "transferred": None,
            "died": (4, 3, 6),
            "died_free": None,
            "retaken": 1,
            "remains.held": (1, 0, 3),
            "remains.returned": 2,
            "remains.recovered": 1,
            "remains.rejected": 1,
            "remains.unidentified": 0,
        },
        "prisoners": {
            "taken": 17,
            "held": 27,
            "released": 45,
            "deal": 40,
            "nationals": 42,
            "others": 3,
            "outside": 5,
            "unsaid": 0,
            "credited_in": None,
            "credited_out": None,
            "rescued": None,
            "escaped": None,
            "transferred": None,
            "died": 5,
            "died_free": 1,
            "retaken": None,
            "remains.held": 0,
            "remains.returned": 2,
            "remains.recovered": None,
            "remains.rejected": None,
            "remains.unidentified": None,
        },
    },
    FERRY: {
        "captives": {
            "taken": None,
            "held": None,
            "released": 19,
            "deal": (None, 17, 19),
            "nationals": 19,
            "others": 0,
            "outside": (None, 0, 2),
            "unsaid": 2,
            "credited_in": None,
            "credited_out": None,
            "rescued": None,
            "escaped": None,
            "transferred": None,
            "died": None,
            "died_free": None,
            "retaken": None,
            "remains.held": None,
            "remains.returned": 1,
            "remains.recovered": None,
            "remains.rejected": None,
            "remains.unidentified": None,
        },
        "prisoners": {
            "taken": 50,
            "held": (14, 0, 14),
            "released": (34, 34, None),
            "deal": (34, 34, None),
            "nationals": (34, 34, None),
            "others": 0,
            "outside": 0,
            "unsaid": 0,
            "credited_in": 1,
            "credited_out": 1,
            "rescued": None,
            "escaped": None,
            "transferred": 2,
            "died": None,
            "died_free": None,
            "retaken": None,
            "remains.held": None,
            "remains.returned": None,
            "remains.recovered": None,
            "remains.rejected": None,
            "remains.unidentified": None,
        },
    },
    WAR: {
        "captives": {
            "taken": (55, 55, 64),
            "held": (0, 0, 9),
            "released": 48,
            "deal": (None, 46, 48),
            "nationals": 46,
            "others": 2,
            "outside": (None, 0, 2),
            "unsaid": 2,
            "credited_in": None,
            "credited_out": None,
            "rescued": 2,
            "escaped": 2,
            "transferred": None,
            "died": (4, 3, 6),
            "died_free": None,
            "retaken": 1,
            "remains.held": (0, 0, 2),
            "remains.returned": 3,
            "remains.recovered": 1,
            "remains.rejected": 1,
            "remains.unidentified": 0,
        },
        "prisoners": {
            "taken": 67,
            "held": (41, 0, 41),
            "released": (79, 79, None),
            "deal": (74, 74, None),
            "nationals": (76, 76, None),
            "others": 3,
            "outside": 5,
            "unsaid": 0,
            "credited_in": 1,
            "credited_out": 1,
            "rescued": None,
            "escaped": None,
            "transferred": 2,
            "died": 5,
            "died_free": 1,
            "retaken": None,
            "remains.held": 0,
            "remains.returned": 2,
            "remains.recovered": None,
            "remains.rejected": None,
            "remains.unidentified": None,
        },
    },
}
EACH = [(name, side, figure) for name, sides in FIGURES.items() for side in sides for figure in sides[side]]


@pytest.mark.parametrize(("name", "side", "figure"), EACH)
def test_each_figure(ours: Books, name: str, side: str, figure: str) -> None:
    estimate = attrgetter(f"{side}.{figure}")(ours.tally(name))
    assert seen(estimate) == three(FIGURES[name][side][figure])


@pytest.mark.parametrize(("name", "side", "figure"), EACH)
def test_each_figure_of_the_other_desk_is_that_of_the_other_side(
    other: Books, name: str, side: str, figure: str
) -> None:
    there = {"captives": "prisoners", "prisoners": "captives"}[side]
    estimate = attrgetter(f"{there}.{figure}")(other.tally(name))
    assert seen(estimate) == three(FIGURES[name][side][figure])


def test_what_is_exact_and_what_is_hedged(ours: Books) -> None:
    bridge, ferry = ours.tally(BRIDGE), ours.tally(FERRY)
    assert bridge.prisoners.taken is not None
    assert bridge.prisoners.taken.exact  # "at least 12" agrees with 14, and moves nothing
    for estimate in (bridge.captives.taken, bridge.captives.died, bridge.prisoners.held, ferry.prisoners.released):
        assert estimate is not None
        assert (estimate.exact, estimate.hedged) == (False, False)


def test_both_sides_together(ours: Books) -> None:
    assert [seen(ours.tally(name).both.released) for name in (BRIDGE, FERRY, WAR)] == [
        (74, 74, 74),
        (53, 53, None),
        (127, 127, None),
    ]


def test_what_stands_open(ours: Books) -> None:
    tallies = [ours.tally(name) for name in (BRIDGE, FERRY, WAR)]
    assert [each.events for each in tallies[:2]] == [38, 19]
    assert [each.contested for each in tallies] == [1, 2, 3]
    assert [each.disputes_open for each in tallies] == [0, 0, 0]
    assert tallies[0].incomplete == []  # the leg of round 5 pays for rounds 3 and 4
    assert tallies[1].incomplete == []


# -- ratios -------------------------------------------------------------------------------------------

RATIOS: dict[tuple[str, int | None], dict[str, str | None]] = {
    (BRIDGE, None): {"deal": "40/29", "nationals": "42/27", "all": "45/29", "remains": "2/2", "returned": "44/29"},
    (BRIDGE, 1): {"deal": "10/10", "nationals": "10/10", "all": "10/10", "remains": None, "returned": "10/10"},
    (BRIDGE, 2): {"deal": "20/12", "nationals": "22/10", "all": "25/12", "remains": None, "returned": "22/10"},
    (BRIDGE, 3): {"deal": None, "nationals": None, "all": None, "remains": None, "returned": None},
    (BRIDGE, 4): {"deal": None, "nationals": None, "all": None, "remains": None, "returned": None},
    (BRIDGE, 5): {"deal": None, "nationals": None, "all": None, "remains": "2/2", "returned": None},
    (FERRY, None): {"deal": None, "nationals": "34/19", "all": "34/19", "remains": None, "returned": "34/20"},
    (FERRY, 1): {"deal": "9/9", "nationals": "10/9", "all": "10/9", "remains": None, "returned": "10/9"},
    (FERRY, 2): {"deal": None, "nationals": "20/8", "all": "20/8", "remains": None, "returned": "20/8"},
    (FERRY, 3): {"deal": "4/2", "nationals": "4/2", "all": "4/2", "remains": None, "returned": "4/3"},
    (WAR, None): {"deal": None, "nationals": "76/46", "all": "79/48", "remains": None, "returned": "78/49"},
}


@pytest.mark.parametrize(("name", "number"), RATIOS)
def test_each_ratio_and_its_mirror_image(ours: Books, other: Books, name: str, number: int | None) -> None:
    expected = RATIOS[name, number]
    for books, is_mirrored in ((ours, False), (other, True)):
        ratios = (books.tally(name) if number is None else books.round(name, number)).ratios
        assert {each: getattr(ratios, each).fraction for each in expected} == {
            each: inverted(fraction) if is_mirrored else fraction for each, fraction in expected.items()
        }


def inverted(fraction: str | None) -> str | None:
    return None if fraction is None else "/".join(reversed(fraction.split("/")))


def ends(ratio: Ratio) -> tuple[float | None, float | None]:
    return ratio.low, ratio.high


def test_the_ranges_of_ratios(ours: Books, other: Books) -> None:
    ferry = ours.tally(FERRY).ratios
    assert ends(ferry.deal) == (1.789474, None)  # 34/19: nobody says whether the deal counts two of the 19
    assert ends(ferry.all) == (1.789474, None)  # "more than 15" leaves no upper end
    assert ends(other.tally(FERRY).ratios.deal) == (None, 0.558824)  # 19/34
    assert ends(ours.round(FERRY, 2).ratios.deal) == (2.625, None)  # 21/8
    assert ends(ours.round(FERRY, 3).ratios.deal) == (2.0, 2.5)  # 4/2 to 5/2
    assert ends(ours.tally(WAR).ratios.deal) == (1.541667, None)  # 74/48


def test_three_rounds_have_one_ratio(ours: Books) -> None:
    paid = [ours.round(BRIDGE, number) for number in (3, 4, 5)]
    for each in paid:
        assert each.joint is not None
        assert each.joint.all is not None
        assert each.joint.rounds == [3, 4, 5]
        assert (each.joint.living.fraction, each.joint.all.fraction) == ("10/7", "12/9")
    leg = derive_id("two_armies/ours", "26")
    assert [each.settles for each in paid] == [[], [], [3, 4]]
    assert [each.settled_by for each in paid] == [[leg], [leg], []]
    assert all(ours.round(BRIDGE, number).joint is None for number in (1, 2))


# -- rounds -------------------------------------------------------------------------------------------

ROUNDS: dict[tuple[str, int], dict[str, Numbers | int | None]] = {
    (BRIDGE, 1): {"captives.deal": 10, "captives.released": 10, "prisoners.deal": 10, "prisoners.released": 10},
    (BRIDGE, 2): {
        "captives.deal": 12,
        "captives.nationals": 10,
        "captives.others": 2,
        "prisoners.deal": 20,
        "prisoners.outside": 5,
        "prisoners.released": 25,
        "prisoners.nationals": 22,
        "prisoners.others": 3,
    },
    (BRIDGE, 3): {"captives.deal": 3, "prisoners.released": None, "prisoners.deal": None},
    (BRIDGE, 4): {"captives.deal": 4, "prisoners.released": None, "prisoners.deal": None},
    (BRIDGE, 5): {
        "captives.released": None,
        "captives.remains.returned": 2,
        "captives.remains.rejected": 1,
        "captives.remains.unidentified": None,
        "prisoners.deal": 10,
        "prisoners.remains.returned": 2,
    },
    (FERRY, 1): {
        "captives.deal": 9,
        "prisoners.deal": 9,
        "prisoners.outside": 0,
        "prisoners.released": 10,
        "prisoners.credited_out": 1,
    },
    (FERRY, 2): {
        "captives.deal": (None, 6, 8),
        "captives.unsaid": 2,
        "captives.released": 8,
        "prisoners.deal": (21, 21, None),
        "prisoners.released": (20, 20, None),
        "prisoners.credited_in": 1,
    },
    (FERRY, 3): {
        "captives.deal": 2,
        "captives.released": 2,
        "captives.remains.returned": 1,
        "prisoners.deal": (4, 4, 5),
        "prisoners.released": (4, 4, 5),
    },
}


@pytest.mark.parametrize(("name", "number"), ROUNDS)
def test_each_round(ours: Books, name: str, number: int) -> None:
    view, expected = ours.round(name, number), ROUNDS[name, number]
    assert {each: seen(attrgetter(each)(view)) for each in expected} == {
        each: three(value) for each, value in expected.items()
    }


def test_why_a_claim_counts(ours: Books) -> None:
    used = {each[0].key: each for number in (1, 2, 3) for each in round_claims(ours.book(FERRY), number).used}
    assert used["b3-to-south"][1].id == derive_id("two_armies/ours", "53")
    assert "authority" in used["b3-to-south"][2]
    assert "credibility" in used["b2-to-south"][2]
    left = round_claims(ours.book(BRIDGE), 1).left_out
    assert sorted(claim.event for claim in left) == sorted(derive_id("two_armies/ours", n) for n in ("17", "18"))


# -- days held ----------------------------------------------------------------------------------------

DAYS = {
    (BRIDGE, 1): {("a1-to-north", 10, 83, 83), ("a1-to-south", 4, 45, 45)},
    (BRIDGE, 2): {
        ("a2-to-north", 5, 85, 85),
        ("a2-to-north", 1, 85, 85),
        ("a2-to-north", 4, 73, 75),
        ("a2-to-north", 2, 73, 75),
        ("a2-to-south", 3, 35, 35),
    },
    (BRIDGE, 3): set(),
    (BRIDGE, 4): {("a4-to-north", 4, 104, 104)},
    (BRIDGE, 5): set(),
}


@pytest.mark.parametrize(("name", "number"), DAYS)
def test_days_held(ours: Books, name: str, number: int) -> None:
    held = ours.round(name, number).days_held
    found = [(each.occurrence, each.count.best, each.days.low, each.days.high) for each in held]
    assert Counter(found) == Counter(DAYS[name, number])
    assert all(each.days.best == (each.days.low if each.days.low == each.days.high else None) for each in held)


def test_days_held_since_a_taking_in_another_exchange(ledger: Ledger) -> None:
    explained = ledger.explain(FERRY, "captives.released")
    days = {each.occurrence: seen(each.days_held) for each in explained.contributions}
    assert days == {
        "b1-to-north": (None, 72, 244),  # one of the nine had been retaken
        "b2-to-north": None,
        "b2-officer": (251, 251, 251),
        "b3-to-north": (None, 246, 248),
    }
    prisoners = ledger.explain(FERRY, "prisoners.released").contributions
    assert {each.occurrence: seen(each.days_held) for each in prisoners}["b1-to-south"] == (53, 53, 53)


# -- promises and stated totals -----------------------------------------------------------------------


def test_promises_of_the_bridge(ours: Books) -> None:
    promises = {each.item: each for each in ours.tally(BRIDGE).promises}
    assert {item: (seen(p.promised), seen(p.delivered), seen(p.outstanding)) for item, p in promises.items()} == {
        "captives": ((30, 30, 30), (29, 29, 29), (1, 1, 1)),
        "captive_remains": ((3, 3, 3), (2, 2, 2), (1, 1, 1)),
        "prisoners": ((None, 37, 43), (40, 40, 40), (None, 0, 3)),
        "prisoner_remains": ((2, 2, 2), (2, 2, 2), (0, 0, 0)),
    }


def test_promises_of_the_ferry(ours: Books) -> None:
    promises = {each.item: each for each in ours.tally(FERRY).promises}
    assert {item: (seen(p.promised), seen(p.delivered), seen(p.outstanding)) for item, p in promises.items()} == {
        "captives": ((21, 21, 21), (None, 17, 19), (None, 2, 4)),
        "prisoners": ((38, 38, 38), (34, 34, None), (4, 0, 4)),
    }


@pytest.mark.parametrize(("number", "due"), [(1, 10), (2, 20), (3, 6), (4, 4)])
def test_what_a_round_promises(ours: Books, number: int, due: int) -> None:
    promised = ours.round(BRIDGE, number).promised
    assert (seen(promised.captives), seen(promised.prisoners)) == (None, (due, due, due))


def test_what_a_round_delivers(ours: Books) -> None:
    second = ours.round(BRIDGE, 2)
    assert (seen(second.delivered.captives), seen(second.delivered.prisoners)) == ((12, 12, 12), (20, 20, 20))
    assert seen(second.outstanding.prisoners) == (0, 0, 0)


def test_a_separate_set_of_terms(ours: Books) -> None:
    terms = {each.terms: each for each in ours.terms(FERRY)}
    officer, ferry = terms["officer-terms"], terms["ferry-terms"]
    assert officer.separate
    assert officer.delivered is not None
    assert officer.ratio is not None
    assert (seen(officer.delivered.captives), seen(officer.delivered.prisoners)) == ((1, 1, 1), (8, 8, 8))
    assert (officer.ratio.fraction, officer.implied_ratio.fraction) == ("8/1", "8/1")
    assert (ferry.implied_ratio.fraction, ferry.delivered, ferry.ratio) == ("30/20", None, None)


STATED: dict[str, list[tuple[str, Numbers | None, int | None, str]]] = {
    BRIDGE: [
        ("prisoners.held", None, None, "not compared"),
        ("captives.released", (29, 29, 29), 0, "agrees"),
        ("prisoners.released", (45, 45, 45), -5, "differs"),
        ("both.released", (74, 74, 74), 1, "agrees"),
    ],
    FERRY: [
        ("prisoners.released", (79, 79, None), 1, "agrees"),
        ("captives.deal", (None, 17, 19), None, "not contradicted"),
        ("prisoners.released", (34, 34, None), 4, "consistent"),
    ],
}


@pytest.mark.parametrize("name", STATED)
def test_stated_totals(ours: Books, name: str) -> None:
    totals = ours.stated_totals(name)
    assert [(each.figure, each.difference, each.verdict) for each in totals] == [
        (figure, difference, verdict) for figure, _, difference, verdict in STATED[name]
    ]
    compared = [(each, computed) for each, (_, computed, _, _) in zip(totals, STATED[name], strict=True) if computed]
    assert [seen(each.computed) for each, _ in compared] == [computed for _, computed in compared]


# -- as of another day --------------------------------------------------------------------------------


def test_what_was_held_as_the_days_went_by(ledger: Ledger) -> None:
    days = {
        "2019-02-28": ((55, 55, 64), None),  # no list of prisoners yet
        "2019-03-10": ((55, 55, 64), (60, 60, 60)),
        "2019-04-10": ((55, 55, 64), (77, 77, 77)),
        "2019-05-04": ((43, 43, 52), (67, 67, 67)),
        "2019-05-06": ((31, 31, 40), (62, 62, 62)),  # the prisoners of round 2 left after midnight
        "2019-05-07": ((31, 31, 40), (42, 42, 42)),
        "2019-06-14": ((22, 22, 31), (30, 30, 30)),
        "2019-06-30": ((22, 22, 31), (27, 27, 27)),
    }
    for day, expected in days.items():
        tally = ledger.tally(BRIDGE, Cut.parse(occurred_by=day))
        assert (seen(tally.captives.held), seen(tally.prisoners.held)) == expected, day


def test_a_correction_closes_the_range(ledger: Ledger) -> None:
    before, after = (ledger.round(BRIDGE, 1, Cut.parse(published_by=f"2019-05-0{day}")) for day in (4, 5))
    assert (seen(before.captives.deal), seen(after.captives.deal)) == ((10, 10, 11), (10, 10, 10))
