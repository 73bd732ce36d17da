"""What the records are: whole, valid, there once, in the order of time, and free of what they must not hold."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ledger.book.sentences import listed, plural
from ledger.log.ids import unpacked
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding, Seen, Severity
from replay.audit.phrases import duration, sentence
from replay.checkpoints.check import Verified
from schemas.record import Position


def integrity(evidence: Evidence) -> Seen:
    found = evidence.integrity
    if found.checked is None:
        where = "" if found.position is None else str(found.position)
        _, _, what = (found.failure or "").rpartition("the first bad position is ")
        told = f"the first bad position is {what}" if what != found.failure else what
        return Seen("the records are not what was written", [Finding("failure", sentence(told), where)])
    checked = found.checked
    under = f"{checked.covered:,} of them under {plural(checked.checkpoints, 'checkpoint')}"
    trust = ", each signed by a key that you trust" if checked.signed else ""
    looked = f"{plural(checked.records, 'record')}, each in its tree; {under}{trust}"
    return Seen(looked, [Finding("notice", what) for what in _unproved(checked, found.given)])


def _unproved(checked: Verified, given: int) -> Iterator[str]:
    """What this check could not show, for want of something from elsewhere."""
    if not checked.checkpoints:
        yield (
            "No checkpoint was given, and none is inside: this shows that nothing was damaged by accident, and not "
            "that nobody changed anything."
        )
    elif not given:
        yield (
            "All checkpoints came with what was audited: whoever hands it over may have left later ones out. One that "
            "you have from elsewhere shows more."
        )
    if checked.checkpoints and not checked.signed:
        yield "No key was given, so that nobody's signature was checked."
    if checked.checkpoints and checked.covered < checked.records:
        rest = checked.records - checked.covered
        yield f"{plural(rest, 'record is', 'records are')} newer than the last checkpoint: nobody vouches for that."


def validity(evidence: Evidence) -> Seen:
    records = evidence.records
    types = plural(len(records.types), "type")
    rest = [
        (len(records.invalid), "is no event", "are no events"),
        (len(records.unknown), "is not known to this software", "are not known to this software"),
        (len(records.lifted), "was read from an older version", "were read from older versions"),
    ]
    several = listed(f"{number:,} {one if number == 1 else many}" for number, one, many in rest if number)
    looked = f"{plural(records.count, 'record')}: {several or f'all are valid events, of {types}'}"
    severity: Severity = "failure" if evidence.is_validated else "notice"
    what = "is no event any more" if evidence.is_validated else "is no event, and counts in no figure"
    invalid = [
        _of_record(evidence, f"The record {what}: {why}.", position, severity)
        for position, why in sorted(records.invalid.items())
    ]
    newer = "{count} of {kind}, which this software does not know: kept, and in no figure"
    older = "{count} read as {kind}"
    return Seen(looked, [*invalid, *_grouped(records.unknown, newer), *_grouped(records.lifted, older)])


def _of_record(evidence: Evidence, what: str, position: Position, severity: Severity = "notice") -> Finding:
    return Finding(severity, what, str(position), entered_by=evidence.records.entered_by(position))


def _grouped(found: Mapping[Position, str], what: str) -> Iterator[Finding]:
    """One finding for each kind of record, with the first of its positions."""
    kinds: defaultdict[str, list[Position]] = defaultdict(list)
    for position, kind in sorted(found.items()):
        kinds[kind].append(position)
    for kind, positions in sorted(kinds.items()):
        told = what.format(count=plural(len(positions), "event is", "events are"), kind=kind)
        yield Finding("notice", sentence(told), _first_of(positions))


def _first_of(positions: list[Position]) -> str:
    more = f" and {len(positions) - 1:,} more" if len(positions) > 1 else ""
    return f"{positions[0]}{more}"


def signatures(evidence: Evidence) -> Seen:
    """Events that the ledger takes for none, by who signed them: where it asks for signatures at all."""
    found = [
        _of_record(evidence, f"The event is not believed, and counts in no figure: {why}.", position)
        for position, why in sorted(evidence.books.unbelieved.items())
    ]
    events = plural(evidence.records.valid, "event")
    if not evidence.books.asks_for_signatures:
        return Seen(f"{events}: this ledger asks for no signatures", done=False)
    return Seen(f"{events}: " + (f"{len(found):,} not believed" if found else "each is believed"), found)


_ENTERED = {
    "token": "came in by this token of the server",
    "desk": "came from whoever wrote to the log itself under this name, which nobody checked",
    "key": "came from somebody of whom the log says nothing, under this key, as the envelopes say",
}


def entered(evidence: Evidence) -> Seen:
    """Who entered how many of the records, those who entered most first."""
    entrants, records = evidence.records.entrants, plural(evidence.records.count, "record")
    found = [
        Finding("notice", sentence(f"{plural(count, 'record')} {_ENTERED.get(name.split(':')[0], 'came so')}"), name)
        for name, count in sorted(entrants.items(), key=lambda each: (-each[1], each[0]))
    ]
    if not found:
        return Seen(f"{records}: the log says of none who entered it", done=False)
    unsaid = evidence.records.count - entrants.total()
    kinds = Counter(name.split(":")[0] for name in entrants)
    by = listed(plural(kinds[kind], kind) for kind in _ENTERED if kinds[kind])
    return Seen(f"{records}: entered by {by}" + (f"; of {unsaid:,} nobody says so" if unsaid else ""), found)


def repeats(evidence: Evidence) -> Seen:
    found = [
        Finding(
            "notice" if each.is_same else "disagreement",
            f"This event stands in the ledger {len(each.positions)} times with the same bytes, and counts once."
            if each.is_same
            else f"This id stands in the ledger {len(each.positions)} times with different contents; the first counts.",
            ", ".join(map(str, each.positions)),
            (each.id,),
        )
        for each in evidence.repeats
    ]
    believed = evidence.records.valid - len(evidence.books.unbelieved)
    distinct = believed - sum(len(each.positions) - 1 for each in evidence.repeats)
    looked = f"{plural(distinct, 'id')}: " + (f"{len(found):,} more than once" if found else "each stands there once")
    return Seen(looked, found)


def clocks(evidence: Evidence) -> Seen:
    backwards = evidence.records.backwards
    found = [
        _of_record(evidence, f"Recorded {duration(by)} before the record that stands before it.", position)
        for position, by in sorted(backwards.items())
    ]
    looked = f"{plural(evidence.records.count, 'recorded time')}: "
    return Seen(looked + (f"{len(found):,} run backwards" if found else "none runs backwards"), found)


def redactions(evidence: Evidence) -> Seen:
    """What was removed from the ledger: each with who says so, and nothing of it left."""
    records = evidence.records
    gone = set(records.redacted.values())
    told = {event.event for event in records.told.values()}
    found = [
        Finding(
            "failure",
            "The bytes of this record are gone, and no event says who removed them and why.",
            str(at),
            (event,),
        )
        for at, event in sorted(records.redacted.items())
        if event not in told
    ]
    for event in sorted(told):
        places = evidence.records.places({event}, ()).get(event, [])
        kept = [place for place in places if place not in records.redacted]
        what = "This event is said to be redacted, and its bytes are still there: `ledger redact` completes it."
        found += [Finding("failure", what, ", ".join(map(str, kept)), (event,))] if kept else []
    for at, said in sorted(records.told.items()):
        when, absent = said.occurred.at, "" if said.event in gone else " It is not in this ledger."
        what = f"{said.source.publisher} removed event {said.event} on {when}.{absent}"
        found.append(Finding("notice", what, str(at), (said.id,), reason=said.why))
    looked = f"{plural(records.count, 'record')}: {plural(len(records.redacted), 'is', 'are')} redacted"
    return Seen(looked if records.redacted else f"{plural(records.count, 'record')}: none is redacted", found)


def personal(evidence: Evidence) -> Seen:
    looks = _sorted(evidence.records.personal)
    at = {position for position, _, _ in looks}
    ids = {position: unpacked(found) for found, position in evidence.records.ids() if position in at} if at else {}
    told = "The words in `{}` look like {}: a ledger of groups holds none, and `ledger redact` removes them."
    found = [Finding("notice", told.format(name, kind), str(place), (ids[place],)) for place, name, kind in looks]
    looked = f"the words of {plural(evidence.records.valid, 'event')}: "
    return Seen(looked + (f"{len(found):,} look personal" if found else "none look personal"), found)


def _sorted(found: Iterable[tuple[Position, str, str]]) -> list[tuple[Position, str, str]]:
    return sorted(set(found))
