"""`python -m ledger.api`: write the description of the API, and the words that the page reads, into the tree."""

import json
from pathlib import Path

from ledger.api.contract import page_words
from ledger.api.contract.description import FILE
from ledger.api.server.sample import sampled

TREE = Path(__file__).parents[2]


def generated(tree: Path = TREE) -> str:
    """The description, from the models and the events in `examples/`."""
    document = sampled((tree / "examples/events.ndjson").read_bytes())
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (TREE / "ledger/api/contract" / FILE).write_text(generated(), encoding="utf-8")
    (TREE / page_words.FILE).write_text(page_words.module(), encoding="utf-8")
