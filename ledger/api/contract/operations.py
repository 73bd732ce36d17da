"""Every operation of the server in one row: all that is said about it, and what does it. Nothing else is served.

Routes, rights, limits, logs and the description of the API are derived from these rows. A row that lacks a part ends
the program when it starts.
"""

from collections.abc import Sequence

from ledger.api.access.tokens import Role
from ledger.api.contract.description import description
from ledger.api.contract.operation import Json, Opaque, Operation, Streamed, check
from ledger.api.events.dry_runs import DryRun
from ledger.api.events.entering import EventTypes, PublisherView, Understood
from ledger.api.events.publishing import Receipts
from ledger.api.events.records import Records, RecordView
from ledger.api.events.redactions import RedactionView
from ledger.api.events.rejects import RejectedView
from ledger.api.events.search import SearchResult
from ledger.api.events.tables import MappedTable, TableSent
from ledger.api.handlers import changes, charts, downloads, entering, events, operating, pages, views
from ledger.api.handlers.call import Handler
from ledger.api.http.answers import PNG, SVG
from ledger.api.http.query import AS_OF
from ledger.api.service.health import Live, Ready
from ledger.api.site.feed import ATOM
from ledger.api.site.pages import FEED, PAGE_KINDS, PageKind
from ledger.api.site.shell import HTML
from ledger.api.stream.feeds import Removed
from ledger.api.views.bodies import Exchanges
from ledger.api.views.drawings import ChartView
from ledger.api.views.proofs import ProofView
from ledger.changes.views import ChangesView, EventChangeView
from ledger.follow.filters import FILTERS
from ledger.proof.figure import FigureFile
from ledger.tables.forms import FILE_FORMS, FileForm
from schemas.view_kinds import VIEW_KINDS, ViewKind
from schemas.views import Round, Tally

EXCHANGE = "/v1/exchanges/{exchange}"
STREAM_S = 60.0
"""A browser whose stream is refused does not come again, but it waits."""


def _view(kind: ViewKind) -> Operation:
    answer, handler = Json(kind.model, kind.shape == "list"), views.view(kind)
    return Operation(kind.name, EXCHANGE + kind.address, Role.read, AS_OF, answer, handler, has_forms=True)


def _page(kind: PageKind) -> Operation:
    """A page takes whatever stands in its query: others add to addresses what is their own."""
    answer, handler = Opaque(HTML, "string"), pages.page(kind)
    moved = {308: "An old address, `/?exchange=...`, leads to the new one."}
    missing = {404: "There is no such thing here: a page that says so."}
    statuses = {200: kind.summary, **(moved if kind.name == "frontPage" else missing)}
    return Operation(
        kind.name,
        kind.address,
        None,
        None,
        answer,
        handler,
        patience_s=None,
        failures=(304,),
        statuses=statuses,
        has_example=False,
    )


def _drawn(id: str, path: str, media_type: str, handler: Handler, *more: str) -> Operation:
    """A chart in a form that is no JSON."""
    answer, query = Opaque(media_type, "string"), (*AS_OF, *more)
    return Operation(id, path, Role.read, query, answer, handler, failures=(304,), has_example=False)


def _stream(kind: str, query: Sequence[str], answer: Streamed) -> Operation:
    id, path, handler = f"stream{kind.title()}", f"/v1/stream/{kind}", events.stream(kind)
    return Operation(id, path, Role.read, query, answer, handler, patience_s=STREAM_S, failures=(406,))


def _download(scope: str, path: str, form: FileForm) -> Operation:
    id, handler = f"{scope}Data{form.ending.title().replace('.', '')}", downloads.download(form)
    answer, failures = Opaque(form.media_type.partition(";")[0], "string"), (304, 406)
    return Operation(
        id, f"{path}/data{form.ending}", Role.read, AS_OF, answer, handler, failures=failures, has_example=False
    )


_CHARTS = f"{EXCHANGE}/charts"
_PROOF = f"{EXCHANGE}/proof/{{figure}}"
_EVENTS = Streamed({"event": RecordView})
_TALLIES = Streamed({"tally": Tally})
_ROUNDS = Streamed({"round": Round, "removed": Removed})
_TEXT = Opaque("text/plain", "string")
_OBJECT = Opaque("application/json", "object")

OPERATIONS: Sequence[Operation] = (
    Operation("exchanges", "/v1/exchanges", Role.read, AS_OF, Json(Exchanges), views.exchanges, has_forms=True),
    *map(_view, VIEW_KINDS.values()),
    Operation("proofs", f"{EXCHANGE}/proof", Role.read, (), Json(ProofView, is_list=True), views.proofs),
    Operation("proof", _PROOF, Role.read, AS_OF, Json(FigureFile), views.proof, has_example=False),
    *(_download("exchange", EXCHANGE, form) for form in FILE_FORMS),
    *(_download("ledger", "/v1", form) for form in FILE_FORMS),
    Operation("charts", _CHARTS, Role.read, AS_OF, Json(ChartView, is_list=True), charts.charts, failures=(304,)),
    _drawn("chartSvg", f"{_CHARTS}/{{chart}}.svg", SVG, charts.svg),
    _drawn("chartPng", f"{_CHARTS}/{{chart}}.png", PNG, charts.png),
    _drawn("preview", f"{EXCHANGE}/preview.png", PNG, charts.preview, "figure"),
    _drawn("embed", "/embed/exchanges/{exchange}/{chart}", HTML, charts.embed),
    Operation(
        "oembed",
        "/oembed",
        Role.read,
        ("url", "maxwidth", "maxheight", "format"),
        Json(charts.OEmbed),
        charts.oembed,
        failures=(404, 410, 501),
        has_example=False,
    ),
    Operation("events", "/v1/events", Role.read, ("after", "limit", *FILTERS, *AS_OF), Json(Records), events.events),
    Operation("search", "/v1/search", Role.read, ("q", "after", "limit", *AS_OF), Json(SearchResult), events.search),
    Operation("event", "/v1/events/{event}", Role.read, (), Json(RecordView), events.event),
    Operation(
        "changes",
        "/v1/changes",
        Role.read,
        (*changes.WINDOW, "exchange", "round", "figure", "kind"),
        Json(ChangesView),
        changes.changes,
        failures=(304, 404),
    ),
    Operation(
        "changesFeed",
        FEED,
        Role.read,
        ("exchange", "kind"),
        Opaque(ATOM.partition(";")[0], "string"),
        changes.changes_feed,
        failures=(304, 404),
        has_example=False,
    ),
    Operation("change", "/v1/changes/{event}", Role.read, (), Json(EventChangeView), changes.change, failures=(304,)),
    Operation(
        "publish",
        "/v1/events",
        Role.publish,
        ("dry_run",),
        Json(Receipts),
        events.publish,
        method="POST",
        failures=(408, 409, 413, 415),
        statuses={
            200: "A dry run: all would be in the log.",
            201: "All are in the log.",
            207: "Some lines are in the log, or would be; each of the others says why not.",
        },
        bodies={200: (DryRun,), 207: (Receipts, DryRun)},
        takes="events",
    ),
    Operation(
        "redact",
        "/v1/events/{event}",
        Role.admin,
        ("why",),
        Json(RedactionView),
        events.redact,
        method="DELETE",
        has_example=False,
    ),
    Operation(
        "rejected",
        "/v1/rejected",
        Role.audit,
        ("limit", "all"),
        Json(RejectedView, is_list=True),
        events.rejected,
        patience_s=None,
        failures=(503,),
    ),
    Operation(
        "table",
        "/v1/tables",
        Role.publish,
        (),
        Json(MappedTable),
        entering.table,
        method="POST",
        patience_s=None,
        failures=(408, 413, 415, 429),
        takes=TableSent,
    ),
    Operation("me", "/v1/me", Role.publish, (), Json(PublisherView), entering.me, patience_s=None),
    Operation("types", "/v1/schemas", None, (), Json(EventTypes), entering.types, patience_s=None),
    Operation(
        "contract", "/v1/schemas/{type}", None, (), _OBJECT, entering.contract, patience_s=None, has_example=False
    ),
    Operation("words", "/v1/words/{kind}", None, ("said",), Json(Understood), entering.words, patience_s=None),
    _stream("events", (*FILTERS, "since"), _EVENTS),
    _stream("tallies", ("exchange", "since"), _TALLIES),
    _stream("rounds", ("exchange", "round", "since"), _ROUNDS),
    Operation("openapi", "/v1/openapi.json", None, (), _OBJECT, description, patience_s=None, has_example=False),
    Operation("live", "/health/live", None, None, Json(Live), operating.live, patience_s=None),
    Operation(
        "ready",
        "/health/ready",
        None,
        None,
        Json(Ready),
        operating.ready,
        patience_s=None,
        statuses={503: "It is not up to date, or the log does not answer."},
    ),
    Operation("metrics", "/metrics", Role.read, None, _TEXT, operating.metrics, patience_s=None, has_example=False),
    *map(_page, PAGE_KINDS.values()),
)
"""All operations, in the order of the description."""

check(OPERATIONS)
