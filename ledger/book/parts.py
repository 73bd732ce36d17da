"""What parts tell of a whole: at least their sum where it states no number, and what was over of it at a cut."""

from collections.abc import Iterable, Sequence

from ledger.book.balances import Entry, bounds, hedged, hedges, summed
from ledger.book.claims import Claim, Occurrence, once, posted_alike


def at_least(whole: Claim, parts: Iterable[Occurrence]) -> tuple[Entry, ...] | None:
    """The entries of a whole that is named without a number; None where its parts state none either.

    Parts of one dimension add up, the greatest dimension wins; movers may overlap, so that only the greatest counts.
    """
    lows: dict[str, list[int]] = {}
    for each in parts:
        if each.adopted is not None:
            lows.setdefault(each.part_by, []).append(bounds(each.amount)[1])
    known = max((max(each) if by == "mover" else sum(each) for by, each in lows.items()), default=0)
    if not known:
        return None
    entries = list(once(whole))
    open_ended = next(place for place, each in enumerate(entries) if bounds(each)[2] is None)
    entries[open_ended] = hedged(None, known, None, hedges=1)
    return posted_alike(whole, tuple(entries))


def over_so_far(
    whole: Claim, replaced: tuple[Entry, ...] | None, batches: Iterable[Occurrence], planned: Iterable[Claim]
) -> tuple[Entry, ...] | None:
    """The entries of a leg inside which a cut falls: at least its batches that were over; None without any.

    `replaced` are its entries as rivals leave them, `planned` the claims of all its batches, over or not: the leg has a
    best where those come to it.
    """
    over = [each.amount for each in batches if each.adopted is not None]
    if not over:
        return None
    every = bounds(summed(claim.amount for claim in planned))[0]
    return posted_alike(whole, _partly(once(whole, replaced), summed(over), every))


def _partly(entries: Sequence[Entry], over: Entry, every: int | None) -> tuple[Entry, ...]:
    """The entries of a leg of which `over` is done, and whose batches come to `every` in all."""
    best, rest, _ = bounds(over)
    lows = [0] * len(entries)
    for place in sorted(range(len(entries)), key=lambda place: -bounds(entries[place])[1]):
        high = bounds(entries[place])[2]
        lows[place] = rest if high is None else min(rest, high)
        rest -= lows[place]
    is_known = len(entries) == 1 and every is not None and every == bounds(entries[0])[0]
    return tuple(
        hedged(best if is_known else None, low, bounds(each)[2], hedges(each) + hedges(over))
        for low, each in zip(lows, entries, strict=True)
    )
