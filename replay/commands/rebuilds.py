"""Commands that rebuild the figures from the log, copy it, and compare what ought to be equal."""

import asyncio
import dataclasses
import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import orjson
import typer
from rich.markup import escape

from ledger.book.cut import Cut
from ledger.cli.options import (
    AsJson,
    Log,
    OccurredBy,
    PublishedBy,
    RecordedBy,
    Through,
    shown,
    stderr,
    stdout,
)
from ledger.copying import Copied, copy
from ledger.errors import RejectedEvents, UsageError, VerificationFailed
from ledger.follow.books import Books
from ledger.follow.follower import read_books, read_live
from ledger.log import opened_log
from ledger.log.port import EventLog
from ledger.settings import Settings
from replay.commands.occurrences import print_occurrences
from replay.commands.shared import print_facts, with_log
from replay.compare.mirror import read_mirrored
from replay.compare.published import Published, compare_published, keeps_views
from replay.compare.views import ViewDifference, compare
from replay.parallel import rebuild_in_parallel, suited
from replay.rebuild import Rebuilt, digest, rebuild
from schemas.record import Progress

app = typer.Typer()
SHOWN_MAX = 200
Strict = Annotated[bool, typer.Option("--strict", help="Validate every event again, as when it was published.")]


@app.command("rebuild")
def rebuild_command(
    occurred_by: OccurredBy = None,
    published_by: PublishedBy = None,
    recorded_by: RecordedBy = None,
    through: Through = None,
    strict: Strict = False,
    expect: Annotated[str | None, typer.Option(help="Exit 5 unless the digest is this one.")] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, max=64, help="Fold with so many processes, else as many as it is worth."),
    ] = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Fold the whole log anew, up to a cut, and print the digest of all views."""
    cut, url = Cut.parse(occurred_by, published_by, recorded_by, through), log or Settings.load().log
    rebuilt = with_log(url, partial(_rebuilt, url, cut, strict, jobs), "rebuilding")
    figures = dataclasses.asdict(rebuilt) | {"seconds": round(rebuilt.seconds, 3)}
    del figures["reached"]
    facts = {**figures, "position": str(rebuilt.reached), "events_per_second": round(rebuilt.rate)}
    _print_facts(facts, as_json)
    if expect is not None and expect != rebuilt.digest:
        raise VerificationFailed(f"the digest is {rebuilt.digest}, not {expect}")


async def _rebuilt(url: str, cut: Cut, strict: bool, jobs: int | None, log: EventLog, *, progress: Progress) -> Rebuilt:
    jobs = jobs or suited((await log.end()).records)
    if jobs == 1:
        return await rebuild(log, cut, strict=strict, progress=progress)
    return await rebuild_in_parallel(url, cut, strict=strict, jobs=jobs, progress=progress)


@app.command("copy")
def copy_command(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The ledger to copy, by its URL.")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The ledger to copy it to; a file is made.")],
    as_json: AsJson = False,
) -> None:
    """Copy a ledger to another log: SQLite or Kafka, from either. Exit 3 where an event is there with other bytes.

    Bytes and recorded times stay as they are, so that both come to the same digest. A copy that was interrupted is
    completed by running it again; nothing else may publish to the target meanwhile.
    """
    if source == target:
        raise UsageError("a ledger is not copied to itself; name another")
    copied = with_log(source, partial(_copied, source, target), "copying")
    _print_facts({**vars(copied), "conflicts": len(copied.conflicts)}, as_json)
    for conflict in copied.conflicts:
        stderr().print(f"[red]conflict:[/] {shown(str(conflict))}")
    if copied.conflicts:
        raise RejectedEvents(copied.conflicts, copied.copied + copied.there_already)
    stderr().print(f"[green]copied[/]; to prove it: replay compare {shown(source)} {shown(target)}")


async def _copied(name: str, target: str, log: EventLog, *, progress: Progress) -> Copied:
    async with opened_log(target, create=True) as other:
        return await copy(log, other, name, progress=progress)


@app.command("compare")
def compare_command(
    left: Annotated[str | None, typer.Argument(help="A ledger by its URL; default: LEDGER_LOG.")] = None,
    right: Annotated[str | None, typer.Argument(help="Another ledger; without it, live views are compared.")] = None,
    occurred_by: OccurredBy = None,
    published_by: PublishedBy = None,
    recorded_by: RecordedBy = None,
    through: Through = None,
    strict: Strict = False,
    occurrences: Annotated[
        bool, typer.Option("--occurrences", help="Two organisations' ledgers, occurrence by occurrence; exits 0.")
    ] = False,
    match: Annotated[
        list[str] | None, typer.Option("--match", metavar="THEIRS=OURS", help="An exchange of other names.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="With --occurrences, also those that agree.")] = False,
    mirror: Annotated[
        bool,
        typer.Option("--mirror", help="Read the right ledger from the other side: its captives are our prisoners."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare two ledgers, or the live views of one with a strict rebuild. Exit 5 where they differ.

    Live views are those that workers published on Kafka, each as of the position that it bears; of a file, or up to a
    cut, those of a reader that follows the log event by event. The rebuild validates every event again. With
    --occurrences, two ledgers of the same exchanges that were kept by different people: they may well differ, and what
    makes up the difference between their totals is shown. --mirror is for a ledger that was kept on the other side.
    """
    cut = Cut.parse(occurred_by, published_by, recorded_by, through)
    url = left or Settings.load().log
    if occurrences:
        if right is None:
            raise UsageError("--occurrences compares two ledgers: replay compare LEFT RIGHT --occurrences")
        print_occurrences(url, right, match or [], cut, mirror=mirror, every=every, as_json=as_json)
        return
    if match or every:
        raise UsageError("--match and --all belong to --occurrences")
    if mirror and right is None:
        raise UsageError("--mirror compares two ledgers: replay compare LEFT RIGHT --mirror")
    published = with_log(url, _published, "rebuilding") if right is None and cut.is_whole else None
    if published is not None:
        _print_differences(published.differences, as_json)
        late = f"; {published.behind:,} events are not in them yet" if published.behind else ""
        stderr().print(f"[green]equal[/]: {published.views:,} published views, through {published.through}{late}")
        return
    pair = _two_ledgers(url, right, cut, strict, mirror) if right else _live_and_rebuilt(url, cut)
    _print_differences(compare(*pair), as_json)
    stderr().print(f"[green]equal[/] in every view; digest {digest(pair[0])}")


async def _published(log: EventLog, *, progress: Progress) -> Published | None:
    """The views that workers published against a rebuild; None for a log whose views nobody keeps."""
    return await compare_published(log, progress=progress) if keeps_views(log) else None


def _print_differences(differences: Sequence[ViewDifference], as_json: bool) -> None:
    """Show them. Raises VerificationFailed where there are any."""
    for each in differences[:SHOWN_MAX]:
        _print_difference(each, as_json)
    if differences:
        more = f", of which {SHOWN_MAX} are shown" if len(differences) > SHOWN_MAX else ""
        raise VerificationFailed(f"{len(differences)} differences{more}")


def _two_ledgers(left: str, right: str, cut: Cut, strict: bool, mirror: bool) -> tuple[Books, Books]:
    work = partial(read_books, cut=cut, strict=strict)
    other = partial(read_mirrored, cut=cut) if mirror else work
    return with_log(left, work, "rebuilding"), with_log(right, other, "rebuilding")


def _live_and_rebuilt(url: str, cut: Cut) -> tuple[Books, Books]:
    return asyncio.run(live(url, cut)), with_log(url, partial(read_books, cut=cut, strict=True), "rebuilding")


async def live(url: str | None, cut: Cut) -> Books:
    """The books as a live reader has them: every event folded and settled as it comes."""
    async with opened_log(url or Settings.load().log, create=True) as log:
        return await read_live(log, cut)


def _print_facts(facts: dict[str, object], as_json: bool) -> None:
    """On one line of JSON all of them, in a table those that say something."""
    kept = {name.replace("_", " "): its for name, its in facts.items() if its or name in ("digest", "events", "copied")}
    print_facts(facts if as_json else kept, as_json)


def _print_difference(each: ViewDifference, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(orjson.dumps(each._asdict()).decode() + "\n")
        return
    stdout().print(
        f"[bold]{escape(each.view)}[/] {escape(each.member)}: {escape(str(each.left))} | {escape(str(each.right))}"
    )
    for side, ids in (("left", each.only_left), ("right", each.only_right)):
        if ids:
            stdout().print(f"   only on the {side}: {', '.join(ids[:5])}{' ...' if len(ids) > 5 else ''}")
