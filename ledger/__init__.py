"""An event-sourced ledger of exchanges: publish attributed events, read what they add up to.

`Ledger` blocks, `AsyncLedger` awaits; both open a ledger by URL. The events are in `schemas.events`.
Each name is loaded when it is first asked for, so that a command which needs none of them starts at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.blocking import Ledger as Ledger
    from ledger.book.cut import Cut as Cut
    from ledger.client import AsyncLedger as AsyncLedger
    from ledger.client import Change as Change
    from ledger.errors import EventConflict as EventConflict
    from ledger.errors import InvalidEvent as InvalidEvent
    from ledger.errors import LedgerError as LedgerError
    from ledger.errors import LogUnreachable as LogUnreachable
    from ledger.errors import UnknownName as UnknownName
    from ledger.errors import UsageError as UsageError
    from ledger.errors import VerificationFailed as VerificationFailed
    from ledger.follow.books import Books as Books
    from ledger.log.port import Receipt as Receipt
else:  # a type checker takes a module with `__getattr__` to have every name

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


_MODULES = {
    "AsyncLedger": "client",
    "Books": "follow.books",
    "Change": "client",
    "Cut": "book.cut",
    "EventConflict": "errors",
    "InvalidEvent": "errors",
    "Ledger": "blocking",
    "LedgerError": "errors",
    "LogUnreachable": "errors",
    "Receipt": "log.port",
    "UnknownName": "errors",
    "UsageError": "errors",
    "VerificationFailed": "errors",
}
"""The module of each public name."""

__all__ = [*_MODULES]
