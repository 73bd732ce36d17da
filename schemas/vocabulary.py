"""Controlled terms: the only words that coded fields may hold.

Contested words stay out; a source's own wording goes into `as_stated`.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

Category: TypeAlias = Literal[
    "children",
    "minors",
    "women",
    "men",
    "women_and_children",
    "women_and_minors",
    "women_civilian",
    "women_elderly",
    "women_soldiers",
    "men_civilian",
    "men_over_reserve_age",
    "men_reservists",
    "men_active_soldiers",
    "civilians",
    "police",
    "foreign_worker",
    "dual_national",
    "pow",
    "detainees",
    "remains",
    "mixed",
    "unknown",
]
"""Who a group is, in the words of the deal. The age rule for children and minors is the deal's."""

Vital: TypeAlias = Literal["alive", "remains", "died", "mixed", "unknown"]

RatioScope: TypeAlias = Literal["inside", "outside", "credited_next_round", "none"]
"""Whether a group counts in the deal's own ratio; `none` where no deal applies or nothing is said."""

Basis: TypeAlias = Literal[
    "exchange",
    "side_arrangement",
    "unilateral",
    "humanitarian",
    "rescue",
    "recovery",
    "escape",
    "amnesty",
    "disputed",
    "unknown",
]

Sentence: TypeAlias = Literal["life", "long", "life_or_long", "short", "none", "wartime_detention", "unknown"]
"""A prisoner's legal standing; `wartime_detention` is detention without a sentence during the hostilities."""

Qualifier: TypeAlias = Literal[
    "exact",
    "about",
    "around",
    "roughly",
    "over",
    "well_over",
    "more_than",
    "at_least",
    "up_to",
    "nearly",
    "under",
    "several",
    "numerous",
    "hundreds",
    "unknown",
]

Precision: TypeAlias = Literal[
    "minute", "hour", "day", "week", "month", "season", "year", "before", "after", "interval"
]

SourceKind: TypeAlias = Literal[
    "official_party",
    "mediator",
    "facilitator",
    "un",
    "wire",
    "newspaper",
    "broadcaster",
    "state_media",
    "aggregator",
    "opinion",
    "anonymous",
    "derived",
]
"""Who stands behind the figure: the speaker where one is named, else the publisher.
`derived` marks arithmetic on other claims."""

Anonymity: TypeAlias = Literal["named", "unnamed_official", "close_to_talks", "unknown"]

Reliability: TypeAlias = Literal["A", "B", "C", "D", "E", "F"]
"""The Admiralty letter of the source: A completely reliable ... F cannot be judged."""

Credibility: TypeAlias = Annotated[int, Field(ge=1, le=6)]
"""The Admiralty digit of the information: 1 confirmed ... 6 cannot be judged."""

Status: TypeAlias = Literal["planned", "reported", "claimed_by_side", "confirmed", "failed"]
"""What the source says of its own claim. Superseded, disputed and retracted are said by later events."""

SupersedeReason: TypeAlias = Literal["corrected", "updated"]
"""`corrected`: it was wrong. `updated`: it was true then and is outdated now."""

Dimension: TypeAlias = Literal["batch", "category", "nationality", "holder", "sentence", "destination", "mover"]
"""What a part is a part by. `mover`: the subset that one facilitator moved."""

Leg: TypeAlias = Literal["captives", "prisoners", "remains"]

Side: TypeAlias = Literal["captives", "prisoners"]
"""Whose: the side of the captives, or the side of the prisoners."""

PartyKind: TypeAlias = Literal["state", "armed_group", "intl_org", "ngo", "agency", "family_forum"]

Role: TypeAlias = Literal[
    "holder",
    "detaining_power",
    "mediator",
    "facilitator",
    "conduit",
    "guarantor",
    "host",
    "signatory",
    "claimant",
    "platform",
    "advocate",
    "family_support",
]

Track: TypeAlias = Literal[
    "back_channel",
    "third_party_mediation",
    "confidence_building",
    "public_diplomacy",
    "direct_talks",
]

Formula: TypeAlias = Literal["more_for_more", "all_for_all", "stages", "other"]

Commitment: TypeAlias = Literal["none", "willingness", "conditional", "committed"]

Outcome: TypeAlias = Literal["breakthrough", "progress", "no_breakthrough", "failed", "unknown"]

PledgeItem: TypeAlias = Literal[
    "captives",
    "captive_remains",
    "prisoners",
    "prisoner_remains",
    "pause_hours",
    "aid_trucks",
    "aid",
    "fuel_litres",
    "funds",
    "mechanism",
    "logistics",
]

PledgeUnit: TypeAlias = Literal["deal", "day", "extra_day", "captive", "captive_remains"]
"""What a pledged count is for: the whole deal, each day, each day of an extension,
each captive, or the remains of each captive."""

AidItem: TypeAlias = Literal["trucks", "fuel_litres", "cooking_gas_trucks", "food_tonnes", "other"]

AidStage: TypeAlias = Literal["dispatched", "crossed", "offloaded", "delivered", "unknown"]

RejectionKind: TypeAlias = Literal["wrong_remains", "partial_remains", "samples", "unknown"]

FundsState: TypeAlias = Literal["released", "restricted", "unknown"]

CommentResponse: TypeAlias = Literal["none", "declined", "answered"]

TallyScope: TypeAlias = Literal["exchange", "process"]

FigureName: TypeAlias = Literal[
    "captives.taken",
    "captives.held",
    "captives.released",
    "captives.nationals",
    "captives.foreigners",
    "captives.deal",
    "captives.side",
    "captives.rescued",
    "captives.escaped",
    "captives.died",
    "captives.nationals_back",
    "captives.freed",
    "prisoners.released",
    "remains.returned",
    "remains.recovered",
    "remains.back",
    "remains.given",
    "other",
]
"""Figures that a stated total can be checked against; `other` is kept and never checked."""
