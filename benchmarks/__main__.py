"""`python -m benchmarks [rebuild] [append] [growth]`: run the named benchmarks, or all of them."""

import argparse
from pathlib import Path

from benchmarks import append, growth, rebuild
from benchmarks.measure import machine

RESULTS = Path(__file__).with_name("RESULTS.md")
TITLES = {"rebuild": "Rebuild", "append": "Append", "growth": "Growth"}


def main() -> None:
    """Run, print the tables as markdown, and with `--write` keep them."""
    options = _options()
    parts = [f"# Benchmarks\n\n{machine()}"]
    print(parts[0], flush=True)
    for name in options.names or TITLES:
        parts.append(f"## {TITLES[name]}\n\n{_run(name, options)}")
        print(f"\n{parts[-1]}", flush=True)
    if options.write:
        RESULTS.write_text("\n\n".join(parts) + "\n")


def _run(name: str, options: argparse.Namespace) -> str:
    if name == "rebuild":
        return rebuild.run(options.events, options.repeat)
    if name == "append":
        return append.run(repeat=options.repeat)
    return growth.run(growth.FULL_SIZES if options.full else growth.SIZES, min(options.repeat, growth.REPEAT))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(TITLES)}; without one, all")
    parser.add_argument("--events", type=int, default=rebuild.EVENTS, help="events to rebuild (default %(default)s)")
    parser.add_argument("--repeat", type=int, default=rebuild.REPEAT, help="measurements each (default %(default)s)")
    parser.add_argument("--full", action="store_true", help="growth to 10 million events: some 8 GB of disk")
    parser.add_argument("--write", action="store_true", help=f"also write {RESULTS.name}")
    options = parser.parse_args()
    for name in options.names:
        if name not in TITLES:
            parser.error(f"there is no benchmark {name!r}: {', '.join(TITLES)}")
    return options


if __name__ == "__main__":
    main()
