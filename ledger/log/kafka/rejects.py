"""What stands on the topic of refused messages: each with its key and headers, and which of them were dealt with.

Whoever writes an event chooses its headers. Those with a name of ours are left out, so that a reader can believe them.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from aiokafka import ConsumerRecord

from ledger.log.kafka.recorded import entered_by, recorded_header, recorded_us
from ledger.log.port import Acknowledgment, Headers, Refusal, Rejected
from schemas.record import Position, entered_text, from_microseconds
from schemas.topics import (
    ACKNOWLEDGES,
    BY,
    ENTERED_BY,
    ERROR_OFFSET,
    ERROR_PARTITION,
    ERROR_TOPIC,
    EXCEPTION,
    MESSAGE,
    ORIGIN,
    REASON,
    RESERVED,
    STACKTRACE,
    STAGE,
)


def reject_headers(refusal: Refusal) -> list[tuple[str, bytes | None]]:
    """What a refused message bears: its own headers, why it was refused, and who sent it."""
    origin, stage, reason, _ = refusal.identity
    told = {ORIGIN: origin, STAGE: stage, REASON: reason, EXCEPTION: stage, MESSAGE: reason, STACKTRACE: ""}
    if refusal.entered_by is not None:
        told[ENTERED_BY] = refusal.entered_by
    return [*_foreign(refusal.headers), *_written(told, refusal.at)]


def dead_letter_headers(topic: str, record: ConsumerRecord, stage: str, reason: str) -> list[tuple[str, bytes | None]]:
    """What a message bears that was refused where it stands in the events, whose topic this is."""
    position = Position(record.partition, record.offset)
    place = {ERROR_TOPIC: topic, ERROR_PARTITION: str(position.partition), ERROR_OFFSET: str(position.offset)}
    sender = entered_text(entered_by(record.headers))
    refusal = Refusal(f"{topic} {position}", stage, reason, b"", headers=record.headers, entered_by=sender)
    return [*reject_headers(refusal), *_written(place)]


def acknowledgment_headers(number: int, by: str, why: str, at: datetime | None) -> list[tuple[str, bytes | None]]:
    """What a record bears that says that the refused message at offset `number` was dealt with."""
    return _written({ACKNOWLEDGES: str(number), BY: by, REASON: why}, at)


def rejected_messages(records: Iterable[ConsumerRecord], events: str) -> list[Rejected]:
    """The refused messages among all records of the topic, from the first one; `events` is the topic of the events."""
    found, known = dict[int, Rejected](), set[tuple[str, str, str, bytes]]()
    for record in records:
        own = {name: value.decode(errors="replace") for name, value in record.headers if value is not None}
        if ACKNOWLEDGES in own:
            _acknowledge(found, own, record)
        elif (each := _rejected(record, own, events)).refusal.identity not in known:  # some logs were told twice
            known.add(each.refusal.identity)
            found[each.number] = each
    return list(found.values())


def _acknowledge(found: dict[int, Rejected], own: Mapping[str, str], record: ConsumerRecord) -> None:
    """Note what is said of a message that stands before it, unless something was said of that already."""
    with suppress(ValueError, KeyError):
        each = found[int(own[ACKNOWLEDGES])]
        said = Acknowledgment(_at(record), own.get(BY, ""), own.get(REASON, ""))
        found[each.number] = each._replace(acknowledged=each.acknowledged or said)


def _rejected(record: ConsumerRecord, own: Mapping[str, str], events: str) -> Rejected:
    origin, stage, reason = (own.get(name, "") for name in (ORIGIN, STAGE, REASON))
    borne, payload = _foreign(record.headers), record.value or b""
    position = _position(own) if own.get(ERROR_TOPIC) == events else None
    told, sender = (_at(record), origin, stage, reason, payload, record.key, borne), entered_by(record.headers)
    return Rejected(record.offset, *told, position, entered_by=entered_text(sender))


def _position(own: Mapping[str, str]) -> Position | None:
    with suppress(ValueError, KeyError):
        return Position(int(own[ERROR_PARTITION]), int(own[ERROR_OFFSET]))
    return None


def _at(record: ConsumerRecord) -> datetime:
    return from_microseconds(recorded_us(record.timestamp, record.headers))


def _foreign(headers: Headers) -> Headers:
    return tuple((name, value) for name, value in headers if not name.startswith(RESERVED))


def _written(told: Mapping[str, str], at: datetime | None = None) -> list[tuple[str, bytes | None]]:
    written: list[tuple[str, bytes | None]] = [(name, text.encode()) for name, text in told.items()]
    return written if at is None else [*written, recorded_header(at)]
