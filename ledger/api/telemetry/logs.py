"""Logs as JSON, one object a line. Control characters in them are escaped, so that nobody writes lines of their own."""

import logging
import sys
from datetime import UTC, datetime

import orjson
from starlette.requests import Request

logger = logging.getLogger(__name__)

PATH_MAX = 500
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


def log_request(request: Request, route: str, status: int, seconds: float) -> None:
    """Tell of one request. What the client wrote is cut to a length, and never holds a token."""
    client = request.client.host if request.client else ""
    told = {"route": route, "method": request.method, "path": request.url.path[:PATH_MAX], "status": status}
    logger.info("request", extra={**told, "seconds": round(seconds, 6), "client": client})


def configure_logs() -> None:
    """Write what this process logs to standard error, as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("aiokafka", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
