"""What a publisher checks before an event goes into the log, beyond its own shape."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

from ledger.log.port import Message
from ledger.proof.note import SigningKey
from ledger.proof.signed import sign_event
from schemas.codec import UnknownEvent, accept, decode, encode, no_event_type
from schemas.errors import InvalidEvent, Problem
from schemas.events import EVENT_TYPES, AnyEvent
from schemas.values import Moment, span_of
from schemas.vocabulary import Precision

AHEAD_MAX = timedelta(hours=24)


Check: TypeAlias = Callable[[AnyEvent, bytes, datetime], None]
"""Raises InvalidEvent for an event whose signature the ledger does not take."""


def admit(
    event: AnyEvent | bytes,
    now: datetime,
    key: SigningKey | None = None,
    check: Check | None = None,
    ledger: str = "",
    entered_by: str | None = None,
) -> Message:
    """An event, ready for the log: as some producer wrote it, with its bytes untouched, or made from its fields.

    With a key it is signed, unless it is already, and for the `ledger` of a name alone where there is one. Raises
    InvalidEvent.
    """
    message = admitted(event, key, ledger, entered_by)
    found = message.event
    if found is None or found.type == "event_redacted":
        raise InvalidEvent(Problem("type", "is written by `ledger redact` alone, which removes the bytes as well"))
    check_time(found, now)
    if check is not None:
        check(found, message.payload, now)
    return message


def admitted(
    event: AnyEvent | bytes, key: SigningKey | None, ledger: str = "", entered_by: str | None = None
) -> Message:
    """An event of any type as a message, signed as `admit` does. Raises InvalidEvent."""
    raw = event if isinstance(event, bytes) else encode(event)
    if key is not None:
        raw = sign_event(raw, key, ledger)
    found = _known(accept(raw))
    return Message(found.id, found.exchange, raw, found, None, entered_by)


def known(raw: bytes) -> AnyEvent:
    """The event that bytes are. Raises InvalidEvent, also for a type or version that is not known here."""
    return _known(decode(raw))


def _known(found: AnyEvent | UnknownEvent) -> AnyEvent:
    if type(found) is UnknownEvent:
        raise InvalidEvent(unknown_event(found))
    return found


def check_time(event: AnyEvent, now: datetime) -> None:
    """Raises InvalidEvent for what is said to have happened, or been published, in the future."""
    today = _day(now)  # what sorts before it is over, whatever its precision and offset
    published = event.source.published
    if (
        published is not None
        and published >= today
        and is_ahead(Moment(at=published, precision=_precision(published)), now)
    ):
        raise InvalidEvent(Problem("source.published", f"{published} is more than a day ahead"))
    if event.status != "planned" and event.occurred.at >= today and is_ahead(event.occurred, now):
        raise InvalidEvent(
            Problem("occurred", f"{event.occurred.at} is more than a day ahead; a plan has status `planned`")
        )


@lru_cache(16)
def _day(now: datetime) -> str:
    """The day of a moment, which many events are held against."""
    return now.astimezone(UTC).date().isoformat()


def _precision(published: str) -> Precision:
    return "minute" if "T" in published else "day"


def is_ahead(moment: Moment, now: datetime) -> bool:
    """Whether something lies so far ahead that nobody can have seen it."""
    start = span_of(moment, UTC).start
    return start is not None and start.replace(tzinfo=UTC) > now + AHEAD_MAX


def unknown_event(event: UnknownEvent) -> Problem:
    """Why an event that could not be read cannot be published."""
    if event.type in EVENT_TYPES:
        return Problem("version", f"{event.type} version {event.version} is newer than this software; upgrade it")
    return Problem("type", no_event_type(event.type))
