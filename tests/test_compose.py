"""docker-compose.yml and Dockerfile say what the code says. Docker itself is not needed."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker.configuration import TOPICS, image_name, replication
from broker.libraries import version
from ledger.settings import Settings
from tests.command_lines import fault

TREE = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((TREE / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
INSTRUCTIONS = (TREE / "Dockerfile").read_text("utf-8")


def environment(service: str) -> dict[str, str]:
    return {name: str(value) for name, value in SERVICES[service]["environment"].items()}


def test_every_service_of_ours_is_known() -> None:
    assert OURS == ["topics", "worker"]
    assert 'ENTRYPOINT ["ledger"]' in INSTRUCTIONS


@pytest.mark.parametrize("service", OURS)
def test_its_command_exists_with_its_options(service: str) -> None:
    assert fault(["ledger", *shlex.split(SERVICES[service]["command"])]) is None


def test_the_commands_that_its_comments_show_exist() -> None:
    shown = re.findall(r"`(topics [^`]+)`", (TREE / "docker-compose.yml").read_text("utf-8"))
    assert shown
    assert [each for each in shown if fault(["ledger", *shlex.split(each)])] == []


def test_the_broker_is_the_one_that_tests_run() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{version()}"


def test_the_broker_treats_topics_as_the_one_that_tests_run() -> None:
    expected = {image_name(name): value for name, value in {**TOPICS, **replication(1)}.items()}
    assert expected.items() <= environment("kafka").items()


def test_the_data_of_the_broker_is_on_a_volume() -> None:
    [(volume, folder)] = [each.split(":") for each in SERVICES["kafka"]["volumes"]]
    assert volume in COMPOSE["volumes"]
    assert environment("kafka")["KAFKA_LOG_DIRS"] == folder


def test_the_port_for_this_machine_is_published_to_it_alone() -> None:
    [published] = SERVICES["kafka"]["ports"]
    host, port, inside = published.split(":")
    assert (host, port) == ("127.0.0.1", inside)
    assert f"HOST://{host}:{port}" in environment("kafka")["KAFKA_ADVERTISED_LISTENERS"].split(",")


@pytest.mark.parametrize("service", OURS)
def test_its_environment_names_settings(service: str) -> None:
    known = {f"LEDGER_{field}".upper() for field in Settings.model_fields}
    assert environment(service).keys() <= known


@pytest.mark.parametrize("service", OURS)
def test_its_log_is_where_the_broker_says_that_it_is(service: str) -> None:
    advertised = environment("kafka")["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert environment(service)["LEDGER_LOG"].replace("kafka://", "CLIENTS://") in advertised


@pytest.mark.parametrize("service", OURS)
def test_it_waits_for_services_that_can_say_they_are_ready(service: str) -> None:
    for name, needed in SERVICES[service]["depends_on"].items():
        healthy = needed["condition"] == "service_healthy"
        assert ("healthcheck" in SERVICES[name]) == healthy
        assert healthy or SERVICES[name]["restart"] == "on-failure"


def test_the_image_is_built_from_what_is_there() -> None:
    copied = [word for line in re.findall(r"^COPY (.+)$", INSTRUCTIONS, re.MULTILINE) for word in line.split()[:-1]]
    ignored = (TREE / ".dockerignore").read_text("utf-8").split()
    assert copied
    assert [each for each in copied if not (TREE / each).exists() or f"!{each}" not in ignored] == []


def test_the_image_holds_every_package_that_is_shipped_and_no_other() -> None:
    shipped = re.search(r"^packages = (\[.*\])$", (TREE / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert shipped is not None
    packages = set(re.findall(r"^COPY (\w+) \w+$", INSTRUCTIONS, re.MULTILINE))
    assert packages == set(yaml.safe_load(shipped[1]))


def test_the_image_runs_as_nobody_in_particular() -> None:
    [user] = re.findall(r"^USER (\S+)$", INSTRUCTIONS, re.MULTILINE)
    assert user not in ("root", "0")
