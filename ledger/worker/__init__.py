"""The worker: keeps the tallies and rounds of a ledger on Kafka running. It holds no arithmetic of its own.

Faust shares the partitions of the events among all workers. A `PartitionFold` holds the state of one partition,
which is the fold of that partition and nothing else, and puts the views that change on the compacted topics.

`faust -A ledger.worker` finds the application here as `app`, for the ledger that LEDGER_LOG names.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ledger.settings import Settings
    from ledger.worker.worker import Worker

    globals()[name] = Worker(Settings.load()).app
    return globals()[name]
