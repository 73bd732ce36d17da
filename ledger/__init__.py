"""An event-sourced ledger of exchanges: publish attributed events, read what they add up to.

`Ledger` blocks, `AsyncLedger` awaits; both open a ledger by URL. The events are in `schemas.events`.
"""

from ledger.blocking import Ledger
from ledger.book.cut import Cut
from ledger.client import AsyncLedger, Change
from ledger.errors import (
    EventConflict,
    InvalidEvent,
    LedgerError,
    LogUnreachable,
    UnknownName,
    UsageError,
    VerificationFailed,
)
from ledger.follow.books import Books
from ledger.log.port import Receipt

__all__ = [
    "AsyncLedger",
    "Books",
    "Change",
    "Cut",
    "EventConflict",
    "InvalidEvent",
    "Ledger",
    "LedgerError",
    "LogUnreachable",
    "Receipt",
    "UnknownName",
    "UsageError",
    "VerificationFailed",
]
