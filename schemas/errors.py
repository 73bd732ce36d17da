"""What can be wrong with a message, as values that say where, what and how to mend it.

LedgerError
└── InvalidEvent        the bytes are not an event of this vocabulary
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple


class LedgerError(Exception):
    """Root of every error that this project raises on purpose."""


class Problem(NamedTuple):
    """One thing that is wrong with one message.

    `field` is a dotted path into the message, empty for the message as a whole.
    """

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else self.reason


def problem_in(detail: Mapping[str, Any]) -> Problem:
    """A detail of pydantic's errors: where it is, and what the validator says, in words of ours."""
    return Problem(".".join(map(str, detail["loc"])), worded(detail["msg"]))


_WORDED: tuple[tuple[str, str], ...] = (
    (r"Value error, (.*)", r"\1"),
    (r"Field required", "is missing"),
    (r"Extra inputs are not permitted", "is not known here; remove it or correct its name"),
    (r"Input should be (?:a valid integer|a finite integer).*", "should be a whole number"),
    (r"Input should be a valid number.*", "should be a number"),
    (r"Input should be a valid boolean.*", "should be true or false"),
    (r"Input should be a valid string", "should be text"),
    (r"Input should be a valid (?:tuple|list|set|frozenset)", "should be a list"),
    (r"Input should be (?:a valid dictionary.*|an object)", "should be a table"),
    (r"Input should be greater than or equal to (.*)", r"should be at least \1"),
    (r"Input should be less than or equal to (.*)", r"should be at most \1"),
    (r"Input should be greater than (.*)", r"should be more than \1"),
    (r"Input should be less than (.*)", r"should be less than \1"),
    (r"(?:String|Value|Data) should have at least 1 .*", "is empty"),
    (r"\w+ should have at (least|most) (\d+) (\w+)(?: after validation)?(?:, not (\d+))?", r"should have at \1 \2 \3"),
    (r"Input should be (.*)", r"should be \1"),
)


def worded(text: str) -> str:
    """What pydantic says of an input, in the words of who gave it."""
    for shape, words in _WORDED:
        if found := re.fullmatch(shape, text, re.DOTALL):
            return found.expand(words)
    return text


ALIKE = 0.7
"""How much alike a name must be to be meant: of 1, by `difflib`. At 0.6, `swap` is meant for `escape`."""
NAMED_MAX = 12
"""Names that an error lists."""


@lru_cache(maxsize=256)
def nearest(name: str, known: tuple[str, ...]) -> str:
    """The known name that is most like a name, else none: a millisecond, and many lines have the same mistake."""
    words = {each.lower(): each for each in known}
    return words.get(next(iter(get_close_matches(name[:100].lower(), words, 1, ALIKE)), ""), "")


def listed(names: Sequence[str]) -> str:
    """Names for a message: the first of them, and how many more there are."""
    more = len(names) - NAMED_MAX
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:NAMED_MAX])} and {more:,} more"


WORDS_MAX = 8_000
"""Characters in which an error says what is wrong: of 64 KiB of empty parts it would say more than Kafka takes."""


class InvalidEvent(LedgerError):
    """The bytes are not an event: every problem found, in the order of the message."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        said = "; ".join(map(str, problems))
        more = f"... ({len(problems):,} problems in all)"
        super().__init__(said if len(said) <= WORDS_MAX else said[: WORDS_MAX - len(more)] + more)
