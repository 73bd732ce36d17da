"""An audit as JSON, one object a line: what was audited, each check, each finding, and what it comes to."""

from collections.abc import Iterator

import orjson

from replay.audit.findings import Audit, Finding, Outcome
from replay.audit.verdict import conclusion


def lines(audit: Audit) -> Iterator[str]:
    """The lines of an audit. `line` says what each is: `subject`, `check`, `finding` or `conclusion`."""
    subject = {"line": "subject", "name": audit.subject.name, "again": audit.subject.again}
    yield _line({**subject, "facts": dict(audit.subject.facts)})
    for each in audit.outcomes:
        yield _line(_check(each))
        for found in each.seen.findings:
            yield _line(_finding(audit, each, found))
    title, told = conclusion(audit)
    counts = {name: audit.count(name) for name in ("failure", "disagreement", "notice")}
    yield _line({"line": "conclusion", "failed": bool(audit.failures()), **counts, "title": title, "told": told})


def _check(each: Outcome) -> dict[str, object]:
    return {
        "line": "check",
        "check": each.name,
        "title": each.title,
        "asks": each.asks,
        "looked": each.seen.looked,
        "done": each.seen.done,
        "severity": each.severity,
        "findings": len(each.seen.findings),
    }


def _finding(audit: Audit, of: Outcome, found: Finding) -> dict[str, object]:
    return {
        "line": "finding",
        "check": of.name,
        "severity": found.severity,
        "what": found.what,
        "where": found.where,
        "entered_by": found.entered_by,
        "reason": found.reason,
        "events": [_event(audit, event) for event in found.events],
    }


def _event(audit: Audit, event: str) -> dict[str, object]:
    position = str(audit.places[event]) if event in audit.places else None
    return {"id": event, "position": position, "entered_by": audit.entered_by.get(event)}


def _line(members: dict[str, object]) -> str:
    return orjson.dumps(members).decode()
