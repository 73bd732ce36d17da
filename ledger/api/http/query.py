"""What a request asks for: which parameters it may bear, up to where the ledger is read, in which form."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

from ledger.api.http.problems import HttpProblem
from ledger.book.cut import WHOLE, Cut
from ledger.errors import UsageError
from ledger.follow.filters import Filter, filter_of
from schemas.record import Frontier

CUTS = ("occurred_by", "published_by", "recorded_by", "through")
AS_OF = (*CUTS, "position")

_POSITION = re.compile(r"\d{1,10}:\d{1,18}(,\d{1,10}:\d{1,18}){0,999}", re.ASCII)
_EVENT_ID = re.compile(r"[0-9a-fA-F][0-9a-fA-F-]{0,35}", re.ASCII)


@dataclass(frozen=True)
class AsOf:
    """Up to where the ledger is read. `texts` are the parameters as they came, in a fixed order."""

    cut: Cut
    position: Frontier | None
    texts: tuple[tuple[str, str], ...]

    @property
    def cut_texts(self) -> dict[str, str]:
        """The parameters besides the position."""
        return {name: text for name, text in self.texts if name != "position"}

    def query(self, position: Frontier) -> str:
        """The parameters that pin this to a position for good."""
        return query_of({**self.cut_texts, "position": str(position)})


def query_of(given: Mapping[str, str]) -> str:
    """Parameters as the query of an address, in which times and positions can be read."""
    return urlencode(given, safe=":,")


def parameters(request: Request, allowed: Collection[str]) -> Mapping[str, str]:
    """The query of a request. Raises HttpProblem for what is not known here, or given twice."""
    items = request.query_params.multi_items()
    names = [name for name, _ in items]
    for name in names:
        if name not in allowed:
            known = ", ".join(allowed) or "none"
            raise HttpProblem("invalid-request", f"there is no parameter {name!r} here; there is {known}")
        if names.count(name) > 1:
            raise HttpProblem("invalid-request", f"{name} is given {names.count(name)} times; give it once")
    return dict(items)


def as_of(given: Mapping[str, str]) -> AsOf:
    """Up to where a request reads. Raises HttpProblem."""
    if not given:
        return NOW
    cuts = [given.get(name) for name in CUTS]
    through = given.get("through")
    if through is not None and not _EVENT_ID.fullmatch(through):
        raise HttpProblem("invalid-request", f"through {through!r}: give an event id, or the first digits of one")
    try:
        cut = Cut.parse(*cuts)
    except UsageError as error:
        raise HttpProblem("invalid-request", str(error).removeprefix("--")) from error
    texts = tuple((name, given[name]) for name in AS_OF if name in given)
    return AsOf(cut, position(given, "position"), texts)


NOW = AsOf(Cut(), None, ())


def position(given: Mapping[str, str], name: str) -> Frontier | None:
    """A position such as `0:41`, or `0:41,1:7` in a log of several partitions. Raises HttpProblem."""
    text = given.get(name)
    if text is None:
        return None
    if not _POSITION.fullmatch(text):
        raise HttpProblem("invalid-request", f"{name} {text[:80]!r}: a position is PARTITION:OFFSET, such as 0:41")
    return Frontier.parse(text)


def filter_in(given: Mapping[str, str], cut: Cut = WHOLE, called: Mapping[str, str] = {}) -> Filter:
    """The events that a request asks for; `called`: parameters that go by another name. Raises HttpProblem."""
    try:
        return filter_of(given, cut, lambda name: called.get(name, name))
    except UsageError as error:
        raise HttpProblem("invalid-request", str(error)) from error


def number(given: Mapping[str, str], name: str, default: int, largest: int) -> int:
    """A whole number from 1. Raises HttpProblem."""
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= largest):
        raise HttpProblem("invalid-request", f"{name} {text[:80]!r}: give a whole number from 1 to {largest:,}")
    return int(text)


def flag(given: Mapping[str, str], name: str) -> bool:
    """`true` or `false`, which it is unless given. Raises HttpProblem."""
    text = given.get(name, "false")
    if text not in ("true", "false"):
        raise HttpProblem("invalid-request", f"{name} {text[:80]!r}: give true or false")
    return text == "true"
