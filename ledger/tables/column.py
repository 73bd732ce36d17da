"""What a table is: its columns, each with a name, a type and words, what tells its rows apart, and how they are made.

A table that lacks any of it ends the program when it starts.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from ledger.tables.subject import TableSubject

Cell: TypeAlias = str | int | float | bool | None
Type: TypeAlias = Literal["string", "integer", "number", "boolean", "date"]
"""In the words of Table Schema. A date is written `2023-11-24`."""
T = TypeVar("T")


class TableColumn(NamedTuple, Generic[T]):
    """One column. `make` takes the cell from what a row is about; None is empty: not recorded, and never 0.

    `terms`: the only words that it holds. `required`: it is never empty.
    """

    name: str
    type: Type
    title: str
    description: str
    make: Callable[[T], Cell]
    terms: Sequence[str] = ()
    required: bool = False


class Link(NamedTuple):
    """Columns by which each row names a row of another table."""

    columns: Sequence[str]
    table: str
    to: Sequence[str]


class DataTable(NamedTuple):
    """One table. `rows` gives what its rows are about, of an exchange or of a process; `key`: what tells them apart."""

    name: str
    title: str
    description: str
    columns: Sequence[TableColumn[Any]]
    key: Sequence[str]
    rows: Callable[[TableSubject], Iterable[Any]]
    links: Sequence[Link] = ()
    facets: Sequence[str] = ()

    @property
    def names(self) -> list[str]:
        """The names of its columns, in order."""
        return [column.name for column in self.columns]

    def cells(self, subject: TableSubject) -> Iterable[list[Cell]]:
        """The rows of an exchange or a process, cell by cell."""
        makers = [column.make for column in self.columns]
        return ([make(row) for make in makers] for row in self.rows(subject))


def check(tables: Iterable[DataTable]) -> None:
    """Raise LookupError for what is not described, stands twice, or names what there is not."""
    known = {table.name: table for table in tables}
    for table in known.values():
        for column in table.columns:
            if not (column.title and column.description.endswith(".")):
                raise LookupError(f"{table.name}.{column.name}: a column has a title, and a sentence that describes it")
        if not table.description.endswith(".") or len({*table.names}) < len(table.names):
            raise LookupError(f"{table.name}: a table is described, and has each column once")
        required = {column.name for column in table.columns if column.required}
        if lacking := {*table.key} - required:
            raise LookupError(f"{table.name}: {', '.join(sorted(lacking))} tells rows apart, so it is never empty")
        for link in table.links:
            if (
                link.table not in known
                or [*link.to] != [*known[link.table].key]
                or not required.issuperset(link.columns)
            ):
                raise LookupError(f"{table.name}: {', '.join(link.columns)} names no row of {link.table}")
        if not {*table.facets} <= {*table.names}:
            raise LookupError(f"{table.name}: there is no column for one of its facets")


def terms_of(literal: Any) -> tuple[str, ...]:
    """The words of a closed vocabulary."""
    found: tuple[str, ...] = literal.__args__
    return found
