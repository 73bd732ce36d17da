"""What `ledger record` asks in a terminal: one thing after the other, again where an answer cannot be read."""

from collections.abc import Callable, Collection, Iterator, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal, NamedTuple, get_args, get_origin

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from ledger.admission import is_ahead
from ledger.blocking import Ledger
from ledger.book.claims import DECISIONS, Claim
from ledger.book.keys import name_of
from ledger.book.number_text import estimate, moment
from ledger.cli.choices import (
    SHOWN_MAX,
    KnownOccurrence,
    Mistyped,
    chosen,
    exchange_name,
    known_occurrences,
    mendings,
    occurrence_name,
)
from ledger.cli.draft import IDS, Draft, has, inherit, place_of, set_member, wrong
from ledger.cli.options import shown, stderr
from ledger.cli.render import plain_table
from ledger.errors import InvalidEvent, LedgerError
from ledger.follow.books import Books
from ledger.words.counts import count_members
from ledger.words.moments import day_or_time, moment_members
from ledger.words.numbers import whole_number
from schemas.contracts.meanings import meaning
from schemas.events import EVENT_TYPES, AnyEvent
from schemas.kinds import KINDS
from schemas.values import Moment
from schemas.vocabulary import Side, SourceKind, SupersedeReason

NONE = "-"
"""Leaves out what need not be said, where something is offered."""
TERMS_MAX = 6
"""Of so many terms all are in the question."""
SCOPES = ("inside", "outside")
_SCOPED = frozenset({"released", "returned"})
"""Moves of which a figure depends on whether they are inside the deal's ratio."""
_ASKED_APART = frozenset({"exchange", "occurred", "source", "groups", "count", "amount", "occurrence", "claim"})

Read = Callable[[str, bool], Any]
"""What an answer says, and whether the same was answered before. Raises ValueError, LedgerError."""


class Prompt(NamedTuple):
    """One thing to ask: where the answer goes, in which words it is asked for, and how it is read.

    `empty`: what it means where nothing is answered, which leaves it out; without that, an answer is needed.
    `above`: what is shown before, to answer from.
    """

    path: str
    text: str
    read: Read
    default: str = ""
    empty: str = ""
    above: RenderableType | None = None

    def asked(self, offered: str) -> str:
        """The words of the question, where Enter takes what is offered."""
        return f"{self.text} ({NONE if offered else 'empty'}: {self.empty})" if self.empty else self.text


Shelf = Callable[[], Books | None]
"""The books of the ledger, where they can be had while somebody waits."""


def tell_how() -> None:
    """What one has to know to answer, in a line."""
    stderr().print(_dim("Enter takes what stands in [brackets]; Ctrl-C ends, and nothing is published."))


def ask_type() -> str:
    """The type of the event."""
    answers: Draft = {}
    tell_how()
    question = Prompt("type", "Type of event (? lists them)", _of(EVENT_TYPES), "captives_released")
    _ask(question, answers, lambda value: answers.update(type=value))
    return str(answers["type"])


def ask_rest(ledger: Ledger, draft: Draft, shelf: Shelf, *, is_begun: bool) -> None:
    """Ask for what makes the figure right and is not said yet. Raises InvalidEvent for what is said wrongly already.

    `is_begun`: something was asked before.
    """
    if problems := [each for each in wrong(draft) if each.field]:
        raise InvalidEvent(*problems)
    for make in (_decided, _about, _people, _thing, _who):
        for question in make(ledger, draft, shelf):
            if not has(draft, question.path):
                if not is_begun:
                    tell_how()
                is_begun = True
                _ask_for(question, draft)


# -- the questions -----------------------------------------------------------------------------


def _decided(ledger: Ledger, draft: Draft, _: Shelf) -> Iterator[Prompt]:
    """Which claim is decided on, which says what the decision is about."""
    if "claim" not in EVENT_TYPES[draft["type"]].model_fields or "claim" in draft:
        return
    empty = "" if draft["type"] == "claim_retracted" else "none of them"
    text = "Which claim: its id, or how that begins"
    yield Prompt("claim", text, lambda word, _: ledger.full_id(word), empty=empty)
    for named in inherit(ledger, draft):
        tell_named(named)
    if draft["type"] == "claim_adopted":
        draft.setdefault("claim", None)


def _about(_: Ledger, draft: Draft, shelf: Shelf) -> Iterator[Prompt]:
    """What the event is about, and when it happened."""
    if "supersedes" in draft:
        yield Prompt("reason", "Why it replaces it: corrected (it was wrong) or updated", _of(SupersedeReason))
    if not has(draft, "exchange"):
        books = shelf()
        names = [] if books is None else books.exchanges()
        above = _dim(f"Here so far: {', '.join(names)}") if 0 < len(names) <= SHOWN_MAX else None
        text = "Exchange (such as NORTH-SOUTH-2017)"
        yield Prompt("exchange", text, lambda word, again: exchange_name(word, names, again), above=above)
    what = "it was decided" if draft["type"] in DECISIONS else "it happened"
    when = f"When {what} (2023-11-28, or 2023-11-24T07:00+02:00)"
    yield Prompt("occurred", when, lambda word, _: _occurred(word, draft))
    if not _is_settled(draft):
        yield Prompt("round", f"Round of the deal{_rounds_so_far(draft, shelf())}", _number, empty="none")
    yield from (_needed(draft, name) for name in _lacking(draft))


def _people(_: Ledger, draft: Draft, __: Shelf) -> Iterator[Prompt]:
    """How many, whose, and whether the deal counts them."""
    fields = EVENT_TYPES[draft["type"]].model_fields
    yield Prompt("side", "Whose: captives or prisoners", _of(Side), "captives")
    counted = [fields[name] for name in ("groups", "count", "amount") if name in fields]
    if any(each.is_required() for each in counted):
        yield Prompt("count", "How many (12, about 600, over 130, several)", _count)
    elif counted:
        yield Prompt("count", "How many, such as 12 or about 600", _count, empty="not known")
    if KINDS[draft["type"]].move in _SCOPED and not _is_settled(draft):
        yield Prompt("ratio_scope", "Inside or outside the deal's ratio", _of(SCOPES), empty="not said")


def _thing(_: Ledger, draft: Draft, shelf: Shelf) -> Iterator[Prompt]:
    """Whether it is a thing that somebody else has told of: then both are claims about one, and are never added."""
    if _is_settled(draft) or has(draft, "occurrence"):
        return
    known, more = _known(draft, shelf())
    names = [name_of(each.name) for each in known]
    needed = draft["type"] in DECISIONS
    text = "One of these? Its number, or a new name" if known else "Name of what happened, such as r1-captives"
    empty = "" if needed else "none of them" if known else "no name"
    above = _listed(known, more) if known else None
    yield Prompt("occurrence", text, lambda word, again: occurrence_name(word, names, again), "", empty, above)


def _who(_: Ledger, __: Draft, ___: Shelf) -> Iterator[Prompt]:
    """Who says so, and since when the public could know."""
    yield Prompt("source.publisher", "Publisher of the source", lambda word, _: word)
    kinds = "Kind of source (newspaper, wire, un, official_party; ? lists all)"
    yield Prompt("source.kind", kinds, _of(SourceKind))
    published = "When it was published, such as 2023-11-29"
    yield Prompt("source.published", published, lambda word, _: day_or_time(word), empty="not known")


def _is_settled(draft: Draft) -> bool:
    """Whether another claim has said what it is about, or it is about no one thing that happened."""
    kind = KINDS[draft["type"]]
    return any(draft.get(path) for path in IDS) or (kind.timeless and kind.nature != "decision")


def _lacking(draft: Draft) -> list[str]:
    """What its type cannot do without, and has not been said."""
    fields = EVENT_TYPES[draft["type"]].model_fields
    return [name for name, field in fields.items() if field.is_required() and name not in {*draft, *_ASKED_APART}]


def _needed(draft: Draft, name: str) -> Prompt:
    model = EVENT_TYPES[draft["type"]]
    text, annotation = meaning(model, name).rstrip(".").replace("`", ""), model.model_fields[name].annotation
    if get_origin(annotation) is Literal:
        terms = get_args(annotation)
        listed = ", ".join(terms) if len(terms) <= TERMS_MAX else "? lists them"
        return Prompt(name, f"{text} ({listed})", _of(annotation))
    if get_origin(annotation) is tuple:
        return Prompt(name, f"{text} (with commas between them)", _several)
    return Prompt(name, text, _number if annotation is int else lambda word, _: word)


def _rounds_so_far(draft: Draft, books: Books | None) -> str:
    book = None if books is None else books.by_exchange.get(draft["exchange"])
    rounds = [] if book is None else book.rounds()
    return f", of {rounds[-1]} so far" if rounds else ""


# -- how answers are read ----------------------------------------------------------------------


def _of(terms: Any) -> Read:
    """Reads a word of a closed vocabulary."""
    words: Collection[str] = get_args(terms) or terms
    return lambda word, _: chosen(word, words)


def _number(word: str, _: bool) -> int:
    return whole_number(word)


def _several(word: str, _: bool) -> list[str]:
    return [each for part in word.split(",") if (each := part.strip())]


def _count(word: str, _: bool) -> str:
    if word.strip() == "?":
        raise ValueError("such as 12, about 600, over 130, 40-45, several; `unknown` where nobody says")
    count_members(word)  # only to find out whether it can be read; the draft keeps it as flags do
    return word


def _occurred(word: str, draft: Draft) -> str:
    found = Moment.model_validate(moment_members(word))
    if draft.get("status") != "planned" and is_ahead(found, datetime.now(UTC)):
        raise ValueError(f"{found.at} is more than a day ahead; what is only planned has --set status=planned")
    return word


# -- what is there already ---------------------------------------------------------------------


def _known(draft: Draft, books: Books | None) -> tuple[list[KnownOccurrence], int]:
    book = None if books is None else books.by_exchange.get(draft["exchange"])
    if book is None:
        return [], 0
    return known_occurrences(book, partial(_fits, draft), draft.get("round"), Moment.model_validate(draft["occurred"]))


def _fits(draft: Draft, claim: Claim) -> bool:
    """Whether a claim may be about the same thing: of the same type and side, a part only beside another part."""
    if draft["type"] in DECISIONS:
        return True
    same_side = draft.get("side") in (None, claim.side)
    return claim.type == draft["type"] and same_side and (claim.part is None) == ("part" not in draft)


def _listed(known: Sequence[KnownOccurrence], more: int) -> RenderableType:
    table = plain_table(">", "Here already", "Day", ">How many", "By")
    for number, each in enumerate(known, 1):
        name = each.name if isinstance(each.name, str) else "(no name)"
        first, *others = each.publishers
        by = first if not others else f"{first} and {len(others)} more"
        table.add_row(str(number), name, moment(each.occurred), estimate(each.amount), by)
    return Group(table, _dim(f"and {more:,} that are further away in time")) if more else table


# -- asking ------------------------------------------------------------------------------------


def tell_named(event: AnyEvent) -> None:
    """Which event it is that is replaced or decided on, so that nobody takes one for another."""
    round = "" if event.round is None else f", round {event.round}"
    by = f"{event.source.publisher}, {moment(event.occurred)}"
    stderr().print(_dim(f"It is about {event.type} in {event.exchange}{round}, by {by}"), soft_wrap=False)


def _ask_for(question: Prompt, draft: Draft) -> None:
    def take(value: Any) -> None:
        if why := _complaint(question, draft, value):
            offered = next((each for each in mendings(value) if _is_taken(question, draft, each)), None)
            raise ValueError(why) if offered is None else Mistyped(why, offered)
        set_member(draft, question.path, value)

    _ask(question, draft, take)


def _is_taken(question: Prompt, draft: Draft, answer: str) -> bool:
    try:
        return _complaint(question, draft, question.read(answer, True)) is None
    except (ValueError, LedgerError):
        return False


def _complaint(question: Prompt, draft: Draft, value: Any) -> str | None:
    """What is wrong with an answer, by the rules of the field that it is for; None if nothing is."""
    trial, place = deepcopy(draft), place_of(draft, question.path)
    set_member(trial, question.path, value)
    found = (each for each in wrong(trial) if each.field == place or each.field.startswith(f"{place}."))
    return next((each.reason for each in found), None)


def _ask(question: Prompt, draft: Draft, take: Callable[[Any], None]) -> None:
    """Ask until the answer can be taken. Ctrl-C and Ctrl-D end the command."""
    offered, before = question.default, None
    if question.above is not None:
        stderr().print(question.above, soft_wrap=False)
    while True:
        answer = _answer(question, offered)
        if question.empty and answer in ("", NONE):
            return
        try:
            if not answer:
                raise ValueError("this is needed; Ctrl-C ends, and nothing is published")
            take(question.read(answer, answer == before))
            return
        except (ValueError, LedgerError) as error:
            _tell_why(error)
            offered = error.offered if isinstance(error, Mistyped) else question.default
        before = answer


def _answer(question: Prompt, offered: str) -> str:
    said: str = typer.prompt(question.asked(offered), default=offered, show_default=bool(offered), err=True)
    return said.strip()


def _tell_why(error: Exception) -> None:
    reason = error.problems[0].reason if isinstance(error, InvalidEvent) else str(error)
    stderr().print(f"[yellow]{shown(reason)}[/]", soft_wrap=False)


def _dim(text: str) -> Text:
    return Text(text, style="dim")
