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
    "elderly",
    "soldiers",
    "soldiers_active",
    "soldiers_reserve",
    "conscripts",
    "officers",
    "medics",
    "journalists",
    "fishermen",
    "sailors",
    "political_prisoners",
    "wounded_or_sick",
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
"""Whether a group counts in the deal's own ratio; `none` where nothing is said."""

UnsaidScope: TypeAlias = Literal["inside", "outside"]
"""What it means in an exchange that nobody says whether a group counts in the deal's ratio."""

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

Sentence: TypeAlias = Literal[
    "death",
    "life",
    "long",
    "life_or_long",
    "short",
    "none",
    "pre_trial",
    "administrative",
    "wartime_detention",
    "unknown",
]
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
    "estimate",
    "unknown",
]
"""How sure a source is of its number. `estimate` gives a best, a low and a high by a method, and is no hedge."""

Precision: TypeAlias = Literal[
    "minute", "hour", "day", "week", "month", "season", "year", "before", "after", "interval"
]

DateQualifier: TypeAlias = Literal["uncertain", "approximate", "uncertain_approximate"]
"""EDTF's `?`, `~` and `%`: whether it was then is doubtful; it was about then; both."""

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

Leg: TypeAlias = Literal["captives", "prisoners", "remains", "prisoner_remains"]
"""One direction of a round; `remains` are those of captives."""

Side: TypeAlias = Literal["captives", "prisoners"]
"""Whose: the side of the captives, or the side of the prisoners."""

PartyKind: TypeAlias = Literal[
    "state", "armed_group", "intl_org", "ngo", "agency", "family_forum", "tribe", "religious_body", "person"
]

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

PledgeUnit: TypeAlias = Literal[
    "deal", "day", "extra_day", "captive", "captive_remains", "prisoner", "prisoner_remains"
]
"""What a pledged count is for: the whole deal, each day, each day of an extension, each captive or prisoner,
or the remains of each."""

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
    "captives.deal",
    "captives.nationals",
    "captives.others",
    "captives.outside",
    "captives.unsaid",
    "captives.rescued",
    "captives.escaped",
    "captives.transferred",
    "captives.died",
    "captives.died_free",
    "captives.retaken",
    "captives.freed",
    "captives.nationals_back",
    "captives.remains.held",
    "captives.remains.returned",
    "captives.remains.recovered",
    "captives.remains.back",
    "captives.remains.rejected",
    "captives.remains.unidentified",
    "prisoners.taken",
    "prisoners.held",
    "prisoners.released",
    "prisoners.deal",
    "prisoners.nationals",
    "prisoners.others",
    "prisoners.outside",
    "prisoners.unsaid",
    "prisoners.rescued",
    "prisoners.escaped",
    "prisoners.transferred",
    "prisoners.died",
    "prisoners.died_free",
    "prisoners.retaken",
    "prisoners.freed",
    "prisoners.nationals_back",
    "prisoners.remains.held",
    "prisoners.remains.returned",
    "prisoners.remains.recovered",
    "prisoners.remains.back",
    "prisoners.remains.rejected",
    "prisoners.remains.unidentified",
    "both.released",
    "captives.foreigners",
    "captives.side",
    "remains.returned",
    "remains.recovered",
    "remains.back",
    "remains.given",
    "other",
]
"""Figures that a stated total can be checked against; `other` is kept and never checked. `captives.foreigners`,
`captives.side` and `remains.*` are older names of `captives.others`, `captives.outside`, `captives.remains.*`, and
(`remains.given`) `prisoners.remains.returned`."""
