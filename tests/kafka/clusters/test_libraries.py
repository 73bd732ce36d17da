"""What a machine needs for a broker, and what it is told when that is missing."""

import shutil
from pathlib import Path

import pytest

from broker import libraries
from broker.cluster import Cluster
from broker.errors import BrokerError, MissingTool
from broker.libraries import java, take, version


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in PATH, empty."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_no_java(tools: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingTool, match="no Java in PATH: install Java 17 or newer"):
        Cluster(tmp_path).start_all()


def test_no_java_in_java_home(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tools / "java", "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tools / "elsewhere"))
    with pytest.raises(MissingTool, match="no Java in JAVA_HOME"):
        java()


@pytest.mark.parametrize(("said", "release"), [("1.8.0_392", 8), ("11.0.21", 11), ("16", 16)])
def test_java_that_is_too_old(tools: Path, said: str, release: int) -> None:
    script(tools / "java", f"echo 'openjdk version \"{said}\"' >&2")
    with pytest.raises(MissingTool, match=f"java is Java {release}: install Java 17 or newer"):
        java()


def test_java_that_does_not_work(tools: Path) -> None:
    script(tools / "java", "echo 'no runtime is present' >&2; exit 1")
    with pytest.raises(MissingTool, match="does not work: no runtime is present"):
        java()


@pytest.mark.parametrize("said", ["17.0.15", "21", "25-ea"])
def test_java_that_will_do(tools: Path, said: str) -> None:
    script(tools / "java", f"echo 'openjdk version \"{said}\"' >&2")
    assert java() == str(tools / "java")


def test_no_maven(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "CACHE", tmp_path / "cache")
    with pytest.raises(MissingTool, match=f"no mvn in PATH: install Maven, which fetches Kafka {version()}"):
        libraries.libraries()


def test_maven_that_fails_leaves_nothing(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "CACHE", tmp_path / "cache")
    script(tools / "mvn", "echo 'unknown host'; exit 1")
    with pytest.raises(MissingTool, match=r"could not fetch Kafka .*:\nunknown host"):
        libraries.libraries()
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_fetch_that_was_killed_is_done_again(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "CACHE", tmp_path / "cache")
    halfway = tmp_path / "cache" / "fetching-1" / "libs"
    halfway.mkdir(parents=True)
    monkeypatch.setattr(libraries, "fetch", lambda into, pom: shutil.copytree(tools, into))
    (tools / "kafka.jar").touch()
    assert [each.name for each in libraries.libraries().iterdir()] == ["kafka.jar"]


def test_the_second_of_two_fetches_gives_way(tmp_path: Path) -> None:
    first, second, folder = tmp_path / "first", tmp_path / "second", tmp_path / "libs"
    for fetched in (first, second):
        fetched.mkdir()
        (fetched / "kafka.jar").write_text(fetched.name)
    take(first, folder)
    take(second, folder)
    assert (folder / "kafka.jar").read_text() == "first"


def test_two_nodes_are_no_cluster(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="1 node or 3, not 2"):
        Cluster(tmp_path, nodes=2)


def test_the_data_of_three_nodes_is_not_taken_for_one(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        data = tmp_path / f"node-{number}" / "data"
        data.mkdir(parents=True)
        (data / "meta.properties").touch()
    with pytest.raises(BrokerError, match="has the data of 3 nodes, not 1: use another folder"):
        Cluster(tmp_path).start_all()
