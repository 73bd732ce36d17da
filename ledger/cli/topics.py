"""`ledger topics`: the topics of a ledger on Kafka, made as they have to be and looked at."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from ledger.cli import render
from ledger.cli.options import AsJson, Log, shown, stderr, stdout
from ledger.errors import LedgerError, LogUnreachable, UsageError
from ledger.log import connect
from ledger.settings import Settings
from schemas.topics import EVENTS, REPLICATION

if TYPE_CHECKING:  # what imports Kafka's client is imported where it is needed: it may not be installed
    from ledger.log.kafka import Connection
    from ledger.log.kafka.topics import TopicState

app = typer.Typer(name="topics", help="Make the topics of a ledger on Kafka, and look at them.", no_args_is_help=True)


@app.command()
def ensure(
    partitions: Annotated[
        int | None,
        typer.Option(min=1, help=f"How many the events are to have, by default {EVENTS.partitions}; then for ever."),
    ] = None,
    replication: Annotated[
        int | None,
        typer.Option(min=1, help=f"Replicas of each; by default {REPLICATION}, or as many as there are brokers."),
    ] = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Make the topics that are missing, with settings that keep every event for ever, and show how all stand.

    It changes no topic that is there, so that running it again is harmless.
    """
    states = _ask(log, partial(_ensured, partitions=partitions or EVENTS.partitions, replication=replication))
    _show(states, as_json)
    kept = states[0].partitions
    if partitions not in (None, kept):
        stderr().print(
            f"[yellow]{states[0].name} keeps its {kept} partitions:[/] with another number each exchange would have "
            "another home. `replay copy` takes the ledger to new topics, such as kafka://HOST:PORT/OTHER-PREFIX"
        )


@app.command()
def describe(as_json: AsJson = False, log: Log = None) -> None:
    """Show the topics, and what is wrong with each. Exit 4 if one is missing or unsafe to keep a ledger in."""
    _show(_ask(log, _described), as_json)


@app.command()
def register(
    url: Annotated[
        str | None,
        typer.Argument(
            metavar="URL", help="The registry's API, such as https://USER:PASSWORD@HOST:8081. Default: LEDGER_REGISTRY."
        ),
    ] = None,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Put the JSON Schemas of events, tallies and rounds into a schema registry, where serializers look them up.

    Each is the value's of its topic, such as `ledger.events-value`. What is there already stays as it is. What the
    registry refuses, as a version that is not compatible, changes nothing, and the exit code is 1.
    """
    settings = Settings.load(log)
    prefix = connect(settings.log).address.prefix
    from ledger.log.kafka.registry import Registry, register_schemas

    given = url or (settings.registry and settings.registry.get_secret_value())
    if not given:
        raise UsageError("which schema registry? Name the URL of its API, or set LEDGER_REGISTRY")
    states = register_schemas(Registry(given), prefix)
    if as_json:
        sys.stdout.writelines(f"{orjson.dumps(state._asdict()).decode()}\n" for state in states)
    else:
        stdout().print(render.subjects(states))
    if refused := [state.subject for state in states if state.state == "refused"]:
        raise LedgerError(
            f"refused, and left as it was: {', '.join(refused)}. Another release registered a schema that takes more: "
            "register from the newest one; to replace it all the same, set the compatibility of the subject to NONE"
        )


async def _ensured(connection: "Connection", partitions: int, replication: int | None) -> "list[TopicState]":
    from ledger.log.kafka.topics import ensure_topics

    return await ensure_topics(connection, partitions, replication)


async def _described(connection: "Connection") -> "list[TopicState]":
    from ledger.log.kafka.topics import describe_topics

    return await describe_topics(connection)


def _ask(log: str | None, question: "Callable[[Connection], Awaitable[list[TopicState]]]") -> "list[TopicState]":
    async def ask() -> "list[TopicState]":
        connection = connect(Settings.load(log).log)
        try:
            return await question(connection)
        finally:
            await connection.close()

    return asyncio.run(ask())


def _show(states: "Sequence[TopicState]", as_json: bool) -> None:
    """Print the topics, and the commands that mend them. Raises LogUnreachable if one is missing or unsafe."""
    if as_json:
        for state in states:
            sys.stdout.write(orjson.dumps(_members(state)).decode() + "\n")
    else:
        stdout().print(render.topics(states))
    commands = dict.fromkeys(command for state in states for command in state.mend)
    if commands:
        stderr().print("", "[yellow]What mends it:[/]", *(f"  {shown(command)}" for command in commands), sep="\n")
    if unsafe := [state.name for state in states if state.unsafe]:
        raise LogUnreachable(f"no ledger is kept here while this is so: {', '.join(unsafe)}")


def _members(state: "TopicState") -> dict[str, object]:
    return {"topic": state.name, **{name: value for name, value in state._asdict().items() if name not in _OWN}}


_OWN = ("topic", "name")
