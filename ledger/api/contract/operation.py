"""What there is to say about an operation."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from pydantic import BaseModel

from ledger.api.access.tokens import Role
from ledger.api.contract.parameters import IN_PATH, IN_QUERY
from ledger.api.handlers.call import Handler
from ledger.api.http.problems import TITLES

Method: TypeAlias = Literal["GET", "POST", "DELETE"]


class Json(NamedTuple):
    """An answer of one kind of object, or of a list of them."""

    model: type[BaseModel]
    is_list: bool = False


class Streamed(NamedTuple):
    """An answer that goes on: what comes in it, by the name under which it comes."""

    kinds: Mapping[str, type[BaseModel]]


class Opaque(NamedTuple):
    """An answer of which nothing more is said here."""

    media_type: str
    type: Literal["string", "object"]


class Operation(NamedTuple):
    """One operation. What its handler says of itself is its summary.

    `needs`: the role that a token must bear; None for what is open to everybody, also where reading is not.
    `query`: the parameters that it takes; None where it looks at none and takes any.
    `patience_s`: how long a request waits at most until the log has been read; None for what answers before that.
    `failures`: how it can fail, besides what follows from the rest of the row.
    `statuses`: what its answers mean, besides 200 with the summary, or in place of that.
    `bodies`: what an answer of a status is, one of these models, where it is not what `answer` says.
    `takes`: what its body is: events, or one object.
    `has_forms`: it can be had as CSV and with its metadata by an ending of the path, too.
    """

    id: str
    path: str
    needs: Role | None
    query: Sequence[str] | None
    answer: Json | Streamed | Opaque
    handler: Handler
    method: Method = "GET"
    patience_s: float | None = 2.0
    failures: Sequence[int] = ()
    statuses: Mapping[int, str] = {}
    bodies: Mapping[int, Sequence[type[BaseModel]]] = {}
    has_forms: bool = False
    takes: Literal["events"] | type[BaseModel] | None = None
    has_example: bool = True

    @property
    def summary(self) -> str:
        """What it is for, in a line."""
        return (self.handler.__doc__ or "").partition("\n")[0]

    @property
    def in_path(self) -> list[str]:
        """The parameters in its path."""
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def meanings(self) -> Mapping[int, str]:
        """What its answers mean, by status."""
        return self.statuses if min(self.statuses, default=300) < 300 else {200: self.summary, **self.statuses}

    def every_failure(self) -> list[int]:
        """The statuses with which it can fail, as everything fails: what `statuses` has is an answer of its own."""
        query = self.query or ()
        follows = {
            304: self.has_forms,
            400: self.query is not None,
            401: self.needs is not None,
            403: self.needs is not None,
            404: bool(self.in_path) or "through" in query,
            410: not {"position", "after", "since"}.isdisjoint(query),
            429: self.patience_s is not None,
            503: self.patience_s is not None,
        }
        follows_from = {status for status, does in follows.items() if does}
        return sorted({*self.failures, *follows_from} - self.meanings.keys())


def check(operations: Sequence[Operation]) -> None:
    """Raise LookupError for what stands twice, is not described, or could never be served."""
    named = (*(each.id for each in operations), *(f"{each.method} {each.path}" for each in operations))
    for name, times in Counter(named).items():
        if times > 1:
            raise LookupError(f"{name} is the operation of {times} rows")
    known = {status for status, _ in TITLES.values()} | {304}
    for each in operations:
        if not each.summary:
            raise LookupError(f"{each.id}: its handler does not say what it is for")
        unknown = ({*each.in_path} - IN_PATH.keys()) | ({*(each.query or ())} - IN_QUERY.keys())
        for wrong in unknown | ({*each.failures} - known) | (each.bodies.keys() - each.meanings.keys()):
            raise LookupError(f"{each.id}: nothing describes {wrong}")
