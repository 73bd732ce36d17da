from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

import orjson
import pytest
from hypothesis import given, settings
from pydantic import Field

from schemas.carriers import with_id
from schemas.codec import GUESSES_MAX, Codec, UnknownEvent, Upcaster, decode, encode, exchange_of, skim
from schemas.envelope import Envelope
from schemas.errors import WORDS_MAX, InvalidEvent, Problem
from schemas.events import EVENT_TYPES, AnyEvent, PauseStarted, PositionDeclared
from schemas.values import Moment, Name, Source, Value
from tests.log.events import EXCHANGE, released
from tests.schemas.samples import changed, differences, example, inserted
from tests.strategies import events_of

ID: str = orjson.loads(changed())["id"]
NAMED = {"publisher": "P", "kind": "wire"}
BOTH_PATHS = pytest.mark.parametrize("read", [decode, skim], ids=["decode", "skim"])


def problems(raw: bytes) -> list[Problem]:
    with pytest.raises(InvalidEvent) as caught:
        decode(raw)
    return list(caught.value.problems)


def identified(**ids: Any) -> bytes:
    """A party with external ids."""
    return changed("party_registered", external_ids=ids)


# -- round trips -------------------------------------------------------------------------------


@pytest.mark.parametrize("type", EVENT_TYPES)
def test_what_is_encoded_is_decoded_to_the_same_event(type: str) -> None:
    @settings(max_examples=12)
    @given(events_of(type))
    def round_trip(event: AnyEvent) -> None:
        raw = encode(event)
        assert decode(raw) == event
        assert encode(cast("AnyEvent", decode(raw))) == raw
        assert list(differences(event, skim(raw))) == []

    round_trip()


def test_bytes_are_compact_and_leave_defaults_out() -> None:
    event = PauseStarted(
        id="018c03c6-a800-80df-835c-1154759a532a",
        exchange="IL-1",
        occurred=Moment.day("2023-11-24"),
        source=Source(publisher="P", kind="wire", credibility=6),
        pause="p",
        hours=None,
    )
    assert encode(event) == (
        b'{"type":"pause_started","version":1,"id":"018c03c6-a800-80df-835c-1154759a532a","exchange":"IL-1",'
        b'"occurred":{"at":"2023-11-24","precision":"day"},"source":{"publisher":"P","kind":"wire"},"pause":"p"}'
    )


def test_zero_is_a_statement_and_is_written() -> None:
    raw = changed(groups=[{"count": {"best": 0}}])
    assert b'"best":0' in encode(cast("AnyEvent", decode(raw)))


@pytest.mark.parametrize("note", ["a\0b", "a\u202eb", "e\u0301", "a\nb"])
def test_text_that_decode_refuses_is_not_encoded_either(note: str) -> None:
    event = PauseStarted(
        exchange="IL-1",
        occurred=Moment.day("2023-11-24"),
        source=Source(publisher="P", kind="wire"),
        pause="p",
        note=note,
    )
    with pytest.raises(InvalidEvent, match="note: "):
        encode(event)


def test_an_event_too_large_to_be_decoded_is_not_encoded_either() -> None:
    large = PositionDeclared(
        exchange="IL-1",
        occurred=Moment.day("2023-11-24"),
        source=Source(publisher="P", kind="wire"),
        party="p",
        conditions=("x" * 2_000,) * 40,
    )
    with pytest.raises(InvalidEvent, match="65,536"):
        encode(large)


# -- versions ----------------------------------------------------------------------------------


class Signal(Envelope):
    """A type in its third version: version 1 had `word`, version 2 `words`, version 3 `letters`."""

    type: Literal["signal_sent"] = "signal_sent"
    version: Literal[3] = 3
    letters: Name
    loud: bool = False


class Silence(Envelope):
    """A type in its first version."""

    type: Literal["silence_kept"] = "silence_kept"
    version: Literal[1] = 1


def words_from_word(members: dict[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in members.items() if name != "word"}, "words": [members["word"]]}


def letters_from_words(members: dict[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in members.items() if name != "words"}, "letters": "".join(members["words"])}


MODELS: Mapping[str, type[Value]] = {"signal_sent": Signal, "silence_kept": Silence}
UNION = Annotated[Signal | Silence, Field(discriminator="type")]
UPCASTERS: Mapping[tuple[str, int], Upcaster] = {
    ("signal_sent", 1): words_from_word,
    ("signal_sent", 2): letters_from_words,
}
CODEC = Codec(MODELS, UNION, UPCASTERS)
BOTH_LIFT = pytest.mark.parametrize("read", [CODEC.decode, CODEC.skim], ids=["decode", "skim"])


def signal(**members: Any) -> bytes:
    envelope = orjson.loads(example("captives_released", ".minimal"))
    del envelope["groups"], envelope["version"]
    return orjson.dumps({**envelope, "type": "signal_sent", **members})


@BOTH_LIFT
@pytest.mark.parametrize(
    "members",
    [
        {"word": "abc"},
        {"version": 1, "word": "abc"},
        {"version": 2, "words": ["ab", "c"]},
        {"version": 3, "letters": "abc"},
    ],
    ids=["no version", "version 1", "version 2", "version 3"],
)
def test_older_versions_are_lifted_on_both_paths(read: Any, members: dict[str, Any]) -> None:
    event = read(signal(**members))
    assert (event.type, event.version, event.letters, event.loud) == ("signal_sent", 3, "abc", False)
    assert (event.id, event.exchange) == (ID, "IL-HAMAS-2023-11")


@BOTH_LIFT
def test_an_event_without_a_version_is_never_taken_for_a_later_one(read: Any) -> None:
    with pytest.raises(InvalidEvent, match="version 1"):
        read(signal(letters="abc"))


@BOTH_LIFT
@pytest.mark.parametrize(
    "members",
    [{"word": ["abc"]}, {"version": 2, "words": 7}, {"version": 2, "words": None}, {"version": 1}, {"word": ""}],
)
def test_a_broken_older_event_is_invalid(read: Any, members: dict[str, Any]) -> None:
    with pytest.raises(InvalidEvent):
        read(signal(**members))


@BOTH_LIFT
@pytest.mark.parametrize("version", [0, -1, "1", 1.0, True, None, 2.5])
def test_a_version_is_a_whole_number_from_one(read: Any, version: Any) -> None:
    with pytest.raises(InvalidEvent, match="version"):
        read(signal(version=version, word="abc"))


@BOTH_LIFT
def test_a_newer_version_is_unknown_and_keeps_its_envelope(read: Any) -> None:
    event = read(signal(version=4, anything={"deep": [1, 2.5]}))
    assert isinstance(event, UnknownEvent)
    assert (event.type, event.version, event.exchange) == ("signal_sent", 4, "IL-HAMAS-2023-11")


def test_a_lifted_event_without_an_id_has_that_of_its_own_bytes() -> None:
    raw = orjson.dumps({name: value for name, value in orjson.loads(signal(word="a")).items() if name != "id"})
    assert CODEC.decode(raw).id == orjson.loads(with_id(raw))["id"]


def test_a_codec_without_an_upcaster_is_refused_at_once() -> None:
    with pytest.raises(LookupError, match="signal_sent from version 2"):
        Codec(MODELS, UNION, {("signal_sent", 1): words_from_word})


@BOTH_PATHS
@pytest.mark.parametrize(
    ("members", "known_as"),
    [
        ({"type": "captives_exchanged"}, ("captives_exchanged", 1)),
        ({"type": "captives_exchanged", "version": ...}, ("captives_exchanged", 1)),
        ({"type": "captives_exchanged", "version": 7, "new": [{"x": 0.5}]}, ("captives_exchanged", 7)),
        ({"version": 2}, ("captives_released", 2)),
        ({"version": 9, "groups": "other"}, ("captives_released", 9)),
    ],
)
def test_unknown_types_and_versions_are_kept(read: Any, members: dict[str, Any], known_as: tuple[str, int]) -> None:
    event = read(changed(**members))
    assert isinstance(event, UnknownEvent)
    assert (event.type, event.version) == known_as


@BOTH_PATHS
@pytest.mark.parametrize("field", ["id", "exchange"])
def test_an_unknown_event_needs_a_readable_envelope(read: Any, field: str) -> None:
    for value in (7, "?", *([...] if field != "id" else [])):
        with pytest.raises(InvalidEvent, match=f"^type: .*; {field}: "):
            read(changed(type="captives_exchanged", **{field: value}))


@pytest.mark.parametrize("name", ["", "Captives", "captives released", "x" * 100, "1a"])
def test_the_name_of_an_unknown_type_is_a_name(name: str) -> None:
    assert problems(changed(type=name))[0].field == "type"


# -- messages ----------------------------------------------------------------------------------


def test_a_misspelt_type_is_told_before_what_else_is_wrong() -> None:
    first, second = problems(changed(type="captive_released", exchange=...))
    assert (first.field, second.field) == ("type", "exchange")
    assert "did you mean captives_released?" in first.reason


@pytest.mark.parametrize(
    ("raw", "field", "mend"),
    [
        (changed(exchange=...), "exchange", "is missing; add it"),
        (changed(type=...), "type", "is missing; say what kind of event this is"),
        (changed(type=["captives_released"]), "type", "is no event type; did you mean captives_released?"),
        (changed(type="Captive_Released"), "type", "is no event type; did you mean captives_released?"),
        (changed(type="ledger.captives_released.v1"), "type", "is no event type; did you mean captives_released?"),
        (changed(victims=3), "victims", "is not a field of this event; remove it or correct its name"),
        (changed(groups=[{"count": {"best": 1, "bets": 1}}]), "groups.0.count.bets", "did you mean best?"),
        (changed(regoin="Rafah"), "regoin", "remove it or correct its name: did you mean region?"),
        (changed(source={**NAMED, "sha265": "0" * 64}), "source.sha265", "did you mean sha256?"),
        (
            changed(source={**NAMED, "sha256": "AB" * 32}),
            "source.sha256",
            f"in lower case, as `sha256sum FILE` prints them; write {'ab' * 32}",
        ),
        (changed(source={**NAMED, "sha256": "ab"}), "source.sha256", "'ab' should be 64 digits of 0-9 and a-f"),
        (changed(source={**NAMED, "archived": "http://a.example"}), "source.archived", "should be an https link"),
        (changed(exchange="north-south"), "exchange", "; write NORTH-SOUTH"),
        (changed(by="Hamas"), "by", "; write hamas"),
        (identified(wikidata="q42"), "external_ids.wikidata", "Q and digits, such as Q42; write Q42"),
        (identified(wikidata="42"), "external_ids.wikidata", "Q and digits, such as Q42"),
        (identified(ucdp="12a"), "external_ids.ucdp", "digits alone, such as 234"),
        (identified(ucdp=234), "external_ids.ucdp", "should be text; put it in quotes"),
        (identified(acled="Al Aqsa"), "external_ids.acled", "without spaces"),
        (identified(acled="x" * 65), "external_ids.acled", "at most 64 characters"),
        (identified(wikidta="Q42"), "external_ids.wikidta", "did you mean wikidata?"),
        (identified(), "external_ids", "give `wikidata`, `ucdp` or `acled`, or leave it out"),
        (changed(groups=[{"count": {"best": 7, "qualifier": "over"}}]), "groups.0.count", "never has a `best`"),
        (changed(groups=[{"count": {}}]), "groups.0.count", "use qualifier `unknown`"),
        (changed(groups=[]), "groups", "needs at least one"),
        (changed(round=0), "round", "should be at least 1"),
        (changed(round="1"), "round", "should be a whole number"),
        (changed(version=0), "version", "should be 1"),
        (changed(version=1.0), "version", "write 1"),
        (changed(status="sure"), "status", "planned, reported"),
        (changed(occurred={"at": "2023-11-24", "precision": "minute"}), "occurred", "such as 2023-11-24T07:00"),
        (changed(occurred={"at": "2023-02-30", "precision": "day"}), "occurred", "not in the calendar"),
        (changed(source={"publisher": "P"}), "source.kind", "is missing; add it"),
        (changed(supersedes="018bfea0-4c00-8d77-8cbd-58cfb27e4fa3"), "", "`supersedes` and `reason`"),
    ],
)
def test_a_problem_names_its_field_and_how_to_mend_it(raw: bytes, field: str, mend: str) -> None:
    (problem,) = problems(raw)
    assert problem.field == field
    assert mend in problem.reason
    assert "Value error" not in problem.reason


def test_all_problems_are_reported_at_once() -> None:
    found = problems(changed(exchange=..., round=0, victims=3))
    assert [problem.field for problem in found] == ["exchange", "round", "victims"]
    assert str(InvalidEvent(*found)).count("; ") >= 2


@pytest.mark.parametrize("raw", [b"", b" ", b"null", b"[]", b"7", b'"x"', b"{}", b"{", b"{}{}", b"[{}]", b"nonsense"])
def test_what_is_no_event_object_is_told_so(raw: bytes) -> None:
    (problem,) = problems(raw)
    assert problem.reason


def test_what_is_wrong_with_a_message_is_said_in_bounded_words_and_known_whole() -> None:
    raw = b'{"type":"terms_proposed","pledges":[' + b"{}," * 20_000 + b"{}]}"
    with pytest.raises(InvalidEvent) as found:
        decode(raw)
    assert len(found.value.problems) > 40_000
    assert len(str(found.value)) == WORDS_MAX
    assert str(found.value).endswith(f"... ({len(found.value.problems):,} problems in all)")


def test_of_thousands_of_misspelt_fields_few_are_guessed_at() -> None:
    found = problems(inserted(",".join(f'"regoin{n}":1' for n in range(3_000))))
    assert len(found) == 3_000
    assert 0 < sum("did you mean region?" in each.reason for each in found) <= GUESSES_MAX


def test_whitespace_around_members_is_allowed() -> None:
    pretty = orjson.dumps(orjson.loads(example("captives_released")), option=orjson.OPT_INDENT_2)
    assert decode(pretty) == decode(example("captives_released"))


def test_problems_read_inserted_members_by_their_path() -> None:
    assert problems(inserted('"by":7'))[0].field == "by"


def test_the_exchange_is_the_events_own_however_its_key_is_written() -> None:
    """Else an event is relayed to the home of another exchange, and from there again, for ever."""
    raw = encode(released(1))
    own = raw.replace(b'"exchange"', b'"exch\\u0061nge"')
    newer = own.replace(b'"captives_released"', b'"not_known_yet"')[:-1] + b',"inner":{"exchange":"OTHER-9"}}'
    for each in (raw, own, newer):
        assert exchange_of(each) == decode(each).exchange == EXCHANGE
    assert exchange_of(b'{"exchange":"OTHER-9","exchange":"OTHER-9"}') is None
    assert exchange_of(b"\xff") is None
