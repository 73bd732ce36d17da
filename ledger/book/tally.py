"""The running totals of an exchange, or of several: a pure function of the books."""

from collections.abc import Iterable, Mapping, Sequence

from ledger.book.balances import Balance
from ledger.book.facts import declared, opened
from ledger.book.figures import value
from ledger.book.pauses import pauses
from ledger.book.projection import Book
from ledger.book.promises import promises
from ledger.book.ratios import Sides, ratios
from ledger.book.stocks import stock_figures
from ledger.book.sums import Figures, merged
from ledger.book.transfers import SIDES
from schemas.views import BothSides, Breakdown, Dimensions, RemainsFigures, SideFigures, Tally


def figures(book: Book, rounds: Iterable[int | None] | None = None) -> Figures:
    """Every plain figure of an exchange by its name, over all its rounds or some. They hold until the next event."""
    said = declared(book)
    if rounds is None:
        total = book.total.of(book.balances, said)
        return {**total, **stock_figures([book], total)}
    several = [book.total.in_round(round, book.balances, said) for round in rounds]
    return several[0] if len(several) == 1 else merged(several)


def process_figures(books: Sequence[Book]) -> Figures:
    """Every plain figure of several exchanges together."""
    each = [book.total.of(book.balances, declared(book)) for book in books]
    total = merged(each)
    return {**total, **stock_figures(books, total)}


def tally(book: Book) -> Tally:
    """The tally of one exchange."""
    declared = opened(book)
    return _tally(book.exchange, [book], declared.process if declared else None, declared.title if declared else None)


def process_tally(process: str, books: Sequence[Book]) -> Tally:
    """The sum of the tallies of all exchanges of one process."""
    return _tally(process, sorted(books, key=lambda book: book.exchange), process, None)


def processes(books: Iterable[Book]) -> dict[str, list[Book]]:
    """The books of each declared process."""
    grouped: dict[str, list[Book]] = {}
    for book in books:
        declared = opened(book)
        if declared and declared.process:
            grouped.setdefault(declared.process, []).append(book)
    return grouped


def _tally(name: str, books: Sequence[Book], process: str | None, title: str | None) -> Tally:
    is_one = len(books) == 1
    sums = figures(books[0]) if is_one else process_figures(books)
    days = [day for book in books for day, count in book.days.items() if count]
    hours = [pause.calm_hours for book in books for pause in pauses(book) if pause.calm_hours is not None]
    unknown: dict[str, int] = {}
    for book in books:
        for kind, count in sorted(book.unknown.items()):
            unknown[kind] = unknown.get(kind, 0) + count
    return Tally(
        exchange=name,
        exchanges=[book.exchange for book in books],
        process=process,
        title=title,
        events=sum(book.events for book in books),
        through=books[0].through if is_one else None,
        first=min(days, default=None),
        last=max(days, default=None),
        captives=side_figures("captives", sums),
        prisoners=side_figures("prisoners", sums),
        both=BothSides(released=value("both.released", sums)),
        ratios=ratios(sums, declared_sides(books), () if is_one else [figures(book) for book in books]),
        incomplete=incomplete_rounds(books[0]) if is_one else [],
        promises=promises(books[0], sums) if is_one else [],
        aid=_breakdown(sums, "aid."),
        funds=_breakdown(sums, "funds."),
        pause_hours=sum(hours) if hours else None,
        disputes_open=sum(book.disputes for book in books),
        contested=sum(book.contested for book in books),
        unknown=unknown,
    )


def declared_sides(books: Sequence[Book]) -> Sides:
    """Which sides' nationals every exchange declares of which anybody was freed, or returned."""
    if len(books) == 1:
        said = declared(books[0])
        return Sides(bool(said.nationals), bool(said.prisoner_nationals))
    known = [(declared(book), figures(book)) for book in books]
    return Sides(*(_all_declare(side, [(bool(said.own(side)), sums) for said, sums in known]) for side in SIDES))


def _all_declare(side: str, members: Sequence[tuple[bool, Figures]]) -> bool:
    concerned = [
        is_declared for is_declared, sums in members if f"{side}.released" in sums or f"{side}.remains.returned" in sums
    ]
    return bool(concerned) and all(concerned)


def incomplete_rounds(book: Book) -> list[int]:
    """The rounds of which one side is missing, though no leg of another settles them, or a leg is not over."""
    one_sided = book.total.one_sided(book.balances, declared(book))
    unsettled = {number for number in one_sided if len(book.joined(number)) == 1}
    return sorted(unsettled | {number for number, _ in book.unfinished()})


# -- the parts of a tally, and of a round ------------------------------------------------------


def side_figures(side: str, sums: Mapping[str, Balance]) -> SideFigures:
    """Every figure of one side."""
    plain = (name for name in SideFigures.model_fields if name not in ("remains", "by", "of_which"))
    return SideFigures(
        **{name: value(f"{side}.{name}", sums) for name in plain},
        remains=RemainsFigures(
            held=value(f"{side}.remains.held", sums),
            returned=value(f"{side}.remains.returned", sums),
            recovered=value(f"{side}.remains.recovered", sums),
            rejected=value(f"{side}.remains.rejected", sums),
            unidentified=value(f"{side}.remains.unidentified", sums),
            nationality=_breakdown(sums, f"{side}.remains.by.nationality."),
        ),
        by=_dimensions(sums, f"{side}.by"),
        of_which=_dimensions(sums, f"{side}.of_which"),
    )


def _dimensions(sums: Mapping[str, Balance], prefix: str) -> Dimensions:
    found: dict[str, Breakdown] = {}
    for name, estimate in _breakdown(sums, f"{prefix}.").items():
        dimension, _, term = name.partition(".")
        if dimension in Dimensions.model_fields:
            found.setdefault(dimension, {})[term] = estimate
    return Dimensions(**found)


def _breakdown(sums: Mapping[str, Balance], prefix: str) -> Breakdown:
    """The figures whose names begin so, by the rest of their names, in order."""
    names = sorted(name for name in sums if name.startswith(prefix))
    return {name.removeprefix(prefix): sums[name].estimate() for name in names}
