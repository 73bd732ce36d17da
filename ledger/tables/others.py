"""What claims refer to: exchanges and processes, the parties that they name, and the sources that they rest on."""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast, get_args

from ledger.book.facts import maybe, opened
from ledger.book.tally import ends
from ledger.tables.column import Cell, DataTable, Link, TableColumn
from ledger.tables.subject import TableSubject
from ledger.words.moments import edtf_of
from schemas import vocabulary
from schemas.events import ExchangeOpened, PartyRegistered
from schemas.values import ExternalIds, Moment, is_day
from schemas.views import Tally

_OF_AN_EXCHANGE = Link(("exchange",), "exchanges", ("exchange",))


# -- exchanges -------------------------------------------------------------------------------------

_ENDS = ("first", "last")


class ExchangeRow(NamedTuple):
    """An exchange or a process: its tally, and how it was declared."""

    tally: Tally
    is_process: bool
    opened: ExchangeOpened | None

    @property
    def ids(self) -> ExternalIds:
        """What others call it."""
        return _ids(self.opened)


def _ids(declared: ExchangeOpened | PartyRegistered | None) -> ExternalIds:
    return (declared.external_ids if declared is not None else None) or _NO_IDS


_NO_IDS = ExternalIds.model_construct()


def _end(row: ExchangeRow, name: str) -> Moment | None:
    days = ends(row.tally)
    return days and days[_ENDS.index(name)]


def _day(name: str) -> TableColumn[ExchangeRow]:
    def day(row: ExchangeRow) -> Cell:
        at = _end(row, name)
        return at.at if at and is_day(at) else None

    said = f"The day on which the {name} of what is counted began, where that is known."
    return TableColumn(name, "date", f"{name.capitalize()} day", said, day)


def _as_stated(name: str) -> TableColumn[ExchangeRow]:
    said = f"When the {name} of what is counted began, as stated, in EDTF."
    heading = f"{name.capitalize()} day as stated"
    return TableColumn(f"{name}_edtf", "string", heading, said, lambda row: maybe(edtf_of, _end(row, name)))


def _exchange(subject: TableSubject) -> Iterator[ExchangeRow]:
    said = None if subject.is_process else opened(subject.book)
    whole = None if said is None else cast("ExchangeOpened", subject.reads.full(said.id))
    yield ExchangeRow(subject.books.tally(subject.name), subject.is_process, whole)


EXCHANGES = DataTable(
    "exchanges",
    "Exchanges",
    "One row for each exchange, and one for each process of several exchanges.",
    (
        TableColumn("exchange", "string", "Exchange", "Its id.", lambda row: row.tally.exchange, (), True),
        TableColumn(
            "is_process",
            "boolean",
            "Process",
            "Whether it is a process of several exchanges.",
            lambda row: row.is_process,
            (),
            True,
        ),
        TableColumn(
            "process", "string", "Of the process", "The process that it belongs to.", lambda row: row.tally.process
        ),
        TableColumn("title", "string", "Title", "What it is called.", lambda row: row.tally.title),
        *map(_day, _ENDS),
        *map(_as_stated, _ENDS),
        TableColumn("events", "integer", "Events", "How many events it has.", lambda row: row.tally.events, (), True),
        TableColumn(
            "through",
            "string",
            "Through",
            "The event up to which it is told; empty for a process.",
            lambda row: row.tally.through,
        ),
        TableColumn(
            "nationals",
            "string",
            "Nationals of the captives' side",
            "Whose nationals the captives of the deal are, as declared; codes separated by `; `.",
            lambda row: "; ".join(row.opened.nationals) or None if row.opened else None,
        ),
        TableColumn(
            "prisoner_nationals",
            "string",
            "Nationals of the prisoners' side",
            "Whose nationals its prisoners are, likewise.",
            lambda row: "; ".join(row.opened.prisoner_nationals) or None if row.opened else None,
        ),
        TableColumn(
            "incomplete",
            "string",
            "Incomplete rounds",
            "The rounds of which one leg is not recorded or not over, separated by `; `.",
            lambda row: "; ".join(map(str, row.tally.incomplete)) or None,
        ),
        TableColumn(
            "contested",
            "integer",
            "Contested",
            "How many occurrences are told otherwise by another claim.",
            lambda row: row.tally.contested,
            (),
            True,
        ),
        TableColumn(
            "disputes_open",
            "integer",
            "Disputes",
            "How many disputes are open.",
            lambda row: row.tally.disputes_open,
            (),
            True,
        ),
        TableColumn("wikidata", "string", "Wikidata", "Its id in Wikidata.", lambda row: row.ids.wikidata),
        TableColumn("ucdp", "string", "UCDP", "Its id in the Uppsala Conflict Data Program.", lambda row: row.ids.ucdp),
        TableColumn("acled", "string", "ACLED", "Its id in ACLED.", lambda row: row.ids.acled),
    ),
    ("exchange",),
    _exchange,
    (),
    ("is_process", "process"),
)


# -- parties ---------------------------------------------------------------------------------------


def _parties(subject: TableSubject) -> Iterator[PartyRegistered]:
    """The parties of an exchange by their ids, each as it was registered last."""
    found: dict[str, PartyRegistered] = {}
    for occurrence in [] if subject.is_process else subject.book.occurrences():
        claim = occurrence.adopted
        if claim is not None and claim.type == "party_registered":
            event = cast("PartyRegistered", subject.reads.full(claim.id))
            found[event.party] = event
    yield from (found[party] for party in sorted(found))


PARTIES = DataTable(
    "parties",
    "Parties",
    "One row for each party that is registered in an exchange, with its roles there.",
    (
        TableColumn("exchange", "string", "Exchange", "The exchange.", lambda row: row.exchange, (), True),
        TableColumn(
            "party",
            "string",
            "Party",
            "Its id, as claims name it: `by`, `to`, `holder`, `destination`, `speaks_for`.",
            lambda row: row.party,
            (),
            True,
        ),
        TableColumn("name", "string", "Name", "What it is called.", lambda row: row.name, (), True),
        TableColumn(
            "kind", "string", "Kind", "What it is.", lambda row: row.kind, get_args(vocabulary.PartyKind), True
        ),
        TableColumn(
            "roles",
            "string",
            "Roles",
            "Its roles in this exchange, separated by `; `.",
            lambda row: "; ".join(row.roles) or None,
        ),
        TableColumn("wikidata", "string", "Wikidata", "Its id in Wikidata.", lambda row: _ids(row).wikidata),
        TableColumn(
            "ucdp", "string", "UCDP", "Its id in the Uppsala Conflict Data Program.", lambda row: _ids(row).ucdp
        ),
        TableColumn("acled", "string", "ACLED", "Its id in ACLED.", lambda row: _ids(row).acled),
        TableColumn("event", "string", "Event", "The event that registers it.", lambda row: row.id, (), True),
    ),
    ("exchange", "party"),
    _parties,
    (_OF_AN_EXCHANGE,),
    ("exchange", "kind"),
)


# -- sources ---------------------------------------------------------------------------------------


class SourceRow(NamedTuple):
    """A source in an exchange: how many claims are its own, how many of them are adopted, and from when to when."""

    exchange: str
    publisher: str
    kind: str
    claims: int
    adopted: int
    first: str | None
    last: str | None


def _sources(subject: TableSubject) -> Iterator[SourceRow]:
    found: dict[tuple[str, str], list[Any]] = {}
    for occurrence in [] if subject.is_process else subject.book.occurrences():
        adopted = subject.book.verdict(occurrence).adopted
        for claim in occurrence.claims:
            source = subject.reads.lean(claim.id).source
            known = found.setdefault((source.publisher, source.kind), [0, 0, []])
            known[0] += 1
            known[1] += claim is adopted
            if source.published:
                day = source.published[:10]
                known[2] = [min([*known[2][:1], day]), max([*known[2][1:], day])]
    for (publisher, kind), (claims, counting, days) in sorted(found.items()):
        yield SourceRow(subject.name, publisher, kind, claims, counting, *(days or (None, None)))


SOURCES = DataTable(
    "sources",
    "Sources",
    "One row for each source whose word an exchange rests on: a publisher, and who stands behind what it says.",
    (
        TableColumn("exchange", "string", "Exchange", "The exchange.", lambda row: row.exchange, (), True),
        TableColumn("publisher", "string", "Publisher", "Who says so.", lambda row: row.publisher, (), True),
        TableColumn(
            "kind",
            "string",
            "Kind of source",
            "Who stands behind it.",
            lambda row: row.kind,
            get_args(vocabulary.SourceKind),
            True,
        ),
        TableColumn(
            "claims", "integer", "Claims", "How many claims are on its word.", lambda row: row.claims, (), True
        ),
        TableColumn(
            "adopted", "integer", "Adopted", "How many of them are adopted.", lambda row: row.adopted, (), True
        ),
        TableColumn(
            "first_published",
            "date",
            "First published",
            "The first day on which it published one.",
            lambda row: row.first,
        ),
        TableColumn(
            "last_published", "date", "Last published", "The last day on which it published one.", lambda row: row.last
        ),
    ),
    ("exchange", "publisher", "kind"),
    _sources,
    (_OF_AN_EXCHANGE,),
    ("exchange", "kind"),
)
