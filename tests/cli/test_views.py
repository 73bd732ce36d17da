"""Each kind of view is shown by the command that its row names, and is what is made of the books."""

from io import StringIO
from pathlib import Path

import orjson
import pytest
from rich.console import Console

from ledger.cli.render import plain_table
from ledger.views import MAKERS, Asked, check, made
from schemas.events import AnyEvent
from schemas.view_kinds import VIEW_KINDS, ViewKind
from schemas.views import view_bytes
from tests.cli.run import inside
from tests.command_lines import leaves
from tests.history.bundled import NOVEMBER, history, read

SHOWN = {name: kind for name, kind in VIEW_KINDS.items() if kind.command is not None}
BUNDLED = {name: kind for name, kind in SHOWN.items() if name != "doubles"}
"""What the bundled history has any of; `ledger doubles` is held where notices are."""
ITEMS = {"round": "3", "figure": "captives.nationals"}
OPTIONS = {"round": ["--round", "3"], "explanation": ["captives.nationals"]}


@pytest.mark.parametrize("kind", BUNDLED.values(), ids=BUNDLED)
def test_the_command_of_a_kind_shows_its_views(kind: ViewKind, loaded: Path) -> None:
    events: dict[str, AnyEvent] = {event.id: event for event in history()}
    views = made(kind, Asked(read(), NOVEMBER, ITEMS.get(kind.item or "", ""), events.__getitem__))
    shown = inside(loaded, str(kind.command), "--json", NOVEMBER, *OPTIONS.get(kind.name, [])).lines
    assert views
    assert [each for each in views if orjson.loads(view_bytes(each)) not in shown] == []


def test_what_no_command_shows_is_named_so_and_every_named_one_is_there() -> None:
    assert {kind.command for kind in SHOWN.values()} <= {*leaves("ledger")}
    assert {*VIEW_KINDS} - {*SHOWN} == {"claims"}


def test_a_kind_without_a_maker_ends_the_program_and_so_does_a_maker_of_no_kind() -> None:
    without = {name: maker for name, maker in MAKERS.items() if name != "pauses"}
    with pytest.raises(LookupError, match="pauses is a kind of view without a maker"):
        check(VIEW_KINDS, without)
    with pytest.raises(LookupError, match="quarters is a maker of no kind"):
        check(VIEW_KINDS, {**MAKERS, "quarters": MAKERS["pauses"]})


def test_a_name_is_not_broken_within_a_word_while_there_is_room() -> None:
    names = ["r3-Ostrel-civilians-alive", "r4-Ostrel-soldiers-alive", "r12-Ostrel-women_and_children-alive"]
    table = plain_table(">", "Here already", "Day", ">How many", "By")
    for number, name in enumerate(names):
        table.add_row(str(number), name, "2024-04-02", "about 1,200", "Varnian Defence Ministry and 1 more")
    with (console := Console(width=80, file=StringIO())).capture() as shown:
        console.print(table)
    assert all(name in shown.get() for name in names)
