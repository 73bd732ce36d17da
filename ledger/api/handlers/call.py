"""What a handler is given."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, TypeAlias

from starlette.requests import Request
from starlette.types import ASGIApp

from ledger.api.access.allowances import Asker
from ledger.api.access.tokens import Token
from ledger.api.service.service import Service


class Call(NamedTuple):
    """A request for an operation. `given` is its query, of parameters that the operation takes, each once."""

    service: Service
    request: Request
    given: Mapping[str, str]
    token: Token | None

    @property
    def asker(self) -> Asker:
        """Who asks, at whose cost an answer is made."""
        return self.service.asker(self.request)


Handler: TypeAlias = Callable[[Call], Awaitable[ASGIApp]]
"""Answers a call. Raises LedgerError for what becomes a problem."""
