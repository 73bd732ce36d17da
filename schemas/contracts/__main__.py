"""`python -m schemas.contracts`: write the contracts into the tree, or the bundle of a new release."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import orjson

from schemas.contracts.asyncapi import asyncapi
from schemas.contracts.published import (
    VIEWS,
    Document,
    IncompatibleContracts,
    baselines,
    checked_schemas,
    printed,
    printed_bundle,
    view_schema,
)
from schemas.contracts.reference import reference
from schemas.errors import LedgerError

TREE = Path(__file__).parents[2]
API = "ledger/api/contract/openapi.json"


class ReleaseExists(LedgerError):
    """A released bundle is never rewritten."""


def generated(tree: Path = TREE) -> dict[Path, str]:
    """Every generated file below `tree` and its text. Raises IncompatibleContracts."""
    contracts = tree / "schemas/contracts"
    events, newest = checked_schemas(contracts), list(baselines(contracts))[-1]
    examples = {path.name: path.read_bytes() for path in (tree / "schemas/examples").glob("*.json")}
    return {
        **{contracts / f"events/{name}.json": printed(schema) for name, schema in events.items()},
        **{contracts / f"views/{name}.json": printed(view_schema(name)) for name in VIEWS},
        contracts / "asyncapi.json": printed(asyncapi(events, newest, examples, _views(tree))),
        tree / "docs/events.md": reference(examples),
    }


def _views(tree: Path) -> dict[str, Document]:
    """A tally and a round, as the description of the API has them for examples."""
    paths = orjson.loads((tree / API).read_bytes())["paths"]
    one = {"tally": "/v1/exchanges/{exchange}", "round": "/v1/exchanges/{exchange}/rounds/{round}"}
    answers = {name: paths[path]["get"]["responses"]["200"]["content"] for name, path in one.items()}
    return {name: content["application/json"]["example"] for name, content in answers.items()}


def write(files: Mapping[Path, str]) -> None:
    """Write each file, with the folders that it needs."""
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def release(version: str, tree: Path = TREE) -> Path:
    """Write the bundle of `version`. Raises ReleaseExists if there is one, and IncompatibleContracts."""
    contracts = tree / "schemas/contracts"
    path = contracts / f"released/{version}.json"
    if version in baselines(contracts) or path.exists():
        raise ReleaseExists(f"{path} exists, and a released bundle is never rewritten; release another version")
    write({path: printed_bundle(version, checked_schemas(contracts))})
    return path


def main(arguments: list[str] | None = None) -> int:
    """Exit status 1, and nothing written, where the models break what a release allowed."""
    parser = argparse.ArgumentParser(prog="python -m schemas.contracts", description=__doc__)
    parser.add_argument("--release", metavar="VERSION", help="also write the bundle of this new release")
    parser.add_argument("--tree", type=Path, default=TREE, help="the root of the project to write into")
    options = parser.parse_args(arguments)
    try:
        if options.release:
            release(options.release, options.tree)
        files = generated(options.tree)
    except (IncompatibleContracts, ReleaseExists) as error:
        print(error, file=sys.stderr)
        return 1
    write(files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
