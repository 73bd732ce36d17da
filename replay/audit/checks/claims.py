"""Who said what: claims that later ones replaced, decisions about claims, and things that sources tell differently."""

from collections.abc import Iterable, Iterator, Sequence

from ledger.book.balances import estimate_of
from ledger.book.book import Book
from ledger.book.claims import AnyDecision, Claim, Occurrence, grouped
from ledger.book.doubles import PEOPLE
from ledger.book.figure_names import kind_name
from ledger.book.number_text import estimate, moment
from ledger.book.rivals import TOLD, VAGUE, contradicts, reaching, spanning
from ledger.book.sentences import listed, plural
from ledger.book.transfers import Account, AccountKey
from replay.audit.checks.turns import turns
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding, Seen
from replay.audit.phrases import amount_text, claim_text, own_words, place_of, publisher, sentence, subject_of
from schemas.values import Moment, is_sure, span_of
from schemas.views import LikelyDouble

_DECIDED = {"claim_retracted": "retracted", "claim_adopted": "adopted", "claim_disputed": "disputed"}


def corrections(evidence: Evidence) -> Seen:
    found, numbers = list[Finding](), dict.fromkeys(("superseded", "retracted", "adopted", "disputed"), 0)
    for book, occurrence in _weighed(evidence):
        where, known = place_of(book.exchange, occurrence), {claim.id: claim for claim in occurrence.claims}
        for claim in occurrence.claims:
            if claim.supersedes is not None:
                numbers["superseded"] += 1
                found.append(_superseded(evidence, known.get(claim.supersedes), claim, where))
        for decision in occurrence.decisions:
            numbers[_DECIDED[decision.type]] += 1
            about_it = known.get(decision.claim or "")
            found.append(_decided(evidence, occurrence, decision, about_it, where))
    several = listed(f"{number:,} {name}" for name, number in numbers.items() if number)
    looked = f"{plural(_claims(evidence), 'claim')}: {several or 'none was corrected or decided on'}"
    return Seen(looked, found)


def _claims(evidence: Evidence) -> int:
    return sum(evidence.records.types.values()) - sum(evidence.records.types.get(each, 0) for each in _DECIDED)


def _weighed(evidence: Evidence) -> Iterator[tuple[Book, Occurrence]]:
    for exchange in evidence.books.exchanges():
        book = evidence.books.book(exchange)
        for occurrence in book.weighed():
            yield book, occurrence


def _superseded(evidence: Evidence, old: Claim | None, claim: Claim, where: str) -> Finding:
    reason = own_words(evidence.quoted.get(claim.id))
    if old is None:
        what = f"{publisher(evidence, claim)}, replaces a claim that nobody made here; it is left out."
        return Finding("disagreement", what, where, (claim.id,), reason)
    word = "corrected" if claim.extra is not None and claim.extra.reason == "corrected" else "updated"
    change = (
        f"{claim_text(old)} became {claim_text(claim)}"
        if claim_text(old) != claim_text(claim)
        else f"{claim_text(claim)}, as before"
    )
    by = publisher(evidence, claim)
    what = f"{word.capitalize()} by {by}: {change}. The claim replaced is by {publisher(evidence, old)}."
    return Finding("notice", what, where, (old.id, claim.id), reason)


def _decided(
    evidence: Evidence, occurrence: Occurrence, decision: AnyDecision, about_it: Claim | None, where: str
) -> Finding:
    by = decision.source.publisher
    when = decision.source.published or decision.occurred.at
    named = f"{claim_text(about_it)}, said by {publisher(evidence, about_it)}" if about_it else "the whole occurrence"
    is_open = decision.type == "claim_disputed" and occurrence.disputes > 0
    if decision.type == "claim_adopted":
        what = f"Adopted by {by}, {when}: {named}." if decision.claim else f"Decided by {by}, {when}: no claim counts."
    else:
        state = " The dispute is open." if is_open else ""
        what = f"{_DECIDED[decision.type].capitalize()} by {by}, {when}: {named}.{state}"
    ids = tuple(filter(None, (decision.claim, decision.id)))
    return Finding("disagreement" if is_open else "notice", what, where, ids, decision.why)


# -- rivals ------------------------------------------------------------------------------------


def rivals(evidence: Evidence) -> Seen:
    """Claims on one occurrence that stand beside each other and say different things; and whom the ledger followed."""
    shared, found, followed = 0, list[Finding](), list[Finding]()
    for book, occurrence in _weighed(evidence):
        where = place_of(book.exchange, occurrence)
        followed += turns(evidence, occurrence, where)
        verdict = book.verdict(occurrence)
        claims = [] if _is_checked(verdict.adopted) else verdict.eligible
        shared += len(claims) > 1
        found += [_strayed(evidence, verdict.adopted, each, where) for each in verdict.strayed]
        apart = _apart(verdict.adopted, claims)
        if apart:
            tell = listed(f"{apart[each.id]} ({publisher(evidence, each)})" for each in claims)
            chosen = verdict.adopted
            taken = f"the ledger takes {apart[chosen.id]}: {verdict.rule}" if chosen else verdict.rule
            what = f"{sentence(f'{subject_of(claims[0])}: {tell}')} {sentence(taken)}"
            found.append(Finding("disagreement", what, where, tuple(each.id for each in claims)))
    told = f"{len(found):,} told differently" if found else "all tell the same"
    turned = f"; in {len(followed):,} another source came to count" if followed else ""
    return Seen(f"{plural(shared, 'thing')} that several claims tell of: {told}{turned}", [*found, *followed])


def _strayed(evidence: Evidence, adopted: Claim | None, claim: Claim, where: str) -> Finding:
    """A claim that nothing counts, since the thing that it names happened to the other side."""
    others = claim_text(adopted) if adopted else "the other side"
    told = f"{claim_text(claim)} ({publisher(evidence, claim)})"
    what = f"{told}: not counted, as the name of its occurrence is that of {others}."
    return Finding("disagreement", what, where, (claim.id,), "It counts once it has an occurrence of its own.")


def _is_checked(claim: Claim | None) -> bool:
    """Whether a claim is a stated total, which is held against the events by itself; one that opens a stock counts."""
    return claim is not None and claim.type == "tally_stated" and not claim.opens_a_stock


def _apart(adopted: Claim | None, claims: Sequence[Claim]) -> dict[str, str]:
    """What each of several claims says, where they differ: how many, else when. Empty where they agree."""
    if len(claims) < 2:
        return {}
    first = adopted or claims[0]
    if any(_counts_otherwise(first, each) for each in claims):
        return {each.id: amount_text(each) for each in claims}
    if len({each.type for each in claims}) > 1:
        return {each.id: subject_of(each) for each in claims}
    if first.postings and any(contradicts(first, each) or spanning(first, [each]) for each in claims):
        return _in_detail(claims)
    if _exclude(each.occurred for each in claims):
        return {each.id: moment(each.occurred) for each in claims}
    return {}


def _in_detail(claims: Sequence[Claim]) -> dict[str, str]:
    """`10 inside + 2 outside`: what each claim counts of each group, by whatever is not told of all groups alike."""
    accounts = [Account._make(account) for each in claims for account, _ in grouped(each, each.entries)]
    names = [name for name in TOLD if len({getattr(account, name) for account in accounts}) > 1]
    are_elsewhere = len({each.round for each in claims}) > 1
    found: dict[str, str] = {}
    for claim in claims:
        groups = (f"{estimate(estimate_of(entry))}{_said(key, names)}" for key, entry in grouped(claim, claim.entries))
        place = "" if not are_elsewhere else f" in {'no round' if claim.round is None else f'round {claim.round}'}"
        found[claim.id] = " + ".join(groups) + place
    return found


def _said(key: AccountKey, names: Iterable[str]) -> str:
    values = (getattr(Account._make(key), name) for name in names)
    words = ("/".join(each) if isinstance(each, tuple) else each for each in values if each not in VAGUE)
    return "".join(f" {word.replace('_', ' ')}" for word in words)


def _counts_otherwise(adopted: Claim, rival: Claim) -> bool:
    """Whether a rival's bounds reach beyond those of the claim that counts: one that is open and agrees does not."""
    own, other = adopted.stated, rival.stated
    return own is not None and other is not None and reaching(own, [other]) is not None


def _exclude(moments: Iterator[Moment]) -> bool:
    """Whether no time is within all of these moments. One that is unsure excludes none."""
    spans = [*map(span_of, filter(is_sure, moments))]
    starts = [each.start for each in spans if each.start is not None]
    ends = [each.end for each in spans if each.end is not None]
    return bool(starts and ends) and max(starts) >= min(ends)


# -- things without a shared name --------------------------------------------------------------


def doubles(evidence: Evidence) -> Seen:
    """What different publishers tell of as two things, and may be one."""
    found = [_double(each) for each in evidence.books.likely_doubles()]
    people = sum(evidence.records.types.get(each, 0) for each in PEOPLE)
    told = f"{plural(len(found), 'pair')} may be one thing" if found else "none looks like another"
    return Seen(f"{plural(people, 'claim')} of people who moved: {told}", found)


def _double(each: LikelyDouble) -> Finding:
    told = f"{estimate(each.count)} {kind_name(each.type)}, {each.day}"
    what = f"{told}: so say both {listed(each.publishers)}, under no shared name. Both count, and it may be one thing."
    where = listed(dict.fromkeys(each.exchanges)) + ("" if each.round is None else f" round {each.round}")
    return Finding("notice", what, where, tuple(each.events))
