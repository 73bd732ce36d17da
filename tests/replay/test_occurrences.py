"""Two organisations' ledgers, occurrence by occurrence: what is which, what differs, and what that comes to."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from ledger.book.figures import TOTALS, value
from ledger.book.tally import figures
from ledger.book.transfers import SIDES
from ledger.changes.sheets import net
from ledger.errors import UnknownName, UsageError
from ledger.follow.books import Books
from replay.compare.occurrences import Compared, Match, compare_occurrences
from schemas.codec import UnknownEvent, decode, encode
from schemas.events import AnyEvent
from schemas.values import Count, Moment
from schemas.views import Estimate
from tests.book.building import EXCHANGE, event, freed, group, ident, let_go, moved, opened, stated
from tests.book.sequences import histories
from tests.history.bundled import NOVEMBER, folded, history
from tests.replay.test_command import replay, written

DAY = {"at": "2024-03-01", "precision": "day"}
NEXT = {"at": "2024-03-02", "precision": "day"}


def compared(left: Sequence[AnyEvent], right: Sequence[AnyEvent]) -> Compared:
    [found] = compare_occurrences(folded(left), folded(right))
    return found


def only(left: Sequence[AnyEvent], right: Sequence[AnyEvent]) -> Match:
    [match] = compared(left, right).matches
    return match


# -- what is which -----------------------------------------------------------------------------


def test_the_same_name_is_the_same_occurrence() -> None:
    match = only([let_go(1, 33)], [let_go(2, 33)])
    assert (match.verdict, match.how, match.differences) == ("agree", "name", [])


def test_other_names_are_matched_by_type_round_and_date() -> None:
    match = only([let_go(1, 33, key="r1-prisoners")], [let_go(2, 33, key="second-bus")])
    assert (match.verdict, match.how) == ("agree", "type, round and date")


def test_other_names_and_dates_are_matched_by_type_and_round() -> None:
    match = only([let_go(1, 33, key="a")], [let_go(2, 33, key="b", occurred=NEXT)])
    assert (match.verdict, match.how) == ("differ", "type and round")
    assert [(each.what, each.right) for each in match.differences] == [("date", Moment.day("2024-03-02"))]


def test_what_several_could_be_is_ambiguous_and_not_guessed() -> None:
    found = compared([let_go(1, 33, key="a")], [let_go(2, 33, key="b"), let_go(3, 6, key="c")])
    [match] = found.matches
    assert (match.verdict, match.how) == ("ambiguous", "type, round and date")
    assert [each.occurrence for each in match.right] == ["b", "c"]
    [total] = [each for each in found.totals if each.figure == "prisoners.released"]
    assert [share.difference for share in total.shares] == [6]


def test_what_only_one_has() -> None:
    found = compared([let_go(1, 33)], [freed(2, 10, key="x", round=2)])
    assert {match.verdict for match in found.matches} == {"only left", "only right"}


def test_exchanges_of_other_names() -> None:
    left, right = folded([let_go(1, 33)]), folded([let_go(2, 33, exchange="THEIRS")])
    assert [each.names for each in compare_occurrences(left, right)] == [(EXCHANGE, None), (None, "THEIRS")]
    [found] = compare_occurrences(left, right, {"THEIRS": EXCHANGE})
    assert (found.names, found.matches[0].verdict) == ((EXCHANGE, "THEIRS"), "agree")
    with pytest.raises(UnknownName):
        compare_occurrences(left, right, {"NOBODYS": EXCHANGE})
    with pytest.raises(UnknownName):
        compare_occurrences(left, right, {"THEIRS": "NOBODYS"})
    both = folded([let_go(2, 33, exchange="THEIRS"), let_go(3, 33, exchange=EXCHANGE)])
    with pytest.raises(UsageError, match="two exchanges"):
        compare_occurrences(left, both, {"THEIRS": EXCHANGE})


# -- what differs ------------------------------------------------------------------------------


def about(number: int) -> dict[str, Any]:
    return {"best": number, "low": number - 3, "high": number + 3, "qualifier": "about"}


@pytest.mark.parametrize(
    ("left", "right", "relation"),
    [
        (33, 39, "contradicting"),
        (about(33), 35, "compatible"),
        (about(33), 39, "contradicting"),
        ({"low": 30, "qualifier": "over"}, 39, "compatible"),
        (33, {"low": 34, "qualifier": "over"}, "contradicting"),
        ({"qualifier": "several"}, 39, "compatible"),
        (33, about(33), "compatible"),
    ],
)
def test_counts_with_their_hedges(left: Any, right: Any, relation: str) -> None:
    match = only([let_go(1, left)], [let_go(2, right)])
    [difference] = match.differences
    assert (match.verdict, difference.what, difference.relation) == ("differ", "count", relation)


def test_a_rival_in_one_ledger_makes_the_other_compatible() -> None:
    both = [let_go(1, 33, source={"credibility": 2}), let_go(2, 39, source={"publisher": "Another", "credibility": 5})]
    match = only(both, [let_go(3, 39)])
    assert match.differences[0].relation == "compatible"
    assert [each.claims for each in match.left] == [[ident(1), ident(2)]]


def test_everything_else_that_can_differ() -> None:
    left = freed(1, group(5), group(8, nationality=["THA"], ratio_scope="outside", category="foreign_worker"))
    right = freed(2, group(13, category="women"), round=2, occurred=NEXT)
    differences = only([left], [right]).differences
    assert [each.what for each in differences] == ["date", "round", "category", "nationality", "scope"]
    rejected = event("handover_rejected", 3, occurrence="leg", round=1, groups=[group(13)])
    assert "type" in [each.what for each in only([left], [rejected]).differences]
    died = [moved("captives_died", 1, 4, remains_held=is_held) for is_held in (True, False)]
    assert [each.what for each in only(died[:1], died[1:]).differences] == ["move"]


def test_what_one_does_not_count() -> None:
    planned = let_go(2, 33, status="planned")
    [difference] = only([let_go(1, 33)], [planned]).differences
    assert (difference.what, difference.right, difference.relation) == ("count", None, None)


def test_whom_the_deal_is_about_can_differ() -> None:
    people = freed(2, group(10), group(3, nationality=["THA"]))
    found = compared([opened(1), people], [opened(1, nationals=["THA"]), people])
    assert [each.nationals for each in found.declared] == [("XNO",), ("THA",)]
    assert found.matches[0].verdict == "agree"
    own = next(total for total in found.totals if total.figure == "captives.nationals")
    assert [share.difference for share in own.shares] == [-7]


def test_remains_of_both_sides_on_one_day_are_told_apart() -> None:
    def both(number: int, key: str) -> list[AnyEvent]:
        own = moved("remains_returned", number, 2, key=f"{key}-own")
        return [own, moved("remains_returned", number + 1, 3, key=f"{key}-theirs", side="prisoners")]

    matches = compared(both(1, "a"), both(3, "b")).matches
    assert [(match.verdict, match.how) for match in matches] == [("agree", "type, round and date")] * 2
    [match] = compared([moved("remains_returned", 1, 2)], [moved("remains_returned", 2, 2, side="prisoners")]).matches
    assert [(each.what, each.left, each.right) for each in match.differences] == [("side", "captives", "prisoners")]


def test_lists_that_open_a_stock_are_compared_and_what_is_held_follows() -> None:
    left = [stated(1, "prisoners.held", 60, opening=True, occurrence="list"), let_go(2, 33, occurred=NEXT)]
    right = [stated(1, "prisoners.held", 50, opening=True, occurrence="list"), let_go(2, 33, occurred=NEXT)]
    found = compared(left, right)
    assert [(match.left[0].occurrence, match.verdict) for match in found.matches] == [
        ("list", "differ"),
        ("leg", "agree"),
    ]
    [held] = found.totals
    assert (held.figure, held.difference, held.shares) == ("prisoners.held", -10, [])
    assert (held.left and held.left.best, held.right and held.right.best) == (27, 17)
    rival = stated(3, "prisoners.held", 50, opening=True, occurrence="list", source={"credibility": 5})
    [difference] = compared([*left, rival], right).matches[0].differences
    assert (difference.what, difference.relation) == ("count", "compatible")


# -- it adds up --------------------------------------------------------------------------------


_ID = re.compile(rb'"([0-9a-f]{8})-(?=[0-9a-f]{4}-8)')


def _other(each: AnyEvent) -> AnyEvent:
    """The same event as another organisation would record it: it and all that it names under ids of its own."""
    found = decode(_ID.sub(lambda at: b'"%08x-' % (int(at[1], 16) ^ 0xFFFF), encode(each)))
    assert not isinstance(found, UnknownEvent)
    return found


@settings(max_examples=300, deadline=None)
@given(histories(), histories())
def test_the_shares_add_up_to_the_difference_of_the_totals(left: list[AnyEvent], right: list[AnyEvent]) -> None:
    ours, theirs = folded(left), folded([_other(each) for each in right])
    for found in compare_occurrences(ours, theirs):
        name = found.names[0] or found.names[1]
        assert name
        for total in found.totals:
            sides = [totals(books, name, total.figure) for books in (ours, theirs)]
            assert (total.left, total.right) == (sides[0][0], sides[1][0])
            bests = [side.best for side in (total.left, total.right) if side is not None]
            if total.difference is not None and len(bests) == 2 and None not in bests:
                assert (bests[0] or 0) + total.difference == bests[1]
            if total.figure in STOCKS:
                assert not total.shares
            else:
                added = [sum(each) for each in zip(sides[0][1], *(share.change for share in total.shares), strict=True)]
                assert added == sides[1][1]
        assert everything_told(found, ours, theirs, name)


STOCKS = {f"{side}.{name}" for side in SIDES for name in ("held", "remains.held")}


def totals(books: Books, name: str, figure: str) -> tuple[Estimate | None, list[int]]:
    """A figure of an exchange by the book itself, and its sum in parts."""
    sums = figures(books.by_exchange[name]) if name in books.by_exchange else {}
    known, unknown = net(figure, sums)
    return value(figure, sums), [*known, *unknown]


def everything_told(found: Compared, left: Books, right: Books, name: str) -> bool:
    """Every total, and every class of one, in which the books differ is a total of the comparison."""
    sides = [figures(each.by_exchange[name]) if name in each.by_exchange else {} for each in (left, right)]
    others = {each for side in sides for each in side if each.startswith(("aid.", "funds."))}
    classes = {f"{side}.{each}" for side in SIDES for each in ("deal", "outside", "unsaid", "nationals", "others")}
    names = {*TOTALS, *classes, *others}
    apart = {each for each in names if totals(left, name, each)[1] != totals(right, name, each)[1]}
    held = {each for each in STOCKS if totals(left, name, each)[0] != totals(right, name, each)[0]}
    return apart | held <= {total.figure for total in found.totals}


# -- the bundled history, told by others -------------------------------------------------------


def variant() -> list[AnyEvent]:
    """The history as another desk might have it: no aid, one count, one date and one name otherwise, its own ids."""
    return [_other(_varied(each)) for each in history() if each.type != "aid_delivered"]


def _varied(each: AnyEvent) -> AnyEvent:
    if each.exchange != NOVEMBER:
        return each
    changed: dict[str, Any] = {"exchange": "TRUCE"}
    if each.type == "prisoners_released" and each.occurrence == "r3-pal":
        changed["groups"] = tuple(its.model_copy(update={"count": Count(best=33)}) for its in each.groups)
    if each.type == "prisoners_released" and each.occurrence == "r4-pal":
        changed |= {"occurred": Moment.day("2023-11-27"), "occurrence": "fourth-evening"}
    return each.model_copy(update=changed)


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    here = tmp_path_factory.mktemp("occurrences")
    return written(here / "ours.db", history()), written(here / "theirs.db", variant())


def test_two_tellings_of_the_real_history(tmp_path: Path, urls: tuple[str, str]) -> None:
    done = replay(tmp_path, "compare", *urls, "--occurrences", "--match", f"TRUCE={NOVEMBER}", "--json")
    assert done.code == 0, done.err
    lines = [line for line in done.lines if line["left_exchange"] == NOVEMBER]
    found = {line["left"][0]["occurrence"]: line for line in lines if line["kind"] == "occurrence" and line["left"]}
    assert found["r3-pal"]["differences"] == [
        {
            "what": "count",
            "left": {"best": 39, "low": 39, "high": 39, "hedged": False, "exact": True},
            "right": {"best": 33, "low": 33, "high": 33, "hedged": False, "exact": True},
            "relation": "contradicting",
        }
    ]
    assert found["r3-pal"]["left"][0]["sources"][0]["publisher"]
    assert (found["r4-pal"]["verdict"], found["r4-pal"]["matched_by"]) == ("differ", "type and round")
    assert [each["what"] for each in found["r4-pal"]["differences"]] == ["date"]
    assert found["r1-pal"]["verdict"] == "agree"
    assert found["aid-20231126.trucks"]["verdict"] == "only left"
    [total] = [line for line in lines if line["kind"] == "total" and line["figure"] == "prisoners.released"]
    assert (total["left"]["best"], total["right"]["best"]) == (240, 234)
    assert [(each["left_occurrences"], each["difference"]) for each in total["made_up_of"]] == [(["r3-pal"], -6)]
    others = [line for line in done.lines if line["left_exchange"] != NOVEMBER and line["kind"] == "occurrence"]
    assert {line["verdict"] for line in others if line["left"][0]["type"] != "aid_delivered"} == {"agree"}


def test_it_is_shown_with_its_sources_and_what_it_comes_to(tmp_path: Path, urls: tuple[str, str]) -> None:
    done = replay(tmp_path, "compare", *urls, "--occurrences", "--match", f"TRUCE={NOVEMBER}")
    assert done.code == 0
    text = " ".join(done.out.split())
    assert f"{NOVEMBER} and TRUCE" in text
    assert "count (contradicting)" in text
    assert "Prisoners freed 240 234 -6" in text
    assert "r1-pal" not in text
    every = replay(tmp_path, "compare", *urls, "--occurrences", "--match", f"TRUCE={NOVEMBER}", "--all").out
    assert "r1-pal" in every


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--occurrences",), "compares two ledgers"),
        (("RIGHT", "--occurrences", "--match", "TRUCE"), "as THEIRS=OURS"),
        (("RIGHT", "--occurrences", "--match", "NOWHERE=IL-HAMAS-2023-11"), "no exchange 'NOWHERE'"),
        (("RIGHT", "--match", "TRUCE=IL-HAMAS-2023-11"), "belong to --occurrences"),
    ],
)
def test_what_makes_no_sense_exits_2(tmp_path: Path, urls: tuple[str, str], words: tuple[str, ...], why: str) -> None:
    done = replay(tmp_path, "compare", urls[0], *(urls[1] if word == "RIGHT" else word for word in words))
    assert done.code == 2
    assert why in done.err
