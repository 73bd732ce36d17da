"""Poison: what is valid JSON, or nearly, and must never get into a ledger."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
import pytest

from schemas.codec import UnknownEvent, decode, skim
from schemas.errors import InvalidEvent
from schemas.wellformed import DEPTH_MAX, MESSAGE_BYTES_MAX
from tests.schemas.samples import changed, example, inserted

KNOWN, UNKNOWN = "captives_released", "captives_exchanged"


def unknown(text: str | bytes) -> bytes:
    """An event of a type that this software does not know, with raw members added."""
    return inserted(text).replace(KNOWN.encode(), UNKNOWN.encode())


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def count(text: str) -> bytes:
    return changed(groups=[{"count": {"best": -7}}]).replace(b"-7", text.encode())


POISON: dict[str, tuple[bytes, str]] = {
    "NaN": (inserted('"round":NaN'), "is not JSON"),
    "NaN in an unknown type": (unknown('"x":NaN'), "is not JSON"),
    "NaN that another key hides": (inserted('"round":NaN,"round":1'), "is not JSON"),
    "Infinity": (count("Infinity"), "is not JSON"),
    "-Infinity": (count("-Infinity"), "is not JSON"),
    "1e999": (count("1e999"), "is not JSON|integer"),
    "1e999 in an unknown type": (unknown('"x":1e999'), "is not JSON"),
    "1e999 that another key hides": (inserted('"round":1e999,"round":1'), "is not JSON"),
    "float": (count("13.0"), "should be a whole number"),
    "float with an exponent": (count("1e2"), "should be a whole number"),
    "negative count": (count("-1"), "should be at least 0"),
    "count over a million": (count("1000001"), "should be at most 1000000"),
    "integer beyond 2^53": (
        changed("aid_delivered", amount={"best": 2**53 + 1}),
        r"amount\.best: should be at most 9007199254740992",
    ),
    "50-digit integer": (count("1" * 50), "groups.0.count.best"),
    "5,000-digit integer": (count("1" * 5_000), "is not JSON|groups.0.count.best"),
    "integer beyond 2^53 in an unknown type": (unknown(f'"x":[{{"y":{2**53 + 1}}}]'), r"x\.0\.y: .*2\^53"),
    "negative integer beyond 2^53 in an unknown type": (unknown(f'"x":{-(2**53) - 1}'), r"x: .*2\^53"),
    "50-digit integer in an unknown type": (unknown(f'"x":{"1" * 50}'), r"x: .*2\^53"),
    "boolean for a number": (count("true"), "should be a whole number"),
    "boolean for the version": (changed(version=True), "version"),
    "boolean for the credibility": (
        changed(source={"publisher": "P", "kind": "wire", "credibility": True}),
        "source.credibility",
    ),
    "float for the credibility": (
        changed(source={"publisher": "P", "kind": "wire", "credibility": 2.0}),
        "source.credibility",
    ),
    "key twice": (inserted('"exchange":"IL-2"'), "exchange: this key is given twice"),
    "key twice with the same value": (inserted('"round":1,"round":1'), "round: this key is given twice"),
    "key twice, with whitespace": (inserted('\n "exchange" : "IL-2"  '), "exchange: this key is given twice"),
    "key twice, nested": (
        changed(occurred=0).replace(b":0", b':{"at":"2023-01-01","precision":"day","at":"2024-01-01"}'),
        "at: this key is given twice",
    ),
    "key twice, once with an escape": (
        inserted('"\\u0069d":"018bfea0-4c00-8d77-8cbd-58cfb27e4fa3"'),
        "id: this key is given twice",
    ),
    "key twice in an unknown type": (unknown('"x":{"y":1,"y":1}'), "y: this key is given twice"),
    "key twice, hidden by a float that prints longer": (
        unknown('"y":1,"y":2,"x":1e6'),
        "y: this key is given twice",
    ),
    "type twice": (inserted('"type":"captives_taken"'), "type: this key is given twice"),
    "NUL": (changed(note="a\0b"), r"note: .*U\+0000"),
    "NUL as it is": (inserted(b'"note":"a\0b"'), "is not JSON"),
    "line break": (changed(note="a\nb"), r"note: .*U\+000A"),
    "DEL": (changed(note="a\x7fb"), r"note: .*U\+007F"),
    "C1 control": (changed(note="a\x85b"), r"note: .*U\+0085"),
    "bidi override": (changed(note="a\u202eb"), r"note: .*U\+202E"),
    "bidi override as an escape": (inserted('"note":"a\\u202eb"'), r"note: .*U\+202E"),
    "bidi isolate": (changed(note="a\u2066b"), r"note: .*U\+2066"),
    "right-to-left mark": (changed(note="a\u200fb"), r"note: .*U\+200F"),
    "Arabic letter mark": (changed(note="a\u061cb"), r"note: .*U\+061C"),
    "line separator": (changed(note="a\u2028b"), r"note: .*U\+2028"),
    "byte order mark in text": (changed(note="a\ufeffb"), r"note: .*U\+FEFF"),
    "byte order mark first": (b"\xef\xbb\xbf" + changed(), "is not JSON"),
    "noncharacter": (changed(note="a\uffffb"), r"note: .*U\+FFFF"),
    "bidi override in a nested text": (
        changed(source={"publisher": "a\u202eb", "kind": "wire"}),
        r"source\.publisher: .*U\+202E",
    ),
    "bidi override in an unknown type": (unknown('"x":[{"y":"\u202e"}]'), r"x\.0\.y: .*U\+202E"),
    "bidi override in an unknown key": (unknown('"x":{"\u202e":1}'), r"x: .*U\+202E"),
    "text that is not NFC": (changed(note="Cafe\u0301"), "note: is not in Unicode normal form NFC"),
    "text that is not NFC, as an escape": (inserted('"note":"e\\u0301"'), "note: is not in Unicode normal form NFC"),
    "lone surrogate": (inserted('"note":"\\ud800"'), "is not JSON|note"),
    "lone low surrogate": (inserted('"note":"\\udc00"'), "is not JSON|note"),
    "reversed surrogates": (inserted('"note":"\\udc00\\ud800"'), "is not JSON|note"),
    "lone surrogate in an unknown type": (unknown('"x":"\\ud800"'), "is not JSON"),
    "invalid UTF-8": (inserted(b'"note":"\xff"'), "is not JSON"),
    "overlong UTF-8": (inserted(b'"note":"\xc0\x80"'), "is not JSON"),
    "surrogate in UTF-8": (inserted(b'"note":"\xed\xa0\x80"'), "is not JSON"),
    "UTF-16": (changed().decode().encode("utf-16"), "is not JSON"),
    "time without an offset": (changed(occurred={"at": "2023-11-24T07:00", "precision": "minute"}), "offset"),
    "publication time without an offset": (
        changed(source={"publisher": "P", "kind": "wire", "published": "2023-11-24T07:00"}),
        "source.published: .*offset",
    ),
    "too large": (changed(note="x" * MESSAGE_BYTES_MAX), "65,536"),
    "too large, of spaces": (changed() + b" " * MESSAGE_BYTES_MAX, "65,536"),
    "too many groups": (changed(groups=[{"count": {"best": 1}}] * 257), "groups: .*256"),
    "too deep": (unknown(f'"x":{nested(DEPTH_MAX)}'), "deeper than 16"),
    "much too deep": (unknown(f'"x":{nested(900)}'), "deeper than 16"),
    "far too deep": (unknown(f'"x":{nested(30_000)}'), "is not JSON"),
    "too deep for a known type": (inserted(f'"x":{nested(30_000)}'), "is not JSON|JSON"),
    "too deep, hidden by another key": (inserted(f'"round":{nested(900)},"round":1'), "JSON|round"),
    "trailing comma": (inserted(""), "is not JSON"),
    "comment": (inserted('"round":1/*one*/'), "is not JSON"),
    "two objects": (changed() + changed(), "is not JSON"),
    "single quotes": (changed().replace(b'"', b"'"), "is not JSON"),
}


@pytest.mark.parametrize(("raw", "message"), POISON.values(), ids=POISON.keys())
def test_poison_is_refused_with_its_reason(raw: bytes, message: str) -> None:
    with pytest.raises(InvalidEvent, match=message) as caught:
        decode(raw)
    assert all(problem.reason for problem in caught.value.problems)


@pytest.mark.parametrize("raw", [raw for raw, _ in POISON.values()], ids=POISON.keys())
def test_a_replay_of_poison_fails_in_no_other_way(raw: bytes) -> None:
    with suppress(InvalidEvent):
        skim(raw)


@pytest.mark.parametrize(
    "raw",
    [
        changed(note="\u200d in emoji 👩‍👧, Café, עברית, العربية, \U0001f600"),
        inserted('"note":"\\u00e9 \\ud83d\\ude00 \\/"'),
        changed(note="x" * 2_000),
        changed("aid_delivered", amount={"best": 2**53}),
        changed(groups=[{"count": {"best": 1_000_000}}] * 256),
        inserted('  "round" : 1 \n'),
        changed() + b" " * (MESSAGE_BYTES_MAX - len(changed())),
        unknown(f'"x":{2**53},"y":{-(2**53)},"z":0.25,"deep":{nested(DEPTH_MAX - 1)}'),
    ],
    ids=["letters", "escapes", "longest text", "2^53", "most people", "whitespace", "64 KiB", "unknown"],
)
def test_what_comes_close_is_accepted(raw: bytes) -> None:
    assert decode(raw).exchange == "IL-HAMAS-2023-11"


def test_depth_counts_the_event_itself() -> None:
    assert isinstance(decode(unknown(f'"x":{nested(DEPTH_MAX - 1)}')), UnknownEvent)
    for text in (nested(DEPTH_MAX), '{"a":' * DEPTH_MAX + "1" + "}" * DEPTH_MAX):
        with pytest.raises(InvalidEvent, match="deeper"):
            decode(unknown(f'"x":{text}'))


@pytest.mark.parametrize("type", ["captives_released", "terms_agreed", "claim_adopted"])
def test_each_key_of_an_event_can_be_repeated_nowhere(type: str) -> None:
    document = orjson.loads(example(type))
    for raw, key in doubled(document):
        with pytest.raises(InvalidEvent, match=f"{key}: this key is given twice"):
            decode(raw)


def doubled(document: dict[str, Any]) -> Iterator[tuple[bytes, str]]:
    """The document once for each of its keys, at any depth, with that key given twice."""
    raw = orjson.dumps(document)
    for key, value in _members(document):
        member = orjson.dumps(key) + b":" + orjson.dumps(value)
        yield raw.replace(member, member + b"," + member, 1), key


def _members(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        yield from node.items()
        for value in node.values():
            yield from _members(value)
    elif isinstance(node, list):
        for value in node:
            yield from _members(value)
