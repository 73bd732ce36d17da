"""The book of one exchange: what is said of it, what counts of that, and what it adds up to."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence, Set
from itertools import islice
from typing import Any, NamedTuple, TypeVar, cast

from ledger.book.balances import Balance, Entry
from ledger.book.calendar import Calendar
from ledger.book.claims import (
    AUTHORITIES,
    DECISIONS,
    AnyDecision,
    Claim,
    Extra,
    Judgement,
    Occurrence,
    has_natural_authority,
    is_barred,
    judge,
    once,
    voice_of,
    weight_of,
)
from ledger.book.cut import WHOLE, Cut
from ledger.book.deal import Shared, shared_by
from ledger.book.extras import extra_of, replaced_by
from ledger.book.filing import Filed, filing_of
from ledger.book.keys import Key, id_of, key_of, name_of, number_of
from ledger.book.parts import at_least, at_least_so_many, over_so_far
from ledger.book.rivals import Contest, contradicts, spanning
from ledger.book.sums import RunningTotal
from ledger.book.transfers import FACTS, RULES, AccountKey
from schemas.codec import UnknownEvent
from schemas.events import AnyEvent, ReleaseCancelled
from schemas.redaction import REDACTED
from schemas.values import Moment, is_sure

T = TypeVar("T")

SHARED = frozenset({"exchange_opened", "terms_agreed"})
"""Facts on which what all rounds share depends: `ledger.book.deal`."""
UNPUBLISHED = "9999"
"""Sorts after every date of publication."""
DEPTH_MAX = 8
"""So deep are parts of parts looked at; one that is in the end a part of itself comes to rest."""
MANY = 8
"""From so many claims on one occurrence on, those that come are weighed, and the others not again."""
TAGS = tuple(range(1 << 16))
"""What is kept of each event's bytes to tell a repetition from a conflict: shared numbers, which take no room."""


class _Counted(NamedTuple):
    """The claim that counts, its entries where they are not its own, whether others contest it, and open disputes."""

    adopted: Claim | None
    replaced: tuple[Entry, ...] | None
    is_contested: bool
    disputes: int = 0


class Book:
    """All that is known of one exchange: its occurrences, and what their adopted claims add up to.

    Nearly every occurrence has one claim, which stands for it until a rival or a decision comes.
    """

    def __init__(self, exchange: str, cut: Cut = WHOLE) -> None:
        self.exchange = exchange
        self.cut = cut
        self.events = 0
        self.through: str | None = None
        self.withheld: defaultdict[Key, dict[int, int | None]] = defaultdict(dict)
        self.balances: defaultdict[int | None, dict[AccountKey, Balance]] = defaultdict(dict)
        self.total = RunningTotal()
        self._kept: dict[tuple[str, frozenset[int]], Any] = {}
        self.unknown: Counter[str] = Counter()
        self.unknown_events: dict[int, str] = {}
        self.contested = 0
        self.disputes = 0
        self.duplicates = 0
        self.conflicts: list[str] = []
        self._seen: dict[int, int] = {}
        self._withheld_decisions: set[str] = set()
        self._occurrences: MutableMapping[Key, Claim | Occurrence] = {}
        self.running: dict[object, Any] = {}
        self._facts: defaultdict[str, dict[Key, int]] = defaultdict(dict)
        self._judged_facts: Counter[str] = Counter()
        self.fact_changes = 0
        self._shares_anew = False
        self._shared: Shared | None = None
        self._rounds: defaultdict[int, list[Key]] = defaultdict(list)
        self._credits: defaultdict[int | None, dict[Key, None]] = defaultdict(dict)
        self._parts: defaultdict[Key, dict[Key, None]] = defaultdict(dict)
        self._settling: defaultdict[int, dict[Key, None]] = defaultdict(dict)
        self._openings: dict[Key, None] = {}
        self._takings: defaultdict[Key, set[int | None]] = defaultdict(set)
        self._joined: defaultdict[int, set[int]] = defaultdict(set)
        self._components: dict[int, frozenset[int]] = {}
        self._unsettled: dict[Key, Occurrence] = {}
        self._wholes: dict[Key, None] = {}
        self._touched: set[int | None] = set()
        self._calendar: Calendar | None = None
        self._dates: dict[str, str] = {}
        self._accounts: dict[AccountKey, AccountKey] = {}
        self._days: dict[str, Moment] = {}
        self._filed: Filed | None = None
        self._knows_all = cut.published_by is None
        self._covers_all = cut.occurred_by is None

    # -- taking events in --------------------------------------------------------------------------

    def apply(self, event: AnyEvent | UnknownEvent, tag: int = 0) -> bool:
        """Take in one event; whether it contradicts one of the same id. What it changes shows after `settle`.

        `tag` is a 16-bit checksum of its bytes: the same id with other bytes is a conflict, whatever differs.
        """
        number = number_of(event.id)
        if number in self._seen:
            return self._again(event, number, tag)
        self._seen[number] = TAGS[tag]
        if type(event) is UnknownEvent:
            self.unknown_events[number] = event.label
            self.unknown[self.unknown_events[number]] += 1
        elif self._knows_all or self.cut.knows(event):
            name = event.occurrence
            self._enter(number if name is None else key_of(name), number, event)
        else:
            self._withhold(_key_of(event, number), number, event)
            return False
        self.events += 1
        self.through = event.id
        return False

    def holds(self, event_id: str) -> bool:
        """Whether an event is in the book, be it as one that was redacted."""
        return number_of(event_id) in self._seen

    def says(self, event_id: str) -> bool:
        """Whether an event is in the book with what it says, and not as one that was redacted."""
        number = number_of(event_id)
        return number in self._seen and self.unknown_events.get(number) != REDACTED

    def redacted(self) -> list[str]:
        """The ids of the events that were removed from the ledger."""
        return [id_of(number) for number, label in self.unknown_events.items() if label == REDACTED]

    def settle(self) -> set[int | None]:
        """Bring the balances up to date with all events taken in. Returns the rounds that changed."""
        self._settle_all()
        for _ in range(DEPTH_MAX):  # a part can be a whole itself
            if not self._wholes:
                break
            wholes, self._wholes = self._wholes, {}
            for key in wholes:
                if self._leans_on_parts(key):
                    self._opened(key)
            self._settle_all()
        self._wholes.clear()
        if self._shares_anew:
            self._share()
        touched, self._touched = self._touched, set()
        self._kept.clear()
        linked = self._joined.keys() & touched
        while linked:
            reached = self._reached(linked.pop(), self._joined)
            touched |= reached
            linked -= reached
        return touched

    def _share(self) -> None:
        """Mark every round as changed where what all of them share did."""
        self._shares_anew, shared = False, shared_by(self)
        if shared != self._shared:
            self._shared = shared
            self._touched.update(self._rounds, self.balances)  # a credit alone makes a round, too

    def _settle_all(self) -> None:
        for occurrence in self._unsettled.values():
            self._settle(occurrence)
        self._unsettled.clear()

    def _enter(self, key: Key, number: int, event: AnyEvent) -> None:
        if event.type in DECISIONS:
            occurrence = self._opened(key)
            occurrence.decisions = (*occurrence.decisions, cast("AnyDecision", event))
            return
        extra = extra_of(event)
        is_sole = key not in self._occurrences and key not in self._parts and self._stands_alone(event, extra)
        claim = self._claim(event, number, extra, self._postings(event, at_once=is_sole))
        self._file(key, claim)
        if is_sole:
            self._occurrences[key] = claim
            if self._calendar is not None:
                self._calendar.note(claim, None, 1)
            if self._filed is not None:
                self._filed.change(None, filing_of(whole(key, claim)))
        else:
            occurrence = self._opened(key)
            occurrence.claims = (*occurrence.claims, claim)

    def _withhold(self, key: Key, number: int, event: AnyEvent) -> None:
        """Keep in mind that an event exists which the cut does not know: a correction of such a claim is no mistake."""
        if event.type in DECISIONS:
            self._withheld_decisions.add(event.id)
        else:
            self.withheld[key][number] = replaced_by(event)
        if key in self._occurrences:
            self._opened(key)

    def _stands_alone(self, event: AnyEvent, extra: Extra | None) -> bool:
        """Whether the claim of an event is adopted while it has no rivals, and needs no judging."""
        if extra is not None and (extra.replaces is not None or is_barred(extra.status, event.type)):
            return False
        return self._covers_all or self.cut.covers(event)

    def _postings(self, event: AnyEvent, at_once: bool) -> tuple[Any, ...]:
        """What an event adds to which balances, as `Claim.postings`; `at_once` adds it too.

        Nearly every claim is the only one of its occurrence, so that one pass over its transfers does both.
        """
        postings: tuple[Any, ...] = ()
        for round, account, entry in RULES[event.type](event):
            balance = self.balances[round].get(account)
            if balance is None:
                balance = self._new_balance(round, account)
            if at_once:
                self.total.note(balance)
                balance.add(entry)
                self._touched.add(round)
            postings += (balance, entry)
        return postings

    def _claim(self, event: AnyEvent, number: int, extra: Extra | None, postings: tuple[Any, ...]) -> Claim:
        """The claim that an event makes; what it has in common with others is shared with them."""
        source, occurred = event.source, event.occurred
        published, has_authority = source.published or UNPUBLISHED, source.kind in AUTHORITIES
        is_one, is_day = len(postings) == 2, occurred.precision == "day"
        return Claim(
            number,
            event.type,
            event.round,
            self._days.setdefault(occurred.at, occurred) if is_day and is_sure(occurred) else occurred,
            weight_of(source.credibility, source.reliability, has_authority and has_natural_authority(event)),
            self._dates.setdefault(published, published),
            voice_of(source.publisher, source.origin or source.publisher),
            postings[0] if is_one else None,
            postings[1] if is_one else postings,
            extra,
        )

    def _new_balance(self, round: int | None, account: AccountKey) -> Balance:
        account = self._accounts.setdefault(account, account)
        balance = self.balances[round][account] = Balance(round, account)
        return balance

    def _opened(self, key: Key) -> Occurrence:
        """The occurrence of a key with room for more claims, to be settled anew."""
        known = self._occurrences.get(key)
        occurrence = whole(key, known) if known is not None else Occurrence(key)
        if self._filed is not None and isinstance(known, Claim):
            occurrence.filing = filing_of(occurrence)
        self._occurrences[key] = self._unsettled[key] = occurrence
        return occurrence

    def _refile(self, filed: Filed, occurrence: Occurrence) -> None:
        filing = filing_of(occurrence)
        if filing != occurrence.filing:
            filed.change(occurrence.filing, filing)
            occurrence.filing = filing

    def _again(self, event: AnyEvent | UnknownEvent, number: int, tag: int) -> bool:
        """Take in an id that was seen before; whether it is another event that claims it, and not the same again."""
        is_gone = self.unknown_events.get(number) == REDACTED  # whatever comes under its id says nothing either
        if is_gone or (self._seen[number] == tag and self._is_repeated(event, number)):
            self.duplicates += 1
            return False
        self.conflicts.append(event.id)
        return True

    def _is_repeated(self, event: AnyEvent | UnknownEvent, number: int) -> bool:
        """Whether an event says what the one of its id said, as far as the books keep it."""
        if isinstance(event, UnknownEvent):
            return True
        key = _key_of(event, number)
        known = self._occurrences.get(key)
        occurrence = None if known is None else whole(key, known)
        if event.type in DECISIONS:
            return event.id in self._withheld_decisions or (occurrence is not None and event in occurrence.decisions)
        if number in self.withheld.get(key, ()):
            return True
        claims = () if occurrence is None else occurrence.claims
        return self._claim(event, number, extra_of(event), self._postings(event, at_once=False)) in claims

    # -- settling ----------------------------------------------------------------------------------

    def _settle(self, occurrence: Occurrence) -> None:
        contest, before = self._contest(occurrence), occurrence.adopted
        if contest is None:
            new, counted = occurrence.claims, self._judged(occurrence)
        else:
            new = occurrence.claims[len(contest.claims) :]
            counted = self._weighed(occurrence.name, contest, new)
        self._count(occurrence, counted)
        if self._filed is not None:
            self._refile(self._filed, occurrence)
        self._touched.update(self._takings.get(occurrence.name, ()))
        for claim in (*new, *(each for each in (before, occurrence.leading) if each is not None)):
            self._touched.add(claim.round)
            if claim.extra is not None:
                self._touch(claim, claim.extra)
                if claim.extra.event is not None:
                    self._judged_facts[claim.type] += 1
                    self.fact_changes += 1

    def _count(self, occurrence: Occurrence, now: _Counted) -> None:
        """Post what counts in place of what did, where it is another."""
        if now.adopted is not occurrence.adopted or now.replaced != occurrence.replaced:
            if occurrence.adopted is not None:
                self._post(occurrence.adopted, occurrence.replaced, -1)
            occurrence.adopted, occurrence.replaced = now.adopted, now.replaced
            if now.adopted is not None:
                self._post(now.adopted, now.replaced, 1)
        self.contested += now.is_contested - occurrence.is_contested
        self.disputes += now.disputes - occurrence.disputes
        occurrence.is_contested, occurrence.disputes = now.is_contested, now.disputes

    def _contest(self, occurrence: Occurrence) -> Contest | None:
        """Where many claims were weighed, and only such have come since; None where all have to be judged."""
        if len(occurrence.claims) < MANY or occurrence.decisions or occurrence.name in self.withheld:
            return None
        contest = occurrence.contest or Contest()
        new = occurrence.claims[len(contest.claims) :]
        if not all(contest.can_add(claim) and claim.side == new[0].side for claim in new):
            occurrence.contest = None
            return None
        occurrence.contest = contest
        return contest

    def _weighed(self, key: Key, contest: Contest, new: Iterable[Claim]) -> _Counted:
        for claim in new:
            contest.add(claim)
        assert contest.adopted is not None
        return self._as_of_now(key, contest.adopted, contest.entries(), contest.is_contradicted)

    def _judged(self, occurrence: Occurrence) -> _Counted:
        verdict = judge(occurrence, self.withheld.get(occurrence.name, {}))
        adopted, others = verdict.adopted, (*verdict.eligible, *verdict.strayed)
        if adopted is None:
            return _Counted(None, None, False, verdict.disputes)
        replaced, is_contradicted = None, False
        if len(others) > 1:
            replaced = spanning(adopted, (claim for claim in verdict.eligible if claim.type == adopted.type))
            is_contradicted = any(contradicts(adopted, claim) for claim in others if claim is not adopted)
        counted = self._as_of_now(occurrence.name, adopted, replaced, is_contradicted)
        return counted._replace(disputes=verdict.disputes)

    def _as_of_now(
        self, key: Key, adopted: Claim, replaced: tuple[Entry, ...] | None, is_contradicted: bool
    ) -> _Counted:
        """What counts of the adopted claim: what its parts tell where it states no number, what was over by a cut."""
        if not self._covers_all and not self.cut.covers(adopted):
            over = self._over_so_far(key, adopted, replaced) if key in self._parts else None
            return _Counted(None if over is None else adopted, over, False)
        if key in self._parts and not adopted.counts_nothing and not adopted.states_a_number:
            return _Counted(adopted, self._at_least(key, adopted), is_contradicted)
        return _Counted(adopted, replaced, is_contradicted or replaced is not None)

    def _at_least(self, key: Key, whole: Claim) -> tuple[Entry, ...] | None:
        """The entries of a whole that states no number, as its parts tell them."""
        if len(self._parts[key]) < MANY or len(once(whole)) > 1:
            return at_least(whole, self.parts_alike(name_of(key), whole))
        lows = (parts.low() for parts in self.filed.parts(name_of(key), whole).values())
        return at_least_so_many(whole, max(lows, default=0))

    def _over_so_far(self, key: Key, whole: Claim, replaced: tuple[Entry, ...] | None) -> tuple[Entry, ...] | None:
        """The entries of a leg inside which the cut falls; None where none of its batches was over."""
        if not self.cut.has_begun(whole.occurred):
            return None
        batches = [each for each in self.parts_alike(name_of(key), whole) if each.part_by == "batch"]
        return over_so_far(whole, replaced, batches, self.planned(batches))

    def planned(self, batches: Iterable[Occurrence]) -> list[Claim]:
        """The claims of batches that count once they are over, also those that the cut does not cover."""
        found = (judge(each, self.withheld.get(each.name, {})).adopted for each in batches)
        return [claim for claim in found if claim is not None]

    def parts_alike(self, key: str, whole: Claim) -> list[Occurrence]:
        """The occurrences that are parts of a whole and of its type."""
        found = ((each, each.leading) for each in self.parts_of(key))
        return [
            each
            for each, claim in found
            if claim is not None and claim.part is not None and claim.part.of == key and claim.counts == whole.counts
        ]

    def _leans_on_parts(self, key: Key) -> bool:
        """Whether what a whole counts for depends on its parts: it states no number, or a cut falls inside it."""
        known = self._occurrences.get(key)
        if known is None:
            return False
        claims = (known,) if isinstance(known, Claim) else known.claims
        return not self._covers_all or any(not claim.states_a_number for claim in claims)

    def _post(self, claim: Claim, replaced: Sequence[Entry] | None, sign: int) -> None:
        entries = claim.entries if replaced is None else replaced
        for balance, entry in zip(claim.balances, entries, strict=True):
            self.total.note(balance)
            balance.add(entry, sign)
            self._touched.add(balance.round)
        if self._calendar is not None:
            self._calendar.note(claim, replaced, sign)

    def _file(self, key: Key, claim: Claim) -> None:
        """Keep an occurrence findable by what its claims name."""
        round = claim.round
        self._touched.add(round)
        if key in self._takings:
            self._touched.update(self._takings[key])
        if round is not None:
            self._rounds[round].append(key)
        if claim.type == "count_credited":
            for balance in claim.balances:
                self._credits[balance.round][key] = None
        if claim.extra is not None:
            self._file_extra(key, claim, claim.extra)

    def _file_extra(self, key: Key, claim: Claim, extra: Extra) -> None:
        self._touch(claim, extra)
        if extra.event is not None:
            self._facts[claim.type].setdefault(key, self.events)
            self.fact_changes += 1
            if claim.opens_a_stock:
                self._openings[key] = None
        if extra.part is not None:
            self._parts[key_of(extra.part.of)][key] = None
        if extra.settles:
            joined = joined_by(claim)
            for settled in extra.settles:
                self._settling[settled][key] = None
            for round in joined:
                self._joined[round].update(joined - {round})
        for taking in (taking for group in extra.taken for taking in group):
            if taking.exchange in (None, self.exchange):
                self._takings[key_of(taking.occurrence)].add(claim.round)

    def _touch(self, claim: Claim, extra: Extra) -> None:
        """Mark every round beside its own whose view a claim can change."""
        if extra.settles:
            self._components.clear()
            self._touched.update(extra.settles)
        if claim.type in SHARED:
            self._shares_anew = True
        elif claim.type == "release_cancelled":
            self._touch_plan(cast("ReleaseCancelled", extra.event))
        if extra.part is not None and (key := key_of(extra.part.of)) in self._occurrences:
            self._wholes[key] = None
            leading = whole(key, self._occurrences[key]).leading
            self._touched.add(None if leading is None else leading.round)

    def _touch_plan(self, event: ReleaseCancelled) -> None:
        self._touched.add(event.round)
        plan = self._occurrences.get(key_of(event.plan or ""))
        claims = () if plan is None else (plan,) if isinstance(plan, Claim) else plan.claims
        self._touched.update(claim.round for claim in claims)

    # -- asking ------------------------------------------------------------------------------------

    def occurrences(self) -> Iterator[Occurrence]:
        """Every occurrence, in the order in which they were first recorded."""
        return (whole(key, known) for key, known in self._occurrences.items())

    def known(self) -> Iterator[tuple[Key, Claim | Occurrence]]:
        """Every occurrence as it is kept: most as the one claim that stands for it."""
        return iter(self._occurrences.items())

    def numbers(self) -> list[int]:
        """The ids of all events taken in, in the order in which they came."""
        return [*self._seen]

    def kept(self, what: str, rounds: frozenset[int], make: Callable[[], T]) -> T:
        """What the views of several rounds need alike, made once until the next event."""
        if (what, rounds) not in self._kept:
            self._kept[what, rounds] = make()
        return cast("T", self._kept[what, rounds])

    @property
    def calendar(self) -> Calendar:
        """What moved when. It is opened when somebody first asks: a replay that nobody asks notes nothing."""
        if self._calendar is None:
            self._calendar = Calendar()
            for known in self._occurrences.values():
                if isinstance(known, Claim):
                    self._calendar.note(known, None, 1)
                elif known.adopted is not None:
                    self._calendar.note(known.adopted, known.replaced, 1)
        return self._calendar

    @property
    def filed(self) -> Filed:
        """What its occurrences are to the views of its rounds."""
        if self._filed is None:
            self._filed = Filed(self.cut, self.named)
            for key, known in self._occurrences.items():
                if isinstance(known, Claim):
                    self._filed.change(None, filing_of(whole(key, known)))
                else:
                    self._refile(self._filed, known)
        return self._filed

    def is_linked(self, number: int) -> bool:
        """Whether some claim says that another leg pays for a round, or its own for others."""
        return number in self._joined or number in self._settling

    def joined(self, number: int) -> Set[int]:
        """The rounds that legs which count join with one by settling them, itself among them; alone where none does."""
        if number not in self._components:
            together = frozenset(self._joining(number))
            self._components.update(dict.fromkeys(together, together))
        return self._components[number]

    def _joining(self, number: int) -> set[int]:
        possible = self._reached(number, self._joined)
        if len(possible) == 1:
            return possible
        links: defaultdict[int, set[int]] = defaultdict(set)
        for settled in possible:
            for leg in self.settling(settled):
                claim = leg.adopted
                if claim is not None and settled in claim.settles:
                    links[settled].update(joined_by(claim))
                    for round in joined_by(claim):
                        links[round].add(settled)
        return self._reached(number, links)

    def shares_a_ratio(self, number: int) -> bool:
        """Whether a leg that counts pays for a round and belongs to another, or to none."""
        if not self.is_linked(number):
            return False
        return len(self.joined(number)) > 1 or any(
            leg.adopted.round is None and number in leg.adopted.settles
            for leg in self.settling(number)
            if leg.adopted is not None
        )

    @staticmethod
    def _reached(number: int, links: Mapping[int, set[int]]) -> set[int]:
        found, ahead = {number}, [number]
        while ahead:
            for other in links.get(ahead.pop(), ()):
                if other not in found:
                    found.add(other)
                    ahead.append(other)
        return found

    @property
    def event_ids(self) -> Set[str]:
        """The ids of all events taken in."""
        return {*map(id_of, self._seen)}

    def facts(self, types: Iterable[str]) -> Iterator[Occurrence]:
        """The occurrences of which some claim is a fact of these types, in the order of the log. Raises LookupError."""
        return (occurrence for _, occurrence in self.facts_after(-1, types))

    def facts_after(self, place: int, types: Iterable[str]) -> Iterator[tuple[int, Occurrence]]:
        """Those of `facts` that stand after a place in the order of the log, each with its own. Raises LookupError."""
        found: dict[Key, int] = {}
        for type in types:
            if type not in FACTS:
                raise LookupError(f"{type} is no fact: the books keep no whole event of it")
            for key, order in reversed(self._facts.get(type, {}).items()):
                if order <= place:
                    break
                found[key] = min(order, found.get(key, order))
        for key in sorted(found, key=found.__getitem__):
            for occurrence in self._named([key]):
                yield found[key], occurrence

    def judged_facts(self, types: Iterable[str]) -> int:
        """How often a fact of these types was judged anew: while it is the same number, facts have only been added."""
        return sum(map(self._judged_facts.__getitem__, types))

    @property
    def opening_lists(self) -> int:
        """How many occurrences some claim of which opens a stock."""
        return len(self._openings)

    def openings(self, after: int = 0) -> Iterator[Occurrence]:
        """The stated totals of which some claim opens a stock, in the order of the log, `after` so many."""
        return self._named(islice(self._openings, after, None))

    def told_of(self, round: int) -> Iterator[Occurrence]:
        """The occurrences of which some claim posts to a round, if it counts: its own first, then credits."""
        return self._named(dict.fromkeys((*self._rounds.get(round, ()), *self._credits.get(round, ()))))

    def in_round(self, number: int) -> list[Occurrence]:
        """The occurrences that are filed under a round: by the adopted claim, else by the first."""
        filed = self._named(dict.fromkeys(self._rounds.get(number, ())))
        return [each for each in filed if each.leading is not None and each.leading.round == number]

    def rounds(self) -> list[int]:
        """The rounds that hold anything, in order."""
        posted = {number for number, accounts in self.balances.items() if any(b.postings for b in accounts.values())}
        return sorted({n for n in posted if n is not None} | {*self.filed.rounds()})

    def parts_of(self, key: str) -> Iterator[Occurrence]:
        """The occurrences that some claim calls a part of this one."""
        return self._named(self._parts.get(key_of(key), ()))

    def settling(self, number: int) -> Iterator[Occurrence]:
        """The occurrences of which some claim settles a round."""
        return self._named(self._settling.get(number, ()))

    def weighed(self) -> Iterator[Occurrence]:
        """The occurrences that more than their only claim's say-so decides, in the order of the log."""
        return (known for known in self._occurrences.values() if isinstance(known, Occurrence))

    def adopted(self) -> Iterator[tuple[Claim, Iterable[tuple[Balance, Entry]]]]:
        """Every adopted claim with what it has added to which balance: the balances are the sums of these."""
        for known in self._occurrences.values():
            if isinstance(known, Claim):
                yield known, zip(known.balances, known.entries, strict=True)
            elif known.adopted is not None:
                yield known.adopted, known.posted

    def wholes(self) -> list[str]:
        """The keys that some claim calls the whole of which it is a part, recorded or not."""
        return [*map(name_of, self._parts)]

    def named(self, key: str) -> Occurrence | None:
        """The occurrence of a key, if anything is recorded of it."""
        known = self._occurrences.get(found := key_of(key))
        return None if known is None else whole(found, known)

    def verdict(self, occurrence: Occurrence) -> Judgement:
        """Why the adopted claim of a settled occurrence counts, and why each other one does not."""
        judgement = judge(occurrence, self.withheld.get(occurrence.name, {}))
        if judgement.adopted is None or occurrence.adopted is not None:
            return judgement
        late = (judgement.adopted, "had not certainly happened by the cut")
        return judgement._replace(adopted=None, left_out=[late, *judgement.left_out])

    def _named(self, keys: Iterable[Key]) -> Iterator[Occurrence]:
        return (whole(key, self._occurrences[key]) for key in keys)


def joined_by(claim: Claim) -> set[int]:
    """The rounds that a leg joins: its own, and those that it settles."""
    return {*claim.settles, *(() if claim.round is None else (claim.round,))}


def _key_of(event: AnyEvent, number: int) -> Key:
    """The key of the occurrence that an event tells of, or decides on."""
    name = event.occurrence
    return number if name is None else key_of(name)


def whole(key: Key, known: Claim | Occurrence) -> Occurrence:
    """An occurrence in full, which may be kept as the one claim that stands for it."""
    return Occurrence(key, (known,), adopted=known) if isinstance(known, Claim) else known
