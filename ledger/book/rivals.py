"""Claims beside each other: the range that rivals leave, whether they tell of the same, and many weighed one by one.

docs/uncertainty.md has the rules.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from ledger.book.balances import Entry, bounds, hedged, hedges, is_number, summed
from ledger.book.claims import OF_ONE, Claim, figure_of, grouped, instant_of, once, posted_alike, stands_alone
from ledger.book.transfers import Account, AccountKey

Reach: TypeAlias = tuple[int, int | None]
"""From where to where a number reaches beside its rivals; None is no end."""


class Range:
    """The adopted claim's entries, their range stretched to what rivals say, one after the other.

    A rival that tells of the same groups is compared group by group, any other by its sum.
    """

    def __init__(self, adopted: Claim) -> None:
        self._adopted, self._own = adopted, adopted.amount
        groups = _groups(adopted)
        self._groups = groups if len(groups) > 1 else {}
        self._of_groups: dict[object, Reach | None] = dict.fromkeys(self._groups)
        self._of_sum: Reach | None = None

    def add(self, rival: Claim) -> None:
        its = _groups(rival) if self._groups else {}
        if self._groups and its.keys() == self._groups.keys():
            for group, own in self._groups.items():
                self._of_groups[group] = _further(own, self._of_groups[group], its[group])
        else:
            self._of_sum = _further(self._own, self._of_sum, rival.amount)

    def entries(self) -> tuple[Entry, ...] | None:
        """The entries that count in place of the claim's own; None where no rival differs."""
        entries = own = once(self._adopted)
        if self._groups:
            entries = tuple(_stretched(each, self._of_groups[group]) for group, each in self._groups.items())
        if self._of_sum is not None:
            _, low, high = bounds(summed(entries))
            top = None if high is None or self._of_sum[1] is None else max(high, self._of_sum[1])
            reach = min(low, self._of_sum[0]), top
            entries = entries if reach == (low, high) else stretched(entries, *reach)
        return None if entries == own else posted_alike(self._adopted, entries)


def spanning(adopted: Claim, rivals: Iterable[Claim]) -> tuple[Entry, ...] | None:
    """The entries of an adopted claim beside all its rivals; None where none of them differs."""
    range = Range(adopted)
    for rival in rivals:
        if rival is not adopted:
            range.add(rival)
    return range.entries()


def reaching(own: Entry, rivals: Iterable[Entry]) -> Reach | None:
    """From where to where a number reaches beside its rivals; None where they leave its own bounds."""
    reach: Reach | None = None
    for rival in rivals:
        reach = _further(own, reach, rival)
    return None if reach == bounds(own)[1:] else reach


def _further(own: Entry, reach: Reach | None, rival: Entry) -> Reach | None:
    """How far a number reaches with one rival more.

    One that states no number moves nothing, and neither does one that is open at an end and agrees.
    """
    if not is_number(rival) or _agrees(own, rival):
        return reach
    low, high = bounds(own)[1:] if reach is None else reach
    _, rival_low, rival_high = bounds(rival)
    return min(low, rival_low), None if high is None or rival_high is None else max(high, rival_high)


def _stretched(own: Entry, reach: Reach | None) -> Entry:
    best, *ends = bounds(own)
    return own if reach is None or reach == (*ends,) else hedged(best, *reach, hedges(own))


def _groups(claim: Claim) -> dict[object, Entry]:
    """The entry of each group by what is said of it; empty where two groups are told alike."""
    listed = [((*account[:6], *account[7:]), entry) for account, entry in grouped(claim, claim.entries)]
    found: dict[object, Entry] = {(claim.balances[0].round, account): entry for account, entry in listed}
    return found if len(found) == len(listed) else {}


def contradicts(adopted: Claim, rival: Claim) -> bool:
    """Whether a claim that states a number tells of another kind of thing, of another round, or of other people.

    Those are other people who can be of no group of which the other claim tells.
    """
    if not rival.states_a_number:
        return False
    if rival.counts != adopted.counts:
        return True
    rounds = {adopted.round, rival.round} - {None}
    ours, theirs = ([account for account, _ in grouped(each, each.entries)] for each in (adopted, rival))
    return len(rounds) > 1 or not (_fit(ours, theirs) and _fit(theirs, ours))


def _fit(several: Iterable[AccountKey], others: Iterable[AccountKey]) -> bool:
    return all(any(fits(each, other) for other in others) for each in several)


def fits(one: AccountKey, other: AccountKey) -> bool:
    """Whether people of one account can be of another: nothing that both say of them differs, but for who held them."""
    if one == other:
        return True
    ours, theirs = Account._make(one), Account._make(other)
    said = ((getattr(ours, name), getattr(theirs, name)) for name in TOLD)
    return ours.move == theirs.move and all(a == b for a, b in said if a not in VAGUE and b not in VAGUE)


TOLD = ("scope", "nationality", "category", "destination", "basis", "sentence", "vital", "terms")
"""What is said of a group beside how many it is, and who held it."""
VAGUE = ("none", "unknown", "mixed", (), None)
"""What says nothing of a group."""


def _agrees(own: Entry, rival: Entry) -> bool:
    """Whether a rival that is open at an end says nothing against the adopted number."""
    best, low, high = bounds(own)
    rival_best, rival_low, rival_high = bounds(rival)
    if rival_best is not None or (rival_high is not None and rival_low > 0):
        return False
    if best is not None:
        low = high = best
    return (rival_high is None or low <= rival_high) and (high is None or rival_low <= high)


def stretched(entries: Sequence[Entry], low: int, high: int | None) -> tuple[Entry, ...]:
    """Entries whose sum reaches from `low` to `high`, wider than it did: the largest entries carry the difference."""
    _, own_low, own_high = bounds(summed(entries))
    below, is_open = own_low - low, high is None and own_high is not None
    above = 0 if high is None or own_high is None else high - own_high
    spread = list(entries)
    for index in sorted(range(len(spread)), key=lambda index: -bounds(spread[index])[1]):
        best, part_low, part_high = bounds(spread[index])
        taken = min(below, part_low)
        reach = None if is_open or part_high is None else part_high + above
        spread[index] = hedged(best, part_low - taken, reach, hedges(spread[index]))
        below, above, is_open = below - taken, 0, False
        if not below:
            break
    return tuple(spread)


# -- many claims -------------------------------------------------------------------------------


class Contest:
    """Claims of one side on one occurrence that need no more than to be weighed: what comes to them is weighed alone.

    None of them corrects another, is a part, or did not happen, and nobody has decided on them: `can_add`. The claim
    that counts is the one that `judge` finds, and so is its range.
    """

    def __init__(self) -> None:
        self.claims: list[Claim] = []
        self.adopted: Claim | None = None
        self.is_contradicted = False
        self._weight: tuple[Any, ...] | None = None
        self._firsts: dict[object, tuple[str, int]] = {}
        self._origins: dict[object, set[str]] = {}
        self._earliest: tuple[str, int] | None = None
        self._confirmed: tuple[str, int] | None = None
        self._range: Range | None = None

    def can_add(self, claim: Claim) -> bool:
        """Whether a claim needs no more than to be weighed."""
        if claim.counts_nothing or (self.claims and claim.side != self.claims[0].side):
            return False
        return claim.extra is None or (stands_alone(claim) and claim.extra.part is None)

    def add(self, claim: Claim) -> None:
        self.claims.append(claim)
        adopted = self.claims[self._weighed(claim)]
        if adopted is self.adopted:
            self._rival(claim)
            return
        self.adopted, self._range, self.is_contradicted = adopted, Range(adopted), False
        for each in self.claims:
            if each is not adopted:
                self._rival(each)

    def entries(self) -> tuple[Entry, ...] | None:
        """The entries that count in place of the adopted claim's own; None where they are these."""
        return None if self._range is None else self._range.entries()

    def _weighed(self, claim: Claim) -> int:
        """The place of the claim that counts."""
        weight = tuple(rank([claim], {})[0] for _, rank in OF_ONE)
        if self._weight is None or weight < self._weight:
            self._weight, self._earliest, self._confirmed = weight, None, None
            self._firsts.clear()
            self._origins.clear()
        if weight == self._weight:
            figure, this = figure_of(claim), (instant_of(claim.published), len(self.claims) - 1)
            first = self._firsts[figure] = min(this, self._firsts.get(figure, this))
            origins = self._origins.setdefault(figure, set())
            origins.add(claim.voice.origin)
            self._earliest = min(this, self._earliest or this)
            if len(origins) > 1:
                self._confirmed = min(first, self._confirmed or first)
        place = self._confirmed or self._earliest
        assert place is not None
        return place[1]

    def _rival(self, claim: Claim) -> None:
        assert self.adopted is not None
        assert self._range is not None
        if claim.type == self.adopted.type:
            self._range.add(claim)
        self.is_contradicted = self.is_contradicted or contradicts(self.adopted, claim)
