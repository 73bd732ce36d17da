"""Every claim about every occurrence of an exchange: what counts, what does not and why, and who says so."""

from collections.abc import Iterator

from ledger.book.book import Book
from ledger.book.claims import AnyDecision, Claim, Occurrence
from ledger.book.explain import Read
from ledger.book.rounds import stated_count
from schemas.views import ClaimView, DecisionView, OccurrenceView


def occurrences(book: Book, read: Read) -> Iterator[OccurrenceView]:
    """Every occurrence of a book, in the order in which they were first recorded."""
    for occurrence in book.occurrences():
        yield OccurrenceView(
            exchange=book.exchange,
            occurrence=occurrence.key,
            disputes=occurrence.disputes,
            claims=list(_claims(book, occurrence, read)),
            decisions=[_decision(each, read) for each in occurrence.decisions],
        )


def _claims(book: Book, occurrence: Occurrence, read: Read) -> Iterator[ClaimView]:
    verdict = book.verdict(occurrence)
    reasons = {claim.id: why for claim, why in verdict.left_out}
    for claim in occurrence.claims:
        is_adopted = claim is verdict.adopted
        yield _claim(claim, is_adopted, verdict.rule if is_adopted else reasons.get(claim.id, verdict.rule), read)


def _claim(claim: Claim, adopted: bool, why: str, read: Read) -> ClaimView:
    event = read(claim.id)
    return ClaimView(
        event=claim.id,
        type=claim.type,
        round=claim.round,
        occurred=event.occurred,
        count=stated_count(claim),
        adopted=adopted,
        why=why,
        source=event.source,
        as_stated=event.as_stated,
    )


def _decision(decision: AnyDecision, read: Read) -> DecisionView:
    source = read(decision.id).source
    return DecisionView(event=decision.id, type=decision.type, claim=decision.claim, why=decision.why, source=source)
