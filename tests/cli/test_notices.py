"""What is said after publishing: what may be one thing with another, and where another source counts now."""

from pathlib import Path

import pytest

from ledger import Ledger
from ledger.cli import notices as told
from ledger.notices import Notices, notices
from schemas.codec import encode
from schemas.events import (
    AnyEvent,
    CaptivesReleased,
    ClaimAdopted,
    ClaimRetracted,
    PauseEnded,
    PeopleTransferred,
    ReleasePlanned,
)
from schemas.ids import derive_id
from schemas.values import Count, Group, Moment, Source
from tests.cli.run import Ran, in_terminal, inside, ledger
from tests.history.bundled import history
from tests.log.events import released

SAID = ["--exchange", "A-B", "--round", "1", "--occurred", "2020-12-14", "--kind", "newspaper"]


def record(here: Path, publisher: str, count: str, *more: str, type: str = "captives_released") -> Ran:
    ran = inside(here, "record", type, *SAID, "--publisher", publisher, "--count", count, *more)
    assert ran.code == 0, ran.err
    return ran


def claim(number: int, publisher: str, count: int, **more: object) -> CaptivesReleased:
    """A claim on the occurrence `r1`: the smaller its number, the earlier it was published."""
    fields = {
        "id": derive_id("notices", str(number)),
        "exchange": "A-B",
        "occurrence": "r1",
        "occurred": Moment.day("2020-12-14"),
        "source": Source(publisher=publisher, kind="newspaper", published=f"2020-12-{15 + number}"),
        "groups": [Group(count=Count(best=count))],
    }
    return CaptivesReleased.model_validate(fields | more)


# -- likely doubles ------------------------------------------------------------------------------------


def test_recording_what_another_publisher_says_of_the_same_day_is_noticed(here: Path) -> None:
    first = record(here, "Agency one", "44")
    assert "notice" not in first.err
    second = record(here, "Agency two", "44")
    assert (
        f"notice: {second.out.strip()} may be the same as {first.out.strip()}: same type, round, day and count by "
        "Agency one; give both the same --occurrence if it is one thing\n"
    ) in second.err
    assert inside(here, "tallies", "--json").lines[0]["captives"]["released"]["best"] == 88


@pytest.mark.parametrize(
    ("publisher", "count", "more"),
    [
        ("Agency one", "44", []),
        ("Agency two", "45", []),
        ("Agency two", "44", ["--occurred", "2020-12-15"]),
        ("Agency two", "44", ["--round", "2"]),
        ("Agency two", "44", ["--nationality", "NOR"]),
        ("Agency two", "44", ["--occurrence", "r1"]),
    ],
)
def test_what_is_another_thing_is_not_noticed(here: Path, publisher: str, count: str, more: list[str]) -> None:
    record(here, "Agency one", "44", "--occurrence", "r1", "--nationality", "ISR")
    assert "may be the same" not in record(here, publisher, count, *more).err


def test_a_file_is_looked_at_once_and_only_what_is_new_is_told(here: Path) -> None:
    lines = [encode(claim(n, f"Agency {n}", 44, occurrence=f"o{n}")) + b"\n" for n in range(3)]
    (here / "two.ndjson").write_bytes(b"".join(lines[:2]))
    (here / "all.ndjson").write_bytes(b"".join(lines))
    assert inside(here, "publish", "two.ndjson").err.splitlines()[1:] == [
        "notice: o1 may be the same as o0: same type, day and count by Agency 0; "
        "give both the same --occurrence if it is one thing"
    ]
    more = inside(here, "publish", "all.ndjson", "--json")
    assert [line.partition(":")[0] for line in more.err.splitlines()[1:]] == ["notice"]
    assert "o1 may be" not in more.err
    assert "notice" not in more.out
    assert "notice" not in inside(here, "publish", "all.ndjson").err


def test_many_notices_are_not_all_printed(here: Path) -> None:
    lines = [encode(claim(n, f"Agency {n}", 44, occurrence=f"o{n}")) + b"\n" for n in range(13)]
    said = ledger(here, "publish", "-", stdin=b"".join(lines)).err.splitlines()[1:]
    assert len(said) == told.SHOWN_MAX + 1
    assert said[-1] == "notice: and 2 more; `ledger doubles` lists the like"


def test_a_long_log_keeps_nobody_waiting(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "EVENTS_MAX", 1)
    record(here, "Agency one", "44")
    second = record(here, "Agency two", "44")
    assert "may be the same" not in second.err
    assert "so long a log: `ledger doubles` does" in second.err


def test_what_looks_alike_a_thousand_times_is_told_once_each(here: Path) -> None:
    with Ledger.open(f"sqlite:///{here}/ledger.db") as book:
        receipts = book.publish_many(
            claim(0, f"Agency {n}", 1, id=derive_id("alike", str(n)), occurrence=f"o{n}") for n in range(1_000)
        )
        found = book.notices(each.event_id for each in receipts).doubles
    assert [each.occurrences for each in found] == [[f"o{n}", f"o{n + 1}"] for n in range(999)]


def test_doubles_lists_them(here: Path) -> None:
    record(here, "Agency one", "44", "--occurrence", "a")
    record(here, "Agency two", "44", "--occurrence", "b")
    ran = inside(here, "doubles")
    assert ran.out.splitlines()[1].split() == [
        *("A-B", "1", "2020-12-14", "44", "captives", "freed"),
        *("Agency", "one", "a", "Agency", "two", "b"),
    ]
    [line] = inside(here, "doubles", "A-B", "--json").lines
    assert (line["occurrences"], line["publishers"]) == (["a", "b"], ["Agency one", "Agency two"])


def test_doubles_takes_cuts_and_says_when_there_is_none(here: Path) -> None:
    first = record(here, "Agency one", "44").out.strip()
    record(here, "Agency two", "44")
    none = inside(here, "doubles", "--through", first)
    assert (none.code, none.out) == (0, "")
    assert "no likely doubles" in none.err
    assert inside(here, "doubles", "NOPE").code == 2


# -- the other side --------------------------------------------------------------------------------------


def test_what_shares_an_occurrence_with_the_other_side_is_said_not_to_count(here: Path) -> None:
    record(here, "A", "11", "--occurrence", "swap")
    ran = record(here, "B", "40", "--occurrence", "swap", type="prisoners_released")
    assert "notice: not counted: 40 by B. swap is about the other side (11 by A), so give" in ran.err
    assert "not counted" not in record(here, "B", "40", "--occurrence", "swap-2", type="prisoners_released").err


# -- another source counts -----------------------------------------------------------------------------


def test_a_claim_that_counts_from_now_on_is_told_with_what_counted_before(here: Path) -> None:
    record(here, "A", "11", "--occurrence", "p", "--published", "2020-12-16")
    later = record(here, "C", "13", "--occurrence", "p", "--published", "2020-12-17")
    assert "now counts" not in later.err
    earlier = record(here, "B", "12", "--occurrence", "p", "--published", "2020-12-15")
    assert "notice: p now counts: 12 by B (the earliest published), before: 11 by A\n" in earlier.err


def test_a_source_that_corrects_itself_is_no_news(here: Path) -> None:
    first = record(here, "A", "11", "--occurrence", "p").out.strip()
    ran = record(here, "A", "12", "--supersedes", first, "--reason", "corrected")
    assert "now counts" not in ran.err


def test_what_counts_no_number_is_told_too(here: Path) -> None:
    words = ["record", "meeting_held", *SAID, "--occurrence", "m", "--set", 'participants=["north","south"]']
    inside(here, *words, "--publisher", "A")
    ran = inside(here, *words, "--publisher", "B", "--credibility", "1")
    assert "notice: m now counts: B (the better credibility), before: A\n" in ran.err


def test_from_python_one_asks_with_the_ids_of_what_was_published(here: Path) -> None:
    first, second = claim(1, "A", 11), claim(0, "B", 12)
    with Ledger.open(f"sqlite:///{here}/ledger.db") as book:
        book.publish(first)
        assert book.notices([first.id]) == Notices.none()
        book.publish(second)
        [change] = book.notices([second.id]).successions
        assert (change.exchange, change.occurrence, change.rule) == ("A-B", "r1", "the earliest published")
        assert change.before[:2] == (first.id, "A")
        assert change.now is not None
        assert change.now[:2] == (second.id, "B")
        assert notices(book.read(), {first.id, second.id}).successions == []


@pytest.mark.parametrize("is_retracted", [True, False])
def test_a_decision_that_leaves_none_or_another_is_told(here: Path, is_retracted: bool) -> None:
    first, rival = claim(0, "A", 11), claim(1, "B", 12)
    about = {"exchange": "A-B", "occurrence": "r1", "occurred": first.occurred, "source": first.source, "why": "seen"}
    with Ledger.open(f"sqlite:///{here}/ledger.db") as book:
        book.publish(first)
        if is_retracted:
            decision: ClaimRetracted | ClaimAdopted = ClaimRetracted.model_validate({**about, "claim": first.id})
        else:
            book.publish(rival)
            decision = ClaimAdopted.model_validate({**about, "claim": rival.id})
        (here / "decision.ndjson").write_bytes(encode(decision))
    said = inside(here, "publish", "decision.ndjson").err
    now = "no claim on r1 counts now (no claim stands)" if is_retracted else "r1 now counts: 12 by B (decided: seen)"
    assert f"notice: {now}, before: 11 by A\n" in said


def test_an_ordinary_file_brings_no_notice(here: Path) -> None:
    lines = b"".join(encode(released(number)) + b"\n" for number in range(30))
    assert ledger(here, "publish", "-", stdin=lines).err == "30 published\n"


# -- what may be mistyped ------------------------------------------------------------------------------


def published(here: Path, *events: AnyEvent) -> list[str]:
    """What is said of events that are published from one file."""
    (here / "some.ndjson").write_bytes(b"".join(encode(each) + b"\n" for each in events))
    ran = inside(here, "publish", "some.ndjson")
    assert ran.code == 0, ran.err
    return [line.removeprefix("notice: ") for line in ran.err.splitlines()[1:]]


def test_a_correction_of_what_is_not_here_is_told_and_published(here: Path) -> None:
    first, other = claim(0, "A", 11), claim(1, "A", 12)
    correction = claim(2, "A", 13, supersedes=first.id, reason="corrected")
    about = {"exchange": "A-B", "occurrence": "r1", "occurred": first.occurred, "source": first.source, "why": "seen"}
    retraction = ClaimRetracted.model_validate({**about, "claim": other.id})
    assert published(here, correction, retraction)[:2] == [
        f"{correction.id} by A corrects an event that is not here (yet): {first.id}",
        f"{retraction.id} by A retracts an event that is not here (yet): {other.id}",
    ]
    late = claim(3, "A", 14, supersedes=first.id, reason="corrected")
    assert not any("not here" in line for line in published(here, late, first))


def test_a_claim_of_another_round_on_the_same_occurrence_is_told(here: Path) -> None:
    first, other = claim(0, "A", 11, round=1), claim(1, "B", 12, round=2)
    [line] = published(here, first, other)
    assert line == (
        "12 by B is of round 2, and r1 counts in round 1 (11 by A): one of both rounds is mistaken, or it is two "
        "things, each with its --occurrence"
    )
    assert published(here, claim(2, "A", 12, round=2, supersedes=first.id, reason="corrected")) == []
    assert published(here, claim(3, "C", 12, round=None)) == []


def test_a_redacted_event_is_here(here: Path) -> None:
    first = claim(0, "A", 11)
    published(here, first)
    assert ledger(here, "redact", first.id[:8], "--why", "a name", "--by", "Ada").code == 0
    assert not any(
        "not here" in line for line in published(here, claim(2, "A", 9, supersedes=first.id, reason="updated"))
    )


@pytest.mark.parametrize(
    ("said", "occurred", "is_told"),
    [
        ("2020-12-12", Moment.day("2020-12-14"), True),
        ("2020-12-13", Moment.day("2020-12-14"), False),  # a night is told by the evening's date
        ("2020-12-14", Moment.day("2020-12-14"), False),
        ("2020-12-12", Moment(at="2020-12", precision="month"), False),
        ("2020-11-29", Moment(at="2020-12", precision="month"), True),
        ("2020-12-12", Moment(at="2020-12-14", precision="before"), False),
        ("2020-12-12", Moment(at="2020-12-14", precision="after"), True),
        ("2020-12-12", Moment(at="2020-12-10", until="2020-12-14", precision="interval"), False),
        ("2020-12-12", Moment.minute("2020-12-14T00:30+02:00"), True),
        ("2020-12-13T23:00+00:00", Moment.minute("2020-12-14T00:30+02:00"), False),
        ("2020-12-13T22:00+00:00", Moment.minute("2020-12-14T00:30+02:00"), True),
        ("2020-12-12T22:00+00:00", Moment.day("2020-12-14"), True),
        (None, Moment.day("2020-12-14"), False),
    ],
)
def test_what_was_published_before_it_happened_is_told(
    here: Path, said: str | None, occurred: Moment, is_told: bool
) -> None:
    event = claim(0, "A", 11, occurred=occurred, source=Source(publisher="A", kind="newspaper", published=said))
    told_of_it = published(here, event)
    assert [f"{event.id} by A: published on {said}, and said to have happened" in line for line in told_of_it] == [
        True
    ] * is_told


def test_what_is_planned_may_be_published_before(here: Path) -> None:
    about = {"exchange": "A-B", "occurred": Moment.day("2020-12-14")}
    source = Source(publisher="A", kind="newspaper", published="2020-12-01")
    plan = ReleasePlanned.model_validate({**about, "source": source, "leg": "captives", "count": Count(best=3)})
    ends = PauseEnded.model_validate({**about, "source": source, "pause": "p", "status": "planned"})
    assert published(here, plan, ends) == []


def test_the_bundled_history_has_none(here: Path) -> None:
    with Ledger.open(f"sqlite:///{here}/ledger.db") as book:
        found = book.notices([each.event_id for each in book.publish_many(history())])
    assert (found.dangling, found.premature) == ([], [])


def test_what_one_publisher_said_too_early_is_one_line(here: Path) -> None:
    source = Source(publisher="A", kind="newspaper", published="2020-12-12")
    first, *others = (claim(n, "A", n + 1, source=source, occurrence=f"o{n}") for n in range(4))
    [line] = published(here, first, *others)
    assert line.startswith(f"{first.id} and 3 more by A: published on 2020-12-12")


def test_in_a_terminal_they_are_told_before_one_is_asked(here: Path) -> None:
    words = ["record", "captives_released", *SAID, "--publisher", "A", "--count", "3", "--scope", "inside"]
    ran = in_terminal(here, *words, "--occurrence", "r1", "--published", "2020-12-12", answers="n\n", NO_COLOR="1")
    assert "published on 2020-12-12, and said to have happened later, 2020-12-14" in ran.out.partition("Publish it?")[0]


# -- what is most likely two things, and who gives to whom ------------------------------------------------


def people(count: Count, **group: object) -> dict[str, object]:
    return {"groups": [Group.model_validate({"count": count, **group})]}


UNLIKE: dict[str, tuple[str, dict[str, object], str]] = {
    # the publisher of a rival, what is said of it, and the notice; the first claim is A's: 11 soldiers, by the north
    "two figures of one publisher": (
        "A",
        {"by": "north"},
        "two figures of one publisher, and neither corrects the other",
    ),
    "a hedged one": ("A", people(Count(best=11, qualifier="about")), "two figures of one publisher"),
    "another party gives": ("B", {"by": "south"}, "other parties give the people. Most likely it is two things, each"),
    "people of another category": (
        "B",
        people(Count(best=12), category="civilians"),
        "they are of different categories",
    ),
}
LIKE: dict[str, tuple[str, dict[str, object]]] = {
    "another publisher, another figure": ("B", {"by": "north"}),
    "nobody says who gave, nor of whom": ("B", {}),
    "the same figure once more": ("A", people(Count(best=11))),
    "a word that is no figure": ("A", people(Count(qualifier="several"))),
    "some of the same category": (
        "B",
        {"groups": [Group(count=Count(best=5), category=each) for each in ("soldiers", "civilians")]},
    ),
}


def first_of_two(**more: object) -> CaptivesReleased:
    return claim(0, "A", 11, by="north", **people(Count(best=11), category="soldiers"), **more)


@pytest.mark.parametrize(("publisher", "more", "said"), UNLIKE.values(), ids=UNLIKE)
def test_rivals_that_are_most_likely_two_things_are_told(
    here: Path, publisher: str, more: dict[str, object], said: str
) -> None:
    [line] = [each for each in published(here, first_of_two(), claim(1, publisher, 12, **more)) if "rivals" in each]
    assert line.startswith("11 by A and ")
    assert f"are rivals on r1, of which one counts: {said}" in line


@pytest.mark.parametrize(("publisher", "more"), LIKE.values(), ids=LIKE)
def test_rivals_that_may_well_be_about_one_thing_are_not(here: Path, publisher: str, more: dict[str, object]) -> None:
    assert not any("rivals" in line for line in published(here, first_of_two(), claim(1, publisher, 12, **more)))


def test_a_correction_is_no_second_thing_and_old_rivals_are_not_told_again(here: Path) -> None:
    first = first_of_two()
    assert published(here, first, claim(1, "A", 12, by="north", supersedes=first.id, reason="corrected")) == []
    assert len(published(here, claim(2, "B", 12, by="south"))) == 1
    assert not any("rivals" in line for line in published(here, claim(3, "C", 12, occurrence="r2")))


def test_what_a_party_gives_to_itself_is_told(here: Path) -> None:
    first, *others = (claim(n, "A", 11, by="north", to="north", occurrence=f"o{n}") for n in range(3))
    [line] = published(here, first, *others)
    assert line == f"{first.id} and 2 more by A: by north and to north; one of both is mistaken"
    assert published(here, claim(4, "A", 11, by="north", to="south"), claim(5, "A", 11, occurrence="o5")) == []
    moved = PeopleTransferred.model_validate(
        claim(6, "A", 11, by="north", to="north", occurrence="o6").model_dump()
        | {"type": "people_transferred", "side": "captives"}
    )
    assert published(here, moved) == []


def test_the_bundled_history_has_no_such_rivals(here: Path) -> None:
    with Ledger.open(f"sqlite:///{here}/ledger.db") as book:
        found = book.notices([each.event_id for each in book.publish_many(history())])
    assert (found.mixed, found.circular) == ([], [])
