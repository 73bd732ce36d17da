"""Whoever moved is in one total of the tally, and in one part of each division; the audit misses whoever is not."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import ledger.book.sums
from ledger.book.figures import DERIVED, Declared, figures_of
from ledger.book.tally import figures
from ledger.book.transfers import SIDES, AccountKey
from replay.audit.checks import conservation
from replay.audit.findings import Finding
from schemas.events import EVENT_TYPES, AnyEvent, Movement
from schemas.kinds import KINDS, side_of, types_of
from schemas.views import SideFigures
from schemas.vocabulary import Side
from tests.book.building import EXCHANGE, book_of, event, freed, group, ident, let_go, moved, opened, stated
from tests.replay.audit.auditing import evidence, findings, ledger_of, seen

SEVEN = {"count": {"best": 7}}
NOTES: dict[str, dict[str, Any]] = {
    "count_credited": {**SEVEN, "from_round": 1, "to_round": 2},
    "aid_delivered": {"item": "trucks", "amount": {"best": 7}, "stage": "crossed"},
    "funds_released": {"amount": {"best": 7}, "currency": "USD"},
}
"""What an event says that counts seven, and moves no groups of people."""


def sides(name: str) -> list[Side]:
    """The sides that events of a kind can be of; any one, where it has none."""
    return [KINDS[name].side or side for side in SIDES if KINDS[name].side in (None, side)]


def counting() -> Iterator[tuple[str, Side]]:
    """Every kind that moves people or counts anything, on each side that it can have."""
    yield from ((name, side) for name in sorted(types_of("move", "note")) for side in sides(name))


def seven(name: str, side: Side, **members: Any) -> AnyEvent:
    """An event of a kind that counts seven."""
    said: dict[str, Any] = {"side": side} if "side" in EVENT_TYPES[name].model_fields else {}
    if issubclass(EVENT_TYPES[name], Movement):
        return moved(name, 2, group(7, **members.pop("group", {})), **said, **members)
    return event(name, 2, **NOTES[name], **said, occurrence="leg")


def totals_of(view: SideFigures) -> set[int | None]:
    """The numbers of all figures of a side that are recorded, but for breakdowns."""
    own = [getattr(view, name) for name in SideFigures.model_fields if name not in ("remains", "by", "of_which")]
    dead = [its for name, its in view.remains if name != "nationality"]
    return {each.best for each in (*own, *dead) if each is not None}


def failures(found: list[Finding]) -> list[Finding]:
    return [each for each in found if each.severity == "failure"]


DEAD: list[tuple[str, Side, dict[str, Any]]] = [
    *((name, side, {"group": {"vital": "remains"}}) for name, side in counting() if KINDS[name].nature == "move"),
    *((f"{side}_died", side, {"remains_held": False}) for side in SIDES),
    *(("remains_identified", side, {"matched": False}) for side in SIDES),
]


@pytest.mark.parametrize(("name", "side", "members"), [*((name, side, {}) for name, side in counting()), *DEAD])
def test_whoever_a_kind_counts_shows_in_a_tally_and_is_missed_where_they_do_not(
    name: str, side: Side, members: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [opened(1, prisoner_nationals=["XSO"]), seven(name, side, **members)]
    found = evidence(ledger_of(tmp_path / "whole.db", *events))
    assert failures([*seen("conservation", found).findings]) == []
    view = found.books.tally(EXCHANGE)
    if name in ("aid_delivered", "funds_released"):
        assert [each.best for each in (*view.aid.values(), *view.funds.values())] == [7]
    else:
        assert 7 in totals_of(getattr(view, side_of(name, side)))
    balances = [each for accounts in found.books.book(EXCHANGE).balances.values() for each in accounts.values()]
    assert all(figures_of(balance.account, Declared()) for balance in balances)
    for balance in balances:
        _is_missed(balance.account, events, tmp_path, monkeypatch)


def _is_missed(account: AccountKey, events: list[AnyEvent], path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the audit fails where an account is in no figure at all, and where it is in no total."""

    def without(lost: set[str]) -> Any:
        return lambda key, said: tuple(each for each in figures_of(key, said) if key != account or each not in lost)

    every = {*figures_of(account, Declared(("XNO",), ("XSO",)))}
    for number, lost in enumerate((every, every & conservation.TOTALS or every)):
        with monkeypatch.context() as patched:
            patched.setattr(ledger.book.sums, "figures_of", without(lost))
            patched.setattr(conservation, "figures_of", without(lost))
            found = failures([*findings_in(path / f"{abs(hash((account, number)))}", events)])
        assert any("are in no figure of the tally" in each.what for each in found)


def findings_in(path: Path, events: list[AnyEvent]) -> list[Finding]:
    path.mkdir()
    return [*findings("conservation", path, *events)]


# -- divisions ---------------------------------------------------------------------------------


def exchanged() -> list[AnyEvent]:
    """Releases, remains and credits of both sides, of people of several nationalities."""
    outside = group(2, ratio_scope="outside", nationality=["XTH"])
    credit: dict[str, Any] = {"count": {"best": 1}, "from_round": 1, "to_round": 2, "from_scope": "inside"}
    return [
        opened(1, prisoner_nationals=["XSO"]),
        freed(2, group(9, category="women"), outside, group(1, nationality=[])),
        let_go(3, group(20, nationality=["XSO"]), outside, key="prisoners"),
        *(
            moved(f"remains_{how}", number, 2, key=f"{how}-{side}", side=side)
            for number, (how, side) in enumerate(((h, s) for h in ("returned", "recovered") for s in SIDES), start=4)
        ),
        *(
            event("count_credited", 8 + n, side=side, occurrence=f"credit-{side}", **credit)
            for n, side in enumerate(SIDES)
        ),
    ]


def all_names(events: list[AnyEvent]) -> list[str]:
    names = {name for each in (book_of(*events).balances.values()) for key in each for name in figures_of(key, SAID)}
    return sorted(name for name in names if "rated|" not in name and not re.search(r"[._]classified$", name))


SAID = Declared(("XNO",), ("XSO",))


@pytest.mark.parametrize("lost", all_names(exchanged()))
def test_each_figure_of_a_release_is_missed(lost: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings("conservation", tmp_path, *exchanged()) == []

    def without(key: AccountKey, said: Declared) -> tuple[str, ...]:
        return tuple(each for each in figures_of(key, said) if each != lost)

    monkeypatch.setattr(ledger.book.sums, "figures_of", without)
    monkeypatch.setattr(conservation, "figures_of", without)
    assert failures([*findings("conservation", tmp_path, *exchanged())])


def test_a_breakdown_that_does_not_add_up_is_named(tmp_path: Path) -> None:
    found = evidence(ledger_of(tmp_path / "a.db", opened(1), freed(2, 12)))
    book = found.books.book(EXCHANGE)
    figures(book)["captives.by.category.unknown"].exact += 1
    [one] = seen("conservation", found).findings
    assert (one.severity, one.where) == ("failure", EXCHANGE)
    assert one.what == ("Captives freed: 12, but the parts come to 13 (captives freed, by category: unknown).")


def test_a_total_that_is_not_the_sum_of_its_accounts_fails(tmp_path: Path) -> None:
    found = evidence(ledger_of(tmp_path / "a.db", moved("captives_taken", 1, 12, round=None)))
    figures(found.books.book(EXCHANGE))["captives.taken"].exact += 1
    [one] = seen("conservation", found).findings
    assert (one.severity, one.what) == ("failure", "Captives taken: the accounts come to 12, the tally has 13.")


def test_a_part_that_is_added_to_its_whole_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = freed(2, 3, key="a", part={"of": "leg", "by": "batch"})
    assert findings("conservation", tmp_path, freed(1, 12), part) == []

    def added(key: AccountKey, said: Declared) -> tuple[str, ...]:
        return figures_of((*key[:2], "", *key[3:]), said)

    monkeypatch.setattr(ledger.book.sums, "figures_of", added)
    monkeypatch.setattr(conservation, "figures_of", added)
    [one] = findings("conservation", tmp_path, freed(1, 12), part)
    assert (one.severity, one.what) == ("failure", "3 are in captives freed.")


@pytest.mark.parametrize(("name", "side"), [("deal", "captives"), ("outside", "prisoners")])
def test_releases_are_those_in_the_deal_and_beside_it(
    name: str, side: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = f"{side}.{name}"
    monkeypatch.setitem(DERIVED, row, DERIVED[row]._replace(signs={}, open={}))
    found = findings("conservation", tmp_path, *exchanged())
    assert {each.severity for each in found} == {"failure"}
    assert {EXCHANGE, f"{EXCHANGE} round 1"} <= {each.where for each in found}
    assert f"{side} were freed, but those in the deal, beside it and credited come to" in found[0].what


# -- stocks ------------------------------------------------------------------------------------


def only(found: Sequence[Finding]) -> Finding:
    [one] = found
    return one


def day(at: str) -> dict[str, str]:
    return {"at": at, "precision": "day"}


@pytest.mark.parametrize("side", SIDES)
def test_more_who_went_than_came(side: str, tmp_path: Path) -> None:
    taken = moved(f"{side}_taken", 1, 10, key="taken", round=None)
    one = only(findings("conservation", tmp_path, taken, moved(f"{side}_released", 2, 12)))
    assert (one.severity, one.where) == ("notice", EXCHANGE)
    assert one.what == (
        f"10 {side} are recorded to have come to be held, and 12 to have gone: claims of the former are missing."
    )
    unclear = moved(f"{side}_released", 2, {"low": 11, "qualifier": "over"})
    assert "at least 11 to have gone" in only(findings("conservation", tmp_path, taken, unclear)).what
    assert findings("conservation", tmp_path, moved(f"{side}_released", 2, 12)) == []  # nobody says how many there were


def test_a_process_has_what_one_of_its_exchanges_lacks(tmp_path: Path) -> None:
    here = [opened(1), moved("captives_taken", 2, 10, key="taken", round=None), freed(3, 12)]
    there = [opened(4, "NORTH-SOUTH-2025"), moved("captives_taken", 5, 5, round=None, exchange="NORTH-SOUTH-2025")]
    one = only(findings("conservation", tmp_path, *here, *there))
    assert (one.where, "missing, unless another exchange of the process has them" in one.what) == (EXCHANGE, True)
    more = freed(6, 9, key="more")
    assert [each.where for each in findings("conservation", tmp_path, *here, *there, more)] == [EXCHANGE, "NORTH-SOUTH"]


@pytest.mark.parametrize("side", SIDES)
def test_more_remains_than_deaths(side: str, tmp_path: Path) -> None:
    died = moved(f"{side}_died", 1, 2, key="died", round=None)
    back = moved("remains_returned", 2, 3, key="back", side=side)
    one = only(findings("conservation", tmp_path, died, back))
    assert one.what == (
        f"2 {side} are recorded to have died in captivity, and the remains of 3 to be back: claims of the former are "
        "missing."
    )
    assert findings("conservation", tmp_path, back) == []  # no deaths are recorded at all
    several = moved(f"{side}_died", 1, {"low": 2, "qualifier": "at_least"}, key="died", round=None)
    assert findings("conservation", tmp_path, several, back) == []  # it may have been three


def test_more_remains_examined_than_received(tmp_path: Path) -> None:
    received = moved("remains_received", 1, 1, key="received")
    examined = moved("remains_identified", 2, 2, key="examined")
    one = only(findings("conservation", tmp_path, received, examined))
    assert one.what.startswith(
        "1 remains of captives are recorded as received, and 2 as examined: claims of the former"
    )


@pytest.mark.parametrize("side", SIDES)
def test_deaths_beyond_the_living_who_were_held(side: str, tmp_path: Path) -> None:
    taken = moved(f"{side}_taken", 1, 10, key="taken", round=None)
    gone = moved(f"{side}_released", 2, 10, occurred=day("2024-03-05"))
    died = moved(f"{side}_died", 3, 1, key="died", round=None, occurred=day("2024-04-05"), remains_held=False)
    one = only(findings("conservation", tmp_path, taken, gone, died))
    assert (one.severity, one.where, one.events) == ("notice", EXCHANGE, (ident(3),))
    assert one.what == (
        f"1 of the {side} who died by 2024-04-05 were more than the living who were held then: they count as died in "
        "freedom."
    )
    members = [opened(5), opened(6, "NORTH-SOUTH-2025")]
    assert only(findings("conservation", tmp_path, *members, taken, gone, died)).where == EXCHANGE  # told once


def test_a_list_after_takings_opens_nothing(tmp_path: Path) -> None:
    taken = moved("prisoners_taken", 1, 10, key="taken", round=None)
    listed = stated(2, "prisoners.held", 10, opening=True, occurrence="list", occurred=day("2024-03-05"))
    one = only(findings("conservation", tmp_path, taken, listed))
    assert (one.severity, one.events) == ("notice", (ident(2),))
    assert one.what == "This list of prisoners held opens no count of them: prisoners were taken before it."
    assert findings("conservation", tmp_path, listed) == []


def test_of_two_lists_the_earlier_opens(tmp_path: Path) -> None:
    lists = [
        stated(number, "captives.held", 10, opening=True, occurrence=str(number), occurred=day(f"2024-03-0{number}"))
        for number in (2, 3)
    ]
    one = only(findings("conservation", tmp_path, *lists))
    assert (one.events, "opens no count of them: another list does" in one.what) == ((ident(3),), True)


def test_lists_of_a_process(tmp_path: Path) -> None:
    other = "NORTH-SOUTH-2025"
    both = [opened(1), opened(2, other)]
    lists = [
        stated(3, "captives.held", 10, opening=True, occurrence="list"),
        stated(4, "captives.held", 20, opening=True, occurrence="list", exchange=other),
    ]
    one = only(findings("conservation", tmp_path, *both, *lists))
    assert (one.where, one.events) == ("NORTH-SOUTH", (ident(3), ident(4)))
    assert "no list opens the whole process" in one.what
    whole = stated(5, "captives.held", 30, opening=True, occurrence="all", scope="process")
    assert findings("conservation", tmp_path, *both, *lists, whole) == []
    alone = only(findings("conservation", tmp_path, opened(1), whole))
    assert "it is of a process, and no other exchange is of that" in alone.what


# -- credits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("scope", "whom"),
    [
        ("inside", "freed in the deal"),
        ("outside", "freed beside the deal"),
        ("credited_next_round", "freed to count in another round"),
        ("none", "of whom nobody says whether the deal counts them"),
    ],
)
def test_more_credited_than_there_are(side: str, scope: str, whom: str, tmp_path: Path) -> None:
    two = moved(f"{side}_released", 1, group(2, ratio_scope=scope, basis="unknown"))

    def credited(count: int) -> AnyEvent:
        numbers: dict[str, Any] = {"count": {"best": count}, "from_round": 1, "to_round": 2}
        return event("count_credited", 2, side=side, occurrence="credit", from_scope=scope, **numbers)

    one = only(findings("conservation", tmp_path, two, credited(3)))
    assert (one.severity, one.where, one.events) == ("disagreement", f"{EXCHANGE} round 1", (ident(2),))
    assert one.what == f"3 {side} are credited to another round; this one has 2 {whom}."
    assert findings("conservation", tmp_path, two, credited(2)) == []
