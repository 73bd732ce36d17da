"""Every setting, in one place: flags over environment (`LEDGER_...`) over `ledger.toml`."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ledger.errors import UsageError


class Settings(BaseSettings):
    """`log` is the URL of the ledger. `batch` is how many events one commit of a bulk publish holds.

    What begins with `worker` is for `ledger worker`: the loopback port of its health and metrics (0: any free one),
    the seconds without a sign of life after which others take its partitions, and the seconds without progress
    after which it gives up. What begins with `kafka` says how to speak to a cluster: its security protocol, a user
    of SCRAM or PLAIN, the authorities whose certificates are believed, and this client's own certificate and key
    (PEM files).
    """

    model_config = SettingsConfigDict(env_prefix="LEDGER_", toml_file="ledger.toml", extra="forbid")

    log: str = "sqlite:///ledger.db"
    batch: Annotated[int, Field(ge=1, le=100_000)] = 1000
    worker_port: Annotated[int, Field(ge=0, le=65_535)] = 6066
    worker_session: Annotated[float, Field(ge=1, le=300)] = 10.0
    worker_stall: Annotated[float, Field(ge=5)] = 60.0
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca: Path | None = None
    kafka_certificate: Path | None = None
    kafka_key: Path | None = None

    @classmethod
    def load(cls, log: str | None = None) -> "Settings":
        """The settings, with `log` from a flag or a call above all. Raises UsageError, which names the setting."""
        try:
            return cls() if log is None else cls(log=log)
        except ValidationError as error:
            wrong = (f"LEDGER_{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors())
            raise UsageError(f"{'; '.join(wrong)} (in the environment or ledger.toml)") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise UsageError(f"ledger.toml: cannot be read as TOML: {error}") from error

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
