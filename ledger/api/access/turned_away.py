"""Who was turned away: numbers by reason, and now and then a line in the log about a client."""

import logging
import time
from collections import Counter

from ledger.api.access.allowances import CLIENTS_MAX
from ledger.api.http.problems import HttpProblem
from ledger.api.lru import Lru

logger = logging.getLogger(__name__)

REASONS = (
    "work",
    "folds",
    "publishing",
    "streams",
    "connections",
    "no-request",
    "head-too-large",
    "too-large",
    "too-slow",
    "wrong-media-type",
    "unauthenticated",
    "forbidden",
    "misdirected",
)
"""Every reason: which bound it was, else the kind of the problem."""
LINE_S = 60.0
"""Between two lines about one client."""


class TurnedAway:
    """How often clients were turned away. `by_reason` has no clients: there is no end of addresses."""

    def __init__(self) -> None:
        self.by_reason: Counter[str] = Counter(dict.fromkeys(REASONS, 0))
        self._told: Lru[tuple[float, int]] = Lru(CLIENTS_MAX)

    def note_problem(self, client: str, problem: HttpProblem) -> None:
        """Count a problem, where it is one by which a client is turned away."""
        reason = problem.more.get("reason", problem.slug)
        if reason in REASONS:
            self.note(client, reason)

    def note(self, client: str, reason: str) -> None:
        """Count one, and log it unless that was done about this client lately."""
        self.by_reason[reason] += 1
        now = time.monotonic()
        at, times = self._told.get(client) or (float("-inf"), 0)
        if now - at >= LINE_S:
            logger.warning("turned away", extra={"client": client, "reason": reason, "since_last_line": times + 1})
            at, times = now, -1
        self._told.put(client, (at, times + 1), 1)
