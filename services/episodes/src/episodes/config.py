"""The settings of the service, from the environment: each has a safe default or a clear refusal at start."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
CrashAt = Annotated[str, StringConstraints(pattern=r"^([a-z]+\.[a-z-]+(:[1-9][0-9]{0,5})?)?$")]


class Settings(BaseSettings):
    """EPISODES_… in the environment. Database addresses are libpq URLs and may name a Unix socket.

    `jwks_url` is where the token issuer publishes its public keys (https; its certificate must be one this
    machine trusts, or one in `SSL_CERT_FILE`); without it they are read from `jwks_file`. Both are read again
    while the service runs: the file every second, the address every five minutes and when a token names
    an unknown key, so keys rotate without a restart.
    """

    model_config = SettingsConfigDict(env_prefix="EPISODES_", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = "development"
    networks: Annotated[tuple[Slug, ...], NoDecode, Field(min_length=1)] = ("demo",)
    database_url: str = ""
    owner_database_url: str = ""
    app_role: str = "episodes_app"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    public_url: str = "http://127.0.0.1:8000"
    kafka_bootstrap: str = ""
    relay_metrics_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    project_metrics_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    keys_dir: Path = Path("var/keys/episodes")
    jwks_file: Path = Path("var/keys/jwks.json")
    jwks_url: str = ""
    token_issuer: str = "care-local"
    token_audience: str = "care"
    cache_bytes: Annotated[int, Field(ge=0)] = 256 * 1024 * 1024
    crash_at: CrashAt = ""

    @field_validator("networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

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

    def require(self, name: str, why: str) -> str:
        """A setting without default. Ends the program with a sentence if it is missing."""
        value = str(getattr(self, name))
        if not value:
            raise SystemExit(f"EPISODES_{name.upper()} is not set: {why}")
        return value


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
