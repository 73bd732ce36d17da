"""A real schema registry for tests: Apicurio's from Maven, in memory, which has the API of Confluent's."""

import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson

from broker.errors import BrokerError
from broker.libraries import CACHE, POM, java, maven, take
from broker.node import SMALL, die_with_parent
from broker.ports import HOST, answers, free_ports

VERSION = "2.6.13.Final"
"""It runs on Java 17, as Kafka does: 3.3 needs Java 21. 142 MB, fetched once."""
SECONDS_TO_START = 120


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of its API, with Confluent's own default of compatibility. Raises MissingTool, BrokerError."""
    [port] = free_ports(1)
    options = [*SMALL, "-Xmx384m", f"-Dquarkus.http.host={HOST}", f"-Dquarkus.http.port={port}"]
    jar = str(unpacked() / f"apicurio-registry-app-{VERSION}-runner.jar")
    command = [*die_with_parent(), java(), *options, "-jar", jar]
    said = folder / "registry.log"
    with said.open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait(process, port, said)
        url = f"http://{HOST}:{port}/apis/ccompat/v7"
        ask("PUT", f"{url}/config", {"compatibility": "BACKWARD"})
        yield url
    finally:
        process.kill()
        process.wait()


def unpacked() -> Path:
    """The folder of its jars, fetched now if it is not there. Raises MissingTool."""
    folder = CACHE / f"registry-{VERSION}"
    if not folder.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="fetching-", dir=CACHE) as scratch:
            artifact = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
            maven(
                f"Apicurio {VERSION}", POM, "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={scratch}"
            )
            with tarfile.open(next(Path(scratch).glob("*.tar.gz"))) as jars:
                jars.extractall(Path(scratch, "jars"), filter="data")
            take(Path(scratch, "jars"), folder)
    return folder


def wait(process: subprocess.Popen[bytes], port: int, said: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise BrokerError(f"the registry did not start. {said} ends:\n{said.read_text()[-2000:]}")
        time.sleep(0.1)


def ask(method: str, url: str, body: object = None) -> Any:
    """What the registry answers."""
    raw, headers = (None, {}) if body is None else (orjson.dumps(body), {"Content-Type": "application/json"})
    with urlopen(Request(url, raw, headers, method=method), timeout=30) as answer:
        return orjson.loads(answer.read())
