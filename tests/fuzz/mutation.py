"""Inputs that are almost valid: seeds with a few bytes, numbers, lines or members of their JSON changed."""

import random
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import orjson

Change: TypeAlias = Callable[["Mutator", random.Random, bytes], bytes]

TOKENS = (
    *(
        b"\0",
        b"\xff",
        b"\x80",
        b"\xef\xbb\xbf",
        "\u202e".encode(),
        "e\u0301".encode(),
        "\u0663".encode(),
        b"\xed\xa0\x80",
    ),
    *(
        b"\n",
        b"\r\n",
        b"\n\n",
        b" ",
        b"\t",
        b"\x1b[2J",
        b'"',
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"'",
        b",",
        b":",
        b"=",
        b"+",
    ),
    *(b"{", b"}", b"[", b"]", b"{}", b"[]", b"null", b"true", b"%00", b"%ff", b"..", b"/", b"https://", b"{round:int}"),
    *(b"[" * 3000, b'{"a":' * 1500, b"a" * 300, b"9" * 5000, "\N{EM DASH} ".encode()),
)
NUMBERS = (
    *(
        b"0",
        b"-1",
        b"-0",
        b"1e3",
        b"1e999",
        b"NaN",
        b"0.5",
        b"00",
        b"1000001",
        b"9007199254740993",
        b"9" * 20,
        b"9" * 400,
    ),
    *(b"18446744073709551616", b"9999-99-99", b"2023-02-30", b"0000", b"99999"),
)
VALUES: tuple[Any, ...] = (None, True, 0, -1, 1.5, 2**53 + 1, 2**64 - 1, "", "0", "\0", "\u202e", [], {}, [[]], [None])
_NUMBER, _STEPS = re.compile(rb"\d+"), 12


class Mutator:
    """Makes inputs of seeds. The same chance makes the same input."""

    def __init__(self, seeds: Sequence[bytes]) -> None:
        self.seeds = [*seeds]
        self.documents = [found for seed in seeds if isinstance(found := _parsed(seed), dict)]
        self.members = [each for document in self.documents for each in _members(document)]

    def make(self, chance: random.Random) -> bytes:
        """One input: of a seed, with one to four changes."""
        if self.documents and chance.random() < 0.5:
            raw = self._with_members_changed(chance)
            if chance.random() < 0.7:
                return raw
        else:
            raw = chance.choice(self.seeds)
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            raw = chance.choice(CHANGES)(self, chance, raw)
        return raw

    def _with_members_changed(self, chance: random.Random) -> bytes:
        document = _copied(chance.choice(self.documents))
        for _ in range(chance.choice((1, 1, 2, 3))):
            self._change_member(chance, document)
        return orjson.dumps(document)

    def _change_member(self, chance: random.Random, node: Any) -> None:
        for _ in range(_STEPS):
            key: Any = chance.choice([*node] if isinstance(node, dict) else [*range(len(node))]) if node else None
            if key is None or not (isinstance(node[key], dict | list) and chance.random() < 0.8):
                break
            node = node[key]
        name, other = _copied(chance.choice(self.members))  # which later changes must not reach
        match chance.randrange(4):
            case 0 if key is not None:
                del node[key]
            case 1 if isinstance(node, dict):
                node[name] = other
            case 2 if key is not None:
                node[key] = _copied(chance.choice(VALUES))
            case _ if isinstance(node, dict) and key is not None:
                node[key] = _copied(chance.choice([each for its, each in self.members if its == key] or [other]))
            case _ if isinstance(node, list):
                node.append(other)


def _copied(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value))


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _members(node: Any) -> list[tuple[str, Any]]:
    """Every member anywhere in a document."""
    below = [*node.values()] if isinstance(node, dict) else node if isinstance(node, list) else []
    own = [*node.items()] if isinstance(node, dict) else []
    return [*own, *(each for child in below for each in _members(child))]


# -- bytes -------------------------------------------------------------------------------------


def _flip(_: Mutator, chance: random.Random, raw: bytes) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return raw[:at] + bytes(each ^ 1 << chance.randrange(8) for each in raw[at : at + 1]) + raw[at + 1 :]


def _remove(_: Mutator, chance: random.Random, raw: bytes) -> bytes:
    start, end = _span(chance, raw)
    return raw[:start] + raw[end:]


def _repeat(_: Mutator, chance: random.Random, raw: bytes) -> bytes:
    start, end = _span(chance, raw)
    return raw[:end] + raw[start:end] * chance.choice((1, 1, 2, 50)) + raw[end:]


def _insert(_: Mutator, chance: random.Random, raw: bytes) -> bytes:
    start, end = _span(chance, raw)
    return raw[:start] + chance.choice(TOKENS) + raw[chance.choice((start, end)) :]


def _number(_: Mutator, chance: random.Random, raw: bytes) -> bytes:
    numbers = [*_NUMBER.finditer(raw)]
    if not numbers:
        return raw
    found = chance.choice(numbers)
    return raw[: found.start()] + chance.choice(NUMBERS) + raw[found.end() :]


def _splice(mutator: Mutator, chance: random.Random, raw: bytes) -> bytes:
    other = chance.choice(mutator.seeds)
    return raw[: chance.randrange(len(raw) + 1)] + other[chance.randrange(len(other) + 1) :]


def _cut(_: Mutator, chance: random.Random, raw: bytes) -> bytes:
    return raw[: chance.randrange(len(raw) + 1)]


def _line(_: Mutator, chance: random.Random, raw: bytes) -> bytes:
    """Take a line away, say it again, or change its place."""
    lines = raw.split(b"\n")
    line = lines.pop(chance.randrange(len(lines)))
    for _again in range(chance.randrange(3)):
        lines.insert(chance.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


def _span(chance: random.Random, raw: bytes) -> tuple[int, int]:
    start = chance.randrange(len(raw) + 1)
    return start, min(len(raw), start + chance.choice((1, 1, 2, 4, 16, 64)))


CHANGES: Sequence[Change] = (_flip, _flip, _remove, _repeat, _insert, _insert, _number, _splice, _cut, _line)
