"""An audit as one HTML file: no script, nothing fetched; for the screen and for paper, for whoever writes no programs.

Everything that a source wrote is text: whatever goes into the page goes through `_text`.
"""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from importlib.resources import files

from ledger.book.sentences import plural
from replay.audit.findings import Audit, Finding, Outcome, Severity
from replay.audit.phrases import sentence
from replay.audit.verdict import conclusion, result

SHOWN_MAX = 500
"""Findings of one check and severity; `--json` gives all."""
PARTS: Mapping[Severity, tuple[str, str]] = {
    "failure": (
        "What failed verification",
        "Here the records, or the figures, are not what they should be. Somebody has to explain each of these before "
        "anything is relied on.",
    ),
    "disagreement": (
        "Where sources disagree",
        "Sources contradict each other, or what the events add up to. The ledger keeps all sides; that they differ is "
        "what happened, and no sign of tampering.",
    ),
    "notice": (
        "What else there is to know",
        "Nothing is wrong here. An auditor will want to know of corrections, decisions, and what is incomplete.",
    ),
}
LIMITS = (
    "Whether a source told the truth. Each event names its source; the ledger keeps what was said, and by whom.",
    "Whether something was never recorded, or was recorded late: a recorded time is the word of the ledger's keeper.",
    "Changes made before the first checkpoint that you hold from elsewhere, and records newer than the last one.",
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def report(audit: Audit) -> str:
    """The whole page. The same audit gives the same bytes."""
    style = files("replay.audit").joinpath("report.css").read_text("utf-8")
    body = "\n".join(
        [
            *_head(audit),
            *_section("checked", "What was checked", _checks(audit)),
            *(line for severity in PARTS for line in _part(audit, severity)),
            *_section("subject", "What was audited", _facts(audit)),
            *_section("again", "How to check it again", _again(audit)),
            *_section("limits", "What no audit can show", _list(LIMITS)),
            "</main>",
        ]
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Audit of {_text(audit.subject.name)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _text(text: object) -> str:
    """Text as text: no markup, and what hides or turns other text around is shown as what it is."""
    plain = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in str(text))
    return escape(plain)


def _head(audit: Audit) -> Iterator[str]:
    title, told = conclusion(audit)
    kind = "verdict failure" if audit.failures() else "verdict"
    yield f'<header><p class="kicker">Audit report</p><h1>Audit of {_text(audit.subject.name)}</h1>'
    yield f'<div class="{kind}"><strong>{_text(title)}</strong><p>{_text(told)}</p></div></header>\n<main>'


def _section(name: str, title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f'<section id="{name}"><h2>{_text(title)}</h2>'
    yield from lines
    yield "</section>"


def _checks(audit: Audit) -> Iterator[str]:
    heads = "".join(f"<th>{each}</th>" for each in ("Check", "Result", "What was looked at"))
    yield f'<table class="checks"><thead><tr>{heads}</tr></thead><tbody>'
    for each in audit.outcomes:
        kind = (each.severity or "holds") if each.seen.done else "unread"
        word = result(each)
        linked = f'<a href="#{each.severity}-{each.name}">{word}</a>' if each.severity else word
        yield (
            f'<tr><th scope="row">{_text(each.title)}</th><td class="result {kind}">{linked}</td>'
            f'<td>{_text(each.asks)}<br><span class="soft">{_text(sentence(each.seen.looked))}</span></td></tr>'
        )
    yield "</tbody></table>"


# -- findings ----------------------------------------------------------------------------------


def _part(audit: Audit, severity: Severity) -> Iterator[str]:
    """All findings of one severity, check by check; nothing where there are none."""
    count = audit.count(severity)
    if not count:
        return
    title, told = PARTS[severity]
    lines = [f"<p>{_text(told)}</p>"]
    for each in audit.outcomes:
        lines += _of_check(audit, each, severity)
    yield from _section(severity, f"{title} ({count:,})", lines)


def _of_check(audit: Audit, each: Outcome, severity: Severity) -> Iterator[str]:
    found = [finding for finding in each.seen.findings if finding.severity == severity]
    if not found:
        return
    yield f'<h3 id="{severity}-{each.name}">{_text(each.title)}</h3><p class="asks">{_text(each.asks)}</p>'
    for finding in found[:SHOWN_MAX]:
        yield from _finding(audit, finding)
    if len(found) > SHOWN_MAX:
        yield f'<p class="soft">And {len(found) - SHOWN_MAX:,} more, which <code>--json</code> lists.</p>'


def _finding(audit: Audit, found: Finding) -> Iterator[str]:
    yield f'<div class="finding {found.severity}">'
    if found.where:
        told = f"{found.where}, entered by {found.entered_by}" if found.entered_by else found.where
        yield f'<p class="where">{_text(told)}</p>'
    yield f"<p>{_text(found.what)}</p>"
    if found.reason:
        yield f'<p class="why">{_text(found.reason)}</p>'
    if found.events:
        yield f'<p class="events">{plural(len(found.events), "event")}: {", ".join(_events(audit, found))}</p>'
    yield "</div>"


def _events(audit: Audit, found: Finding) -> Iterator[str]:
    for event in found.events:
        place, name = audit.places.get(event), audit.entered_by.get(event)
        told = (f" at {_text(place)}" if place else "") + (f", entered by {_text(name)}" if name else "")
        yield f"<code>{_text(event)}</code>{told}"


# -- what was audited, and how to do it again ---------------------------------------------------


def _facts(audit: Audit) -> Iterator[str]:
    yield '<table class="facts"><tbody>'
    for name, value in audit.subject.facts.items():
        yield f'<tr><th scope="row">{_text(name)}</th><td>{_text(value)}</td></tr>'
    yield "</tbody></table>"


def _again(audit: Audit) -> Iterator[str]:
    sha256 = audit.subject.facts.get("SHA-256 of the file")
    steps = []
    if sha256:
        steps.append(f"Make sure that you hold the same file: its SHA-256 is <code>{_text(sha256)}</code>.")
    steps += [
        "Get the keeper's verifier key, and at least one checkpoint, by another way than the ledger itself: from where "
        "the keeper publishes them, from a witness, from somebody who kept one.",
        f"Run the audit. It needs no server:<pre>{_text(audit.subject.again)}</pre>",
        "The same input gives the same report, to the last byte. <code>replay rebuild</code> prints a digest of all "
        "figures, which tells at a glance whether two ledgers come to the same.",
    ]
    if sha256:
        steps.append(
            "Without this software: the archive is an SQLite database, and the text in its table <code>readme</code> "
            "says how to check it with other tools."
        )
    yield f"<ol>{''.join(f'<li>{step}</li>' for step in steps)}</ol>"


def _list(lines: Iterable[str]) -> Iterator[str]:
    yield f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in lines)}</ul>"
