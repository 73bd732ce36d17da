"""What was planned, put off, called off, and what was counted in another round."""

from typing import Literal

from schemas.envelope import Envelope
from schemas.values import Count, Moment, Occurrence, Prose, RoundNumber
from schemas.vocabulary import Category, Leg, RatioScope, Side


class ReleasePlanned(Envelope):
    """A list or a plan for one leg of a round. A plan never moves anybody."""

    type: Literal["release_planned"] = "release_planned"
    version: Literal[1] = 1
    leg: Leg
    count: Count
    category: Category = "unknown"
    planned_for: Moment | None = None


class ReleaseDelayed(Envelope):
    """A leg did not happen when it was due. `count` is how many were due, where known."""

    type: Literal["release_delayed"] = "release_delayed"
    version: Literal[1] = 1
    leg: Leg
    count: Count | None = None
    category: Category = "unknown"
    until: Moment | None = None
    cause: Prose | None = None


class ReleaseCancelled(Envelope):
    """A planned leg was called off. `plan` is the occurrence of the plan."""

    type: Literal["release_cancelled"] = "release_cancelled"
    version: Literal[1] = 1
    leg: Leg
    plan: Occurrence | None = None
    cause: Prose | None = None


class CountCredited(Envelope):
    """People freed in one round count in another round's ratio. Nobody moves; the deal's count does."""

    type: Literal["count_credited"] = "count_credited"
    version: Literal[1] = 1
    side: Side = "captives"
    count: Count
    from_round: RoundNumber
    to_round: RoundNumber
    from_scope: RatioScope = "credited_next_round"
    credits: Occurrence | None = None
