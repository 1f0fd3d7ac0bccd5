"""The settings of the service, from the environment. Unsafe values are refused at start in production."""

import ssl
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from care_platform.settings import ServiceSettings, Slug
from care_platform.transport.environment import OptionalFile
from care_platform.transport.files import trusting
from care_platform.transport.serving import service_address
from notifications.delivering.schedule import DELAYS

NameServer = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F.:\[\]]+$")]


class Settings(ServiceSettings):
    """Each role reads what it needs. Every name in the environment begins with `NOTIFICATIONS_`."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_")

    networks: Annotated[tuple[Slug, ...], NoDecode] = ("demo",)
    keys_database_url: SecretStr = SecretStr("")
    app_role: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}$")] = "notifications_app"
    port: int = Field(8001, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8001"
    source: Literal["feed", "kafka"] = "feed"
    episodes_url: str = "http://127.0.0.1:8000"
    episodes_ca_file: OptionalFile = None
    """The certificate authorities that alone vouch for `episodes_url`; without it, those of this machine."""
    tokens_file: Path = Path("var/keys/service-tokens.json")
    missing_seconds: float = Field(900, gt=0)
    """After how long a published event that is missing is an incident."""
    keys_dir: Path = Path("var/keys/notifications")
    allow_loopback: bool = False
    subscriptions_per_partner: int = Field(10, ge=1, le=10_000)
    """How many subscriptions a partner may have at once. One that has more keeps them."""
    more_ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], NoDecode] = ()
    """The ports that a new subscription may name in production, beside 443 and 8443."""
    question_seconds: float = Field(5, gt=0, le=15)
    attempt_seconds: float = Field(15, gt=0, le=30)
    name_seconds: float = Field(2, gt=0, le=10)
    """How long an attempt waits for the name of its endpoint to be looked up; half of its time at most."""
    name_servers: Annotated[tuple[NameServer, ...], NoDecode] = ()
    """The name servers for the names of endpoints, `address` or `address:port`; without any, the system's."""
    lease_seconds: float = Field(30, gt=0)
    deliver_metrics_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    retry_seconds: Annotated[tuple[float, ...], NoDecode] = tuple(it.total_seconds() for it in DELAYS)

    @field_validator("networks", "retry_seconds", "name_servers", "more_ports", mode="before")
    @classmethod
    def _comma_list(cls, value: object) -> object:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @field_validator("episodes_url")
    @classmethod
    def _of_a_service(cls, value: str, others: ValidationInfo) -> str:
        return service_address(value, others)

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.environment == "production" and self.allow_loopback:
            raise ValueError("ALLOW_LOOPBACK is for development only")
        if self.lease_seconds <= self.question_seconds + self.attempt_seconds:
            raise ValueError("LEASE_SECONDS must outlast a question and an attempt")
        if self.source == "kafka" and not self.kafka_bootstrap:
            raise ValueError("SOURCE=kafka needs KAFKA_BOOTSTRAP")
        return self

    def address(self, name: Literal["database_url", "owner_database_url", "keys_database_url"]) -> str:
        """The address of our database. Ends the program with an explanation if it is not set."""
        secret: SecretStr = getattr(self, name)
        if not secret.get_secret_value():
            raise SystemExit(f"NOTIFICATIONS_{name.upper()} is not set")
        return secret.get_secret_value()

    def trust_in_episodes(self) -> ssl.SSLContext:
        """How the certificate of the episodes service is checked. Ends the program if the file is unfit."""
        with self.refusing("episodes_ca_file"):
            return trusting(self.episodes_ca_file)

    @property
    def seconds_for_a_name(self) -> float:
        """Short of the whole attempt, which would otherwise end as the endpoint's own time-out."""
        return min(self.name_seconds, self.attempt_seconds / 2)

    @property
    def claims_ahead(self) -> bool:
        """Whether a lease outlasts the wait for a question about others, the own one, and an attempt."""
        return self.lease_seconds > 2 * self.question_seconds + self.attempt_seconds

    @property
    def delays(self) -> tuple[timedelta, ...]:
        """The wait before each attempt of a delivery."""
        return tuple(timedelta(seconds=seconds) for seconds in self.retry_seconds)
