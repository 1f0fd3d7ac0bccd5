"""The settings that every service has: its environment, its address, and the token issuer it trusts."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from care_platform.auth.key_sources import KeyAddress, KeyFile, Source
from care_platform.http.door import DoorLimits
from care_platform.transport.addresses import confidential
from care_platform.transport.database import DatabaseSettings
from care_platform.transport.kafka import KafkaSettings
from care_platform.transport.serving import ServingSettings

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""The name of a network."""

_CrashAt = Annotated[str, StringConstraints(pattern=r"^([a-z]+\.[a-z-]+(:[1-9][0-9]{0,5})?)?$")]


class ServiceSettings(ServingSettings, DatabaseSettings, KafkaSettings):
    """Read from the environment, with the service's own prefix before each name.

    `jwks_url` is where the token issuer publishes its public keys (https, with a certificate that this
    machine or `SSL_CERT_FILE` trusts); without it they are read from `jwks_file`. Both are read again while
    the service runs: the file every second, the address every five minutes and when a token names an unknown
    key, so keys rotate without a restart.

    `max_connections` is how many connections one API process keeps open, `max_connections_per_peer` how many
    of one address; leave that out behind a proxy, whose address all of them have.
    """

    jwks_file: Path = Path("var/keys/jwks.json")
    jwks_url: str = ""
    token_issuer: str = "care-local"
    token_audience: str = "care"
    max_connections: Annotated[int, Field(ge=1)] = 1_000
    max_connections_per_peer: Annotated[int, Field(ge=1)] | None = None
    crash_at: _CrashAt = ""

    @field_validator("jwks_url")
    @classmethod
    def _of_the_issuer(cls, value: str, others: ValidationInfo) -> str:
        if value and not confidential(value, plain_here=others.data.get("environment") == "development"):
            raise ValueError("must be an https address (in development also http on this machine)")
        return value

    @field_validator("crash_at")
    @classmethod
    def _for_tests_alone(cls, value: str, others: ValidationInfo) -> str:
        if value and others.data.get("environment") != "development":
            raise ValueError("ends the process on purpose; it is for tests only")
        return value

    @property
    def development(self) -> bool:
        return self.environment == "development"

    def door(self) -> DoorLimits:
        """What one API process lets in."""
        return DoorLimits(connections=self.max_connections, per_peer=self.max_connections_per_peer)

    def key_source(self) -> Source:
        """Where the token issuer's keys are read from."""
        return KeyAddress(self.jwks_url) if self.jwks_url else KeyFile(self.jwks_file)
