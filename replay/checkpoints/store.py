"""Where checkpoints are kept, outside of the log: one file of them, or a directory with a file for each."""

import os
from collections.abc import Iterable
from pathlib import Path

import orjson
from pydantic import ValidationError

from ledger.errors import VerificationFailed
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.figure import FigureFile
from ledger.proof.note import Note, parse_note, split_notes
from ledger.proof.tree import Edge
from replay.checkpoints.trees import PartitionEdge
from replay.files import read_text, replacing, writing
from schemas.record import Frontier

SUFFIX = ".checkpoint"


def read_notes(path: Path) -> list[Note]:
    """The signed notes of a file, of a directory of checkpoints, or those in the proof of a figure.

    Raises LogUnreachable, VerificationFailed.
    """
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    found = list[Note]()
    for file in files:
        try:
            found += _notes(read_text(file))
        except VerificationFailed as error:
            raise VerificationFailed(f"{file}: {error}") from error
    return found


def _notes(text: str) -> list[Note]:
    if not text.startswith("{"):
        return split_notes(text)
    try:
        return [parse_note(each) for each in FigureFile.model_validate_json(text).checkpoints]
    except ValidationError as error:
        raise VerificationFailed("these are no checkpoints, nor the proof of a figure") from error


class CheckpointStore:
    """The checkpoints of a ledger in a file or a directory, and beside them the edges of the trees as they were then.

    The edges save reading the log anew. They are believed only where they have the root of the last checkpoint.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._edges = path / "edges.json" if path.is_dir() else path.with_name(f"{path.name}.edges.json")
        self._reached: Frontier | None = None

    def notes(self) -> list[Note]:
        """The checkpoints in the order in which they were made. Raises LogUnreachable, VerificationFailed."""
        return read_notes(self.path) if self.path.exists() else []

    def reached(self, name: str) -> Frontier:
        """Up to where the checkpoints of a ledger reach."""
        if self._reached is None:
            found = [parse_checkpoint(note) for note in self.notes()]
            ours = sorted((each for each in found if each.name == name), key=lambda each: each.size)
            self._reached = Frontier({each.partition: each.last.offset for each in ours})
        return self._reached

    def of(self, origin: str) -> list[Checkpoint]:
        """The checkpoints of one partition, the largest last."""
        found = (parse_checkpoint(note) for note in self.notes())
        return sorted((each for each in found if each.origin == origin), key=lambda each: each.size)

    def edge(self, of: Checkpoint) -> PartitionEdge | None:
        """The edge of the tree of a checkpoint, where it is kept and is the one."""
        try:
            kept = orjson.loads(self._edges.read_bytes())[of.origin]
            edge = Edge(of.size, [bytes.fromhex(each) for each in kept])
        except (OSError, ValueError, TypeError, LookupError):
            return None
        return PartitionEdge(edge, of.last.offset) if edge.root() == of.root else None

    def add(self, note: Note) -> None:
        """Keep a checkpoint, durably."""
        of, self._reached = parse_checkpoint(note), None
        if self.path.is_dir():
            name = f"{of.partition:03}-{of.size:012}-{of.time:%Y%m%dT%H%M%SZ}{SUFFIX}"
            _append(self.path / name, str(note), exclusive=True)
        else:
            _append(self.path, f"\n{note}" if self.path.exists() and self.path.stat().st_size else str(note))

    def keep_edges(self, edges: Iterable[tuple[str, PartitionEdge]]) -> None:
        """Keep the edges of the trees of all origins."""
        kept = {origin: [each.hex() for each in its.edge.peaks] for origin, its in edges}
        with replacing(self._edges) as file:
            file.write(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def _append(path: Path, text: str, exclusive: bool = False) -> None:
    with writing(path), path.open("x" if exclusive else "a", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
