"""Whom the ledger followed: each time that another source's claim came to count, from the first event to the last."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ledger.book.claims import AnyDecision, Claim, Judgement, Occurrence, judge
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding
from replay.audit.phrases import claim_text, publisher

LOOKS_MAX = 64
"""How often one occurrence is judged at most: the claims on one are few, and an audit must end where they are not."""


def turns(evidence: Evidence, occurrence: Occurrence, where: str) -> Iterator[Finding]:
    """Whose claim counted first, and whose came to count instead, by which rule.

    A correction takes the place of what it corrects, and is told with the corrections.
    """
    if len({claim.publisher for claim in occurrence.claims}) < 2:
        return
    followed: list[tuple[Claim, str]] = []
    for verdict in _judgements(_in_order(evidence, occurrence), occurrence.key):
        claim = verdict.adopted
        if claim is None:
            continue
        before = followed[-1][0] if followed else None
        if before is not None and (before.publisher == claim.publisher or _continues(claim, before, occurrence)):
            followed[-1] = claim, followed[-1][1]
        else:
            followed.append((claim, verdict.rule))
    if len(followed) > 1:
        first, _ = followed[0]
        what = f"The claim of {publisher(evidence, first)} counted first ({claim_text(first)})"
        for (before, _), (claim, rule) in pairwise(followed):
            number = "" if claim_text(claim) == claim_text(before) else f" ({claim_text(claim)})"
            what += f"; then that of {publisher(evidence, claim)}{number}: {rule}"
        ids = dict.fromkeys(claim.id for claim, _ in followed)
        yield Finding("notice", f"{what}.", where, tuple(ids))


def _in_order(evidence: Evidence, occurrence: Occurrence) -> Sequence[Claim | AnyDecision]:
    """Claims and decisions as they stand in the log."""
    every: list[Claim | AnyDecision] = [*occurrence.claims, *occurrence.decisions]
    return sorted(every, key=lambda each: evidence.quoted[each.id].position)


def _judgements(events: Sequence[Claim | AnyDecision], key: str) -> Iterator[Judgement]:
    """The verdicts after each event; where there are many, after every so many of them, and after the last."""
    step = 1 + len(events) // LOOKS_MAX
    for size in sorted(range(len(events), 0, -step)):
        claims = tuple(each for each in events[:size] if isinstance(each, Claim))
        decisions = tuple(each for each in events[:size] if not isinstance(each, Claim))
        yield judge(Occurrence(key, claims, decisions))


def _continues(claim: Claim, before: Claim, occurrence: Occurrence) -> bool:
    """Whether a claim corrects another, directly or by others."""
    known, seen = {each.id: each.supersedes for each in occurrence.claims}, set[str]()
    target = claim.supersedes
    while target is not None and target not in seen:
        if target == before.id:
            return True
        seen.add(target)
        target = known.get(target)
    return False
