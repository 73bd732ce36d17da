"""How two ledgers are compared occurrence by occurrence, on the command line."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from pydantic import BaseModel
from rich.console import RenderableType
from rich.text import Text

from ledger.book.cut import Cut
from ledger.book.number_text import estimate, moment
from ledger.changes.correction_notes import figure_title, value_text
from ledger.changes.publishers import publishers
from ledger.changes.sheets import FigureKey
from ledger.cli.options import stderr, stdout
from ledger.cli.render import plain_table
from ledger.errors import UsageError
from ledger.follow.follower import read_books
from replay.commands.shared import with_log
from replay.compare.mirror import read_mirrored
from replay.compare.occurrences import (
    Compared,
    Match,
    OccurrenceDifference,
    OccurrenceRecord,
    Total,
    compare_occurrences,
)
from schemas.values import Moment
from schemas.views import Estimate

Publishers = Mapping[str, str]


def print_occurrences(
    left: str, right: str, match: Sequence[str], cut: Cut, *, mirror: bool, every: bool, as_json: bool
) -> None:
    """Compare and print. Two organisations that differ are no failure: the exit code is 0."""
    names = _names(match)
    urls = (left, right)
    readers = (read_books, read_mirrored if mirror else read_books)
    read = [with_log(url, partial(reader, cut=cut), "reading") for url, reader in zip(urls, readers, strict=True)]
    compared = compare_occurrences(read[0], read[1], names)
    matches = [each for one in compared for each in one.matches]
    claims: list[set[str]] = [set(), set()]
    for each in matches:
        if every or as_json or each.verdict != "agree":
            claims[0].update(claim for record in each.left for claim in record.claims)
            claims[1].update(claim for record in each.right for claim in record.claims)
    who = [
        with_log(url, partial(publishers, ids=sorted(ids), refused=its.refused), "looking up sources", total=len(ids))
        for url, ids, its in zip(urls, claims, read, strict=True)
    ]
    if as_json:
        for one in compared:
            sys.stdout.writelines(orjson.dumps(each).decode() + "\n" for each in _members(one, who[0], who[1]))
        return
    for one in compared:
        stdout().print(*_shown(one, who[0], who[1], every), sep="\n")
    if not compared:
        stderr().print("[dim]neither ledger has any exchange[/]")


def _names(match: Sequence[str]) -> dict[str, str]:
    """`THEIRS=OURS` as the name of the left ledger for each of the right."""
    names: dict[str, str] = {}
    for each in match:
        theirs, equals, ours = each.partition("=")
        if not (equals and theirs and ours):
            raise UsageError(f"--match {each!r}: give the right ledger's name and the left one's, as THEIRS=OURS")
        names[theirs] = ours
    return names


# -- as text -----------------------------------------------------------------------------------


def _shown(one: Compared, left: Publishers, right: Publishers, every: bool) -> Iterable[RenderableType]:
    ours, theirs = one.names
    name = ours if ours == theirs or theirs is None else theirs if ours is None else f"{ours} and {theirs}"
    yield Text(str(name), style="bold")
    verdicts = [each.verdict for each in one.matches]
    counts = {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}
    words = {"agree": "agree in", "differ": "differ in", "ambiguous": "cannot be told apart in"}
    said = [f"{words.get(verdict, verdict)} {count:,}" for verdict, count in sorted(counts.items())]
    yield Text(f"occurrences: {', '.join(said) or 'none that move anybody'}", style="dim")
    for what, name_of in _DECLARED.items():
        ours, theirs = (getattr(each, name_of) for each in one.declared)
        if ours != theirs:
            yield Text(f"{what}: {_said(ours)} | {_said(theirs)}", style="dim")
    rows = [each for each in one.matches if every or each.verdict != "agree"]
    if rows:
        yield Text()
        table = plain_table(">Round", "Left", "Right", "What differs", "Sources left", "Sources right")
        for each in rows:
            table.add_row(*_cells(each, left, right))
        yield table
    if one.totals:
        yield Text()
        yield _effect(one.totals)
    yield Text()


_DECLARED = {
    "whose nationals the captives' side is": "nationals",
    "whose nationals the prisoners' side is": "prisoner_nationals",
    "whom the deal counts where nobody says it": "unsaid_scope",
}


def _said(declared: Sequence[str] | str | None) -> str:
    named = (declared,) if isinstance(declared, str) else declared or ()
    return ", ".join(named) or "nobody says"


def _cells(each: Match, left: Publishers, right: Publishers) -> Sequence[str]:
    first = (*each.left, *each.right)[0]
    return (
        "-" if first.round is None else str(first.round),
        _several(each.left, _names_and_numbers),
        _several(each.right, _names_and_numbers),
        _what(each),
        _several(each.left, partial(_sources, left)),
        _several(each.right, partial(_sources, right)),
    )


def _several(sides: Sequence[OccurrenceRecord], say: Callable[[OccurrenceRecord], str]) -> str:
    return "\n".join(map(say, sides)) or "-"


def _names_and_numbers(record: OccurrenceRecord) -> str:
    amount = "not counted" if record.amount is None else estimate(record.amount)
    return f"{record.occurrence}\n{amount}, {moment(record.date)}"


def _sources(who: Publishers, record: OccurrenceRecord) -> str:
    first, *others = (who.get(claim, claim) for claim in record.claims)
    more = [each for each in dict.fromkeys(others) if each != first]
    return "; also ".join([first, *([", ".join(more)] if more else [])])


def _what(each: Match) -> str:
    matched = "" if each.how in (None, "name") else f" (matched by {each.how})"
    if each.verdict == "ambiguous":
        return f"cannot be told apart by {each.how}"
    if each.verdict == "differ":
        return "; ".join(map(_difference, each.differences)) + matched
    return each.verdict + matched


def _difference(each: OccurrenceDifference) -> str:
    if each.what == "count":
        relation = f" ({each.relation})" if each.relation else ""
        return f"count{relation}"
    return f"{each.what}: {_value(each.left)} | {_value(each.right)}"


def _value(value: object) -> str:
    if isinstance(value, Moment):
        return moment(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {estimate(each)}" for name, each in value.items())
    return "none" if value is None else str(value).replace("_", " ")


def _effect(totals: Iterable[Total]) -> RenderableType:
    """Each total in which they differ, and what makes up the difference."""
    table = plain_table("What makes up the difference", ">Left", ">Right", ">Difference")
    for total in totals:
        numbers = (estimate(total.left), estimate(total.right), _signed(total.difference))
        table.add_row(figure_title(FigureKey(None, total.figure)), *numbers, style="bold")
        for share in total.shares:
            names = dict.fromkeys(each.occurrence for each in (*share.match.left, *share.match.right))
            table.add_row(
                f"  {' / '.join(names)}", value_text(share.left), value_text(share.right), _signed(share.difference)
            )
    return table


def _signed(number: int | None) -> str:
    return "not known" if number is None else f"{number:+,}" if number else "0"


# -- as JSON -----------------------------------------------------------------------------------


def _members(one: Compared, left: Publishers, right: Publishers) -> Iterable[dict[str, Any]]:
    """One object for each occurrence, and then one for each total that differs."""
    names = {"left_exchange": one.names[0], "right_exchange": one.names[1]}
    for each in one.matches:
        yield {
            "kind": "occurrence",
            **names,
            "verdict": each.verdict,
            "matched_by": each.how,
            "left": [_record_members(record, left) for record in each.left],
            "right": [_record_members(record, right) for record in each.right],
            "differences": [{name: _plain(value) for name, value in its._asdict().items()} for its in each.differences],
        }
    for total in one.totals:
        yield {
            "kind": "total",
            **names,
            "figure": total.figure,
            "left": _plain(total.left),
            "right": _plain(total.right),
            "difference": total.difference,
            "made_up_of": [
                {
                    "left_occurrences": [record.occurrence for record in share.match.left],
                    "right_occurrences": [record.occurrence for record in share.match.right],
                    "left": _plain(share.left),
                    "right": _plain(share.right),
                    "difference": share.difference,
                }
                for share in total.shares
            ],
        }


def _record_members(record: OccurrenceRecord, who: Publishers) -> dict[str, Any]:
    members = {name: _plain(value) for name, value in record._asdict().items() if name not in ("claims", "counted")}
    return members | {"sources": [{"event": claim, "publisher": who.get(claim)} for claim in record.claims]}


def _plain(value: object) -> object:
    if isinstance(value, BaseModel | Estimate):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return value
