"""A ledger that asks for signatures: what it takes, what it refuses, and that all who read it agree."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from ledger.blocking import Ledger
from ledger.client import AsyncLedger
from ledger.errors import EventConflict, InvalidEvent, UnknownName, UsageError
from ledger.log import open_log
from ledger.log.port import Message, Receipt
from ledger.log.sqlite import SqliteLog
from ledger.proof.note import SigningKey
from ledger.proof.signed import sign_event
from ledger.settings import TRUSTING, Signatures
from schemas.codec import encode
from schemas.dsse import parse_envelope
from schemas.record import Frontier
from tests.cli.run import inside as command
from tests.client.following import best
from tests.log.events import EXCHANGE, messages, released
from tests.signing import AGENCY, FEED, KEEPER, KEYS, NEXT, THIEF, key_file, revoked, settings, signed, trust


def opened(path: Path, key: SigningKey | None = FEED, signatures: Signatures = "required") -> AsyncLedger:
    return AsyncLedger(SqliteLog(path, trust=trust(signatures)), key=key)


async def captives(ledger: AsyncLedger) -> int | None:
    return best((await ledger.tally(EXCHANGE)).captives.released)


async def test_what_is_published_with_a_key_stands_signed_in_the_log(tmp_path: Path) -> None:
    async with opened(tmp_path / "ledger.db") as ledger:
        await ledger.publish(released(1))
        record, event = await ledger.event(released(1).id)
        assert (record.payload, event) == (signed(released(1)), released(1))
        assert await captives(ledger) == 1
        assert (await ledger.explain(EXCHANGE, "captives.released")).contributions[0].event == released(1).id


@pytest.mark.parametrize(
    ("key", "why"),
    [(None, "is not signed, and the ledger takes signed events alone"), (THIEF, "not among the trusted keys")],
)
async def test_an_unsigned_or_badly_signed_event_is_refused_where_signatures_are_required(
    tmp_path: Path, key: SigningKey | None, why: str
) -> None:
    async with opened(tmp_path / "ledger.db", key) as ledger:
        with pytest.raises(InvalidEvent, match=f"signature: .*{why}"):
            await ledger.publish(released(1))
        [refused, taken] = [each async for each in ledger.publish_stream([released(1), signed(released(2))])]
        assert isinstance(refused, InvalidEvent)
        assert isinstance(taken, Receipt)


async def test_where_signatures_are_checked_an_event_may_be_unsigned(tmp_path: Path) -> None:
    async with opened(tmp_path / "ledger.db", None, "checked") as ledger:
        items = [encode(released(1)), signed(released(2)), signed(released(3), THIEF)]
        got = [type(each) async for each in ledger.publish_stream(items)]
        assert got == [Receipt, Receipt, InvalidEvent]


async def test_without_the_setting_nobody_looks(tmp_path: Path) -> None:
    async with opened(tmp_path / "ledger.db", None, "ignored") as ledger:
        await ledger.publish_many([released(1)])
        assert [type(each) async for each in ledger.publish_stream([signed(released(2), THIEF)])] == [Receipt]
        assert await captives(ledger) == 2


async def test_what_does_not_count_any_more_is_in_no_reading(tmp_path: Path) -> None:
    """The log was open to all; from now on it is not."""
    path = tmp_path / "ledger.db"
    async with opened(path, None, "ignored") as ledger:
        await ledger.publish(released(1))
        async for _ in ledger.publish_stream([signed(released(2)), signed(released(3), THIEF)]):
            pass
    async with opened(path) as ledger:
        assert await captives(ledger) == 1
        books = await ledger.read()
        assert sorted(str(position) for position in books.unbelieved) == ["0:0", "0:2"]
        async with aclosing(ledger.follow("events")) as changes:
            assert (await anext(changes)).item.model_dump() == released(2).model_dump()


async def test_what_was_recorded_before_signatures_were_asked_for_counts(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with opened(path, None, "ignored") as ledger:
        await ledger.publish_many(released(number) for number in (1, 2))
    log = SqliteLog(path, trust=trust()._replace(after=Frontier.parse("0:0")))
    async with AsyncLedger(log, key=FEED) as ledger:
        assert await captives(ledger) == 1
        assert not (await ledger.publish(released(3))).duplicate
        assert await captives(ledger) == 2


async def test_the_same_event_signed_twice_or_once_is_one_event(tmp_path: Path) -> None:
    async with opened(tmp_path / "ledger.db", None, "checked") as ledger:
        first = await ledger.publish(released(1))
        items = [signed(released(1)), signed(released(1), AGENCY), signed(released(1, 2))]
        same, again, other = [each async for each in ledger.publish_stream(items)]
        assert same == again == first._replace(duplicate=True)
        assert isinstance(other, EventConflict)


async def test_a_revoked_key_is_refused_by_whoever_opens_the_ledger_next(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with opened(path) as ledger:
        await ledger.publish(released(1))
        async for outcome in ledger.publish_stream([signed(revoked(FEED), KEEPER)]):
            assert isinstance(outcome, Receipt)
        with pytest.raises(InvalidEvent, match="was revoked before"):
            await ledger.publish(released(2))
    async with opened(path) as ledger:
        for exchange in (EXCHANGE, "EAST-WEST-2018"):  # of which the revocation says nothing
            with pytest.raises(InvalidEvent, match="was revoked before"):
                await ledger.publish(released(2, exchange=exchange))
        assert await captives(ledger) == 1
    async with opened(path, NEXT) as ledger:
        await ledger.publish(released(2))
        assert await captives(ledger) == 2


async def test_what_a_revoked_key_signed_counts_for_no_reader(tmp_path: Path) -> None:
    """As by a client that knows of no revocation: followers that resume behind it come to the same."""
    path = tmp_path / "ledger.db"
    async with opened(path, None, "ignored") as ledger:
        lines = [signed(released(1)), signed(revoked(FEED), NEXT), signed(released(2)), signed(released(3), NEXT)]
        [_ async for _ in ledger.publish_stream(lines)]
    async with opened(path) as ledger:
        assert await captives(ledger) == 2
        assert next(iter((await ledger.read()).unbelieved.values())).endswith("which was revoked before")
        async with aclosing(ledger.follow("events", after=Frontier({0: 1}))) as changes:
            assert (await anext(changes)).item.model_dump() == released(3).model_dump()


async def test_a_ledger_is_opened_with_the_keys_of_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in settings(tmp_path).items():
        monkeypatch.setenv(name, text)
    monkeypatch.setenv("LEDGER_SIGNING_KEY", str(key_file(tmp_path, FEED)))
    url = f"sqlite:///{tmp_path}/ledger.db"
    with await asyncio.to_thread(Ledger.open, url) as ledger:
        await asyncio.to_thread(ledger.publish, released(1))
    log = open_log(url)
    assert log.trust == trust()
    record = await log.find(released(1).id)
    assert record is not None
    assert record.payload == signed(released(1))
    await log.close()


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"LEDGER_PRODUCER_KEYS": ""}, "LEDGER_PRODUCER_KEYS"),
        ({"LEDGER_PRODUCER_KEYS": "/nowhere"}, "LEDGER_PRODUCER_KEYS: /nowhere cannot be read: No such file"),
        ({"LEDGER_SIGNATURES": "maybe"}, "LEDGER_SIGNATURES"),
        ({"LEDGER_SIGNED_AFTER": "yesterday"}, "LEDGER_SIGNED_AFTER is a position such as 0:406"),
        ({"LEDGER_SIGNING_KEY": "/nowhere"}, "the key to sign with cannot be read from /nowhere"),
    ],
)
def test_a_wrong_setting_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, members: dict[str, str], said: str
) -> None:
    for name, text in {**settings(tmp_path), **members}.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(UsageError, match=said):
        AsyncLedger.open(f"sqlite:///{tmp_path}/ledger.db")


def test_a_file_without_keys_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in settings(tmp_path, keys="nonsense\n").items():
        monkeypatch.setenv(name, text)
    with pytest.raises(UsageError, match="LEDGER_PRODUCER_KEYS: 'nonsense' is no verifier key"):
        AsyncLedger.open(f"sqlite:///{tmp_path}/ledger.db")


# -- from the shell -----------------------------------------------------------------------------------


def test_from_the_shell(tmp_path: Path) -> None:
    env = settings(tmp_path)
    feed, keeper, agency = (str(key_file(tmp_path, key)) for key in (FEED, KEEPER, AGENCY))
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(encode(released(number)) for number in range(3)))
    refused = command(tmp_path, "publish", "events.ndjson", **env)
    assert refused.code == 3
    assert "signature: this is not signed, and the ledger takes signed events alone" in refused.err
    assert command(tmp_path, "publish", "events.ndjson", "--sign", feed, **env).err.startswith("3 published")
    again = command(tmp_path, "publish", "events.ndjson", LEDGER_SIGNING_KEY=feed, **env)
    assert again.err.startswith("0 published, 3 were there already")

    key = FEED.verifier.label
    by_others = command(tmp_path, "revoke", key, "--why", "lost", "--sign", agency, **env)
    assert (by_others.code, "only its owner can, or its keeper" in by_others.err) == (2, True)
    unsigned = command(tmp_path, "revoke", key, "--why", "lost", **env)
    assert (unsigned.code, "counts only when it is signed" in unsigned.err) == (2, True)
    done = command(tmp_path, "revoke", str(FEED.verifier), "--why", "lost", "--sign", keeper, **env)
    assert (done.code, done.err) == (0, f"{key} is revoked in {EXCHANGE}\n")
    (tmp_path / "late.ndjson").write_bytes(encode(released(9)))
    late = command(tmp_path, "publish", "late.ndjson", "--sign", feed, **env)
    never = command(tmp_path, "revoke", key[:-1] + "0", "--why", "lost", "--sign", keeper, **env)
    assert (never.code, never.out) == (2, "")
    assert f"nothing in this ledger is signed by {key[:-1]}0; if that is the key you mean, say --yes" in never.err
    assert f"signature: this is signed by {key}, which was revoked before" in late.err
    assert command(tmp_path, "doctor", **env).code == 0


def test_a_key_file_that_holds_none_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("PRIVATE+KEY+mistyped")
    done = command(tmp_path, "publish", "-", "--sign", "secret")
    assert (done.code, "mistyped" in done.err) == (2, False)
    assert "there is no key to sign with in secret; `replay keygen` makes one" in done.err


async def test_a_log_is_appended_to_as_before(tmp_path: Path) -> None:
    """What goes round the entrance, as a restore does, is judged by those who read it."""
    log = SqliteLog(tmp_path / "ledger.db", trust=trust())
    await log.append(messages(0, 3))
    async with AsyncLedger(log) as ledger:
        assert len((await ledger.read()).unbelieved) == 3


def test_the_keys_of_a_ledger_are_those_of_its_file() -> None:
    assert trust().keys == KEYS


async def test_who_removes_an_event_signs_that_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with opened(path) as ledger:
        await ledger.publish_many([released(1), released(2)])
        async with opened(path, None) as other:
            with pytest.raises(InvalidEvent, match="is not signed"):
                await other.redact(released(1).id, "it named somebody", "An officer")
        done = await ledger.redact(released(1).id, "it named somebody", "An officer")
        record, said = await ledger.event(done.receipt.event_id)
        assert record.payload == signed(said)  # type: ignore[arg-type]
        assert await captives(ledger) == 1
        books = await ledger.read()
        assert books.refused == {}
        assert books.tally(EXCHANGE).unknown == {"redacted": 1}


# -- for which ledger --------------------------------------------------------------------------

HERE, THERE = "example.org/ledger", "example.net/other"


def named(path: Path, name: str, signatures: Signatures, key: SigningKey | None = FEED) -> AsyncLedger:
    asked = trust(signatures) if signatures != "ignored" else TRUSTING
    return AsyncLedger(SqliteLog(path, trust=asked._replace(name=name)), key=key)


@pytest.mark.parametrize("signatures", ["ignored", "checked", "required"])
async def test_what_is_signed_for_one_ledger_counts_in_no_other(tmp_path: Path, signatures: Signatures) -> None:
    async with named(tmp_path / "here.db", HERE, signatures) as here:
        await here.publish(released(1))
        bound = (await here.event(released(1).id))[0].payload
        assert (parse_envelope(bound).ledger, await captives(here)) == (HERE, 1)
    async with named(tmp_path / "there.db", THERE, signatures) as there:
        [refused, taken] = [each async for each in there.publish_stream([bound, signed(released(2))])]
        assert f"is signed for the ledger {HERE} alone, and LEDGER_NAME does not say that this is it" in str(refused)
        assert isinstance(taken, Receipt)
        await there.log.append([Message(released(1).id, EXCHANGE, bound)])  # past this software
        assert await captives(there) == 1
        with pytest.raises(UnknownName):
            await there.event(released(1).id)


async def test_a_ledger_without_a_name_takes_what_is_bound_only_where_it_looks_at_no_signature(tmp_path: Path) -> None:
    bound = sign_event(encode(released(1)), FEED, HERE)
    kinds: dict[Signatures, type] = {"checked": InvalidEvent, "ignored": Receipt}
    for signatures, kind in kinds.items():
        async with named(tmp_path / f"{signatures}.db", "", signatures) as ledger:
            assert [type(each) async for each in ledger.publish_stream([bound])] == [kind]


def test_the_name_of_a_ledger_is_a_setting(tmp_path: Path) -> None:
    key, events = key_file(tmp_path, FEED), tmp_path / "events.ndjson"
    events.write_bytes(encode(released(1)))
    for name, other in ((HERE, "here"), (THERE, "there")):
        done = command(tmp_path, "publish", events, "--sign", key, "--log", f"sqlite:///{other}.db", LEDGER_NAME=name)
        assert done.code == 0, done.err
    copied = command(tmp_path, "copy", "sqlite:///here.db", "sqlite:///new.db", program="replay", LEDGER_NAME=HERE)
    assert copied.code == 0
    for name, events_there in ((HERE, 1), (THERE, 0)):
        rebuilt = command(
            tmp_path, "rebuild", "--log", "sqlite:///new.db", "--json", program="replay", LEDGER_NAME=name
        )
        assert rebuilt.lines[0]["events"] == events_there
    refused = command(tmp_path, "tallies", LEDGER_NAME="a ledger")
    assert (refused.code, "LEDGER_NAME" in refused.err) == (2, True)
