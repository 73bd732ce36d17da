"""A running Kafka for tests: the one that LEDGER_TEST_KAFKA names, else Docker's, else one from Maven's jars."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broker.cluster import Cluster
from broker.configuration import image_environment
from broker.errors import BrokerError
from broker.libraries import version
from broker.node import STARTED
from broker.ports import HOST, free_ports

GIVEN = "LEDGER_TEST_KAFKA"
ADVICE = f"set {GIVEN}=HOST:PORT to a Kafka for tests, or start Docker, or install Java 17 or newer and Maven"
SECONDS_TO_START = 120


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The bootstrap address of one node. Raises MissingTool if there is no way to one, BrokerError if it fails."""
    if given := os.environ.get(GIVEN):
        yield given
    elif docker_works():
        with container() as bootstrap:
            yield bootstrap
    else:
        with Cluster(folder) as cluster:
            yield cluster.bootstrap


def docker_works() -> bool:
    found = shutil.which("docker")
    return found is not None and not subprocess.run([found, "info"], capture_output=True, check=False).returncode


@contextmanager
def container() -> Iterator[str]:
    """A broker in Docker, removed afterwards. Raises BrokerError."""
    [port] = free_ports(1)
    environment = [part for name, value in image_environment(port).items() for part in ("--env", f"{name}={value}")]
    published = ["--publish", f"{HOST}:{port}:{port}"]
    name = docker("run", "--detach", *published, *environment, f"apache/kafka:{version()}").splitlines()[-1]
    try:
        wait(name)
        yield f"{HOST}:{port}"
    finally:
        docker("rm", "--force", "--volumes", name)


def wait(name: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while STARTED not in (log := docker("logs", name)):
        if time.monotonic() > deadline or docker("inspect", "--format={{.State.Running}}", name).strip() != "true":
            raise BrokerError(f"Kafka in Docker did not start. Its log ends:\n{log[-2000:]}")
        time.sleep(0.2)


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BrokerError(f"docker {arguments[0]} failed:\n{done.stderr.strip()}")
    return done.stdout
