"""What an audit finds, as values. A check is a pure function of what was read: how much it saw, and what it found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeAlias, TypeVar

from ledger.log.ids import ID_LENGTH_MIN
from schemas.record import Position

E = TypeVar("E")

Severity: TypeAlias = Literal["failure", "disagreement", "notice"]
"""`failure`: what was to be proved is not so; the records, or the figures, are not what they should be.
`disagreement`: sources contradict each other or themselves, as they do in life; nobody tampered with anything.
`notice`: nothing is wrong; an auditor will want to know."""

SEVERITIES: Sequence[Severity] = ("failure", "disagreement", "notice")
"""The gravest first."""


class Finding(NamedTuple):
    """One thing that a check found, in a plain sentence. `where`: a position, or an exchange with what is in it.

    `events` are the ids of those that it rests on. `reason`: why it is so, where the ledger itself tells. `entered_by`:
    who entered the record at the position.
    """

    severity: Severity
    what: str
    where: str = ""
    events: tuple[str, ...] = ()
    reason: str | None = None
    entered_by: str | None = None


class Seen(NamedTuple):
    """What a check looked at, in words (`407 events: all valid`), and what it found.

    Where it could not look at all, `looked` says why, and `done` is false.
    """

    looked: str
    findings: Sequence[Finding] = ()
    done: bool = True


@dataclass(frozen=True)
class Check(Generic[E]):
    """One question of an audit. `asks` says in a sentence what is checked, for whoever is no programmer."""

    name: str
    title: str
    asks: str
    look: Callable[[E], Seen]


class Outcome(NamedTuple):
    """What one check came to."""

    name: str
    title: str
    asks: str
    seen: Seen

    @property
    def severity(self) -> Severity | None:
        """That of its gravest finding; None where it found nothing."""
        return gravest(self.seen.findings)

    def count(self, severity: Severity) -> int:
        return sum(each.severity == severity for each in self.seen.findings)


class Subject(NamedTuple):
    """What was audited, so that anybody can tell whether it is the same thing that they hold.

    `facts` are lines for people: names and values in order.
    """

    name: str
    facts: Mapping[str, str]
    again: str


class Audit(NamedTuple):
    """Everything that an audit says. The same input gives the same audit: it holds no time of its own.

    `places`: where each event stands that a finding names. `entered_by`: who entered it, where that is said.
    `id_length`: so many characters of its id no other event's begins with.
    """

    subject: Subject
    outcomes: Sequence[Outcome]
    places: Mapping[str, Position]
    entered_by: Mapping[str, str]
    id_length: int = ID_LENGTH_MIN

    def count(self, severity: Severity) -> int:
        return sum(each.count(severity) for each in self.outcomes)

    def failures(self) -> list[Finding]:
        """What failed verification, in the order of the checks."""
        return [found for each in self.outcomes for found in each.seen.findings if found.severity == "failure"]


def gravest(findings: Iterable[Finding]) -> Severity | None:
    found = {each.severity for each in findings}
    return next((each for each in SEVERITIES if each in found), None)


def outcome(check: Check[E], evidence: E) -> Outcome:
    """What a check comes to on some evidence, the gravest findings first."""
    seen = check.look(evidence)
    ordered = sorted(seen.findings, key=lambda each: SEVERITIES.index(each.severity))
    return Outcome(check.name, check.title, check.asks, seen._replace(findings=ordered))
