"""The jars of the Kafka that `pom.xml` pins, fetched once by Maven into `.kafka/`, and whatever else belongs there."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from broker.errors import MissingTool

POM = Path(__file__).with_name("pom.xml")
CACHE = POM.parents[1] / ".kafka"
JAVA_NEEDED = 17


def version() -> str:
    """The version of Kafka in `pom.xml`."""
    found = ElementTree.parse(POM).findtext(".//{*}kafka.version")
    assert found is not None, "pom.xml has no kafka.version"
    return found


def java() -> str:
    """The path of a Java that can run Kafka, JAVA_HOME's before PATH's. Raises MissingTool."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    if found is None:
        raise MissingTool(f"no Java in {'JAVA_HOME' if home else 'PATH'}: install Java {JAVA_NEEDED} or newer")
    release = java_release(found)
    if release < JAVA_NEEDED:
        raise MissingTool(f"{found} is Java {release}: install Java {JAVA_NEEDED} or newer, or set JAVA_HOME to one")
    return found


@cache
def java_release(path: str) -> int:
    """The feature release (8, 17, 21 ...) of the Java at `path`. Raises MissingTool."""
    told = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(?:1\.)?(\d+)', told.stderr)
    if found is None:
        raise MissingTool(f"{path} does not work: {(told.stderr or told.stdout).strip()}")
    return int(found[1])


def libraries(pom: Path = POM) -> Path:
    """The folder of a pom's jars, fetched now if it is not there. Raises MissingTool."""
    return cached(f"libs-{version()}", [pom], lambda folder: fetch(folder, pom))


def cached(name: str, sources: Iterable[Path], make: Callable[[Path], object]) -> Path:
    """The folder that `make` makes of `sources`, and makes anew only when one of them has changed."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]
    folder = CACHE / f"{name}-{digest}"
    if not folder.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="fetching-", dir=CACHE) as scratch:
            make(Path(scratch, "made"))
            take(Path(scratch, "made"), folder)
    return folder


def class_archive() -> Path:
    """Where the Java at hand keeps what it made of the jars. Raises MissingTool."""
    release = java_release(java())
    return CACHE / f"{libraries().name}-java-{release}.jsa"


def fetch(into: Path, pom: Path) -> None:
    maven(
        f"Kafka {version()}", pom, "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={into}"
    )


def maven(what: str, pom: Path, *goal: str) -> None:
    """Let Maven fetch something by a plugin that a `pom.xml` pins. Raises MissingTool."""
    found = shutil.which("mvn")
    if found is None:
        raise MissingTool(f"no mvn in PATH: install Maven, which fetches {what} the first time")
    command = [found, "-q", "-B", "-f", str(pom), f"-Dkafka.version={version()}", *goal]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingTool(f"Maven could not fetch {what}:\n{(done.stdout + done.stderr).strip()}")


def take(fetched: Path, folder: Path) -> None:
    """Put the whole folder in its place in one step: another process sees all of it or nothing."""
    try:
        fetched.rename(folder)
    except OSError:
        if not folder.exists():  # else another process was first
            raise
