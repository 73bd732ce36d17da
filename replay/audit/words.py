"""How an audit says things: sentences for readers who write no programs."""

from collections.abc import Iterable
from datetime import UTC

from ledger.book.claims import Claim, Occurrence
from ledger.book.rounds import stated_count
from ledger.cli.render import estimate
from replay.audit.evidence import Evidence, Said
from schemas.record import from_microseconds
from schemas.views import Estimate

FIGURES = {
    "captives.taken": "captives taken",
    "captives.held": "captives held, alive or dead",
    "captives.released": "captives freed",
    "captives.nationals": "captives freed of the deal's own nationality",
    "captives.foreigners": "captives freed of other nationalities",
    "captives.deal": "captives counted by the deal",
    "captives.side": "captives freed beside the deal",
    "captives.rescued": "captives rescued",
    "captives.escaped": "captives escaped",
    "captives.died": "captives who died",
    "captives.nationals_back": "captives of the deal's own nationality back, alive or dead",
    "captives.freed": "captives freed, rescued or escaped",
    "prisoners.released": "prisoners freed",
    "remains.returned": "remains of captives returned",
    "remains.recovered": "remains of captives recovered",
    "remains.back": "remains of captives returned or recovered",
    "remains.given": "remains given to the other side",
}


def figure(name: str) -> str:
    """A figure in words."""
    return FIGURES.get(name) or name.replace(".", ", ").replace("_", " ")


KINDS = {
    "captives_released": "captives freed",
    "prisoners_released": "prisoners freed",
    "tally_stated": "total stated",
}


def kind(type: str) -> str:
    """A type of event in words."""
    return KINDS.get(type) or type.replace("_", " ")


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 event`, `407 events`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(parts: Iterable[str]) -> str:
    """`a, b and c`."""
    *most, last = [*parts] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def sentence(text: str) -> str:
    """Text that begins and ends as a sentence does."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")


def count_of(claim: Claim) -> Estimate | None:
    """What a claim counts; None where it counts nothing, such as a meeting."""
    return stated_count(claim) if claim.postings or claim.event is not None else None


def amount(claim: Claim) -> str:
    """What a claim counts, in words."""
    count = count_of(claim)
    return "no number" if count is None else estimate(count)


def told(claim: Claim) -> str:
    """What a claim says, as briefly as can be: `13 captives freed`."""
    count = count_of(claim)
    return kind(claim.type) if count is None else f"{estimate(count)} {kind(claim.type)}"


def about(exchange: str, occurrence: Occurrence) -> str:
    """Where an occurrence is found: its exchange, its round, its name."""
    leading = occurrence.leading
    round = f" round {leading.round}" if leading is not None and leading.round is not None else ""
    return f"{exchange}{round}, {occurrence.key}"


def publisher(evidence: Evidence, claim: Claim) -> str:
    """Who said it: by name, and when."""
    said = evidence.said.get(claim.id)
    return who(said) if said else claim.origin


def who(said: Said) -> str:
    """`UN OCHA, 2023-11-27`."""
    return f"{said.publisher}, {said.published}" if said.published else f"{said.publisher}, undated"


def own_words(said: Said | None) -> str | None:
    """The remark that an event carries, else the source's own words."""
    if said is None:
        return None
    return sentence(said.note) if said.note else f'In its words: "{said.as_stated}".' if said.as_stated else None


def time_of(microseconds: int) -> str:
    """A recorded time to the second."""
    return from_microseconds(microseconds).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(microseconds: int) -> str:
    """`3 s`, `2.5 h`: how long, to two digits or so."""
    seconds = microseconds / 1e6
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}".replace(".0 ", " ")
    return f"{seconds * 1000:g} ms"
