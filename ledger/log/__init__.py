"""The logs, one row for each kind. Who wants to know anything of a log by its URL asks here."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import apsw

from ledger.errors import LogUnreachable, UsageError
from ledger.log.port import EventLog
from ledger.settings import Settings

if TYPE_CHECKING:
    from ledger.log.kafka import Connection


class LogKind(NamedTuple):
    """A kind of log.

    `form` is how its URL is written; `opened` opens the log at one, and makes it first where that is asked for.
    `engine` is what stands between this software and the log, `engine_version` which one is installed. `file` is the
    file of a log that is one on this machine, and `copied` copies it as it is now. `keeps_views` and
    `keeps_checkpoints` say what stands beside it, as the protocols of the port do of a log that is open.
    """

    form: str
    opened: Callable[[str, bool], EventLog]
    engine: str
    engine_version: Callable[[], str]
    file: Callable[[str], Path] | None = None
    copied: Callable[[Path, Path], None] | None = None
    keeps_views: bool = False
    keeps_checkpoints: bool = False


def open_log(url: str, create: bool = True) -> EventLog:
    """The log at a URL: `sqlite:///ledger.db` (relative), `sqlite:////var/lib/ledger.db` (absolute), or
    `kafka://HOST:PORT,HOST:PORT/PREFIX`, where the prefix of its topics' names is `ledger` unless given.

    Without `create` there must be one already: whoever only reads must not find an empty ledger by a slip of the pen.
    Topics are never made here: `ledger topics ensure` does that.
    Raises UsageError for a URL that names no log and for wrong settings, LogUnreachable for one that cannot be opened.
    """
    return kind_of(url).opened(url, create)


@asynccontextmanager
async def opened_log(url: str, create: bool = False) -> AsyncGenerator[EventLog, None]:
    """The log that `open_log` opens, closed when it is left."""
    log = open_log(url, create)
    try:
        yield log
    finally:
        await log.close()


def kind_of(url: str) -> LogKind:
    """The kind of log that a URL names. Raises UsageError if it names none."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in KINDS:
        raise UsageError(f"{url!r} names no log: use {FORMS} (set LEDGER_LOG, or --log)")
    return KINDS[scheme]


def is_url(text: str) -> bool:
    """Whether a text is meant for a URL and not for the path of a file."""
    return "://" in text


# -- a file of SQLite --------------------------------------------------------------------------


def _sqlite(url: str, create: bool) -> EventLog:
    from ledger.log.sqlite import SqliteLog

    path = _file(url)
    try:
        if not path.parent.is_dir():
            raise LogUnreachable(f"{path}: there is no directory {path.parent}; create it first")
        if not create and not path.is_file():
            raise LogUnreachable(
                f"there is no ledger at {path.absolute()}; `ledger publish` or `ledger demo` makes one"
            )
    except OSError as error:  # such as of a name that is too long
        raise LogUnreachable(f"{path}: {error.strerror}") from error
    return SqliteLog(path, trust=Settings.load(url).trust())


def _file(url: str) -> Path:
    _, _, rest = url.partition("://")
    if not rest.startswith("/") or rest == "/":
        raise UsageError(f"{url!r} names no log: use {FORMS} (set LEDGER_LOG, or --log)")
    path = Path(rest[1:])
    if str(path) == ":memory:":
        raise UsageError(f"{url!r} would keep nothing, and a log is a file: use {KINDS['sqlite'].form}")
    return path


def _copied(path: Path, to: Path) -> None:
    from ledger.log.sqlite import copy_file

    copy_file(path, to)


# -- topics of Kafka ---------------------------------------------------------------------------


def _kafka(url: str, create: bool) -> EventLog:
    connection = connect(url)
    from ledger.log.kafka import KafkaLog

    return KafkaLog(connection, trust=Settings.load(url).trust())


def connect(url: str) -> "Connection":
    """The clients of a ledger on Kafka. Raises UsageError for any other, and where Kafka's part is not installed."""
    if not url.startswith("kafka://"):
        raise UsageError(f"{url!r} is not on Kafka: use {KINDS['kafka'].form} (set LEDGER_LOG, or --log)")
    with needing_kafka(repr(url)):
        from ledger.log.kafka import Address, Connection
    return Connection(Address.parse(url), Settings.load(url))


@contextmanager
def needing_kafka(what: str) -> Iterator[None]:
    """Around imports: turns the absence of Kafka's part, which `what` needs, into UsageError."""
    try:
        yield
    except ImportError as error:
        how = "pip install 'exchange-ledger[kafka]' (in a clone: make .venv/kafka)"
        raise UsageError(f"{what} needs a part that is not installed: {how}") from error


def _aiokafka_version() -> str:
    try:
        return version("aiokafka")
    except PackageNotFoundError:
        return "not installed"


KINDS: Mapping[str, LogKind] = {
    "sqlite": LogKind(
        "sqlite:///FILE", _sqlite, "SQLite", apsw.sqlite_lib_version, file=_file, copied=_copied, keeps_checkpoints=True
    ),
    "kafka": LogKind(
        "kafka://HOST:PORT", _kafka, "aiokafka", _aiokafka_version, keeps_views=True, keeps_checkpoints=True
    ),
}
"""By the scheme of their URLs."""

FORMS = " or ".join(kind.form for kind in KINDS.values())
