"""Whatever comes in: an event, an event of the future, or a refusal with reasons."""

import json
from contextlib import suppress
from typing import Any, cast

import orjson
from hypothesis import example as also
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import UnknownEvent, decode, encode, skim
from schemas.errors import InvalidEvent
from schemas.events import EVENT_TYPES, AnyEvent
from tests.schemas.samples import accepted_otherwise, differences, example

WHOLE = st.integers(-(2**70), 2**70)
ANY_TEXT = st.text(st.characters(), max_size=10)
SCALARS = st.none() | st.booleans() | WHOLE | st.floats() | ANY_TEXT | st.sampled_from(list(EVENT_TYPES))
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4))
SAMPLES = [example(type, suffix) for type in EVENT_TYPES for suffix in ("", ".minimal")]


def printed(document: object) -> bytes:
    """Any JSON value as bytes, also where it is beyond what JSON can say."""
    return json.dumps(document).encode()


def survives(raw: bytes) -> None:
    """Read `raw` on every path. Any other exception than InvalidEvent fails the test."""
    assert accepted_otherwise(raw) == []
    try:
        event = decode(raw)
    except InvalidEvent as refused:
        check(refused)
    else:
        if not isinstance(event, UnknownEvent):
            check_event(event, raw)
    with suppress(InvalidEvent):
        skim(raw)


def check(refused: InvalidEvent) -> None:
    assert refused.problems
    assert all(problem.reason for problem in refused.problems)


def check_event(event: AnyEvent, raw: bytes) -> None:
    assert isinstance(event, EVENT_TYPES[event.type])
    assert decode(encode(event)) == event
    assert list(differences(event, skim(raw))) == []


@given(st.binary(max_size=200))
@also(b"\x00")
@also(b"{")
@also(b'{"type":"\xf0\x9f')
def test_random_bytes(raw: bytes) -> None:
    survives(raw)


@settings(max_examples=200)
@given(JSON)
def test_random_json(document: object) -> None:
    survives(printed(document))


@settings(max_examples=200)
@given(st.sampled_from(SAMPLES), st.data())
def test_valid_events_with_a_member_changed(raw: bytes, data: st.DataObject) -> None:
    document = orjson.loads(raw)
    for _ in range(data.draw(st.integers(1, 3))):
        _change(document, data)
    survives(printed(document))


def _change(node: Any, data: st.DataObject) -> None:
    """Replace, remove or add one member somewhere below `node`."""
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    action = data.draw(st.sampled_from(["descend", "descend", "replace", "remove", "add"]))
    if not keys or action == "add":
        if isinstance(node, dict):
            node[data.draw(ANY_TEXT)] = data.draw(JSON)
        else:
            node.append(data.draw(JSON))
        return
    key = data.draw(st.sampled_from(keys))
    if action == "descend" and isinstance(node[key], dict | list):
        _change(node[key], data)
    elif action == "remove":
        del node[key]
    else:
        node[key] = data.draw(JSON)


@settings(max_examples=200)
@given(st.sampled_from(SAMPLES), st.data())
def test_valid_events_with_bytes_changed(raw: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw)))
    length = data.draw(st.integers(0, 8))
    survives(raw[:at] + data.draw(st.binary(max_size=8)) + raw[at + length :])


@given(st.sampled_from(SAMPLES), st.data())
def test_valid_events_cut_short(raw: bytes, data: st.DataObject) -> None:
    survives(raw[: data.draw(st.integers(0, len(raw) - 1))])


@given(st.sampled_from(SAMPLES), st.data())
def test_valid_events_with_a_part_repeated(raw: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    survives(raw[:end] + raw[start:end] + raw[end:])


@given(st.sampled_from(SAMPLES), JSON)
def test_events_of_the_future(raw: bytes, payload: object) -> None:
    document = orjson.loads(raw)
    survives(printed({**document, "version": 2, "payload": payload}))
    survives(printed({**document, "type": "something_new", "payload": payload}))


@given(st.sampled_from(SAMPLES))
def test_every_sample_is_an_event(raw: bytes) -> None:
    assert encode(cast("AnyEvent", decode(raw))) == raw
