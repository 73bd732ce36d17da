"""The running totals of an exchange, or of several: a pure function of the books."""

from collections.abc import Iterable, Sequence

from ledger.book.facts import nationals, opened
from ledger.book.figures import value
from ledger.book.pauses import pauses
from ledger.book.projection import Book
from ledger.book.promises import promises
from ledger.book.ratios import ratio
from ledger.book.sums import Figures, merged
from schemas.views import (
    Breakdown,
    CaptivesTally,
    Dimensions,
    PrisonersTally,
    Ratios,
    RemainsTally,
    Tally,
)


def figures(book: Book, rounds: Iterable[int | None] | None = None) -> Figures:
    """Every plain figure of an exchange by its name, over all its rounds or some. They hold until the next event."""
    own = nationals(book)
    if rounds is None:
        return book.total.of(book.balances, own)
    several = [book.total.in_round(round, book.balances, own) for round in rounds]
    return several[0] if len(several) == 1 else merged(several)


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
    each = [figures(book) for book in books]
    sums = each[0] if len(each) == 1 else merged(each)
    scoped = all(nationals(book) for book, own in zip(books, each, strict=True) if "captives.released" in own)
    captives = _captives(sums, scoped)
    prisoners = _prisoners(sums)
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
        through=books[0].through if len(books) == 1 else None,
        first=min(days, default=None),
        last=max(days, default=None),
        captives=captives,
        prisoners=prisoners,
        remains=_remains(sums),
        ratios=ratios(sums, scoped),
        promises=[promise for book in books for promise in promises(book, sums)] if len(books) == 1 else [],
        aid=_breakdown(sums, "aid."),
        funds=_breakdown(sums, "funds."),
        pause_hours=sum(hours) if hours else None,
        disputes_open=sum(book.disputes for book in books),
        contested=sum(book.contested for book in books),
        unknown=unknown,
    )


def ratios(sums: Figures, scoped: bool) -> Ratios:
    """The ratio in its three scopes, and that of the remains. A leg that was never recorded gives none."""
    prisoners = value("prisoners.released", sums) if "prisoners.released" in sums else None
    given = value("remains.given", sums) if "remains.given" in sums else None
    return Ratios(
        deal=ratio(prisoners, value("captives.deal", sums)),
        nationals=ratio(prisoners, value("captives.nationals", sums) if scoped else None),
        all=ratio(prisoners, value("captives.released", sums)),
        remains=ratio(given, value("remains.nationals", sums) if scoped else None),
    )


def _captives(sums: Figures, scoped: bool) -> CaptivesTally:
    return CaptivesTally(
        taken=value("captives.taken", sums),
        held=value("captives.held", sums) if "captives.taken" in sums else None,
        released=value("captives.released", sums),
        nationals=value("captives.nationals", sums) if scoped else None,
        foreigners=value("captives.foreigners", sums) if scoped else None,
        deal=value("captives.deal", sums),
        rescued=value("captives.rescued", sums),
        escaped=value("captives.escaped", sums),
        died=value("captives.died", sums),
        by=_dimensions(sums, "captives.by"),
        of_which=_dimensions(sums, "captives.of_which"),
    )


def _prisoners(sums: Figures) -> PrisonersTally:
    return PrisonersTally(
        released=value("prisoners.released", sums),
        by=_dimensions(sums, "prisoners.by"),
        of_which=_dimensions(sums, "prisoners.of_which"),
    )


def _remains(sums: Figures) -> RemainsTally:
    held = value("remains.held", sums)
    return RemainsTally(
        returned=value("remains.returned", sums),
        recovered=value("remains.recovered", sums),
        back=value("remains.back", sums),
        held=None if held.best is None or held.best < 0 or not _has_deaths(sums) else held,
        given=value("remains.given", sums),
        rejected=value("remains.rejected", sums),
        nationality=_breakdown(sums, "remains.by.nationality."),
    )


def _has_deaths(sums: Figures) -> bool:
    return "captives.died_held" in sums or "captives.taken_dead" in sums


def _dimensions(sums: Figures, prefix: str) -> Dimensions:
    found: dict[str, Breakdown] = {}
    for name, estimate in _breakdown(sums, f"{prefix}.").items():
        dimension, _, term = name.partition(".")
        found.setdefault(dimension, {})[term] = estimate
    return Dimensions(**found)


def _breakdown(sums: Figures, prefix: str) -> Breakdown:
    """The figures whose names begin so, by the rest of their names, in order."""
    names = sorted(name for name, balance in sums.items() if name.startswith(prefix) and balance)
    return {name.removeprefix(prefix): sums[name].estimate() for name in names}
