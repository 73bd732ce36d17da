"""That the figures follow from the events, and that readers are given the same."""

from ledger.book.sentences import listed, plural
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding, Seen
from replay.compare.views import ViewDifference


def views(evidence: Evidence) -> Seen:
    """`live` differences are failures: the same events must give everybody the same figures."""
    events = sum(book.events for book in evidence.books.by_exchange.values())
    exchanges = plural(len(evidence.books.by_exchange), "exchange")
    looked = f"the figures of {exchanges}, folded anew from {plural(events, 'event')}"
    found = [_difference(each) for each in evidence.live or ()]
    if evidence.expected is not None and evidence.expected != evidence.digest:
        what = f"The digest of all figures is {evidence.digest}, not the {evidence.expected} that was expected."
        found.append(Finding("failure", what))
    if found:
        return Seen(looked, found)
    equal = [
        *(["a reader who follows the ledger has the same"] if evidence.live is not None else []),
        *([f"so have {plural(evidence.published, 'view')} that workers published"] if evidence.published else []),
        *(["their digest is the one expected"] if evidence.expected else []),
    ]
    alone = "an archive holds no others to compare them with; --expect takes the digest that somebody published"
    return Seen(f"{looked}: {listed(equal) if equal else alone}")


def _difference(each: ViewDifference) -> Finding:
    view = f"{each.view} {each.member}".strip()
    what = f"A reader who follows the ledger has {_short(each.left)}, and its events come to {_short(each.right)}."
    return Finding("failure", what, view, tuple([*each.only_left, *each.only_right][:5]))


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]} ..."
