"""The fast way of validation: the rules of the models and no others, for bytes as this software writes them."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, cast

import orjson
import pytest
from hypothesis import given, settings
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from schemas.codec import UPCASTERS, Codec, accept, encode
from schemas.errors import InvalidEvent
from schemas.events import EVENT_TYPES, AnyEvent, Event
from schemas.structs import checked_decoder
from schemas.values import Value
from schemas.vocabulary import Status
from tests.log.events import released
from tests.schemas.samples import accepted_otherwise, changed, differences, example, inserted
from tests.schemas.test_carriers import cloud_event, confluent
from tests.signing import signed
from tests.strategies import events_of


def refuse(raw: bytes) -> object:
    raise AssertionError(f"not by the fast way: {raw!r}")


@pytest.fixture
def fast() -> Codec:
    """A codec whose slow way ends the test."""
    codec = Codec(EVENT_TYPES, Event, UPCASTERS)
    codec.__dict__["_validate"] = refuse
    return codec


@pytest.mark.parametrize("type", EVENT_TYPES)
def test_what_is_encoded_is_read_by_the_fast_way_to_the_same_event(type: str, fast: Codec) -> None:
    @settings(max_examples=12)
    @given(events_of(type))
    def read(event: AnyEvent) -> None:
        raw = encode(event)
        assert list(differences(event, fast.accept(raw) if b"\\" not in raw else accept(raw), lean=False)) == []

    read()


@pytest.mark.parametrize(
    "raw",
    [
        changed(status="reported"),
        changed(note="“Geneva”, Женева, جنيف, 日内瓦"),
        changed("aid_delivered", version=1),
        inserted('"round":null'),
    ],
    ids=["a default that is written out", "text beyond ASCII", "the version", "null for nothing"],
)
def test_what_others_write_is_read_by_the_fast_way_too(raw: bytes, fast: Codec) -> None:
    fast.accept(raw)
    assert accepted_otherwise(raw) == []


ODD = {
    "spaces": orjson.dumps(orjson.loads(example("captives_released")), option=orjson.OPT_INDENT_2),
    "escapes": changed(note='"so"'),
    "a line's end": changed() + b"\n",
    "no version": changed(version=...),
    "another version": changed(version=2),
    "a version that is no whole number": changed().replace(b'"version":1', b'"version":1.0'),
    "a version of a thousand digits": changed().replace(b'"version":1', b'"version":' + b"1" * 1000),
    "another type": changed(type="captives_praised"),
    "no id": changed(id=...),
    "a key twice": inserted('"round":1,"round":2'),
    "a key twice, the same": inserted('"status":"reported","status":"reported"'),
    "a key twice, in a part": inserted('"part":{"of":"a","of":"b","by":"batch"}'),
    "a key twice, as long as what is left out": inserted('"version":1').replace(b'"version":1,', b"", 1),
    "minus nothing": inserted('"round":-0'),
    "a power": inserted('"round":1e2'),
    "bidi": changed(note="a\u202eb"),
    "delete": inserted(b'"note":"a\x7fb"'),
    "not normalised": changed(note="e\u0301"),
    "half a character": inserted(b'"note":"\xed\xa0\x80"'),
    "not UTF-8": inserted(b'"note":"\xff"'),
    "too long": changed(note="a" * 2001),
    "empty": changed(note=""),
    "itself": changed(supersedes=orjson.loads(changed())["id"], reason="corrected", occurrence="o"),
    "a part of itself": changed(occurrence="o", part={"of": "o", "by": "batch"}),
    "too many groups": changed(groups=[{"count": {"best": 1}}] * 257),
    "no group": changed(groups=[]),
    "a count that contradicts itself": changed(groups=[{"count": {"best": 1, "low": 2}}]),
    "a day that is none": changed(occurred={"at": "2023-02-30", "precision": "day"}),
    "a year of other digits": changed(occurred={"at": "٢٠٢٣", "precision": "year"}),
    "publication in another form": changed(source={"publisher": "P", "kind": "wire", "published": "28.11.2023"}),
    "an unknown field": changed(rounds=1),
    "not JSON": b"{",
    "a list": b"[]",
    "nothing": b"",
    "64 KiB": changed(note="a" * 70_000),
}


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD)
def test_what_is_odd_is_taken_or_refused_as_ever(raw: bytes) -> None:
    assert accepted_otherwise(raw) == []


@pytest.mark.parametrize(
    "carry", [signed, lambda event: cloud_event(encode(event)), lambda event: confluent(encode(event))]
)
def test_what_carries_an_event_is_taken_off_on_the_fast_way(carry: Callable[[AnyEvent], bytes], fast: Codec) -> None:
    raw = carry(released(1))
    assert list(differences(released(1), fast.accept(raw), lean=False)) == []
    assert accepted_otherwise(raw) == []


def test_an_error_of_the_fast_way_is_told_in_the_words_of_the_slow_one() -> None:
    with pytest.raises(InvalidEvent, match="status"):
        accept(changed(status="rumoured"))


# -- what cannot be derived --------------------------------------------------------------------


def model(of: Any, /, **members: Any) -> type[Value]:
    namespace = {"__annotations__": {"type": Literal["t"], "version": Literal[1], "x": of}, "type": "t", "version": 1}
    return cast("type[Value]", type("Odd", (Value,), {**namespace, **members, "__module__": __name__}))


def as_it_is(value: Any) -> Any:
    return value


UNDERIVABLE: dict[str, Callable[[], type[BaseModel]]] = {
    "validated before": lambda: model(Annotated[str, BeforeValidator(as_it_is)]),
    "changed": lambda: model(Annotated[str, StringConstraints(strip_whitespace=True)]),
    "items validated": lambda: model(Annotated[tuple[Annotated[str, AfterValidator(as_it_is)], ...], Field()]),
    "a multiple": lambda: model(Annotated[int, Field(multiple_of=2)]),
    "a validator of a field": lambda: model(str, looks=field_validator("x")(classmethod(lambda cls, value: value))),
    "a validator of all, before": lambda: model(str, looks=model_validator(mode="before")(as_it_is)),
}


@pytest.mark.parametrize("made", UNDERIVABLE.values(), ids=UNDERIVABLE)
def test_a_rule_that_cannot_be_carried_over_fails_loudly(made: Callable[[], type[BaseModel]]) -> None:
    with pytest.raises(LookupError):
        checked_decoder({"t": made()})


def test_the_terms_of_a_vocabulary_are_those_of_the_models(fast: Codec) -> None:
    with pytest.raises(AssertionError, match="not by the fast way"):
        fast.accept(changed(status="rumoured"))
    for status in Status.__args__:  # type: ignore[attr-defined]
        fast.accept(changed(status=status))
