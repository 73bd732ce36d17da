"""Rows that wait for others in little memory: the names of their columns once, their texts and fields as JSON."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import orjson

from ledger.mapping.rows import Draft
from ledger.mapping.templates import Templates
from schemas.errors import InvalidEvent, Problem
from schemas.json_bytes import json_bytes


class PackedTexts(NamedTuple):
    """The texts of a row by column."""

    columns: tuple[str, ...]
    texts: bytes

    def cells(self) -> dict[str, str]:
        return dict(zip(self.columns, orjson.loads(self.texts), strict=True))


class PackedDraft(NamedTuple):
    """A draft, which is made anew whenever it is asked for."""

    key: str
    cells: PackedTexts
    members: bytes
    templates: Templates
    made: Collection[str]

    def draft(self) -> Draft:
        return Draft(self.key, self.cells.cells(), orjson.loads(self.members), self.templates, self.made)


class Packer:
    """Packs rows, those with the same columns with one list of their names."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, ...], tuple[str, ...]] = {}

    def texts(self, cells: Mapping[str, str]) -> PackedTexts:
        columns = tuple(cells)
        return PackedTexts(self._columns.setdefault(columns, columns), json_bytes([*cells.values()]))

    def draft(self, draft: Draft) -> PackedDraft:
        """Raises InvalidEvent for members that JSON has no place for."""
        try:
            members = json_bytes(draft.members)
        except TypeError as error:
            raise InvalidEvent(Problem("", f"cannot be put together: {error}")) from error
        return PackedDraft(draft.key, self.texts(draft.cells), members, draft.templates, draft.made)
