"""A mapping of four columns, and the tables that tests write for it."""

import asyncio
from pathlib import Path

import orjson

from ledger.log import open_log
from tests.cli.run import Ran, inside
from tests.log.contract import every

MAPPING = """
dataset = "case"
key = ["id"]
[fields]
type = "captives_released"
exchange = "CASE-1"
occurrence = "c{id}"
occurred = "{date:moment}"
"groups.0.count" = "{n:count}"
[fields.source]
publisher = "{publisher}"
kind = "newspaper"
"""

TABLE = """id,date,n,publisher
1,2023-04-14,35,El País
2,2023-04-15,about 10,Wire
"""


def published(here: Path, name: str, table: bytes | str, more: str = "", *words: str) -> Ran:
    """What publishing a table says; `more` is the `[table]` of its mapping."""
    (here / "mapping.toml").write_text(MAPPING + (f"[table]\n{more}\n" if more else ""), "utf-8")
    (here / name).write_bytes(table if isinstance(table, bytes) else table.encode())
    return inside(here, "publish", "--mapping", "mapping.toml", name, "--json", *words)


def stated(here: Path) -> dict[str, tuple[str, int | None, str]]:
    """Of each occurrence its day, best number and publisher."""
    return asyncio.run(_stated(f"sqlite:///{here}/ledger.db"))


async def _stated(url: str) -> dict[str, tuple[str, int | None, str]]:
    log = open_log(url)
    try:
        events = [orjson.loads(record.payload) for record in await every(log)]
    finally:
        await log.close()
    return {
        event["occurrence"]: (
            event["occurred"]["at"],
            event["groups"][0]["count"].get("best"),
            event["source"]["publisher"],
        )
        for event in events
    }


EXPECTED = {"c1": ("2023-04-14", 35, "El País"), "c2": ("2023-04-15", 10, "Wire")}
"""What TABLE states, however it is written."""
