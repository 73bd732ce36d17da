"""What servers and workers log: JSON, one object a line, and few lines whatever goes wrong.

Control characters are escaped, so that nobody writes lines of their own.
"""

import logging
import sys
import time
from collections import deque
from datetime import UTC, datetime

import orjson

LIBRARY_LINES_MAX = 5
"""Of the Kafka client, in a minute: without a broker it writes a hundred a second."""
TURNED_AWAY_LINES_MAX = 20
"""Of clients that are turned away, in a minute."""
TROUBLE_S = 20.0
"""Between two lines that say that the same thing has gone wrong again."""
_OWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}
_HIDDEN = frozenset("\x7f\u061c\u200e\u200f\u2028\u2029\ufeff") | {
    chr(code) for first, last in ((0x80, 0x9F), (0x202A, 0x202E), (0x2066, 0x2069)) for code in range(first, last + 1)
}


class JsonLines(logging.Formatter):
    """A record as one line of JSON; what was passed as `extra` are members of their own."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _OWN},
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return escaped(orjson.dumps(told, default=str).decode(errors="replace"))


def escaped(text: str) -> str:
    """JSON in which no character hides or reorders others: JSON itself escapes only some of them."""
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(f"\\u{ord(each):04x}" if each in _HIDDEN else each for each in text)


class Seldom(logging.Handler):
    """Passes on a few lines a minute."""

    def __init__(self, level: int, lines_max: int) -> None:
        super().__init__(level)
        self._said: deque[float] = deque(maxlen=lines_max)

    def emit(self, record: logging.LogRecord) -> None:
        if len(self._said) < self._said.maxlen or record.created - self._said[0] > 60:  # type: ignore[operator]
            self._said.append(record.created)
            logging.getLogger().handle(record)


class Trouble:
    """Says once what is wrong, however often it is tried again, and once that it is over.

    What comes and goes, or is something else each time, is said from time to time.
    """

    def __init__(self, logger: logging.Logger, over: str) -> None:
        self._logger = logger
        self._over = over
        self._said = ""
        self._said_at = float("-inf")

    def began(self, what: str, error: BaseException | None = None) -> None:
        """Take in what is wrong; `error` is shown with where it came from."""
        if what != self._said and time.monotonic() - self._said_at >= TROUBLE_S:
            self._logger.warning("%s", what, exc_info=error)
            self._said, self._said_at = what, time.monotonic()

    def ended(self) -> None:
        """Take in that nothing is."""
        if self._said:
            self._logger.info("%s", self._over)
        self._said = ""


def configure_logs() -> None:
    """Write what this process logs to standard error, as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # it warns of every request that is none
    # The Kafka client warns of every assignment, and of every commit that a broker is not done with yet.
    _say_seldom("aiokafka", Seldom(logging.ERROR, LIBRARY_LINES_MAX))
    _say_seldom("ledger.api.access.turned_away", Seldom(logging.WARNING, TURNED_AWAY_LINES_MAX))


def _say_seldom(name: str, handler: Seldom) -> None:
    named = logging.getLogger(name)
    named.propagate = False
    named.handlers = [handler]
