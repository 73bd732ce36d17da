"""What publishing would do, found out by doing it to a copy of the ledger that is thrown away.

Nothing is computed in another way than when it counts: the copy is a ledger, and what is refused, repeated or warned of
there is what would be.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeAlias

from ledger.blocking import Ledger
from ledger.copying import copy
from ledger.follow.books import Books
from ledger.log import kind_of, opened_log
from ledger.proof.note import SigningKey
from ledger.settings import Settings
from schemas.record import Progress
from schemas.values import Value
from schemas.views import Estimate

Figures: TypeAlias = Mapping[tuple[str, str], Estimate | None]
"""By exchange and name."""


class FigureShift(Value):
    """A figure of an exchange before and after; None is not recorded."""

    exchange: str
    figure: str
    before: Estimate | None
    after: Estimate | None


class Rehearsal(NamedTuple):
    """A copy of a ledger, and its figures as they were when it was copied."""

    ledger: Ledger
    url: str
    before: Figures

    def moved(self, books: Books | None = None) -> list[FigureShift]:
        """How the figures have moved since: up to books of the copy, where they are there already, else up to now."""
        return _moved(self.before, _figures(books or self.ledger.read()))


@contextmanager
def rehearsed(
    url: str | None,
    key: SigningKey | None = None,
    opened: Callable[[Path], Ledger] | None = None,
    progress: Progress | None = None,
) -> Iterator[Rehearsal]:
    """A copy of the ledger at a URL, as it is now, for as long as it is needed; an empty one where no file is yet.

    `opened` opens the copy where it is not to be opened as `Ledger.open` does, by the settings of who asks. The copy is
    a file on this machine, whatever the ledger is: one on Kafka is read whole.
    Raises LogUnreachable, LogDamaged.
    """
    with TemporaryDirectory(prefix="ledger-") as folder:
        path = Path(folder) / "ledger.db"
        _copy(url or Settings.load().log, path, progress)
        copied = f"sqlite:///{path}"
        with opened(path) if opened else Ledger.open(copied, key=key) as ledger:
            yield Rehearsal(ledger, copied, _figures(ledger.read()))


def _copy(url: str, path: Path, progress: Progress | None) -> None:
    kind = kind_of(url)
    if kind.file is None or kind.copied is None:
        asyncio.run(_copied(url, path, progress))
    elif kind.file(url).is_file():
        kind.copied(kind.file(url), path)


async def _copied(url: str, path: Path, progress: Progress | None) -> None:
    async with opened_log(url) as source, opened_log(f"sqlite:///{path}", create=True) as target:
        await copy(source, target, url, progress=progress)


def _figures(books: Books) -> Figures:
    return {
        (exchange, figure): value for exchange in books.exchanges() for figure, value in books.figures(exchange).items()
    }


def _moved(before: Figures, after: Figures) -> list[FigureShift]:
    return [
        FigureShift(exchange=place[0], figure=place[1], before=before.get(place), after=after.get(place))
        for place in sorted(before.keys() | after.keys())
        if before.get(place) != after.get(place)
    ]
