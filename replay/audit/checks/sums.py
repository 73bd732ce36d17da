"""Sums: parts against their wholes, and totals that sources state against those that the events give."""

from ledger.book.projection import Book
from ledger.book.rounds import part_checks
from ledger.cli.render import estimate
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding, Seen
from replay.audit.reasons import Reasons
from replay.audit.words import about, counted, figure, listed, who
from schemas.views import PartCheck, StatedTotal


def parts(evidence: Evidence) -> Seen:
    """Batches against their leg, and breakdowns against their total: they may fall short, and must not exceed."""
    checked, found = 0, list[Finding]()
    for exchange in evidence.reading.exchanges():
        book = evidence.reading.book(exchange)
        for key in book.wholes():
            whole = book.named(key)
            if whole is None:
                ids = tuple(claim.id for each in book.parts_of(key) for claim in each.claims)
                what = f"Claims call themselves parts of {key}, of which nothing is recorded."
                found.append(Finding("notice", what, exchange, ids))
                continue
            checks = part_checks(book, [whole])
            checked += len(checks)
            where = about(exchange, whole)
            found += [_exceeding(book, each, where) for each in checks if not each.agrees]
    looked = f"{counted(checked, 'breakdown')} of a leg"
    return Seen(f"{looked}: none exceeds it" if not found else looked, found)


def _exceeding(book: Book, check: PartCheck, where: str) -> Finding:
    claims = [each.adopted for each in book.parts_of(check.occurrence) if each.adopted is not None]
    ids = tuple(claim.id for claim in claims if claim.part is not None and claim.part.by == check.by)
    if check.whole is None:
        what = f"The parts by {check.by} come to {estimate(check.parts)}; no claim counts as their whole."
        return Finding("notice", what, where, ids)
    what = f"The parts by {check.by} come to {estimate(check.parts)}, more than the whole: {estimate(check.whole)}."
    return Finding("disagreement", what, where, ids)


# -- stated totals -----------------------------------------------------------------------------


def stated(evidence: Evidence) -> Seen:
    counts = {True: 0, False: 0, None: 0}
    found = list[Finding]()
    for exchange in evidence.reading.exchanges():
        totals = evidence.reading.stated_totals(exchange)
        reasons = Reasons(evidence, exchange, totals)
        for each in totals:
            counts[each.agrees] += 1
            if each.agrees is False:
                found.append(_differing(evidence, reasons, each))
    told = [
        f"{counts[True]:,} agree with the events",
        f"{counts[False]:,} do not",
        f"{counts[None]:,} cannot be computed from them (`ledger stated` lists those)",
    ]
    return Seen(f"{counted(sum(counts.values()), 'stated total')}: {listed(told)}", found)


def _differing(evidence: Evidence, reasons: Reasons, each: StatedTotal) -> Finding:
    said = evidence.said.get(each.event)
    by = who(said) if said else each.publisher
    stated = f"{estimate(each.stated)} {each.label or figure(each.figure)}, as of {each.as_of}"
    what = f"{by}: {stated}. The events give {estimate(each.computed)}{_by(each)}."
    where = f"{each.exchange}, {each.figure} as of {each.as_of}"
    return Finding("disagreement", what, where, (each.event,), reasons.of(each))


def _by(each: StatedTotal) -> str:
    if each.difference is None:
        return ""
    return f", {abs(each.difference):,} {'fewer' if each.difference > 0 else 'more'}"
