"""Changes reach the addresses that are listed: signed, in order, each at least once, whatever becomes of whom."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from standardwebhooks import WebhookVerificationError

from ledger.blocking import Ledger
from ledger.log import opened_log
from ledger.settings import Settings
from ledger.webhooks import backlog
from ledger.webhooks.addresses import webhooks_path
from ledger.webhooks.run import send_for_ever
from schemas.events import AnyEvent
from tests.api.serving import serving
from tests.book.building import freed, ident, let_go
from tests.cli.run import Ran, inside
from tests.webhooks.receiving import WAIT_S, Receiver, secret_of, sending, verified

HERALD = {"publisher": "The Herald"}
FIRST = let_go(1, 33, source=HERALD)


def corrections(first: int, count: int) -> list[AnyEvent]:
    """Each corrects the one before."""
    return [
        let_go(number, 33 + number, source=HERALD, supersedes=ident(number - 1), reason="corrected")
        for number in range(first, first + count)
    ]


def ids(events: Sequence[AnyEvent]) -> list[str]:
    return [each.id for each in events]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        opened.publish(FIRST)
        yield opened


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def receivers() -> Iterator[Callable[..., Receiver]]:
    made: list[Receiver] = []

    def make(answer: Callable[[], int | None] = lambda: 204) -> Receiver:
        made.append(Receiver(answer))
        return made[-1]

    yield make
    for each in made:
        with suppress(OSError):
            each.kill()


def hooks(here: Path, url: str, *words: str) -> Ran:
    return inside(here, "webhooks", *words, "--log", url)


def add(here: Path, url: str, name: str, receiver: Receiver, *words: str) -> None:
    done = hooks(here, url, "add", name, receiver.url, *words)
    assert done.code == 0, done.err


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def state(here: Path, url: str, name: str) -> dict[str, object]:
    return next(each for each in hooks(here, url, "list", "--json").lines if each["name"] == name)


# -- what is sent --------------------------------------------------------------------------------------


def test_a_correction_is_sent_and_another_implementation_believes_its_signature(
    tmp_path: Path, url: str, ledger: Ledger, receivers: Callable[..., Receiver]
) -> None:
    receiver, [right] = receivers(), corrections(2, 1)
    add(tmp_path, url, "desk", receiver)
    with sending(url):
        published = time.monotonic()
        ledger.publish(right)
        receiver.wait([right.id])
        assert time.monotonic() - published < WAIT_S
    [taken] = receiver.every
    told = verified(secret_of(url, "desk"), taken)
    with serving(url) as server:
        assert told["data"] == server.get(f"/v1/changes/{right.id}").json
    assert (told["type"], told["timestamp"]) == ("change.correction", told["data"]["recorded"])
    assert taken.headers["webhook-id"] == right.id
    with pytest.raises(WebhookVerificationError):
        verified(secret_of(url, "desk"), taken._replace(body=taken.body.replace(b"35", b"36")))


def test_only_what_an_address_is_listed_for_is_sent_there(
    tmp_path: Path, url: str, ledger: Ledger, receivers: Callable[..., Receiver]
) -> None:
    all_of_it, elsewhere, growth = receivers(), receivers(), receivers()
    add(tmp_path, url, "all", all_of_it)
    add(tmp_path, url, "elsewhere", elsewhere, "--exchange", "ELSEWHERE-2024")
    add(tmp_path, url, "growth", growth, "--kind", "growth", "--since", "0:0")
    more = freed(10, 4, key="other", round=2, exchange="ELSEWHERE-2024")
    other = freed(11, 5, key="other", round=2, supersedes=ident(10), reason="corrected", exchange="ELSEWHERE-2024")
    [right] = corrections(2, 1)
    with sending(url):
        ledger.publish_many([right, more, other])
        all_of_it.wait(ids([right, other]))
        elsewhere.wait([other.id])
        growth.wait([more.id])


def test_no_secret_is_printed_or_logged(
    tmp_path: Path, url: str, ledger: Ledger, receivers: Callable[..., Receiver]
) -> None:
    receiver = receivers(lambda: 500)
    made = hooks(tmp_path, url, "add", "desk", receiver.url, "--json")
    with sending(url) as process:
        ledger.publish_many(corrections(2, 1))
        until(lambda: bool(receiver.every))
        shown = [made.out, made.err, hooks(tmp_path, url, "list").out, hooks(tmp_path, url, "list", "--json").out]
        assert process.stop() == 0
    secret = secret_of(url, "desk")
    assert all(
        secret not in text and secret[6:] not in text and "desk=7" not in text for text in [*shown, process.logged]
    )
    assert "webhook desk (http://127.0.0.1:" in process.logged
    assert Path(f"{tmp_path}/ledger.db.webhooks.json").stat().st_mode & 0o077 == 0


def test_a_secret_that_the_receiver_gave_is_taken(
    tmp_path: Path, url: str, ledger: Ledger, receivers: Callable[..., Receiver]
) -> None:
    theirs = tmp_path / "secret"
    theirs.write_text("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\n")
    receiver = receivers()
    add(tmp_path, url, "desk", receiver, "--secret", str(theirs))
    with sending(url):
        ledger.publish_many(corrections(2, 1))
        receiver.wait([ident(2)])
    assert verified("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", receiver.every[0])


# -- whatever becomes of whom --------------------------------------------------------------------------


def test_an_address_that_fails_is_tried_again_until_it_takes_each_in_order(
    tmp_path: Path, url: str, ledger: Ledger, receivers: Callable[..., Receiver]
) -> None:
    answers = iter([500, None, 302, 204, 429])
    receiver, several = receivers(lambda: next(answers, 200)), corrections(2, 4)
    add(tmp_path, url, "desk", receiver)
    with sending(url):
        ledger.publish_many(several)
        receiver.wait(ids(several))
    assert [each.event for each in receiver.every] == [ident(n) for n in (2, 2, 2, 2, 3, 3, 4, 5)]
    assert {each.headers["webhook-id"] for each in receiver.every[:4]} == {ident(2)}
    for each in receiver.every:
        verified(secret_of(url, "desk"), each)


def test_nobody_waits_for_an_address_that_is_slow_or_dead(
    tmp_path: Path, url: str, ledger: Ledger, receivers: Callable[..., Receiver]
) -> None:
    def sleeps() -> int:
        time.sleep(3600)
        return 200

    slow, dead, quick, several = receivers(sleeps), receivers(), receivers(), corrections(2, 5)
    dead.kill()
    for name, receiver in (("slow", slow), ("dead", dead), ("quick", quick)):
        add(tmp_path, url, name, receiver)
    with sending(url):
        ledger.publish_many(several)
        quick.wait(ids(several))
        assert slow.taken == dead.taken == []


def test_a_receiver_that_was_killed_gets_what_it_missed(
    tmp_path: Path, url: str, ledger: Ledger, receivers: Callable[..., Receiver]
) -> None:
    receiver, several = receivers(), corrections(2, 6)
    add(tmp_path, url, "desk", receiver)
    with sending(url):
        ledger.publish_many(several[:2])
        receiver.wait(ids(several[:2]))
        receiver.kill()
        ledger.publish_many(several[2:])
        until(lambda: state(tmp_path, url, "desk")["failed"] != 0)
        receiver.start()
        receiver.wait(ids(several))
    assert state(tmp_path, url, "desk")["state"] == "told"


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_not_told_when_it_ended_is_told_after_the_next_start(
    tmp_path: Path, url: str, ledger: Ledger, receivers: Callable[..., Receiver], sign: signal.Signals
) -> None:
    receiver, several = receivers(), corrections(2, 8)
    add(tmp_path, url, "desk", receiver)
    for first in range(0, 8, 4):
        with sending(url) as process:
            ledger.publish_many(several[first : first + 2])
            receiver.wait(ids(several[: first + 2]))
            process.stop(sign)
        ledger.publish_many(several[first + 2 : first + 4])
    with sending(url):
        receiver.wait(ids(several))
    counted = len(receiver.taken)
    assert counted >= len(several)
    with sending(url):  # and nothing from the beginning
        [last] = corrections(10, 1)
        ledger.publish(last)
        receiver.wait(ids([*several, last]))
    assert len(receiver.taken) <= counted + 2


async def test_an_address_that_is_too_far_behind_gets_the_rest_from_the_log(
    tmp_path: Path, url: str, ledger: Ledger, receivers: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly() -> int:
        time.sleep(0.05)
        return 200

    monkeypatch.setattr(backlog, "WAITING_MAX", 3)
    receiver, quick, several = receivers(slowly), receivers(), corrections(2, 11)
    for name, each in (("desk", receiver), ("quick", quick)):
        await asyncio.to_thread(add, tmp_path, url, name, each)
    await asyncio.to_thread(ledger.publish_many, several)
    async with opened_log(url) as log:
        sender = asyncio.create_task(send_for_ever(log, webhooks_path(Settings(log=url)), lambda count: None))
        await asyncio.to_thread(receiver.wait, ids(several))
        await asyncio.to_thread(quick.wait, ids(several))
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)


def test_addresses_count_from_when_they_are_listed_to_when_they_are_removed(
    tmp_path: Path, url: str, ledger: Ledger, receivers: Callable[..., Receiver]
) -> None:
    one, other, several = receivers(), receivers(), corrections(2, 3)
    add(tmp_path, url, "one", one)
    with sending(url):
        ledger.publish(several[0])
        one.wait(ids(several[:1]))
        add(tmp_path, url, "other", other)
        ledger.publish(several[1])
        other.wait(ids(several[1:2]))
        assert hooks(tmp_path, url, "remove", "one").code == 0
        until(lambda: "one" not in Path(f"{tmp_path}/ledger.db.webhooks.deliveries.json").read_text())
        ledger.publish(several[2])
        other.wait(ids(several[1:]))
        one.wait(ids(several[:2]))


def test_one_process_sends_at_a_time(tmp_path: Path, url: str, ledger: Ledger) -> None:
    with sending(url):
        until(lambda: Path(f"{tmp_path}/ledger.db.webhooks.deliveries.json").exists())
        done = hooks(tmp_path, url, "run")
    assert (done.code, "another `ledger webhooks run`" in done.err) == (2, True)


# -- who is told that something is wrong -----------------------------------------------------------------


def test_a_dead_address_is_named_by_the_doctor_and_in_the_metrics(
    tmp_path: Path, url: str, ledger: Ledger, receivers: Callable[..., Receiver]
) -> None:
    well, dead = receivers(), receivers(lambda: 503)
    add(tmp_path, url, "well", well)
    add(tmp_path, url, "dead", dead)
    told = inside(tmp_path, "doctor", "--log", url)
    assert (told.code, "nobody sends: start `ledger webhooks run` (it never ran)" in told.err) == (1, True)
    with sending(url):
        ledger.publish_many(corrections(2, 1))
        until(lambda: state(tmp_path, url, "dead")["state"] == "dead")
        told = inside(tmp_path, "doctor", "--log", url)
        with serving(url) as server:
            numbers = server.get("/metrics").body.decode()
    assert (told.code, "well" in told.err) == (1, False)
    assert "webhook dead (http://127.0.0.1:" in told.err
    assert "it answered 503; mend it, or `ledger webhooks remove dead`" in " ".join(told.err.split())
    assert 'ledger_webhook_up{webhook="dead"} 0.0' in numbers
    assert 'ledger_webhook_up{webhook="well"} 1.0' in numbers
    assert 'ledger_webhook_sent_total{webhook="well"} 1.0' in numbers


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "Desk", "https://news.example/"), "is no name of a webhook"),
        (("add", "desk", "ftp://news.example/"), "give an address that begins with https://"),
        (("add", "desk", "https://user:secret@news.example/"), "without a user"),
        (("add", "desk", "https://news.example/", "--kind", "corrections"), "there is correction, late"),
        (("add", "desk", "https://news.example/", "--since", "0:99"), "there is no position 0:99"),
        (("add", "desk", "https://news.example/", "--secret", "nowhere"), "cannot be read as text"),
        (("remove", "desk"), "no webhook 'desk'"),
    ],
)
def test_what_makes_no_sense_exits_2(tmp_path: Path, url: str, ledger: Ledger, words: Sequence[str], why: str) -> None:
    done = hooks(tmp_path, url, *words)
    assert (done.code, why in " ".join(done.err.split())) == (2, True), done.err


def test_a_secret_that_is_none_is_refused_and_not_shown(tmp_path: Path, url: str, ledger: Ledger) -> None:
    (tmp_path / "secret").write_text("whsec_tooshort")
    done = hooks(tmp_path, url, "add", "desk", "https://news.example/", "--secret", str(tmp_path / "secret"))
    assert (done.code, "tooshort" in done.err) == (2, False)


def test_a_name_is_taken_once(tmp_path: Path, url: str, ledger: Ledger) -> None:
    assert hooks(tmp_path, url, "add", "desk", "https://news.example/").code == 0
    again = hooks(tmp_path, url, "add", "desk", "https://news.example/other")
    assert (again.code, "there is a webhook desk already" in again.err) == (2, True)


def test_a_file_that_is_none_is_said_to_be_none_without_what_it_holds(tmp_path: Path, url: str, ledger: Ledger) -> None:
    (tmp_path / "ledger.db.webhooks.json").write_text('{"webhooks": [{"name": "desk", "secret": "whsec_AAAA"}]}')
    done = hooks(tmp_path, url, "list")
    assert (done.code, "is no file of webhooks: see webhooks.0" in " ".join(done.err.split())) == (1, True)
    assert "whsec" not in done.err
