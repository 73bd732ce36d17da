"""Exchanges that never happened, each hard to draw in a way of its own: the page is looked at and tested with them."""

from collections.abc import Iterable
from typing import Any

from schemas.events import (
    AidDelivered,
    AnyEvent,
    CaptivesReleased,
    CaptivesTaken,
    ClaimDisputed,
    ClaimRetracted,
    ExchangeOpened,
    FundsReleased,
    HandoverRejected,
    MeetingHeld,
    PartyRegistered,
    PauseEnded,
    PauseExtended,
    PauseStarted,
    PositionDeclared,
    PrisonersReleased,
    ReleaseDelayed,
    RemainsReturned,
    TallyStated,
    TermsAgreed,
)
from schemas.ids import derive_id
from schemas.values import Amount, Count, Group, Moment, Pledge, Source

HERALD = Source(publisher="The Herald", kind="newspaper", published="2021-06-20")
POST = Source(publisher="The Post", kind="newspaper", published="2021-06-20")
LONG_NAME = "Joint Coordination Headquarters for the Treatment of Prisoners of War and Civilian Detainees"
ARABIC = "تبادل الأسرى بين الجانبين (٢٠٢١) / חילופי שבויים"


class Writer:
    """Writes the events of one exchange. `month` is where its days lie."""

    def __init__(self, exchange: str, title: str, **opened: Any) -> None:
        self.exchange = exchange
        self.events: list[AnyEvent] = []
        self.add(ExchangeOpened, "opened", 1, title=title, **opened)

    def add(self, cls: type[Any], key: str, day: int, source: Source = HERALD, **more: Any) -> Any:
        """One event of the day that is so many days after the start of May 2021."""
        at = Moment.day(f"2021-{5 + (day - 1) // 28:02}-{(day - 1) % 28 + 1:02}")
        members: dict[str, Any] = {"exchange": self.exchange, "occurrence": key, "occurred": at, "source": source}
        event = cls(
            id=derive_id("invented", f"{self.exchange} {cls.__name__} {key} {source.publisher}"), **members | more
        )
        self.events.append(event)
        return event

    def freed(self, cls: type[Any], round: int, *counts: Any, day: int | None = None, **more: Any) -> Any:
        """People freed in a round, inside the deal: each of `counts` a number, a `Count`, or a `Group`."""
        groups = [
            each if isinstance(each, Group) else Group(count=_count(each), ratio_scope="inside") for each in counts
        ]
        return self.add(
            cls, more.pop("key", f"{cls.__name__}-{round}"), day or round, round=round, groups=groups, **more
        )

    def swap(self, round: int, captives: Any, prisoners: Any, **more: Any) -> None:
        """Both legs of a round."""
        self.freed(CaptivesReleased, round, captives, **more)
        self.freed(PrisonersReleased, round, prisoners, **more)


def _count(each: int | Count) -> Count:
    return Count(best=each) if isinstance(each, int) else each


def sixty() -> Iterable[AnyEvent]:
    """Sixty rounds, of which every tenth has no second leg."""
    to = Writer("SIXTY-ROUNDS", "Sixty rounds of a slow exchange")
    for n in range(1, 61):
        to.freed(CaptivesReleased, n, 1 + n * 7 % 13)
        if n % 10:
            to.freed(PrisonersReleased, n, (1 + n * 7 % 13) * (2 + n % 4))
    return to.events


def remains() -> Iterable[AnyEvent]:
    """Nobody alive comes back on either side."""
    to = Writer("ONLY-REMAINS", "Return of the fallen")
    for n, (ours, theirs) in enumerate(((1, 15), (3, 45), (1, None)), 1):
        to.add(RemainsReturned, f"ours-{n}", n, round=n, groups=[Group(count=Count(best=ours), vital="remains")])
        if theirs:
            dead = [Group(count=Count(best=theirs), vital="remains")]
            to.add(RemainsReturned, f"theirs-{n}", n, round=n, side="prisoners", groups=dead)
    to.add(HandoverRejected, "wrong", 3, round=3, groups=[Group(count=Count(best=1))], kind="wrong_remains")
    return to.events


def funds() -> Iterable[AnyEvent]:
    """Money and aid, and nobody freed."""
    to = Writer("ONLY-FUNDS", "Unfrozen funds")
    to.add(FundsReleased, "first", 2, amount=Amount(best=6_000_000_000), currency="USD", state="restricted")
    to.add(FundsReleased, "second", 3, amount=Amount.of(1, "over"), currency="EUR", state="released")
    to.add(AidDelivered, "trucks", 4, item="trucks", amount=Amount(best=1), stage="crossed")
    return to.events


def talks() -> Iterable[AnyEvent]:
    """Words only, by parties with long names."""
    to = Writer("ONLY-TALKS", "Talks without a deal")
    for party, name in (("north", LONG_NAME), ("south", "South"), ("guest", "לשכת הקשר")):
        to.add(PartyRegistered, f"party-{party}", 1, party=party, name=name, kind="state")
    for day in range(2, 14):
        to.add(MeetingHeld, f"met-{day}", day, participants=("north", "south"), venue="Geneva", convener="guest")
    to.add(PositionDeclared, "north", 15, party="north", topic="release", position="all for all, and nothing less")
    to.add(PositionDeclared, "south", 16, party="south", topic="release", conditions=("lists first",))
    return to.events


def nobody() -> Iterable[AnyEvent]:
    """Opened, and nothing else is known."""
    return Writer("NOBODY-RECORDED", "An exchange of which nothing is recorded").events


def scales() -> Iterable[AnyEvent]:
    """One for a thousand, beside thousands for thousands."""
    to = Writer("HUGE-AND-TINY", "From one to a million")
    to.swap(1, 1, 1_027)
    to.swap(2, 2, 1)
    to.swap(3, 3, 950_000)
    to.swap(4, 12_500, 11_000)
    to.swap(5, Count.of(20, "over"), Count.of(5_000, "nearly"))
    to.swap(6, Count.of(None), Count.of(300, "up_to"))
    return to.events


def words() -> Iterable[AnyEvent]:
    """A title from right to left, long names, many nationalities, a process, a pause, terms."""
    to = Writer("RIGHT-TO-LEFT", ARABIC, nationals=("ISR",), prisoner_nationals=("PSE",), process="INVENTED-WAR")
    to.add(PartyRegistered, "party", 1, party="north", name=LONG_NAME, kind="state")
    to.add(PartyRegistered, "other", 1, party="south", name=ARABIC, kind="armed_group")
    nations = ("THA", "PHL", "BIH", "CAF", "GBR", "USA", "COD", "VCT")
    groups = [
        Group(count=Count(best=n), nationality=(code,), ratio_scope="outside") for n, code in enumerate(nations, 1)
    ]
    own = Group(count=Count(best=1), nationality=("ISR",), ratio_scope="inside", category="men_active_soldiers")
    to.freed(CaptivesReleased, 1, own, *groups)
    to.freed(PrisonersReleased, 1, Group(count=Count(best=3), nationality=("PSE",), ratio_scope="inside"))
    to.freed(CaptivesReleased, 2, Group(count=Count(best=1), nationality=("THA",), ratio_scope="outside"))
    to.add(PauseStarted, "pause", 1, pause="pause", hours=1)
    to.add(PauseExtended, "more", 2, pause="pause", hours=1)
    to.add(PauseEnded, "end", 3, pause="pause")
    pledges = (Pledge(item="captives", count=Amount(best=1)), Pledge(item="prisoners", count=Amount.of(3, "at_least")))
    to.add(TermsAgreed, "terms", 1, terms="terms", parties=("north", "south"), pledges=pledges)
    return to.events


def one() -> Iterable[AnyEvent]:
    """Everything once, so that every text is about one."""
    to = Writer("ONE-OF-EACH", "One of each", process="INVENTED-WAR")
    to.add(CaptivesTaken, "taken", 1, groups=[Group(count=Count(best=1))])
    to.swap(1, 1, 1)
    to.add(RemainsReturned, "dead", 2, round=1, groups=[Group(count=Count(best=1), vital="remains")])
    to.add(ReleaseDelayed, "late", 2, round=1, leg="prisoners", count=Count(best=1))
    to.add(TallyStated, "total", 3, figure="captives.released", count=Amount(best=1))
    return to.events


def unsure() -> Iterable[AnyEvent]:
    """Two rounds whose days are not known, or of which nobody is sure."""
    to = Writer("UNSURE-DAYS", "Nobody knows the day", process="INVENTED-WAR")
    about = Moment(at="2021-05", precision="month", qualifier="approximate")
    possibly = Moment(at="2021-06-05", precision="day", qualifier="uncertain")
    to.freed(CaptivesReleased, 1, 3, occurred=about)
    to.freed(PrisonersReleased, 1, 30, occurred=Moment(at="2021-06-01", precision="before"))
    to.freed(CaptivesReleased, 2, 4, occurred=Moment.day("2021-06-04"))
    to.freed(PrisonersReleased, 2, 40, occurred=possibly)
    return to.events


def corrected() -> Iterable[AnyEvent]:
    """Hedges, ranges, a leg that is late, doubles, corrections, retractions, disputes."""
    to = Writer("CORRECTED", "Numbers that changed")
    first = to.freed(CaptivesReleased, 1, 13)
    to.freed(
        CaptivesReleased, 1, 12, source=POST, key="CaptivesReleased-1", supersedes=first.id, reason="corrected",
        note="one of them was counted twice",
    )  # fmt: skip
    to.freed(PrisonersReleased, 1, Count.of(39, "about"))
    to.freed(CaptivesReleased, 2, 10)
    to.freed(CaptivesReleased, 2, 14, source=POST, key="CaptivesReleased-2")
    to.add(ReleaseDelayed, "late", 2, round=2, leg="prisoners", count=Count(best=30))
    to.freed(PrisonersReleased, 2, 30, day=9)
    wrong = to.freed(PrisonersReleased, 3, 500)
    to.add(ClaimRetracted, wrong.occurrence, 5, claim=wrong.id, why="a typing error")
    to.freed(CaptivesReleased, 3, 3)
    to.freed(CaptivesReleased, 4, 5)
    to.freed(CaptivesReleased, 4, 5, source=POST, key="again")
    to.add(ClaimDisputed, "again", 6, POST, claim=None, why="the same five people")
    to.freed(PrisonersReleased, 6, 40, settles=(4, 5))
    to.freed(CaptivesReleased, 5, 6)
    to.add(TallyStated, "stated", 20, figure="captives.released", count=Amount(best=99))
    return to.events


def invented() -> list[AnyEvent]:
    """All of them."""
    makers = (sixty, remains, funds, talks, nobody, scales, words, one, unsure, corrected)
    return [event for make in makers for event in make()]
