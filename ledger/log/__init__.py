"""The logs. `open_log` is the only place that knows which URL means which."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.errors import LogUnreachable, UsageError
from ledger.log.port import EventLog
from ledger.log.sqlite import SqliteLog
from ledger.settings import Settings

if TYPE_CHECKING:
    from ledger.log.kafka import Connection


def open_log(url: str, create: bool = True) -> EventLog:
    """The log at a URL: `sqlite:///ledger.db` (relative), `sqlite:////var/lib/ledger.db` (absolute), or
    `kafka://HOST:PORT,HOST:PORT/PREFIX`, where the prefix of its topics' names is `ledger` unless given.

    Without `create` there must be one already: whoever only reads must not find an empty ledger by a slip of the pen.
    Topics are never made here: `ledger topics ensure` does that.
    Raises UsageError for a URL that names no log and for wrong settings, LogUnreachable for one that cannot be opened.
    """
    scheme, separator, rest = url.partition("://")
    if scheme == "kafka":
        connection = connect(url)
        from ledger.log.kafka import KafkaLog

        return KafkaLog(connection, trust=Settings.load(url).trust())
    if scheme != "sqlite" or not separator or not rest.startswith("/") or rest == "/":
        raise UsageError(f"{url!r} names no log: use sqlite:///FILE or kafka://HOST:PORT (set LEDGER_LOG, or --log)")
    path = Path(rest[1:])
    if str(path) == ":memory:":
        raise UsageError(f"{url!r} would keep nothing, and a log is a file: use sqlite:///FILE")
    if not path.parent.is_dir():
        raise LogUnreachable(f"{path}: there is no directory {path.parent}; create it first")
    if not create and not path.is_file():
        raise LogUnreachable(f"there is no ledger at {path.absolute()}; `ledger publish` or `ledger demo` makes one")
    return SqliteLog(path, trust=Settings.load(url).trust())


@asynccontextmanager
async def opened_log(url: str, create: bool = False) -> AsyncGenerator[EventLog, None]:
    """The same, closed when it is left."""
    log = open_log(url, create)
    try:
        yield log
    finally:
        await log.close()


def connect(url: str) -> "Connection":
    """The clients of a ledger on Kafka. Raises UsageError for any other, and where Kafka's part is not installed."""
    if not url.startswith("kafka://"):
        raise UsageError(f"{url!r} is not on Kafka: use kafka://HOST:PORT (set LEDGER_LOG, or --log)")
    try:
        from ledger.log.kafka import Address, Connection
    except ImportError as error:
        raise UsageError(f"{url!r} needs a part that is not installed: pip install 'exchange-ledger[kafka]'") from error
    return Connection(Address.parse(url), Settings.load(url))
