"""The events of a table by a mapping file, from Python: printed, one a line, instead of published.

    python examples/ingest_table.py MAPPING TABLE

`docs/ingestion.md` explains the mapping file; `ledger publish --mapping MAPPING TABLE` publishes the same events. Rows
that cannot become events are named on standard error, the others are not held up, and the exit status is then 3.
"""

import sys
from pathlib import Path

from ledger.errors import UsageError
from ledger.mapping.document import TableMapping
from ledger.mapping.events import mapped_events
from schemas.codec import encode
from schemas.errors import InvalidEvent


def say(text: str) -> None:
    print(text, file=sys.stderr)


def main(mapping: Path, table: Path) -> int:
    refused = 0
    with table.open("rb") as file:
        for place, _, event in mapped_events(table.name, file, TableMapping.load(mapping), say):
            if isinstance(event, InvalidEvent):
                say(f"{table.name}:{place}: {event}")
                refused += 1
            else:
                print(encode(event).decode())
    return 3 if refused else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
    except (UsageError, OSError) as error:
        sys.exit(f"{error}")
