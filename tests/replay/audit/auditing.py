"""Small ledgers, and what their audit says: short helpers that the tests of audits share."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from ledger.log.port import Message
from ledger.proof.keys import Keyring
from ledger.proof.note import Note
from replay.audit.evidence import Evidence
from replay.audit.findings import Audit, Finding, Seen, Subject
from replay.audit.read_evidence import read_archive, read_log
from replay.audit.run import CHECKS, audit
from replay.audit.subject import subject
from schemas.codec import encode
from schemas.events import AnyEvent
from tests.replay.keeping import NOON, opened

NOBODY = Subject("nothing", {}, "replay audit nothing")


def ledger_of(path: Path, *events: AnyEvent | bytes, steps: Sequence[timedelta] = ()) -> str:
    """A ledger of some events, or of bytes that may be none, each recorded a step after noon."""

    async def run() -> None:
        async with opened(f"sqlite:///{path}", create=True) as log:
            await log.append([*_messages(events, steps)])

    asyncio.run(run())
    return f"sqlite:///{path}"


def _messages(events: Iterable[AnyEvent | bytes], steps: Sequence[timedelta]) -> Iterable[Message]:
    for number, event in enumerate(events):
        at: datetime = NOON + (steps[number] if steps else timedelta())
        if isinstance(event, bytes):
            yield Message(f"0000ffff-0000-8000-8000-{number:012x}", "ANY", event, recorded_at=at)
        else:
            yield Message(event.id, event.exchange, encode(event), recorded_at=at)


def entered(path: Path, *events: tuple[str | None, AnyEvent | bytes]) -> str:
    """A ledger of some events, each with who entered it."""

    async def run() -> None:
        async with opened(f"sqlite:///{path}", create=True) as log:
            said = zip(_messages((event for _, event in events), ()), events, strict=True)
            await log.append([each._replace(entered_by=name) for each, (name, _) in said])

    asyncio.run(run())
    return f"sqlite:///{path}"


def evidence(source: str | Path, keyring: Keyring | None = None, given: Sequence[Note] = ()) -> Evidence:
    read = read_archive(source, keyring, given) if isinstance(source, Path) else read_log(source, keyring, given)
    return asyncio.run(read)


def audited(source: str | Path, keyring: Keyring | None = None, given: Sequence[Note] = ()) -> Audit:
    """The audit of an archive by its path, or of a ledger by its URL."""
    found = evidence(source, keyring, given)
    return audit(found, subject(str(source), found, keyring, []))


def seen(name: str, found: Evidence) -> Seen:
    """What one check says of some evidence."""
    [check] = [check for check in CHECKS if check.name == name]
    return check.look(found)


def findings(name: str, path: Path, *events: AnyEvent | bytes) -> Sequence[Finding]:
    """What one check finds in a ledger of these events."""
    number = len([*path.glob("*.db")])
    return seen(name, evidence(ledger_of(path / f"{number}.db", *events))).findings
