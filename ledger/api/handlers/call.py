"""What a handler is given."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, TypeAlias

from starlette.requests import Request
from starlette.types import ASGIApp

from ledger.api.access.tokens import Token
from ledger.api.service.service import Service


class Call(NamedTuple):
    """A request for an operation. `given` is its query, of parameters that the operation takes, each once."""

    service: Service
    request: Request
    given: Mapping[str, str]
    token: Token | None

    def spend(self, work: int) -> None:
        """Take work from what the client may ask for. Raises HttpProblem where it has nothing left."""
        self.service.spend(self.request, work)


Handler: TypeAlias = Callable[[Call], Awaitable[ASGIApp]]
"""Answers a call. Raises LedgerError for what becomes a problem."""
