"""A secured broker refuses: else no test of the ledger's own security would say anything."""

import asyncio
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka.errors import ClusterAuthorizationFailedError, KafkaConnectionError, TopicAuthorizationFailedError
from aiokafka.helpers import create_ssl_context

from broker.cluster import Cluster
from broker.errors import BrokerError
from broker.security import ADMIN, MECHANISM, Secured
from tests.kafka.clients import create_topic, read, send

pytestmark = pytest.mark.usefixtures("broken_connections")

SECURED = Secured({"writer": "writer-password", "nobody": "nobody-password"}, tls=True, certificates=["writer"])
TOPIC = "guarded.topic"


@pytest.fixture(scope="module")
def secured(own_brokers: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("secured"), secured=SECURED) as cluster:
        cluster.allow("writer", ["Write", "Describe"], topic="guarded.", prefixed=True)
        asyncio.run(create_topic(cluster.bootstrap, TOPIC, **by_password(cluster, ADMIN)))
        yield cluster


def by_password(cluster: Cluster, name: str, password: str | None = None) -> dict[str, Any]:
    return {
        "security_protocol": SECURED.protocol,
        "sasl_mechanism": MECHANISM,
        "sasl_plain_username": name,
        "sasl_plain_password": password or SECURED.passwords[name],
        "ssl_context": create_ssl_context(cafile=str(cluster.ca)),
    }


def by_certificate(cluster: Cluster, name: str) -> dict[str, Any]:
    shown = cluster.certificate(name)
    context = ssl.create_default_context(cafile=str(cluster.ca))
    context.load_cert_chain(shown.certificate, shown.key)
    return {"security_protocol": "SSL", "ssl_context": context}


async def test_a_user_does_what_is_allowed_and_no_more(secured: Cluster) -> None:
    await send(secured.bootstrap, TOPIC, b"written", **by_password(secured, "writer"))
    assert b"written" in await read(secured.bootstrap, TOPIC, **by_password(secured, ADMIN))
    with pytest.raises(TopicAuthorizationFailedError):
        await read(secured.bootstrap, TOPIC, **by_password(secured, "writer"))


async def test_a_user_without_permission_is_refused(secured: Cluster) -> None:
    """Who may write no topic gets no producer id either."""
    with pytest.raises(ClusterAuthorizationFailedError):
        await send(secured.bootstrap, TOPIC, b"refused", **by_password(secured, "nobody"))


async def test_a_wrong_password_is_refused(secured: Cluster) -> None:
    with pytest.raises(KafkaConnectionError):
        await send(secured.bootstrap, TOPIC, b"refused", **by_password(secured, "writer", "wrong"))


async def test_a_client_without_a_name_is_refused(secured: Cluster) -> None:
    with pytest.raises(KafkaConnectionError):
        await send(secured.bootstrap, TOPIC, b"refused")


async def test_a_certificate_stands_for_its_name(secured: Cluster) -> None:
    await send(secured.certificates_bootstrap, TOPIC, b"certified", **by_certificate(secured, "writer"))
    with pytest.raises(TopicAuthorizationFailedError):
        await send(secured.certificates_bootstrap, "elsewhere", b"refused", **by_certificate(secured, "writer"))


async def test_a_client_without_a_certificate_is_refused(secured: Cluster) -> None:
    access = {"security_protocol": "SSL", "ssl_context": create_ssl_context(cafile=str(secured.ca))}
    with pytest.raises(KafkaConnectionError):
        await send(secured.certificates_bootstrap, TOPIC, b"refused", **access)


async def test_a_broker_of_an_unknown_authority_is_refused(secured: Cluster) -> None:
    access = {**by_password(secured, "writer"), "ssl_context": ssl.create_default_context()}
    with pytest.raises(KafkaConnectionError):
        await send(secured.bootstrap, TOPIC, b"refused", **access)


def test_a_password_that_settings_cannot_hold_is_refused() -> None:
    with pytest.raises(BrokerError, match="letters, digits"):
        Secured({"writer": 'quoted"password'})
