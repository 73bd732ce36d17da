"""What `ledger rejected` promises on every log. A test module subclasses this and gives a `log`."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.rejected import RETRIED
from ledger.log import open_log
from ledger.log.port import Refusal
from schemas.codec import encode
from tests.cli.run import Ran, inside
from tests.log.events import released

GONE = "it was newer than the software of that day"


async def rejected(url: str, *messages: tuple[str, bytes]) -> None:
    """Keep messages as refused, for a reason that is gone since, or one that is not."""
    log = open_log(url)
    for origin, payload in messages:
        await log.reject(Refusal(origin, "publish", GONE, payload))
    await log.close()


class RefusalCommands:
    @pytest.fixture
    def log(self, tmp_path: Path) -> str:
        """The URL of a ledger of three refused messages: the first and the last would be accepted now."""
        raise NotImplementedError

    @pytest.fixture
    def url(self, log: str, here: Path) -> str:
        events = [encode(released(number)) for number in (1, 2)]
        asyncio.run(
            rejected(log, ("a.ndjson:1", events[0]), ("a.ndjson:2", b"\xff{"), ("b.ndjson:7", events[1] + b"\n"))
        )
        return log

    def run(self, here: Path, url: str, *words: str) -> Ran:
        return inside(here, "rejected", *words, LEDGER_LOG=url)

    def numbers(self, here: Path, url: str) -> list[str]:
        return [str(line["number"]) for line in self.run(here, url, "list", "--json").lines]

    def test_alone_it_lists_them(self, url: str, here: Path) -> None:
        for form in ([], ["--json"]):
            alone, listed = self.run(here, url, *form), self.run(here, url, "list", *form)
            assert (alone.code, alone.out, alone.err) == (0, listed.out, "")
        lines = self.run(here, url, "--json").lines
        assert [(line["origin"], line["stage"], line["reason"]) for line in lines] == [
            ("a.ndjson:1", "publish", GONE),
            ("a.ndjson:2", "publish", GONE),
            ("b.ndjson:7", "publish", GONE),
        ]
        assert base64.b64decode(lines[1]["payload_base64"]) == b"\xff{"

    def test_options_before_a_subcommand_are_not_lost_in_silence(self, url: str, here: Path) -> None:
        ran = inside(here, "rejected", "--log", url, "list")
        assert (ran.code, ran.out) == (2, "")
        assert "after `ledger rejected list`" in ran.err

    def test_one_is_shown_whole(self, url: str, here: Path) -> None:
        listed = self.run(here, url, "--json").lines
        for line in listed:
            assert self.run(here, url, "show", str(line["number"]), "--json").lines == [line]
        shown = self.run(here, url, "show", str(listed[2]["number"]))
        assert (shown.code, shown.err) == (0, "")
        for text in ("b.ndjson:7", GONE, released(2).id):
            assert text in shown.out
        assert released(1).id not in shown.out

    @pytest.mark.parametrize("words", [["show", "99"], ["retry", "99"], ["acknowledge", "99"]])
    def test_a_number_that_is_not_there_is_wrong_usage(self, url: str, here: Path, words: list[str]) -> None:
        ran = self.run(here, url, *words)
        assert (ran.code, ran.out) == (2, "")
        assert f"no refused message '99' in this ledger; there is {', '.join(self.numbers(here, url))}" in ran.err

    def test_a_retry_accepts_what_it_can_and_lists_the_rest_with_the_reason(self, url: str, here: Path) -> None:
        first, bad, last = self.numbers(here, url)
        ran = self.run(here, url, "retry")
        assert ran.code == 3
        assert [line.split()[:2] for line in ran.out.splitlines()] == [[first, "accepted"], [last, "accepted"]]
        assert [released(1).id, released(2).id] == [line.split()[-1] for line in ran.out.splitlines()]
        assert f"{bad}  a.ndjson:2: is not JSON" in ran.err
        assert "error: 1 refused, 2 accepted" in ran.err
        assert self.captives(here, url) == 2

    def test_nothing_is_removed_and_trying_again_changes_nothing(self, url: str, here: Path) -> None:
        before, numbers = self.run(here, url, "--json").lines, self.numbers(here, url)
        first, again = self.run(here, url, "retry", "--json"), self.run(here, url, "retry", *numbers, "--json")
        after = self.run(here, url, "list", "--all", "--json").lines
        whys = [line.pop("acknowledged", {}).get("why") for line in after]
        assert after == before
        assert whys == [RETRIED, None, RETRIED]
        assert self.numbers(here, url) == [numbers[1]]
        assert [line.get("duplicate") for line in first.lines] == [False, None, False]
        assert [line.get("duplicate") for line in again.lines] == [True, None, True]
        assert [line.get("position") for line in again.lines] == [line.get("position") for line in first.lines]
        assert [line["number"] for line in self.run(here, url, "retry", "--json").lines] == [int(numbers[1])]
        assert "was there already" in self.run(here, url, "retry", *numbers).out
        assert "repeated" not in inside(here, "doctor", "--json", LEDGER_LOG=url).lines[0]
        assert self.captives(here, url) == 2

    def test_what_was_dealt_with_is_told_no_more_and_is_there_for_who_asks(self, url: str, here: Path) -> None:
        first, bad, last = self.numbers(here, url)
        why = ["--by", "Ada", "--why", "not [red]ours[/]\x1b"]
        ran = self.run(here, url, "acknowledge", bad, bad, last, *why)
        assert (ran.code, ran.out, ran.err) == (0, "", "2 dealt with\n")
        assert self.numbers(here, url) == [first]
        every = self.run(here, url, "list", "--all", "--json").lines
        assert [str(line["number"]) for line in every] == [first, bad, last]
        assert [line.get("acknowledged", {}).get("by") for line in every] == [None, "Ada", "Ada"]
        assert self.run(here, url, "--all", "--json").lines == every
        told = self.run(here, url, "show", bad).out
        assert f"dealt with on {every[1]['acknowledged']['at'][:10]}" in told
        assert "Z by Ada: not [red]ours[/]\\x1b" in told
        facts = inside(here, "doctor", "--json", LEDGER_LOG=url).lines[0]
        assert (facts["refused and kept"], facts["refused, dealt with"], facts["problems"]) == ("1", "2", [])

    def test_all_are_dealt_with_at_once_and_what_was_said_first_stays(self, url: str, here: Path) -> None:
        _, bad, _ = self.numbers(here, url)
        self.run(here, url, "acknowledge", bad, "--why", "a test")
        ran = self.run(here, url, "acknowledge", "--all", "--why", "mended", "--json")
        assert (ran.code, ran.err) == (0, "2 dealt with\n")
        assert [line["acknowledged"]["why"] for line in ran.lines] == ["mended", "mended"]
        assert self.run(here, url, "acknowledge", bad, "--why", "no").err == "0 dealt with, 1 before\n"
        [kept] = self.run(here, url, "show", bad, "--json").lines
        assert kept["acknowledged"].keys() == {"at", "why"}
        assert kept["acknowledged"]["why"] == "a test"
        left = self.run(here, url)
        assert (left.code, left.out) == (0, "")
        assert left.err == "nothing is left: 3 dealt with, which `ledger rejected list --all` shows\n"
        assert self.run(here, url, "retry").err == left.err

    def test_an_acknowledgment_says_of_which(self, url: str, here: Path) -> None:
        for words in ([], [self.numbers(here, url)[0], "--all"]):
            ran = self.run(here, url, "acknowledge", *words)
            assert (ran.code, ran.out) == (2, "")
            assert "or --all" in ran.err

    def test_only_those_that_are_named_are_tried(self, url: str, here: Path) -> None:
        first, *_ = self.numbers(here, url)
        ran = self.run(here, url, "retry", first)
        assert ran.code == 0
        assert "1 accepted and dealt with" in ran.err
        assert self.captives(here, url) == 1

    def test_an_event_that_is_there_with_other_bytes_stays_refused(self, url: str, here: Path) -> None:
        self.run(here, url, "retry")
        asyncio.run(rejected(url, ("c.ndjson:1", encode(released(1, count=9)))))
        ran = self.run(here, url, "retry", self.numbers(here, url)[-1])
        assert (ran.code, ran.out) == (3, "")
        assert "is already in the log at" in ran.err
        assert self.captives(here, url) == 2

    def captives(self, here: Path, url: str) -> Any:
        [tally] = inside(here, "tallies", "--json", LEDGER_LOG=url).lines
        return tally["captives"]["released"]["best"]
