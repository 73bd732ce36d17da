"""The tidy table: one row for each claim and group of people, column by column."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, get_args

from ledger.book.balances import bounds, hedges
from ledger.book.claims import DECISIONS
from ledger.book.figures import class_of, scope_of, total_of
from ledger.book.transfers import PLACES, SIDES, flow
from ledger.tables.claim_rows import ClaimRow, claim_rows
from ledger.tables.column import Cell, DataTable, Link, TableColumn
from ledger.words.moments import edtf_of
from schemas import vocabulary
from schemas.kinds import KINDS
from schemas.values import span_of


def _said(row: ClaimRow, name: str) -> Cell:
    """A member of the event that not every type has."""
    found: Cell = getattr(row.event, name, None)
    return found


def _of_group(row: ClaimRow, name: str) -> Cell:
    found: Cell = getattr(row.event if row.group is None else row.group, name, None)
    return found


def _whose(row: ClaimRow) -> Cell:
    """The side of what is counted; else the one that the type or the event names, or a stated figure."""
    if row.account is not None:
        return row.account.side or None
    stated = str(_said(row, "figure") or "").partition(".")[0]
    return KINDS[row.event.type].side or _said(row, "side") or (stated if stated in SIDES else None)


def _figure(row: ClaimRow) -> Cell:
    return total_of(row.account) if row.account is not None and row.counts else None


def _days(row: ClaimRow) -> tuple[str | None, str | None]:
    start, end = span_of(row.event.occurred)
    first = None if start is None else str(start.date())
    return first, None if end is None else str((end - timedelta(microseconds=1)).date())


def _flow(row: ClaimRow, place: str) -> Cell:
    if not row.counts:
        return None
    account = row.account
    return flow(account.move, place) if account is not None and account.move in PLACES else 0


_SIGNED_IN_DEAL: Mapping[str, int] = {"released": 1, "credited_in": 1, "credited_out": -1}
_UNIDENTIFIED: Mapping[str, int] = {"remains_received": 1, "remains_identified": -1}


def _deal_scope(row: ClaimRow) -> Cell:
    account = row.account
    has_scope = account is not None and row.counts and account.move in (*_SIGNED_IN_DEAL, "returned")
    return scope_of(account, row.declared) if has_scope and account is not None else None


def _nationality_class(row: ClaimRow) -> Cell:
    account = row.account
    is_classed = account is not None and row.counts and account.move in ("released", "returned", "recovered")
    return class_of(account, row.declared) if is_classed and account is not None else None


def _part(row: ClaimRow, name: str) -> Cell:
    part = row.claim.part
    return None if part is None else str(getattr(part, name))


def _listed(values: Any) -> Cell:
    return "; ".join(map(str, values or ())) or None


def _sign(row: ClaimRow, sign: int) -> Cell:
    return sign if row.counts else None


_COLUMNS: Sequence[TableColumn[ClaimRow]] = (
    # -- what it is about
    TableColumn(
        "exchange", "string", "Exchange", "The deal that the claim is about.", lambda row: row.exchange, (), True
    ),
    TableColumn(
        "event",
        "string",
        "Event",
        "The claim's own id, a UUID: how any system refers to it.",
        lambda row: row.event.id,
        (),
        True,
    ),
    TableColumn(
        "group_number",
        "integer",
        "Group",
        "Which group of the claim, from 1; 1 where it has no groups. A credit is "
        "two rows: 1 takes people out of their round, 2 counts them in another.",
        lambda row: row.number,
        (),
        True,
    ),
    TableColumn(
        "occurrence",
        "string",
        "Occurrence",
        "The thing that happened. Claims on one occurrence are never added to each other: one of them counts.",
        lambda row: row.occurrence,
        (),
        True,
    ),
    TableColumn(
        "round",
        "integer",
        "Round",
        "The round of the deal in which it counts; empty outside all rounds.",
        lambda row: row.round,
    ),
    TableColumn(
        "type",
        "string",
        "Type of event",
        "What is said to have happened. docs/events.md describes every type.",
        lambda row: row.event.type,
        tuple(name for name in KINDS if name not in DECISIONS),
        True,
    ),
    TableColumn(
        "side",
        "string",
        "Side",
        "Whose people it is about, captives or prisoners; empty where it is about neither.",
        _whose,
        SIDES,
    ),
    TableColumn(
        "figure",
        "string",
        "Figure",
        "The total that the row is in, by its name in the tallies: the sum of all rows "
        "of a figure is that figure. Empty for what is in no total, and for a list that opens a stock.",
        _figure,
    ),
    # -- what the source says
    TableColumn(
        "count_best",
        "integer",
        "Count",
        "The number that the source states of this group: people, or the amount of "
        'aid or money. Empty where it states none ("several", "over 130"), and never 0 for it.',
        lambda row: None if row.stated is None else bounds(row.stated)[0],
    ),
    TableColumn(
        "count_low",
        "integer",
        "Count, at least",
        "The least that its words can mean.",
        lambda row: None if row.stated is None else bounds(row.stated)[1],
    ),
    TableColumn(
        "count_high",
        "integer",
        "Count, at most",
        "The most that its words can mean; empty where nothing bounds it.",
        lambda row: None if row.stated is None else bounds(row.stated)[2],
    ),
    TableColumn(
        "count_hedged",
        "boolean",
        "Count hedged",
        'Whether the source itself hedges ("about 900").',
        lambda row: None if row.stated is None else hedges(row.stated) > 0,
    ),
    TableColumn(
        "count_qualifier",
        "string",
        "Qualifier",
        "How sure the source is of its number, in its own word.",
        lambda row: None if row.told is None else row.told.qualifier,
        get_args(vocabulary.Qualifier),
    ),
    # -- what counts
    TableColumn(
        "adopted",
        "boolean",
        "Adopted",
        "Whether it is the claim of its occurrence that counts.",
        lambda row: row.is_adopted,
        (),
        True,
    ),
    TableColumn(
        "counts",
        "boolean",
        "Counts",
        "Whether a figure has it in it. An adopted claim may count nothing: a part of "
        "another, a fact, a total that is only compared.",
        lambda row: row.counts,
        (),
        True,
    ),
    TableColumn(
        "why", "string", "Why", "By which rule it is adopted, or why it is not.", lambda row: row.why, (), True
    ),
    TableColumn(
        "counted_best",
        "integer",
        "Counted",
        "What it adds to sums: the number stated, or what its parts leave of it. "
        "Empty where there is no number, or where the claim is not adopted.",
        lambda row: None if row.counted is None else bounds(row.counted)[0],
    ),
    TableColumn(
        "counted_low",
        "integer",
        "Counted, at least",
        "The low end, as far as other claims on the same occurrence stretch it.",
        lambda row: None if row.counted is None else bounds(row.counted)[1],
    ),
    TableColumn(
        "counted_high",
        "integer",
        "Counted, at most",
        "The high end, likewise; empty where nothing bounds it.",
        lambda row: None if row.counted is None else bounds(row.counted)[2],
    ),
    TableColumn(
        "counted_hedged",
        "boolean",
        "Counted hedged",
        "Whether a hedge is in what it adds.",
        lambda row: None if row.counted is None else hedges(row.counted) > 0,
    ),
    TableColumn(
        "deal_scope",
        "string",
        "Scope in the deal",
        "Of a release, of remains returned and of a credit: whether the "
        "deal counts these people, as the source, their basis or the exchange says; `unsaid` where nobody does.",
        _deal_scope,
        ("inside", "outside", "elsewhere", "unsaid"),
    ),
    TableColumn(
        "deal_sign",
        "integer",
        "Sign in the deal",
        "How it enters the deal's count, or what is beside the deal: 1 "
        "adds, -1 takes away, 0 neither; empty where it counts nothing.",
        lambda row: _sign(row, _SIGNED_IN_DEAL.get(row.account.move, 0) if row.account is not None else 0),
    ),
    TableColumn(
        "held_sign",
        "integer",
        "Sign in what is held",
        "How it changes how many are held, alive or dead: 1 adds, -1 "
        "takes away, 0 neither, as what a list had counted already; empty where it counts nothing.",
        lambda row: _sign(row, row.held[0]),
    ),
    TableColumn(
        "held_open",
        "boolean",
        "Perhaps in what is held",
        "Whether some or all of it may be in the list already from "
        "which the stock is counted: it then changes the stock by none of it to all.",
        lambda row: row.held[1] if row.counts else None,
    ),
    TableColumn(
        "remains_held_sign",
        "integer",
        "Sign in remains held",
        "How it changes how many remains are held: 1, -1 or 0.",
        lambda row: _flow(row, "remains_held"),
    ),
    TableColumn(
        "unidentified_sign",
        "integer",
        "Sign in remains unidentified",
        "How it changes how many remains are received and not identified: 1, -1 or 0.",
        lambda row: _sign(row, _UNIDENTIFIED.get(row.event.type, 0)),
    ),
    # -- the people
    TableColumn(
        "category",
        "string",
        "Category",
        "Who they are, in the words of the deal.",
        lambda row: _of_group(row, "category"),
        get_args(vocabulary.Category),
    ),
    TableColumn(
        "nationality",
        "string",
        "Nationality",
        "ISO 3166-1 alpha-3 codes, separated by `; `: a person can have several. XXX is foreign, and no more is said.",
        lambda row: _listed(_of_group(row, "nationality")),
    ),
    TableColumn(
        "nationality_class",
        "string",
        "Nationals or others",
        "Whether they are among the side's own nationals, as the "
        "exchange declares them; empty where it does not, or where the figure has no such classes.",
        _nationality_class,
        ("nationals", "others", "unclassified"),
    ),
    TableColumn(
        "vital",
        "string",
        "Alive or dead",
        "Whether they are alive, or dead.",
        lambda row: None if row.group is None else row.group.vital,
        get_args(vocabulary.Vital),
    ),
    TableColumn(
        "ratio_scope",
        "string",
        "Scope as stated",
        "Whether the deal's ratio counts them, as the source says.",
        lambda row: None if row.group is None else row.group.ratio_scope,
        get_args(vocabulary.RatioScope),
    ),
    TableColumn(
        "basis",
        "string",
        "Basis",
        "Under which arrangement they were let go.",
        lambda row: None if row.group is None else row.group.basis,
        get_args(vocabulary.Basis),
    ),
    TableColumn(
        "sentence",
        "string",
        "Sentence",
        "A prisoner's legal standing.",
        lambda row: None if row.group is None else row.group.sentence,
        get_args(vocabulary.Sentence),
    ),
    TableColumn(
        "holder",
        "string",
        "Holder",
        "The party that held them, where the group says it.",
        lambda row: None if row.group is None else row.group.holder,
    ),
    TableColumn(
        "destination",
        "string",
        "Destination",
        "The party, or the place by its party, to which they were let go.",
        lambda row: None if row.group is None else row.group.destination,
    ),
    TableColumn("by", "string", "Moved by", "The party that moved them.", lambda row: _said(row, "by")),
    TableColumn("to", "string", "Moved to", "The party that received them.", lambda row: _said(row, "to")),
    TableColumn(
        "facilitators",
        "string",
        "Facilitators",
        "The parties that carried out the handover, separated by `; `.",
        lambda row: _listed(_said(row, "facilitators")),
    ),
    TableColumn("part_of", "string", "Part of", "The occurrence of which it is a part.", lambda row: _part(row, "of")),
    TableColumn(
        "part_by",
        "string",
        "Part by",
        "By what the whole is divided.",
        lambda row: _part(row, "by"),
        get_args(vocabulary.Dimension),
    ),
    TableColumn(
        "settles",
        "string",
        "Settles",
        "The rounds that this leg pays for, separated by `; `: they have one ratio.",
        lambda row: _listed(_said(row, "settles")),
    ),
    TableColumn(
        "terms",
        "string",
        "Terms",
        "The set of terms that it carries out, or is about.",
        lambda row: _said(row, "terms"),
    ),
    # -- when
    TableColumn(
        "occurred",
        "string",
        "Occurred",
        "When it happened, in EDTF (ISO 8601-2), never narrower than it is known.",
        lambda row: edtf_of(row.event.occurred),
        (),
        True,
    ),
    TableColumn(
        "occurred_first",
        "date",
        "Occurred, first day",
        "The first day on which it can have happened; empty where nothing bounds it.",
        lambda row: _days(row)[0],
    ),
    TableColumn(
        "occurred_last",
        "date",
        "Occurred, last day",
        "The last day on which it can have happened, likewise.",
        lambda row: _days(row)[1],
    ),
    # -- whose word it is
    TableColumn("publisher", "string", "Publisher", "Who says so.", lambda row: row.event.source.publisher, (), True),
    TableColumn(
        "source_kind",
        "string",
        "Kind of source",
        "Who stands behind it: the speaker where one is named, else the publisher.",
        lambda row: row.event.source.kind,
        get_args(vocabulary.SourceKind),
        True,
    ),
    TableColumn(
        "speaks_for",
        "string",
        "Speaks for",
        "The party for which the source speaks.",
        lambda row: row.event.source.speaks_for,
    ),
    TableColumn(
        "origin",
        "string",
        "Origin",
        "Where the figure first came from: ten re-posts of one text are one origin.",
        lambda row: row.event.source.origin,
    ),
    TableColumn(
        "published",
        "string",
        "Published",
        "When it was published: a date, or a time with its offset.",
        lambda row: row.event.source.published,
    ),
    TableColumn(
        "published_on",
        "date",
        "Published on",
        "The day of it, on the publisher's own clock.",
        lambda row: row.event.source.published and row.event.source.published[:10],
    ),
    TableColumn(
        "reliability",
        "string",
        "Reliability",
        "Of the source, in the Admiralty code: A completely reliable ... F cannot be judged.",
        lambda row: row.event.source.reliability,
        get_args(vocabulary.Reliability),
        True,
    ),
    TableColumn(
        "credibility",
        "integer",
        "Credibility",
        "Of the information, in the Admiralty code: 1 confirmed ... 6 cannot be judged.",
        lambda row: row.event.source.credibility,
        (),
        True,
    ),
    TableColumn("url", "string", "Address", "Where it can be read.", lambda row: row.event.source.url),
    TableColumn(
        "archived", "string", "Archived copy", "Where a copy of it is kept.", lambda row: row.event.source.archived
    ),
    TableColumn(
        "sha256",
        "string",
        "SHA-256",
        "Of the bytes that were read, in hexadecimal.",
        lambda row: row.event.source.sha256,
    ),
    TableColumn(
        "status",
        "string",
        "Status",
        "What the source says of its own claim: a plan, a report, a side's word, confirmed, or failed.",
        lambda row: row.event.status,
        get_args(vocabulary.Status),
        True,
    ),
    TableColumn(
        "supersedes",
        "string",
        "Supersedes",
        "The earlier claim, by its event, that it corrects or brings up to date.",
        lambda row: row.event.supersedes,
    ),
    TableColumn(
        "superseded_by",
        "string",
        "Superseded by",
        "The later claim, by its event, that stands in its place.",
        lambda row: row.superseded_by,
    ),
    TableColumn("as_stated", "string", "As stated", "The source's own words.", lambda row: row.event.as_stated),
)

CLAIMS = DataTable(
    "claims",
    "Claims",
    "One row for each claim and group of people: what a source says, whether it counts and by which rule, and what it "
    "adds to which figure. Rows that do not count are there as well: sum only those that do, as the view `counted` has "
    "them.",
    _COLUMNS,
    ("exchange", "event", "group_number"),
    claim_rows,
    (
        Link(("exchange",), "exchanges", ("exchange",)),
        Link(("exchange", "publisher", "source_kind"), "sources", ("exchange", "publisher", "kind")),
    ),
    ("exchange", "side", "type", "counts", "round"),
)
