"""What the curators of a table say themselves: which exchanges and parties there are, and which claim they hold to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledger.book.book import Book
from ledger.mapping.document import OccurrenceRule, TableMapping
from ledger.mapping.occurrences import Placed, Rivals, Told
from ledger.mapping.rows import evaluated, typed
from ledger.mapping.templates import is_said, members_of
from schemas.errors import InvalidEvent, Problem
from schemas.events import AnyEvent
from schemas.ids import derive_id


def declarations(exchange: str, day: str, cells: Mapping[str, str], mapping: TableMapping) -> Iterator[AnyEvent]:
    """An exchange and its parties. `day` is no later than the first claim of the exchange, whose row has `cells`.

    Raises InvalidEvent.
    """
    declared = mapping.exchange(exchange)
    if declared is None:
        raise InvalidEvent(Problem("", f"{exchange!r} is not described; add [exchange.{exchange}] to the mapping"))
    shared = {
        "version": 1,
        "exchange": exchange,
        "occurred": {"at": day, "precision": "day"},
        "source": _curator(mapping, day),
    }
    said = {path: evaluated(each, cells, mapping) for path, each in declared.fields.items()}
    opened = {path: value for path, value in said.items() if is_said(value)}
    opened_id = derive_id(mapping.dataset, f"{exchange}/opened")
    yield typed(members_of(opened, {**shared, "type": "exchange_opened", "id": opened_id}))
    for party, roles in declared.parties.items():
        yield typed(
            {
                **shared,
                **mapping.parties[party],
                "type": "party_registered",
                "id": derive_id(mapping.dataset, f"{exchange}/party/{party}"),
                "party": party,
                "roles": list(roles),
            }
        )


def decisions(
    occurrence: Rivals, told: Sequence[Told], mapping: TableMapping, rule: OccurrenceRule
) -> Iterator[AnyEvent]:
    """What is decided about an occurrence after its last claim: adoptions, then disputes, which stay open."""
    held_to = occurrence.primary
    primary = next((each for each in told if each.placed is held_to), None)
    if primary is not None:
        if _overruled(occurrence, told, primary):
            why = f"the curators' primary claim: {primary.placed.draft.members.get('as_stated', '')}"
            yield _decision("claim_adopted", primary.event.id, occurrence, told, primary.placed, why, mapping)
    elif rule.counted.holds(occurrence.first.draft.cells):
        why = "no primary claim: " + _words(occurrence.first, mapping, rule)
        yield _decision("claim_adopted", None, occurrence, told, occurrence.first, why, mapping)
    for each in told:
        if rule.disputed is not None and rule.disputed.holds(each.placed.draft.cells):
            why = _words(each.placed, mapping, rule)
            yield _decision("claim_disputed", each.event.id, occurrence, told, each.placed, why, mapping)


def _overruled(occurrence: Rivals, told: Sequence[Told], primary: Told) -> bool:
    """Whether the ledger's own rule would adopt another claim than the primary one."""
    book = Book(occurrence.exchange)
    for _, event in told:
        book.apply(event)
    book.settle()
    judgement = book.verdict(next(book.occurrences()))
    stands = any(claim.id == primary.event.id for claim in judgement.eligible)
    return stands and (judgement.adopted is None or judgement.adopted.id != primary.event.id)


def _decision(
    kind: str,
    claim: str | None,
    occurrence: Rivals,
    told: Sequence[Told],
    placed: Placed,
    why: str,
    mapping: TableMapping,
) -> AnyEvent:
    """A decision of the curators, as public as the last of the claims that it weighs."""
    published = max((event.source.published for _, event in told if event.source.published), default=None)
    key = placed.packed.key
    members = {
        "type": kind,
        "version": 1,
        "id": derive_id(mapping.dataset, f"{key}/{kind}"),
        "exchange": occurrence.exchange,
        "round": placed.draft.members.get("round"),
        "occurrence": occurrence.name,
        "occurred": told[-1].event.occurred.model_dump(exclude_none=True),
        "source": _curator(mapping, published),
        "why": mapping.overlay(key).why or why,
    }
    said = {name: value for name, value in members.items() if value is not None}
    return typed({**said, "claim": claim})


def _words(placed: Placed, mapping: TableMapping, rule: OccurrenceRule) -> str:
    return str(evaluated(rule.why, placed.draft.cells, mapping) or "no reason is noted")


def _curator(mapping: TableMapping, published: str | None) -> dict[str, Any]:
    return {**mapping.curator} | ({} if published is None else {"published": published})
