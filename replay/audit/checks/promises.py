"""What was promised: people against those who came, and pauses against their clock."""

from collections.abc import Iterator

from ledger.book.promises import promises as promised_in_all
from ledger.book.rounds import Dues, every_due
from ledger.book.tally import figures
from ledger.cli.render import estimate, moment
from replay.audit.evidence import Evidence
from replay.audit.findings import Finding, Seen
from replay.audit.words import counted, kind
from schemas.values import Moment, span
from schemas.views import Estimate, Pause, Promise

LEGS = ("captives", "prisoners")


def promises(evidence: Evidence) -> Seen:
    checked, found = 0, list[Finding]()
    for exchange in evidence.reading.exchanges():
        book = evidence.reading.book(exchange)
        promised = promised_in_all(book, figures(book))
        checked += len(promised)
        found += [each for promise in promised if (each := _promise(exchange, promise))]
        for number, round in every_due(book):
            legs = [leg for leg in LEGS if getattr(round.promised, leg) is not None]
            checked += len(legs)
            found += [each for leg in legs if (each := _due(f"{exchange} round {number}", round, leg))]
    looked = counted(checked, "promise")
    return Seen(looked if found or not checked else f"{looked}: all kept", found)


def _promise(exchange: str, each: Promise) -> Finding | None:
    what = f"{estimate(each.promised)} {kind(each.item)} were promised"
    if each.delivered is None:
        return Finding("notice", f"{what}; nothing is recorded of a delivery.", exchange, tuple(each.by))
    if each.outstanding is not None and _is_left(each.outstanding):
        rest = f"{estimate(each.delivered)} came, {estimate(each.outstanding)} did not"
        return Finding("notice", f"{what}; {rest}.", exchange, tuple(each.by))
    if each.promised.high is not None and each.delivered.low > each.promised.high:
        return Finding("notice", f"{what}; more came: {estimate(each.delivered)}.", exchange, tuple(each.by))
    return None


def _due(where: str, round: Dues, leg: str) -> Finding | None:
    promised, came, rest = (getattr(each, leg) for each in round)
    if rest is not None and _is_left(rest):
        what = f"{estimate(promised)} {leg} were due; {estimate(came)} came, {estimate(rest)} did not."
        return Finding("notice", what, where)
    return None


def _is_left(rest: Estimate) -> bool:
    return rest.low > 0 or (rest.best or 0) > 0


# -- pauses ------------------------------------------------------------------------------------


def pauses(evidence: Evidence) -> Seen:
    checked, found = 0, list[Finding]()
    for exchange in evidence.reading.exchanges():
        for pause in evidence.reading.pauses(exchange):
            checked += 1
            found += _clock(pause)
    looked = counted(checked, "pause")
    return Seen(looked if found or not checked else f"{looked}: each started, and ended when it was due", found)


def _clock(pause: Pause) -> Iterator[Finding]:
    where, ids = f"{pause.exchange}, {pause.pause}", tuple(pause.events)
    if pause.started is None:
        yield Finding("notice", "No start of this pause is recorded.", where, ids)
    if pause.ended is None:
        due = f"; it was due to end {moment(pause.ends)}" if pause.ends else ""
        yield Finding("notice", f"No end of this pause is recorded{due}.", where, ids)
        return
    if pause.started is not None and _is_over_before(pause.ended, pause.started):
        what = f"It ended {moment(pause.ended)}, before it started: {moment(pause.started)}."
        yield Finding("disagreement", what, where, ids)
    elif pause.ends is not None and _is_over_before(pause.ended, pause.ends):
        yield Finding("notice", f"It ended {moment(pause.ended)}; it was due to end {moment(pause.ends)}.", where, ids)
    elif pause.ends is not None and _is_over_before(pause.ends, pause.ended):
        what = f"It ended {moment(pause.ended)}, later than it was due to end: {moment(pause.ends)}."
        yield Finding("notice", what, where, ids)
    for each in pause.extensions:
        if pause.ended is not None and _is_over_before(pause.ended, each.announced):
            what = f"An extension by {each.hours} h was announced {moment(each.announced)}, after the pause had ended."
            yield Finding("disagreement", what, where, (each.event,))


def _is_over_before(one: Moment, other: Moment) -> bool:
    """Whether one moment is certainly over when the other begins."""
    end, start = span(one.at, one.precision, one.until).end, span(other.at, other.precision, other.until).start
    return end is not None and start is not None and end <= start
