"""`ledger worker`: keep the tallies and rounds of a ledger on Kafka running."""

from typing import Annotated

import typer

from ledger.cli.options import Log
from ledger.log import needing_kafka
from ledger.settings import Settings

app = typer.Typer()


@app.command()
def worker(
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Loopback port of health and metrics; 0: any. Default: 6066.")
    ] = None,
    log: Log = None,
) -> None:
    """Keep the tallies and rounds of a ledger on Kafka running, until it is told to stop.

    Start as many as you like: they share the partitions, and when one ends the others take over.
    """
    with needing_kafka("a worker"):
        from ledger.worker.worker import run
    settings = Settings.load(log)
    run(settings if port is None else settings.model_copy(update={"worker_port": port}))
