"""What each field means, in one line: the words of the published schemas and of docs/events.md.

By class and field. A field that a class inherits has the words of the class that declares it, unless the
class has words of its own.
"""

from collections.abc import Mapping

from pydantic import BaseModel

_WHOSE_PEOPLE = "Whose people they are: the captives' side's, or the prisoners' side's."
_WHOSE_DEAD = "Whose dead they are: captives, or the prisoners' side's."

MEANINGS: Mapping[str, Mapping[str, str]] = {
    "Envelope": {
        "type": "The type of event: what happened.",
        "version": "The version of the type's shape. Always written; where it is absent, it is 1.",
        "id": "The event's own id, a UUID that never changes. The same id with other bytes is a conflict.",
        "exchange": "The deal that the claim is about, such as `IL-HAMAS-2023-11`.",
        "round": "The round of the deal, numbered by the deal and not by the date. Absent outside all rounds.",
        "occurrence": "The thing that happened. Claims with the same occurrence are never added to each other.",
        "occurred": "When it happened, no more precisely than the source knows.",
        "source": "Who says so.",
        "status": "What the source says of its own claim: only a plan, a report, a side's word, confirmed, or failed.",
        "supersedes": "The id of the earlier claim that this one replaces.",
        "reason": "Why it replaces it: that claim was wrong (`corrected`), or is outdated (`updated`).",
        "as_stated": "The source's own words.",
        "note": "A remark of whoever entered the claim.",
    },
    "Movement": {
        "groups": "The people who moved, split into groups. Together they are the whole batch.",
        "by": "The party that moved them: the holder, the detaining power, the rescuers.",
        "to": "The party that received them.",
        "facilitators": "The parties that carried out the handover, such as `icrc`.",
        "part": "The occurrence that this claim describes only a part of.",
        "settles": "The rounds that this leg pays for, where it came late.",
        "terms": "The set of terms that it carries out, where several stand beside each other.",
        "region": "Where, no more precisely than a region.",
    },
    "CaptivesDied": {"remains_held": "Whether the holders keep the remains."},
    "PrisonersDied": {"remains_held": "Whether the detaining power keeps the remains."},
    "PeopleRetaken": {"side": _WHOSE_PEOPLE},
    "PeopleTransferred": {"side": _WHOSE_PEOPLE},
    "PeopleDiedFree": {"side": _WHOSE_PEOPLE},
    "RemainsReturned": {"side": _WHOSE_DEAD},
    "RemainsRecovered": {"side": _WHOSE_DEAD},
    "RemainsReceived": {"side": "Whose dead they are said to be."},
    "RemainsIdentified": {
        "side": "Whose dead they were said to be.",
        "matched": "True where they are this side's dead, false where they were found not to be.",
        "received": "The occurrence of the handover in which they were received.",
    },
    "HandoverRejected": {
        "side": "Whose dead they were said to be.",
        "kind": "What was handed over instead.",
    },
    "ReleasePlanned": {
        "leg": "The leg of the round that the plan is for.",
        "count": "How many are to be released.",
        "category": "Who they are.",
        "planned_for": "When it is due.",
    },
    "ReleaseDelayed": {
        "leg": "The leg that did not happen.",
        "count": "How many were due.",
        "category": "Who they are.",
        "until": "When it is due now.",
        "cause": "Why, in words.",
    },
    "ReleaseCancelled": {
        "leg": "The leg that was called off.",
        "plan": "The occurrence of the plan that was called off.",
        "cause": "Why, in words.",
    },
    "CountCredited": {
        "side": "The side whose people are credited.",
        "count": "How many people's count moves.",
        "from_round": "The round in which they were freed.",
        "to_round": "The round in whose ratio they count.",
        "from_scope": "How the round in which they were freed counted them.",
        "credits": "The occurrence of the release that is credited.",
    },
    "PauseEvent": {"pause": "The name of the pause, shared by all its events."},
    "PauseStarted": {"hours": "How long it is planned to last. Absent: open-ended."},
    "PauseExtended": {
        "hours": "The hours that are added.",
        "effective": "When the added time begins, which can be days after the announcement.",
    },
    "PauseEnded": {"cause": "Why, in words."},
    "PauseViolated": {
        "by": "The party that is said to have broken it.",
        "alleged_by": "The party that says so.",
        "what": "What is alleged, in words.",
    },
    "MeetingHeld": {
        "participants": "The parties that took part.",
        "venue": "Where: a city, or a building that is public knowledge.",
        "convener": "The party that called the meeting.",
        "track": "The kind of diplomacy.",
        "indirect": "True where messages were carried between parties that did not meet.",
        "outcome": "What came of it, in the source's judgement.",
        "topic": "What it was about, in words.",
    },
    "Terms": {
        "terms": "The name of the set of terms, shared by all statements about it.",
        "pledges": "What is promised. A parameter that is still open has an unknown count.",
        "proposer": "The party that made the offer.",
        "parties": "The parties that the terms bind.",
        "categories": "The categories of people that the terms name.",
        "separate": "Whether the set stands beside the others, with people of its own, and amends none of them.",
    },
    "TermsProposed": {"outcome": "How the offer fared, in the source's judgement."},
    "TermsRefused": {"refused_by": "The party that refused."},
    "PositionDeclared": {
        "party": "Whose position it is.",
        "topic": "What it is about. The latest position per party and topic is in force.",
        "formula": "The formula that the party insists on.",
        "commitment": "How firmly the party has committed itself.",
        "conditions": "What the party makes a condition.",
        "position": "The position in words.",
        "until": "When the position ends, where it was limited in time.",
    },
    "CommentSought": {"party": "Who was asked.", "response": "What came back."},
    "AidDelivered": {
        "item": "What kind of aid.",
        "amount": "How much, in the unit that the item names.",
        "stage": "How far it got. Stages of the same aid are never added to each other.",
        "by": "The party that delivered it.",
        "area": "Where it went, no more precisely than a region.",
    },
    "AidSuspended": {
        "by": "The party that stopped it.",
        "area": "Where it was meant to go.",
        "cause": "Why, in words.",
    },
    "FundsReleased": {
        "amount": "How much, in whole units of the currency.",
        "currency": "An ISO 4217 code, such as `USD`.",
        "by": "The party that released the money.",
        "to": "The party that it is for.",
        "state": "Whether it can be spent freely.",
    },
    "TallyStated": {
        "figure": "The figure of the ledger that the total can be checked against.",
        "count": "The total as it was stated.",
        "scope": "Whether it is a total of this exchange, or of all exchanges of its process.",
        "party": "The one holder or facilitator that the total is about.",
        "label": "What was counted, where `figure` is `other`.",
        "opening": "Whether counting starts from this stock, such as a list of prisoners at a date.",
    },
    "Decision": {"occurrence": "The occurrence that the decision is about."},
    "ClaimAdopted": {
        "claim": "The id of the claim that counts from now on; null where none does.",
        "why": "The grounds, in words.",
    },
    "ClaimDisputed": {
        "claim": "The id of the disputed claim. Absent where the whole occurrence is disputed.",
        "by": "The party that disputes it.",
        "why": "The grounds, in words.",
    },
    "EventRedacted": {
        "event": "The id of the event whose bytes were removed.",
        "why": "The grounds, in words for the public.",
    },
    "ClaimRetracted": {
        "claim": "The id of the claim or decision that should never have been entered.",
        "why": "The grounds, in words.",
    },
    "ExchangeOpened": {
        "title": "The name of the deal.",
        "process": "The talks that the deal belongs to, written as an exchange id: `IL-HAMAS`.",
        "nationals": "The captives' side's own nationalities. Where neither side's are said, that ratio is unknown.",
        "prisoner_nationals": "The prisoners' side's own nationalities.",
        "unsaid_scope": "What it means here that nobody says whether a group counts in the deal's ratio.",
        "follows": "The exchange that this one continues.",
        "external_ids": "What other datasets call the exchange.",
    },
    "PartyRegistered": {
        "party": "The party's id, used wherever an event names it.",
        "name": "The party's name.",
        "kind": "What kind of party it is.",
        "roles": "What it does in this exchange.",
        "external_ids": "What other datasets call the party.",
    },
    "KeyRevoked": {
        "key": "The key, by its owner's name and its id: `example.org/feed+1f4a2f0c`.",
        "why": "The grounds, in words.",
    },
    "Count": {
        "best": "The number that the source states. Absent for a bound and where no number is stated.",
        "low": "At least so many.",
        "high": "At most so many.",
        "qualifier": "How sure the source is of the number: the hedge that it uses, or `estimate`.",
    },
    "Amount": {},
    "Moment": {
        "at": "The date or time, written as the precision asks.",
        "precision": "How precisely it is known.",
        "until": "The end of an interval.",
        "qualifier": "How unsure the source is of it: uncertain (`?` in EDTF), approximate (`~`), or both (`%`).",
        "until_qualifier": "The same of the end of an interval.",
    },
    "Source": {
        "publisher": "Who published it.",
        "kind": "Who stands behind the figure: the speaker where one is named, else the publisher.",
        "url": "Where it can be read. Kept as text and never fetched.",
        "archived": "Where an archived copy of it can be read. Kept as text and never fetched.",
        "sha256": "The SHA-256 of the bytes that were read, which `ledger source check FILE` compares with a file.",
        "speaker": "Who is quoted: an office or a description. No names of captives.",
        "speaks_for": "The party that the speaker speaks for.",
        "anonymity": "How far the speaker is named.",
        "published": "The date of publication, or the time with its offset.",
        "reliability": "The Admiralty letter of the source, from A (completely) to F (cannot be judged).",
        "credibility": "The Admiralty digit of the information, from 1 (confirmed) to 6 (cannot be judged).",
        "origin": "Where the figure first came from. Re-posts of one agency text share it and are one source.",
    },
    "Group": {
        "count": "How many people.",
        "category": "Who they are, in the words of the deal.",
        "nationality": "Their nationality, or several for people who hold several.",
        "vital": "Whether they are alive.",
        "ratio_scope": "Whether they count in the deal's own ratio.",
        "basis": "By what arrangement they moved.",
        "holder": "The party that held them, where it is another than `by`.",
        "destination": "Where they went, as a party or region id.",
        "sentence": "A prisoner's legal standing.",
        "taken": "How they were taken, so that their days in captivity can be counted.",
    },
    "ExternalIds": {
        "wikidata": "Its item in Wikidata, such as `Q42`.",
        "ucdp": "Its number in the Uppsala Conflict Data Program, such as `234`.",
        "acled": "Its id or short name in the Armed Conflict Location & Event Data, such as `ISR1234`.",
    },
    "Taking": {
        "occurrence": "The occurrence in which they were taken.",
        "exchange": "The exchange of that occurrence, where it is another than the event's own.",
    },
    "Part": {"of": "The occurrence that the claim is a part of.", "by": "What it is a part by."},
    "Pledge": {
        "item": "What is promised.",
        "count": "How much or how many; unknown where it is still open.",
        "per": "What the count is for: the whole deal, a day, a captive.",
        "category": "Who it is about.",
        "currency": "The currency of promised money: an ISO 4217 code, such as `USD`.",
        "as_stated": "The source's own words.",
    },
}


SCALARS: Mapping[str, str] = {
    "EventId": "A UUID in its canonical lower-case form.",
    "ExchangeId": "The id of a deal or of a process, such as `IL-HAMAS-2023-11`.",
    "Occurrence": "The name of a thing that happened, a set of terms or a pause, such as `2023-11-24.captives`.",
    "PartyId": "The id of a party, topic or place, such as `hamas` or `icrc`.",
    "RoundNumber": "The number that the deal gives to a round.",
    "Hours": "Whole hours.",
    "Currency": "An ISO 4217 code, such as `USD`.",
    "Nationality": 'An ISO 3166-1 alpha-3 code, such as `THA`; `XXX` where a source says no more than "foreign".',
    "Name": "A short name.",
    "Text": "Words for people, never parsed.",
    "Prose": "Words for people that no figure and no view depends on.",
    "HttpsUrl": "A link that is kept as text and never fetched.",
    "Sha256": "A SHA-256 as `sha256sum` prints it.",
    "WikidataId": "The id of an item of Wikidata.",
    "UcdpId": "A number of the Uppsala Conflict Data Program.",
    "AcledId": "An id of the Armed Conflict Location & Event Data, without spaces.",
    "Published": "A date (`2023-11-28`), or a time with its offset (`2023-11-28T21:15+00:00`).",
    "Credibility": "The Admiralty digit of the information: 1 confirmed ... 6 cannot be judged.",
}


def meaning(model: type[BaseModel], field: str) -> str:
    """What `field` of `model` means. Raises LookupError where nobody has written it down yet."""
    for declared in model.__mro__:
        words = MEANINGS.get(declared.__name__, {})
        if field in words:
            return words[field]
    raise LookupError(f"say in schemas/contracts/meanings.py what {model.__name__}.{field} means")
