"""Every kind of view of an exchange in one row: all that the program knows of it beyond its fields and its making.

Contracts, the API with its tables and its description, and the digest of a ledger are derived from these rows; how a
kind is made of books stands in `ledger/views.py`. A row that lacks a part, and a row without a maker, end the program
when it starts.
"""

import re
from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple, TypeAlias

from pydantic import BaseModel

from schemas.views import (
    Explanation,
    Figure,
    LikelyDouble,
    OccurrenceView,
    Pause,
    PositionView,
    Round,
    StatedTotal,
    Tally,
    TermsView,
)

Base: TypeAlias = Literal["process", "takings"]
"""`process`: the books of its exchange and of the exchanges of its process. `takings`: besides, those in which people
were taken whom it says were let go."""


class InDigest(NamedTuple):
    """A kind's place among the views of an exchange that its digest is made of, and the member that tells one view
    of the kind from another, where it has several.
    """

    place: int
    key: str | None


class ViewKind(NamedTuple):
    """One kind of view.

    `address`: where it is found below its exchange. `shape`: whether an exchange has one, or any number in a list.
    `rests_on`: what can change it. `digest`: None for what the digest leaves out, since others have it in them already.
    `command`: what shows it on a terminal.
    """

    name: str
    address: str
    model: type[BaseModel]
    shape: Literal["one", "list"]
    rests_on: Base
    digest: InDigest | None
    command: str | None
    summary: str

    @property
    def item(self) -> str | None:
        """What it is asked for by, besides its exchange."""
        found = re.search(r"\{(\w+)\}", self.address)
        return found and found[1]

    @property
    def contract(self) -> str:
        """The name of its JSON Schema: `stated_total`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.model.__name__.removesuffix("View")).lower()


_ONE_ROUND = "One round: legs, ratios, promise, every claim."
_POSITIONS = "Every declared position of the parties, by date."
_STATED = "Every total that a source stated, against the computed one."
_DOUBLES = "Occurrences that may be one thing, which nobody gave a shared name: both count."
_FIGURES = "The figures that can be explained, with their values."

VIEW_KINDS: Mapping[str, ViewKind] = {
    kind.name: kind
    for kind in (
        ViewKind(
            "tally",
            "",
            Tally,
            "one",
            "process",
            InDigest(1, None),
            "tallies",
            "The running totals of an exchange, or of a process.",
        ),
        ViewKind("round", "/rounds/{round}", Round, "one", "process", None, "rounds", _ONE_ROUND),
        ViewKind(
            "rounds", "/rounds", Round, "list", "process", InDigest(2, "round"), "rounds", "Every round of an exchange."
        ),
        ViewKind("terms", "/terms", TermsView, "list", "process", InDigest(4, "terms"), "terms", "Every set of terms."),
        ViewKind("positions", "/positions", PositionView, "list", "process", InDigest(5, "event"), "terms", _POSITIONS),
        ViewKind(
            "pauses", "/pauses", Pause, "list", "process", InDigest(3, "pause"), "pauses", "The clock of every pause."
        ),
        ViewKind("stated", "/stated", StatedTotal, "list", "process", InDigest(6, "event"), "stated", _STATED),
        ViewKind("doubles", "/doubles", LikelyDouble, "list", "process", None, "doubles", _DOUBLES),
        ViewKind(
            "claims", "/claims", OccurrenceView, "list", "process", None, None, "Every claim, and why it counts or not."
        ),
        ViewKind("figures", "/explain", Figure, "list", "process", None, "explain", _FIGURES),
        ViewKind(
            "explanation",
            "/explain/{figure}",
            Explanation,
            "one",
            "takings",
            None,
            "explain",
            "A figure down to its claims.",
        ),
    )
}
"""Every kind of view of one exchange, by name, in the order of the API's description."""


def digested(kinds: Collection[ViewKind]) -> list[tuple[ViewKind, str | None]]:
    """The kinds that make a digest, in their order, each with its key. Raises LookupError for what cannot be one."""
    placed = {kind.digest.place: (kind, kind.digest.key) for kind in kinds if kind.digest is not None}
    if sorted(placed) != [*range(1, sum(kind.digest is not None for kind in kinds) + 1)]:
        raise LookupError(f"the views of a digest have the places {sorted(placed)}")
    for kind, key in placed.values():
        if (key is None) != (kind.shape == "one") or (key is not None and key not in kind.model.model_fields):
            raise LookupError(f"{kind.name}: {key} does not tell one {kind.model.__name__} from another")
    return [placed[place] for place in sorted(placed)]


DIGESTED = digested(VIEW_KINDS.values())
