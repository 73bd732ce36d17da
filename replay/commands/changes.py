"""The command that tells what changed between two points of a ledger."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Annotated

import typer
from rich.text import Text

from ledger.book.cut import Cut
from ledger.changes.between import Between, changes_between
from ledger.changes.correction_notes import (
    CorrectionNote,
    correction_notes,
    date_text,
    figure_order,
    figure_title,
    is_headline,
    replacement_text,
    value_text,
)
from ledger.changes.filters import KINDS, TOLD, ChangeFilter, change_kinds
from ledger.changes.points import LogExtent
from ledger.changes.publishers import publishers
from ledger.changes.tracing import FigureChange
from ledger.changes.views import figure_view, source_view
from ledger.cli.options import AsJson, Log, OccurredBy, PublishedBy, print_json, stderr, stdout
from ledger.cli.render import plain_table
from ledger.errors import UnknownName
from ledger.follow.bound import id_length
from ledger.log.port import EventLog
from replay.commands.shared import with_log
from schemas.record import Progress

app = typer.Typer()
_POINT = "an event's id or its start, a position, a date or a time with its offset"
_HEADINGS = {"correction": "Corrected", "late": "Recorded late", "update": "Outdated"}


@app.command("changes")
def changes_command(
    since: Annotated[str, typer.Option("--since", metavar="WHEN", help=f"What the ledger said then: {_POINT}.")],
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHEN", help="And what it said then; default: now.")
    ] = None,
    exchanges: Annotated[
        list[str] | None, typer.Option("--exchange", metavar="EXCHANGE", help="Only this one; can be repeated.")
    ] = None,
    number: Annotated[int | None, typer.Option("--round", "-n", help="Only this round.")] = None,
    figure: Annotated[
        str | None, typer.Option("--figure", metavar="FIGURE", help="Only this one, such as captives.released.")
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help=f"Only these: {', '.join(KINDS)}; can be repeated."),
    ] = None,
    corrections: Annotated[bool, typer.Option("--corrections", help="Leave out what only happened since.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Breakdowns, too, and the growth of each round.")] = False,
    occurred_by: OccurredBy = None,
    published_by: PublishedBy = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Tell which figures moved between two points of a ledger, from what to what, because of which events.

    What is corrected, recorded late or outdated is told apart from what happened since, in words for a correction
    note; so is what counts by another source's word, though no figure moved. --occurred-by and --published-by hold for
    both points.
    """
    cut = Cut.parse(occurred_by=occurred_by, published_by=published_by)
    work = partial(_changes_and_publishers, since=since, until=until, cut=cut)
    between, whose, id_length = with_log(log, work, "comparing")
    _check_names(between, exchanges or ())
    asked = ChangeFilter(tuple(exchanges or ()), number, figure, change_kinds(kinds or (TOLD if corrections else ())))
    changes, others = asked.figures(between.changes), asked.sources(between.replaced)
    if as_json:
        print_json([*map(figure_view, changes), *map(source_view, others)])
        return
    stderr().print(f"[dim]from {_at(between.since)} to {_at(between.until)}[/]")
    said = correction_notes(
        changes, whose.get, between.since.recorded, every=every or figure is not None, id_length=id_length
    )
    for exchange in sorted({*(each.exchange for each in changes), *(each.exchange for each in others)}):
        stdout().print(Text(exchange, style="bold"))
        _print_notes([note for note in said if note.exchange == exchange])
        _print_replaced([replacement_text(each) for each in others if each.exchange == exchange])
        _print_growth([each for each in changes if each.exchange == exchange], every, number)
    if not changes:
        stderr().print("[green]no figure moved[/]")


async def _changes_and_publishers(
    log: EventLog, *, since: str, until: str | None, cut: Cut, progress: Progress
) -> tuple[Between, dict[str, str], int]:
    """The changes, who published each claim that their causes are about, and how much of the causes' ids to show."""
    between = await changes_between(log, since, until, cut, progress=progress)
    causes = [cause for change in between.changes if change.kind != "growth" for cause in change.causes]
    targets = sorted({cause.target for change in between.changes for cause in change.causes if cause.target})
    shown = await id_length(log, {cause.event for cause in causes})
    return between, await publishers(log, targets, between.books.refused), shown


def _check_names(between: Between, exchanges: Sequence[str]) -> None:
    for name in exchanges:
        if name not in between.books.by_exchange:
            raise UnknownName("exchange", name, between.books.exchanges())


# -- as text -----------------------------------------------------------------------------------


def _at(reached: LogExtent) -> str:
    if reached.recorded is None:
        return "the beginning"
    return f"position {reached.frontier} ({date_text(reached.recorded.date())}, {reached.recorded:%H:%M} UTC)"


def _print_notes(said: Iterable[CorrectionNote]) -> None:
    heading = ""
    for note in said:
        if heading != (heading := _HEADINGS[note.kind]):
            stdout().print(Text(f"\n{heading}", style="bold"))
        lines = [f"\n  {note.head}", *(f"  {each}" for each in note.because), *(f"    {each}" for each in note.hence)]
        stdout().print(Text("\n".join(lines)), soft_wrap=True)


def _print_replaced(said: Sequence[str]) -> None:
    if said:
        stdout().print(Text("\nAnother source", style="bold"))
        stdout().print(Text("\n" + "\n".join(f"  {each}" for each in said)), soft_wrap=True)


def _print_growth(changes: Iterable[FigureChange], every: bool, number: int | None) -> None:
    """What grew: of the whole exchange, unless one round or everything is asked for."""
    table = plain_table("Since then", ">Was", ">Is")
    for change in sorted(changes, key=lambda change: figure_order(change.figure)):
        is_asked = every or (is_headline(change.figure) and (change.figure.round is None or number is not None))
        if change.kind == "growth" and is_asked:
            table.add_row(figure_title(change.figure), value_text(change.before), value_text(change.after))
    if table.row_count:
        stdout().print(Text(), table)
    stdout().print()
