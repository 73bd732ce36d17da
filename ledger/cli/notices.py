"""What publishing brings with it: what corrects nothing or cannot be, what counts nowhere or in another round, which
source counts now, what may be one thing, what moves."""

from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ledger.blocking import Ledger
from ledger.book.number_text import estimate, moment
from ledger.cli.options import print_json, progress_bar, shown, signing, stderr, stdout
from ledger.cli.render import figures_moved
from ledger.log import kind_of
from ledger.log.port import Receipt
from ledger.notices import (
    EVENTS_MAX,
    Circular,
    Counting,
    Dangling,
    Mixed,
    Notices,
    OtherRound,
    Premature,
    Strayed,
    Succession,
)
from ledger.rehearsal import FigureShift, Rehearsal, rehearsed
from ledger.settings import Settings
from schemas.views import LikelyDouble

SHOWN_MAX = 10


def is_quick(ledger: Ledger, log: str | None) -> bool:
    """Whether a ledger is folded while somebody waits."""
    return kind_of(log or Settings.load().log).file is not None and ledger.end().records <= EVENTS_MAX


class NewEvents:
    """The events that were published, to be looked at once, when all are there."""

    def __init__(self, log: str | None) -> None:
        self._ids: set[str] = set()
        self._is_local = kind_of(log or Settings.load().log).file is not None
        self._is_long = False

    def add(self, receipt: Receipt) -> None:
        """Remember an event that was not there before."""
        self._is_long |= receipt.position.offset >= EVENTS_MAX
        if self._is_long:
            self._ids.clear()
        elif self._is_local and not receipt.duplicate:
            self._ids.add(receipt.event_id)

    def tell(self, ledger: Ledger) -> None:
        """Say what one will want to know of them."""
        if self._is_long and self._is_local:
            stderr().print("[dim]not looked for likely doubles in so long a log: `ledger doubles` does[/]")
        if not self._ids:
            return
        tell_notices(ledger.notices(self._ids), self._ids)


def tell_notices(found: Notices, new: Set[str]) -> None:
    """Say what one will want to know of new events, a line each."""
    doubles = (_double(each, new) for each in found.doubles)
    told = [*map(_dangling, found.dangling), *map(_strayed, found.strayed), *map(_succession, found.successions)]
    told += [*map(_mixed, found.mixed), *map(_other_round, found.other_rounds), *doubles]
    told += [*_circular(found.circular), *_premature(found.premature)]
    for text in told[:SHOWN_MAX]:
        stderr().print(f"[yellow]notice:[/] {shown(text)}")
    if len(told) > SHOWN_MAX:
        stderr().print(f"[yellow]notice:[/] and {len(told) - SHOWN_MAX:,} more; `ledger doubles` lists the like")


@contextmanager
def rehearsing(log: str | None, sign: Path | None) -> Iterator[Rehearsal]:
    """A copy of the ledger to try things on. Whoever waits for it sees how far it has come."""
    with ExitStack() as kept:
        with progress_bar() as bar:
            task = bar.add_task("copying", total=None, note="")
            copy = rehearsed(log, signing(sign), progress=lambda copied: bar.update(task, advance=copied))
            rehearsal = kept.enter_context(copy)
        yield rehearsal


def tell_moved(moved: Sequence[FigureShift], *, as_json: bool = False) -> None:
    """What a rehearsal has found: the figures that would move, a line each as JSON."""
    if as_json:
        print_json(moved)
    elif moved:
        stdout().print(figures_moved(moved))
    else:
        stderr().print("No figure would move.")


def _double(each: LikelyDouble, new: Set[str]) -> str:
    """The event that was published last, against the other one."""
    this = max((0, 1), key=lambda place: (each.events[place] in new, place))
    other = 1 - this
    elsewhere = f" in {each.exchanges[other]}" if each.exchanges[other] != each.exchanges[this] else ""
    alike = "type, day" if each.round is None else "type, round, day"
    return (
        f"{each.occurrences[this]} may be the same as {each.occurrences[other]}{elsewhere}: same {alike} and count by "
        f"{each.publishers[other]}; give both the same --occurrence if it is one thing"
    )


_DOES = {"claim_retracted": "retracts", "claim_adopted": "adopts", "claim_disputed": "disputes"}


def _dangling(each: Dangling) -> str:
    does = _DOES.get(each.type, "corrects")
    return f"{each.event} by {each.publisher} {does} an event that is not here (yet): {each.target}"


def _premature(found: Iterable[Premature]) -> Iterator[str]:
    """A line for all that one publisher said at a time of a day: a column that is mapped wrongly is one mistake."""
    alike: dict[tuple[str, str, str, str], list[Premature]] = {}
    for each in found:
        alike.setdefault((each.exchange, each.publisher, each.published, moment(each.occurred)), []).append(each)
    for (_, publisher, published, occurred), claims in alike.items():
        more = f" and {len(claims) - 1:,} more" if len(claims) > 1 else ""
        yield (
            f"{claims[0].event}{more} by {publisher}: published on {published}, and said to have happened later, "
            f"{occurred}; is one of the two mistyped?"
        )


def _circular(found: Iterable[Circular]) -> Iterator[str]:
    """A line for all that one publisher says of a party."""
    alike: dict[tuple[str, str, str], list[Circular]] = {}
    for each in found:
        alike.setdefault((each.exchange, each.publisher, each.party), []).append(each)
    for (_, publisher, party), claims in alike.items():
        more = f" and {len(claims) - 1:,} more" if len(claims) > 1 else ""
        yield f"{claims[0].event}{more} by {publisher}: by {party} and to {party}; one of both is mistaken"


_DIFFER = {
    "figure": "two figures of one publisher, and neither corrects the other",
    "by": "other parties give the people",
    "category": "they are of different categories",
}


def _mixed(each: Mixed) -> str:
    return (
        f"{_counting(each.claim)} and {_counting(each.other)} are rivals on {each.occurrence}, of which one counts: "
        f"{_DIFFER[each.differ]}. Most likely it is two things, each with its --occurrence"
        + (", or a correction, which --supersedes the other" if each.differ == "figure" else "")
    )


def _strayed(each: Strayed) -> str:
    return (
        f"not counted: {_counting(each.claim)}. {each.occurrence} is about the other side ({_counting(each.adopted)}), "
        "so give what happened to this one an --occurrence of its own"
    )


def _other_round(each: OtherRound) -> str:
    return (
        f"{_counting(each.claim)} is of round {each.round}, and {each.occurrence} counts in round {each.adopted_round} "
        f"({_counting(each.adopted)}): one of both rounds is mistaken, or it is two things, each with its --occurrence"
    )


def _succession(each: Succession) -> str:
    now = f"no claim on {each.occurrence} counts now"
    if each.now is not None:
        now = f"{each.occurrence} now counts: {_counting(each.now)}"
    return f"{now} ({each.rule}), before: {_counting(each.before)}"


def _counting(claim: Counting) -> str:
    return claim.publisher if claim.amount is None else f"{estimate(claim.amount)} by {claim.publisher}"
