"""What parts tell of a whole: at least their sum where it states no number, and what was over of it at a cut."""

from collections.abc import Iterable, Iterator
from math import inf
from typing import cast

from ledger.book.balances import Entry, bounds, hedged, hedges, summed
from ledger.book.claims import Claim, Occurrence, grouped, once, posted_alike
from ledger.book.rivals import fits
from ledger.book.transfers import AccountKey


def at_least(whole: Claim, parts: Iterable[Occurrence]) -> tuple[Entry, ...] | None:
    """The entries of a whole that is named without a number; None where its parts state none either.

    Parts of one dimension add up, the greatest dimension wins; movers may overlap, so that only the greatest counts.
    """
    by: dict[str, list[Occurrence]] = {}
    for each in parts:
        if each.adopted is not None:
            several = by.setdefault(each.part_by, [])
            if each.part_by == "mover" and several:
                several[0] = max(several[0], each, key=_low)
            else:
                several.append(each)
    greatest = max(by.values(), key=lambda several: sum(map(_low, several)), default=[])
    if not any(map(_low, greatest)):
        return None
    lows = _lows(whole, once(whole), greatest)
    return posted_alike(whole, tuple(_from(low, each) for low, each in zip(lows, once(whole), strict=True)))


def at_least_so_many(whole: Claim, known: int) -> tuple[Entry, ...] | None:
    """The same for a whole of one group, of which so many are known to be."""
    [own] = once(whole)
    return posted_alike(whole, (_from(known, own),)) if known else None


def _low(part: Occurrence) -> int:
    return bounds(part.amount)[1]


def _from(low: int, entry: Entry) -> Entry:
    best, own, high = bounds(entry)
    return hedged(best, max(own, low), high, hedges=1) if low > own else entry


def over_so_far(
    whole: Claim, replaced: tuple[Entry, ...] | None, batches: Iterable[Occurrence], planned: Iterable[Claim]
) -> tuple[Entry, ...] | None:
    """The entries of a leg inside which a cut falls: at least its batches that were over; None without any.

    `replaced` are its entries as rivals leave them, `planned` the claims of all its batches, over or not: a leg of one
    group has a best where those come to it.
    """
    over = [each for each in batches if each.adopted is not None]
    if not over:
        return None
    entries, done = once(whole, replaced), summed(each.amount for each in over)
    every = bounds(summed(claim.amount for claim in planned))[0]
    is_known = len(entries) == 1 and every is not None and every == bounds(entries[0])[0]
    best = bounds(done)[0] if is_known else None
    lows = _lows(whole, entries, over)
    partly = (
        hedged(best, low, bounds(each)[2], hedges(each) + hedges(done)) for low, each in zip(lows, entries, strict=True)
    )
    return posted_alike(whole, tuple(partly))


# -- which group of a whole a part is of -------------------------------------------------------


def _lows(whole: Claim, entries: tuple[Entry, ...], parts: Iterable[Occurrence]) -> list[int]:
    """How many of each group of a whole its parts tell of, at the least. `entries` has one for each of its groups.

    People who fit one group alone are of it, as far as it holds them. Others raise the low of a group only as far as
    the rest cannot hold them.
    """
    lows, loose = [0] * len(entries), 0
    accounts = [_of_deaths(balance.account) for balance, _ in zip(whole.balances, entries, strict=False)]
    for told, low in _told(parts):
        fitting = [place for place, account in enumerate(accounts) if len(accounts) == 1 or fits(told, account)]
        if len(fitting) == 1:
            lows[fitting[0]] += low
        else:
            loose += low
    highs = [inf if bounds(each)[2] is None else bounds(each)[2] or 0 for each in entries]
    rooms = [high - low for high, low in zip(highs, lows, strict=True)]
    loose += int(sum(-room for room in rooms if room < 0))
    free = [max(0, room) for room in rooms]
    rest = [max(0, loose - sum(free[:place] + free[place + 1 :])) for place in range(len(free))]
    return [int(min(high, low + more)) for high, low, more in zip(highs, lows, rest, strict=True)]


def _told(parts: Iterable[Occurrence]) -> Iterator[tuple[AccountKey, int]]:
    for each in parts:
        if each.adopted is not None:
            yield from (
                (_of_deaths(account), bounds(entry)[1]) for account, entry in grouped(each.adopted, each.entries)
            )


def _of_deaths(account: AccountKey) -> AccountKey:
    """An account without regard to where the dead are, of which a part need not speak."""
    side, move, *rest = account
    return cast("AccountKey", (side, "died" if move == "died_away" else move, *rest))
