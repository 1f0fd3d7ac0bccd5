"""The settings that every service has: its environment, its address, and the token issuer it trusts."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from care_platform.auth.jwks import LARGEST, holds_development_key
from care_platform.auth.key_sources import KeyAddress, KeyFile, Source
from care_platform.http.door import DoorLimits
from care_platform.transport.addresses import confidential
from care_platform.transport.database import DatabaseSettings
from care_platform.transport.kafka import KafkaSettings
from care_platform.transport.serving import ServingSettings

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""The name of a network."""

DEVELOPMENT_JWKS = Path("var/keys/jwks.json")
"""Where the development issuer publishes its key, unless told otherwise."""
_CrashAt = Annotated[str, StringConstraints(pattern=r"^([a-z]+\.[a-z-]+(:[1-9][0-9]{0,5})?)?$")]


class ServiceSettings(ServingSettings, DatabaseSettings, KafkaSettings):
    """Read from the environment, with the service's own prefix before each name.

    The environment is production unless it says otherwise, so that nothing made for development is taken by
    default.

    `jwks_url` is where the token issuer publishes its public keys (https, with a certificate that this
    machine or `SSL_CERT_FILE` trusts); without it they are read from `jwks_file`, which production has to
    name. Both are read again while the service runs: the file every second, the address every five minutes
    and when a token names an unknown key, so keys rotate without a restart. `token_hours` is how long after
    its issue a token may expire: 24 hours by default, as whoever leaves can act for that long.

    `max_connections` is how many connections one API process keeps open, `max_connections_per_peer` how many
    of one address; leave that out behind a proxy, whose address all of them have. `operations_port` is where
    the API answers `/health/ready`, `/metrics` and `/openapi.json`, and nowhere else; without it, whoever
    reaches the API may ask them.
    """

    jwks_file: Path | None = None
    jwks_url: str = ""
    token_issuer: str = "care-local"
    token_audience: str = "care"
    token_hours: Annotated[float, Field(gt=0, le=720)] = 24
    operations_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
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

    @property
    def token_seconds(self) -> float:
        return self.token_hours * 3600

    @property
    def development_jwks_file(self) -> Path:
        """Where the development issuer's key is published."""
        return self.jwks_file or DEVELOPMENT_JWKS

    def key_source(self) -> Source:
        """Where the token issuer's keys are read from. Ends the program with a sentence if production names
        no source, or a file with a key that was made for development."""
        if self.jwks_url:
            return KeyAddress(self.jwks_url)
        if self.development:
            return KeyFile(self.development_jwks_file)
        prefix = self.model_config.get("env_prefix", "")
        if self.jwks_file is None:
            raise SystemExit(
                f"{prefix}JWKS_URL is not set: production needs the address of its token issuer's keys, or "
                f"{prefix}JWKS_FILE (on your own machine set {prefix}ENVIRONMENT=development)"
            )
        if holds_development_key(_beginning(self.jwks_file)):
            raise SystemExit(
                f"{prefix}JWKS_FILE has a key that was made for development, with which others can sign"
            )
        return KeyFile(self.jwks_file)


def _beginning(file: Path) -> bytes:
    """As much of the file as a document may have; nothing, if it cannot be read yet."""
    with suppress(OSError), file.open("rb") as opened:
        return opened.read(LARGEST + 1)
    return b""
