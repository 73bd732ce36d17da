"""Write theirs.ndjson: the events of ours.ndjson as the desk on the other bank records them.

    python examples/two_armies/make_theirs.py

Its captives are our prisoners, and its prisoners our captives. Nothing else differs but the ids of its events.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from schemas.codec import UnknownEvent, decode, encode
from schemas.envelope import derive_id
from schemas.events import EVENT_TYPES, AnyEvent

HERE = Path(__file__).parent
OTHER = {"captive": "prisoner", "prisoner": "captive"}
SIDED = ("type", "side", "figure", "item", "per")
"""Fields whose terms name a side."""
LEGS = {"captives": "prisoners", "prisoners": "captives", "remains": "prisoner_remains", "prisoner_remains": "remains"}


def swapped(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an event or of a part of it, with the two sides in each other's place."""
    told: dict[str, Any] = {}
    for name, value in members.items():
        if name in SIDED:
            told[name] = re.sub("captive|prisoner", lambda side: OTHER[side[0]], value)
        elif name == "leg":
            told[name] = LEGS[value]
        elif name in ("pledges", "groups"):
            told[name] = [swapped(each) for each in value]
        else:
            told[name] = value
    if "prisoner_nationals" in told:
        told["nationals"], told["prisoner_nationals"] = told["prisoner_nationals"], told["nationals"]
    return told


def theirs(ours: bytes) -> Iterator[AnyEvent]:
    """Each event of a file as the other desk tells it. An id is made of the number of its line."""
    lines = ours.splitlines()
    ids = {orjson.loads(line)["id"]: derive_id("two_armies/theirs", str(n)) for n, line in enumerate(lines, 1)}
    for line in lines:
        event = decode(line)
        assert not isinstance(event, UnknownEvent)
        told = swapped(event.model_dump(mode="json"))
        told |= {name: ids[told[name]] for name in ("id", "supersedes") if told[name]}
        yield EVENT_TYPES[told["type"]].model_validate_json(orjson.dumps(told))


if __name__ == "__main__":
    events = theirs((HERE / "ours.ndjson").read_bytes())
    (HERE / "theirs.ndjson").write_bytes(b"".join(encode(event) + b"\n" for event in events))
