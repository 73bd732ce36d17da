"""What an audit comes to, in few words."""

from collections.abc import Mapping

from ledger.book.sentences import plural
from replay.audit.findings import Audit, Outcome, Severity

_COUNTED: Mapping[Severity, tuple[str, str]] = {
    "failure": ("FAILED", "FAILED"),
    "disagreement": ("differs", "differ"),
    "notice": ("notice", "notices"),
}


def result(each: Outcome) -> str:
    """What one check came to, in a word or two: `holds`, `15 differ`."""
    if not each.seen.done:
        return "not checked"
    severity = each.severity
    if severity is None:
        return "holds"
    return plural(each.count(severity), *_COUNTED[severity])


def conclusion(audit: Audit) -> tuple[str, str]:
    """A headline, and what it means and does not mean."""
    failed, differing = audit.count("failure"), audit.count("disagreement")
    if failed:
        first = audit.failures()[0]
        return (
            f"Verification failed: {plural(failed, 'finding')}.",
            f"{first.what} Do not rely on these figures before somebody has explained it.",
        )
    noted = audit.count("notice")
    others = f"Listed are {plural(differing, 'disagreement')} among sources, and {plural(noted, 'notice')}"
    unproved = any(each.name == "integrity" and each.seen.findings for each in audit.outcomes)
    told = f"{others}: each with its events, and none a sign of tampering."
    if unproved:
        return (
            "Nothing failed, as far as it could be verified.",
            f"What could not be shown stands with the first check. {told}",
        )
    return "Verified: nothing was changed, and every figure follows from the events.", told
