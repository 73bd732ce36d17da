"""Which claim counts: the claims that stand on an occurrence, and the one that is adopted.

The rule, in order: an explicit `claim_adopted` decision; else a claim that states a number, the better credibility
(1-6), the better reliability (A-F), the natural authority for that kind of movement, a figure with two independent
origins, the earliest published, the earliest recorded. Only a claim that stands can be adopted, and a plan never is.
docs/uncertainty.md has the rules with examples.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

from ledger.book.balances import Balance, Entry, bounds, entry, hedges, is_number, summed
from ledger.book.keys import Key, id_of, name_of, number_of
from ledger.book.transfers import TWICE, AccountKey
from schemas.events import AnyEvent, ClaimAdopted, ClaimDisputed, ClaimRetracted
from schemas.kinds import KINDS, types_of
from schemas.values import Moment, Part, Taking

if TYPE_CHECKING:  # what is kept of an occurrence beside its claims
    from ledger.book.filing import Filing
    from ledger.book.rivals import Contest

AnyDecision: TypeAlias = ClaimAdopted | ClaimDisputed | ClaimRetracted

DECISIONS = types_of("decision")
_NONE: Mapping[int, int | None] = {}

SOLE = "the only claim that stands"
"""The rule by which a claim without rivals counts."""
STRAYED = "not about the same side: it needs an occurrence of its own to count"
"""Why a claim is left out that shares an occurrence with people of the other side."""


class Extra(msgspec.Struct, frozen=True, gc=False):
    """What few claims have. `event` is there for facts that a view reads whole, since they never add up.

    `replaces` is the number of the claim that it supersedes; `taken`, the takings that each group links to;
    `to_itself`, the party that is said to give people to itself.
    """

    status: str
    replaces: int | None
    reason: str | None
    part: Part | None
    settles: tuple[int, ...]
    event: AnyEvent | None
    taken: tuple[tuple[Taking, ...], ...] = ()
    to_itself: str | None = None


class Weight(NamedTuple):
    """What a claim weighs by itself. There are few different ones, and claims share them."""

    credibility: int
    reliability: str
    has_authority: bool


class Voice(NamedTuple):
    """Who published a claim, and with whom its figures come from."""

    publisher: str
    origin: str


@lru_cache(maxsize=1024)
def weight_of(credibility: int, reliability: str, has_authority: bool) -> Weight:
    """The one weight of its kind that all claims share."""
    return Weight(credibility, reliability, has_authority)


@lru_cache(maxsize=65_536)
def voice_of(publisher: str, origin: str) -> Voice:
    """The one voice of its kind that all claims share."""
    return Voice(publisher, origin)


class Claim(msgspec.Struct, frozen=True, gc=False):
    """What the fold keeps of an event: what it would post to which balances, and what it weighs.

    A ledger holds millions, so equal parts are shared between claims and nothing else of the event stays. Most claims
    post to one balance: that is `balance`, and `posted` its entry. For all others `posted` holds each balance followed
    by its entry, flat.
    """

    number: int
    type: str
    round: int | None
    occurred: Moment
    weight: Weight
    published: str
    voice: Voice
    balance: Balance | None
    posted: Any
    extra: Extra | None

    @property
    def id(self) -> str:
        return id_of(self.number)

    @property
    def publisher(self) -> str:
        return self.voice.publisher

    @property
    def postings(self) -> tuple[Any, ...]:
        """Each balance followed by its entry."""
        posted: tuple[Any, ...] = self.posted if self.balance is None else (self.balance, self.posted)
        return posted

    @property
    def balances(self) -> tuple[Balance, ...]:
        return self.posted[::2] if self.balance is None else (self.balance,)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.posted[1::2] if self.balance is None else (self.posted,)

    @property
    def counts_nothing(self) -> bool:
        """Whether it posts to no balance."""
        return self.balance is None and not self.posted

    @property
    def side(self) -> str:
        """The side whose people it counts; empty where it counts nobody."""
        return "" if self.counts_nothing else self.postings[0].account[0]

    @property
    def counts(self) -> tuple[str, str, str]:
        """What it counts: its type, the side, and of remains that are identified whether they are back or rejected.

        A part counts the same as its whole.
        """
        outcome = self.postings[0].account[1] if self.type in TWICE and not self.counts_nothing else ""
        return self.type, self.side, outcome

    @property
    def replaces(self) -> int | None:
        """The number of the claim that it supersedes."""
        return None if self.extra is None else self.extra.replaces

    @property
    def supersedes(self) -> str | None:
        """The id of the claim that it supersedes."""
        return None if self.replaces is None else id_of(self.replaces)

    @property
    def part(self) -> Part | None:
        return None if self.extra is None else self.extra.part

    @property
    def settles(self) -> tuple[int, ...]:
        return () if self.extra is None else self.extra.settles

    @property
    def event(self) -> AnyEvent | None:
        return None if self.extra is None else self.extra.event

    @property
    def is_barred(self) -> bool:
        """Whether the claim's own status keeps it from counting: it did not happen, or is only planned."""
        return self.extra is not None and is_barred(self.extra.status, self.type)

    @property
    def amount(self) -> Entry:
        """What the claim counts in all, as one entry; 0 for one that counts nothing."""
        return summed(once(self))

    @property
    def stated(self) -> Entry | None:
        """What the claim counts, or says of what it does not count itself; None for one that states no count."""
        if not self.counts_nothing:
            return self.amount
        count = getattr(self.event, "count", None)
        return None if count is None else entry(count)

    @property
    def states_a_number(self) -> bool:
        """Whether a claim says any number, and not only "several" or "unknown"."""
        stated = self.stated
        return stated is not None and is_number(stated)

    @property
    def opens_a_stock(self) -> bool:
        """Whether it is a stated stock from which a side can be counted."""
        return self.event is not None and self.event.type == "tally_stated" and self.event.opening


def is_barred(status: str, kind: str) -> bool:
    """Whether a claim of this status never counts: it did not happen, or is only planned."""
    return status == "failed" or (status == "planned" and not KINDS[kind].plans)


class Occurrence(msgspec.Struct, gc=False):
    """A thing that happened: all claims about it, decisions on them, and the claim that is adopted.

    `replaced` stands for the adopted claim's entries where rivals stretch their range (`is_contested`), or where parts
    tell what the claim does not. `filing`: what it is to the view of its round (`ledger.book.filing`).
    `contest`: many claims that were weighed one by one.
    """

    name: Key
    claims: tuple[Claim, ...] = ()
    decisions: tuple[AnyDecision, ...] = ()
    adopted: Claim | None = None
    replaced: tuple[Entry, ...] | None = None
    is_contested: bool = False
    disputes: int = 0
    filing: "Filing | None" = None
    contest: "Contest | None" = None

    @property
    def key(self) -> str:
        """Its name, for everyone but the books."""
        return name_of(self.name)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What this occurrence has added to the balances of its adopted claim."""
        if self.replaced is not None:
            return self.replaced
        return () if self.adopted is None else self.adopted.entries

    @property
    def part_by(self) -> str:
        """The dimension of which it is a part; empty for what is no part."""
        leading = self.leading
        return "" if leading is None or leading.part is None else leading.part.by

    @property
    def amount(self) -> Entry:
        """What this occurrence counts in all, its range as rivals leave it; 0 where none of its claims counts."""
        return summed(() if self.adopted is None else once(self.adopted, self.entries))

    @property
    def posted(self) -> Iterable[tuple[Balance, Entry]]:
        """What this occurrence has added to which balances."""
        return () if self.adopted is None else zip(self.adopted.balances, self.entries, strict=True)

    @property
    def leading(self) -> Claim | None:
        """The claim under which the occurrence is filed: the adopted one, else the first."""
        return self.adopted or next(iter(self.claims), None)


class Judgement(NamedTuple):
    """The verdict on one occurrence: the claim adopted and by which rule, and why each other one is not.

    `strayed`: claims that stand, and are about the other side than the adopted one. They are no rivals, and nowhere
    counted. `replaced_by`: by its number, the claim that replaces another.
    """

    adopted: Claim | None
    rule: str
    eligible: Sequence[Claim]
    left_out: Sequence[tuple[Claim, str]]
    disputes: int
    strayed: Sequence[Claim] = ()
    replaced_by: Mapping[int, Claim] = {}


def judge(occurrence: Occurrence, withheld: Mapping[int, int | None] = _NONE) -> Judgement:
    """Weigh all claims on an occurrence. The order in which they came decides nothing but ties.

    `withheld` holds the events about it that exist and that the present cut does not know: for each, what it
    supersedes. A claim that counts nothing (a statement, a part of something) is no rival to one that does.
    """
    if len(occurrence.claims) == 1 and not (occurrence.decisions or withheld) and stands_alone(occurrence.claims[0]):
        return Judgement(occurrence.claims[0], SOLE, occurrence.claims, (), 0)
    decisions = _in_force(occurrence.decisions)
    retracted = {number_of(each.claim): each.why for each in decisions if each.type == "claim_retracted"}
    known = {claim.number: claim for claim in occurrence.claims}
    replaced_by = _replacements(occurrence.claims, retracted, withheld)
    eligible: list[Claim] = []
    left_out: list[tuple[Claim, str]] = []
    for claim in occurrence.claims:
        why = _bar(claim, retracted, replaced_by, known, withheld)
        if why:
            left_out.append((claim, why))
        else:
            eligible.append(claim)
    counting = [claim for claim in eligible if not claim.counts_nothing and claim.part is None]
    if counting:
        left_out += [(each, "counts nothing here") for each in eligible if each.counts_nothing or each.part is not None]
        eligible = counting
    if len(eligible) > 1:
        places = {claim.number: place for place, claim in enumerate(occurrence.claims)}
        began = {claim.number: _began(claim, known, retracted, withheld) for claim in eligible}
        eligible.sort(key=lambda claim: places[began[claim.number].number])
    else:
        began = {}
    adopted, rule, lost = _adopt(eligible, decisions, replaced_by, began)
    strayed = [] if adopted is None else [claim for claim in eligible if claim.side != adopted.side]
    if strayed:
        left_out += [(claim, STRAYED) for claim in strayed]
        eligible = [claim for claim in eligible if adopted is not None and claim.side == adopted.side]
        adopted, rule, lost = _adopt(eligible, decisions, replaced_by, began)
    left_out += [(claim, f"not adopted: {lost.get(claim.number, rule)}") for claim in eligible if claim is not adopted]
    disputes = _open_disputes(decisions, retracted)
    return Judgement(adopted, rule, eligible, left_out, disputes, strayed, replaced_by)


def stands_alone(claim: Claim) -> bool:
    """Whether a claim without rivals, as nearly all are, counts without further ado."""
    return claim.extra is None or not (claim.replaces is not None or claim.is_barred)


def _replacements(
    claims: Iterable[Claim], retracted: Container[int], withheld: Mapping[int, int | None]
) -> Mapping[int, Claim]:
    """The claim that replaces each id. Through a correction that was itself retracted, or that the cut does not know,
    the next one of the chain replaces what it replaced."""
    gone = {**withheld, **{claim.number: claim.replaces for claim in claims if claim.number in retracted}}
    replaced_by: dict[int, Claim] = {}
    for claim in claims:
        target = None if claim.number in retracted else claim.replaces
        while target is not None and target not in replaced_by:
            replaced_by[target] = claim
            target = gone.get(target)
    return replaced_by


def _began(
    claim: Claim, known: Mapping[int, Claim], retracted: Container[int], withheld: Mapping[int, int | None]
) -> Claim:
    """The claim with which a chain of corrections began, of those that are known and not retracted.

    Its date and its place in the log are the correction's: whoever corrects himself does not go to the end of the line.
    """
    first, target, seen = claim, claim.replaces, {claim.number}
    while target is not None and target not in seen:
        seen.add(target)
        replaced = known.get(target)
        if replaced is not None and target not in retracted:
            first = replaced
        target = withheld.get(target) if replaced is None else replaced.replaces
    return first


def _in_force(decisions: Sequence[AnyDecision]) -> list[AnyDecision]:
    """Decisions that no later decision in force retracts, in order."""
    void: set[str] = set()
    standing: list[AnyDecision] = []
    for event in reversed(decisions):
        if event.id in void:
            continue
        if event.type == "claim_retracted":
            void.add(event.claim)
        standing.append(event)
    return standing[::-1]


def _bar(
    claim: Claim,
    retracted: Mapping[int, str],
    replaced_by: Mapping[int, Claim],
    known: Container[int],
    withheld: Container[int],
) -> str:
    """Why a claim cannot be adopted; empty where it can."""
    if claim.number in retracted:
        return f"retracted: {retracted[claim.number]}"
    if claim.number in replaced_by:
        successor = replaced_by[claim.number]
        return f"{successor.extra.reason if successor.extra else 'superseded'} by {successor.id}"
    if claim.is_barred:
        failed = claim.extra is not None and claim.extra.status == "failed"
        return "reported, and did not happen" if failed else "a plan, not a delivery"
    if claim.replaces is not None and claim.replaces not in known and claim.replaces not in withheld:
        return f"supersedes {claim.supersedes}, which this occurrence does not have"
    return ""


def _adopt(
    eligible: Sequence[Claim],
    decisions: Sequence[AnyDecision],
    replaced_by: Mapping[int, Claim],
    began: Mapping[int, Claim],
) -> tuple[Claim | None, str, Mapping[int, str]]:
    """The claim that counts, by which rule, and the rules by which rivals lost, where those differ."""
    decided = next((each for each in reversed(decisions) if each.type == "claim_adopted"), None)
    if decided is not None and decided.claim is None:
        return None, f"decided that none counts: {decided.why}", {}
    if decided is not None and decided.claim is not None:
        chosen = _latest(number_of(decided.claim), replaced_by)
        for claim in eligible:
            if claim.number == chosen:
                return claim, f"decided: {decided.why}", {}
    if not eligible:
        return None, "no claim stands", {}
    if len(eligible) == 1:
        return eligible[0], SOLE, {}
    return _by_rule(eligible, began)


def _by_rule(claims: Sequence[Claim], began: Mapping[int, Claim]) -> tuple[Claim, str, Mapping[int, str]]:
    """The best of several claims, by the first rule that leaves only one of them, and the rule by which each lost."""
    lost: dict[int, str] = {}
    for rule, rank in _RULES:
        ranks = rank(claims, began)
        best = min(ranks)
        if ranks.count(best) == len(ranks):
            continue
        lost.update((claim.number, rule) for claim, each in zip(claims, ranks, strict=True) if each != best)
        claims = [claim for claim, each in zip(claims, ranks, strict=True) if each == best]
        if len(claims) == 1:
            return claims[0], rule, lost
    return claims[0], "the earliest recorded", lost


def _latest(claim: int, replaced_by: Mapping[int, Claim]) -> int:
    """The end of the chain of corrections that starts at a claim."""
    seen = {claim}
    while claim in replaced_by and (claim := replaced_by[claim].number) not in seen:
        seen.add(claim)
    return claim


def _lacking_origins(claims: Sequence[Claim], began: Mapping[int, Claim]) -> list[bool]:
    """Which figures do not come from two independent origins. Re-posts of one origin add no weight."""
    figures = [*map(figure_of, claims)]
    origins = {(figure, claim.voice.origin) for figure, claim in zip(figures, claims, strict=True)}
    found = Counter(figure for figure, _ in origins)
    return [found[figure] < 2 for figure in figures]


def figure_of(claim: Claim) -> object:
    """What a claim says, for others that say the same."""
    return claim.type, bounds(claim.amount), hedges(claim.amount) > 0


def instant_of(published: str) -> str:
    """A publication date that sorts by time: in UTC where it bears an offset, else at the start of its day."""
    if "T" not in published:
        return published
    return datetime.fromisoformat(published).astimezone(UTC).isoformat()


Rank: TypeAlias = Callable[[Sequence[Claim], Mapping[int, Claim]], list[Any]]
_RULES: Sequence[tuple[str, Rank]] = (
    ("a number is better than none", lambda claims, _: [not claim.states_a_number for claim in claims]),
    ("the better credibility", lambda claims, _: [claim.weight.credibility for claim in claims]),
    ("the better reliability", lambda claims, _: [claim.weight.reliability for claim in claims]),
    ("the natural authority for this movement", lambda claims, _: [not claim.weight.has_authority for claim in claims]),
    ("two independent origins", _lacking_origins),
    ("the earliest published", lambda claims, began: [instant_of(began[claim.number].published) for claim in claims]),
)
"""Each rule by its name, and how it ranks claims: smaller is better."""
OF_ONE = _RULES[:4]
"""Those that rank each claim by itself; the others compare those that these leave."""

AUTHORITIES = frozenset({"official_party", "facilitator", "un"})
"""The kinds of source that can have natural authority."""


def has_natural_authority(event: AnyEvent) -> bool:
    """Whether this source is the one to know: who let them go, who received them, or who was there."""
    source, authority = event.source, KINDS[event.type].authority
    if source.kind in ("un", "facilitator"):
        return authority in ("releaser", "neutral")
    if source.kind != "official_party" or source.speaks_for is None:
        return False
    if authority == "releaser":
        return bool(source.speaks_for == getattr(event, "by", None))
    return authority == "receiver" and bool(source.speaks_for == getattr(event, "to", None))


def _open_disputes(decisions: Sequence[AnyDecision], retracted: Container[int]) -> int:
    """Disputes since the last adoption, but for those of claims that were retracted."""
    count = 0
    for each in decisions:
        if each.type == "claim_adopted":
            count = 0
        elif each.type == "claim_disputed" and (each.claim is None or number_of(each.claim) not in retracted):
            count += 1
    return count


# -- groups ------------------------------------------------------------------------------------


def once(claim: Claim, entries: tuple[Entry, ...] | None = None) -> tuple[Entry, ...]:
    """The entries of a claim's groups, each once: its own, or those that count in their place."""
    posted = claim.entries if entries is None else entries
    return posted[: len(posted) // 2] if claim.type in TWICE else posted


def grouped(claim: Claim, entries: tuple[Entry, ...]) -> Iterator[tuple[AccountKey, Entry]]:
    """Each group of a claim once: its account, and its entry of these that are posted."""
    return zip((balance.account for balance in claim.balances), once(claim, entries), strict=False)


def posted_alike(claim: Claim, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Entries of a claim's groups as it posts them."""
    return entries * 2 if claim.type in TWICE else entries
