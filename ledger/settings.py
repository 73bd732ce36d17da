"""Every setting, in one place: flags over environment (`LEDGER_...`) over `ledger.toml`."""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ledger.errors import UsageError
from schemas.dsse import LEDGER_NAME
from schemas.entrants import NAME
from schemas.record import NOWHERE, Frontier

LICENCE = (
    "Counts are facts as their sources state them; each claim names its source, and the words quoted from it stay the "
    "source's own. Cite the ledger with the permalink."
)
"""What stands beside each view unless whoever serves it says otherwise."""


Signatures: TypeAlias = Literal["ignored", "checked", "required"]
"""`checked`: an event may be unsigned, but a signature that it bears must hold. `required`: it must bear one."""


class Trust(NamedTuple):
    """What a ledger asks of the signatures of its events.

    `keys` is the text of a file of trusted keys. Up to `after`, events count whatever their signatures. `name` is the
    ledger's own; what was signed for another does not count.
    """

    signatures: Signatures = "ignored"
    keys: str = ""
    after: Frontier = NOWHERE
    name: str = ""

    @property
    def is_asking(self) -> bool:
        """Whether an event can be refused for its signatures, or for what they are for."""
        return bool(self.name) or self.signatures != "ignored"


TRUSTING = Trust()
"""Of a ledger that does not look at signatures."""


class Settings(BaseSettings):
    """`log` is the URL of the ledger, and `name` its name, as its checkpoints have it. `batch` is how many events one
    commit of a bulk publish holds.

    `signing_key` is the file of the private key by which what is published from here is signed. `signatures` says what
    the ledger asks of signatures, `producer_keys` is the file of the keys that it trusts, and `signed_after` the
    position up to which its events count without. `desk` is the name under which events are entered from here, which
    their records keep; a server takes that of the token instead.

    `webhooks` is the file of the addresses to which changes are sent (default: beside the ledger).

    What begins with `worker` is for `ledger worker`: the loopback port of its health and metrics (0: any free one),
    a name of its own by which the group knows it again, so that a start within the session moves no partition, the
    seconds without a sign of life after which others take its partitions, and the seconds without progress after
    which it gives up. What begins with `kafka` says how to speak to a cluster: its security protocol, a user of SCRAM
    or PLAIN, the authorities whose certificates are believed, and this client's own certificate and key (PEM files).
    `registry` is the URL of a schema registry, which may hold a password.

    What begins with `serve` is for `ledger serve`: where it listens, at which URL it is found from outside (behind a
    proxy, below a path), who may read (everyone, or those with a token),
    the file of tokens (default: beside the ledger), and how much it takes on: bytes and lines of one request to
    publish, requests to publish at once, connections and streams, each in all and of one address, the seconds after
    which a stream shows a sign of life, gives up on a client that does not read, and ends so that the client comes
    again, readings of other moments that are folded at once, and asked for in all and by one address, the work a second
    that one address may ask for (events that are folded for it; 0: any), bytes that the caches of other moments and of
    answers hold, and on disk that of files for download. `serve_proofs` is a folder of proofs that the keeper made,
    which are offered for download. `serve_proxy` is the address of a proxy whose word about its clients' addresses is
    taken; `serve_title` and `serve_publisher` are how it calls itself and who keeps it, as pages and citations say;
    `serve_licence` is what stands beside each view; `serve_log` says which requests are logged.
    """

    model_config = SettingsConfigDict(env_prefix="LEDGER_", toml_file="ledger.toml", extra="forbid")

    log: str = "sqlite:///ledger.db"
    name: Annotated[str, Field(pattern=f"^({LEDGER_NAME})?$")] = ""
    batch: Annotated[int, Field(ge=1, le=100_000)] = 1000
    signing_key: Path | None = None
    signatures: Signatures = "ignored"
    producer_keys: Path | None = None
    signed_after: str = ""
    desk: Annotated[str, Field(pattern=f"^{NAME}$")] | None = None
    webhooks: Path | None = None
    worker_port: Annotated[int, Field(ge=0, le=65_535)] = 6066
    worker_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")] | None = None
    worker_session: Annotated[float, Field(ge=1, le=300)] = 10.0
    worker_stall: Annotated[float, Field(ge=5)] = 60.0
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca: Path | None = None
    kafka_certificate: Path | None = None
    kafka_key: Path | None = None
    registry: SecretStr | None = None
    serve_host: str = "127.0.0.1"
    serve_port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    serve_url: Annotated[str, Field(pattern=r"^(https?://[^/?#\s]+(/[^?#\s]*)?)?$")] = ""
    serve_read: Literal["open", "token"] = "open"
    serve_tokens: Path | None = None
    serve_body: Annotated[int, Field(ge=1024, le=2**30)] = 8 * 2**20
    serve_lines: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    serve_publishing: Annotated[int, Field(ge=1)] = 32
    serve_publishing_each: Annotated[int, Field(ge=1)] = 8
    serve_connections: Annotated[int, Field(ge=1)] = 4096
    serve_connections_each: Annotated[int, Field(ge=1)] = 1024
    serve_streams: Annotated[int, Field(ge=1)] = 2048
    serve_streams_each: Annotated[int, Field(ge=1)] = 64
    serve_ping: Annotated[float, Field(gt=0, le=3600)] = 15.0
    serve_send: Annotated[float, Field(gt=0, le=3600)] = 20.0
    serve_age: Annotated[float, Field(gt=0)] = 3600.0
    serve_folds: Annotated[int, Field(ge=1)] = 2
    serve_folds_waiting: Annotated[int, Field(ge=1)] = 256
    serve_folds_waiting_each: Annotated[int, Field(ge=1)] = 32
    serve_work: Annotated[int, Field(ge=0)] = 20_000
    serve_cache_moments: Annotated[int, Field(ge=0)] = 256 * 2**20
    serve_cache_bytes: Annotated[int, Field(ge=0)] = 64 * 2**20
    serve_cache_downloads: Annotated[int, Field(ge=0)] = 2**30
    serve_proofs: Path | None = None
    serve_proxy: str | None = None
    serve_title: str = "Exchange ledger"
    serve_publisher: str = ""
    serve_licence: str = LICENCE
    serve_log: Literal["all", "writes", "errors"] = "writes"

    @classmethod
    def load(cls, log: str | None = None) -> "Settings":
        """The settings, with `log` from a flag or a call above all. Raises UsageError, which names the setting."""
        try:
            return cls() if log is None else cls(log=log)
        except ValidationError as error:
            wrong = (f"LEDGER_{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors())
            raise UsageError(f"{'; '.join(wrong)} (in the environment or ledger.toml)") from error
        except (OSError, ValueError, RecursionError) as error:  # ValueError is also what thousands of digits raise
            raise UsageError(f"ledger.toml: cannot be read as TOML: {error}") from error

    def trust(self) -> Trust:
        """What the ledger asks of signatures. Raises UsageError for what cannot be read or does not fit together."""
        if self.signatures == "ignored":
            return TRUSTING._replace(name=self.name)
        if self.producer_keys is None:
            raise UsageError(
                f"LEDGER_SIGNATURES={self.signatures} needs the keys of producers: set LEDGER_PRODUCER_KEYS"
            )
        try:
            keys = self.producer_keys.read_text("utf-8")
            after = Frontier.parse(self.signed_after) if self.signed_after else NOWHERE
        except OSError as error:
            raise UsageError(f"LEDGER_PRODUCER_KEYS: {self.producer_keys} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"LEDGER_PRODUCER_KEYS: {self.producer_keys} is no text") from error
        except ValueError as error:
            raise UsageError(
                "LEDGER_SIGNED_AFTER is a position such as 0:406, as `replay rebuild` prints it"
            ) from error
        return Trust(self.signatures, keys, after, self.name)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
