"""Sums: parts against their wholes, and totals that sources state against those that the events give."""

from collections import Counter
from collections.abc import Mapping

from ledger.book.book import Book
from ledger.book.figure_names import figure_name
from ledger.book.filing import part_checks
from ledger.book.number_text import estimate
from ledger.book.sentences import listed, plural
from ledger.book.statements import stated_totals
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding, Seen
from replay.audit.phrases import place_of, said_by
from replay.audit.reasons import Reasons
from schemas.views import PartCheck, StatedTotal, Verdict


def parts(evidence: Evidence) -> Seen:
    """Batches against their leg, and breakdowns against their total: they may fall short, and must not exceed."""
    checked, found = 0, list[Finding]()
    for exchange in evidence.books.exchanges():
        book = evidence.books.book(exchange)
        for key in book.wholes():
            whole = book.named(key)
            if whole is None:
                ids = tuple(claim.id for each in book.parts_of(key) for claim in each.claims)
                what = f"Claims call themselves parts of {key}, of which nothing is recorded."
                found.append(Finding("notice", what, exchange, ids))
                continue
            checks = [*part_checks(book.filed, whole)]
            checked += len(checks)
            where = place_of(exchange, whole)
            found += [_exceeding(book, each, where) for each in checks if not each.agrees]
    looked = f"{plural(checked, 'breakdown')} of a leg"
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
    verdicts, rules, found = Counter[Verdict](), Counter[str](), list[Finding]()
    for exchange in evidence.books.exchanges():
        book = evidence.books.book(exchange)
        if not any(book.facts(["tally_stated"])):
            continue
        process = evidence.books.projection.kin(exchange)
        totals = stated_totals(book, process)
        reasons = Reasons(evidence, book, process, totals)
        verdicts.update(each.verdict for each in totals)
        rules.update(_in_short(each.rule) for each in totals if each.verdict == "not compared")
        found += [each for total in totals if (each := _finding(evidence, reasons, total))]
    told = [plural(verdicts[verdict], *words) for verdict, words in _VERDICTS.items() if verdicts[verdict]]
    apart = "; ".join(f"{rule}: {number:,}" for rule, number in rules.most_common())
    looked = f"{plural(sum(verdicts.values()), 'stated total')}: {listed(told) or 'nobody states any'}"
    return Seen(f"{looked} ({apart})" if apart else looked, found)


_VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    "agrees": ("agrees with the events", "agree with the events"),
    "consistent": ("is consistent with them", "are consistent with them"),
    "not contradicted": ("is not contradicted by them", "are not contradicted by them"),
    "differs": ("differs", "differ"),
    "not compared": ("is not compared", "are not compared"),
}


def _in_short(rule: str) -> str:
    """Why a total is not compared, without whose doing it is: `corrected`, `it opens the stock`."""
    return rule.partition(" by ")[0].partition(":")[0]


def _finding(evidence: Evidence, reasons: Reasons, each: StatedTotal) -> Finding | None:
    if each.verdict in ("agrees", "not compared"):
        return None
    said = evidence.quoted.get(each.event)
    by, where = said_by(said) if said else each.publisher, f"{each.exchange}, {each.figure} as of {each.as_of}"
    party = f" by {each.party}" if each.party else ""
    stated = f"{estimate(each.stated)} {each.label or figure_name(each.figure)}{party}, as of {each.as_of}"
    what = f"{by}: {stated}. The events give {estimate(each.computed)}{_by(each)}"
    if each.verdict == "differs":
        told = what if each.rule == "another number" else f"{what} ({each.rule})"
        return Finding("disagreement", f"{told}.", where, (each.event,), reasons.of(each))
    return Finding("notice", f"{what}: {each.verdict} ({each.rule}).", where, (each.event,))


def _by(each: StatedTotal) -> str:
    if each.difference is None:
        return ""
    return f", {abs(each.difference):,} {'fewer' if each.difference > 0 else 'more'}"
