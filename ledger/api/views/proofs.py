"""Proofs of figures that the ledger's keeper has made and signed, offered for download as they are.

The server holds no key and makes no proof: it offers the files of a folder that `replay prove` fills, and one for a
figure only where it proves the very value that is shown.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import orjson
from pydantic import TypeAdapter

from ledger.api.http.problems import HttpProblem
from ledger.api.http.query import CUTS
from ledger.book.explain import canonical
from ledger.proof.figure import FORMAT, SUFFIX, Bounds
from schemas.values import Value
from schemas.views import Estimate

logger = logging.getLogger(__name__)

LOOK_S = 2.0
"""Between two looks at the folder."""
BYTES_MAX = 16 * 2**20
"""No proof of a figure is as large; what is larger is not read."""
_NO_PROOFS = "this server offers no proofs: LEDGER_SERVE_PROOFS names no folder that `replay prove` fills"


class ProofView(Value):
    """A proof that can be downloaded: of which figure, at which cut and value, and when it was signed (UTC)."""

    figure: str
    cut: Bounds
    value: Estimate
    time: str


class _Members(msgspec.Struct):
    """What is read of a proof's file to offer it. Whether it is to be believed, `replay verify` tells its reader."""

    format: str
    exchange: str
    figure: str
    cut: dict[str, str | None]
    value: dict[str, int | bool | None]
    time: str


class _Stamp(NamedTuple):
    """What changes when a file does."""

    changed_ns: int
    size: int


class _Offered(NamedTuple):
    stamp: _Stamp
    exchange: str
    view: ProofView | None


class Proofs:
    """The proofs in a folder. Without one, there are none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[Path, _Offered] = {}
        self._looked = -LOOK_S
        self._looking = asyncio.Lock()

    async def of(self, exchange: str) -> list[ProofView]:
        """The latest proof of each figure of an exchange at each cut, by figure."""
        return [view for _, (_, view) in sorted((await self._latest(exchange)).items())]

    async def proof(
        self, exchange: str, figure: str, cut: Mapping[str, str], value: Estimate | None, gone: Iterable[str] = ()
    ) -> bytes:
        """The file that proves this value of a figure, with none of the events that are gone.

        Raises HttpProblem where there is none.
        """
        if self._folder is None:
            raise HttpProblem("no-proof", _NO_PROOFS)
        given = Bounds(**{name: cut.get(name) for name in CUTS})
        path, view = (await self._latest(exchange)).get(_key(canonical(figure), given), (None, None))
        if path is None or view is None:
            raise HttpProblem("no-proof", f"nobody has proved {figure} of {exchange} at this moment yet")
        if view.value != value:
            raise HttpProblem("no-proof", f"{figure} of {exchange} has changed since it was proved at {view.time}")
        try:
            body = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise HttpProblem("no-proof", f"the proof of {figure} was taken away just now; try again") from error
        if any(each.encode() in body for each in gone):
            raise HttpProblem("no-proof", f"the proof of {figure} holds an event that was removed: prove it anew")
        return body

    async def _latest(self, exchange: str) -> dict[tuple[str, str], tuple[Path, ProofView]]:
        await self._look()
        found: dict[tuple[str, str], tuple[Path, ProofView]] = {}
        for path, offered in self._known.items():
            if offered.exchange == exchange and offered.view is not None:
                key = _key(offered.view.figure, offered.view.cut)
                if key not in found or found[key][1].time < offered.view.time:
                    found[key] = (path, offered.view)
        return found

    async def _look(self) -> None:
        async with self._looking:
            if self._folder is not None and time.monotonic() - self._looked >= LOOK_S:
                self._known = await asyncio.to_thread(_read, self._folder, self._known)
                self._looked = time.monotonic()


def _key(figure: str, cut: Bounds) -> tuple[str, str]:
    return figure, cut.model_dump_json()


def _read(folder: Path, known: Mapping[Path, _Offered]) -> dict[Path, _Offered]:
    """What is in the folder, of which only new and changed files are read."""
    return {path: _offered(path, stamp, known.get(path)) for path, stamp in _files(folder)}


def _files(folder: Path) -> Iterator[tuple[Path, _Stamp]]:
    """The files below a folder that lie in it: a link does not lead out of it."""
    root = folder.resolve()
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        try:
            real, its = path.resolve(), path.stat()
        except OSError:  # it was taken away meanwhile
            continue
        if real.is_file() and real.is_relative_to(root) and its.st_size <= BYTES_MAX:
            yield real, _Stamp(its.st_mtime_ns, its.st_size)


_members = msgspec.json.Decoder(_Members).decode
_view: TypeAdapter[ProofView] = TypeAdapter(ProofView)


def _offered(path: Path, stamp: _Stamp, known: _Offered | None) -> _Offered:
    if known is not None and known.stamp == stamp:
        return known
    try:
        found = _members(path.read_bytes())
        if found.format != FORMAT:
            raise ValueError(f"its format is {found.format[:40]!r}")
        told = {"figure": canonical(found.figure), "cut": found.cut, "value": found.value, "time": found.time}
        view = _view.validate_python(told)
        proofs_bytes([view])  # which cannot tell a number of more than 64 bits
        return _Offered(stamp, found.exchange, view)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        logger.warning("%s is not offered: it is no proof of a figure: %s", path, error)
        return _Offered(stamp, "", None)


def proofs_bytes(views: list[ProofView]) -> bytes:
    """The proofs that there are, as JSON."""
    return orjson.dumps([view.model_dump(mode="json") for view in views], option=orjson.OPT_SORT_KEYS)
