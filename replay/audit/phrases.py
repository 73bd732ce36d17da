"""How an audit says things: sentences for readers who write no programs."""

from collections.abc import Iterable
from datetime import UTC

from ledger.book.claims import Claim, Occurrence
from ledger.book.figure_names import kind_name
from ledger.book.number_text import estimate
from ledger.book.rounds import stated_count
from ledger.book.sentences import capital, listed
from replay.audit.evidence import Evidence, QuotedEvent
from schemas.record import from_microseconds


def ranges(numbers: Iterable[int]) -> str:
    """`3, 4 and 7 to 9`: numbers in their order, each run of three or more by its ends."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [[f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run) for run in runs]
    return listed(part for each in said for part in each)


def sentence(text: str) -> str:
    """Text that begins and ends as a sentence does."""
    return capital(text) + ("" if text.endswith((".", "?", "!")) else ".")


def amount_text(claim: Claim) -> str:
    """What a claim counts, in words."""
    count = stated_count(claim)
    return "no number" if count is None else estimate(count)


def side_of(claim: Claim) -> str:
    """The side whose people a claim counts; empty where it counts none."""
    return str(claim.balances[0].account[0]) if claim.balances else ""


def subject_of(claim: Claim) -> str:
    """What a claim is about, in words that name its side: `captives freed`, `remains of prisoners returned`."""
    words, side = kind_name(claim.type), side_of(claim)
    if not side or side in words:
        return words
    if "people" in words:
        return words.replace("people", side)
    return words.replace("remains", f"remains of {side}") if "remains" in words else f"{side} {words}"


def claim_text(claim: Claim) -> str:
    """What a claim says, as briefly as can be: `13 captives freed`, `total stated: 62`."""
    count, about = stated_count(claim), subject_of(claim)
    if count is None:
        return about
    return f"{estimate(count)} {about}" if side_of(claim) else f"{about}: {estimate(count)}"


def place_of(exchange: str, occurrence: Occurrence) -> str:
    """Where an occurrence is found: its exchange, its round, its name."""
    leading = occurrence.leading
    round = f" round {leading.round}" if leading is not None and leading.round is not None else ""
    return f"{exchange}{round}, {occurrence.key}"


def publisher(evidence: Evidence, claim: Claim) -> str:
    """Who said it: by name, and when."""
    said = evidence.quoted.get(claim.id)
    return said_by(said) if said else claim.voice.origin


def said_by(said: QuotedEvent) -> str:
    """`UN OCHA, 2023-11-27`."""
    return f"{said.publisher}, {said.published}" if said.published else f"{said.publisher}, undated"


def own_words(said: QuotedEvent | None) -> str | None:
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
