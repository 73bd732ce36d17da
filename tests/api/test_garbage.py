"""The collector of garbage is kept away from books, which therefore must not need it."""

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.api.views.bodies import json_of
from ledger.follow.garbage import EVERY, Garbage
from ledger.views import Asked, made
from schemas.view_kinds import VIEW_KINDS
from tests.history.bundled import NOVEMBER, folded, history


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Nothing is freed here but what nothing refers to any more."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.mark.parametrize("bounds", [{}, {"occurred_by": "2023-11-27"}, {"published_by": "2023-11-28"}])
@pytest.mark.usefixtures("uncollected")
def test_books_go_when_nobody_needs_them_without_the_collector(bounds: dict[str, str]) -> None:
    books = folded(history(), **bounds)
    for name in ("tally", "rounds", "terms", "positions", "pauses", "stated", "figures"):
        json_of(VIEW_KINDS[name], made(VIEW_KINDS[name], Asked(books, NOVEMBER)))
    watched: list[weakref.ref[Any]] = [weakref.ref(each) for each in (books.projection, *books.by_exchange.values())]
    gc.freeze()
    del books
    assert [each() for each in watched] == [None] * len(watched)


@pytest.mark.usefixtures("uncollected")
def test_what_there_is_is_left_alone_once_enough_has_grown() -> None:
    garbage, frozen = Garbage(), gc.get_freeze_count()
    garbage.grown(EVERY - 1)
    assert gc.get_freeze_count() == frozen
    garbage.grown(1)
    assert gc.get_freeze_count() > frozen
