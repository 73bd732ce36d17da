"""What `ledger record` asks in a terminal, what it offers there, and what comes of each answer."""

import re
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger
from ledger.book.book import Book
from ledger.book.claims import Claim
from ledger.cli import choices, notices
from ledger.cli.choices import Mistyped, chosen, exchange_name, known_occurrences, nearly, occurrence_name
from schemas.values import Moment
from tests.cli.run import Ran, in_terminal, inside
from tests.log.events import EXCHANGE, released

SAID = ["--publisher", "The Herald", "--kind", "newspaper", "--published", "2017-12-28"]
FREED = ["record", "captives_released", "--exchange", EXCHANGE, "--occurred", "2017-12-27", "--round", "1"]
WHOLE = [*FREED, "--count", "12", "--scope", "inside", "--occurrence", "r1", *SAID]


def asked(here: Path, *words: str, answers: list[str], **env: str) -> Ran:
    ran = in_terminal(here, *words, answers="".join(f"{each}\n" for each in answers), NO_COLOR="1", **env)
    return ran._replace(out=re.sub(r"\x1b\[[0-9;]*m", "", ran.out).partition("Enter takes")[2])


def last(here: Path, count: int = 1) -> Any:
    """The event that stands last in a ledger of so many."""
    *_, line = inside(here, "watch", "--count", str(count), "--json").lines
    return line["item"]


# -- asking --------------------------------------------------------------------------------------------


def test_everything_that_makes_the_figure_right_is_asked_for(here: Path) -> None:
    answers = ["prisoners_released", EXCHANGE, "27 December 2017", "2", "about 40", "inside", "r2-prisoners"]
    ran = asked(here, "record", answers=[*answers, "The Herald", "newspaper", "2017-12-28", "y"])
    assert ran.code == 0, ran.out
    made = last(here)
    assert (made["type"], made["exchange"], made["round"]) == ("prisoners_released", EXCHANGE, 2)
    assert (made["occurrence"], made["occurred"]["at"]) == ("r2-prisoners", "2017-12-27")
    assert (made["groups"][0]["ratio_scope"], made["source"]["published"]) == ("inside", "2017-12-28")


def test_no_answer_leaves_out_what_need_not_be_said(here: Path) -> None:
    answers = ["", EXCHANGE, "2017-12-27", "", "12", "", "", "The Herald", "newspaper", "", ""]
    assert asked(here, "record", answers=answers).code == 0
    made = last(here)
    assert (made["type"], made["round"], made["occurrence"]) == ("captives_released", None, None)
    assert (made["groups"][0]["ratio_scope"], made["source"]["published"]) == ("none", None)


def test_a_question_is_asked_again_until_its_answer_can_be_read(here: Path) -> None:
    answers = [
        *("captives_relesed", "", "north-south 2017", "", "soon", "2999-01-01", "2017-12-27", "first", "1"),
        *("a crowd", "12", "insde", "", "r1 captives", "", "", "The Herald", "newspapr", "", "yesterday", "2017-12-28"),
    ]
    ran = asked(here, "record", answers=[*answers, "y"])
    assert ran.code == 0, ran.out
    for said in (
        "did you mean captives_released?",
        "in capitals, digits and hyphens",
        "'soon' is no moment",
        "more than a day ahead",
        "'first' is no whole number",
        "'a crowd' is no count",
        "did you mean inside?",
        "in letters, digits and . _ : -",
        "this is needed; Ctrl-C ends",
        "did you mean newspaper?",
        "'yesterday' is no moment",
    ):
        assert said in " ".join(ran.out.split()), said
    made = last(here)
    assert (made["exchange"], made["round"], made["occurrence"]) == (EXCHANGE, 1, "r1-captives")
    assert (made["source"]["kind"], made["groups"][0]["ratio_scope"]) == ("newspaper", "inside")


@pytest.mark.parametrize("said", [0, 1, 4, 9])
def test_the_end_of_input_ends_it_with_nothing_published(here: Path, said: int) -> None:
    answers = ["", EXCHANGE, "2017-12-27", "1", "12", "", "", "The Herald", "newspaper", ""][:said]
    ran = in_terminal(here, "record", answers="".join(f"{each}\n" for each in answers) + "\x04", NO_COLOR="1")
    assert ran.code == 1
    assert "Nothing is published." in ran.out
    assert "Traceback" not in ran.out
    assert inside(here, "tallies", "--json").out == ""


def test_what_flags_say_is_not_asked_for_and_what_they_say_wrongly_is_told_first(here: Path) -> None:
    ran = in_terminal(here, *WHOLE, answers="y\n", NO_COLOR="1")
    assert (ran.code, "Enter takes" in ran.out) == (0, False), ran.out
    ran = in_terminal(here, *FREED, "--kind", "newspapr", NO_COLOR="1")
    assert (ran.code, "is none of its terms" in ran.out, "How many" in ran.out) == (3, True, False)


def test_whose_people_they_are_is_asked_where_the_type_does_not_say(here: Path) -> None:
    words = ["--exchange", EXCHANGE, "--occurred", "2017-12-27", "--round", "1", "--occurrence", "r1", *SAID]
    for answer, side in (("prisoners", "prisoners"), ("", "captives")):
        ran = asked(here, "record", "people_retaken", *words, "--count", "1", "--json", answers=[answer, "y"])
        assert "Whose" in ran.out
        assert f'"side":"{side}"' in ran.out
    assert "Whose" not in in_terminal(here, "record", "captives_taken", *words, "--count", "1", answers="y\n").out


def test_yes_asks_for_what_is_missing_and_not_whether_to_publish(here: Path) -> None:
    ran = asked(here, *FREED, *SAID, "--yes", "--scope", "inside", answers=["12", ""])
    assert (ran.code, "How many" in ran.out, "Publish it" in ran.out) == (0, True, False)


def test_without_a_terminal_nothing_is_asked(here: Path) -> None:
    assert inside(here, *FREED, "--count", "12", *SAID).err == "recorded at position 0:0\n"


@pytest.mark.parametrize(
    ("type", "answers", "expected"),
    [
        ("pause_started", ["2017-12-04", "", "p 1", "", ""], {"pause": "p-1"}),
        ("meeting_held", ["2017-12-04", "", "North, south", "", ""], {"participants": ["north", "south"]}),
        ("release_planned", ["2017-12-04", "1", "prisonrs", "", "40", ""], {"leg": "prisoners", "round": 1}),
        ("release_delayed", ["2017-12-04", "1", "captives", "", ""], {"leg": "captives", "count": None}),
        ("tally_stated", ["2017-12-04", "", "captives.relesed", "", "40", ""], {"figure": "captives.released"}),
        ("people_retaken", ["2017-12-04", "", "p", "3", ""], {"side": "prisoners"}),
        ("exchange_opened", ["2017-12-04", "North and south"], {"title": "North and south"}),
    ],
)
def test_what_its_type_cannot_do_without_is_asked_for(
    here: Path, type: str, answers: list[str], expected: dict[str, object]
) -> None:
    who = ["The Herald", "newspaper", ""]
    ran = asked(here, "record", type, "--exchange", EXCHANGE, answers=[*answers, *who, "y"])
    assert ran.code == 0, ran.out
    made = last(here)
    assert {name: made[name] for name in expected} == expected


# -- what is there already -----------------------------------------------------------------------------


def test_an_occurrence_that_is_there_is_chosen_by_its_number(here: Path) -> None:
    assert inside(here, *WHOLE).code == 0
    assert inside(here, *FREED, *SAID, "--count", "3").code == 0
    rest = ["--count", "13", "--scope", "inside", "--publisher", "Wire", "--kind", "wire", "--published", "2017-12-29"]
    ran = asked(here, *FREED, *rest, answers=["3", "1", "y"])
    assert ran.code == 0, ran.out
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "1 r1 2017-12-27 12 The Herald" in lines
    assert "2 (no name) 2017-12-27 3 The Herald" in lines
    assert "the list has no 3" in ran.out
    assert last(here, 3)["occurrence"] == "r1"
    [tally] = inside(here, "tallies", "--json").lines
    assert tally["captives"]["released"]["best"] == 15


def test_one_that_has_no_name_is_chosen_by_its_number_too(here: Path) -> None:
    first = inside(here, *FREED, *SAID, "--count", "3").out.strip()
    assert asked(here, *FREED, *SAID, "--scope", "inside", "--count", "4", answers=["1", "y"]).code == 0
    assert last(here, 2)["occurrence"] == first


def test_a_name_that_is_nearly_a_known_one_has_to_be_said_twice(here: Path) -> None:
    assert inside(here, *WHOLE).code == 0
    ran = asked(here, "record", "captives_released", answers=["NORTH-SOUHT-2017", "", "2017-12-27", "\x04"])
    assert f"there is {EXCHANGE}, and no NORTH-SOUHT-2017 yet" in " ".join(ran.out.split())
    known = [EXCHANGE, "IL-HAMAS-2023-11"]
    assert exchange_name("NORTH-SOUHT-2017", known, True) == "NORTH-SOUHT-2017"
    assert exchange_name("NORTH-SOUTH-2018", known, False) == "NORTH-SOUTH-2018"
    with pytest.raises(Mistyped) as caught:
        exchange_name("IL-HAMAS-2023-1", known, False)
    assert caught.value.offered == "IL-HAMAS-2023-11"
    assert exchange_name("IL-HAMAS-2023-1", known, True) == "IL-HAMAS-2023-1"


def test_in_a_long_log_nobody_waits_for_what_is_there(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert inside(here, *WHOLE).code == 0
    with Ledger.open(f"sqlite:///{here}/ledger.db") as ledger:
        assert notices.is_quick(ledger, f"sqlite:///{here}/ledger.db")
        monkeypatch.setattr(notices, "EVENTS_MAX", 0)
        assert not notices.is_quick(ledger, f"sqlite:///{here}/ledger.db")
        assert not notices.is_quick(ledger, "kafka://127.0.0.1:1/x")


def days(*numbers: int, round: int = 1) -> Book:
    book = Book(EXCHANGE)
    for number in numbers:
        event = released(number, count=number, round=round if number < 20 else 2)
        book.apply(event.model_copy(update={"occurred": Moment.day(f"2017-12-{number:02}")}))
    book.settle()
    return book


def anything(_: Claim) -> bool:
    return True


def test_of_many_the_nearest_in_time_are_listed_the_newest_last() -> None:
    found, more = known_occurrences(days(*range(1, 20)), anything, 1, Moment.day("2017-12-10"))
    assert [each.name for each in found] == [f"freed-{n}" for n in range(6, 15)]
    assert more == 10
    found, more = known_occurrences(days(*range(1, 20)), anything, None, None)
    assert ([each.name for each in found][-1], len(found)) == ("freed-19", choices.SHOWN_MAX)


def test_those_of_its_round_are_listed_where_there_are_any() -> None:
    book = days(3, 5, 20, 21)
    for round, names in ((2, ["freed-20", "freed-21"]), (7, ["freed-3", "freed-5", "freed-20", "freed-21"])):
        found, more = known_occurrences(book, anything, round, None)
        assert ([each.name for each in found], more) == (names, 0)


def test_only_what_may_be_the_same_thing_is_listed(here: Path) -> None:
    assert inside(here, *WHOLE).code == 0
    part = ["--set", "part.of=r1", "--set", "part.by=category", "--occurrence", "r1.women"]
    assert inside(here, *FREED, "--count", "3", *SAID, *part).code == 0
    other = [FREED[0], "prisoners_released", *FREED[2:], "--count", "30", *SAID, "--occurrence", "r1-prisoners"]
    assert inside(here, *other).code == 0
    ran = asked(here, *FREED, "--count", "12", "--scope", "inside", *SAID, answers=["", "n"])
    listed = ran.out.partition("Here already")[2].partition("One of these")[0]
    assert re.findall(r"^\d+ (\S+)", listed, re.MULTILINE) == ["r1"]


# -- reading answers -----------------------------------------------------------------------------------


def test_a_term_is_itself_or_how_it_alone_begins() -> None:
    terms = ("inside", "outside", "official_party", "opinion")
    assert chosen("Official party", terms) == "official_party"
    assert chosen("in", terms) == "inside"
    with pytest.raises(ValueError, match="'o' is none of these: outside, official_party, opinion"):
        chosen("o", terms)
    with pytest.raises(Mistyped, match="did you mean outside") as caught:
        chosen("outsdie", terms)
    assert caught.value.offered == "outside"
    with pytest.raises(ValueError, match=r"^inside, outside"):
        chosen("?", terms)


def test_names_of_a_series_are_no_mistakes() -> None:
    assert nearly("r6-captives", ["r5-captives"]) is None
    assert nearly("r5-captivs", ["r5-captives"]) == "r5-captives"
    assert nearly("R5-Captives", ["r5-captives"]) == "r5-captives"
    assert nearly("r5-captives", ["r5-captives"]) is None
    assert occurrence_name("7", [], False) == "7"


# -- decisions and corrections -------------------------------------------------------------------------


@pytest.mark.parametrize("type", ["claim_retracted", "claim_disputed", "claim_adopted"])
def test_a_decision_is_about_what_its_claim_is_about(here: Path, type: str) -> None:
    claim = inside(here, *WHOLE).out.strip()
    words = ["record", type, "--occurred", "2018-01-02", *SAID, "--set", "why=seen", "--json"]
    ran = inside(here, *words, "--set", f"claim={claim[:8]}")
    assert ran.code == 0, ran.err
    [made] = ran.lines
    assert (made["claim"], made["exchange"], made["round"], made["occurrence"]) == (claim, EXCHANGE, 1, "r1")
    unknown = inside(here, *words, "--set", "claim=0123abcd")
    assert (unknown.code, "no event whose id begins with '0123abcd'" in unknown.err) == (2, True)


def test_a_decision_says_which_claim_it_is_about_before_anything_else_is_asked(here: Path) -> None:
    claim = inside(here, *WHOLE).out.strip()
    answers = ["12", "ffffffff", claim[:8], "2018-01-02", "typed twice", "The desk", "aggregator", "", "y"]
    ran = asked(here, "record", "claim_retracted", answers=answers)
    assert ran.code == 0, ran.out
    assert "at least the first 4 characters" in ran.out
    assert f"It is about captives_released in {EXCHANGE}, round 1, by The Herald" in " ".join(ran.out.split())
    assert last(here, 2)["claim"] == claim


def test_that_none_is_to_count_is_said_by_no_claim(here: Path) -> None:
    assert inside(here, *WHOLE).code == 0
    answers = ["", EXCHANGE, "2018-01-02", "1", "none holds", "", "1", "The desk", "aggregator", "", "y"]
    assert asked(here, "record", "claim_adopted", answers=answers).code == 0
    made = last(here, 2)
    assert (made["claim"], made["occurrence"]) == (None, "r1")


def test_a_correction_asks_why_and_not_again_what_the_claim_has_said(here: Path) -> None:
    claim = inside(here, *WHOLE).out.strip()
    answers = ["corected", "", "2017-12-27", "11", "The Herald", "newspaper", "2017-12-30", "y"]
    ran = asked(here, "record", "captives_released", "--supersedes", claim[:8], answers=answers)
    assert ran.code == 0, ran.out
    assert "did you mean corrected?" in ran.out
    made = last(here, 2)
    assert (made["reason"], made["round"], made["groups"][0]["ratio_scope"]) == ("corrected", 1, "inside")


# -- before it is published ----------------------------------------------------------------------------


def test_a_likely_double_is_told_before_one_is_asked_and_not_again(here: Path) -> None:
    assert inside(here, *WHOLE).code == 0
    rest = ["--count", "12", "--scope", "inside", "--publisher", "Wire", "--kind", "wire", "--published", "2017-12-29"]
    for answer in ("n", "y"):
        ran = asked(here, *FREED, *rest, answers=["", answer])
        said = " ".join(ran.out.split())
        assert (
            "may be the same as r1: same type, round, day and count by The Herald" in said.partition("Publish it?")[0]
        )
        assert said.count("may be the same") == 1
