"""The process that follows a log and sends what changed to whoever is listed.

It is a follower like any other: it writes nothing to the log, and a server need not know of it.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from functools import reduce
from pathlib import Path

from ledger.changes.event_changes import EventChange, EventTracer
from ledger.changes.publishers import publishers
from ledger.changes.views import event_change_view
from ledger.errors import LogUnreachable, UsageError
from ledger.follow.books import Books
from ledger.follow.follower import Follower, books_of, outdated
from ledger.log import opened_log
from ledger.log.port import EventLog
from ledger.logs import Trouble, configure_logs
from ledger.settings import Settings
from ledger.small_files import locked
from ledger.webhooks.addresses import read_webhooks, webhooks_path
from ledger.webhooks.backlog import Backlog
from ledger.webhooks.deliveries import SIGN_S, deliveries_path, delivery_of, read_deliveries, write_deliveries
from ledger.webhooks.message import message_of
from schemas.record import Batch, Frontier

logger = logging.getLogger(__name__)

SLICE = 100
"""Events that are looked at before others have their turn."""
LOOK_S = 1.0
"""Between two looks whether other addresses are listed."""
RETRY_S = 1.0
"""Before a log that did not answer is asked again."""


def run(settings: Settings, announce: Callable[[int], None]) -> None:
    """Send changes until told to stop. `announce` is told to how many addresses.

    Raises UsageError where another process does, WebhooksUnreadable, LogUnreachable before it begins.
    """
    configure_logs()
    asyncio.run(_run(settings, announce))


async def _run(settings: Settings, announce: Callable[[int], None]) -> None:
    path = webhooks_path(settings)
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, task.cancel)
    try:
        with suppress(asyncio.CancelledError), locked(deliveries_path(path), wait=False):
            async with opened_log(settings.log) as log:
                await send_for_ever(log, path, announce)
    except BlockingIOError as error:
        raise UsageError("another `ledger webhooks run` sends to these addresses already") from error


async def send_for_ever(log: EventLog, path: Path, announce: Callable[[int], None]) -> None:
    """Send what changes in a log to the addresses in a file. Raises WebhooksUnreadable."""
    trouble = Trouble(logger, "the log is followed again")
    announce(len(read_webhooks(path)))
    while True:
        sender = _Sender(log, path)
        try:
            await sender.send(trouble)
        except LogUnreachable as error:
            trouble.began(f"the log cannot be followed: {error}")
            await asyncio.sleep(RETRY_S)
        finally:
            sender.keep()


class _Traced:
    """Takes records, and keeps what each changed with how far the log had been read then."""

    def __init__(self, books: Books, reached: Frontier, *, growth: bool) -> None:
        self.reached = reached
        self.books = books
        self._tracer = EventTracer(books, growth=growth)

    def take(self, batch: Batch) -> list[tuple[EventChange, Frontier]]:
        found = []
        for row in batch.rows:
            own = Batch(batch.partition, [row], row[0])
            self.reached = self.reached.advanced(batch.partition, row[0])
            found += [(each, self.reached) for each in self._tracer.take(own)]
        self.reached = self.reached.advanced(batch.partition, batch.last)
        return found


class _Sender:
    """Sends to the addresses that are listed when it begins, from where the one is that was told least."""

    def __init__(self, log: EventLog, path: Path) -> None:
        self._log = log
        self._path = path
        self._listed = read_webhooks(path)
        self._deliveries = deliveries_path(path)
        kept = read_deliveries(self._deliveries).webhooks
        self._backlogs = [Backlog(each, delivery_of(each, kept), self.keep) for each in self._listed]

    def keep(self) -> None:
        """Keep how far each address was told."""
        write_deliveries(self._deliveries, {each.webhook.name: each.delivery for each in self._backlogs})

    async def send(self, trouble: Trouble) -> None:
        """Until there is a reason to begin anew: other addresses, or something to be read from the log again."""
        self.keep()
        work = [self._follow(trouble), self._look(), *(each.tell() for each in self._backlogs)]
        tasks = [asyncio.create_task(each) for each in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        seconds = 0.0
        while read_webhooks(self._path) == self._listed:
            await asyncio.sleep(LOOK_S)
            seconds += LOOK_S
            if seconds >= SIGN_S:
                seconds = 0.0
                self.keep()

    async def _follow(self, trouble: Trouble) -> None:
        if not self._backlogs:
            await asyncio.Event().wait()
        start = _common([each.delivery.reached for each in self._backlogs])
        books = books_of(self._log)
        if start:
            await Follower(self._log, books).catch_up(start)
        growth = any("growth" in each.webhook.kinds for each in self._backlogs)
        sink = _Traced(books, start, growth=growth)
        trouble.ended()
        async with aclosing(Follower(self._log, sink, SLICE).follow()) as found:
            async for changes in found:
                if await outdated(self._log, books):
                    return
                for change, reached in changes:
                    await self._add(change, reached, books)
                for each in self._backlogs:
                    each.passed(sink.reached)
                await asyncio.sleep(0)

    async def _add(self, change: EventChange, reached: Frontier, books: Books) -> None:
        position = change.record.position
        wanting = [
            each for each in self._backlogs if each.webhook.wants(change) and not each.delivery.reached.covers(position)
        ]
        if wanting:
            targets = {cause.target for figure in change.figures for cause in figure.causes if cause.target}
            whose = await publishers(self._log, sorted(targets), books.refused)
            told = message_of(event_change_view(change, whose.get), reached)
            for each in wanting:
                each.add(told)


def _common(several: Sequence[Frontier]) -> Frontier:
    """As far as all of some frontiers reach."""
    return reduce(Frontier.within, several)
