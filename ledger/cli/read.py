"""Commands that read: tallies, rounds, terms, pauses, stated totals, explain, likely doubles."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, TypeVar

import orjson
import typer
from pydantic import BaseModel
from rich.console import Group, RenderableType
from rich.text import Text

from ledger.cli import render, sides
from ledger.cli.options import At, Exchange, Exchanges, is_wide, print_json, reads, shown, stderr, stdout
from ledger.errors import UnknownName
from ledger.follow.books import Books
from schemas.views import Estimate, Explanation, StatedTotal

app = typer.Typer()
V = TypeVar("V", bound=BaseModel)


@app.command()
@reads
def tallies(at: At, as_json: bool, exchanges: Exchanges = None) -> None:
    """Show the running totals of exchanges, or of whole processes."""
    books = at.read()
    views = [books.tally(name) for name in exchanges] if exchanges else books.tallies()
    processes = [] if exchanges else books.process_tallies()
    if as_json:
        print_json([*views, *processes])
    elif exchanges:
        stdout().print(*(sides.tally(view) for view in views), sep="\n\n")
    elif views:
        stdout().print(sides.tallies(views, processes, is_wide()))


@app.command()
@reads
def rounds(
    at: At,
    as_json: bool,
    exchanges: Exchanges = None,
    number: Annotated[int | None, typer.Option("--round", "-n", help="Only this round.")] = None,
) -> None:
    """Show each round: both legs, and prisoners per captive in three scopes."""
    books = at.read()

    def show(name: str) -> bool:
        views = books.rounds(name) if number is None else [books.round(name, number)]
        return _show(views, as_json, partial(sides.rounds, name, books.tally(name).title, is_wide()))

    _each(books, exchanges, "no round is recorded", show)


@app.command()
@reads
def terms(at: At, as_json: bool, exchanges: Exchanges = None) -> None:
    """Show terms proposed, agreed and refused with the ratio they imply, and the parties' positions."""
    books = at.read()
    show_terms = _titled(books.terms, render.terms, as_json)
    show_positions = _titled(books.positions, render.positions, as_json)

    def show(name: str) -> bool:
        has_terms = show_terms(name)
        return show_positions(name) or has_terms

    _each(books, exchanges, "no terms and no positions are recorded", show)


@app.command()
@reads
def pauses(at: At, as_json: bool, exchanges: Exchanges = None) -> None:
    """Show the clock of each pause: started, extended, due to end, ended, hours of calm."""
    books = at.read()
    _each(books, exchanges, "no pause is recorded", _titled(books.pauses, render.pauses, as_json))


@app.command()
@reads
def stated(at: At, as_json: bool, exchanges: Exchanges = None) -> None:
    """Show every total that a source stated against the ledger's own figure, with the difference and the verdict."""
    books = at.read()

    def draw(views: Sequence[StatedTotal]) -> RenderableType:
        return render.stated(views, at.ledger.id_length(render.ids_in(views)))

    _each(books, exchanges, "no stated total is recorded", _titled(books.stated_totals, draw, as_json))


@app.command()
@reads
def doubles(at: At, as_json: bool, exchanges: Exchanges = None) -> None:
    """Show pairs that may be one thing: same type, round, day and count, by different publishers.

    Both count, since nobody said that they are one. Give both the same occurrence if they are.
    """
    books = at.read()
    names = {books.book(name).exchange for name in exchanges or books.exchanges()}
    views = [each for each in books.likely_doubles() if names & {*each.exchanges}]
    if not _show(views, as_json, render.doubles) and books.by_exchange:
        stderr().print("no likely doubles")


@app.command()
@reads
def explain(
    at: At,
    as_json: bool,
    exchange: Exchange,
    figure: Annotated[
        str | None,
        typer.Argument(help="Such as captives.nationals or rounds.5.prisoners.released; without one, all are listed."),
    ] = None,
) -> None:
    """Take a figure apart: the claims it is the sum of, their sources, and what was left out and why.

    Of a process, the figure of each of its exchanges.
    """
    books = at.read()
    members = books.exchanges_of(exchange)
    if figure is None:
        for name in members:
            _list_figures(name, books.figures(name), as_json, is_one=name == exchange)
        return
    views = _explained(at, members, figure)

    def draw(shown_now: Sequence[Explanation]) -> RenderableType:
        return render.explanations(
            shown_now, at.ledger.id_length([each for one in views for each in render.ids_of(one)])
        )

    for view in views:
        _show([view], as_json, draw)
    if not as_json and (legend := render.legend(views[-1])):
        stderr().print(f"[dim]{legend}[/]")
    if not as_json and exchange not in members:
        stderr().print(
            f"[dim]{shown(exchange)} is a process of {len(members)} exchanges: `ledger tallies` has the sum[/]"
        )


def _explained(at: At, exchanges: Sequence[str], figure: str) -> list[Explanation]:
    """A figure of each exchange that has it. Raises UnknownName where none has."""
    found: list[Explanation] = []
    unknown: UnknownName | None = None
    for name in exchanges:
        try:
            found.append(at.ledger.explain(name, figure, at.cut))
        except UnknownName as error:
            unknown = error
    if unknown is not None and not found:
        raise unknown
    return found


def _list_figures(exchange: str, found: Mapping[str, Estimate | None], as_json: bool, is_one: bool) -> None:
    if as_json:
        of = {} if is_one else {"exchange": exchange}
        for name, each in found.items():
            value = None if each is None else each.model_dump(mode="json")
            sys.stdout.write(orjson.dumps({**of, "figure": name, "value": value}).decode() + "\n")
    else:
        stdout().print(
            render.figures(found) if is_one else Group(render.heading(exchange, None), render.figures(found))
        )


def _each(books: Books, exchanges: Sequence[str] | None, nothing: str, show: Callable[[str], bool]) -> None:
    """Show something of each exchange, and say where there is nothing: of each that was asked for, else of all."""
    empty = [name for name in exchanges or books.exchanges() if not show(name)]
    if exchanges:
        for name in empty:
            stderr().print(f"{shown(name)}: {nothing}")
    elif empty and len(empty) == len(books.by_exchange):
        stderr().print(nothing)


def _titled(
    views: Callable[[str], Sequence[V]], draw: Callable[[Sequence[V]], RenderableType], as_json: bool
) -> Callable[[str], bool]:
    """Shows some views of an exchange under its name."""
    return lambda name: _show(views(name), as_json, partial(render.titled, name, draw))


def _show(views: Sequence[V], as_json: bool, draw: Callable[[Sequence[V]], RenderableType]) -> bool:
    """Whether there was anything to show."""
    if as_json:
        print_json(views)
    elif views:
        stdout().print(draw(views), Text())
    return bool(views)
