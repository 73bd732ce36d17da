"""What a mapping can say beyond one event a row: several, other tables, conditions, declarations, single rows."""

from pathlib import Path

import pytest

from ledger.errors import UsageError
from ledger.mapping.document import TableMapping
from schemas.events import (
    AnyEvent,
    CaptivesReleased,
    ExchangeOpened,
    PartyRegistered,
)
from schemas.ids import derive_id
from schemas.values import ExternalIds
from tests.mapping.reading import mapped

MAPPING = """
dataset = "test"
key = ["id"]
[fields]
exchange = "{place}"
occurrence = "{id}-{what}"
occurred = "{date:moment}"
"groups.0.count" = "{number:count}"
[fields.source]
publisher = "{by:mapped(desk):member(name)}"
kind = "newspaper"
[join.desk]
file = "desks.csv"
key = "code"
"""

EVENTS = """
[event.captives]
when = { freed = "?*" }
fields = { type = "captives_released", occurrence = "{id}-captives", "groups.0.count" = "{freed:count}" }
[event.prisoners]
when = { let_go = "?*" }
unless = { let_go = ["0", "none"] }
fields = { type = "prisoners_released", occurrence = "{id}-prisoners", "groups.0.count" = "{let_go:count}" }
[event.dead]
when = { dead = "?*" }
fields = { type = "remains_returned", occurrence = "{id}-dead", "groups.0.count" = "{dead:count}", by = "{hands_over}" }
[type.remains_returned]
"groups.0.vital" = "remains"
"""

TABLE = b"""id,place,date,freed,let_go,dead,by,hands_over
1,BRIDGE,2017-03-05,12,36,,RP,
2,BRIDGE,2017-03-06,about 5,none,2,CW,south
3,FERRY,2017-03-07,x,4,,RP,
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "desks.csv").write_text("code,name\nRP,The River Post\nCW,Coast Wire\n", "utf-8")
    return tmp_path


def load(here: Path, text: str, name: str = "mapping.toml") -> TableMapping:
    (here / name).write_text(text, "utf-8")
    return TableMapping.load(here / name)


def many(here: Path, more: str = "") -> TableMapping:
    plain = MAPPING.replace('occurrence = "{id}-{what}"\n', "").replace('"groups.0.count" = "{number:count}"\n', "")
    return load(here, plain + EVENTS + more)


def said(told: list[AnyEvent]) -> list[tuple[str, str, str]]:
    return [(each.type, str(each.occurrence), each.source.publisher) for each in told]


def test_a_row_is_several_events_and_each_is_refused_by_itself(here: Path) -> None:
    told, refused = mapped("rows.csv", TABLE, many(here))
    assert said(told) == [
        ("captives_released", "1-captives", "The River Post"),
        ("prisoners_released", "1-prisoners", "The River Post"),
        ("captives_released", "2-captives", "Coast Wire"),
        ("remains_returned", "2-dead", "Coast Wire"),
        ("prisoners_released", "3-prisoners", "The River Post"),
    ]
    [problem] = refused
    assert problem.startswith("4: freed: 'x' is no count")
    assert [each.id for each in told[:2]] == [derive_id("test", "1/captives"), derive_id("test", "1/prisoners")]


def test_any_exchange_can_be_declared_from_its_first_row(here: Path) -> None:
    more = """
    [curator]
    publisher = "The desk"
    kind = "derived"
    [party.south]
    name = "South"
    kind = "state"
    [exchange."*"]
    title = "Exchanges at the {place}"
    process = "RIVER"
    [exchange."*".parties]
    south = ["holder"]
    """
    told, _ = mapped("rows.csv", TABLE, many(here, more))
    opened = [each for each in told if isinstance(each, ExchangeOpened)]
    assert [(each.exchange, each.title, each.process, each.occurred.at) for each in opened] == [
        ("BRIDGE", "Exchanges at the BRIDGE", "RIVER", "2017-03-05"),
        ("FERRY", "Exchanges at the FERRY", "RIVER", "2017-03-07"),
    ]
    parties = [each for each in told if isinstance(each, PartyRegistered)]
    assert [(each.exchange, each.party, each.name, each.roles) for each in parties] == [
        ("BRIDGE", "south", "South", ("holder",)),
        ("FERRY", "south", "South", ("holder",)),
    ]
    assert [each.type for each in told][:3] == ["exchange_opened", "party_registered", "captives_released"]


DECLARED = """
[curator]
publisher = "The desk"
kind = "derived"
[party.south]
name = "South"
kind = "state"
external_ids = { wikidata = "Q42", acled = "South" }
[exchange."*"]
title = "Exchanges at the {place}"
external_ids = { wikidata = "Q43", acled = "{hands_over}-{by}" }
[exchange."*".parties]
south = ["holder"]
"""


def test_what_other_datasets_call_exchanges_and_parties_is_declared_too(here: Path) -> None:
    told, refused = mapped("rows.csv", TABLE, many(here, DECLARED))
    ids = [each.external_ids for each in told if isinstance(each, ExchangeOpened | PartyRegistered)]
    south = ExternalIds(wikidata="Q42", acled="South")
    assert ids == [ExternalIds(wikidata="Q43"), south, ExternalIds(wikidata="Q43"), south]
    without = TABLE.replace(b"1,BRIDGE,2017-03-05,12,36,,RP,", b"1,BRIDGE,2017-03-05,12,36,,RP,a")
    [first, *_] = mapped("rows.csv", without, many(here, DECLARED.replace('wikidata = "Q43", ', "")))[0]
    assert isinstance(first, ExchangeOpened)
    assert first.external_ids == ExternalIds(acled="a-RP")
    assert len(refused) == 1


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ('"Q42"', '"q42"', "party.south.external_ids.wikidata: 'q42' should be the id of a Wikidata item.*write Q42"),
        ('wikidata = "Q42"', "wikidta = 'Q42'", r"external_ids.wikidta: has no meaning here.*did you mean wikidata\?"),
        ('"Q42"', "42", "party.south.external_ids.wikidata: 42 should be text; put it in quotes"),
        ('wikidata = "Q43"', "wikidta = 'Q43'", r"exchange.\*.external_ids.wikidta: .*did you mean wikidata\?"),
        ("[curator]", "[curater]", r"curater: has no meaning here.*did you mean curator\?"),
        ('kind = "state"', "knid = 'state'", r"party.south.knid: .*did you mean kind\?"),
    ],
)
def test_a_section_that_says_something_else_is_refused_with_what_may_be_meant(
    here: Path, written: str, instead: str, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        many(here, DECLARED.replace(written, instead, 1))


def test_an_external_id_of_an_exchange_is_checked_when_it_is_declared(here: Path) -> None:
    _, refused = mapped("rows.csv", TABLE, many(here, DECLARED.replace('"Q43"', '"{place}"')))
    assert any(each.startswith("exchange.BRIDGE: external_ids.wikidata: 'BRIDGE' should be") for each in refused)


def test_what_is_known_of_a_row_concerns_its_events_or_one_of_them(here: Path) -> None:
    more = '[row.1]\ncolumns = { date = "2017-03-08" }\n[row."1/prisoners"]\nfields = { round = 7 }\n'
    told, _ = mapped("rows.csv", TABLE, many(here, more))
    assert [(each.occurred.at, each.round) for each in told[:2]] == [("2017-03-08", None), ("2017-03-08", 7)]


ONE = MAPPING.replace("[fields]\n", '[fields]\ntype = "captives_released"\n', 1)


def test_columns_are_made_of_others_and_choices_end_with_nothing(here: Path) -> None:
    mapping = load(
        here,
        ONE
        + """
        [columns]
        what = [{ when = { note = ["*child*", "*minor*"] }, is = "young" }, { is = "{group}" }, { is = "all" }]
        number = [{ when = { shown = "no" }, is = "" }, { is = "{count}" }, { is = "unknown" }]
        [type.captives_released]
        facilitators = ["{through:list:mapped:first}", "relief"]
        "groups.0.holder" = "{who:mapped}"
        [values.who]
        them = "south"
        "*" = "*"
        [values.through]
        rc = "relief_cross"
        nobody = ""
        [table]
        optional = ["shown", "group"]
        empty = { who = "north" }
        """,
    )
    table = b"""id,place,date,note,count,by,through,who
1,BRIDGE,2017,two Children,2,RP,nobody; rc,them
2,BRIDGE,2017,,,RP,,
3,BRIDGE,2017,,3,RP,rc,east
"""
    told, refused = mapped("rows.csv", table, mapping)
    assert refused == []
    released = [each for each in told if isinstance(each, CaptivesReleased)]
    assert [
        (each.occurrence, each.groups[0].count.best, each.groups[0].holder, each.facilitators) for each in released
    ] == [
        ("1-young", 2, "south", ("relief_cross", "relief")),
        ("2-all", None, "north", ("relief",)),
        ("3-all", 3, "east", ("relief_cross", "relief")),
    ]
    hidden = b"id,place,date,note,count,by,through,who,shown\n1,BRIDGE,2017,,2,RP,,,no\n"
    assert mapped("rows.csv", hidden, mapping) == ([], ["2: groups.0.count: is missing; add it"])


def test_a_mapping_extends_one_beside_it(here: Path) -> None:
    (here / "base.toml").write_text(ONE, "utf-8")
    mapping = load(here, 'extends = "base.toml"\ndataset = "other"\n[fields]\noccurrence = "{id}"\n')
    told, _ = mapped("rows.csv", b"id,place,date,number,by\n1,BRIDGE,2017,3,RP\n", mapping)
    assert (told[0].id, told[0].occurrence) == (derive_id("other", "1"), "1")


def test_another_row_is_named_by_its_key_and_its_event(here: Path) -> None:
    more = """
    [type."captives_released remains_returned"]
    supersedes = "{replaces:id}"
    reason = [{ when = { replaces = "?*" }, is = "corrected" }]
    """
    table = TABLE.replace(b"hands_over", b"hands_over,replaces").replace(b",south", b",south,1")
    told, _ = mapped("rows.csv", table, many(here, more))
    assert [(each.type, each.supersedes) for each in told if each.supersedes] == [
        ("captives_released", derive_id("test", "1/captives")),
        ("remains_returned", derive_id("test", "1/dead")),
    ]


WRONG: dict[str, tuple[str, str]] = {
    "a kind that is none": ('[type.captives_released]\nby = "{x:lst}"', "'lst' is none of text, list"),
    "brackets that are missing": ('[type.captives_released]\nby = "{x:member}"', "takes something in brackets"),
    "brackets that mean nothing": ('[type.captives_released]\nby = "{x:int(3)}"', "int takes no brackets"),
    "words that are not there": ('[type.captives_released]\nby = "{x:mapped(y)}"', "there is no [values.y]"),
    "a type that is none": ('[type."captives_relesed"]\nby = "x"', "captives_released"),
    "types that are none": ('[type."capt?ves*x"]\nby = "x"', "capt?ves*x"),
    "a file that is not there": ('[join.more]\nfile = "no.csv"\nkey = "id"', "no.csv"),
    "a key that the file has not": ('[join.more]\nfile = "desks.csv"\nkey = "cod"', "is it 'code'?"),
    "nobody who declares": ('[exchange.A]\ntitle = "A"', "curator: is missing"),
    "a base that does not ship": ('extends = "claim"', "claims does"),
    "a choice of nonsense": ('[columns]\nx = [{ is = "a", if = "b" }]', "columns.x"),
    "a field as a whole and in parts": ('[type.captives_released]\ngroups = "{x:list}"', "is given as a whole"),
}


@pytest.mark.parametrize(("more", "reason"), WRONG.values(), ids=WRONG)
def test_a_mapping_that_does_not_fit_together_says_where(here: Path, more: str, reason: str) -> None:
    text = f"{more}\n{ONE}" if more.startswith("extends") else f"{ONE}\n{more}\n"
    with pytest.raises(UsageError) as error:
        load(here, text)
    assert str(error.value).startswith(f"{here / 'mapping.toml'}: ")
    assert reason in str(error.value)


def test_a_mapping_that_extends_itself_says_so(here: Path) -> None:
    (here / "a.toml").write_text('extends = "b.toml"\n', "utf-8")
    with pytest.raises(UsageError, match="extends itself"):
        load(here, 'extends = "a.toml"\n', "b.toml")


def test_a_key_that_stands_twice_in_a_joined_table_is_refused(here: Path) -> None:
    (here / "desks.csv").write_text("code,name\nRP,The River Post\nRP,Another\n", "utf-8")
    with pytest.raises(UsageError, match=r"desks\.csv:3: 'RP' stands twice in code"):
        load(here, ONE)
