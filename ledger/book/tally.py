"""The running totals of an exchange, or of several: a pure function of the books."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from ledger.book.book import Book
from ledger.book.facts import declared, opened
from ledger.book.live import LiveFigures
from ledger.book.pauses import calm_hours
from ledger.book.promises import promises
from ledger.book.ratios import Sides, ratios
from ledger.book.stocks import beside
from ledger.book.sums import NO_STOCKS, Figures, figures_posted, in_deal, merged, missing_sides
from ledger.book.transfers import SIDES
from schemas.values import Moment
from schemas.views import BothSides, Dimensions, RemainsFigures, SideFigures, Tally, unchecked
from schemas.vocabulary import Side


def figures(book: Book, rounds: Iterable[int | None] | None = None) -> LiveFigures:
    """Every plain figure of an exchange by its name, over all its rounds or some. They hold until the next event.

    Some rounds have no stocks: what is held was taken before them, or outside all rounds.
    """
    said = declared(book)
    if rounds is None:
        total = book.total.of(book.balances, said)
        book.total.put_beside(beside(total, [book]))
        return total
    several = [book.total.in_round(round, book.balances, said) for round in rounds]
    return several[0] if len(several) == 1 else LiveFigures({**merged(several), **NO_STOCKS})


def process_figures(books: Sequence[Book]) -> LiveFigures:
    """Every plain figure of several exchanges together."""
    known = merged(map(moved_figures, books))
    return LiveFigures(merged([known, beside(known, books)]))


def moved_figures(book: Book) -> Figures:
    """The plain figures of an exchange that its claims add up to, without what its stocks depend on beside them."""
    book.total.of(book.balances, declared(book))
    return book.total.without_beside()


def tally(book: Book) -> Tally:
    """The tally of one exchange."""
    declared = opened(book)
    return _tally(book.exchange, [book], declared.process if declared else None, declared.title if declared else None)


def process_tally(process: str, books: Sequence[Book]) -> Tally:
    """The sum of the tallies of all exchanges of one process."""
    return _tally(process, sorted(books, key=lambda book: book.exchange), process, None)


def _tally(name: str, books: Sequence[Book], process: str | None, title: str | None) -> Tally:
    is_one = len(books) == 1
    sums = figures(books[0]) if is_one else process_figures(books)
    days = [day for book in books for day, count in book.calendar.days.items() if count]
    first, last = min(days, default=None), max(days, default=None)
    hours = [each for book in books for each in calm_hours(book)]
    unknown: dict[str, int] = {}
    for book in books:
        for kind, count in sorted(book.unknown.items()):
            unknown[kind] = unknown.get(kind, 0) + count
    return _make_tally(
        exchange=name,
        exchanges=[book.exchange for book in books],
        process=process,
        title=title,
        events=sum(book.events for book in books),
        through=books[0].through if is_one else None,
        first=first and first.day,
        last=last and last.day,
        first_stated=first and first.stated,
        last_stated=last and last.stated,
        captives=side_figures("captives", sums),
        prisoners=side_figures("prisoners", sums),
        both=sums.made("both", lambda: _make_both(released=sums.value("both.released"))),
        ratios=ratios(sums, declared_sides(books), () if is_one else [figures(book) for book in books]),
        incomplete=incomplete_rounds(books[0]) if is_one else [],
        promises=promises(books[0], sums) if is_one else [],
        aid=sums.breakdown("aid"),
        funds=sums.breakdown("funds"),
        pause_hours=sum(hours) if hours else None,
        disputes_open=sum(book.disputes for book in books),
        contested=sum(book.contested for book in books),
        unknown=unknown,
    )


def ends(of: Tally) -> tuple[Moment, Moment] | None:
    """When the first and the last of what a tally counts began, as stated; None where nothing has a date."""
    if of.first is None or of.last is None:
        return None
    return of.first_stated or Moment.day(of.first), of.last_stated or Moment.day(of.last)


def declared_sides(books: Sequence[Book]) -> Sides:
    """Which sides' nationals every exchange declares of which anybody was freed, or returned."""
    if len(books) == 1:
        said = declared(books[0])
        return Sides(bool(said.nationals), bool(said.prisoner_nationals))
    known = [(declared(book), moved_figures(book)) for book in books]
    return Sides(*(_all_declare(side, [(bool(said.own(side)), sums) for said, sums in known]) for side in SIDES))


def _all_declare(side: str, members: Sequence[tuple[bool, Figures]]) -> bool:
    concerned = [
        is_declared for is_declared, sums in members if f"{side}.released" in sums or f"{side}.remains.returned" in sums
    ]
    return bool(concerned) and all(concerned)


def incomplete_rounds(book: Book) -> list[int]:
    """The rounds of which one side is missing, though no leg of another settles them, or a leg is not over."""
    one_sided = book.total.one_sided(book.balances, declared(book))
    lacking = {n for n in one_sided if not book.is_linked(n) or lacking_sides(book, book.joined(n))}
    return sorted(lacking if book.cut.occurred_by is None else lacking | book.filed.unfinished())


def lacking_sides(book: Book, rounds: Collection[int]) -> list[Side]:
    """The sides of which nobody is recorded, of a round or of all that legs join, though people of the other are."""
    if not any(map(book.shares_a_ratio, rounds)):
        return missing_sides(figures(book, rounds))
    return book.kept("lacking", frozenset(rounds), lambda: missing_sides(merged(map(in_deal, _joined(book, rounds)))))


def joined_figures(book: Book, rounds: Collection[int]) -> LiveFigures:
    """The figures of a round, or of all that legs join, with those of legs that settle them and belong to no round."""
    if not any(map(book.shares_a_ratio, rounds)):
        return figures(book, rounds)
    return book.kept("figures", frozenset(rounds), lambda: LiveFigures(merged(_joined(book, rounds))))


def _joined(book: Book, rounds: Iterable[int]) -> list[Figures]:
    return [*(figures(book, [number]) for number in rounds), *_outside_rounds(book, rounds)]


def _outside_rounds(book: Book, rounds: Iterable[int]) -> Iterator[Figures]:
    legs = {leg.key: leg for number in rounds for leg in book.settling(number)}
    said = declared(book)
    for leg in legs.values():
        if leg.adopted is not None and leg.adopted.round is None and leg.adopted.settles:
            yield figures_posted(leg.posted, said)


# -- the parts of a tally, and of a round ------------------------------------------------------


_DIMENSIONS = tuple(Dimensions.model_fields)
_PLAIN = tuple(name for name in SideFigures.model_fields if name not in ("remains", "by", "of_which"))
_REMAINS = tuple(name for name in RemainsFigures.model_fields if name != "nationality")
SHOWN = (*_PLAIN, *(f"remains.{name}" for name in _REMAINS))
"""Every figure that a tally and a round show of a side, but for its breakdowns."""
_PLAIN_OF = {side: tuple((name, f"{side}.{name}") for name in _PLAIN) for side in SIDES}
_REMAINS_OF = {side: tuple((name, f"{side}.remains.{name}") for name in _REMAINS) for side in SIDES}

_make_side, _make_remains, _make_dimensions = unchecked(SideFigures), unchecked(RemainsFigures), unchecked(Dimensions)
_make_both, _make_tally = unchecked(BothSides), unchecked(Tally)


def side_figures(side: Side, sums: LiveFigures) -> SideFigures:
    """Every figure of one side."""
    return sums.made(side, lambda: _side_figures(side, sums))


def _side_figures(side: Side, sums: LiveFigures) -> SideFigures:
    return _make_side(
        **sums.values_of(_PLAIN_OF[side]),
        remains=sums.made(f"{side}.remains", lambda: _remains_figures(side, sums)),
        by=sums.made(f"{side}.by", lambda: _dimensions(f"{side}.by", sums)),
        of_which=sums.made(f"{side}.of_which", lambda: _dimensions(f"{side}.of_which", sums)),
    )


def _remains_figures(side: Side, sums: LiveFigures) -> RemainsFigures:
    nationality = sums.breakdown(f"{side}.remains.by.nationality")
    return _make_remains(**sums.values_of(_REMAINS_OF[side]), nationality=nationality)


def _dimensions(group: str, sums: LiveFigures) -> Dimensions:
    return _make_dimensions(**{name: sums.breakdown(f"{group}.{name}") for name in _DIMENSIONS})
