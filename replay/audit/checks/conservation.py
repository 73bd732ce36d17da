"""That nobody is lost in the figures or counted twice: balances against claims, accounts against totals, wholes
against what divides them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger.book.balances import Balance
from ledger.book.book import Book
from ledger.book.facts import declared
from ledger.book.figure_names import figure_name
from ledger.book.figures import DERIVED, PARTITIONS, Declared, figures_of, signs, value
from ledger.book.number_text import estimate
from ledger.book.sentences import listed
from ledger.book.sums import Figures
from ledger.book.tally import SHOWN, figures, process_figures
from ledger.book.transfers import SIDES, Account, AccountKey
from replay.audit.checks.stocks import StockBooks, credits_beyond, stocks
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding, Seen
from replay.audit.phrases import sentence
from schemas.views import Tally


def conservation(evidence: Evidence) -> Seen:
    books = [evidence.books.book(exchange) for exchange in evidence.books.exchanges()]
    projection = evidence.books.projection
    grouped = {name: projection.members(name) for name in projection.processes()}
    several = {name: members for name, members in grouped.items() if len(members) > 1}
    of_several = {book.exchange for group in several.values() for book in group}
    balances, divided, found = 0, 0, list[Finding]()
    for book in books:
        sums, said = figures(book), declared(book)
        parts = [*divisions(sums, said)]
        balances, divided = balances + sum(map(len, book.balances.values())), divided + len(parts)
        found += [*_unbalanced(book), *_unseen(book, sums, said)]
        found += [each for division in parts if (each := _broken(book.exchange, sums, division))]
        found += [*_unlike(book.exchange, sums), *_of_rounds(book)]
        found += stocks(StockBooks(book.exchange, [book], sums, book.exchange in of_several))
    for name, group in several.items():
        sums = process_figures(group)
        found += [*_unlike(name, sums), *stocks(StockBooks(name, group, sums))]
    looked = f"{balances:,} balances against the claims behind them, {divided:,} divisions of a figure"
    return Seen(looked if found else f"{looked}: everybody is in one total, and in one part of each division", found)


def _of_rounds(book: Book) -> Iterator[Finding]:
    rounds = {number: figures(book, [number]) for number in book.rounds()}
    for number, sums in rounds.items():
        yield from _unlike(f"{book.exchange} round {number}", sums)
    yield from credits_beyond(book, rounds)


# -- balances and their claims -----------------------------------------------------------------


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
            if not _are_equal(added, balance):
                shown = estimate(balance.estimate())
                what = f"The claims add up to {estimate(added.estimate())}, not to {shown}."
                yield Finding("failure", what, _place(book, round, account))


def _place(book: Book, round: int | None, account: AccountKey) -> str:
    people = " ".join(filter(None, account[:2])).replace("_", " ")
    return f"{book.exchange}{'' if round is None else f' round {round}'}, {people}"


# -- accounts and the totals of a tally --------------------------------------------------------


def _totals() -> frozenset[str]:
    """The plain figures in one of which everybody is who moved, each a figure of a tally or what one is made of."""
    names = {f"{side}.{name}" for side in SIDES for name in SHOWN}
    received = {plain for name in names if name.endswith(".remains.unidentified") for plain in signs(name)}
    return frozenset((names - DERIVED.keys()) | received)


TOTALS = _totals()
_KEPT = tuple(f"{name}." for name in ("aid", "funds") if name in Tally.model_fields)
"""How the figures of a tally begin that are no people's."""


def _unseen(book: Book, sums: Figures, said: Declared) -> Iterator[Finding]:
    """Accounts that are in no total of the tally, or in several; and totals that are not the sum of their accounts."""
    totals, own = dict[AccountKey, list[str]](), defaultdict[str, Balance](Balance)
    for round, accounts in book.balances.items():
        for account, balance in accounts.items():
            if not balance.postings:
                continue
            if account not in totals:
                totals[account] = [each for each in figures_of(account, said) if _is_total(each)]
            names = totals[account]
            if len(names) != (0 if Account._make(account).part else 1):  # a part is never added
                shown = f"are in {listed(map(figure_name, names))}" if names else "are in no figure of the tally"
                what = f"{estimate(balance.estimate())} {shown}."
                yield Finding("failure", what, _place(book, round, account))
            for name in names:
                own[name].merge(balance)
    for name in sorted(own.keys() | {each for each in sums if _is_total(each)}):
        if not _are_equal(own[name], sums.get(name, Balance())):
            shown = estimate(sums[name].estimate()) if name in sums else "not recorded"
            what = f"{figure_name(name)}: the accounts come to {estimate(own[name].estimate())}, the tally has {shown}"
            yield Finding("failure", sentence(what), book.exchange)


def _is_total(name: str) -> bool:
    return name in TOTALS or name.startswith(_KEPT)


def _are_equal(one: Balance, other: Balance) -> bool:
    return (one.postings, one.estimate()) == (other.postings, other.estimate())


# -- wholes and their parts --------------------------------------------------------------------


class Division(NamedTuple):
    """Figures, and those that divide them. `overlap`: a person can be in several of these."""

    wholes: Sequence[str]
    parts: Sequence[str]
    overlap: bool = False


_BEGINNINGS: Sequence[tuple[str, str]] = (
    *(("released", beginning) for beginning in (*PARTITIONS, "scope.")),
    ("credited_out", "credited_out."),
    ("remains.returned", "remains.scope."),
)
"""Figures, and how the names of those begin that divide them."""
_CLASSED: Mapping[str, str] = {
    "released": "",
    "remains.returned": "remains.",
    "remains.recovered": "remains.recovered_",
}
"""Figures that are divided by nationality where the side declares its own, and how the names of the classes begin."""
_CLASSES = ("nationals", "others", "unclassified")
_OF_NATIONALITIES: Mapping[str, Sequence[str]] = {
    "by.nationality.": ("released",),
    "remains.by.nationality.": ("remains.returned", "remains.recovered"),
}


def divisions(sums: Figures, said: Declared) -> Iterator[Division]:
    """Each figure of an exchange that others divide, as far as anything was posted to it or to them."""
    for side in SIDES:
        found = [Division([f"{side}.{whole}"], _named(sums, f"{side}.{start}")) for whole, start in _BEGINNINGS]
        if said.own(side):
            found += [
                Division([f"{side}.{whole}"], [f"{side}.{start}{each}" for each in _CLASSES])
                for whole, start in _CLASSED.items()
            ]
        found.append(Division([f"{side}.credited_in"], [f"{side}.credited_out"]))
        for start, wholes in _OF_NATIONALITIES.items():
            names = _named(sums, f"{side}.{start}")
            found.append(Division([f"{side}.{each}" for each in wholes], names, overlap=True))
        yield from (each for each in found if any(name in sums for name in (*each.wholes, *each.parts)))


def _named(sums: Figures, beginning: str) -> list[str]:
    return [name for name in sums if name.startswith(beginning)]


def _broken(exchange: str, sums: Figures, division: Division) -> Finding | None:
    whole, total = _added(division.wholes, sums), _added(division.parts, sums)
    if _are_equal(total, whole) or (division.overlap and total.postings >= whole.postings):
        return None
    said = f"{listed(map(figure_name, division.wholes))}: {estimate(whole.estimate())}"
    names = f" ({listed(map(figure_name, division.parts))})" if division.parts else ""
    what = f"{said}, but the parts come to {estimate(total.estimate())}{names}"
    return Finding("failure", sentence(what), exchange)


def _added(names: Iterable[str], sums: Figures) -> Balance:
    total = Balance()
    for name in names:
        total.merge(sums.get(name, Balance()))
    return total


def _unlike(where: str, sums: Figures) -> Iterator[Finding]:
    """Releases that are not those in the deal, beside it and not said, where all of these are known."""
    for side in SIDES:
        freed = _best(f"{side}.released", sums)
        terms = [(sign, _best(f"{side}.{name}", sums)) for name, sign in _MADE_OF.items()]
        known = [sign * best for sign, best in terms if best is not None]
        if freed is not None and len(known) == len(terms) and sum(known) != freed:
            what = f"{freed:,} {side} were freed, but those in the deal, beside it and credited come to {sum(known):,}."
            yield Finding("failure", what, where)


_MADE_OF: Mapping[str, int] = {"deal": 1, "credited_in": -1, "credited_out": 1, "outside": 1, "unsaid": 1}
"""What releases are made of: docs/counting.md, "Who counts in the deal"."""


def _best(name: str, sums: Figures) -> int | None:
    its = value(name, sums)
    if its is None and "credited" in name:
        return 0
    return None if its is None else its.best
