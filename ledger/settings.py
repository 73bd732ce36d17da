"""Every setting, in one place: flags over environment (`LEDGER_...`) over `ledger.toml`."""

from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """`log` is the URL of the ledger. `batch` is how many events one commit of a bulk publish holds."""

    model_config = SettingsConfigDict(env_prefix="LEDGER_", toml_file="ledger.toml", extra="forbid")

    log: str = "sqlite:///ledger.db"
    batch: int = 1000

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
