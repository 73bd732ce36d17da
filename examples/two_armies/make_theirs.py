"""Write theirs.ndjson: the events of ours.ndjson as the desk on the other bank records them.

    python examples/two_armies/make_theirs.py

Its captives are our prisoners, and its prisoners our captives. Nothing else differs but the ids of its events.
"""

from collections.abc import Iterator
from pathlib import Path

import orjson

from replay.compare.mirror import mirrored
from schemas.codec import UnknownEvent, decode, encode
from schemas.events import AnyEvent
from schemas.ids import derive_id

HERE = Path(__file__).parent


def theirs(ours: bytes) -> Iterator[AnyEvent]:
    """Each event of a file as the other desk tells it. An id is made of the number of its line."""
    lines = ours.splitlines()
    ids = {orjson.loads(line)["id"]: derive_id("two_armies/theirs", str(n)) for n, line in enumerate(lines, 1)}
    for line in lines:
        event = decode(line)
        assert not isinstance(event, UnknownEvent)
        named = {"id": event.id, "supersedes": event.supersedes}
        yield mirrored(event).model_copy(update={name: ids[its] for name, its in named.items() if its is not None})


if __name__ == "__main__":
    events = theirs((HERE / "ours.ndjson").read_bytes())
    (HERE / "theirs.ndjson").write_bytes(b"".join(encode(event) + b"\n" for event in events))
