"""Terms and positions: what was offered, agreed, refused and declared, and the ratio that terms imply."""

from collections.abc import Sequence
from typing import TypeAlias, cast

from ledger.book.balances import Balance, entry, estimate_of
from ledger.book.book import Book
from ledger.book.deal import ONE
from ledger.book.facts import copied, declared, facts, maybe
from ledger.book.figures import scope_of
from ledger.book.ratios import UNDEFINED, ratio
from ledger.book.transfers import SIDES, Account
from schemas.events import PositionDeclared, TermsAgreed, TermsProposed, TermsRefused
from schemas.values import Pledge
from schemas.views import Due, PledgeView, PositionView, Ratio, TermsView

AnyTerms: TypeAlias = TermsProposed | TermsAgreed | TermsRefused

_STATUS = {"terms_proposed": "proposed", "terms_agreed": "agreed", "terms_refused": "refused"}


def terms(book: Book) -> list[TermsView]:
    """Every set of terms of an exchange. The latest of its events says how it stands."""
    sets: dict[str, list[AnyTerms]] = {}
    for event in facts(book, TermsProposed, TermsAgreed, TermsRefused):
        sets.setdefault(event.terms, []).append(cast("AnyTerms", event))
    delivered = _delivered(book)
    return [_terms(book.exchange, name, events, delivered.get(name)) for name, events in sets.items()]


def _terms(exchange: str, name: str, events: Sequence[AnyTerms], delivered: Due | None) -> TermsView:
    pledges = [(event.id, pledge) for event in events for pledge in event.pledges]
    implied, confidence = implied_ratio([pledge for _, pledge in pledges])
    return TermsView(
        exchange=exchange,
        terms=name,
        status=_STATUS[events[-1].type],
        at=copied(events[0].occurred),
        proposer=next((event.proposer for event in events if event.proposer), None),
        refused_by=[event.refused_by for event in events if event.type == "terms_refused"],
        pledges=[_pledge(event_id, pledge) for event_id, pledge in pledges],
        categories=[category for event in events for category in event.categories],
        outcome=next((event.outcome for event in events if event.type == "terms_proposed"), "unknown"),
        implied_ratio=implied,
        confidence=confidence,
        separate=any(event.separate for event in events),
        delivered=delivered,
        ratio=None if delivered is None else ratio(delivered.prisoners, delivered.captives),
        events=[event.id for event in events],
    )


def _delivered(book: Book) -> dict[str, Due]:
    """What movements that name a set of terms brought inside the deal, on both sides, by that name."""
    said, sums = declared(book), dict[str, dict[str, Balance]]()
    for accounts in book.balances.values():
        for key, balance in accounts.items():
            if key[-1] is not None and balance.postings:
                account = Account._make(key)
                if (account.move, account.part) == ("released", "") and scope_of(account, said) == "inside":
                    sums.setdefault(key[-1], {}).setdefault(account.side, Balance()).merge(balance)
    return {
        terms: Due(**{side: its[side].estimate() if side in its else None for side in SIDES})
        for terms, its in sums.items()
    }


def implied_ratio(pledges: Sequence[Pledge]) -> tuple[Ratio, str]:
    """Prisoners per captive as the terms themselves say it, or as their two totals imply, and how sure that is."""
    per_captive = [p for p in pledges if (p.item, p.per) == ("prisoners", "captive")]
    per_prisoner = [p for p in pledges if (p.item, p.per) == ("captives", "prisoner")]
    stated = per_captive + per_prisoner
    if len(stated) == 1:
        number = estimate_of(entry(stated[0].count))
        prisoners, captives = (number, ONE) if per_captive else (ONE, number)
    else:
        sides = [[p for p in pledges if p.item == item and p.per == "deal"] for item in ("prisoners", "captives")]
        if not all(len(side) == 1 for side in sides):
            return UNDEFINED, "undefined"
        prisoners, captives = (estimate_of(entry(side[0].count)) for side in sides)
    implied = ratio(prisoners, captives)
    if implied == UNDEFINED:
        return implied, "undefined"
    if prisoners.exact and captives.exact:
        return implied, "exact"
    return implied.model_copy(update={"fraction": None, "value": None}), "low"


def _pledge(event_id: str, pledge: Pledge) -> PledgeView:
    return PledgeView(
        item=pledge.item,
        per=pledge.per,
        category=pledge.category,
        count=estimate_of(entry(pledge.count)),
        exact=pledge.count.qualifier == "exact",
        currency=pledge.currency,
        event=event_id,
    )


def positions(book: Book) -> list[PositionView]:
    """Every declared position. A party's later one on the same topic ends the earlier."""
    declared = sorted(facts(book, PositionDeclared), key=lambda event: event.occurred.at)
    latest = {(event.party, event.topic): event.id for event in declared}
    return [
        PositionView(
            exchange=book.exchange,
            party=event.party,
            topic=event.topic,
            formula=event.formula,
            commitment=event.commitment,
            conditions=list(event.conditions),
            position=event.position,
            since=copied(event.occurred),
            until=maybe(copied, event.until),
            latest=latest[event.party, event.topic] == event.id and event.until is None,
            publisher=event.source.publisher,
            event=event.id,
        )
        for event in declared
    ]
