"""Ids as numbers: a name that is no canonical id stays a text, and whoever asks sees texts alone."""

import pytest
from hypothesis import given

from ledger.book.keys import id_of, key_of, name_of, number_of
from tests.book.building import book_of, freed, ident
from tests.strategies import event_ids


@given(event_ids())
def test_an_id_comes_back_as_it_went_in(event_id: str) -> None:
    assert id_of(number_of(event_id)) == event_id
    assert name_of(key_of(event_id)) == event_id


@pytest.mark.parametrize("name", ["leg", "A" * 36, ident(10).upper(), ident(10).replace("-", "."), "1" * 36, "12"])
def test_a_name_that_is_no_id_stays_a_text(name: str) -> None:
    assert key_of(name) == name_of(key_of(name)) == name


def test_an_occurrence_may_be_named_after_the_event_that_began_it() -> None:
    book = book_of(freed(1, 10, key=None), freed(2, 12, key=ident(1)))
    [occurrence] = book.occurrences()
    assert (occurrence.key, [claim.id for claim in occurrence.claims]) == (ident(1), [ident(1), ident(2)])


def test_names_that_differ_by_their_case_are_two() -> None:
    book = book_of(freed(10, 10, key=None), freed(11, 12, key=ident(10).upper()))
    assert [each.key for each in book.occurrences()] == [ident(10), ident(10).upper()]


def test_the_books_tell_the_ids_of_their_events_as_texts() -> None:
    assert book_of(freed(1, 10), freed(2, 12, key=None)).event_ids == {ident(1), ident(2)}
