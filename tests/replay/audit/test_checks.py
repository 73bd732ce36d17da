"""Each check fires on a small ledger that gives it something to find, and is silent on one that does not."""

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.book import points
from ledger.settings import Trust
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding, Seen
from replay.audit.phrases import ranges
from replay.audit.read_evidence import read_archive
from replay.audit.record_scan import ScannedRecords, scan
from replay.compare.views import ViewDifference
from schemas.codec import encode
from schemas.events import AnyEvent
from schemas.record import Frontier
from tests.book.building import (
    EXCHANGE,
    adopted,
    corrected,
    disputed,
    event,
    freed,
    group,
    ident,
    let_go,
    moved,
    opened,
    retracted,
    stated,
)
from tests.replay.audit.auditing import audited, evidence, findings, ledger_of, seen
from tests.replay.keeping import KEY, KEYRING, archived, signed
from tests.replay.tampering import records, rewrite
from tests.schemas.test_codec import CODEC as OLDER_TYPES

NEWER = b'{"type":"captives_released","version":99,"id":"00000000-0000-8000-8000-000000000099","exchange":"A-B"}'


def only(found: Seen | Sequence[Finding]) -> Finding:
    [one] = found.findings if isinstance(found, Seen) else found
    return one


def released(found: Evidence) -> int | None:
    its = found.books.tally(EXCHANGE).captives.released
    return None if its is None else its.best


def test_a_plain_ledger_has_nothing_to_find(tmp_path: Path) -> None:
    url = ledger_of(tmp_path / "a.db", opened(1), freed(2, 12), let_go(3, 36, key="prisoners"))
    done = audited(url)
    assert {each.name: each.severity for each in done.outcomes if each.severity} == {"integrity": "notice"}
    assert [each.name for each in done.outcomes if not each.seen.done] == [
        "signatures",
        "entered",
    ]  # nobody asks for any, or says


# -- integrity ---------------------------------------------------------------------------------


def test_what_could_not_be_proved_is_said(tmp_path: Path) -> None:
    url = ledger_of(tmp_path / "a.db", freed(1, 12), freed(2, 3, key="other"))
    whole = archived(url, tmp_path / "archive")
    note = signed(records(whole), 1)
    whole = archived(url, tmp_path / "archive", note)

    def told(*given: object, keyring: object = KEYRING) -> list[str]:
        return [each.what for each in seen("integrity", evidence(whole, keyring, given)).findings]  # type: ignore[arg-type]

    assert [what[:20] for what in told()] == ["All checkpoints came", "1 record is newer th"]
    assert [what[:20] for what in told(note)] == ["1 record is newer th"]
    assert [what[:20] for what in told(note, keyring=None)] == ["No key was given, so", "1 record is newer th"]
    assert "No checkpoint was given" in only(seen("integrity", evidence(url))).what
    assert KEY.name == KEYRING.keys[0].key.name


# -- records -----------------------------------------------------------------------------------


@pytest.mark.parametrize("is_archive", [False, True])
def test_what_is_no_event_is_named_and_counts_nowhere(tmp_path: Path, is_archive: bool) -> None:
    """Nobody puts it into a file but a bad disk; into an archive it can come from Kafka, where others write."""
    url = ledger_of(tmp_path / "a.db", freed(1, 12), b'{"type":"captives_released"}', b"nonsense")
    found = evidence(archived(url, tmp_path / "archive") if is_archive else url)
    said, severity = seen("validity", found), "notice" if is_archive else "failure"
    assert [(each.severity, each.where) for each in said.findings] == [(severity, "0:1"), (severity, "0:2")]
    assert "exchange: is missing" in said.findings[0].what
    assert said.looked == "3 records: 2 are no events"
    assert released(found) == 12


def test_a_type_of_later_software_is_named(tmp_path: Path) -> None:
    one = only(findings("validity", tmp_path, freed(1, 12), NEWER))
    assert (one.severity, one.where) == ("notice", "0:1")
    assert "1 event is of captives_released version 99" in one.what


def test_events_that_nobody_signed_where_that_is_asked_for(tmp_path: Path) -> None:
    url = ledger_of(tmp_path / "a.db", freed(1, 12), freed(2, 3, key="other"))
    assert seen("signatures", evidence(url)).looked == "2 events: this ledger asks for no signatures"
    asking = Trust("required", f"{KEY.verifier}\n", Frontier({0: 0}))
    found = asyncio.run(read_archive(archived(url, tmp_path / "archive"), trust=asking))
    one = only(seen("signatures", found))
    assert (one.severity, one.where, "counts in no figure" in one.what) == ("notice", "0:1", True)
    assert released(found) == 12


def test_events_of_older_versions_are_counted(tmp_path: Path) -> None:
    old = (
        b'{"type":"signal_sent","version":1,"id":"%s","exchange":"A-B","occurred":{"at":"2024-03-01","precision":"day"}'
    )
    source = b',"source":{"publisher":"P","kind":"wire"},"word":"yes"}'
    row = (0, 0, old % ident(7).encode() + source, None)
    read = ScannedRecords()
    read.add(0, [row], scan(0, [row], codec=OLDER_TYPES))
    found = dataclasses.replace(evidence(ledger_of(tmp_path / "a.db", freed(1, 12))), records=read)
    assert "from version 1 to" in only(seen("validity", found)).what


def test_events_that_stand_there_twice(tmp_path: Path) -> None:
    url = ledger_of(tmp_path / "a.db", freed(1, 12), freed(2, 3, key="other"), freed(3, 4, key="third"))
    path = archived(url, tmp_path / "archive")
    (_, first), (_, second), (_, third) = records(path)
    other = encode(freed(2, 99, key="other", exchange="SOUTH-NORTH-2024"))
    rows = [first, second, third, (3, *first[1:]), (4, first[1], other, None)]
    rewrite(path, [(0, row) for row in rows], trees=True)
    said = seen("repeats", evidence(path))
    assert [(each.severity, each.where, each.events) for each in said.findings] == [
        ("notice", "0:0, 0:3", (ident(1),)),
        ("disagreement", "0:1, 0:4", (ident(2),)),
    ]
    assert said.looked == "3 ids: 2 more than once"
    assert audited(path).failures() == []


def test_recorded_times_that_run_backwards(tmp_path: Path) -> None:
    events = [freed(number, 1, key=str(number)) for number in range(1, 4)]
    steps = [timedelta(hours=3), timedelta(minutes=30), timedelta(hours=1)]
    one = only(seen("clocks", evidence(ledger_of(tmp_path / "a.db", *events, steps=steps))))
    assert (one.severity, one.where) == ("notice", "0:1")
    assert one.what == "Recorded 2.5 h before the record that stands before it."


def test_a_clock_is_followed_from_one_batch_to_the_next() -> None:
    read = ScannedRecords()
    for rows in ([(0, 5, b"{}", None), (1, 9, b"{}", None)], [(2, 8, b"{}", None)], [(3, 8, b"{}", None)]):
        read.add(0, rows, scan(0, rows))
    read.add(1, [(0, 1, b"{}", None)], scan(1, [(0, 1, b"{}", None)]))
    assert [str(position) for position in read.backwards] == ["0:2"]
    assert (read.earliest_us, read.latest_us) == (1, 9)


# -- figures -----------------------------------------------------------------------------------


def test_views_that_differ_from_what_readers_are_given_fail(tmp_path: Path) -> None:
    found = evidence(ledger_of(tmp_path / "a.db", freed(1, 12)))
    assert seen("views", found).findings == ()
    apart = ViewDifference(f"{EXCHANGE}/tally", "captives.released.best", 13, 12, [ident(9)], [])
    one = only(seen("views", dataclasses.replace(found, live=[apart])))
    assert (one.severity, one.where) == ("failure", f"{EXCHANGE}/tally captives.released.best")
    assert one.what == "A reader who follows the ledger has 13, and its events come to 12."


def test_a_digest_that_was_expected(tmp_path: Path) -> None:
    found = evidence(ledger_of(tmp_path / "a.db", freed(1, 12)))
    assert seen("views", dataclasses.replace(found, expected=found.digest)).findings == ()
    assert only(seen("views", dataclasses.replace(found, expected="0" * 64))).severity == "failure"


def test_balances_that_are_not_the_sum_of_their_claims_fail(tmp_path: Path) -> None:
    found = evidence(ledger_of(tmp_path / "a.db", freed(1, 12)))
    assert seen("conservation", found).findings == []
    [balance] = found.books.book(EXCHANGE).balances[1].values()
    balance.exact += 1
    first, *_ = seen("conservation", found).findings
    assert (first.severity, first.where) == ("failure", f"{EXCHANGE} round 1, captives released")
    assert first.what == "The claims add up to 12, not to 13."


# -- claims ------------------------------------------------------------------------------------


def test_who_corrected_whom_when_and_why(tmp_path: Path) -> None:
    herald = {"publisher": "The Herald", "published": "2024-03-05"}
    one = only(findings("corrections", tmp_path, freed(1, 12), corrected(2, 1, 10, source=herald, note="two were not")))
    assert one.what == (
        "Corrected by The Herald, 2024-03-05: 12 captives freed became 10 captives freed. "
        "The claim replaced is by The River Post, 2024-03-02."
    )
    assert (one.severity, one.where, one.reason) == ("notice", f"{EXCHANGE} round 1, leg", "Two were not.")
    assert one.events == (ident(1), ident(2))


def test_a_correction_of_what_nobody_said_is_a_disagreement(tmp_path: Path) -> None:
    assert only(findings("corrections", tmp_path, corrected(2, 1, 10))).severity == "disagreement"


@pytest.mark.parametrize(
    ("decision", "severity", "what"),
    [
        (retracted(3, 1), "notice", "Retracted by The River Post, 2024-03-02: 12 captives freed, said by"),
        (adopted(3, 2), "notice", "Adopted by The River Post, 2024-03-02: 12 captives freed, said by"),
        (adopted(3, None), "notice", "Decided by The River Post, 2024-03-02: no claim counts."),
        (disputed(3), "disagreement", "Disputed by The River Post, 2024-03-02: the whole occurrence. The dispute is"),
    ],
)
def test_decisions_by_whom_and_why(tmp_path: Path, decision: AnyEvent, severity: str, what: str) -> None:
    one = only(findings("corrections", tmp_path, freed(1, 12), freed(2, 12), decision))
    assert (one.severity, one.what[: len(what)]) == (severity, what)
    assert one.reason in ("entered twice", "looked into", "others differ")


def test_a_dispute_that_was_settled_is_open_no_more(tmp_path: Path) -> None:
    found = findings("corrections", tmp_path, freed(1, 12), freed(2, 13), disputed(3), adopted(4, 1))
    assert [each.severity for each in found] == ["notice", "notice"]


def test_sources_that_differ_stand_side_by_side(tmp_path: Path) -> None:
    rival = freed(2, 13, source={"publisher": "The Herald", "credibility": 2})
    one, turn = findings("rivals", tmp_path, freed(1, 12), rival, freed(3, 5, key="other"))
    assert one.severity == "disagreement"
    assert one.what == (
        "Captives freed: 12 (The River Post, 2024-03-02) and 13 (The Herald, 2024-03-02). "
        "The ledger takes 13: the better credibility."
    )
    assert one.events == turn.events == (ident(1), ident(2))


def test_sources_that_name_other_days_differ(tmp_path: Path) -> None:
    def met(number: int, day: str) -> AnyEvent:
        when = {"at": day, "precision": "day"}
        return event("meeting_held", number, occurrence="met", participants=["un"], occurred=when)

    one = only(findings("rivals", tmp_path, met(1, "2024-03-01"), met(2, "2024-03-02")))
    assert "2024-03-01 (" in one.what
    assert findings("rivals", tmp_path, met(1, "2024-03-01")) == []


def test_rivals_that_divide_one_number_otherwise_are_told_by_what_differs(tmp_path: Path) -> None:
    thai = {"nationality": ["THA"], "ratio_scope": "outside"}
    told = [freed(n, group(12 - n), group(n, **thai), source={"publisher": f"P{n}"}) for n in (2, 4)]
    one = only([each for each in findings("rivals", tmp_path, *told) if each.severity == "disagreement"])
    assert "10 inside XNO + 2 outside THA (P2" in one.what
    assert "8 inside XNO + 4 outside THA (P4" in one.what


def test_rivals_in_two_rounds_are_told_apart(tmp_path: Path) -> None:
    told = [freed(n, 12, round=n, source={"publisher": f"P{n}"}) for n in (1, 2)]
    one = only([each for each in findings("rivals", tmp_path, *told) if each.severity == "disagreement"])
    assert "12 in round 1 (P1" in one.what


@pytest.mark.parametrize("people", [12, 36])
def test_what_counts_nowhere_beside_the_other_side_is_found(tmp_path: Path, people: int) -> None:
    one = only(findings("rivals", tmp_path, freed(1, 12), let_go(2, people)))
    assert (one.severity, one.events) == ("disagreement", (ident(2),))
    whose = f"{people} prisoners freed (The River Post, 2024-03-02)"
    assert one.what == f"{whose}: not counted, as the name of its occurrence is that of 12 captives freed."
    assert findings("rivals", tmp_path, freed(1, 12), let_go(2, people, key="prisoners")) == []


def rival(number: int, counted: int | dict[str, Any], **source: Any) -> AnyEvent:
    return freed(number, counted, source={"publisher": f"Paper {number}", **source})


@pytest.mark.parametrize(
    ("said", "differs"),
    [
        ({"low": 11, "qualifier": "over"}, False),
        ({"high": 12, "qualifier": "up_to"}, False),
        ({"best": 12, "qualifier": "about"}, False),
        ({"qualifier": "several"}, False),
        ({"qualifier": "unknown"}, False),
        ({"low": 13, "qualifier": "at_least"}, True),
        ({"high": 11, "qualifier": "under"}, True),
        ({"low": 11, "high": 13, "qualifier": "about"}, True),
        ({"best": 13}, True),
    ],
)
def test_only_a_rival_whose_bounds_reach_further_differs(said: dict[str, Any], differs: bool, tmp_path: Path) -> None:
    found = findings("rivals", tmp_path, rival(1, 12, credibility=1), rival(2, said))
    assert [each.severity for each in found] == (["disagreement"] if differs else [])


def test_plans_that_differ_and_lists_that_open_a_stock(tmp_path: Path) -> None:
    def plan(number: int, count: dict[str, Any]) -> AnyEvent:
        return event("release_planned", number, leg="captives", count=count, occurrence="plan")

    assert (
        "Release planned: 13 (" in only(findings("rivals", tmp_path, plan(1, {"best": 13}), plan(2, {"best": 14}))).what
    )
    assert findings("rivals", tmp_path, plan(1, {"best": 13}), plan(2, {"low": 10, "qualifier": "at_least"})) == []
    lists = [
        stated(1, "captives.held", 60, opening=True, occurrence="list"),
        stated(2, "captives.held", 65, occurrence="list"),
    ]
    assert "Total stated: 60 (" in only(findings("rivals", tmp_path, *lists)).what
    totals = [stated(number, "captives.held", 60 + number, occurrence="total") for number in (1, 2)]
    assert findings("rivals", tmp_path, *totals) == []  # each is held against the events by itself


# -- whom the ledger followed ------------------------------------------------------------------


def turned(path: Path, *events: AnyEvent) -> list[str]:
    return [each.what for each in findings("rivals", path, *events) if each.severity == "notice"]


FIRST, SECOND = {"published": "2024-03-05"}, {"published": "2024-03-06"}


def test_another_source_that_came_to_count_is_told(tmp_path: Path) -> None:
    better = rival(2, 13, credibility=1, **SECOND)
    assert turned(tmp_path, rival(1, 12, **FIRST), better) == [
        "The claim of Paper 1, 2024-03-05 counted first (12 captives freed); then that of Paper 2, 2024-03-06 "
        "(13 captives freed): the better credibility."
    ]
    assert turned(tmp_path, better, rival(1, 12, **FIRST)) == []
    same = rival(2, 12, credibility=1, **SECOND)
    assert turned(tmp_path, rival(1, 12, **FIRST), same) == [
        "The claim of Paper 1, 2024-03-05 counted first (12 captives freed); then that of Paper 2, 2024-03-06: the "
        "better credibility."
    ]


def test_a_source_that_counts_again_is_told_with_both_turns(tmp_path: Path) -> None:
    events = [rival(1, 12, **FIRST), rival(2, 13, credibility=1, **SECOND), retracted(3, 2)]
    [one] = [each for each in findings("rivals", tmp_path, *events) if each.severity == "notice"]
    assert one.what.endswith(
        "credibility; then that of Paper 1, 2024-03-05 (12 captives freed): the only claim that stands."
    )
    assert one.events == (ident(1), ident(2))
    assert "decided: looked into" in turned(tmp_path, rival(1, 12, **FIRST), rival(2, 13, **SECOND), adopted(3, 2))[0]


def test_a_correction_keeps_its_place(tmp_path: Path) -> None:
    over = rival(2, {"low": 12, "qualifier": "over"}, **SECOND)
    mended = corrected(3, 1, 12, source={"publisher": "Paper 1", "published": "2024-03-07"})
    assert turned(tmp_path, rival(1, 11, **FIRST), over, mended) == []
    by_others = corrected(3, 1, 12, source={"publisher": "A third", "published": "2024-03-07"})
    assert turned(tmp_path, rival(1, 11, **FIRST), over, by_others) == []  # told with the corrections
    assert len(findings("corrections", tmp_path, rival(1, 11, **FIRST), over, by_others)) == 1


def test_an_occurrence_of_many_claims_is_looked_at_so_many_times(tmp_path: Path) -> None:
    many = [rival(number, 12, published="2024-03-05", credibility=3) for number in range(1, 200)]
    found = turned(tmp_path, *many, rival(300, 13, credibility=1, **SECOND))
    assert len(found) == 1
    assert "then that of Paper 300" in found[0]


# -- things told twice -------------------------------------------------------------------------


def test_what_two_publishers_tell_of_under_no_shared_name(tmp_path: Path) -> None:
    ours = freed(1, 44, key=None)
    theirs = freed(2, 44, key="theirs", source={"publisher": "The Herald"})
    one = only(findings("doubles", tmp_path, ours, theirs))
    assert (one.severity, one.where, one.events) == ("notice", f"{EXCHANGE} round 1", (ident(1), ident(2)))
    assert one.what == (
        "44 captives freed, 2024-03-01: so say both The River Post and The Herald, under no shared name. Both count, "
        "and it may be one thing."
    )
    assert findings("doubles", tmp_path, ours, freed(2, 45, key=None, source={"publisher": "The Herald"})) == []
    assert findings("doubles", tmp_path, ours, freed(2, 44, key=None)) == []  # one publisher knows what it tells twice


# -- sums --------------------------------------------------------------------------------------


def test_parts_must_not_exceed_their_whole(tmp_path: Path) -> None:
    part = {"part": {"of": "leg", "by": "category"}}
    one = only(
        findings("parts", tmp_path, freed(1, 12), freed(2, 9, key="women", **part), freed(3, 4, key="men", **part))
    )
    assert (one.severity, one.where) == ("disagreement", f"{EXCHANGE} round 1, leg")
    assert one.what == "The parts by category come to 13, more than the whole: 12."
    assert one.events == (ident(2), ident(3))


def test_parts_of_nothing(tmp_path: Path) -> None:
    one = only(findings("parts", tmp_path, freed(2, 9, key="women", part={"of": "leg", "by": "category"})))
    assert (one.severity, "of which nothing is recorded" in one.what) == ("notice", True)


def rounds(*more: AnyEvent) -> list[AnyEvent]:
    """Twelve freed in the first round, three in the second."""
    later = {"at": "2024-03-05", "precision": "day"}
    return [opened(1), freed(2, 12, key="a"), freed(3, 3, key="b", round=2, occurred=later), *more]


def total(number: int, best: int | dict[str, Any], name: str = "The Herald", **members: Any) -> AnyEvent:
    day = {"at": "2024-03-05", "precision": "day"}
    source = {"publisher": name, "published": "2024-03-05"}
    return stated(number, "captives.released", best, **{"round": 2, "occurred": day, "source": source, **members})


def reason(path: Path, *events: AnyEvent) -> str | None:
    one = only(findings("stated", path, *rounds(*events)))
    assert one.severity == "disagreement"
    return one.reason


def test_a_total_that_does_not_match(tmp_path: Path) -> None:
    one = only(findings("stated", tmp_path, *rounds(total(9, 14), total(8, 15))))
    assert one.what == "The Herald, 2024-03-05: 14 captives freed, as of round 2. The events give 15, 1 more."
    assert one.where == f"{EXCHANGE}, captives.released as of round 2"
    assert one.events == (ident(9),)


def test_no_reason_is_made_up(tmp_path: Path) -> None:
    assert reason(tmp_path, total(9, 14)) is None


def test_the_reason_that_was_recorded_comes_first(tmp_path: Path) -> None:
    assert reason(tmp_path, total(9, 12, note="published before the second round")) == (
        "Published before the second round. The events give 12 at the end of round 1."
    )
    assert reason(tmp_path, total(9, 14, as_stated="fourteen so far")) == 'In its words: "fourteen so far".'


def test_a_stale_total_held_before(tmp_path: Path) -> None:
    assert reason(tmp_path, total(9, 12)) == "The events give 12 at the end of round 1."
    dated = total(9, 12, round=None)
    assert reason(tmp_path, dated) == "The events give 12 at the end of 2024-03-01."


def test_many_totals_that_differ_take_as_many_readings_of_the_book_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def readings(folder: str, *totals: AnyEvent) -> int:
        seen = list[object]()

        def counted(*given: Any) -> Any:
            seen.append(given)
            return over(*given)

        monkeypatch.setattr(points, "_over", counted)
        (tmp_path / folder).mkdir()
        found = findings("stated", tmp_path / folder, *rounds(*totals))
        assert [each.severity for each in found] == ["disagreement"] * len(totals)
        assert all(each.reason for each in found)
        return len(seen)

    over = points._over
    days: list[dict[str, Any]] = [
        {"occurred": {"at": f"2024-03-{day:02}", "precision": "day"}, "round": None} for day in range(6, 26)
    ]
    assert readings("one", total(9, 12), total(10, 12, **days[0])) == readings(
        "many", *(total(9 + number, 12, **(days[number] if number % 2 else {})) for number in range(20))
    )


def test_a_total_that_holds_only_later_explains_nothing(tmp_path: Path) -> None:
    early = total(9, 15, round=1, occurred={"at": "2024-03-01", "precision": "day"})
    assert reason(tmp_path, early) is None


def test_people_credited_to_another_round_are_counted_twice(tmp_path: Path) -> None:
    credit = event("count_credited", 7, count={"best": 2}, from_round=1, to_round=2, occurrence="credit")
    assert "2 captives are credited from one round to another" in str(reason(tmp_path, credit, total(9, 17)))


def test_what_others_and_the_same_source_state(tmp_path: Path) -> None:
    assert reason(tmp_path, total(8, 15, "The Gazette"), total(9, 14)) == "The Gazette states 15, as the events do."
    later = {"publisher": "The Herald", "published": "2024-03-09"}
    again = total(8, 15, source=later, occurred={"at": "2024-03-09", "precision": "day"}, round=None)
    assert reason(tmp_path, again, total(9, 14)) == "The same source later states 15."


def looked(path: Path, *events: AnyEvent) -> str:
    return seen("stated", evidence(ledger_of(path / "looked.db", *events))).looked


def test_totals_that_were_taken_back_or_open_a_stock_are_told_apart(tmp_path: Path) -> None:
    events = [
        total(11, 14, occurrence="t"),
        total(12, 15, occurrence="t", supersedes=ident(11), reason="corrected"),
        total(13, 14, occurrence="u"),
        retracted(14, 13, key="u"),
        total(15, 99, status="planned"),
        stated(16, "prisoners.held", 60, opening=True),
        stated(17, "prisoners.rescued", 1),
        total(18, 14),
    ]
    assert looked(tmp_path, *rounds(*events)) == (
        "7 stated totals: 1 agrees with the events, 1 differs and 5 are not compared (corrected: 1; retracted: 1; "
        "a plan, not a delivery: 1; it opens the stock: 1; the ledger has no claims to compute it from: 1)"
    )
    assert only(findings("stated", tmp_path, *rounds(*events))).events == (ident(18),)


def test_hedged_totals_are_held_against_what_they_can_mean(tmp_path: Path) -> None:
    def about(best: int) -> Sequence[Finding]:
        return findings("stated", tmp_path, freed(1, 12), total(9, {"best": best, "qualifier": "about"}, round=1))

    assert about(13) == []
    told = 'about 20 captives freed, as of round 1. The events give 12, 8 fewer ("about" can mean 18 to 22).'
    assert only(about(20)).what.endswith(told)


def test_totals_that_only_ranges_allow_are_notices(tmp_path: Path) -> None:
    one = only(findings("stated", tmp_path, *rounds(freed(7, 5, key="b", round=2), total(9, 17))))
    assert (one.severity, one.reason) == ("notice", None)
    assert "The events give 15 (15-17), 2 fewer: consistent (within the range of rival claims: 15 to 17)." in one.what
    several = freed(7, {"low": 4, "qualifier": "at_least"}, key="c", round=2)
    one = only(findings("stated", tmp_path, *rounds(several, total(9, 20))))
    assert (one.severity, "not contradicted (what is recorded has no one number" in one.what) == ("notice", True)


def test_the_total_of_one_party_names_it(tmp_path: Path) -> None:
    freed_by = freed(1, 12, by="front")
    one = only(findings("stated", tmp_path, freed_by, total(9, 14, round=1, party="front")))
    assert "14 captives freed by front, as of round 1" in one.what
    assert one.reason is None


def test_people_of_the_other_side_credited_are_counted_twice_as_well(tmp_path: Path) -> None:
    credit = event(
        "count_credited", 7, side="prisoners", count={"best": 2}, from_round=1, to_round=2, occurrence="credit"
    )
    one = only(findings("stated", tmp_path, let_go(1, 30), credit, stated(9, "prisoners.released", 32, round=2)))
    assert "2 prisoners are credited from one round to another" in str(one.reason)


# -- rounds ------------------------------------------------------------------------------------


def test_rounds_that_lack_a_leg(tmp_path: Path) -> None:
    events = [freed(number, 3, key=str(number), round=number) for number in (1, 3, 4, 5)]
    other = [let_go(9, 3, key="p1"), let_go(10, 3, key="p7", round=7)]
    found = findings("rounds", tmp_path, *events, *other)
    assert [(each.severity, each.where) for each in found] == [("notice", EXCHANGE)] * 2
    assert [each.what for each in found] == [
        "No captives are recorded as freed in round 7, though prisoners are: ratios divide a whole by a part.",
        "No prisoners are recorded as freed in rounds 3 to 5, though captives are: ratios divide a whole by a part.",
    ]
    assert findings("rounds", tmp_path, freed(1, 3), let_go(2, 3, key="p")) == []


def test_rounds_that_have_one_ratio_together(tmp_path: Path) -> None:
    late = let_go(4, 9, key="p", round=3, settles=[1, 2])
    dead = moved("remains_returned", 5, 1, key="dead", round=2)
    events = [*(freed(number, 3, key=str(number), round=number) for number in (1, 2, 3)), late, dead]
    one = only(findings("rounds", tmp_path, *events))
    assert (one.severity, one.events) == ("notice", (ident(4),))
    assert one.what == (
        "A leg of round 3 pays for others: rounds 1 to 3 have one ratio together, 9/9 = 1, with the remains 9/10 = "
        "0.900, and none of their own."
    )


def test_numbers_are_told_in_runs() -> None:
    assert ranges([9, 1, 3, 4, 8, 7]) == "1, 3, 4 and 7 to 9"
    assert ranges([2]) == "2"


# -- promises and pauses -----------------------------------------------------------------------


def agreed(number: int, **pledge: Any) -> AnyEvent:
    return event("terms_agreed", number, terms="deal", pledges=[{"item": "captives", "count": {"best": 15}, **pledge}])


def test_promises_that_were_not_kept(tmp_path: Path) -> None:
    one = only(findings("promises", tmp_path, agreed(1), freed(2, 12)))
    assert (one.severity, one.what) == ("notice", "15 captives were promised; 12 came, 3 did not.")
    assert findings("promises", tmp_path, agreed(1), freed(2, 15)) == []


def test_promises_of_which_nothing_is_recorded_and_those_exceeded(tmp_path: Path) -> None:
    assert "nothing is recorded" in only(findings("promises", tmp_path, agreed(1))).what
    assert "more came: 16" in only(findings("promises", tmp_path, agreed(1), freed(2, 16))).what


def test_a_round_that_fell_short_of_its_plan(tmp_path: Path) -> None:
    plan = event("release_planned", 1, leg="captives", count={"best": 13}, round=1, occurrence="plan")
    one = only(findings("promises", tmp_path, plan, freed(2, 12)))
    assert (one.where, one.what) == (f"{EXCHANGE} round 1", "13 captives were due; 12 came, 1 did not.")


def test_a_promise_is_kept_for_each_category(tmp_path: Path) -> None:
    pledges = [
        {"item": "captives", "count": {"best": 5}, "category": "women"},
        {"item": "captives", "count": {"best": 3}, "category": "children"},
    ]
    deal = event("terms_agreed", 1, terms="deal", pledges=pledges)
    women, children = group(6, category="women"), group(2, category="children")
    one = only(findings("promises", tmp_path, deal, freed(2, women, children)))
    assert one.what == "8 captives were promised, and as many came, but not of each category."
    assert one.reason == "By category: 6 of 5 women and 2 of 3 children."
    assert (
        findings("promises", tmp_path, deal, freed(2, group(5, category="women"), group(3, category="children"))) == []
    )
    assert findings("promises", tmp_path, deal, freed(2, women, group(2, category="mixed"))) == []  # who knows
    short = only(findings("promises", tmp_path, deal, freed(2, group(4, category="women"), children)))
    assert short.what == "8 captives were promised; 6 came, 2 did not."
    assert short.reason == "By category: 4 of 5 women and 2 of 3 children."


def test_a_promise_per_head_is_counted_by_category(tmp_path: Path) -> None:
    heads = [
        {"item": "prisoners", "count": {"best": count}, "per": "captive", "category": category}
        for category, count in (("civilians", 30), ("soldiers", 50))
    ]
    deal = event("terms_agreed", 1, terms="deal", pledges=heads)
    came = freed(2, group(2, category="civilians"), group(1, category="soldiers"))
    assert findings("promises", tmp_path, deal, came, let_go(3, 110, key="p")) == []
    found = findings("promises", tmp_path, deal, came, let_go(3, 100, key="p"))
    assert [each.what for each in found] == [
        "110 prisoners were promised; 100 came, 10 did not.",
        "110 prisoners were due; 100 came, 10 did not.",
    ]
    assert found[0].reason == "The terms: 30 for each of 2 civilians and 50 for each of 1 soldiers."
    unagreed = freed(2, group(2, category="civilians"), group(1, category="police"))
    one = only(findings("promises", tmp_path, deal, unagreed, let_go(3, 100, key="p")))
    assert one.what == "How many prisoners are promised is not known: nothing is agreed for some who came (police)."


def test_what_a_separate_set_of_terms_promised_is_held_against_its_own(tmp_path: Path) -> None:
    def promised(number: int, terms: str, **members: Any) -> AnyEvent:
        pledge = {"item": "captives", "count": {"best": 2}, "category": "officers"}
        return event("terms_agreed", number, terms=terms, pledges=[pledge], **members)

    sets = [promised(1, "deal"), promised(2, "apart", separate=True)]
    came = [
        freed(3, group(1, category="officers"), key="a"),
        freed(4, group(2, category="officers"), key="b", terms="apart"),
    ]
    one = only(findings("promises", tmp_path, *sets, *came))
    assert one.reason == "By category: 1 of 2 officers and 2 of 2 officers by apart."


def test_a_round_of_which_nothing_came(tmp_path: Path) -> None:
    plan = event("release_planned", 1, leg="prisoners", count={"best": 13}, round=1, occurrence="plan")
    assert only(findings("promises", tmp_path, plan)).what == "13 prisoners were due; none is recorded to have come."
    late = let_go(2, 10, key="p", round=2, settles=[1])
    assert only(findings("promises", tmp_path, plan, late)).what == "13 prisoners were due; 3 did not come."


def at(minute: str) -> dict[str, str]:
    return {"at": f"2024-03-{minute}+00:00", "precision": "minute"}


def pause(type: str, number: int, when: str, **members: Any) -> AnyEvent:
    return event(type, number, pause="calm", occurrence=type, occurred=at(when), **members)


def test_the_clock_of_a_pause(tmp_path: Path) -> None:
    start = pause("pause_started", 1, "01T07:00", hours=24)
    cases = {
        (start,): ("notice", "No end of this pause is recorded; it was due to end 2024-03-02 07:00+00:00."),
        (pause("pause_ended", 2, "02T07:00"),): ("notice", "No start of this pause is recorded."),
        (start, pause("pause_ended", 2, "02T06:00")): (
            "notice",
            "It ended 2024-03-02 06:00+00:00; it was due to end 2024-03-02 07:00+00:00.",
        ),
        (start, pause("pause_ended", 2, "03T07:00")): (
            "notice",
            "It ended 2024-03-03 07:00+00:00, later than it was due to end: 2024-03-02 07:00+00:00.",
        ),
        (start, pause("pause_ended", 2, "01T05:00")): (
            "disagreement",
            "It ended 2024-03-01 05:00+00:00, before it started: 2024-03-01 07:00+00:00.",
        ),
    }
    for events, expected in cases.items():
        one = only(findings("pauses", tmp_path, *events))
        assert (one.severity, one.what) == expected
    kept = [start, pause("pause_ended", 2, "02T07:00")]
    assert findings("pauses", tmp_path, *kept) == []


def test_an_extension_after_the_end(tmp_path: Path) -> None:
    late = pause("pause_extended", 3, "03T07:00", hours=24)
    events = [pause("pause_started", 1, "01T07:00", hours=24), pause("pause_ended", 2, "03T06:00"), late]
    found = findings("pauses", tmp_path, *events)
    assert ("disagreement", (ident(3),)) in [(each.severity, each.events) for each in found]


# -- personal data -----------------------------------------------------------------------------


def test_words_that_look_personal_are_noted(tmp_path: Path) -> None:
    told = freed(1, 1, as_stated="Jane Doe, 34, was freed", note="call +44 20 7946 0958")
    found = findings("personal", tmp_path, freed(2, 12, key="other"), told, freed(3, group(1), key="third"))
    assert [(each.severity, each.where) for each in found] == [("notice", "0:1"), ("notice", "0:1")]
    assert "`as_stated` look like the name of a person" in found[0].what
    assert "Jane" not in str(found)
