"""asyncapi.json: the Kafka topics of a ledger as one AsyncAPI 3.0 document, generated from the models.

It stands on its own: the JSON Schemas are in it, and what they share is in it once.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import TypeAdapter

from schemas import dsse, topics
from schemas.contracts.kind_words import kind_words
from schemas.contracts.published import Document, view_schema
from schemas.contracts.topic_schemas import envelope_schema, side_by_side
from schemas.topics import Topic
from schemas.values import EventId, ExchangeId

BINDING = "0.5.0"
"""The version of AsyncAPI's Kafka bindings."""

_EXCHANGE = TypeAdapter(ExchangeId).json_schema()
_ROUND = {"type": "string", "pattern": _EXCHANGE["pattern"].removesuffix("$") + "/[1-9][0-9]*$"}

_KEYS: Mapping[str, Document] = {
    topics.EVENTS.suffix: {**_EXCHANGE, "examples": ["IL-HAMAS-2023-11"]},
    topics.TALLIES.suffix: {**_EXCHANGE, "examples": ["IL-HAMAS-2023-11"]},
    topics.ROUNDS.suffix: {**_ROUND, "examples": [topics.round_key("IL-HAMAS-2023-11", 5)]},
    topics.CHECKPOINTS.suffix: {
        "type": "string",
        "pattern": r"^[^\s+]+/(0|[1-9][0-9]*)$",
        "examples": ["example.org/ledger/0"],
    },
    topics.PROGRESS.suffix: {"type": "string", "pattern": "^(handled|claim/.+)$", "examples": ["handled"]},
}

_HEADER_RULES: Mapping[str, Document] = {
    topics.CE_SPECVERSION: {"const": topics.SPECVERSION},
    topics.CE_TYPE: {"pattern": r"^ledger\.[a-z_]+\.v[1-9][0-9]*$"},
    topics.CE_SOURCE: {"format": "uri-reference"},
    topics.CE_SUBJECT: _EXCHANGE,
    topics.CE_TIME: {"format": "date-time"},
    topics.CE_DATASCHEMA: {"format": "uri-reference"},
    topics.CE_PARTITIONKEY: _EXCHANGE,
    topics.CONTENT_TYPE: {"examples": [topics.JSON, topics.DSSE]},
    topics.RECORDED: {"pattern": "^[0-9]+$"},
    topics.POSITION: {"pattern": "^[0-9]+:[0-9]+$"},
    topics.ACKNOWLEDGES: {"pattern": "^[0-9]+$"},
    topics.STACKTRACE: {"const": ""},
    topics.ERROR_PARTITION: {"pattern": "^[0-9]+$"},
    topics.ERROR_OFFSET: {"pattern": "^[0-9]+$"},
}
_OPTIONAL = frozenset(
    {topics.RECORDED, topics.ENTERED_BY, topics.ERROR_TOPIC, topics.ERROR_PARTITION, topics.ERROR_OFFSET}
)
"""What only a copy writes, and only a worker."""
_DEAD_LETTER: Mapping[str, str] = {
    topics.ORIGIN: f"{topics.EVENTS.name()} 0:125",
    topics.STAGE: "decode",
    topics.REASON: "is not JSON: EOF while parsing an object at line 1 column 1",
    topics.EXCEPTION: "decode",
    topics.MESSAGE: "is not JSON: EOF while parsing an object at line 1 column 1",
    topics.STACKTRACE: "",
    topics.ERROR_TOPIC: topics.EVENTS.name(),
    topics.ERROR_PARTITION: "0",
    topics.ERROR_OFFSET: "125",
}

_INTRODUCTION = """\
Every number of a ledger is a sum of attributed claims. Claims come in as events and never change; tallies and rounds
are computed from them, and published anew when they change.

The operations are those of a service that uses a ledger: it sends events, and receives events, tallies and rounds.
What is sent as an event and is none ends among the rejected messages, and stops nobody else.

A schema cannot say everything: docs/events.md has the rules between fields, and a publisher is held to all of them."""

_SERVERS: Document = {
    "example": {
        "host": "kafka.example.org:9092",
        "protocol": "kafka-secure",
        "description": "An example: whoever runs a ledger says where it is, and how its clients prove who they are.",
        "security": [
            {"$ref": "#/components/securitySchemes/password"},
            {"$ref": "#/components/securitySchemes/certificate"},
        ],
    }
}
_SECURITY: Document = {
    "password": {"type": "scramSha512", "description": "SASL/SCRAM-SHA-512 over TLS."},
    "certificate": {"type": "X509", "description": "A client certificate: mutual TLS."},
}
_PARAMETERS: Document = {
    "prefix": {"default": topics.PREFIX, "description": "What the names of all topics of one ledger start with."}
}

_OPERATIONS: Mapping[str, tuple[str, Topic, str]] = {
    "publishEvents": ("send", topics.EVENTS, "Publish claims. An event that is sent twice counts once."),
    "followEvents": ("receive", topics.EVENTS, "Read every claim, from the first one on."),
    "followTallies": ("receive", topics.TALLIES, "Read how the totals stand, then each change."),
    "followRounds": ("receive", topics.ROUNDS, "Read how the rounds stand, then each change."),
    "followCheckpoints": ("receive", topics.CHECKPOINTS, "Read what the keeper signed, to hold the events against it."),
    "followProgress": ("receive", topics.PROGRESS, "Read how far the views are published."),
    "followRejected": ("receive", topics.REJECTED, "Read what was refused, and why."),
}


def asyncapi(
    events: Mapping[str, Document], release: str, examples: Mapping[str, bytes], views: Mapping[str, Document]
) -> Document:
    """The whole document, for the contracts of `release`.

    `events` holds the schemas by name (`captives_released.v1`), the current ones first; `examples` holds the golden
    examples by file name, and `views` one view of each name.
    """
    messages = {
        topics.EVENTS.suffix: {
            **{name: _event(name, schema, examples) for name, schema in events.items()},
            "signed": _signed(orjson.loads(examples[f"{next(iter(events))}.json"])),
        },
        topics.REJECTED.suffix: {"rejected": _rejected(), "acknowledgment": _acknowledgment()},
        **{topic.suffix: _view(name, topic, views[name]) for name, topic in topics.TOPIC_OF_VIEW.items()},
        topics.CHECKPOINTS.suffix: {"checkpoint": _checkpoint()},
        topics.PROGRESS.suffix: _progress(),
    }
    shapes = {name: view_schema(name) for name in topics.TOPIC_OF_VIEW}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:exchange-ledger:topics",
        "info": {
            "title": "Exchange ledger",
            "version": release,
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": topics.JSON,
        "servers": _SERVERS,
        "channels": {topic.suffix: _channel(topic, messages[topic.suffix]) for topic in topics.TOPICS},
        "operations": {name: _operation(*parts) for name, parts in _OPERATIONS.items()},
        "components": {
            "messages": {name: message for named in messages.values() for name, message in named.items()},
            "messageTraits": {topic.suffix: _trait(topic) for topic in topics.TOPICS},
            "schemas": side_by_side({**events, **shapes}, "#/components/schemas/"),
            "parameters": _PARAMETERS,
            "securitySchemes": _SECURITY,
        },
    }


# -- topics ------------------------------------------------------------------------------------


def _channel(topic: Topic, messages: Mapping[str, Document]) -> Document:
    kafka = {
        "partitions": topic.partitions,
        "replicas": topics.REPLICATION,
        "topicConfiguration": _configuration(topic),
        "bindingVersion": BINDING,
    }
    return {
        "address": topic.name("{prefix}"),
        "description": topic.meaning,
        "parameters": {"prefix": {"$ref": "#/components/parameters/prefix"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": kafka},
    }


def _configuration(topic: Topic) -> Document:
    """The settings of `topic` in the types of the binding: whole numbers, and a list of clean-up policies."""
    settings = topic.settings()
    numbers = {name: int(value) for name, value in settings.items() if value.lstrip("-").isdecimal()}
    return {**settings, **numbers, "cleanup.policy": [settings["cleanup.policy"]]}


def _operation(action: str, topic: Topic, summary: str) -> Document:
    return {"action": action, "channel": {"$ref": f"#/channels/{topic.suffix}"}, "summary": summary}


# -- messages ----------------------------------------------------------------------------------


def _trait(topic: Topic) -> Document:
    """What all messages of `topic` share: their headers, and their key where they have one."""
    headers = _headers(topic.headers)
    if topic is topics.EVENTS:
        headers["properties"][topics.CE_ID] |= TypeAdapter(EventId).json_schema()
    if topic is not topics.EVENTS and topic.headers:  # a stranger's producer may know nothing of CloudEvents
        headers["required"] = [name for name in topic.headers if name not in _OPTIONAL]
    if topic.suffix not in _KEYS:
        return {"headers": headers}
    return {"headers": headers, "bindings": {"kafka": {"key": _KEYS[topic.suffix], "bindingVersion": BINDING}}}


def _headers(meanings: Mapping[str, str]) -> Document:
    rules = {name: {"type": "string", **_HEADER_RULES.get(name, {})} for name in meanings}
    properties = {name: {**rule, "description": meanings[name]} for name, rule in rules.items()}
    return {"type": "object", "properties": properties}


def _event(name: str, schema: Document, examples: Mapping[str, bytes]) -> Document:
    files = [f"{name}{suffix}.json" for suffix in ("", ".minimal")]
    if missing := {*files}.difference(examples):
        raise LookupError(f"write an example of the type into schemas/examples/: {', '.join(sorted(missing))}")
    full, minimal = (orjson.loads(examples[file]) for file in files)
    fixed = _event_headers(full)[topics.CE_TYPE]
    return {
        "title": schema["title"],
        "description": f"{schema['description']}\n\n{kind_words(full['type'])}",
        "traits": [{"$ref": f"#/components/messageTraits/{topics.EVENTS.suffix}"}],
        "headers": {"type": "object", "properties": {topics.CE_TYPE: {"const": fixed}}},
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "examples": [
            {"name": "full", "headers": _event_headers(full), "payload": full},
            {"name": "minimal", "headers": _event_headers(minimal), "payload": minimal},
        ],
    }


def _event_headers(event: Mapping[str, Any], is_signed: bool = False) -> dict[str, str]:
    envelope = {field: event[field] for field in ("type", "version", "id", "exchange")}
    return topics.event_headers(**envelope, publisher=event["source"]["publisher"], is_signed=is_signed)


def _signed(event: Mapping[str, Any]) -> Document:
    return {
        "title": "signed event",
        "description": "Any of the other messages in an envelope of DSSE 1.0, its bytes in Base64, signed by Ed25519.",
        "contentType": topics.DSSE,
        "traits": [{"$ref": f"#/components/messageTraits/{topics.EVENTS.suffix}"}],
        "payload": envelope_schema(),
        "examples": [
            {
                "name": "signed",
                "summary": "A signature of zeros, which no key made.",
                "headers": _event_headers(event, is_signed=True),
                "payload": {
                    "payload": b64encode(orjson.dumps(event)).decode(),
                    "payloadType": dsse.PAYLOAD_TYPE,
                    "signatures": [{"keyid": "herald.example+5bf1cae0", "sig": b64encode(bytes(64)).decode()}],
                },
            }
        ],
    }


def _rejected() -> Document:
    return {
        "title": "rejected message",
        "description": "What came, byte for byte. It need not be JSON, nor text.",
        "contentType": "application/octet-stream",
        "traits": [{"$ref": f"#/components/messageTraits/{topics.REJECTED.suffix}"}],
        "payload": {"type": "string", "format": "binary"},
        "examples": [{"name": "dead letter", "headers": _DEAD_LETTER, "payload": "{"}],
    }


def _acknowledgment() -> Document:
    said = {topics.ACKNOWLEDGES: "0", topics.BY: "Ada", topics.REASON: "mended at its source"}
    return {
        "title": "acknowledgment",
        "description": (
            "That a refused message was dealt with. It has no value; its headers say of which. The first of a message "
            "counts, and nothing is removed."
        ),
        "contentType": "application/octet-stream",
        "headers": {**_headers(topics.ACKNOWLEDGMENT_HEADERS), "required": [topics.ACKNOWLEDGES]},
        "payload": {"type": "string", "maxLength": 0},
        "examples": [{"name": "acknowledgment", "headers": said, "payload": ""}],
    }


def _checkpoint() -> Document:
    return {
        "title": "checkpoint",
        "description": "A signed note: the origin, how many records, the root of their tree, and signatures below.",
        "contentType": "text/plain; charset=utf-8",
        "traits": [{"$ref": f"#/components/messageTraits/{topics.CHECKPOINTS.suffix}"}],
        "payload": {"type": "string"},
    }


def _progress() -> dict[str, Document]:
    traits = [{"$ref": f"#/components/messageTraits/{topics.PROGRESS.suffix}"}]
    fields = {"offset": {"type": "integer", "minimum": 0}, "worker": {"type": "string"}}
    return {
        "handled": {
            "title": "handled",
            "description": "Up to which offset views are published and what is no event is rejected, and by whom.",
            "traits": traits,
            "payload": {"type": "object", "required": [*fields], "properties": fields},
            "examples": [{"name": "handled", "payload": {"offset": 125, "worker": "ledger.worker.5f2c"}}],
        },
        "claim": {
            "title": "claim",
            "description": "That a worker may write the views of this partition. Without a value it may no more.",
            "traits": traits,
            "payload": {"type": ["object", "null"]},
            "examples": [{"name": "made", "payload": {}}, {"name": "struck out", "payload": None}],
        },
    }


def _view(name: str, topic: Topic, example: Document) -> dict[str, Document]:
    alike = topics.view_headers(name, topic.name())
    key = topics.round_key(example["exchange"], example["round"]) if name == "round" else example["exchange"]
    headers = {**alike, topics.CE_ID: topics.view_id(key, "0:3"), topics.POSITION: "0:3"}
    fixed = {each: {"const": alike[each]} for each in (topics.CE_TYPE, topics.CE_DATASCHEMA)}
    shared = {
        "headers": {"type": "object", "properties": fixed},
        "traits": [{"$ref": f"#/components/messageTraits/{topic.suffix}"}],
    }
    return {
        name: {
            "title": name,
            **shared,
            "payload": {"$ref": f"#/components/schemas/{name}"},
            "examples": [{"name": name, "headers": headers, "payload": example}],
        },
        f"{name}_removed": {
            "title": f"{name} removed",
            "description": f"A record without a value (a tombstone): the {name} of this key is no more.",
            **shared,
            "payload": {"type": "null"},
            "examples": [{"name": "removed", "headers": headers, "payload": None}],
        },
    }
