"""Both sides in tables: of two armies that hold people of each other, and of small exchanges that lack something."""

import re
from pathlib import Path

import pytest

from ledger.book.side_tables import ROWS
from schemas.codec import encode
from schemas.events import (
    AnyEvent,
    CaptivesReleased,
    ExchangeOpened,
    FundsReleased,
    PrisonersReleased,
    TallyStated,
    TermsProposed,
)
from schemas.values import Amount, Count, Group, Moment, Pledge, Source
from tests.cli.run import in_terminal, inside

ARMIES = Path(__file__).parents[2] / "examples/two_armies"
BRIDGE, FERRY = "RIVER-2019-05", "RIVER-2019-10"
WIRE = Source(publisher="The Wire", kind="wire", published="2020-06-10")
DAY = Moment.day("2020-06-09")


@pytest.fixture(scope="module")
def armies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose `ledger.db` is the record of one army's desk, and `theirs.db` of the other's."""
    here = tmp_path_factory.mktemp("armies")
    assert inside(here, "publish", ARMIES / "ours.ndjson").code == 0
    assert inside(here, "publish", ARMIES / "theirs.ndjson", "--log", "sqlite:///theirs.db").code == 0
    return here


def rows(text: str) -> list[list[str]]:
    """The cells of a roomy table, which stand two spaces apart."""
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines()]


def in_columns(here: Path, columns: int, *words: str) -> str:
    """What a terminal of so many columns shows, without colour and weight."""
    return re.sub(r"\x1b\[[0-9;]*m", "", in_terminal(here, *words, COLUMNS=str(columns)).out)


def said(here: Path, *events: AnyEvent) -> None:
    (here / "events.ndjson").write_bytes(b"".join(encode(event) + b"\n" for event in events))
    assert inside(here, "publish", "events.ndjson").code == 0


def freed(count: Count, scope: str = "inside", round: int | None = 1) -> CaptivesReleased:
    return CaptivesReleased.model_validate(
        {"exchange": "A-B", "round": round, "occurred": DAY, "source": WIRE, "groups": [_group(count, scope)]}
    )


def let_go(count: Count, scope: str = "inside") -> PrisonersReleased:
    return PrisonersReleased.model_validate(
        {"exchange": "A-B", "round": 1, "occurred": DAY, "source": WIRE, "groups": [_group(count, scope)]}
    )


def _group(count: Count, scope: str) -> Group:
    return Group.model_validate({"count": count, "ratio_scope": scope})


# -- tallies ---------------------------------------------------------------------------------------------


def test_one_tally_has_both_sides_beside_each_other(armies: Path) -> None:
    shown = rows(inside(armies, "tallies", BRIDGE).out)
    assert shown[1] == ["Captives", "Prisoners"]
    for row in (
        ["taken", "55 (55-64)", "17"],
        ["held, alive or dead", "20 (20-29)", "27"],
        ["counted in the deal", "29", "40"],
        ["beside the deal", "0", "5"],
        ["rescued", "2", "-"],
        ["died after they were freed", "-", "1"],
        ["remains returned", "2", "2"],
        ["by the deal's own count", "40/29 = 1.379", "prisoners.deal / captives.deal"],
        ["of remains returned", "2/2 = 1", "prisoners.remains.nationals / captives.remains.nationals"],
        ["captives and prisoners freed", "74"],
    ):
        assert row in shown
    assert not [row for row in shown if row[0] in ("in the custody of others", "counted in another round")]


def test_the_other_desk_sees_the_same_with_the_sides_swapped(armies: Path) -> None:
    words = {label.strip() for label in ROWS.values()}
    for exchange in (BRIDGE, FERRY):
        ours, theirs = (
            {row[0]: row[1:] for row in rows(inside(armies, "tallies", exchange, "--log", log).out) if row[0] in words}
            for log in ("sqlite:///ledger.db", "sqlite:///theirs.db")
        )
        assert len(ours) > 10
        assert {name: cells[::-1] for name, cells in ours.items()} == theirs


def test_a_ratio_that_rival_claims_widen_says_so(armies: Path) -> None:
    assert ["of everyone freed", "34/19 = 1.789 (at least 1.789)", "prisoners.released / captives.released"] in rows(
        inside(armies, "tallies", FERRY).out
    )


def test_all_tallies_show_both_sides_alike_and_more_where_there_is_room(armies: Path) -> None:
    wide = rows(in_columns(armies, 180, "tallies").partition("\n")[2])
    beside = ["Own", "Others", "Remains", "Held"]
    assert wide[0] == ["Exchange", "Captives", *beside, "Prisoners", *beside, "Deal ratio", "To own", "To all"]
    narrow = in_columns(armies, 100, "tallies").splitlines()
    assert max(map(len, narrow)) <= 100
    bridge = next(line.split() for line in narrow if line.startswith(BRIDGE))
    assert bridge == [BRIDGE, "29", "27", "2", "45", "42", "2", "1.379", "1.556", "1.552"]


def test_what_no_exchange_records_has_no_column(here: Path) -> None:
    said(here, freed(Count(best=2)))
    assert rows(inside(here, "tallies").out) == [
        ["Exchange", "Captives", "Prisoners", "Deal ratio", "To own", "To all"],
        ["A-B", "2", "-", "-", "-", "-"],
    ]


# -- rounds ----------------------------------------------------------------------------------------------


def test_the_rounds_of_november_2023_look_as_the_readme_shows_them(loaded: Path) -> None:
    shown = inside(loaded, "rounds", "IL-HAMAS-2023-11").out.splitlines()
    assert [line.rstrip() for line in shown[:4]] == [
        "IL-HAMAS-2023-11  Truce and exchange of November 2023",
        "Round  Captives out  Deal  Own  All  Prisoners out  Prisoners  Deal ratio         To own         To all",
        "    1  2023-11-24      13   13   24  2023-11-24            39   39/13 = 3      39/13 = 3  39/24 = 1.625",
        "   2*  2023-11-25      13   13   17  2023-11-25            39   39/13 = 3      39/13 = 3  39/17 = 2.294",
    ]
    assert "  * round 6: 2 captives counted in another round" in map(str.rstrip, shown)
    assert "  * round 7: 2 captives of another round counted in this one" in map(str.rstrip, shown)


def test_rounds_that_a_leg_settles_have_one_ratio_together(loaded: Path, armies: Path) -> None:
    january = inside(loaded, "rounds", "IL-HAMAS-2025-01").out
    assert "rounds 7 and 8 together: 643/6 = 107.167; with remains 643/14 = 45.929\n" in january
    assert january.count("together") == 1
    bridge = inside(armies, "rounds", BRIDGE).out
    assert "rounds 3, 4 and 5 together: 10/7 = 1.429; with remains 12/9 = 1.333\n" in bridge
    assert "* round 3: its prisoners came with another round" in bridge
    assert "it settles rounds 3 and 4" in bridge


def test_a_round_shows_deal_nationals_and_all_of_both_sides_as_far_as_they_differ(armies: Path) -> None:
    bridge = rows(inside(armies, "rounds", BRIDGE).out)
    assert bridge[1][:10] == [
        *("Round", "Captives out", "Own", "All", "Remains"),
        *("Prisoners out", "Deal", "Own", "All", "Remains"),
    ]
    assert bridge[3][:5] == ["2*", "2019-05-06", "10", "12", "-"]
    assert bridge[3][6:10] == ["20", "22", "25", "-"]


def test_a_round_says_how_long_people_were_held(armies: Path) -> None:
    bridge = inside(armies, "rounds", BRIDGE).out
    assert "* round 1: 10 captives held 83 days; 4 prisoners held 45 days" in bridge
    assert "4 + 2 captives held 73-75 days" in bridge


def test_credits_of_either_side_are_told_and_one_person_is_one(armies: Path) -> None:
    ferry = inside(armies, "rounds", FERRY).out
    assert "1 prisoner counted in another round" in ferry
    assert "1 prisoner of another round counted in this one" in ferry
    assert "2 captives counted" not in ferry


def test_a_leg_that_nobody_recorded_is_told(here: Path) -> None:
    said(here, freed(Count(best=144)))
    shown = inside(here, "rounds").out
    assert "* round 1: its prisoners are not recorded" in shown
    assert rows(shown)[2][2:5] == ["144", "-", "-"]


def test_a_leg_of_whom_nobody_says_whether_the_deal_counts_them_is_a_range(here: Path) -> None:
    said(here, freed(Count(best=12), "none"), let_go(Count(best=36), "none"))
    shown = inside(here, "rounds").out
    assert "of 12 captives and 36 prisoners nobody says whether the deal counts them" in shown
    assert rows(shown)[2][2:7] == ["at most 12", "12", "2020-06-09", "at most 36", "36"]


def test_what_was_due_and_did_not_come_is_told(armies: Path) -> None:
    shown = inside(armies, "rounds", BRIDGE, "--occurred-by", "2019-05-06").out
    assert "due: 20 prisoners, 20 outstanding" in shown


def test_remains_that_came_alone_have_their_day(loaded: Path) -> None:
    [second] = [row for row in rows(inside(loaded, "rounds", "IL-HAMAS-2025-10").out) if row[0].startswith("2*")]
    assert second[1:4] == ["2025-10-14", "-", "3"]


# -- the others ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("rounds", "no round is recorded"),
        ("terms", "no terms and no positions are recorded"),
        ("pauses", "no pause is recorded"),
        ("stated", "no stated total is recorded"),
    ],
)
def test_an_empty_view_says_that_it_is_empty(here: Path, command: str, message: str) -> None:
    said(here, freed(Count(best=16), round=None))
    named, every, as_json = inside(here, command, "A-B"), inside(here, command), inside(here, command, "A-B", "--json")
    assert (named.code, named.out, as_json.out) == (0, "", "")
    assert f"A-B: {message}\n" in named.err
    assert f"\n{message}\n" in every.err


def test_terms_show_money_and_categories_and_what_was_delivered_of_a_separate_set(here: Path, armies: Path) -> None:
    pledges = (
        Pledge(item="funds", count=Amount(best=1_000_000), per="captive", currency="USD"),
        Pledge(item="prisoners", count=Amount(best=50), per="captive", category="soldiers"),
    )
    said(here, TermsProposed(exchange="A-B", occurred=DAY, source=WIRE, terms="t", pledges=pledges))
    assert "USD 1,000,000 per captive, prisoners 50 per captive (soldiers)" in inside(here, "terms").out
    head, ferry, officer = rows(in_columns(armies, 160, "terms", FERRY))[2:5]
    assert head[-2:] == ["Delivered", "Ratio"]
    assert ferry[-2:] == ["-", "-"]
    assert officer[1] == "agreed, separate"
    assert officer[-2:] == ["captives 1, prisoners 8", "8/1 = 8"]


def test_stated_totals_show_the_verdict_and_the_rule_where_it_is_not_evident(armies: Path) -> None:
    verdicts = [row[-1] for row in rows(inside(armies, "stated", BRIDGE).out)[2:6]]
    assert verdicts == ["not compared: it opens the stock", "agrees", "differs", 'agrees: "about" can mean 74 to 76']


def test_a_corrected_total_names_its_successor_by_its_first_digits(here: Path) -> None:
    first = TallyStated(
        exchange="A-B", occurrence="t", occurred=DAY, source=WIRE, figure="captives.released", count=Amount(best=4327)
    )
    fields = {"count": Amount(best=4237), "supersedes": first.id, "reason": "corrected"}
    second = TallyStated.model_validate(first.model_dump(exclude={"id"}) | fields)
    said(here, freed(Count(best=4237)), first, second)
    corrected, agreeing = (row[-1] for row in rows(inside(here, "stated").out)[2:4])
    start = corrected.removeprefix("not compared: corrected by ")
    assert second.id.startswith(start)
    assert not first.id.startswith(start)  # which was made in the same minute
    assert agreeing == "agrees"
    assert inside(here, "stated", "--through", start).code == 0


def test_an_explanation_shows_days_held_and_why_a_figure_is_not_the_plain_sum(armies: Path) -> None:
    shown = inside(armies, "explain", FERRY, "captives.released").out
    assert f"{FERRY}  captives.released = 19\nCaptives freed\n" in shown
    assert "251 days" in shown
    opened = inside(armies, "explain", BRIDGE, "prisoners.held").out
    assert "Counted from a stated stock" in opened


def test_an_explanation_of_what_is_not_recorded_says_so(here: Path) -> None:
    opened = ExchangeOpened(exchange="A-B", occurred=DAY, source=WIRE, title="Of nobody")
    said(here, opened)
    ran = inside(here, "explain", "A-B", "prisoners.died")
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == ["A-B  prisoners.died = not recorded", "Prisoners who died"]


def test_ids_are_cut_to_their_first_digits_where_there_is_little_room(armies: Path) -> None:
    words = ["explain", BRIDGE, "captives.held"]
    wide, narrow = inside(armies, *words).out, in_columns(armies, 80, *words)
    whole = re.findall(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", wide)
    assert len(whole) > 10
    for event_id in whole[:5]:
        assert event_id[:8] in narrow
        assert event_id not in narrow


def test_money_that_was_paid_is_in_no_side(here: Path) -> None:
    said(here, FundsReleased(exchange="A-B", occurred=DAY, source=WIRE, amount=Amount(best=27_000_000), currency="USD"))
    assert ["funds: USD", "27,000,000"] in rows(inside(here, "tallies", "A-B").out)
