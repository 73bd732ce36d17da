"""Commands that read: tallies, rounds, terms, pauses, stated totals, explain."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, TypeVar

import orjson
import typer
from pydantic import BaseModel
from rich.console import RenderableType
from rich.text import Text

from ledger.cli import render
from ledger.cli.options import At, Exchange, Exchanges, is_wide, print_json, reads, stderr, stdout
from schemas.views import Estimate

app = typer.Typer()
V = TypeVar("V", bound=BaseModel)


@app.command()
@reads
def tallies(at: At, as_json: bool, exchanges: Exchanges = None) -> None:
    """Show the running totals of exchanges, or of whole processes."""
    reading = at.read()
    views = [reading.tally(name) for name in exchanges] if exchanges else reading.tallies()
    processes = [] if exchanges else reading.process_tallies()
    if as_json:
        print_json([*views, *processes])
    elif exchanges:
        stdout().print(*(render.tally(view) for view in views), sep="\n\n")
    elif views:
        stdout().print(render.tallies(views, processes, is_wide()))


@app.command()
@reads
def rounds(
    at: At,
    as_json: bool,
    exchanges: Exchanges = None,
    number: Annotated[int | None, typer.Option("--round", "-n", help="Only this round.")] = None,
) -> None:
    """Show each round: both legs, and prisoners per captive in three scopes."""
    reading = at.read()
    for name in exchanges or reading.exchanges():
        views = reading.rounds(name) if number is None else [reading.round(name, number)]
        title = reading.tally(name).title
        _show(views, as_json, partial(render.rounds, name, title, is_wide()))


@app.command()
@reads
def terms(at: At, as_json: bool, exchanges: Exchanges = None) -> None:
    """Show terms proposed, agreed and refused with the ratio they imply, and the parties' positions."""
    reading = at.read()
    for name in exchanges or reading.exchanges():
        _show(reading.terms(name), as_json, partial(render.titled, name, render.terms))
        _show(reading.positions(name), as_json, partial(render.titled, name, render.positions))


@app.command()
@reads
def pauses(at: At, as_json: bool, exchanges: Exchanges = None) -> None:
    """Show the clock of each pause: started, extended, due to end, ended, hours of calm."""
    reading = at.read()
    for name in exchanges or reading.exchanges():
        _show(reading.pauses(name), as_json, partial(render.titled, name, render.pauses))


@app.command()
@reads
def stated(at: At, as_json: bool, exchanges: Exchanges = None) -> None:
    """Show every total that a source stated against the ledger's own figure, with the difference."""
    reading = at.read()
    for name in exchanges or reading.exchanges():
        _show(reading.stated_totals(name), as_json, partial(render.titled, name, render.stated))


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
    """Take a figure apart: the claims it is the sum of, their sources, and what was left out and why."""
    if figure is None:
        _list_figures(at.read().figures(exchange), as_json)
        return
    view = at.ledger.explain(exchange, figure, at.cut)
    _show([view], as_json, render.explanations)
    if not as_json and (legend := render.legend(view)):
        stderr().print(f"[dim]{legend}[/]")


def _list_figures(found: Mapping[str, Estimate], as_json: bool) -> None:
    if as_json:
        for name, each in found.items():
            sys.stdout.write(orjson.dumps({"figure": name, "value": each.model_dump(mode="json")}).decode() + "\n")
    else:
        stdout().print(render.figures(found))


def _show(views: Sequence[V], as_json: bool, draw: Callable[[Sequence[V]], RenderableType]) -> None:
    if as_json:
        print_json(views)
    elif views:
        stdout().print(draw(views), Text())
