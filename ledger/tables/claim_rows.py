"""What the rows of the tidy table are about: each group of each claim, and what it adds to which figure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from ledger.book.balances import Entry, entry
from ledger.book.book import Book
from ledger.book.claims import Claim, Occurrence, once
from ledger.book.explain import Read
from ledger.book.facts import declared
from ledger.book.figures import Declared
from ledger.book.stocks import Opening, opening_of
from ledger.book.transfers import PLACES, SIDES, Account, flow
from ledger.tables.subject import TableSubject
from schemas.events import AnyEvent
from schemas.values import Count, Group, span_of
from schemas.vocabulary import Side


class ClaimRow(NamedTuple):
    """One group of one claim; a claim without groups is one row, and a credit one for each of its two rounds.

    `account`: what is added up with it, of people, aid or money, if it counts. `counted`: what it adds, its range as
    rivals and parts leave it; None for what adds nothing. `held`: how that enters what is held, and whether nobody
    knows that it does.
    """

    exchange: str
    occurrence: str
    claim: Claim
    event: AnyEvent
    number: int
    group: Group | None
    told: Count | None
    account: Account | None
    round: int | None
    stated: Entry | None
    counted: Entry | None
    is_adopted: bool
    why: str
    superseded_by: str | None
    declared: Declared
    held: tuple[int, bool]

    @property
    def counts(self) -> bool:
        """Whether a figure has it in it: a part is checked against its whole, and added to nothing."""
        return self.counted is not None and (self.account is None or not self.account.part)


def claim_rows(subject: TableSubject) -> Iterator[ClaimRow]:
    """Every claim of an exchange, in the order in which its occurrences were first recorded; none of a process."""
    if subject.is_process:
        return
    book = subject.book
    shared = _Shared(book, declared(book), {side: opening_of([book], side) for side in SIDES}, subject.reads.full)
    for occurrence in book.occurrences():
        yield from _of_occurrence(occurrence, shared)


class _Shared(NamedTuple):
    """What the rows of one exchange have in common."""

    book: Book
    declared: Declared
    openings: Mapping[Side, Opening | None]
    read: Read


def _of_occurrence(occurrence: Occurrence, shared: _Shared) -> Iterator[ClaimRow]:
    verdict = shared.book.verdict(occurrence)
    reasons = {claim.number: why for claim, why in verdict.left_out}
    for claim in occurrence.claims:
        is_adopted = claim is verdict.adopted
        successor = verdict.replaced_by.get(claim.number)
        event = shared.read(claim.id)
        for row in _groups(claim, event, occurrence.entries if is_adopted else None, shared):
            yield ClaimRow(
                exchange=shared.book.exchange,
                occurrence=occurrence.key,
                claim=claim,
                event=event,
                is_adopted=is_adopted,
                why=verdict.rule if is_adopted else reasons.get(claim.number, verdict.rule),
                superseded_by=None if successor is None else successor.id,
                declared=shared.declared,
                **row,
            )


_Row: TypeAlias = dict[str, Any]


def _groups(claim: Claim, event: AnyEvent, counted: Sequence[Entry] | None, shared: _Shared) -> Iterator[_Row]:
    groups: Sequence[Group] = getattr(event, "groups", ())
    if claim.counts_nothing:
        yield _uncounted(claim, event, counted is not None, shared)
        return
    entries = claim.entries if claim.type == "count_credited" else once(claim)
    for place, stated in enumerate(entries):
        group, posted = groups[place] if groups else None, claim.balances[place]
        account = Account._make(posted.account)
        own = None if counted is None else counted[place]
        yield {
            "number": place + 1,
            "group": group,
            "told": _count_of(event) if group is None else group.count,
            "account": account,
            "round": posted.round,
            "stated": stated,
            "counted": own,
            "held": (0, False) if own is None else _held(account, event, own, shared),
        }


def _uncounted(claim: Claim, event: AnyEvent, is_adopted: bool, shared: _Shared) -> _Row:
    """What adds to no balance; a list that opens a stock is what is held by its date."""
    opening = next((each for each in shared.openings.values() if each and each.event.id == claim.id), None)
    is_opening = is_adopted and opening is not None
    count = _count_of(event)
    return {
        "number": 1,
        "group": None,
        "told": count,
        "account": None,
        "round": claim.round,
        "stated": None if count is None else entry(count),
        "counted": opening.since.entry if is_opening and opening is not None else None,
        "held": (1, False) if is_opening else (0, False),
    }


def _count_of(event: AnyEvent) -> Count | None:
    """The one count of a claim that has no groups."""
    found: Count | None = getattr(event, "count", None) or getattr(event, "amount", None)
    return found


def _held(account: Account, event: AnyEvent, counted: Entry, shared: _Shared) -> tuple[int, bool]:
    if not account.side or account.part or account.move not in PLACES:
        return 0, False
    sign, opening = flow(account.move, "held", "remains_held"), shared.openings[_side(account.side)]
    if not sign or opening is None:
        return sign, False
    share = opening.since.share(span_of(event.occurred), counted)
    return (0, False) if share is None else (sign, share != counted)


def _side(name: str) -> Side:
    return "captives" if name == "captives" else "prisoners"
