"""Hypothesis without deadlines; the same examples on every run where `CI` is set. How tests are shared out."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent

settings.register_profile("local", max_examples=50, deadline=None)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a broker goes to one process, first since it takes longest; other files to whichever is free."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: _group(item) != "kafka")


def _group(item: pytest.Item) -> str:
    place = item.path.relative_to(HERE)
    return "kafka" if place.parts[0] == "kafka" else str(place)
