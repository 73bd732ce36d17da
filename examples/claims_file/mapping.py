"""What a mapping file says: how one conflict's words become the ledger's terms."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from schemas.errors import problem_in
from schemas.values import Currency, ExchangeId, Name, Nationality, PartyId, Taking
from schemas.vocabulary import (
    AidItem,
    Category,
    Credibility,
    Dimension,
    FigureName,
    Leg,
    PartyKind,
    PledgeItem,
    PledgeUnit,
    Role,
    Sentence,
    SourceKind,
    Status,
    TallyScope,
)


class MappingError(Exception):
    """The mapping file cannot be used; the text says where and why."""


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dataset(Section):
    """`name` makes the ids of the events; `exchange` takes the rows that name no deal."""

    name: Name
    exchange: ExchangeId
    unsourced: tuple[str, ...] = ()


class Curator(Section):
    """Who chose the primary claims: the source of declarations and of explicit adoptions."""

    publisher: Name
    kind: SourceKind = "derived"
    credibility: Credibility = 6


class Term(Section):
    """What a category word says: who, under which sentence, sent where."""

    category: Category | None = None
    sentence: Sentence | None = None
    destination: PartyId | None = None

    @property
    def dimension(self) -> Dimension:
        if self.sentence is not None:
            return "sentence"
        return "category" if self.destination is None else "destination"


class TypeRule(Section):
    """The event type that a word stands for, and the status that the word alone implies."""

    type: str
    status: Status | None = None


class Unit(Section):
    """What a unit counts: a figure, a pledged item, a leg, an item of aid, a currency. `times` converts."""

    figure: FigureName = "other"
    scope: TallyScope = "exchange"
    label: str | None = None
    party: PartyId | None = None
    item: PledgeItem | None = None
    per: PledgeUnit = "deal"
    leg: Leg | None = None
    aid: AidItem | None = None
    currency: Currency | None = None
    times: int = 1


class Party(Section):
    name: Name
    kind: PartyKind


class Exchange(Section):
    """One exchange: its title, whose nationals it is about, and the roles of its parties."""

    title: Name
    process: str | None = None
    nationals: tuple[Nationality, ...] = ()
    follows: ExchangeId | None = None
    parties: dict[PartyId, tuple[Role, ...]] = {}


class Overlay(Section):
    """What is known of one row beyond its columns: corrected columns, extra fields, why it was adopted.

    `taken` names the occurrences in which the people of the row were taken, for each of its groups.
    """

    columns: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    taken: tuple[Taking, ...] = ()
    why: str | None = None


class ClaimsMapping(Section):
    """The whole file. `actor` maps words to party ids ("" where a word names no party)."""

    dataset: Dataset
    curator: Curator
    credibility: dict[str, Credibility]
    source_kind: dict[str, SourceKind] = {}
    nationality: dict[str, tuple[Nationality, ...]] = {}
    category: dict[str, Term] = {}
    event_type: dict[str, TypeRule] = {}
    unit: dict[str, Unit] = {}
    suffix: dict[str, Dimension] = {}
    whole_unknown: dict[str, Dimension] = {}
    actor: dict[str, str] = {}
    party: dict[PartyId, Party] = {}
    exchange: dict[ExchangeId, Exchange] = {}
    row: dict[str, Overlay] = {}

    @model_validator(mode="after")
    def _names_every_party(self) -> "ClaimsMapping":
        for exchange, declared in self.exchange.items():
            for party in declared.parties:
                if party not in self.party:
                    raise ValueError(f"exchange {exchange} names the party {party!r}; add it to [party]")
        return self

    @classmethod
    def load(cls, path: Path) -> "ClaimsMapping":
        """The mapping in a TOML file. Raises MappingError, which names the file and the field."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except tomllib.TOMLDecodeError as error:
            raise MappingError(f"{path}: is not TOML: {error}") from error
        except ValidationError as error:
            reasons = "; ".join(map(str, map(problem_in, error.errors(include_url=False))))
            raise MappingError(f"{path}: {reasons}") from error

    def overlay(self, row_id: str) -> Overlay:
        return self.row.get(row_id, _NOTHING)

    def roles(self, exchange: str, party: str | None) -> tuple[Role, ...]:
        """The roles of a party in an exchange; none where it has none."""
        declared = self.exchange.get(exchange)
        return declared.parties.get(party, ()) if declared and party else ()


_NOTHING = Overlay()
