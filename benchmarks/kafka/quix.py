"""The same counting by Quix Streams, exactly once: `quix.py BROKERS EVENTS COUNTS GROUP FOLDER COMMIT_MS SESSION_MS`.

It runs in an environment of its own (`requirements/quix.lock`), since Quix Streams needs a pydantic below 2.14 and the
ledger a later one; so it imports nothing of the ledger's. Says `live` once its state is back.
"""

import logging
import sys
from typing import Any

logging.captureWarnings(capture=True)
logging.getLogger("py.warnings").disabled = True  # a library of its libraries warns at each start, whatever `-W` says

from quixstreams import Application  # noqa: E402


class Counting(Application):  # type: ignore[misc]
    """An application that says when it takes events. Quix Streams tells that to nobody."""

    is_live = False

    def _process_message(self, composed: Any) -> None:
        super()._process_message(composed)
        if not self.is_live and self._consumer.assignment() and not self._state_manager.recovery_required:
            self.is_live = True
            print("live", flush=True)


def count(event: Any, state: Any) -> dict[str, Any]:
    """Count an event: the state is that of the event's key, its exchange."""
    name = f"{event['exchange']}/{event.get('round', '')}"
    counted = state.get(name, 0) + 1
    state.set(name, counted)
    return {"name": name, "count": counted}


def main(brokers: str, events: str, counts: str, group: str, folder: str, commit_ms: str, session_ms: str) -> None:
    """Count until killed."""
    app = Counting(
        brokers,
        consumer_group=group,
        auto_offset_reset="earliest",
        state_dir=folder,
        processing_guarantee="exactly-once",
        commit_interval=int(commit_ms) / 1000,
        consumer_poll_timeout=int(commit_ms) / 1000,  # it commits between two polls only
        consumer_extra_config={"session.timeout.ms": int(session_ms), "heartbeat.interval.ms": int(session_ms) // 4},
        # without an id of its own nobody fences the one before it, whose transaction would stay open for a minute
        producer_extra_config={"transactional.id": group},
        loglevel="ERROR",
    )
    counted = app.dataframe(app.topic(events, value_deserializer="json")).apply(count, stateful=True)
    counted.to_topic(app.topic(counts), key=lambda value: value["name"])
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
