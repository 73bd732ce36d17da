"""Terms and positions: what was offered, agreed, refused and declared, and the ratio that terms imply."""

from collections.abc import Sequence
from typing import TypeAlias, cast

from ledger.book.balances import entry, estimate_of
from ledger.book.facts import copied, facts, maybe
from ledger.book.projection import Book
from ledger.book.ratios import UNDEFINED, ratio
from schemas.events import PositionDeclared, TermsAgreed, TermsProposed, TermsRefused
from schemas.values import Pledge
from schemas.views import Estimate, PledgeView, PositionView, Ratio, TermsView

AnyTerms: TypeAlias = TermsProposed | TermsAgreed | TermsRefused

_STATUS = {"terms_proposed": "proposed", "terms_agreed": "agreed", "terms_refused": "refused"}


def terms(book: Book) -> list[TermsView]:
    """Every set of terms of an exchange. The latest of its events says how it stands."""
    sets: dict[str, list[AnyTerms]] = {}
    for event in facts(book, TermsProposed, TermsAgreed, TermsRefused):
        sets.setdefault(event.terms, []).append(cast("AnyTerms", event))
    return [_terms(book, name, events) for name, events in sets.items()]


def _terms(book: Book, name: str, events: Sequence[AnyTerms]) -> TermsView:
    pledges = [(event.id, pledge) for event in events for pledge in event.pledges]
    implied, confidence = implied_ratio([pledge for _, pledge in pledges])
    return TermsView(
        exchange=book.exchange,
        terms=name,
        status=_STATUS[events[-1].type],
        at=copied(events[0].occurred),
        proposer=next((event.proposer for event in events if event.proposer), None),
        refused_by=[event.refused_by for event in facts(book, TermsRefused) if event.terms == name],
        pledges=[_pledge(event_id, pledge) for event_id, pledge in pledges],
        categories=[category for event in events for category in event.categories],
        outcome=next((event.outcome for event in facts(book, TermsProposed) if event.terms == name), "unknown"),
        implied_ratio=implied,
        confidence=confidence,
        events=[event.id for event in events],
    )


def implied_ratio(pledges: Sequence[Pledge]) -> tuple[Ratio, str]:
    """Prisoners per captive as the terms themselves say it, or as their two totals imply, and how sure that is."""
    stated = [pledge for pledge in pledges if (pledge.item, pledge.per) == ("prisoners", "captive")]
    if len(stated) == 1:
        prisoners, captives = estimate_of(entry(stated[0].count)), Estimate(best=1, low=1, high=1)
        exact = stated[0].count.qualifier == "exact"
    else:
        sides = [[p for p in pledges if p.item == item and p.per == "deal"] for item in ("prisoners", "captives")]
        if not all(len(side) == 1 for side in sides):
            return UNDEFINED, "undefined"
        prisoners, captives = (estimate_of(entry(side[0].count)) for side in sides)
        exact = all(side[0].count.qualifier == "exact" for side in sides)
    implied = ratio(prisoners, captives)
    if exact:
        return implied, "undefined" if implied == UNDEFINED else "exact"
    hedged = implied.model_copy(update={"fraction": None, "value": None})
    return hedged, "undefined" if hedged == UNDEFINED else "low"


def _pledge(event_id: str, pledge: Pledge) -> PledgeView:
    return PledgeView(
        item=pledge.item,
        per=pledge.per,
        category=pledge.category,
        count=estimate_of(entry(pledge.count)),
        exact=pledge.count.qualifier == "exact",
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
