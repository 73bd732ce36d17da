"""Two organisations' ledgers of the same exchanges, occurrence by occurrence.

Each records by its own events, so that ids are of no use. Occurrences are matched by name where both use the same; else
by type, round and date, where that leaves one on either side; else by type and round, likewise. What several could
match is shown as ambiguous and never guessed. What counts differently makes up the difference between the totals.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from ledger.book.balances import Balance, Entry, entry, estimate_of
from ledger.book.book import Book
from ledger.book.claims import Occurrence, once
from ledger.book.facts import copied, declared
from ledger.book.figures import TOTALS, Declared, value
from ledger.book.filing import uncounted
from ledger.book.rivals import reaching, stretched
from ledger.book.sums import Figures, figures_posted, merged
from ledger.book.tally import figures
from ledger.book.transfers import MOVING, SIDES, Account
from ledger.changes.sheets import Counted, counted, net
from ledger.errors import UnknownName, UsageError
from ledger.follow.books import Books
from schemas.values import Moment
from schemas.views import Estimate

How: TypeAlias = Literal["name", "type, round and date", "type and round"]
Verdict: TypeAlias = Literal["agree", "differ", "only left", "only right", "ambiguous"]
Relation: TypeAlias = Literal["compatible", "contradicting"]


class OccurrenceRecord(NamedTuple):
    """What one ledger says of one occurrence. `amount` None: none of its claims counts. `side`: whose people they are;
    empty for aid and money. `claims`: the events behind it, the one that counts first."""

    occurrence: str
    type: str
    side: str
    round: int | None
    date: Moment
    amount: Estimate | None
    move: Mapping[str, Estimate]
    category: Mapping[str, Estimate]
    nationality: Mapping[str, Estimate]
    scope: Mapping[str, Estimate]
    claims: Sequence[str]
    counted: Counted | None


class OccurrenceDifference(NamedTuple):
    """What two ledgers say differently. `relation` is there for counts: whether their ranges meet."""

    what: str
    left: object
    right: object
    relation: Relation | None = None


class Match(NamedTuple):
    """An occurrence in both ledgers, in one of them, or (`ambiguous`) several that could be each other."""

    verdict: Verdict
    how: How | None
    left: Sequence[OccurrenceRecord]
    right: Sequence[OccurrenceRecord]
    differences: Sequence[OccurrenceDifference] = ()


class MatchEffect(NamedTuple):
    """What one match has to do with the difference between two totals.

    `change` is right less left: best, low, high, and how many have no best, no low, no high, or a hedge; then the same
    of those who may or may not belong. `difference` is so many people; None where that is no one number.
    """

    match: Match
    left: Estimate | None
    right: Estimate | None
    difference: int | None
    change: Sequence[int]


class Total(NamedTuple):
    """A figure of an exchange in both ledgers: the left one and all shares add up to the right one, exactly.

    None: nothing is recorded for it, which adds nothing. What is held has no shares: it follows from all else, and from
    when things were over; there, None is not known.
    """

    figure: str
    left: Estimate | None
    right: Estimate | None
    difference: int | None
    shares: Sequence[MatchEffect]


class Compared(NamedTuple):
    """One exchange in two ledgers. `names`: what each calls it. `declared`: what each declares it to be about."""

    names: tuple[str | None, str | None]
    declared: tuple[Declared, Declared]
    matches: Sequence[Match]
    totals: Sequence[Total]


def compare_occurrences(left: Books, right: Books, names: Mapping[str, str] | None = None) -> list[Compared]:
    """Every exchange of either ledger. `names` gives the left ledger's name for one of the right.

    Raises UnknownName, UsageError.
    """
    ours = _renamed(left, right, names or {})
    found = []
    for name in sorted({*left.by_exchange, *(ours.get(each, each) for each in right.by_exchange)}):
        theirs = next((each for each in right.by_exchange if ours.get(each, each) == name), None)
        found.append(_compared(left.by_exchange.get(name), None if theirs is None else right.by_exchange[theirs]))
    return found


def _renamed(left: Books, right: Books, names: Mapping[str, str]) -> Mapping[str, str]:
    for theirs, name in names.items():
        right.book(theirs)
        if name not in left.by_exchange:
            raise UnknownName("exchange", name, left.exchanges())
    called = [names.get(each, each) for each in right.by_exchange]
    twice = sorted({each for each in called if called.count(each) > 1})
    if twice:
        raise UsageError(f"two exchanges of the right ledger would be {twice[0]}; match only one of them with it")
    return names


def _compared(left: Book | None, right: Book | None) -> Compared:
    matches = _matched(_records_of(left), _records_of(right))
    ours, theirs = (Declared() if book is None else declared(book) for book in (left, right))
    return Compared(
        names=(left.exchange if left else None, right.exchange if right else None),
        declared=(ours, theirs),
        matches=matches,
        totals=[*_totals(matches, ours, theirs), *_stocks(left, right)],
    )


# -- what each says ----------------------------------------------------------------------------


def _records_of(book: Book | None) -> list[OccurrenceRecord]:
    """The occurrences about people, aid or money that move, and the stocks that lists open.

    Parts and other statements enter no sum.
    """
    found = [] if book is None else [_record_of(book, each) for each in book.occurrences()]
    return [each for each in found if each is not None]


def _record_of(book: Book, occurrence: Occurrence) -> OccurrenceRecord | None:
    claim, adds = occurrence.leading, counted(book, occurrence)
    is_stock = adds is not None and adds.claim.opens_a_stock
    if claim is None or not (is_stock or (claim.type in MOVING and not uncounted(claim))):
        return None
    entries = adds.entries if adds else claim.entries
    each_once = zip(claim.balances, once(claim, entries), strict=False)
    groups = [(Account._make(balance.account), posted) for balance, posted in each_once]

    def by(terms: Callable[[Account], Iterable[str]]) -> dict[str, Estimate]:
        found: dict[str, Balance] = {}
        for account, posted in groups:
            for term in terms(account):
                found.setdefault(term, Balance()).add(posted)
        return {term: found[term].estimate() for term in sorted(found)}

    amount = _stated(adds) if adds and is_stock else occurrence.amount
    return OccurrenceRecord(
        occurrence=occurrence.key,
        type=claim.type,
        side=groups[0][0].side if groups else "",
        round=claim.round,
        date=copied(claim.occurred),
        amount=estimate_of(amount) if adds else None,
        move=by(lambda account: [account.move]),
        category=by(lambda account: [account.category]),
        nationality=by(lambda account: account.nationality or ("unknown",)),
        scope=by(lambda account: [account.scope]),
        claims=[claim.id, *(each.id for each in occurrence.claims if each is not claim)],
        counted=adds,
    )


def _stated(stock: Counted) -> Entry:
    """The number of a stated stock, its range as rivals leave it."""
    events = [each.event for each in (stock.claim, *stock.rivals)]
    own, *rivals = (entry(event.count) for event in events if event is not None and event.type == "tally_stated")
    reach = reaching(own, rivals)
    return own if reach is None else stretched([own], *reach)[0]


# -- which is which ----------------------------------------------------------------------------


def _matched(left: Sequence[OccurrenceRecord], right: Sequence[OccurrenceRecord]) -> list[Match]:
    found, rest, others = _pair(left, right, "name", lambda record: record.occurrence)
    for how, key in _RULES:
        pairs, rest, others = _pair(rest, others, how, key)
        found += pairs
    found += [Match("only left", None, [each], []) for each in rest]
    found += [Match("only right", None, [], [each]) for each in others]
    return sorted(found, key=_order)


def _by_date(record: OccurrenceRecord) -> Hashable:
    return (record.type, record.side, record.round, record.date.at[:10], record.date.until)


def _by_round(record: OccurrenceRecord) -> Hashable:
    return None if record.round is None else (record.type, record.side, record.round)


_RULES: Sequence[tuple[How, Callable[[OccurrenceRecord], Hashable]]] = (
    ("type, round and date", _by_date),
    ("type and round", _by_round),
)


def _pair(
    left: Sequence[OccurrenceRecord],
    right: Sequence[OccurrenceRecord],
    how: How,
    key: Callable[[OccurrenceRecord], Hashable],
) -> tuple[list[Match], list[OccurrenceRecord], list[OccurrenceRecord]]:
    """Those that one rule matches, or finds ambiguous, and the rest of either side."""
    sides: tuple[dict[Hashable, list[OccurrenceRecord]], dict[Hashable, list[OccurrenceRecord]]] = ({}, {})
    for told, side in zip((left, right), sides, strict=True):
        for each in told:
            side.setdefault(key(each), []).append(each)
    found = list[Match]()
    for shared in [each for each in sides[0] if each is not None and each in sides[1]]:
        ours, theirs = sides[0][shared], sides[1][shared]
        if len(ours) == len(theirs) == 1:
            found.append(_match(how, ours[0], theirs[0]))
        elif how == "type, round and date":
            found.append(Match("ambiguous", how, ours, theirs))
        else:
            continue
        del sides[0][shared], sides[1][shared]
    rest = [[each for several in side.values() for each in several] for side in sides]
    return found, rest[0], rest[1]


def _order(match: Match) -> tuple[int, str, str]:
    first = (*match.left, *match.right)[0]
    return (first.round or 0, first.date.at, first.occurrence)


# -- what differs ------------------------------------------------------------------------------


def _match(how: How, left: OccurrenceRecord, right: OccurrenceRecord) -> Match:
    found = [*_differences(left, right)]
    return Match("differ" if found else "agree", how, [left], [right], found)


def _differences(left: OccurrenceRecord, right: OccurrenceRecord) -> Iterable[OccurrenceDifference]:
    if left.type != right.type:
        yield OccurrenceDifference("type", left.type, right.type)
    if left.side != right.side:
        yield OccurrenceDifference("side", left.side, right.side)
    if left.amount != right.amount:
        yield OccurrenceDifference("count", left.amount, right.amount, _relation(left.amount, right.amount))
    if left.date != right.date:
        yield OccurrenceDifference("date", left.date, right.date)
    if left.round != right.round:
        yield OccurrenceDifference("round", left.round, right.round)
    for what in ("move", "category", "nationality", "scope"):
        ours, theirs = getattr(left, what), getattr(right, what)
        if ours.keys() != theirs.keys() or (left.amount == right.amount and ours != theirs):
            yield OccurrenceDifference(what, ours, theirs)


def _relation(left: Estimate | None, right: Estimate | None) -> Relation | None:
    """Whether both can be true: their ranges meet. None where one of them does not count at all."""
    if left is None or right is None:
        return None
    meets = (right.high is None or left.low <= right.high) and (left.high is None or right.low <= left.high)
    return "compatible" if meets else "contradicting"


# -- what it comes to --------------------------------------------------------------------------

_CLASSES = ("deal", "outside", "unsaid", "nationals", "others", "remains.unidentified")
_STOCKS = [f"{side}.{name}" for side in SIDES for name in ("held", "remains.held")]
_OF_PEOPLE = (*TOTALS, *(f"{side}.{name}" for side in SIDES for name in _CLASSES))


def _totals(matches: Sequence[Match], left: Declared, right: Declared) -> Iterator[Total]:
    """Every total in which the ledgers differ; a breakdown is no total."""
    sums = [(match, _sums(match.left, left), _sums(match.right, right)) for match in matches]
    sides = [merged(ours for _, ours, _ in sums), merged(theirs for _, _, theirs in sums)]
    others = {name for side in sides for name in side if name.partition(".")[0] not in SIDES}
    for name in (*_OF_PEOPLE, *sorted(others)):
        shares = [share for each in sums if any((share := _share(name, *each)).change)]
        if shares:
            known = [share.difference for share in shares if share.difference is not None]
            difference = sum(known) if len(known) == len(shares) else None
            yield Total(name, value(name, sides[0]), value(name, sides[1]), difference, shares)


def _share(name: str, match: Match, left: Figures, right: Figures) -> MatchEffect:
    (ours, ours_open), (theirs, theirs_open) = net(name, left), net(name, right)
    change = [after - before for before, after in zip((*ours, *ours_open), (*theirs, *theirs_open), strict=True)]
    is_known = not (ours[3] or theirs[3] or any(ours_open) or any(theirs_open))
    return MatchEffect(match, value(name, left), value(name, right), change[0] if is_known else None, change)


def _sums(several: Iterable[OccurrenceRecord], said: Declared) -> Figures:
    return figures_posted((each for record in several if record.counted for each in record.counted.postings), said)


def _stocks(left: Book | None, right: Book | None) -> Iterator[Total]:
    """What is held, where the ledgers differ in it."""
    sides = [{} if book is None else figures(book) for book in (left, right)]
    for name in _STOCKS:
        ours, theirs = (value(name, sums) for sums in sides)
        if ours != theirs:
            bests = [None if each is None else each.best for each in (ours, theirs)]
            known = [best for best in bests if best is not None]
            yield Total(name, ours, theirs, known[1] - known[0] if len(known) == 2 else None, [])
