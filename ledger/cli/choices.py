"""What an answer can be: a word of a closed vocabulary, or a name that may be there already. Mistyped, the nearest one
is offered. Everything here is pure.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ledger.book.book import Book
from ledger.book.claims import Claim, Occurrence
from ledger.book.keys import Key
from ledger.book.rounds import stated_count
from schemas.errors import nearest
from schemas.values import Moment, span_of
from schemas.views import Estimate

SHOWN_MAX = 9
"""So many names are listed, so that one digit answers."""


class Mistyped(ValueError):
    """An answer that cannot be taken as it is, with the one that may be meant."""

    def __init__(self, reason: str, offered: str) -> None:
        super().__init__(reason)
        self.offered = offered


class KnownOccurrence(NamedTuple):
    """An occurrence of an exchange, as somebody has to know it who tells of it as well."""

    name: Key
    occurred: Moment
    amount: Estimate | None
    publishers: Sequence[str]
    round: int | None


def chosen(word: str, terms: Collection[str]) -> str:
    """The term that is meant: itself, or what begins so and nothing else does. Raises ValueError, Mistyped."""
    plain = "_".join(word.lower().replace("-", " ").split())
    if plain in terms:
        return plain
    starting = [each for each in terms if plain and each.startswith(plain)]
    if len(starting) == 1:
        return starting[0]
    if near := nearest(plain, tuple(starting or terms)):
        raise Mistyped(f"there is no {word!r} to choose: did you mean {near}?", near)
    raise ValueError(f"{'' if word == '?' else f'{word!r} is none of these: '}{', '.join(starting or terms)}")


def nearly(word: str, known: Collection[str]) -> str | None:
    """The known name that a new one may be meant for. With another number in it, it is another name: r5, r6."""
    numbers = re.findall(r"\d+", word)
    alike = tuple(each for each in known if re.findall(r"\d+", each) == numbers)
    return None if word in known else nearest(word, alike) or None


def exchange_name(word: str, known: Collection[str], is_again: bool) -> str:
    """The name of an exchange. One that is new, and nearly a known one or its start, has to be said again.

    Raises Mistyped.
    """
    name = re.sub(r"[^A-Z0-9]+", "-", word.upper()).strip("-")
    if name != word and name:
        raise Mistyped("an exchange is written in capitals, digits and hyphens", nearly(name, known) or name)
    begun = [] if word in known else [each for each in known if each.startswith(word)]
    if len(begun) == 1 and not is_again:
        raise Mistyped(f"there is {begun[0]}: say {word} again to begin another one", begun[0])
    return _perhaps_new(word, known, is_again)


def occurrence_name(word: str, known: Sequence[str], is_again: bool) -> str:
    """The name of an occurrence, by itself or by its number in a list. Raises ValueError, Mistyped."""
    if known and word.isascii() and word.isdigit():
        if not 1 <= int(word[:4]) <= len(known):
            raise ValueError(f"the list has no {word}: give a number of it, a new name, or nothing")
        return known[int(word) - 1]
    name = re.sub(r"[^A-Za-z0-9._:-]+", "-", word).strip("-")
    if name != word and name:
        raise Mistyped("a name is written in letters, digits and . _ : -", nearly(name, known) or name)
    return _perhaps_new(word, known, is_again)


def _perhaps_new(word: str, known: Collection[str], is_again: bool) -> str:
    if not is_again and (near := nearly(word, known)):
        raise Mistyped(f"there is {near}, and no {word} yet: say {word} again to begin a new one", near)
    return word


def mendings(value: object) -> Iterator[str]:
    """How an answer of some words can be written that is no name as it stands."""
    if isinstance(value, list):
        yield ", ".join(_plain(str(each)) for each in value)
    elif isinstance(value, str):
        yield re.sub(r"[^A-Za-z0-9._:-]+", "-", value).strip("-")
        yield _plain(value)
        yield value.strip().upper()


def _plain(word: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", word.lower()))


# -- what is there already ---------------------------------------------------------------------


def known_occurrences(
    book: Book, fits: Callable[[Claim], bool], round: int | None, day: Moment | None
) -> tuple[list[KnownOccurrence], int]:
    """The occurrences to which an event may belong, since a claim on them fits, the newest last; and how many more.

    Of its round, where there are any of it; and of these the nearest in time.
    """
    found = [*_known(book, fits)]
    found = [each for each in found if each.round == round] if any(each.round == round for each in found) else found
    found.sort(key=lambda each: _start(each.occurred))
    nearest = found[::-1]
    if day is not None:
        nearest.sort(key=lambda each: abs(_start(each.occurred) - _start(day)))
    shown = {each.name for each in nearest[:SHOWN_MAX]}
    return [each for each in found if each.name in shown], len(found) - len(shown)


def _known(book: Book, fits: Callable[[Claim], bool]) -> Iterator[KnownOccurrence]:
    for occurrence in book.occurrences():
        claim = occurrence.leading
        if claim is None or not fits(claim):
            continue
        yield KnownOccurrence(
            occurrence.name, claim.occurred, stated_count(claim), _publishers(occurrence, claim), claim.round
        )


def _publishers(occurrence: Occurrence, leading: Claim) -> list[str]:
    return [*dict.fromkeys((leading.publisher, *(each.publisher for each in occurrence.claims)))]


def _start(moment: Moment) -> datetime:
    """When something began, or by when it was over: one of the two is known of everything."""
    start, end = span_of(moment)
    found = start or end
    assert found is not None
    return found
