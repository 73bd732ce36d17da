import pytest

from schemas.topics import CHECKPOINTS, EVENTS, REJECTED, ROUNDS, TALLIES, TOPICS, event_headers, round_key
from schemas.wellformed import MESSAGE_BYTES_MAX


def test_a_topic_is_named_with_its_ledgers_prefix() -> None:
    assert [topic.name() for topic in TOPICS] == [
        "ledger.events",
        "ledger.rejected",
        "ledger.tallies",
        "ledger.rounds",
        "ledger.checkpoints",
        "ledger.progress",
    ]
    assert EVENTS.name("drill.ledger") == "drill.ledger.events"


@pytest.mark.parametrize(("replication", "in_sync"), [(1, "1"), (2, "1"), (3, "2"), (5, "4")])
def test_a_write_needs_all_replicas_but_one(replication: int, in_sync: str) -> None:
    assert ROUNDS.settings(replication) == {**ROUNDS.config, "min.insync.replicas": in_sync}


def test_no_event_ever_expires_and_none_is_compacted_away() -> None:
    for topic in (EVENTS, REJECTED, CHECKPOINTS):
        assert topic.config["cleanup.policy"] == "delete"
        assert topic.config["retention.ms"] == topic.config["retention.bytes"] == "-1"
    assert {topic.config["cleanup.policy"] for topic in (TALLIES, ROUNDS)} == {"compact"}


def test_the_largest_event_fits_with_its_headers_and_so_does_its_refusal() -> None:
    headers = event_headers(
        type="t" * 64, version=1, id="i" * 36, exchange="E" * 64, publisher="\N{GRINNING FACE}" * 200
    )
    size = sum(len(name) + len(value) for name, value in headers.items())
    assert MESSAGE_BYTES_MAX + size < int(EVENTS.config["max.message.bytes"])
    assert int(EVENTS.config["max.message.bytes"]) + size < int(REJECTED.config["max.message.bytes"])


def test_the_headers_are_those_of_cloudevents() -> None:
    assert event_headers(
        type="captives_released",
        version=1,
        id="018bfea0-4c00-83d9-9f6d-b33a6cf0316e",
        exchange="IL-HAMAS-2023-11",
        publisher="Agência: 1/2",
    ) == {
        "ce_specversion": "1.0",
        "ce_id": "018bfea0-4c00-83d9-9f6d-b33a6cf0316e",
        "ce_type": "ledger.captives_released.v1",
        "ce_source": "Ag%C3%AAncia%3A%201%2F2",
        "ce_subject": "IL-HAMAS-2023-11",
        "ce_partitionkey": "IL-HAMAS-2023-11",
        "ce_dataschema": "urn:exchange-ledger:event:captives_released:v1",
        "content-type": "application/json",
    }


def test_the_key_of_a_round_names_its_exchange_first() -> None:
    assert round_key("IL-HAMAS-2023-11", 5) == "IL-HAMAS-2023-11/5"
