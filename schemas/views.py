"""What subscribers read: views computed from the log, never written by hand.

A tally carries how many events of its exchange it rests on (`events`) and the last of them (`through`). Nothing else
does: another view would change with every event, though it says the same. So a view is the same bytes on every log
that holds the same events in the same order, whenever it was computed. Where it stands in a particular log is said
beside it, not in it.
"""

import hashlib
from typing import Annotated, TypeAlias

import orjson
from pydantic import BaseModel, Field

from schemas.values import EventId, ExchangeId, Moment, Occurrence, PartyId, RoundNumber, Source, Value
from schemas.vocabulary import Category, Commitment, FigureName, Formula, Leg, Outcome, PledgeItem, PledgeUnit


class Estimate(Value):
    """A computed figure: the adopted claims' sum, and the range of all claims that stand.

    `best` is null as soon as one of the claims has no best number ("several", "over 130"); `high` is
    null where nothing bounds it. `exact` is false as soon as one of the adopted claims is hedged ("about 900").
    """

    best: int | None
    low: int
    high: int | None
    exact: bool = True


class Ratio(Value):
    """Prisoners per captive. `fraction` is exact and unreduced ("240/81"), so that it shows both legs.

    All are null where the ratio is undefined: an empty or unknown denominator, or a leg not recorded. A
    hedged side leaves no fraction: a hedge never becomes an exact number.
    `low` and `high` divide the ends of the ranges; decimals are rounded to six places.
    """

    fraction: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None


class Ratios(Value):
    """One exchange's or round's ratio in its three scopes, and that of the remains.

    `deal`: inside the deal's ratio, credits counted where they count. `nationals`: everyone of the deal's own
    nationality, dual nationals included. `all`: everyone freed.
    """

    deal: Ratio
    nationals: Ratio
    all: Ratio
    remains: Ratio


Breakdown: TypeAlias = dict[str, Estimate]


class Dimensions(Value):
    """One figure by each dimension. A person can be in several nationalities, so that one may exceed the sum."""

    category: Breakdown = {}
    nationality: Breakdown = {}
    holder: Breakdown = {}
    basis: Breakdown = {}
    sentence: Breakdown = {}
    destination: Breakdown = {}


class CaptivesTally(Value):
    """`held` is everyone not back, alive or dead; null where no claim of the scope says who was taken."""

    taken: Estimate
    held: Estimate | None
    released: Estimate
    nationals: Estimate | None
    foreigners: Estimate | None
    deal: Estimate
    rescued: Estimate
    escaped: Estimate
    died: Estimate
    by: Dimensions
    of_which: Dimensions


class PrisonersTally(Value):
    """`by` splits the legs by their own groups; `of_which` adds up what breakdowns say of them."""

    released: Estimate
    by: Dimensions
    of_which: Dimensions


class RemainsTally(Value):
    """Remains of captives `returned` and `recovered`, together `back`.

    `given` is the prisoners' side's dead handed over. `held` is null while more have come back than deaths were
    recorded.
    """

    returned: Estimate
    recovered: Estimate
    back: Estimate
    held: Estimate | None
    given: Estimate
    rejected: Estimate
    nationality: Breakdown


class Promise(Value):
    """One item promised by the terms in force, what was delivered of it, and what is outstanding."""

    item: PledgeItem
    promised: Estimate
    delivered: Estimate | None
    outstanding: Estimate | None
    by: list[EventId]


class Tally(Value):
    """The running totals of one exchange, or of all exchanges of a process."""

    exchange: ExchangeId
    exchanges: list[ExchangeId]
    process: str | None
    title: str | None
    events: int
    through: EventId | None
    first: str | None
    last: str | None
    captives: CaptivesTally
    prisoners: PrisonersTally
    remains: RemainsTally
    ratios: Ratios
    promises: list[Promise]
    aid: Breakdown
    funds: Breakdown
    pause_hours: float | None
    disputes_open: int
    contested: int
    unknown: dict[str, int]


class LegTimes(Value):
    """The first and the last moment of one leg's adopted claims."""

    first: Moment
    last: Moment


class ClaimUsed(Value):
    """A claim that a figure rests on, and why it is the one that counts."""

    occurrence: Occurrence
    event: EventId
    count: Estimate
    rule: str


class ClaimLeftOut(Value):
    """A claim that enters no sum, and why."""

    occurrence: Occurrence
    event: EventId
    count: Estimate | None
    why: str


class PartCheck(Value):
    """Parts of a leg against the leg: they must not exceed it, and a full breakdown adds up to it."""

    occurrence: Occurrence
    by: str
    whole: Estimate | None
    parts: Estimate
    agrees: bool


class RoundCaptives(Value):
    """The captives of one round in three scopes. `deal` holds the credits; nobody moves by a credit."""

    deal: Estimate
    nationals: Estimate | None
    all: Estimate
    credited_in: Estimate
    credited_out: Estimate


class RoundRemains(Value):
    """`captives`: remains of captives handed over in this round; `prisoners`: of the other side."""

    captives: Estimate
    nationals: Estimate | None
    prisoners: Estimate


class Due(Value):
    """Promised or delivered, in both legs. Null where nothing is said."""

    captives: Estimate | None
    prisoners: Estimate | None


class Round(Value):
    """One scheduled swap: both legs, its ratios, what was promised, and every claim it rests on.

    `promised` is the plan for this round where there is one; else the delayed count; else what the agreed
    ratio makes of the captives delivered. `settled_by` names the leg of another round that paid for this one.
    """

    exchange: ExchangeId
    round: RoundNumber
    captives: RoundCaptives
    prisoners: Estimate
    remains: RoundRemains
    ratios: Ratios
    promised_ratio: Ratio
    promised: Due
    delivered: Due
    outstanding: Due
    settles: list[RoundNumber]
    settled_by: list[EventId]
    legs: dict[Leg, LegTimes]
    used: list[ClaimUsed]
    left_out: list[ClaimLeftOut]
    parts: list[PartCheck]


class Extension(Value):
    hours: int
    announced: Moment
    effective: Moment | None
    event: EventId


class Pause(Value):
    """The clock of one pause. `ends` is when it is due to end; `calm_hours` counts from start to end."""

    exchange: ExchangeId
    pause: Occurrence
    started: Moment | None
    planned_hours: int | None
    extensions: list[Extension]
    extended_hours: int
    ends: Moment | None
    ended: Moment | None
    calm_hours: float | None
    violations: int
    events: list[EventId]


class PledgeView(Value):
    item: PledgeItem
    per: PledgeUnit
    category: Category
    count: Estimate
    exact: bool
    event: EventId


class TermsView(Value):
    """One set of terms: who offered, agreed or refused, its pledges, and the ratio they imply.

    `confidence` is `exact` for a ratio of exact numbers, `low` for one of hedged numbers, and
    `undefined` where a side is unknown.
    """

    exchange: ExchangeId
    terms: Occurrence
    status: Annotated[str, Field(pattern="^(proposed|agreed|refused)$")]
    at: Moment
    proposer: PartyId | None
    refused_by: list[PartyId]
    pledges: list[PledgeView]
    categories: list[Category]
    outcome: Outcome
    implied_ratio: Ratio
    confidence: Annotated[str, Field(pattern="^(exact|low|undefined)$")]
    events: list[EventId]


class PositionView(Value):
    """A party's position on a topic, from its date until the next one or its own end."""

    exchange: ExchangeId
    party: PartyId
    topic: str
    formula: Formula | None
    commitment: Commitment | None
    conditions: list[str]
    position: str | None
    since: Moment
    until: Moment | None
    latest: bool
    publisher: str
    event: EventId


class StatedTotal(Value):
    """A total that a source stated, against the ledger's own figure as of the same point.

    `difference` is stated less computed; null where either has no best number, or where the ledger
    cannot compute what was counted.
    """

    exchange: ExchangeId
    figure: FigureName
    label: str | None
    as_of: str
    stated: Estimate
    computed: Estimate | None
    difference: int | None
    agrees: bool | None
    adopted: bool
    publisher: str
    event: EventId


class LeftOut(ClaimLeftOut):
    """A claim that enters no sum, with its source."""

    source: Source
    as_stated: str | None


class Contribution(Value):
    """What one occurrence adds to a figure, by which claim, by which rule, on whose word."""

    occurrence: Occurrence
    sign: int
    count: Estimate
    event: EventId
    rule: str
    source: Source
    as_stated: str | None
    left_out: list[LeftOut]


class Explanation(Value):
    """A figure down to its claims: the sum of the contributions is the figure, and nothing else is in it."""

    exchange: ExchangeId
    figure: str
    value: Estimate
    contributions: list[Contribution]
    left_out: list[LeftOut]


def view_bytes(view: BaseModel) -> bytes:
    """The one way to write a view down: JSON with sorted keys."""
    return orjson.dumps(view.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)


def view_digest(body: bytes | None) -> bytes:
    """Sixteen bytes that tell what `view_bytes` wrote from anything else; none for a view that is no more."""
    return b"" if body is None else hashlib.blake2b(body, digest_size=16).digest()
