"""Hypothesis without deadlines; the same examples on every run where `CI` is set. How tests are shared out."""

import os
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

settings.register_profile("local", max_examples=50, deadline=None)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

TOGETHER = ("tests/kafka/clusters/", "tests/kafka/", "tests/page/")
"""Folders of which one process runs all tests: those with clusters of their own, those that share one broker, and those
of which each opens browsers."""

WITHIN_A_TIME = ("tests/page/", "tests/api/")
"""Folders of tests that wait no longer than a second or a few for an answer."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    return ByFile(config, log)


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist is untyped
    """Shares the tests out by file, and those that belong together as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        return _together(nodeid) or str(super()._split_scope(nodeid))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest first, and what has little time last, when the brokers have ended."""
    items.sort(key=lambda item: _turn(item.nodeid))


def _together(nodeid: str) -> str | None:
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), None)


def _turn(nodeid: str) -> int:
    """Brokers first, last what has little time, and everything else between."""
    last = next((turn for turn, folder in enumerate(WITHIN_A_TIME, 3) if nodeid.startswith(folder)), None)
    return last or next((turn for turn, folder in enumerate(TOGETHER) if nodeid.startswith(folder)), 2)
