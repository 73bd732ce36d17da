"""Who may connect to a cluster, and what Kafka's settings make of it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from broker.errors import BrokerError
from broker.tls import Authority, Certificate

ADMIN = "admin"
"""The user who may do everything; the nodes use it among themselves."""

MECHANISM = "SCRAM-SHA-512"
SAFE = re.compile(r"[A-Za-z0-9._~-]+")
SCRAM, PLAIN = (f"org.apache.kafka.common.security.{each}LoginModule" for each in ("scram.Scram", "plain.Plain"))


@dataclass(frozen=True)
class Secured:
    """Connections need a name, and what each may do must be allowed (`Cluster.allow`), except for `admin`.

    `users` are names with passwords, for SASL with SCRAM-SHA-512; they are made together with the data. `tls` makes
    that SASL_SSL instead of SASL_PLAINTEXT. `certificates` are the names for whom client certificates are made: such a
    client needs no password, on a port of its own. Names and passwords are of letters, digits and `._~-`.
    """

    users: Mapping[str, str] = field(default_factory=dict)
    tls: bool = False
    certificates: Collection[str] = ()
    admin_password: str = "admin-password"

    def __post_init__(self) -> None:
        for text in (*self.passwords, *self.passwords.values(), *self.certificates):
            if not SAFE.fullmatch(text):
                raise BrokerError(f"{text!r}: names and passwords are of letters, digits and ._~-")

    @property
    def passwords(self) -> dict[str, str]:
        return {**self.users, ADMIN: self.admin_password}

    @property
    def protocol(self) -> str:
        return "SASL_SSL" if self.tls else "SASL_PLAINTEXT"

    @property
    def needs_authority(self) -> bool:
        return self.tls or bool(self.certificates)


def format_options(secured: Secured) -> list[str]:
    """What makes the users when a node's data is made."""
    users = (f"{MECHANISM}=[name={name},password={password}]" for name, password in secured.passwords.items())
    return [f"--add-scram={user}" for user in users]


def node_properties(secured: Secured) -> dict[str, str]:
    """A node's settings, apart from its certificate."""
    return {
        "listener.security.protocol.map": f"CLIENTS:{secured.protocol},CONTROLLER:SASL_PLAINTEXT,CERTIFICATES:SSL",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{ADMIN}",
        "sasl.enabled.mechanisms": MECHANISM,
        "sasl.mechanism.inter.broker.protocol": MECHANISM,
        f"listener.name.clients.{MECHANISM.lower()}.sasl.jaas.config": login(SCRAM, secured),
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": login(PLAIN, secured, f"user_{ADMIN}"),
        "listener.name.certificates.ssl.client.auth": "required",
        "ssl.principal.mapping.rules": "RULE:^CN=(.*)$/$1/",
    }


def trust(authority: Authority) -> dict[str, str]:
    return {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(authority.certificate)}


def identity(certificate: Certificate) -> dict[str, str]:
    return {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(certificate.store)}


def admin_properties(secured: Secured) -> dict[str, str]:
    """How Kafka's own commands connect, apart from what they trust."""
    return {
        "security.protocol": secured.protocol,
        "sasl.mechanism": MECHANISM,
        "sasl.jaas.config": login(SCRAM, secured),
    }


def login(module: str, secured: Secured, *accepted: str) -> str:
    """The JAAS line with which `admin` logs in; `accepted` are further options that hold its password."""
    options = [f'username="{ADMIN}"', *(f'{each}="{secured.admin_password}"' for each in ("password", *accepted))]
    return f"{module} required {' '.join(options)};"
