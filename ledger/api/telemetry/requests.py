"""What is logged of a request."""

import logging

from starlette.requests import Request

logger = logging.getLogger(__name__)

PATH_MAX = 500


def log_request(request: Request, route: str, status: int, seconds: float) -> None:
    """Tell of one request. What the client wrote is cut to a length, and never holds a token."""
    client = request.client.host if request.client else ""
    told = {"route": route, "method": request.method, "path": request.url.path[:PATH_MAX], "status": status}
    logger.info("request", extra={**told, "seconds": round(seconds, 6), "client": client})
