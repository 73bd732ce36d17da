"""Two organisations' ledgers of the same exchanges, occurrence by occurrence.

Each records by its own events, so that ids are of no use. Occurrences are matched by name where both use the same; else
by type, round and date, where that leaves one on either side; else by type and round, likewise. What several could
match is shown as ambiguous and never guessed. What counts differently makes up the difference between the totals.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from ledger.book.balances import Balance, estimate_of, summed
from ledger.book.claims import Claim, Occurrence
from ledger.book.facts import copied, nationals
from ledger.book.figures import figures_of, is_recorded, signs, value
from ledger.book.projection import Book
from ledger.book.rounds import uncounted
from ledger.book.transfers import MOVING, Account
from ledger.errors import UnknownName, UsageError
from ledger.reading import Reading
from replay.changes.sheets import Counted, counted, ends
from schemas.values import Moment
from schemas.views import Estimate

How: TypeAlias = Literal["name", "type, round and date", "type and round"]
Verdict: TypeAlias = Literal["agree", "differ", "only left", "only right", "ambiguous"]
Relation: TypeAlias = Literal["compatible", "contradicting"]


class Told(NamedTuple):
    """What one ledger says of one occurrence. `amount` None: none of its claims counts. `claims`: the events behind it,
    the one that counts first."""

    occurrence: str
    type: str
    round: int | None
    date: Moment
    amount: Estimate | None
    category: Mapping[str, Estimate]
    nationality: Mapping[str, Estimate]
    scope: Mapping[str, Estimate]
    claims: Sequence[str]
    counted: Counted | None


class Difference(NamedTuple):
    """What two ledgers say differently. `relation` is there for counts: whether their ranges meet."""

    what: str
    left: object
    right: object
    relation: Relation | None = None


class Match(NamedTuple):
    """An occurrence in both ledgers, in one of them, or (`ambiguous`) several that could be each other."""

    verdict: Verdict
    how: How | None
    left: Sequence[Told]
    right: Sequence[Told]
    differences: Sequence[Difference] = ()


class Share(NamedTuple):
    """What one match has to do with the difference between two totals.

    `change` is right less left: best, low, high, and how many have no best, no low, no high, or a hedge.
    `difference` is the same in people; None where a side has no best number.
    """

    match: Match
    left: Estimate | None
    right: Estimate | None
    difference: int | None
    change: Sequence[int]


class Total(NamedTuple):
    """A figure of an exchange in both ledgers: the left one and all shares add up to the right one, exactly.

    None: nothing is recorded for it, which adds nothing.
    """

    figure: str
    left: Estimate | None
    right: Estimate | None
    shares: Sequence[Share]


class Compared(NamedTuple):
    """One exchange in two ledgers. `names`: what each calls it. `nationals`: whom each says the deal is about."""

    names: tuple[str | None, str | None]
    nationals: tuple[Sequence[str], Sequence[str]]
    matches: Sequence[Match]
    totals: Sequence[Total]


def compare_occurrences(left: Reading, right: Reading, names: Mapping[str, str] | None = None) -> list[Compared]:
    """Every exchange of either ledger. `names` gives the left ledger's name for one of the right.

    Raises UnknownName, UsageError.
    """
    ours = _renamed(left, right, names or {})
    found = []
    for name in sorted({*left.books, *(ours.get(each, each) for each in right.books)}):
        theirs = next((each for each in right.books if ours.get(each, each) == name), None)
        found.append(_compared(left.books.get(name), None if theirs is None else right.books[theirs]))
    return found


def _renamed(left: Reading, right: Reading, names: Mapping[str, str]) -> Mapping[str, str]:
    for theirs, name in names.items():
        right.book(theirs)
        if name not in left.books:
            raise UnknownName("exchange", name, left.exchanges())
    called = [names.get(each, each) for each in right.books]
    twice = sorted({each for each in called if called.count(each) > 1})
    if twice:
        raise UsageError(f"two exchanges of the right ledger would be {twice[0]}; match only one of them with it")
    return names


def _compared(left: Book | None, right: Book | None) -> Compared:
    matches = _matched(_told(left), _told(right))
    books = (left, right)
    own = tuple(() if book is None else nationals(book) for book in books)
    return Compared(
        names=(left.exchange if left else None, right.exchange if right else None),
        nationals=(own[0], own[1]),
        matches=matches,
        totals=_totals(matches, own[0], own[1]),
    )


# -- what each says ----------------------------------------------------------------------------


def _told(book: Book | None) -> list[Told]:
    """The occurrences about people, aid or money that move. Parts and statements enter no sum."""
    return [_as_told(each) for each in (book.occurrences() if book else ()) if _moves(each.leading)]


def _moves(claim: Claim | None) -> bool:
    return claim is not None and claim.type in MOVING and not uncounted(claim)


def _as_told(occurrence: Occurrence) -> Told:
    claim, adds = occurrence.leading, counted(occurrence)
    assert claim is not None
    entries = adds.entries if adds else claim.entries
    groups = [(Account._make(balance.account), entry) for balance, entry in zip(claim.balances, entries, strict=True)]
    if claim.type == "count_credited":
        groups, entries = groups[:1], entries[:1]

    def by(terms: Callable[[Account], Iterable[str]]) -> dict[str, Estimate]:
        found: dict[str, Balance] = {}
        for account, entry in groups:
            for term in terms(account):
                found.setdefault(term, Balance()).add(entry)
        return {term: found[term].estimate() for term in sorted(found)}

    return Told(
        occurrence=occurrence.key,
        type=claim.type,
        round=claim.round,
        date=copied(claim.occurred),
        amount=estimate_of(summed(entries)) if adds else None,
        category=by(lambda account: [account.category]),
        nationality=by(lambda account: account.nationality or ("unknown",)),
        scope=by(lambda account: [account.scope]),
        claims=[claim.id, *(each.id for each in occurrence.claims if each is not claim)],
        counted=adds,
    )


# -- which is which ----------------------------------------------------------------------------


def _matched(left: Sequence[Told], right: Sequence[Told]) -> list[Match]:
    found, rest, others = _pair(left, right, "name", lambda told: told.occurrence)
    for how, key in _RULES:
        pairs, rest, others = _pair(rest, others, how, key)
        found += pairs
    found += [Match("only left", None, [each], []) for each in rest]
    found += [Match("only right", None, [], [each]) for each in others]
    return sorted(found, key=_order)


def _by_date(told: Told) -> Hashable:
    return (told.type, told.round, told.date.at[:10], told.date.until)


def _by_round(told: Told) -> Hashable:
    return None if told.round is None else (told.type, told.round)


_RULES: Sequence[tuple[How, Callable[[Told], Hashable]]] = (
    ("type, round and date", _by_date),
    ("type and round", _by_round),
)


def _pair(
    left: Sequence[Told], right: Sequence[Told], how: How, key: Callable[[Told], Hashable]
) -> tuple[list[Match], list[Told], list[Told]]:
    """Those that one rule matches, or finds ambiguous, and the rest of either side."""
    sides: tuple[dict[Hashable, list[Told]], dict[Hashable, list[Told]]] = ({}, {})
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


def _match(how: How, left: Told, right: Told) -> Match:
    found = [*_differences(left, right)]
    return Match("differ" if found else "agree", how, [left], [right], found)


def _differences(left: Told, right: Told) -> Iterable[Difference]:
    if left.type != right.type:
        yield Difference("type", left.type, right.type)
    if left.amount != right.amount:
        yield Difference("count", left.amount, right.amount, _relation(left.amount, right.amount))
    if left.date != right.date:
        yield Difference("date", left.date, right.date)
    if left.round != right.round:
        yield Difference("round", left.round, right.round)
    for what in ("category", "nationality", "scope"):
        ours, theirs = getattr(left, what), getattr(right, what)
        if ours.keys() != theirs.keys() or (left.amount == right.amount and ours != theirs):
            yield Difference(what, ours, theirs)


def _relation(left: Estimate | None, right: Estimate | None) -> Relation | None:
    """Whether both can be true: their ranges meet. None where one of them does not count at all."""
    if left is None or right is None:
        return None
    meets = (right.high is None or left.low <= right.high) and (left.high is None or right.low <= left.high)
    return "compatible" if meets else "contradicting"


# -- what it comes to --------------------------------------------------------------------------


def _totals(matches: Sequence[Match], left: tuple[str, ...], right: tuple[str, ...]) -> list[Total]:
    """Every total in which the ledgers differ; a breakdown is no total."""
    shares = [(match, _sums(match.left, left), _sums(match.right, right)) for match in matches]
    plain = {name for _, ours, theirs in shares for name in (*ours, *theirs)}
    names = sorted(name for name in plain if ".by." not in name)
    if plain & signs("captives.deal").keys():
        names.append("captives.deal")
    found = []
    for name in names:
        behind = [_share(name, *each) for each in shares]
        behind = [each for each in behind if any(each.change)]
        if behind:
            sides = [_merged(side) for side in zip(*((ours, theirs) for _, ours, theirs in shares), strict=True)]
            found.append(Total(name, _value(name, sides[0]), _value(name, sides[1]), behind))
    return found


def _share(name: str, match: Match, left: Mapping[str, Balance], right: Mapping[str, Balance]) -> Share:
    ours, theirs = _ends(name, left), _ends(name, right)
    change = [after - before for before, after in zip(ours, theirs, strict=True)]
    is_known = not ours[3] and not theirs[3]
    return Share(match, _value(name, left), _value(name, right), change[0] if is_known else None, change)


def _ends(name: str, sums: Mapping[str, Balance]) -> Sequence[int]:
    parts = {name: 1} if name != "captives.deal" else signs(name)
    return ends((sign, sums[plain]) for plain, sign in parts.items() if plain in sums)


def _value(name: str, sums: Mapping[str, Balance]) -> Estimate | None:
    """A figure as a plain sum: the unclassified stand in a line of their own."""
    if name == "captives.deal":
        return value(name, sums) if is_recorded(name, sums) else None
    return sums[name].estimate() if name in sums else None


def _sums(several: Iterable[Told], own: tuple[str, ...]) -> dict[str, Balance]:
    sums: dict[str, Balance] = {}
    for each in several:
        for balance, entry in each.counted.postings if each.counted else ():
            for name in figures_of(balance.account, own):
                sums.setdefault(name, Balance()).add(entry)
    return sums


def _merged(several: Iterable[Mapping[str, Balance]]) -> dict[str, Balance]:
    sums: dict[str, Balance] = {}
    for each in several:
        for name, balance in each.items():
            sums.setdefault(name, Balance()).merge(balance)
    return sums
