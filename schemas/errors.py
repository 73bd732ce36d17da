"""What can be wrong with a message, as values that say where, what and how to mend it.

LedgerError
└── InvalidEvent        the bytes are not an event of this vocabulary
"""

from collections.abc import Mapping
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
    """A detail of pydantic's errors: where it is, and the words of the validator that raised it."""
    return Problem(".".join(map(str, detail["loc"])), detail["msg"].removeprefix("Value error, "))


WORDS_MAX = 8_000
"""Characters in which an error says what is wrong: of 64 KiB of empty parts it would say more than Kafka takes."""


class InvalidEvent(LedgerError):
    """The bytes are not an event: every problem found, in the order of the message."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        said = "; ".join(map(str, problems))
        more = f"... ({len(problems):,} problems in all)"
        super().__init__(said if len(said) <= WORDS_MAX else said[: WORDS_MAX - len(more)] + more)
