"""The audit of the bundled history is clean but for what its sources really disagree on, named one by one."""

from pathlib import Path

import pytest

from replay.audit.findings import Audit, Finding
from tests.history.bundled import JANUARY, NOVEMBER, OCTOBER, OUTSIDE
from tests.replay.audit.auditing import audited
from tests.replay.keeping import EVENTS, KEYRING, archived, published, signed
from tests.replay.tampering import records


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """The audit of its archive, by somebody who has the key and a checkpoint from elsewhere."""
    folder = tmp_path_factory.mktemp("history")
    url = published(folder / "ledger.db")
    note = signed(records(archived(url, folder / "bare")), EVENTS)
    return audited(archived(url, folder / "archive", note), KEYRING, [note])


def found(done: Audit, check: str) -> list[Finding]:
    [outcome] = [each for each in done.outcomes if each.name == check]
    return [*outcome.seen.findings]


def test_nothing_failed_and_everything_was_looked_at(done: Audit) -> None:
    assert done.failures() == []
    assert {each.name: each.severity for each in done.outcomes} == {
        "integrity": None,
        "validity": None,
        "signatures": None,
        "entered": "notice",
        "repeats": None,
        "clocks": None,
        "views": None,
        "conservation": "notice",
        "doubles": None,
        "corrections": "disagreement",
        "rivals": "disagreement",
        "parts": "notice",
        "stated": "disagreement",
        "promises": "notice",
        "rounds": "notice",
        "pauses": "notice",
        "redactions": None,
        "personal": None,
    }


def test_a_ledger_says_the_same_as_its_archive(done: Audit, tmp_path: Path) -> None:
    live = audited(published(tmp_path / "ledger.db"))
    assert live.outcomes[2:6] == done.outcomes[2:6]
    assert live.outcomes[7:] == done.outcomes[7:]
    assert live.outcomes[6].seen.looked.endswith("a reader who follows the ledger has the same")


STATED = {
    (NOVEMBER, "captives.held as of 2023-11-25"): ("215", 'In its words: "215 left (IDF)"'),
    (NOVEMBER, "prisoners.released as of round 3"): ("119", "Not reproducible: rows give 117, 40, 18."),
    (NOVEMBER, "captives.released as of round 4"): ("62", "AP figure on morning of 28 Nov; rows give 69"),
    (NOVEMBER, "captives.nationals as of round 5"): ("60", "Counts the Russian-Israeli man as foreign."),
    (NOVEMBER, "prisoners.released as of round 5"): ("150", "True only before the day-5 prisoners left;"),
    (NOVEMBER, "captives.freed as of 2023-11-30"): ("104", 'In its words: "104 = truce + 4 in October + 1 rescued'),
    (NOVEMBER, "captives.released as of round 7"): ("113", "Not reproducible: 105 + 4 + 1 = 110."),
    (NOVEMBER, "captives.nationals as of round 7"): ("83", "81 + 2 counted twice (credit) or + the 2 of 23 Oct;"),
    (NOVEMBER, "prisoners.released as of round 7"): ("210", "Stale prisoner side: published before/without the"),
    (NOVEMBER, "captives.held as of 2023-12-01"): ("137", 'In its words: "137 held: 115 men, 20 women, 2 children;'),
    (JANUARY, "captives.held as of 2025-02-28"): ("59", 'In its words: "59 remain, 32 believed dead".'),
    (OCTOBER, "captives.released as of 2025-11-06"): ("160", "Closed identity: 251+4 = 160+8+30+51+6 = 255."),
    (OCTOBER, "captives.rescued as of 2025-11-06"): ("8", "Closed identity: 251+4 = 160+8+30+51+6 = 255."),
    (OCTOBER, "remains.returned as of 2025-11-10"): ("26", "Counts mismatched/partial remains;"),
}


def test_each_stated_total_that_does_not_match_with_its_reason(done: Audit) -> None:
    told = {tuple(each.where.split(", ")): each for each in found(done, "stated")}
    assert told.keys() == STATED.keys()
    for where, (number, reason) in STATED.items():
        each = told[where]
        assert f": {number} " in each.what
        assert (each.reason or "").startswith(reason)
        assert (each.severity, len(each.events)) == ("disagreement", 1)


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("captives.nationals as of round 7", "2 captives are credited from one round to another: counted in both"),
        ("captives.nationals as of round 7", "EFE states 81, as the events do."),
        ("prisoners.released as of round 7", "The events give 210 at the end of round 6."),
        ("prisoners.released as of round 5", "The events give 150 at the end of round 4."),
    ],
)
def test_reasons_that_follow_from_the_events_alone(done: Audit, where: str, reason: str) -> None:
    [each] = [each for each in found(done, "stated") if each.where == f"{NOVEMBER}, {where}"]
    assert reason in (each.reason or "")


def test_what_sources_tell_differently(done: Audit) -> None:
    assert [each.where for each in found(done, "rivals") if each.severity == "disagreement"] == [
        f"{NOVEMBER} round 2, r2-isr.category.children",
        f"{NOVEMBER} round 2, r2-isr.category.women",
        f"{NOVEMBER} round 3, aid-20231126.trucks",
        f"{NOVEMBER} round 6, r6-rus",
        f"{JANUARY} round 2, r2-pal.sentence.life_sentence",
        f"{JANUARY} round 4, r4-pal.sentence.life_sentence",
        f"{JANUARY} round 7, r7-pal-delay.prisoners",
        f"{JANUARY} round 8, r8-pal",
        f"{OCTOBER} round 1, r1-pal.destination.destination_west_bank",
        f"{OUTSIDE}, taken-20231007",
        f"{OUTSIDE}, mtg-20231108",
    ]


def test_whom_the_ledger_followed(done: Audit) -> None:
    told = [each for each in found(done, "rivals") if each.severity == "notice"]
    assert [each.where for each in told] == [
        f"{NOVEMBER} round 3, aid-20231126.trucks",
        f"{NOVEMBER}, mtg-20231128",
        f"{NOVEMBER} round 5, cum-20231128.prisoners.released",
        f"{NOVEMBER} round 6, r6-rus",
        f"{JANUARY} round 1, r1-pal",
        f"{JANUARY} round 2, r2-pal.sentence.life_sentence",
        f"{OUTSIDE}, rel-20231020",
    ]
    assert told[5].what == (
        "The claim of MENAFN, 2025-01-26 counted first (121 prisoners freed); then that of NY Sun / AP, 2025-01-25 "
        "(120 prisoners freed): the earliest published; then that of MENAFN, 2025-01-26 (121 prisoners freed): "
        "decided: 121 serving life and 79 long sentences add up to the 200 of the leg."
    )
    assert len(told[5].events) == 2


def test_who_decided_and_corrected_what(done: Audit) -> None:
    told = found(done, "corrections")
    open_disputes = [each.where for each in told if each.severity == "disagreement"]
    assert open_disputes == [
        f"{NOVEMBER}, pause-2023.violated",
        f"{JANUARY} round 2, r2-breach.violated",
        f"{OUTSIDE}, rel-20231020",
        f"{OUTSIDE}, held-20231216",
        f"{OUTSIDE}, died-20231215",
    ]
    words = [each.what.split()[0] for each in told if each.severity == "notice"]
    assert {word: words.count(word) for word in words} == {"Corrected": 3, "Decided": 3, "Adopted": 6, "Updated": 4}
    assert all(each.reason for each in told)


def test_what_is_incomplete(done: Audit) -> None:
    assert [each.what for check in ("conservation", "parts") for each in found(done, check)] == [
        "2 captives are recorded to have died in captivity, and the remains of 36 to be back: claims of the former are "
        "missing.",
        "Claims call themselves parts of palbodies, of which nothing is recorded.",
    ]
    assert [(each.where, each.what) for check in ("promises", "pauses") for each in found(done, check)] == [
        (f"{NOVEMBER} round 2", "14 captives were due; 13 came, 1 did not."),
        (f"{NOVEMBER} round 2", "42 prisoners were due; 39 came, 3 did not."),
        (JANUARY, "about 1,999 (1,800-1,999) prisoners were promised; 1,778 (1,735-1,778) came, about 22-264 did not."),
        (OCTOBER, "28 captive remains were promised; 27 came, 1 did not."),
        (OCTOBER, "360 prisoner remains were promised; nothing is recorded of a delivery."),
        (f"{JANUARY}, pause-2025", "No end of this pause is recorded; it was due to end 2025-03-02 11:15+02:00."),
        (f"{OCTOBER}, pause-2025b", "No end of this pause is recorded."),
    ]
