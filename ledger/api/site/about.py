"""What a page is about, in words and plain tables, made of the books: for crawlers, chats, and who runs no scripts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from ledger.api.site.pages import PAGE_KINDS
from ledger.book import rounds
from ledger.book.figure_names import RATIOS, figure_name, kind_name
from ledger.book.number_text import counted, estimate, moment, ratio
from ledger.book.sentences import capital, plural
from ledger.book.side_tables import ROWS, figure, figure_rows
from ledger.book.tally import ends
from ledger.book.transfers import SIDES
from ledger.errors import UnknownName
from ledger.views import Asked, made
from schemas.codec import UnknownEvent
from schemas.values import Moment
from schemas.view_kinds import VIEW_KINDS
from schemas.views import Estimate, Explanation, Round, Tally
from schemas.vocabulary import Side

SLOGAN = "of captives and prisoners: every number is a sum of attributed claims."
ROWS_MAX = 500
"""Rows of a plain table. All of them are in the downloads."""


class Cell(NamedTuple):
    """A cell, and the path of the page that is behind it."""

    text: str
    path: str = ""


class Table(NamedTuple):
    """A table; the first cell of a row says what the row is of."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class About(NamedTuple):
    """What a page is about; without a title, all of the ledger.

    `tally` is that of the exchange or process that it is in. `is_whole`: it shows all of that.
    `figure` is the one that it is of.
    """

    title: str
    description: str
    tables: Sequence[Table] = ()
    tally: Tally | None = None
    is_whole: bool = False
    figure: str = ""


Maker: TypeAlias = Callable[[Asked], About]


def about(page: str, asked: Asked) -> About:
    """What a page of a kind is about. Raises UnknownName."""
    return _MAKERS[page](asked)


def cited_title(found: About, view: str | None) -> str:
    """What a view is called where it is cited: with the exchange, and with what of it is shown."""
    if found.tally is None:
        return found.title
    whole = _title(found.tally)
    if found.is_whole:
        return whole if view == "tally" else f"{whole}: {view}"
    return found.title if whole in found.title else f"{found.title}. {whole}"


# -- the front page --------------------------------------------------------------------------------


def _front(asked: Asked) -> About:
    processes, exchanges = asked.books.process_tallies(), asked.books.tallies()
    latest = sorted(exchanges, key=lambda each: each.last or "", reverse=True)
    tables = [_exchanges("Processes", processes), _exchanges("Exchanges", latest)]
    what = plural(len(exchanges), "exchange") if exchanges else "Exchanges"
    return About("", f"{what} {SLOGAN}", [each for each in tables if each.rows])


def _exchanges(caption: str, tallies: Sequence[Tally]) -> Table:
    heads = ["Exchange", "From", "To", *(f"{side.capitalize()} freed" for side in SIDES), "Prisoners per captive"]
    return Table(caption, heads, [_exchange_row(each) for each in tallies[:ROWS_MAX]])


def _exchange_row(tally: Tally) -> list[Cell]:
    freed = (_figure(tally, side, "released") for side in SIDES)
    first, last = map(moment, ends(tally) or (None, None))
    return [_link(tally), Cell(first), Cell(last), *freed, Cell(ratio(tally.ratios.deal))]


def _link(tally: Tally) -> Cell:
    return Cell(_title(tally), PAGE_KINDS["exchangePage"].path(exchange=tally.exchange))


# -- an exchange -----------------------------------------------------------------------------------


def _exchange(asked: Asked) -> About:
    tally = _tally(asked)
    is_one = asked.exchange in asked.books.by_exchange
    rounds = asked.books.rounds(asked.exchange) if is_one else []
    members = [] if is_one else [asked.books.tally(each) for each in tally.exchanges]
    tables = [_figures(tally), _ratios(tally), _rounds(asked.exchange, rounds), _exchanges("Its exchanges", members)]
    description = f"{_freed(tally)}{_in_rounds(rounds)}.{_by_ratio(tally)}{_dates(tally)}"
    return About(_title(tally), description, [each for each in tables if each.rows], tally, is_whole=True)


def _tally(asked: Asked) -> Tally:
    view = made(VIEW_KINDS["tally"], asked)[0]
    assert isinstance(view, Tally)
    return view


def _title(tally: Tally) -> str:
    return tally.title or tally.exchange


def _freed(view: Tally | Round) -> str:
    """`105 captives and 240 prisoners freed`."""
    found = ((side, figure(view, side, "released")) for side in SIDES)
    told = [f"{estimate(value)} {side[:-1] if estimate(value) == '1' else side}" for side, value in found if value]
    return f"{' and '.join(told)} freed" if told else "Nobody is recorded as freed"


def _in_rounds(rounds: Sequence[Round]) -> str:
    return f" in {plural(len(rounds), 'round')}" if rounds else ""


def _by_ratio(view: Tally | Round) -> str:
    told = ratio(view.ratios.deal)
    return "" if told == "-" else f" {told} {RATIOS['deal'].words}."


def _dates(tally: Tally) -> str:
    return f" {_between(days)}." if (days := ends(tally)) else ""


def _figures(tally: Tally) -> Table:
    rows = (
        [Cell(row.words.strip().capitalize()), *(_figure(tally, side, row.name) for side in SIDES)]
        for row in figure_rows(tally)
    )
    return Table("Totals", ["", *(side.capitalize() for side in SIDES)], list(rows))


def _figure(view: Tally, side: Side, name: str) -> Cell:
    value = figure(view, side, name)
    path = PAGE_KINDS["figurePage"].path(exchange=view.exchange, figure=f"{side}.{name}")
    return Cell("not recorded") if value is None else Cell(estimate(value), path)


def _ratios(tally: Tally) -> Table:
    defined = ((words.by, ratio(getattr(tally.ratios, scope))) for scope, words in RATIOS.items())
    rows = [[Cell(words.capitalize()), Cell(told)] for words, told in defined if told != "-"]
    return Table("Prisoners per captive", ["", "Ratio"], rows)


def _rounds(exchange: str, rounds: Sequence[Round]) -> Table:
    heads = ["Round", "Day", *(f"{side.capitalize()} freed" for side in SIDES), "Ratio by the deal", "Of all freed"]
    return Table("Rounds", heads, [_round_row(exchange, each) for each in rounds[:ROWS_MAX]])


def _round_row(exchange: str, view: Round) -> list[Cell]:
    freed = (figure(view, side, "released") for side in SIDES)
    return [
        Cell(str(view.round), PAGE_KINDS["roundPage"].path(exchange=exchange, round=str(view.round))),
        Cell(_days(view)),
        *(Cell("not recorded" if value is None else estimate(value)) for value in freed),
        Cell(ratio(view.ratios.deal)),
        Cell(ratio(view.ratios.all)),
    ]


def _days(view: Round) -> str:
    """From the first day of a round to its last."""
    return _between(days) if (days := rounds.ends(view)) else "-"


def _between(days: tuple[Moment, Moment]) -> str:
    first, last = map(moment, days)
    return first if first == last else f"{first} to {last}"


# -- what is in an exchange ------------------------------------------------------------------------


def _one_figure(asked: Asked) -> About:
    tally = _tally(asked)
    if asked.exchange not in asked.books.by_exchange:
        return _summed_figure(asked, tally)
    view = made(VIEW_KINDS["explanation"], asked)[0]
    assert isinstance(view, Explanation)
    sources = {each.source.publisher for each in view.contributions}
    claims = len(view.contributions)
    summed = f" The sum of {plural(claims, 'claim')}, from {plural(len(sources), 'source')}."
    description = f"{_title(tally)}.{summed if claims else ' No claim says anything of it.'}"
    return About(_told(asked.item, view.value), description, [*_contributions(view)], tally, figure=asked.item)


def _summed_figure(asked: Asked, tally: Tally) -> About:
    """A figure of a process: the same figure of each of its exchanges. Raises UnknownName."""
    summed = {f"{side}.{name}": (side, name) for side in SIDES for name in ROWS}
    if asked.item not in summed:
        raise UnknownName("figure", asked.item, list(summed))
    side, name = summed[asked.item]
    members = [asked.books.tally(each) for each in tally.exchanges]
    rows = [[_link(each), _figure(each, side, name)] for each in members]
    description = f"{_title(tally)}. The sum over {len(members)} exchanges."
    table = Table("By exchange", ["Exchange", figure_name(asked.item).capitalize()], rows)
    return About(_told(asked.item, figure(tally, side, name)), description, [table], tally, figure=asked.item)


def _told(name: str, value: Estimate | None) -> str:
    return f"{capital(figure_name(name))}: {'not recorded' if value is None else estimate(value)}"


def _contributions(view: Explanation) -> Iterator[Table]:
    rows = [
        [
            Cell(each.occurrence, PAGE_KINDS["claimPage"].path(exchange=view.exchange, event=each.event)),
            Cell(f"{'-' if each.sign < 0 else ''}{counted(each.count, each.hedge)}"),
            Cell(each.source.publisher),
            Cell(each.source.published or "-"),
            Cell(each.rule),
        ]
        for each in view.contributions[:ROWS_MAX]
    ]
    if rows:
        yield Table("The claims that count", ["What happened", "Count", "Source", "Published", "Rule"], rows)


def _one_round(asked: Asked) -> About:
    tally = _tally(asked)
    view = made(VIEW_KINDS["round"], asked)[0]
    assert isinstance(view, Round)
    days = _days(view)
    description = f"{_freed(view)}{'' if days == '-' else f', {days}'}.{_by_ratio(view)}"
    return About(f"Round {view.round}: {_title(tally)}", description, [_rounds(tally.exchange, [view])], tally)


def _one_claim(asked: Asked) -> About:
    event, tally = asked.read(asked.item), _tally(asked)
    if isinstance(event, UnknownEvent):
        what = "An event that was removed" if event.is_redacted else "An event that is newer than this software"
        return About(what, f"{_title(tally)}.", (), tally)
    by = event.source.publisher
    said = f" “{event.as_stated}”" if event.as_stated else ""
    published = f", published {event.source.published}" if event.source.published else ""
    title = f"{kind_name(event.type).capitalize()}, {moment(event.occurred)}: {by}"
    return About(title, f"{_title(tally)}. A claim by {by}{published}.{said}", (), tally)


SECTIONS: Mapping[str, str] = {
    "totals": "totals",
    "timeline": "timeline",
    "exchanges": "exchanges",
    "rounds": "rounds",
    "pauses": "pauses",
    "terms": "promised and delivered",
    "positions": "talks and positions",
    "claims": "where sources differ",
    "stated": "totals that sources state",
    "explain": "everything else that adds up",
}
"""The parts of the page of an exchange that have an address of their own, a chart's or not, and what each is called."""


def _one_chart(asked: Asked) -> About:
    if asked.item not in SECTIONS:  # else any words could be said in the name of this server
        raise UnknownName("chart", asked.item, [*SECTIONS])
    found = _exchange(asked)
    return found._replace(title=f"{found.title}: {SECTIONS[asked.item]}")


# -- changes ---------------------------------------------------------------------------------------


def _changes(asked: Asked) -> About:
    return About("Corrections", "What was corrected, recorded late or outdated, and what each correction changed.")


_MAKERS: Mapping[str, Maker] = {
    "frontPage": _front,
    "exchangePage": _exchange,
    "figurePage": _one_figure,
    "roundPage": _one_round,
    "claimPage": _one_claim,
    "chartPage": _one_chart,
    "changesPage": _changes,
    "changePage": _changes,
}
"""How each kind of page is made."""

if unmade := PAGE_KINDS.keys() ^ _MAKERS.keys():
    raise LookupError(f"kinds of page without a maker, or makers of no kind: {', '.join(sorted(unmade))}")
