"""An audit as people read it in a terminal."""

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ledger.cli.options import printable
from replay.audit.findings import Audit, Finding, Outcome, Severity
from replay.audit.verdict import conclusion, result

SHOWN_MAX = 30
"""Findings of one check; `--json` gives all."""
WORDS: Mapping[Severity | None, tuple[str, str]] = {
    None: ("holds", "green"),
    "failure": ("FAILED", "bold red"),
    "disagreement": ("differs", "yellow"),
    "notice": ("noted", "cyan"),
}


def terminal(audit: Audit) -> RenderableType:
    """The whole audit: what was audited, every check with its result, each finding, and what it comes to."""
    found = [_findings(audit, each) for each in audit.outcomes if each.seen.findings]
    title, told = conclusion(audit)
    style = "bold red" if audit.failures() else "bold green"
    return Group(_facts(audit), Text(), _checks(audit), *found, Text(), Text(title, style), Text(told))


def _facts(audit: Audit) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for name, value in audit.subject.facts.items():
        table.add_row(Text(name, "dim"), _text(value))
    return table


def _checks(audit: Audit) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for head in ("Result", "Check", "What was looked at"):
        table.add_column(head, overflow="fold")
    for each in audit.outcomes:
        style = WORDS[each.severity][1] if each.seen.done else "dim"
        table.add_row(Text(result(each), style), Text(each.title), _text(each.seen.looked))
    return table


def _findings(audit: Audit, each: Outcome) -> RenderableType:
    shown = [_finding(audit, found) for found in each.seen.findings[:SHOWN_MAX]]
    more = len(each.seen.findings) - len(shown)
    rest = [Text(f"and {more:,} more: --json lists all", "dim")] if more > 0 else []
    return Group(Text(), Text(each.title, "bold"), Text(each.asks, "dim"), *shown, *rest)


def _finding(audit: Audit, found: Finding) -> RenderableType:
    word, style = WORDS[found.severity]
    head = Text.assemble((f"{word:<8}", style), (printable(found.where), "bold"))
    if found.entered_by:
        head.append(f" entered by {printable(found.entered_by)}")
    below: list[RenderableType] = [_text(found.what)]
    if found.reason:
        below.append(Text.assemble(("why: ", "dim"), printable(found.reason)))
    if found.events:
        below.append(Text(f"events: {printable(', '.join(_events(audit, found)))}", "dim"))
    return Group(head, Padding(Group(*below), (0, 0, 0, 8)))


def _events(audit: Audit, found: Finding) -> Iterator[str]:
    for event in found.events:
        place, name = audit.places.get(event), audit.entered_by.get(event)
        yield event[: audit.id_length] + (f" at {place}" if place else "") + (f" by {name}" if name else "")


def _text(text: str) -> Text:
    return Text(printable(text))
