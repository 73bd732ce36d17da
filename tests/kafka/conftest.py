"""Real brokers as fixtures. Without any way to one these tests are skipped, which the summary says; in CI they fail."""

import gc
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from broker.cluster import Cluster
from broker.errors import MissingTool
from broker.libraries import java, libraries
from tests.kafka import provision, schema_registry

MISSING = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of one node that all tests share: take topics and groups of your own."""
    with or_skip(request.config), provision.running(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a schema registry that all tests share: take topics of your own."""
    with or_skip(request.config), schema_registry.running(tmp_path_factory.mktemp("registry")) as url:
        yield url


@pytest.fixture(scope="session")
def own_brokers(request: pytest.FixtureRequest) -> None:
    """For tests that start, kill and pause brokers themselves, which takes Java."""
    with or_skip(request.config):
        java()
        libraries()


@pytest.fixture
def three_nodes(own_brokers: None, tmp_path: Path) -> Iterator[Cluster]:
    """Three fresh nodes, to do anything with."""
    with killed_at_the_end(Cluster(tmp_path / "cluster", nodes=3)) as cluster:
        yield cluster


@contextmanager
def killed_at_the_end(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster that runs: nobody needs its data, and an orderly end takes five seconds."""
    try:
        cluster.start_all()
        yield cluster
    finally:
        cluster.kill_all()


@pytest.fixture
def broken_connections() -> Iterator[None]:
    """For tests that break connections: the client library leaves such sockets to the garbage collector."""
    yield
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="unclosed (transport |AIOKafkaConnection )?<|loop is closed", category=ResourceWarning
        )
        gc.collect()


@contextmanager
def or_skip(config: pytest.Config) -> Iterator[None]:
    """Skips what needs a broker that cannot be had; fails it where CI is set."""
    try:
        yield
    except MissingTool as error:
        reason = f"no Kafka: {error} ({provision.ADVICE})"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        config.stash[MISSING] = reason
        pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if reason := config.stash.get(MISSING, None):
        terminalreporter.section("Kafka was not tested", yellow=True)
        terminalreporter.line(reason)
