"""What all routes of one server share."""

import time
from collections.abc import Callable
from functools import partial

from starlette.requests import Request

from ledger.api.access.allowances import Allowances, Asker, client_in
from ledger.api.access.hosts import is_private, shared_by
from ledger.api.access.tokens import Tokens, tokens_path
from ledger.api.access.turned_away import TurnedAway
from ledger.api.events.dry_runs import DryRuns
from ledger.api.events.publishing import Publishing
from ledger.api.events.tables import MappedTables
from ledger.api.http.addresses import Addresses
from ledger.api.http.problems import HttpProblem
from ledger.api.service.metrics import Metrics, Scraped
from ledger.api.site.shell import Site
from ledger.api.state.asking import Asking
from ledger.api.state.changes import ChangesAsked
from ledger.api.state.fair_turns import FairTurns
from ledger.api.state.history import History
from ledger.api.stream.streams import Streams
from ledger.api.telemetry.tracing import tracing_of
from ledger.api.views.bodies import BodyCache
from ledger.api.views.changes import ChangeBodies
from ledger.api.views.downloads import Downloads
from ledger.api.views.drawings import Drawings
from ledger.api.views.hot_answers import HotAnswers
from ledger.api.views.proofs import Proofs
from ledger.client import AsyncLedger
from ledger.follow.replica import Replica
from ledger.settings import Settings
from ledger.webhooks.addresses import webhooks_path
from schemas.record import NOWHERE


class Service:
    """One ledger as it is served: its replica, what is read from it, and who may."""

    def __init__(self, ledger: AsyncLedger, settings: Settings) -> None:
        self.ledger = ledger
        self.settings = settings
        self.tracing = tracing_of()
        addresses = Addresses.of(settings.serve_url)
        self.site = Site(settings.serve_title, settings.serve_publisher, settings.serve_licence, addresses)
        self.shared = shared_by(settings)
        self.is_open = settings.serve_read == "open"
        self.is_private = is_private(settings)
        self.failure: BaseException | None = None
        self.on_failure: Callable[[], None] = lambda: None
        self.replica = Replica(ledger.log)
        turns = FairTurns(settings.serve_folds, settings.serve_folds_waiting, settings.serve_folds_waiting_each)
        self.history = History(self.replica, ledger.log, self.tracing, settings.serve_cache_moments, turns)
        self.asking = Asking(self.replica, turns)
        self.bodies = BodyCache(self.replica, self.history, settings.serve_cache_bytes, self.site)
        asked = ChangesAsked(self.replica, self.history, turns)
        self.changes = ChangeBodies(self.replica, asked, self.bodies.kept)
        self.downloads = Downloads(self.replica, self.history, settings.serve_cache_downloads, settings.serve_licence)
        self.drawings = Drawings(self.bodies, self.replica, turns, self.site)
        self.streams = Streams(self.replica, self.history, self.bodies, settings, self.asker)
        self.allowances = Allowances(settings.serve_work)
        self.tokens = Tokens(tokens_path(settings))
        self.proofs = Proofs(settings.serve_proofs)
        self.hot = HotAnswers(self.replica, settings.serve_cache_bytes)
        self.turned_away = TurnedAway()
        webhooks, refused = webhooks_path(settings), self.turned_away.by_reason
        kept = self.bodies.kept
        scraped = Scraped(self.replica, self.history, kept, self.downloads, self.streams, refused, webhooks)
        self.metrics = Metrics(self.hot, scraped)
        self.publishing = Publishing(ledger, self.replica, settings, self.metrics.published, self.tracing)
        self.dry_runs = DryRuns(ledger, settings, self.tracing)
        self.mapped_tables = MappedTables(settings)

    def spend(self, request: Request, work: int) -> None:
        """Take work from what a client may ask for. Raises HttpProblem where it has nothing left."""
        self.allowances.spend(request, work, time.monotonic())

    def asker(self, request: Request) -> Asker:
        """Who asks by a request."""
        return Asker(client_in(request), partial(self.spend, request))

    def fail(self, error: BaseException) -> None:
        """Say that the server cannot go on."""
        self.failure = error
        self.on_failure()

    async def wait_ready(self, patience_s: float) -> None:
        """Wait until the log has been read to its end for the first time. Raises HttpProblem, also if it is damaged."""
        self.history.check_undamaged()
        if not self.replica.is_live and not await self.replica.reach(NOWHERE, patience_s):
            self.history.check_undamaged()
            so_far = f"{len(self.replica.events):,} of about {self.replica.end.frontier.records:,} events"
            raise HttpProblem("unavailable", f"the log is being read: {so_far}", {"Retry-After": "1"})
        self.history.check_undamaged()
