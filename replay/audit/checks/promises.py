"""What was promised: people against those who came, and pauses against their clock."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger.book.balances import ZERO, Term, combined, entry, estimate_of, plus
from ledger.book.deal import HEADS, InForce, agreed_pledges
from ledger.book.number_text import estimate, moment
from ledger.book.promises import came_in_deal
from ledger.book.promises import promises as promised_in_all
from ledger.book.rounds import Dues, every_due
from ledger.book.sentences import listed, plural
from ledger.book.sums import Figures
from ledger.book.tally import figures
from ledger.book.transfers import SIDES
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding, Seen
from schemas.values import Moment, is_sure, span_of
from schemas.views import Estimate, Pause, Promise


def promises(evidence: Evidence) -> Seen:
    checked, found = 0, list[Finding]()
    for exchange in evidence.books.exchanges():
        book = evidence.books.book(exchange)
        sums, agreed = figures(book), agreed_pledges(book)
        promised = promised_in_all(book, sums)
        checked += len(promised)
        found += [each for promise in promised if (each := _promise(exchange, promise, agreed, sums))]
        found += _untold(exchange, agreed, {promise.item for promise in promised}, sums)
        for number, dues in every_due(book):
            sides = [side for side in SIDES if getattr(dues.promised, side) is not None]
            checked += len(sides)
            found += [each for side in sides if (each := _due(f"{exchange} round {number}", dues, side))]
    looked = plural(checked, "promise")
    return Seen(looked if found or not checked else f"{looked}: all kept", found)


def _promise(exchange: str, each: Promise, agreed: Iterable[InForce], sums: Figures) -> Finding | None:
    what = f"{estimate(each.promised)} {_words(each.item)} were promised"
    of_item = [every for every in agreed if every.pledge.item == each.item]
    kept = _by_category(each.item, of_item, sums)
    if each.delivered is None:
        what = f"{what}; nothing is recorded of a delivery."
    elif each.outstanding is not None and _is_left(each.outstanding):
        what = f"{what}; {estimate(each.delivered)} came, {estimate(each.outstanding)} did not."
    elif each.promised.high is not None and each.delivered.low > each.promised.high:
        what = f"{what}; more came: {estimate(each.delivered)}."
    elif _lacks_a_category(each.item, kept, sums):
        what = f"{what}, and as many came, but not of each category."
    else:
        return None
    return Finding("notice", what, exchange, tuple(dict.fromkeys(each.by)), _in_detail(kept, of_item, sums))


def _untold(exchange: str, agreed: Iterable[InForce], told: Container[str], sums: Figures) -> Iterator[Finding]:
    """Promises per head that cannot be counted, since people came for whose category nothing is agreed."""
    for item in _PEOPLE:
        heads = [each for each in agreed if each.pledge.item == item and each.pledge.per in HEADS]
        came = {category for each in heads for _, category in _came(*HEADS[each.pledge.per], sums)}
        if item not in told and came:
            others = listed(sorted(map(_words, came - {each.pledge.category for each in heads})))
            what = f"How many {_words(item)} are promised is not known: nothing is agreed for some who came ({others})."
            yield Finding("notice", what, exchange, tuple(dict.fromkeys(each.event for each in heads)))


# -- by category -------------------------------------------------------------------------------

_PEOPLE: Mapping[str, tuple[str, str]] = {
    "captives": HEADS["captive"],
    "captive_remains": HEADS["captive_remains"],
    "prisoners": HEADS["prisoner"],
    "prisoner_remains": HEADS["prisoner_remains"],
}
"""The side and the move of each item that is people."""


def _came(side: str, move: str, sums: Figures) -> dict[tuple[str, str], Estimate]:
    """Those who came inside the deal, by terms and category, credits counted where they count."""
    terms: defaultdict[tuple[str, str], list[Term]] = defaultdict(list)
    for sign, named, category, came in came_in_deal(sums, side, move):
        terms[named, category].append(Term(sign, came))
    known = {key: combined(each) for key, each in terms.items()}
    return {key: its for key, its in known.items() if its is not None}


class Kept(NamedTuple):
    """What was promised in all of one category by one set of terms (empty: by those in general), and who came of it."""

    terms: str
    category: str
    promised: Estimate
    came: Estimate


def _by_category(item: str, agreed: Sequence[InForce], sums: Figures) -> list[Kept]:
    separate, found = {each.terms for each in agreed}, list[Kept]()
    for each in agreed:
        if each.pledge.per == "deal" and each.pledge.category not in _VAGUE:
            came = ZERO
            for (terms, category), its in _came(*_PEOPLE[item], sums).items():
                is_of = terms == each.terms if each.terms else terms not in separate
                came = plus(came, its) if is_of and category == each.pledge.category else came
            promised = estimate_of(entry(each.pledge.count))
            found.append(Kept(each.terms or "", each.pledge.category, promised, came))
    return found


_VAGUE = ("unknown", "mixed")
"""Categories of people who may belong to any other."""


def _lacks_a_category(item: str, kept: Iterable[Kept], sums: Figures) -> bool:
    if any(category in _VAGUE for _, category in _came(*_PEOPLE[item], sums)):
        return False
    return any(each.came.high is not None and each.came.high < each.promised.low for each in kept)


def _in_detail(kept: Iterable[Kept], agreed: Iterable[InForce], sums: Figures) -> str | None:
    """What became of each category that is promised, or what is promised for each."""
    told = [
        f"{estimate(each.came)} of {estimate(each.promised)} {_words(each.category)}"
        + (f" by {each.terms}" if each.terms else "")
        for each in kept
    ]
    heads = [
        f"{estimate(estimate_of(entry(pledge.count)))} for each of {estimate(its)} {_words(category)}"
        for pledge in (each.pledge for each in agreed if each.pledge.per in HEADS)
        for (_, category), its in _came(*HEADS[pledge.per], sums).items()
        if category == pledge.category != "unknown"
    ]
    if told:
        return f"By category: {listed(told)}."
    return f"The terms: {listed(heads)}." if heads else None


def _words(term: str) -> str:
    return term.replace("_", " ")


# -- by round ----------------------------------------------------------------------------------


def _due(where: str, round: Dues, side: str) -> Finding | None:
    promised, came, rest = (getattr(each, side) for each in round)
    if rest is None or not _is_left(rest):
        return None
    told = f"{estimate(came)} came, {estimate(rest)} did not" if came else "none is recorded to have come"
    if came is None and rest != promised:
        told = f"{estimate(rest)} did not come"
    return Finding("notice", f"{estimate(promised)} {side} were due; {told}.", where)


def _is_left(rest: Estimate) -> bool:
    return rest.low > 0 or (rest.best or 0) > 0


# -- pauses ------------------------------------------------------------------------------------


def pauses(evidence: Evidence) -> Seen:
    checked, found = 0, list[Finding]()
    for exchange in evidence.books.exchanges():
        for pause in evidence.books.pauses(exchange):
            checked += 1
            found += _clock(pause)
    looked = plural(checked, "pause")
    return Seen(looked if found or not checked else f"{looked}: each started, and ended when it was due", found)


def _clock(pause: Pause) -> Iterator[Finding]:
    where, ids = f"{pause.exchange}, {pause.pause}", tuple(pause.events)
    if pause.started is None:
        yield Finding("notice", "No start of this pause is recorded.", where, ids)
    if pause.ended is None:
        due = f"; it was due to end {moment(pause.ends)}" if pause.ends else ""
        yield Finding("notice", f"No end of this pause is recorded{due}.", where, ids)
        return
    if pause.started is not None and _is_over_before(pause.ended, pause.started):
        what = f"It ended {moment(pause.ended)}, before it started: {moment(pause.started)}."
        yield Finding("disagreement", what, where, ids)
    elif pause.ends is not None and _is_over_before(pause.ended, pause.ends):
        yield Finding("notice", f"It ended {moment(pause.ended)}; it was due to end {moment(pause.ends)}.", where, ids)
    elif pause.ends is not None and _is_over_before(pause.ends, pause.ended):
        what = f"It ended {moment(pause.ended)}, later than it was due to end: {moment(pause.ends)}."
        yield Finding("notice", what, where, ids)
    for each in pause.extensions:
        if pause.ended is not None and _is_over_before(pause.ended, each.announced):
            what = f"An extension by {each.hours} h was announced {moment(each.announced)}, after the pause had ended."
            yield Finding("disagreement", what, where, (each.event,))


def _is_over_before(one: Moment, other: Moment) -> bool:
    """Whether one moment is certainly over when the other begins, which an unsure one never is."""
    end, start = span_of(one).end, span_of(other).start
    return end is not None and start is not None and end <= start and is_sure(one) and is_sure(other)
