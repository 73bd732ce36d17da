"""The figures: that they follow from the events, that readers are given the same, and that nobody is lost in them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ledger.book.balances import Balance
from ledger.book.figures import CLASSED, NEEDS, value
from ledger.book.projection import Book
from ledger.book.sums import Figures, merged
from ledger.book.tally import figures, processes
from ledger.cli.render import estimate
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding, Seen
from replay.audit.words import counted, figure, listed
from replay.compare import Difference

PARTITIONS: Mapping[str, tuple[str, ...]] = {
    "captives.released": ("captives.by.category.", "captives.by.holder.", "captives.by.basis."),
    "prisoners.released": ("prisoners.by.category.", "prisoners.by.basis.", "prisoners.by.sentence."),
}
"""Figures that the breakdowns by these beginnings of names divide: each person is in exactly one of them."""
SCOPES: Mapping[str, tuple[str, ...]] = {"captives.released": ("captives.inside", "captives.outside")}
CLASSES: Mapping[str, tuple[str, ...]] = {
    "captives.released": ("captives.nationals", "captives.foreigners", "captives.unclassified"),
    "remains.returned": ("remains.nationals", "remains.foreigners", "remains.unclassified"),
}
"""Figures that others divide; by nationality only where an exchange declares whose nationals the deal is about."""


def views(evidence: Evidence) -> Seen:
    """`live` differences are failures: the same events must give everybody the same figures."""
    events = sum(book.events for book in evidence.reading.books.values())
    exchanges = counted(len(evidence.reading.books), "exchange")
    looked = f"the figures of {exchanges}, folded anew from {counted(events, 'event')}"
    found = [_difference(each) for each in evidence.live or ()]
    if evidence.expected is not None and evidence.expected != evidence.digest:
        what = f"The digest of all figures is {evidence.digest}, not the {evidence.expected} that was expected."
        found.append(Finding("failure", what))
    if found:
        return Seen(looked, found)
    equal = [
        *(["a reader who follows the ledger has the same"] if evidence.live is not None else []),
        *([f"so have {counted(evidence.published, 'view')} that workers published"] if evidence.published else []),
        *(["their digest is the one expected"] if evidence.expected else []),
    ]
    alone = "an archive holds no others to compare them with; --expect takes the digest that somebody published"
    return Seen(f"{looked}: {listed(equal) if equal else alone}")


def _difference(each: Difference) -> Finding:
    view = f"{each.view} {each.member}".strip()
    what = f"A reader who follows the ledger has {_short(each.left)}, and its events come to {_short(each.right)}."
    return Finding("failure", what, view, tuple([*each.only_left, *each.only_right][:5]))


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]} ..."


def conservation(evidence: Evidence) -> Seen:
    books = [evidence.reading.book(exchange) for exchange in evidence.reading.exchanges()]
    balances, identities, found = 0, 0, list[Finding]()
    for book in books:
        balances += sum(map(len, book.balances.values()))
        found += _unbalanced(book)
        sums = figures(book)
        checked = [*_identities(sums)]
        identities += len(checked)
        found += [each for whole, parts in checked if (each := _broken(book.exchange, sums, whole, parts))]
    for name, group in sorted(_scopes(books).items()):
        found += _lost(name, merged(map(figures, group)))
    looked = f"{counted(balances, 'balance')} against the claims behind them, {identities:,} divisions of a figure"
    return Seen(looked if found else f"{looked}: nobody is lost or counted twice", found)


def _unbalanced(book: Book) -> Iterator[Finding]:
    """Balances that are not the sum of what the adopted claims say: the fold itself would be wrong."""
    exact, sums = defaultdict[int, int](int), defaultdict[int, Balance](Balance)
    for _, postings in book.adopted():
        for balance, posted in postings:
            if type(posted) is int:  # nearly all are
                exact[id(balance)] += posted
                sums[id(balance)].postings += 1
            else:
                sums[id(balance)].add(posted)
    for round, accounts in book.balances.items():
        for account, balance in accounts.items():
            added = sums[id(balance)]
            added.exact += exact[id(balance)]
            if (added.postings, added.estimate()) != (balance.postings, balance.estimate()):
                where = f"{book.exchange}{'' if round is None else f' round {round}'}, {account[0]}"
                shown = estimate(balance.estimate())
                yield Finding("failure", f"The claims add up to {estimate(added.estimate())}, not to {shown}.", where)


def _identities(sums: Figures) -> Iterator[tuple[str, list[str]]]:
    """Each figure that others divide, with those."""
    for whole, beginnings in PARTITIONS.items():
        for beginning in beginnings:
            yield whole, [name for name in sums if name.startswith(beginning)]
    for whole, parts in SCOPES.items():
        yield whole, [name for name in parts if name in sums]
    for whole, parts in CLASSES.items():
        if any(name in sums for name in parts):
            yield whole, [name for name in parts if name in sums]
    yield "captives.credited_in", ["captives.credited_out"]


def _broken(exchange: str, sums: Figures, whole: str, parts: list[str]) -> Finding | None:
    total = Balance()
    for name in parts:
        total.merge(sums.get(name, Balance()))
    said = sums.get(whole, Balance()).estimate()
    if total.estimate() == said:
        return None
    what = f"{figure(whole).capitalize()}: {estimate(said)}, but the parts come to {estimate(total.estimate())}."
    return Finding("failure", what, exchange)


def _scopes(books: list[Book]) -> dict[str, list[Book]]:
    """Each process, and each exchange that belongs to none: the scopes in which people are neither made nor lost."""
    grouped = processes(books)
    belong = {book.exchange for each in grouped.values() for book in each}
    return {**grouped, **{book.exchange: [book] for book in books if book.exchange not in belong}}


def _lost(name: str, sums: Figures) -> Iterator[Finding]:
    """Stocks below zero: more came back than the claims say were there. The claims are then incomplete."""
    for held, wholes in NEEDS.items():
        if held in CLASSED or not any(whole in sums for whole in wholes):
            continue
        left = value(held, sums).best
        if left is not None and left < 0:
            fewer = "deaths of captives" if held == "remains.held" else "takings"
            what = f"{-left:,} more came back than {fewer} are recorded: claims of the latter are missing."
            yield Finding("notice", what, f"{name}, {figure(held)}")
