"""Small valid events, the same for the same number, and the messages that a log takes."""

from pathlib import Path

import apsw

from ledger.log.port import Message
from schemas.codec import encode
from schemas.events import CaptivesReleased
from schemas.ids import derive_id
from schemas.values import Count, Group, Moment, Source

TREE = Path(__file__).parents[2]
EXCHANGE = "NORTH-SOUTH-2017"


def released(number: int, count: int = 1, exchange: str = EXCHANGE, round: int = 1) -> CaptivesReleased:
    """So many captives freed: a different `number` is another event about another occurrence."""
    return CaptivesReleased(
        id=derive_id("tests", str(number)),
        exchange=exchange,
        round=round,
        occurrence=f"freed-{number}",
        occurred=Moment.day("2017-12-27"),
        source=Source(publisher="The Herald", kind="newspaper", published="2017-12-28"),
        groups=(Group(count=Count.of(count)),),
    )


def message(number: int, count: int = 1) -> Message:
    event = released(number, count)
    return Message(event.id, event.exchange, encode(event))


def tamper(path: Path, *statements: str) -> None:
    """Change a ledger's file by SQL, past the triggers that refuse it, and leave them as they were."""
    connection = apsw.Connection(str(path))
    kept = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in kept:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in (*statements, *(str(sql) for _, sql in kept)):
        connection.execute(statement)
    connection.close()


def messages(first: int, last: int) -> list[Message]:
    """Messages `first` to `last`, the last excluded."""
    return [message(number) for number in range(first, last)]
