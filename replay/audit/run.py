"""The audit itself: every check in its order, and what they come to together."""

from collections.abc import Collection, Sequence

from ledger.follow.books import paused_garbage_collection
from ledger.log.ids import ID_LENGTH_MIN, length_of, packed, shared_digits
from replay.audit.checks import claims, conservation, figures, promises, records, rounds, sums
from replay.audit.evidence import Evidence
from replay.audit.findings import Audit, Check, Outcome, Seen, Subject, outcome

CHECKS: Sequence[Check[Evidence]] = (
    Check(
        "integrity",
        "Nothing was changed",
        "Is every record the one that was written, in its place, and is that what was signed at the time?",
        records.integrity,
    ),
    Check(
        "validity",
        "Every event keeps the rules",
        "Does each record keep every rule of its type, and is the type known?",
        records.validity,
    ),
    Check(
        "signatures",
        "Every event is by whom it says",
        "Where the ledger asks that producers sign their events: is each signed, by a key that was to be believed?",
        records.signatures,
    ),
    Check(
        "entered",
        "Who entered the events",
        "By which token, desk or key did the records come in, and how many by each?",
        records.entered,
    ),
    Check(
        "repeats",
        "Every event is there once",
        "Does any event stand in the ledger twice, or one id with two contents?",
        records.repeats,
    ),
    Check(
        "clocks",
        "Recorded times run forwards",
        "Was each record written down after the one that stands before it?",
        records.clocks,
    ),
    Check(
        "views",
        "Every figure follows from the events",
        "Do the events, validated and folded anew, come to the figures that readers are given?",
        figures.views,
    ),
    Check(
        "conservation",
        "Nobody is lost or counted twice",
        "Is every balance the sum of its claims, is everybody who moved in one total of the tally, does every division "
        "of a figure add up to it, and did no more go, on either side, than there were?",
        conservation.conservation,
    ),
    Check(
        "doubles",
        "Nothing is told twice under two names",
        "Do two publishers tell of what may be one thing, alike in kind, round, day and count, without a shared name?",
        claims.doubles,
    ),
    Check(
        "corrections",
        "What was corrected, and by whom",
        "Which claims were superseded, retracted, adopted or disputed, by whom, when and why?",
        claims.corrections,
    ),
    Check(
        "rivals",
        "Where sources differ",
        "Which things do several sources tell differently, and whom does the ledger follow, now and before?",
        claims.rivals,
    ),
    Check(
        "parts",
        "Parts fit into their wholes",
        "Do batches and breakdowns stay within the leg that they divide?",
        sums.parts,
    ),
    Check(
        "stated",
        "What sources state as totals",
        "Does each total that somebody stated agree with what the events give for the same point, and if not, why?",
        sums.stated,
    ),
    Check(
        "promises",
        "Promises and deliveries",
        "Did as many come as the terms and the plans promised, in all and of each category?",
        promises.promises,
    ),
    Check(
        "rounds",
        "Both legs of each round",
        "Which rounds lack a leg, or have their ratio together with others, so that their own ratios say nothing?",
        rounds.rounds,
    ),
    Check(
        "pauses",
        "The clock of each pause",
        "Did each pause start, and end when it was due?",
        promises.pauses,
    ),
    Check(
        "redactions",
        "What was removed, and by whom",
        "Does an event say of each record whose bytes are gone who removed them, and why, and is all of it gone?",
        records.redactions,
    ),
    Check(
        "personal",
        "No personal data",
        "Do any words look like a person's name, telephone number, address, document or whereabouts?",
        records.personal,
    ),
)
"""In the order in which a reader wants to know. Whoever adds one adds it here, and a test that makes it fire."""


def audit(evidence: Evidence, subject: Subject, checks: Sequence[Check[Evidence]] = CHECKS) -> Audit:
    """Every check on what was read. Where the records could not be read, nothing but their integrity is said."""
    if evidence.integrity.readable:
        with paused_garbage_collection():
            outcomes = [outcome(check, evidence) for check in checks]
    else:
        outcomes = [outcome(each, evidence) if each is checks[0] else _unread(each) for each in checks]
    wanted = {event for each in outcomes for found in each.seen.findings for event in found.events}
    places = {event: found[0] for event, found in evidence.records.places(wanted, evidence.books.unbelieved).items()}
    said = ((event, evidence.records.entered_by(position)) for event, position in places.items())
    entered = {event: name for event, name in said if name}
    return Audit(subject, outcomes, places, entered, _id_length(places, evidence))


def _id_length(named: Collection[str], evidence: Evidence) -> int:
    """How much of the ids of the events that findings name tells them from all others."""
    shared = shared_digits([*map(packed, named)], (found for found, _ in evidence.records.ids())) if named else 0
    return max(ID_LENGTH_MIN, length_of(shared + 1))


def _unread(check: Check[Evidence]) -> Outcome:
    seen = Seen("not looked at: the file is damaged, and nothing in it is to be relied on", done=False)
    return Outcome(check.name, check.title, check.asks, seen)
