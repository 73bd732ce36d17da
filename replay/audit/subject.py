"""What was audited, in lines for people, and how anybody does it again."""

import shlex
from collections.abc import Sequence
from importlib.metadata import version

from ledger.book.sentences import plural
from ledger.proof.keys import Keyring
from replay.audit.evidence import Evidence
from replay.audit.findings import Subject
from replay.audit.phrases import time_of


def subject(
    name: str, evidence: Evidence, keyring: Keyring | None, options: Sequence[str], sha256: str | None = None
) -> Subject:
    """An archive by its name and SHA-256, or a ledger by its URL; `options` are those of the command."""
    records, checked = evidence.records, evidence.integrity.checked
    facts = {"archive" if sha256 else "log": name}
    if sha256:
        facts["SHA-256 of the file"] = sha256
    if checked:
        facts["ledger"] = checked.ledger or "not named: there is no checkpoint"
    if evidence.integrity.readable:
        facts["records"] = f"{records.count:,}, up to position {evidence.books.reached}" if records.count else "none"
    if records.earliest_us is not None and records.latest_us is not None:
        facts["recorded"] = f"{time_of(records.earliest_us)} to {time_of(records.latest_us)}"
    for each in checked.partitions if checked else ():
        facts[f"root of partition {each.partition}"] = each.root.hex()
    facts["keys trusted"] = (
        ", ".join(f"{each.key.name}+{each.key.id.hex()}" for each in keyring.keys) if keyring else "none given"
    )
    facts["checkpoints from elsewhere"] = plural(evidence.integrity.given, "checkpoint")
    if evidence.digest:
        facts["digest of all figures"] = evidence.digest
    facts["software"] = f"exchange-ledger {version('exchange-ledger')}"
    return Subject(name, facts, shlex.join(["replay", "audit", name, *options]))
