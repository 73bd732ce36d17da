"""Two readings that ought to be equal: equal, or each difference with the events behind it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from ledger.follow.books import Books
from replay.rebuild import views
from schemas.views import view_bytes

POSITIONAL = frozenset({"events", "through"})
"""Members that say how far a view reaches. They are compared like all others, and reported last."""


class ViewDifference(NamedTuple):
    """One member of one view in which two readings differ, and the events that only one of them has."""

    view: str
    member: str
    left: Any
    right: Any
    only_left: list[str]
    only_right: list[str]


def compare(left: Books, right: Books) -> list[ViewDifference]:
    """Every difference between two readings; empty where all views are the same bytes."""
    ours, theirs = _bodies(left), _bodies(right)
    found = []
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            exchange = name.partition("/")[0]
            only = _events_apart(left, right, exchange)
            found += [
                ViewDifference(name, *member, *only) for member in members_apart(ours.get(name), theirs.get(name))
            ]
    return found


def _bodies(books: Books) -> Mapping[str, bytes]:
    return {name: view_bytes(view) for name, view in views(books)}


def members_apart(left: bytes | None, right: bytes | None) -> Iterator[tuple[str, Any, Any]]:
    """The members in which two views differ, each with what it is in both; None for a view that is not there."""
    if left is None or right is None:
        yield "", left and "present", right and "present"
        return
    apart = list(_walk("", orjson.loads(left), orjson.loads(right)))
    yield from sorted(apart, key=lambda member: (member[0] in POSITIONAL, member[0]))


def _walk(path: str, left: Any, right: Any) -> Iterator[tuple[str, Any, Any]]:
    if left == right:
        return
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            yield from _walk(f"{path}.{key}" if path else key, left.get(key), right.get(key))
    else:
        yield path, left, right


def _events_apart(left: Books, right: Books, exchange: str) -> tuple[list[str], list[str]]:
    """The ids of the events of an exchange that only one reading has taken in."""
    ours = left.by_exchange[exchange].event_ids if exchange in left.by_exchange else set()
    theirs = right.by_exchange[exchange].event_ids if exchange in right.by_exchange else set()
    return sorted(ours - theirs), sorted(theirs - ours)
