"""`python -m schemas.contracts`: write the contracts into the tree, or the bundle of a new release."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from schemas.contracts.published import (
    VIEWS,
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


class ReleaseExists(LedgerError):
    """A released bundle is never rewritten."""


def generated(tree: Path = TREE) -> dict[Path, str]:
    """Every generated file below `tree` and its text. Raises IncompatibleContracts."""
    contracts, examples = tree / "schemas/contracts", tree / "schemas/examples"
    events = checked_schemas(contracts)
    return {
        **{contracts / f"events/{name}.json": printed(schema) for name, schema in events.items()},
        **{contracts / f"views/{name}.json": printed(view_schema(name)) for name in VIEWS},
        tree / "docs/events.md": reference({path.name: path.read_bytes() for path in examples.glob("*.json")}),
    }


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
        files = generated(options.tree)
        if options.release:
            release(options.release, options.tree)
    except (IncompatibleContracts, ReleaseExists) as error:
        print(error, file=sys.stderr)
        return 1
    write(files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
