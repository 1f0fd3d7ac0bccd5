"""The settings of the service, from the environment; what is unsafe in production is refused at start."""

import re
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from notifications.delivering.schedule import DELAYS

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
CrashAt = Annotated[str, StringConstraints(pattern=r"^([a-z]+\.[a-z-]+(:[1-9][0-9]{0,5})?)?$")]


class Settings(BaseSettings):
    """Each role reads what it needs; `NOTIFICATIONS_` stands before every name in the environment.

    `jwks_url` is where the token issuer publishes its public keys (https; its certificate must be one this
    machine trusts, or one in `SSL_CERT_FILE`); without it they are read from `jwks_file`. Both are read again
    while the service runs: the file every second, the address every five minutes and when a token names
    an unknown key, so keys rotate without a restart.
    """

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True)

    environment: Literal["development", "production"] = "development"
    networks: Annotated[tuple[Slug, ...], NoDecode] = ("demo",)
    database_url: SecretStr = SecretStr("")
    owner_database_url: SecretStr = SecretStr("")
    app_role: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}$")] = "notifications_app"
    host: str = "127.0.0.1"
    port: int = Field(8001, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8001"
    source: Literal["feed", "kafka"] = "feed"
    kafka_bootstrap: str | None = None
    episodes_url: str = "http://127.0.0.1:8000"
    tokens_file: Path = Path("var/keys/service-tokens.json")
    keys_dir: Path = Path("var/keys/notifications")
    jwks_file: Path = Path("var/keys/jwks.json")
    jwks_url: str = ""
    token_issuer: str = "care-local"
    token_audience: str = "care"
    allow_loopback: bool = False
    question_seconds: float = Field(5, gt=0, le=15)
    attempt_seconds: float = Field(15, gt=0, le=30)
    lease_seconds: float = Field(30, gt=0)
    retry_seconds: Annotated[tuple[float, ...], NoDecode] = tuple(it.total_seconds() for it in DELAYS)
    crash_at: CrashAt = ""

    @field_validator("networks", "retry_seconds", mode="before")
    @classmethod
    def _comma_list(cls, value: object) -> object:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @field_validator("public_url", "episodes_url")
    @classmethod
    def _no_slash_at_the_end(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("jwks_url")
    @classmethod
    def _of_the_issuer(cls, value: str, others: ValidationInfo) -> str:
        if value and not _confidential(value, development=others.data.get("environment") == "development"):
            raise ValueError("must be an https address (in development also http on this machine)")
        return value

    @field_validator("crash_at")
    @classmethod
    def _for_tests_alone(cls, value: str, others: ValidationInfo) -> str:
        if value and others.data.get("environment") != "development":
            raise ValueError("ends the process on purpose; it is for tests only")
        return value

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.environment == "production" and self.allow_loopback:
            raise ValueError("ALLOW_LOOPBACK is for development only")
        if self.lease_seconds <= self.question_seconds + self.attempt_seconds:
            raise ValueError("LEASE_SECONDS must outlast a question and an attempt")
        if self.source == "kafka" and not self.kafka_bootstrap:
            raise ValueError("SOURCE=kafka needs KAFKA_BOOTSTRAP")
        return self

    def address(self, name: Literal["database_url", "owner_database_url"]) -> str:
        """Of our database. Ends the program with a sentence if it is not set."""
        secret: SecretStr = getattr(self, name)
        if not secret.get_secret_value():
            raise SystemExit(f"NOTIFICATIONS_{name.upper()} is not set")
        return secret.get_secret_value()

    @property
    def development(self) -> bool:
        return self.environment == "development"

    @property
    def delays(self) -> tuple[timedelta, ...]:
        """The wait before each attempt of a delivery."""
        return tuple(timedelta(seconds=seconds) for seconds in self.retry_seconds)


def _confidential(address: str, development: bool) -> bool:
    """Whether nobody between us and it can alter what is read there, and it holds no password."""
    url = urlsplit(address)
    plain = "@" not in url.netloc and not url.fragment and not re.search(r"[^!-~]", address)
    if not plain or not url.hostname or url.port == 0:
        return False
    return url.scheme == "https" or (url.scheme == "http" and development and _loopback(url.hostname))


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
