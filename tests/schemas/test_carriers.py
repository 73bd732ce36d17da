"""An event in whatever other software puts around it is the same event."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.admission import admit
from ledger.proof.signed import sign_event
from schemas.carriers import carried, with_id
from schemas.codec import decode, encode, exchange_of, skim
from schemas.dsse import event_bytes, is_same_event, is_signed
from schemas.errors import InvalidEvent
from tests.log.events import released
from tests.replay.keeping import KEY
from tests.schemas.samples import changed

EVENT = released(1)
PLAIN = encode(EVENT)
WITHOUT_ID = b"{" + PLAIN.replace(b'"id":"%s",' % EVENT.id.encode(), b"")[1:]
VECTORS = json.loads((Path(__file__).parents[2] / "schemas" / "derived_ids.json").read_text("utf-8"))


def confluent(raw: bytes) -> bytes:
    return b"\0\0\0\0\x07" + raw


def cloud_event(raw: bytes) -> bytes:
    attributes = b'"specversion":"1.0","id":"a-1","source":"https://example.org","type":"ledger.captives_released.v1"'
    return b'{%s,"datacontenttype":"application/json","data": %s}' % (attributes, raw)


def cloud_event_in_base64(raw: bytes) -> bytes:
    return b'{"data_base64":"%s","specversion":"1.0","id":"a-1","source":"x","type":"y"}' % base64.b64encode(raw)


def signed(raw: bytes) -> bytes:
    return sign_event(raw, KEY)


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda raw: raw,
    "Confluent": confluent,
    "CloudEvent": cloud_event,
    "CloudEvent in Base64": cloud_event_in_base64,
    "CloudEvent by Confluent": lambda raw: confluent(cloud_event(raw)),
    "signed": signed,
    "signed, by Confluent": lambda raw: confluent(signed(raw)),
    "signed, in a CloudEvent": lambda raw: cloud_event(signed(raw)),
    "signed, in a CloudEvent in Base64, by Confluent": lambda raw: confluent(cloud_event_in_base64(signed(raw))),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("colon", [b":", b" :", b": ", b" : ", b"\t:\n"])
def test_its_exchange_is_its_own_however_it_is_written(form: str, colon: bytes) -> None:
    taken = [{"occurrence": "o", "exchange": "OTHER-9"}]
    plain = changed(exchange="NORTH-9", groups=[{"count": {"best": 1}, "taken": taken}])
    raw = FORMS[form](plain.replace(b'"exchange":"NORTH', b'"exchange"%s"NORTH' % colon))
    assert exchange_of(raw) == decode(raw).exchange == "NORTH-9"


def test_what_carries_an_event_may_name_another_exchange() -> None:
    named = cloud_event_in_base64(PLAIN)[:-1] + b',"ext":{"exchange":"OTHER-9"}}'
    assert exchange_of(named) == decode(named).exchange == EVENT.exchange


@pytest.mark.parametrize("form", FORMS)
def test_it_is_the_same_event_to_every_reader(form: str) -> None:
    raw = FORMS[form](PLAIN)
    assert decode(raw) == EVENT
    assert skim(raw).id == EVENT.id
    assert exchange_of(raw) == EVENT.exchange
    assert event_bytes(raw) == PLAIN
    assert is_same_event(raw, PLAIN)
    assert is_signed(raw) == ("signed" in form)


@pytest.mark.parametrize("form", [form for form in FORMS if "signed" not in form])
def test_one_without_an_id_has_that_of_its_own_bytes_in_every_form(form: str) -> None:
    raw = FORMS[form](WITHOUT_ID)
    found = decode(raw)
    assert (found.id, event_bytes(raw)) == (decode(with_id(WITHOUT_ID)).id, with_id(WITHOUT_ID))
    assert skim(raw).id == found.id
    assert exchange_of(raw) == EVENT.exchange
    assert is_same_event(raw, with_id(WITHOUT_ID))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_other_languages_can_hold_their_ids_against_these(vector: dict[str, str]) -> None:
    assert decode(vector["text"].encode()).id == vector["id"]
    assert decode(f"  {vector['text']}\n".encode()).id == vector["id"]


def test_the_bytes_that_came_are_what_is_published() -> None:
    message = admit(cloud_event(PLAIN), datetime(2026, 1, 1, tzinfo=UTC))
    assert (message.id, message.payload) == (EVENT.id, cloud_event(PLAIN))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\0\0\0", "is not JSON"),
        (confluent(b"not JSON"), "is not JSON"),
        (b'{"specversion":"1.0","id":"a","source":"b","type":"c"}', "a CloudEvent has the event there"),
        (b'{"specversion":"1.0","id":"a","source":"b","type":"c","data_base64":"?"}', "is not Base64"),
        (b'{"specversion":"1.0","specversion":"1.0","data":{}}', "this key is given twice"),
        (cloud_event(PLAIN.replace(b'"best":1', b'"best":-1')), "best"),
        (cloud_event(cloud_event(PLAIN)), "exchange: is missing"),
    ],
)
def test_what_is_wrong_within_is_said_of_what_is_within(raw: bytes, said: str) -> None:
    with pytest.raises(InvalidEvent, match=said.replace("?", r"\?")):
        decode(raw)


ATTRIBUTES = b'{"specversion":"1.0","id":"a","source":"b","type":"c",'


@pytest.mark.parametrize("depth", [100, 400, 900, 990, 2_000, 20_000])
def test_one_that_is_nested_too_deep_is_refused_and_breaks_nothing(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    for raw in (ATTRIBUTES + b'"data":%s}' % deep, ATTRIBUTES + b'"x":%s,"data":{}}' % deep):
        with pytest.raises(InvalidEvent):
            decode(raw)
        assert exchange_of(raw) is None


def test_numbers_and_texts_that_no_reader_takes_are_refused_and_break_nothing() -> None:
    for wrong in (b"1" * 5_000, b"1e999", b'"\\ud800"', b"NaN", b"-", b'"\xff"', b'{"a":1,"a":2}'):
        for raw in (ATTRIBUTES + b'"data":%s}' % wrong, ATTRIBUTES + b'"x":%s,"data":{}}' % wrong):
            with pytest.raises(InvalidEvent):
                decode(raw)
            with pytest.raises(InvalidEvent):
                skim(raw)
            assert exchange_of(raw) is None


def test_an_event_that_speaks_of_such_things_is_left_alone() -> None:
    told = encode(EVENT.model_copy(update={"note": 'they said "specversion" and "data"'}))
    assert carried(told) == told
    assert decode(told).id == EVENT.id
