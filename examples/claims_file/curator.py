"""What the curators say themselves: which exchanges and parties there are, and which claim they hold to.

Where the ledger's own rule would adopt another claim than the primary one, the choice is an event with its
reason.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from claims_file.mapping import ClaimsMapping
from claims_file.occurrences import Placed, Rows
from claims_file.rows import ClaimRow
from claims_file.typed import Members, typed
from ledger.book.book import Book
from schemas.events import AnyEvent
from schemas.ids import derive_id
from schemas.values import Moment


class Told(NamedTuple):
    """A row and the event that it became."""

    placed: Placed
    event: AnyEvent


def declarations(exchange: str, day: str, mapping: ClaimsMapping) -> Iterator[AnyEvent]:
    """The exchange and its parties. `day` is a date no later than the first claim of the exchange."""
    declared = mapping.exchange[exchange]
    shared = {
        "exchange": exchange,
        "occurred": {"at": day, "precision": "day"},
        "source": _curator(mapping, day),
    }
    yield typed(
        {
            **shared,
            "type": "exchange_opened",
            "id": derive_id(mapping.dataset.name, f"{exchange}/opened"),
            "title": declared.title,
            "process": declared.process,
            "nationals": list(declared.nationals),
            "follows": declared.follows,
        }
    )
    for party, roles in declared.parties.items():
        yield typed(
            {
                **shared,
                "type": "party_registered",
                "id": derive_id(mapping.dataset.name, f"{exchange}/party/{party}"),
                "party": party,
                "name": mapping.party[party].name,
                "kind": mapping.party[party].kind,
                "roles": list(roles),
            }
        )


def decisions(rows: Rows, told: Sequence[Told], mapping: ClaimsMapping) -> Iterator[AnyEvent]:
    """What is decided about an occurrence after its last claim: adoptions, then disputes, which stay open."""
    primary = next((each for each in told if each.placed is rows.primary), None)
    if primary is not None:
        if _overruled(rows, told, primary):
            why = f"the curators' primary claim: {primary.placed.row.as_stated}"
            yield _decision("claim_adopted", primary.event.id, rows, told, primary.placed, why, mapping)
    elif rows.first.row.level == "leg":
        why = "no primary claim: " + _words(rows.first.row)
        yield _decision("claim_adopted", None, rows, told, rows.first, why, mapping)
    for each in told:
        if each.placed.row.status == "disputed":
            why = _words(each.placed.row)
            yield _decision("claim_disputed", each.event.id, rows, told, each.placed, why, mapping)


def _overruled(rows: Rows, told: Sequence[Told], primary: Told) -> bool:
    """Whether the ledger's own rule would adopt another claim than the primary one."""
    book = Book(rows.exchange)
    for _, event in told:
        book.apply(event)
    book.settle()
    judgement = book.verdict(next(book.occurrences()))
    stands = any(claim.id == primary.event.id for claim in judgement.eligible)
    return stands and (judgement.adopted is None or judgement.adopted.id != primary.event.id)


def _decision(
    kind: str,
    claim: str | None,
    rows: Rows,
    told: Sequence[Told],
    placed: Placed,
    why: str,
    mapping: ClaimsMapping,
) -> AnyEvent:
    """A decision of the curators, as public as the last of the claims that it weighs."""
    published = max((event.source.published for _, event in told if event.source.published), default=None)
    occurred: Moment = told[-1].event.occurred
    return typed(
        {
            "type": kind,
            "id": derive_id(mapping.dataset.name, f"{placed.row.row_id}/{kind}"),
            "exchange": rows.exchange,
            "round": placed.row.round_no,
            "occurrence": rows.name,
            "occurred": occurred.model_dump(),
            "source": _curator(mapping, published),
            "claim": claim,
            "why": mapping.overlay(placed.row.row_id).why or why,
        }
    )


def _words(row: ClaimRow) -> str:
    return row.note or row.as_stated or "no reason is noted"


def _curator(mapping: ClaimsMapping, published: str | None) -> Members:
    curator = mapping.curator
    return {
        "publisher": curator.publisher,
        "kind": curator.kind,
        "credibility": curator.credibility,
        "published": published,
    }
