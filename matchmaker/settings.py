"""The settings of an installation: environment variables ``MATCHMAKER_*``, listed by ``matchmaker doctor``."""

from pathlib import Path

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from matchmaker.errors import SettingError
from matchmaker.texts import SPANISH, Language


class Settings(BaseSettings):
    """Every setting, with its default and what it is for."""

    model_config = SettingsConfigDict(env_prefix="MATCHMAKER_", extra="ignore", frozen=True)

    home: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("matchmaker", appauthor=False),
        description="Folder for the database, the indexes and the vectors already computed.",
    )
    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="SQLAlchemy address of the database; empty: an SQLite file in the home folder.",
    )
    encoder: str = Field(
        default="",
        description="Folder or sentence-transformers name of another encoder; empty: the one shipped.",
    )
    language: Language = Field(default=SPANISH, description="Language of the command line and of the logs: es or en.")
    api_token: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer token that may write and see private needs through the HTTP API; empty: nobody may.",
    )
    api_body_limit: int = Field(
        default=1_000_000, ge=1_000, description="Largest request body the HTTP API reads, in bytes."
    )

    @property
    def resolved_database_url(self) -> str:
        """The database's address: the setting, or the SQLite file in the home folder."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.home / 'matchmaker.sqlite'}"


def load() -> Settings:
    """
    Read the settings from the environment.

    Raises:
        SettingError: a setting has a value that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingError(f"setting.{error.errors()[0]['loc'][0]}") from None
