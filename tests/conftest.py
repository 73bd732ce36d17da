"""Hypothesis without deadlines; the same examples on every run where `CI` is set. How tests are shared out."""

import os
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

settings.register_profile("local", max_examples=50, deadline=None)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    return ByFile(config, log)


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist is untyped
    """Shares the tests out by file; those that need a broker go to one process, so that there is one broker."""

    def _split_scope(self, nodeid: str) -> str:
        return "kafka" if _needs_kafka(nodeid) else str(super()._split_scope(nodeid))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Brokers first, since they take longest."""
    items.sort(key=lambda item: not _needs_kafka(item.nodeid))


def _needs_kafka(nodeid: str) -> bool:
    return nodeid.startswith("tests/kafka/")
