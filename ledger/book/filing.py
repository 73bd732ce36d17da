"""What the occurrences of an exchange are to the views of its rounds, kept up to date without looking at all of them.

Each occurrence is filed under the round of its adopted claim, else of its first. The files are opened when somebody
first asks for a view of a round: a replay that nobody asks keeps none.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, cast
from weakref import WeakMethod

from ledger.book.balances import Balance, Entry, bounds, estimate_of
from ledger.book.claims import Claim, Occurrence
from ledger.book.cut import Cut
from ledger.book.flows import EVER
from ledger.book.transfers import MOVING
from schemas.kinds import KINDS
from schemas.values import Moment, Part, span_of
from schemas.views import PartCheck
from schemas.vocabulary import Leg, Side

REMAINS_LEGS: Mapping[str, Leg] = {"captives": "remains", "prisoners": "prisoner_remains"}
"""The leg by which the dead of each side come back."""
_PLANS = ("release_planned", "release_delayed")

Group = tuple[tuple[str, str, str], str]
"""Parts of one whole that add up: by what they count (`Claim.counts`), and dimension."""


class PartOf(NamedTuple):
    """Of what an occurrence is a part, with which others, how many it counts, and at the least beside its rivals."""

    whole: str
    group: Group
    amount: Entry
    low: int


class Filing(NamedTuple):
    """What an occurrence is to the view of its round."""

    key: str
    round: int | None
    claims: int
    adopted: Claim | None
    part: PartOf | None

    @property
    def is_used(self) -> bool:
        """Whether it enters a sum."""
        return self.adopted is not None and not uncounted(self.adopted)


def filing_of(occurrence: Occurrence) -> Filing:
    claim = occurrence.adopted
    part = None if claim is None else claim.part
    return Filing(
        occurrence.key,
        None if occurrence.leading is None else occurrence.leading.round,
        len(occurrence.claims),
        claim,
        None if claim is None or part is None else _part_of(claim, part, bounds(occurrence.amount)[1]),
    )


def _part_of(claim: Claim, part: Part, low: int) -> PartOf:
    return PartOf(part.of, (claim.counts, part.by), claim.amount, low)


class Times:
    """The first and the last of some moments, of which each can be taken back."""

    def __init__(self) -> None:
        self._counts: Counter[Moment] = Counter()
        self._ends: tuple[Moment, Moment] | None = None

    def add(self, moment: Moment, sign: int) -> None:
        self._counts[moment] += sign
        if not self._counts[moment]:
            del self._counts[moment]
            if self._ends is not None and moment in self._ends:
                self._ends = None
        elif self._ends is not None:
            self._ends = _ends((*self._ends, moment))

    def ends(self) -> tuple[Moment, Moment] | None:
        """The first and the last; None where there are none."""
        if self._ends is None and self._counts:
            self._ends = _ends(self._counts)
        return self._ends


def _ends(moments: "Sequence[Moment] | Counter[Moment]") -> tuple[Moment, Moment]:
    return min(moments, key=_start), max(moments, key=_start)


def _start(moment: Moment) -> tuple[datetime, str, str, str, str, str]:
    """When a moment begins. Those that begin together have an order too: else the first to come would stand."""
    doubts = moment.qualifier or "", moment.until_qualifier or ""
    return span_of(moment).start or EVER, moment.at, moment.precision, moment.until or "", *doubts


class RoundFiling:
    """What is filed under one round. `plans`, `linked` and `unfinished` hold the keys of few occurrences.

    `linked` are releases whose people are linked to their taking; `unfinished`, legs inside which the cut falls.
    """

    def __init__(self) -> None:
        self.claims = 0
        self.used = 0
        self.legs: defaultdict[Leg, Times] = defaultdict(Times)
        self.settles: Counter[int] = Counter()
        self.plans: dict[str, None] = {}
        self.linked: dict[str, None] = {}
        self.unfinished: Counter[Leg] = Counter()
        self.exceeding: dict[str, list[PartCheck]] = {}

    def add(self, filing: Filing, sign: int, cut: Cut) -> None:
        self.claims += sign * filing.claims
        self.used += sign * filing.is_used
        claim = filing.adopted
        if claim is None:
            return
        leg = leg_of(claim)
        if leg is not None:
            self.legs[leg].add(claim.occurred, sign)
            if not cut.covers(claim):
                self.unfinished[leg] += sign
        if claim.type in _PLANS:
            _keep(self.plans, filing.key, sign)
        if claim.extra is not None:
            self.settles.update(dict.fromkeys(claim.extra.settles, sign))
            if claim.extra.taken and claim.part is None:
                _keep(self.linked, filing.key, sign)


def _keep(keys: dict[str, None], key: str, sign: int) -> None:
    if sign > 0:
        keys[key] = None
    else:
        keys.pop(key, None)


class Filed:
    """What is filed under each round of an exchange, and what parts of wholes come to."""

    def __init__(self, cut: Cut, named: Callable[[str], Occurrence | None]) -> None:
        self._cut, self._named = cut, WeakMethod(named)  # books go when nobody needs them, without the collector
        self._rounds: defaultdict[int | None, RoundFiling] = defaultdict(RoundFiling)
        self._parts: dict[str, dict[Group, Parts]] = {}
        self._failing: dict[str, int | None] = {}
        self._unjudged: dict[str, None] = {}

    def change(self, before: Filing | None, after: Filing) -> None:
        """Take in that an occurrence is another to its round than before."""
        if before is not None:
            self._add(before, -1)
        self._add(after, 1)

    def of(self, round: int | None) -> RoundFiling:
        """What is filed under a round. It holds until the next event."""
        for key in self._unjudged:
            self._judge(key)
        self._unjudged.clear()
        return self._rounds.get(round) or RoundFiling()

    def rounds(self) -> list[int]:
        """The rounds under which any claim is filed."""
        return [number for number, filed in self._rounds.items() if number is not None and filed.claims]

    def unfinished(self) -> set[int]:
        """The rounds of which a leg counts that is not over, since some of its batches are."""
        return {n for n, filed in self._rounds.items() if n is not None and filed.unfinished.total()}

    def parts(self, key: str, whole: Claim) -> dict[str, "Parts"]:
        """What the adopted parts of a whole come to, by the dimension in which they divide it."""
        groups = self._parts.get(key, {})
        return {by: groups[counts, by] for counts, by in sorted(groups) if counts == whole.counts}

    def _add(self, filing: Filing, sign: int) -> None:
        self._rounds[filing.round].add(filing, sign, self._cut)
        if filing.part is not None:
            groups = self._parts.setdefault(filing.part.whole, {})
            groups.setdefault(filing.part.group, Parts()).add(filing.key, filing.part, sign)
            if not groups[filing.part.group]:
                del groups[filing.part.group]
            self._unjudged[filing.part.whole] = None
        if filing.key in self._parts:
            self._unjudged[filing.key] = None

    def _judge(self, key: str) -> None:
        """Keep in mind which parts of a whole exceed it, in the round of the whole."""
        if key in self._failing:
            self._rounds[self._failing.pop(key)].exceeding.pop(key, None)
        named = self._named()
        assert named is not None
        whole = named(key)
        failing = [] if whole is None else [check for check in part_checks(self, whole) if not check.agrees]
        if whole is not None and failing:
            round = self._failing[key] = None if whole.leading is None else whole.leading.round
            self._rounds[round].exceeding[key] = failing


class Parts:
    """Parts of one whole that add up. Movers may overlap, so that the greatest of them stands for all."""

    def __init__(self) -> None:
        self._sum = Balance()
        self._low = 0
        self._movers: dict[str, PartOf] = {}

    def __bool__(self) -> bool:
        return self._sum.postings > 0

    def add(self, key: str, part: PartOf, sign: int) -> None:
        self._sum.add(part.amount, sign)
        self._low += sign * part.low
        if part.group[1] == "mover":
            if sign > 0:
                self._movers[key] = part
            else:
                self._movers.pop(key, None)

    def amount(self) -> Entry:
        """What they come to."""
        movers = (part.amount for part in self._movers.values())
        return max(movers, key=lambda each: bounds(each)[1], default=self._sum.entry())

    def low(self) -> int:
        """How many there are at the least."""
        return max((part.low for part in self._movers.values()), default=self._low)


def part_checks(filed: Filed, whole: Occurrence) -> Iterator[PartCheck]:
    """What the adopted parts of a whole add up to in each dimension, against it.

    Parts may fall short of the whole (a subset, an incomplete breakdown), never exceed it.
    """
    divided = {} if whole.leading is None else filed.parts(whole.key, whole.leading)
    total = None if whole.adopted is None else estimate_of(whole.adopted.amount)
    for by, parts in divided.items():
        told = estimate_of(parts.amount())
        exceeds = total is not None and total.high is not None and told.low > total.high
        agrees = total is not None and not exceeds
        yield PartCheck(occurrence=whole.key, by=by, whole=total, parts=told, agrees=agrees)


# -- what a claim is to a round ----------------------------------------------------------------


def leg_of(claim: Claim) -> Leg | None:
    """The leg that a claim is of: people of one side let go, or their remains back. A part is of none."""
    move = KINDS[claim.type].move
    if claim.part is not None or not claim.side:
        return None
    side = cast("Side", claim.side)
    if move == "released":
        return side
    return REMAINS_LEGS[side] if move in ("returned", "recovered") or claim.type == "remains_identified" else None


def uncounted(claim: Claim) -> str:
    """Why an adopted claim enters no sum by its nature; empty where it does."""
    if claim.part is not None:
        return f"a part of {claim.part.of} by {claim.part.by}: checked against it, never added"
    if claim.type == "tally_stated":
        return "a stated total: checked against the computed one, never added"
    if claim.type not in MOVING:
        return "moves nobody"
    return ""
