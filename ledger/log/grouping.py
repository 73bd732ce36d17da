"""Group commit: appends that wait at the same time share one write, so that many small publishers cost one flush."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeAlias

from ledger.errors import LogUnreachable
from ledger.log.port import Message, Outcome

Commit: TypeAlias = Callable[[Sequence[Message]], Awaitable[list[Outcome]]]


class _Pending(NamedTuple):
    messages: Sequence[Message]
    done: "asyncio.Future[list[Outcome]]"


class GroupCommit:
    """Appends on behalf of one log, called `name` in errors. They come from one event loop: the first that appends.

    `appending` is the task that writes them while there are any.
    """

    def __init__(self, name: str, commit: Commit) -> None:
        self._name = name
        self._commit = commit
        self._lock = threading.Lock()
        self._pending: list[_Pending] = []
        self.appending: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def append(self, messages: Sequence[Message]) -> list[Outcome]:
        """The outcome of each message once all are durable. Raises what the commit raised, LogUnreachable."""
        if not messages:
            return []
        loop = asyncio.get_running_loop()
        self._belong_to(loop)
        done: asyncio.Future[list[Outcome]] = loop.create_future()
        self._pending.append(_Pending(messages, done))
        if self.appending is None or self.appending.done():
            self.appending = asyncio.create_task(self._append_pending())
        return await done

    async def drain(self) -> None:
        """Wait until nothing is being appended."""
        if self.appending is not None and self._loop is asyncio.get_running_loop():
            await asyncio.wait([self.appending])

    def _belong_to(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            if self._loop is loop:
                return
            if self._loop is not None and not self._loop.is_closed():
                raise LogUnreachable(f"{self._name}: a log belongs to one event loop; open it again")
            self._loop, self._pending, self.appending = loop, [], None

    async def _append_pending(self) -> None:
        while self._pending:
            taken, self._pending = self._pending, []
            messages = [message for pending in taken for message in pending.messages]
            try:
                outcomes = iter(await self._commit(messages))
            except Exception as error:
                _fail(taken, error)
                continue
            except BaseException as error:
                _fail([*taken, *self._pending], LogUnreachable(f"{self._name}: interrupted ({error!r}); publish again"))
                self._pending = []
                raise
            for pending in taken:
                mine = [next(outcomes) for _ in pending.messages]
                if not pending.done.done():
                    pending.done.set_result(mine)


def _fail(waiting: Sequence[_Pending], error: Exception) -> None:
    for pending in waiting:
        if not pending.done.done():
            pending.done.set_exception(error)
