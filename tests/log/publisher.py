"""A publisher to be killed: `python -m tests.log.publisher URL` publishes a fixed input once a line comes on stdin.

It prints the id of each event whose receipt it has, and then waits, so that it only ever ends by being killed.
"""

import os
import sys
from multiprocessing.connection import Connection

from ledger.blocking import Ledger
from ledger.client import AsyncLedger
from ledger.log import open_log
from ledger.log.port import Receipt
from schemas.events import CaptivesReleased
from tests.log.events import released

INPUT = 300


def fixed_input() -> list[CaptivesReleased]:
    return [released(number, count=number % 5 + 1, round=number // 50 + 1) for number in range(INPUT)]


def publish(url: str) -> None:
    """Thirty events at a time: ten one by one, twenty as a stream in batches of seven."""
    events = fixed_input()
    print("ready", flush=True)
    sys.stdin.readline()
    with Ledger(AsyncLedger(open_log(url), batch=7)) as ledger:
        for first in range(0, INPUT, 30):
            for event in events[first : first + 10]:
                print(ledger.publish(event).event_id, flush=True)
            for outcome in ledger.publish_stream(events[first + 10 : first + 30]):
                assert isinstance(outcome, Receipt)
                print(outcome.event_id, flush=True)


def serve(url: str) -> None:
    publish(url)
    print("done", flush=True)
    sys.stdin.readline()


def forked(url: str, orders: Connection, said: Connection) -> None:
    """The same in a process that was forked, with pipes for its stdin and its stdout."""
    for number, end in enumerate((orders, said)):
        os.dup2(end.fileno(), number)
        end.close()
    sys.stdin, sys.stdout = open(0), open(1, "w")  # noqa: SIM115  # until it is killed
    serve(url)


if __name__ == "__main__":
    serve(sys.argv[1])
