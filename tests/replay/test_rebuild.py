"""A rebuild comes to one digest, which depends on the events and on nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ledger import AsyncLedger, Cut, Ledger
from ledger.errors import UnknownName
from ledger.follow.follower import read_books, read_live
from ledger.log.port import Message, Receipt
from replay import parallel
from replay.compare.views import compare
from replay.parallel import MANY, rebuild_in_parallel, suited
from replay.rebuild import digest, rebuild, views
from schemas.codec import encode
from schemas.events import AnyEvent
from tests.book.building import EXCHANGE, corrected, freed, ident
from tests.history.bundled import NOVEMBER, OCTOBER, folded, history, last_claim
from tests.replay.keeping import EVENTS


@asynccontextmanager
async def published(path: Path, events: Sequence[AnyEvent], batch: int = 1000) -> AsyncIterator[AsyncLedger]:
    async with AsyncLedger.open(f"sqlite:///{path}") as ledger:
        for start in range(0, len(events), batch):
            await ledger.publish_many(events[start : start + batch])
        yield ledger


async def test_the_digest_does_not_depend_on_how_events_were_published(tmp_path: Path) -> None:
    async with published(tmp_path / "a.db", history()) as whole, published(tmp_path / "b.db", history(), 7) as parts:
        one, other = await rebuild(whole.log), await rebuild(parts.log, strict=True)
    assert one.digest == other.digest == digest(folded(history()))
    assert (one.events, one.exchanges, str(one.reached)) == (EVENTS, 10, f"0:{EVENTS - 1}")
    assert (one.repeated, one.conflicting, one.undecodable) == (0, 0, 0)


async def test_one_more_event_is_another_digest(tmp_path: Path) -> None:
    async with published(tmp_path / "a.db", [freed(1, 10)]) as ledger:
        before = await rebuild(ledger.log)
        await ledger.publish(freed(2, 10))
        after = await rebuild(ledger.log)
        assert before.digest != after.digest
        assert (await rebuild(ledger.log, Cut(through=ident(1)))).digest == before.digest


async def test_a_rebuild_through_an_event_is_a_fold_of_the_events_up_to_it(tmp_path: Path) -> None:
    async with published(tmp_path / "a.db", history()) as ledger:
        for number in range(5, EVENTS, 25):
            rebuilt = await rebuild(ledger.log, Cut(through=history()[number].id))
            assert rebuilt.digest == digest(folded(history()[: number + 1])), number
            assert rebuilt.events == number + 1


async def test_an_event_is_named_by_its_first_digits(tmp_path: Path) -> None:
    async with published(tmp_path / "a.db", history()) as ledger:
        last = last_claim(NOVEMBER, "r5-thai")
        [place] = [number for number, event in enumerate(history()) if event.id == last]
        assert (await rebuild(ledger.log, Cut(through=last[:24]))).events == place + 1
        for name in ("00000000", ident(999)):
            with pytest.raises(UnknownName):
                await rebuild(ledger.log, Cut(through=name))


def test_more_processes_are_for_logs_that_are_worth_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_processors", lambda: 4)
    assert [suited(records) for records in (0, MANY - 1, MANY)] == [1, 1, 4]


async def test_an_exchange_that_is_written_in_another_way_is_folded_by_one_process(tmp_path: Path) -> None:
    raw = [encode(freed(number, 1, key=f"k{number}")) for number in range(1, 7)]
    spaced = [each.replace(b'"exchange":', b'"exchange" : ') if number % 2 else each for number, each in enumerate(raw)]
    url = f"sqlite:///{tmp_path / 'a.db'}"
    async with AsyncLedger.open(url) as ledger:
        assert [type(each) async for each in ledger.publish_stream(spaced)] == [Receipt] * 6
        alone = await rebuild(ledger.log)
    together = await rebuild_in_parallel(url, Cut(), strict=False, jobs=3)
    assert (together.digest, together.exchanges) == (alone.digest, 1)


async def test_several_processes_come_to_the_same(tmp_path: Path) -> None:
    async with published(tmp_path / "a.db", history()) as ledger:
        alone = await rebuild(ledger.log)
    read = list[int]()
    url = f"sqlite:///{tmp_path / 'a.db'}"
    together = await rebuild_in_parallel(url, Cut(), strict=False, jobs=2, progress=read.append)
    assert 0 <= sum(read) <= alone.events
    assert (together.digest, together.events, together.reached) == (alone.digest, alone.events, alone.reached)


HEARING = """import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # the jobs of a shell's background ignore it
from replay.cli import main
main()"""


@pytest.mark.parametrize("patience_s", [0.0, 0.3])
def test_an_interrupt_ends_every_process_of_a_rebuild(tmp_path: Path, patience_s: float) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'a.db'}") as ledger:
        ledger.publish_many(history())
    words = ["rebuild", "--jobs", "2", "--log", f"sqlite:///{tmp_path / 'a.db'}"]
    with subprocess.Popen(
        [sys.executable, "-c", HEARING, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as running:
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
        while len(children.read_text().split()) < 2:  # one that folds, and Python's own that tidies up after it
            time.sleep(0.01)
        time.sleep(patience_s)
        os.killpg(running.pid, signal.SIGINT)
        said = running.communicate(timeout=20)
    assert (running.returncode, *said) == (130, b"", b"")
    while _processes(running.pid):
        time.sleep(0.01)


def _processes(group: int) -> list[str]:
    found = subprocess.run(["ps", "-e", "-o", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return [each for each in found.splitlines() if each.split()[0] == str(group) and "Z" not in each]


def test_the_digest_covers_every_kind_of_view() -> None:
    names = {name for name, _ in views(folded(history()))}
    assert {
        f"{NOVEMBER}/tally",
        f"{NOVEMBER}/rounds/7",
        f"{OCTOBER}/rounds/18",
        f"{NOVEMBER}/pauses/pause-2023",
    } <= names
    assert f"{NOVEMBER}/terms/deal-20231122" in names
    assert f"{NOVEMBER}/stated/{last_claim(NOVEMBER, 'cum-20231127.captives.nationals')}" in names
    assert len(names) == len(list(views(folded(history()))))


async def test_what_cannot_be_decoded_is_counted_and_named(tmp_path: Path) -> None:
    async with published(tmp_path / "a.db", [freed(1, 10), freed(2, 5, key="b")]) as ledger:
        await ledger.log.append([Message(ident(3), EXCHANGE, b"no event")])
        books = await read_books(ledger.log)
        rebuilt = await rebuild(ledger.log)
    assert (rebuilt.undecodable, rebuilt.events, str(rebuilt.reached)) == (1, 2, "0:2")
    assert {str(position): why for position, why in books.undecodable.items()}["0:2"].startswith("is not JSON")


# -- comparing -----------------------------------------------------------------------------------


def test_equal_readings_have_no_differences() -> None:
    assert compare(folded(history()), folded(history())) == []


def test_a_difference_names_the_view_the_member_and_the_events_behind_it() -> None:
    base = [freed(1, 10)]
    found = compare(folded(base), folded([*base, corrected(2, 1, 12)]))
    by_member = {(each.view.partition("/")[2], each.member): each for each in found}
    best = by_member["tally", "captives.released.best"]
    assert (best.left, best.right) == (10, 12)
    assert (best.only_left, best.only_right) == ([], [ident(2)])
    assert by_member["rounds/1", "captives.released.best"].right == 12


def test_members_that_only_say_how_far_a_view_reaches_come_last() -> None:
    found = compare(folded([freed(1, 10)]), folded([freed(1, 10), freed(2, 5, key="b")]))
    of_tally = [each.member for each in found if each.view.endswith("/tally")]
    assert of_tally[-2:] == ["events", "through"]
    assert len(of_tally) > 2


def test_a_view_that_only_one_has_is_named() -> None:
    found = compare(folded([freed(1, 10)]), folded([freed(1, 10), freed(2, 5, key="b", round=2)]))
    [missing] = [each for each in found if each.view.endswith("/rounds/2")]
    assert (missing.member, missing.left, missing.right, missing.only_right) == ("", None, "present", [ident(2)])


def test_the_same_events_in_another_order_within_an_exchange_may_differ_without_events_apart() -> None:
    one, other = freed(1, 10), freed(2, 12)
    found = compare(folded([one, other]), folded([other, one]))
    assert found
    assert {(*each.only_left, *each.only_right) for each in found} == {()}


async def test_live_views_are_those_of_a_strict_rebuild(tmp_path: Path) -> None:
    async with published(tmp_path / "a.db", history()) as ledger:
        for cut in (Cut(), Cut.parse(published_by="2023-11-29"), Cut(through=last_claim(NOVEMBER, "r5-thai"))):
            live, rebuilt = await read_live(ledger.log, cut), await read_books(ledger.log, cut, strict=True)
            assert compare(live, rebuilt) == []
