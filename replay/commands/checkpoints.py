"""Commands about checkpoints: keys, what the keeper signs, what a witness vouches for."""

import asyncio
import re
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.options import Log, shown, stderr
from ledger.errors import UsageError, VerificationFailed
from ledger.log import opened_log
from ledger.log.port import EventLog
from ledger.proof.checkpoint import Checkpoint, one_ledger, parse_checkpoint, parse_time
from ledger.proof.keys import rotation
from ledger.proof.note import COSIGNS, SIGNS, Note, SigningKey
from ledger.proof.tree import TiledTree, Tree
from ledger.proof.witness import Contradiction, Request, Shown, check_next, unjoined
from ledger.settings import Settings
from replay.archive.reading import Archive
from replay.checkpoints.signing import keep_signing, share_checkpoints, sign_checkpoints
from replay.checkpoints.store import CheckpointStore
from replay.checkpoints.trees import proof_between, whole_tree
from replay.checkpoints.witness import by_origin, cosign, keep_evidence, witness_state
from replay.commands.shared import (
    Consistency,
    Demanded,
    as_usage_error,
    handed_over,
    judging_notes,
    notes_of,
    private_key,
    trusted,
    with_log,
)
from replay.files import write_new
from schemas.record import Progress

app = typer.Typer()
Archived = Annotated[Path | None, typer.Option("--archive", metavar="FILE", help="An archive, in place of the log.")]


@app.command("keygen")
def keygen_command(
    name: Annotated[str | None, typer.Argument(help="Whose key it is, such as example.org/ledger.")] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where the private key goes; keep it secret.")
    ] = None,
    show: Annotated[
        Path | None, typer.Option("--show", metavar="FILE", help="Print the verifier key of a private key again.")
    ] = None,
    witness: Annotated[bool, typer.Option("--witness", help="A key by which a witness vouches.")] = False,
    after: Annotated[Path | None, typer.Option("--after", metavar="FILE", help="The private key before it.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="From when it takes over; default: now.")] = None,
) -> None:
    """Make a key to sign with, and print its verifier key; with --after, the note by which the old key hands over.

    The line that is printed is a verifier key of C2SP signed notes, which other software takes as it is.
    """
    if show is not None:
        if name is not None or to is not None or after is not None:
            raise UsageError("--show FILE prints the verifier key of a key that is there: give it alone")
        sys.stdout.write(f"{private_key(show).verifier}\n")
        return
    if name is None or to is None:
        raise UsageError("a new key needs its owner's name and a file: replay keygen example.org/ledger --to FILE")
    with as_usage_error():
        key = SigningKey.generate(name, COSIGNS if witness else SIGNS)
        printed = f"{key.verifier}\n"
        if after:
            begins = parse_time(since) if since else datetime.now(UTC).replace(microsecond=0)
            printed = f"\n{rotation(private_key(after), key, begins)}"
    write_new(to, f"{key.secret}\n", 0o400)  # so that a shell's `> FILE` does not empty it
    sys.stdout.write(printed)


@app.command("checkpoint")
def checkpoint_command(
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The private key of the ledger's keeper.")],
    to: Annotated[Path, typer.Option("--to", metavar="PATH", help="A file to append to, or a directory.")],
    least: Annotated[int, typer.Option(min=1, help="Only where so many records are new.")] = 1,
    full: Annotated[bool, typer.Option("--full", help="Read all records, and check every checkpoint before.")] = False,
    every: Annotated[
        str | None, typer.Option(metavar="TIME", help="Go on until Ctrl-C, and sign so often: 30s, 10m, 2h.")
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="With --every: also as soon as so many records are new.")
    ] = None,
    log: Log = None,
) -> None:
    """Sign what each partition holds, if it has grown: how many records, under which root.

    Keep checkpoints where the ledger's keeper cannot rewrite them. Of a ledger on Kafka they also go to its topic of
    checkpoints, for those who read it. Exit 5 where the log is not what was signed before.
    """
    own, store, seconds = private_key(key), CheckpointStore(to), _seconds(every) if every else 0.0
    if (name := Settings.load().name) and name != own.name:
        raise UsageError(f"LEDGER_NAME is {name}, and the key is of {own.name}: a ledger has one name")
    if count is not None and every is None:
        raise UsageError("--count goes with --every: give --least to sign once, where so many records are new")
    if every is not None and least > 1:
        raise UsageError("--least is for signing once: with --every give --count, to sign as soon as so many are new")

    async def sign(log: EventLog, *, progress: Progress) -> list[Note]:
        await share_checkpoints(log, store)
        return await sign_checkpoints(log, own, store, least=least, full=full, progress=progress)

    notes = with_log(log, sign, "hashing")
    tell = _NotePrinter()
    tell(notes)
    if every is not None:
        stderr().print(f"signing every {shown(every)}{f', and {count:,} new records' if count else ''}  (Ctrl-C ends)")
        asyncio.run(_keep_signing(log or Settings.load().log, own, store, seconds, count, tell))
    elif not notes:
        stderr().print("[dim]nothing new to sign[/]")


class _NotePrinter:
    """Prints notes as they are made, an empty line between each two."""

    def __init__(self) -> None:
        self._between = ""

    def __call__(self, notes: Sequence[Note]) -> None:
        for note in notes:
            sys.stdout.write(f"{self._between}{note}")
            self._between = "\n"
        sys.stdout.flush()


async def _keep_signing(
    url: str, key: SigningKey, store: CheckpointStore, every_s: float, count: int | None, tell: _NotePrinter
) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    async with opened_log(url) as log:
        await keep_signing(log, key, store, every_s=every_s, count=count, stop=stop, signed=tell)


def _seconds(text: str) -> float:
    """The seconds of a time such as 10m. Raises UsageError."""
    found = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", text)
    if found is None:
        raise UsageError(f"--every {text}: give a whole number and s, m, h or d, such as 10m")
    return int(found[1]) * {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}[found[2]]


@app.command("consistency")
def consistency_command(
    since: Annotated[str, typer.Option("--since", metavar="PATH", help="Checkpoints that the other side has seen.")],
    checkpoint: Annotated[str, typer.Option("--checkpoint", metavar="PATH", help="Checkpoints that go on from them.")],
    archive: Archived = None,
    log: Log = None,
) -> None:
    """Prove that checkpoints are of one history: to a witness, or to whoever holds others than you, or a proof.

    Prints a request for each checkpoint, with the proof that it goes on from the one before it, as C2SP's tlog-witness
    writes them. Either PATH can be the proof of a figure, for the checkpoints in it.
    """
    seen, given = notes_of(since), judging_notes(checkpoint)
    one_ledger(parse_checkpoint(each).name for each in (*seen, *given))
    trees = _Trees(archive, log)
    for history in by_origin([*seen, *given]).values():
        for before, after in zip([None, *history], history, strict=False):
            if before or after.note not in seen:
                sys.stdout.write(str(_step(before, after, trees)))


def _step(before: Shown | None, after: Shown, trees: "_Trees") -> Request:
    """A checkpoint with the proof that it goes on from another, or that it is the first. Raises VerificationFailed."""
    old = before.checkpoint.size if before else 0
    proof = [] if old == after.checkpoint.size else trees.proof(after.checkpoint, old)
    if before:
        check_next(before, after, proof)
    return Request(old, proof, after.note)


@app.command("witness")
def witness_command(
    state: Annotated[Path, typer.Option("--state", metavar="FILE", help="The memory of this witness.")],
    checkpoint: Annotated[str, typer.Option("--checkpoint", metavar="PATH", help="What the ledger's keeper signed.")],
    trust: Annotated[Path, typer.Option("--trust", metavar="FILE", help="The keepers' verifier keys.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The private key of this witness.")],
    consistency: Consistency = None,
    archive: Archived = None,
    ledger: Demanded = None,
    log: Log = None,
) -> None:
    """Vouch for the last checkpoint of each partition, if it goes on from the one seen before; print it cosigned.

    All that are given must be of one history. The proofs for that are handed over, or made from an archive or from the
    log. Exit 5 where the keeper shows another history than before, or takes one back: both notes are then kept beside
    the memory.
    """
    keyring, own = trusted(trust), private_key(key)
    if keyring is None:
        raise UsageError("a witness needs the verifier keys of those for whom it vouches: --trust FILE")
    given = judging_notes(checkpoint)
    one_ledger((parse_checkpoint(each).name for each in given), ledger)
    has_records = archive is not None or log is not None or consistency is None
    proof_of = handed_over(consistency, _Trees(archive, log).joining if has_records else unjoined)
    signed = list[Note]()
    try:
        with witness_state(state) as seen:
            for history in by_origin(given).values():
                signed.append(cosign(seen, history, keyring, own, proof_of, int(time.time())))
    except Contradiction as alarm:
        stderr().print(f"[red]the evidence is in {shown(str(keep_evidence(state, alarm)))}[/]")
        raise
    sys.stdout.write("\n".join(map(str, signed)))


class _Trees:
    """The trees of an archive or of a log, each read once and only when a proof needs it."""

    def __init__(self, archive: Path | None, log: str | None) -> None:
        self._path, self._url = archive, log
        self._archive: Archive | None = None
        self._trees: dict[int, Tree | TiledTree] = {}

    def proof(self, of: Checkpoint, old: int) -> list[bytes]:
        """The proof that the tree of a checkpoint goes on from an older one. Raises VerificationFailed."""
        tree = self._trees.get(of.partition)
        if tree is None:
            tree = self._trees[of.partition] = self._archived(of.partition) if self._path else self._read(of.partition)
        proof = proof_between(tree.node, old, of.size)
        if tree.root(of.size) != of.root:
            raise VerificationFailed(f"no proof can be made here: these are not the records of the {of}")
        return proof

    def joining(self, before: Shown, after: Shown) -> list[bytes]:
        """The proof that joins two checkpoints. Raises VerificationFailed."""
        return self.proof(after.checkpoint, before.checkpoint.size)

    def _archived(self, partition: int) -> Tree | TiledTree:
        assert self._path is not None
        archive = self._archive = self._archive or Archive.open(self._path)
        return next((archive.tree(each) for each in archive.partitions() if each.partition == partition), Tree())

    def _read(self, partition: int) -> Tree:
        return asyncio.run(_tree_of(self._url or Settings.load().log, partition))


async def _tree_of(url: str, partition: int) -> Tree:
    async with opened_log(url) as log:
        return await whole_tree(log, partition, await log.end())
