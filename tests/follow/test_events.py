"""The events of a log in memory: found by arrival, position, exchange and id, whatever order partitions come in."""

from threading import Thread
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.follow.events import Entry, Events
from ledger.follow.payloads import BLOCK, OPEN_MAX, Payloads
from ledger.log.ids import SHARDS, Ids
from schemas.codec import encode
from schemas.record import Frontier
from tests.log.events import released

EXCHANGES = ("AB-2024", "CD-2024", "EF-2024")
HOMES = {"AB-2024": 0, "CD-2024": 1, "EF-2024": 1}
ENTRANTS = (None, b"token:newsroom", b"desk:kyiv")


def kept(told: list[tuple[str, int]]) -> tuple[Events, list[Entry]]:
    """Events of these exchanges, each so many offsets after the last one of its partition; and what they should be."""
    events, entries, ends = Events(), list[Entry](), dict[int, int]()
    for number, (exchange, gap) in enumerate(told):
        event, partition = released(number, exchange=exchange), HOMES[exchange]
        ends[partition] = ends.get(partition, -1) + gap
        row = (ends[partition], 1_000 * number, encode(event), ENTRANTS[number % 3])
        events.add(partition, row, event)
        entries.append(Entry(partition, *row, exchange))
    return events, entries


@given(st.lists(st.tuples(st.sampled_from(EXCHANGES), st.integers(1, 3)), max_size=150), st.data())
def test_events_are_found_in_every_way(told: list[tuple[str, int]], data: st.DataObject) -> None:
    events, entries = kept(told)
    assert list(events) == entries
    at = Frontier({home: data.draw(st.integers(-1, 60)) for home in (0, 1)})
    beyond = [n for n, each in enumerate(entries) if not at.covers(each.position)]
    assert events.first_after(at) == min(beyond, default=len(entries))
    assert set(events.after(at, None)) >= set(beyond)
    for exchange in EXCHANGES:
        its = [n for n, each in enumerate(entries) if each.exchange == exchange]
        assert list(events.of(exchange)) == its
        assert set(events.after(at, exchange)) >= set(its) & set(beyond)
        assert events.covered(exchange, at) == sum(at.covers(entries[n].position) for n in its)
        rows = [(each.partition, each[1:5]) for each in (entries[n] for n in its)]
        assert list(events.rows(exchange, 5)) == rows[:5]
    for number, each in enumerate(entries):
        assert events.named(released(number).id) == each
        assert events.named(released(number).id, "ELSEWHERE") is None


@given(st.lists(st.uuids(), unique=True, max_size=60), st.integers(1, 12))
def test_an_index_gives_what_it_was_given(ids: list[UUID], most: int) -> None:
    index = Ids()
    for number, each in enumerate(ids):
        index.add(str(each), number)
        index.add(str(each), 2**64 - 1 - number)
    for number, each in enumerate(ids):
        assert list(index.find(str(each))) == [number, 2**64 - 1 - number]
        digits = each.hex[:3]
        alike = sorted(str(other) for other in ids if other.hex.startswith(digits))
        assert index.starting(digits, most) == alike[:most]


def test_an_id_is_not_found_across_two_others() -> None:
    """The end of one entry and the beginning of the next can be the bytes of an id that nobody has added."""
    index = Ids()
    index._shards = [bytearray() for _ in range(SHARDS)]
    index._shard = lambda raw: index._shards[0]  # type: ignore[method-assign]
    one, other = UUID(int=1), UUID(int=2)
    index.add(str(one), 7)
    index.add(str(other), 8)
    between = bytes(index._shards[0][12:28])
    assert list(index.find(str(UUID(bytes=between)))) == []
    assert list(index.find(str(other))) == [8]


@pytest.mark.parametrize("wrong", ["", "12", "not-an-id", "g" * 32, "ab" * 17])
def test_what_can_be_no_id_is_said(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"UUID|hexadecimal"):
        list(Ids().find(wrong))


def test_payloads_are_read_while_others_are_added() -> None:
    payloads, count, wrong = Payloads(), BLOCK * (OPEN_MAX + 8), list[int]()

    def read() -> None:
        while len(payloads) < count:
            known = len(payloads)
            wrong.extend(n for n in range(0, known, 7) if payloads[n] != b"%d" % n)

    reader = Thread(target=read)
    reader.start()
    for number in range(count):
        payloads.append(b"%d" % number)
    reader.join()
    assert wrong == []
    assert [*payloads] == [b"%d" % number for number in range(count)]
