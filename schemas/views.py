"""What subscribers read: views computed from the log, never written by hand.

A tally carries how many events of its exchange it rests on (`events`) and the last of them (`through`). Nothing else
does: another view would change with every event, though it says the same. So a view is the same bytes on every log
that holds the same events in the same order, whenever it was computed. Where it stands in a particular log is said
beside it, not in it.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Literal, ParamSpec, TypeAlias, TypeVar, cast

import orjson
from pydantic import BaseModel, Field

from schemas.json_bytes import json_bytes
from schemas.values import (
    EventId,
    ExchangeId,
    Moment,
    Occurrence,
    PartyId,
    RoundNumber,
    Source,
    Value,
    left_out_where_sure,
)
from schemas.vocabulary import (
    Category,
    Commitment,
    FigureName,
    Formula,
    Leg,
    Outcome,
    PledgeItem,
    PledgeUnit,
    Qualifier,
    Side,
)

P = ParamSpec("P")
V = TypeVar("V", bound=BaseModel)


class Estimate(Value):
    """A computed figure: the adopted claims' sum, and the range of all claims that stand.

    `best` is null as soon as one of the claims has no best number ("several", "over 130"); `high` is null where nothing
    bounds it. `hedged`: a source behind it hedges ("about 900"). `exact`: low, best and high are one, since every
    adopted claim states its number without hedge, bounds or rival. What is held is counted as recorded, and never
    exact.

    A figure of which nothing is recorded is no estimate but null: nobody said that it is 0.
    """

    best: int | None
    low: int
    high: int | None
    hedged: bool = False
    exact: bool = True


class Ratio(Value):
    """Prisoners per captive. `fraction` is exact and unreduced ("240/81"), so that it shows both legs.

    All are null where the ratio is undefined: an empty or unknown denominator, or a leg not recorded. A
    hedged side leaves no fraction: a hedge never becomes an exact number.
    `low` and `high` divide the ends of the ranges; decimals are rounded to six places. `numerator` and `denominator`
    name the figures that it divides. `hedged`: a source behind one of them hedges; left out where none does.
    """

    fraction: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    numerator: str | None = None
    denominator: str | None = None
    hedged: bool = left_out_where_sure(default=False)


class Ratios(Value):
    """One exchange's or round's ratio of the two sides in three scopes, that of the remains, and that of all returned.

    `deal`: inside the deal's ratio on both sides, credits counted where they count. `nationals`: each side's own
    nationals, dual nationals included, where they are declared. `all`: everyone freed. `returned`: as `nationals`, the
    living and the remains together.
    """

    deal: Ratio
    nationals: Ratio
    all: Ratio
    remains: Ratio
    returned: Ratio


Breakdown: TypeAlias = dict[str, Estimate]


class Dimensions(Value):
    """One figure by each dimension. A person can be in several nationalities, so that one may exceed the sum."""

    category: Breakdown = {}
    nationality: Breakdown = {}
    holder: Breakdown = {}
    destination: Breakdown = {}
    basis: Breakdown = {}
    sentence: Breakdown = {}
    vital: Breakdown = {}


class RemainsFigures(Value):
    """The dead of one side. `held`: recorded dead whose remains are not back; null unless those cover all that are
    back.

    `unidentified`: received, and neither identified nor rejected yet.
    """

    held: Estimate | None
    returned: Estimate | None
    recovered: Estimate | None
    rejected: Estimate | None
    unidentified: Estimate | None
    nationality: Breakdown


class SideFigures(Value):
    """The people of one side, captives or prisoners: how many were taken, let go, and are held. Null is not recorded.

    `held` is everyone not back, alive or dead: of an exchange, never of one round. Of those `released`, `deal` counts
    inside the deal's ratio (credits where they count), `outside` beside it, and `unsaid` are those of whom nobody says
    it; `nationals` and `others` tell the side's declared nationals from the rest. `by` splits `released` by its own
    groups, `holder` being who let them go; `of_which` adds up what breakdowns say of them.
    """

    taken: Estimate | None
    held: Estimate | None
    released: Estimate | None
    deal: Estimate | None
    nationals: Estimate | None
    others: Estimate | None
    outside: Estimate | None
    unsaid: Estimate | None
    credited_in: Estimate | None
    credited_out: Estimate | None
    rescued: Estimate | None
    escaped: Estimate | None
    transferred: Estimate | None
    died: Estimate | None
    died_free: Estimate | None
    retaken: Estimate | None
    remains: RemainsFigures
    by: Dimensions
    of_which: Dimensions


class BothSides(Value):
    """Captives and prisoners together; at least so many where only one side is recorded."""

    released: Estimate | None


class Promise(Value):
    """One item promised by the terms in force, what was delivered of it, and what is outstanding."""

    item: PledgeItem
    promised: Estimate
    delivered: Estimate | None
    outstanding: Estimate | None
    by: list[EventId]


class Tally(Value):
    """The running totals of one exchange, or of all exchanges of a process.

    `incomplete`: the rounds of which one side was let go, and of the other nothing is recorded or a leg is not over, so
    that the ratios divide a whole by a part. `promises` are those of one exchange. `first` and `last` are the days on
    which the first and the last of what counts began, or can have begun at the earliest. Where a source does not know
    such a day, or is not sure of it, `first_stated` and `last_stated` are what it says instead.
    """

    exchange: ExchangeId
    exchanges: list[ExchangeId]
    process: str | None
    title: str | None
    events: int
    through: EventId | None
    first: str | None
    last: str | None
    first_stated: Moment | None = left_out_where_sure()
    last_stated: Moment | None = left_out_where_sure()
    captives: SideFigures
    prisoners: SideFigures
    both: BothSides
    ratios: Ratios
    incomplete: list[RoundNumber]
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


class ClaimCounts(Value):
    """How many claims are filed under a round: those that enter its sums, and all others. `explain` names them."""

    used: int
    left_out: int


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


class JointRatio(Value):
    """The ratio of rounds that one leg joins by settling them, whose own ratios say nothing.

    `living` divides the people inside the deal; `all` adds the remains inside it, and is null where there are none.
    """

    rounds: list[RoundNumber]
    living: Ratio
    all: Ratio | None


class DaysHeld(Value):
    """How long people of one group were held: elapsed days from the taking that they are linked to.

    Range where dates are ranges.
    """

    occurrence: Occurrence
    side: Side
    count: Estimate
    category: Category
    nationality: list[str]
    days: Estimate


class Due(Value):
    """Promised or delivered, in both legs. Null where nothing is said."""

    captives: Estimate | None
    prisoners: Estimate | None


class Round(Value):
    """One scheduled swap: both sides, its ratios, and what was promised. `explain` names the claims behind a figure.

    `promised` is the plan for this round where there is one; else the delayed count; else what the agreed ratio makes
    of the other side. `settled_by` names the leg of another round that paid for this one; `joint` is then the ratio,
    and the round's own are null. `incomplete` names the legs that are not there, or not over; `exceeding`, parts that
    come to more than their whole.
    """

    exchange: ExchangeId
    round: RoundNumber
    captives: SideFigures
    prisoners: SideFigures
    ratios: Ratios
    joint: JointRatio | None
    incomplete: list[Leg]
    promised_ratio: Ratio
    promised: Due
    delivered: Due
    outstanding: Due
    settles: list[RoundNumber]
    settled_by: list[EventId]
    legs: dict[Leg, LegTimes]
    days_held: list[DaysHeld]
    claims: ClaimCounts
    exceeding: list[PartCheck]


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
    currency: str | None
    event: EventId


class TermsView(Value):
    """One set of terms: who offered, agreed or refused, its pledges, and the ratio they imply.

    `confidence` is `exact` for a ratio of exact numbers, `low` for one of hedged numbers, and
    `undefined` where a side is unknown. A `separate` set, or one that movements name, has what was `delivered` of it
    and the `ratio` of that; both are null for any other.
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
    separate: bool
    delivered: Due | None
    ratio: Ratio | None
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


Verdict: TypeAlias = Literal["agrees", "consistent", "not contradicted", "differs", "not compared"]


class StatedTotal(Value):
    """A total that a source stated, against the ledger's own figure as of the same point.

    `difference` is stated less computed; null where either has no best number, or where the two are not compared.
    `verdict` and `rule` say how they compare, or why they do not: the total was corrected, retracted or planned, it
    opens the stock, or the ledger has no claims for it. `agrees` is the verdict in short: false where they differ, null
    where they are not compared.
    """

    exchange: ExchangeId
    figure: FigureName
    label: str | None
    party: PartyId | None
    as_of: str
    stated: Estimate
    computed: Estimate | None
    difference: int | None
    agrees: bool | None
    verdict: Verdict
    rule: str
    adopted: bool
    publisher: str
    event: EventId


class LeftOut(ClaimLeftOut):
    """A claim that enters no sum, with its source. `hedge`: its word where it names no number, left out else."""

    source: Source
    as_stated: str | None
    hedge: Qualifier | None = left_out_where_sure()


class Contribution(Value):
    """What one occurrence adds to a figure, by which claim, by which rule, on whose word.

    `days_held`: how long these people were held, where they are linked to their taking. `hedge`: the word of a source
    that names no number ("several"), left out else.
    """

    occurrence: Occurrence
    sign: int
    count: Estimate
    event: EventId
    rule: str
    source: Source
    as_stated: str | None
    days_held: Estimate | None
    left_out: list[LeftOut]
    hedge: Qualifier | None = left_out_where_sure()


class Explanation(Value):
    """A figure down to its claims: the sum of the contributions is the figure, and nothing else is in it.

    `value` is null where nothing is recorded, or where what is recorded contradicts itself: `notes` say why, and by
    which rule a figure is not the plain sum (deaths beyond those held, a stock that a list opens).
    """

    exchange: ExchangeId
    figure: str
    value: Estimate | None
    contributions: list[Contribution]
    left_out: list[LeftOut]
    notes: list[str]


class ClaimView(Value):
    """One claim. `adopted`: it is the one that counts; `why` says by which rule, or why not."""

    event: EventId
    type: str
    round: RoundNumber | None
    occurred: Moment
    count: Estimate | None
    adopted: bool
    why: str
    source: Source
    as_stated: str | None


class DecisionView(Value):
    """A decision about the claims of an occurrence, or a dispute. `claim` is the one meant, where one is."""

    event: EventId
    type: Literal["claim_adopted", "claim_disputed", "claim_retracted"]
    claim: EventId | None
    why: str
    source: Source


class OccurrenceView(Value):
    """A thing that happened, with all that is said about it. `disputes` are those still open."""

    exchange: ExchangeId
    occurrence: Occurrence
    disputes: int
    claims: list[ClaimView]
    decisions: list[DecisionView]


class Figure(Value):
    """A figure that can be explained, and its value; null where it is not recorded, or not known."""

    figure: str
    value: Estimate | None


class LikelyDouble(Value):
    """Two occurrences that may be one: same type, round, day and count, told by different publishers.

    A notice, since the ledger never merges what nobody said to be one thing.
    """

    exchanges: list[ExchangeId]
    occurrences: list[Occurrence]
    events: list[EventId]
    publishers: list[str]
    type: str
    round: RoundNumber | None
    day: str
    count: Estimate


def unchecked(model: Callable[P, V]) -> Callable[P, V]:
    """Makes views of one type without checking their members, for members that the ledger computed: all, in order.

    Type checkers hold calls to the members of the model as before; a test holds what comes out to the model. A view
    has a dozen parts, and checking them took longer than computing what changed in them.
    """
    kind = cast("type[V]", model)
    fields, new, put = set(kind.model_fields), kind.__new__, object.__setattr__

    def make(*_: P.args, **members: P.kwargs) -> V:
        made = new(kind)
        put(made, "__dict__", members)
        put(made, "__pydantic_fields_set__", fields)
        put(made, "__pydantic_extra__", None)
        put(made, "__pydantic_private__", None)
        return made

    return make


def view_bytes(view: BaseModel) -> bytes:
    """The one way to write a view down: JSON with sorted keys."""
    return json_bytes(view, _members, orjson.OPT_SORT_KEYS)


def _members(part: BaseModel) -> dict[str, Any]:
    """What orjson writes for a model: all that views hold beside models is JSON as it stands."""
    if not (doubts := _doubts(type(part))):
        return part.__dict__
    return {name: value for name, value in part.__dict__.items() if value or name not in doubts}


@cache
def _doubts(model: type[BaseModel]) -> frozenset[str]:
    """What a model leaves out where nobody says it."""
    return frozenset(name for name, field in model.model_fields.items() if field.exclude_if)


def view_digest(body: bytes | None) -> bytes:
    """Sixteen bytes that tell what `view_bytes` wrote from anything else; none for a view that is no more."""
    return b"" if body is None else hashlib.sha256(body).digest()[:16]
