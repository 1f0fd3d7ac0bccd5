"""What every rule about plain text depends on: the environment, and what something else encrypts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from care_platform.transport.files import Unusable

OptionalFile = Annotated[Path | None, BeforeValidator(lambda value: value or None)]
"""The path of a file; empty is as good as not set."""

Connection = Literal["database", "serving"]
"""The connections that something else may encrypt: a tunnel, a service mesh, a proxy before us."""


class EnvironmentSettings(BaseSettings):
    """`encrypted_elsewhere` names what production may leave plain, because something else encrypts it."""

    model_config = SettingsConfigDict(frozen=True)

    environment: Literal["development", "production"] = "production"
    encrypted_elsewhere: Annotated[tuple[Connection, ...], NoDecode] = ()

    @field_validator("encrypted_elsewhere", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @contextmanager
    def refusing(self, name: str) -> Iterator[None]:
        """End the program, with the names of setting and rule, if a file that it names is unusable."""
        try:
            yield
        except Unusable as rule:
            raise SystemExit(f"{self.model_config.get('env_prefix', '')}{name.upper()}: {rule}") from None


def production(others: ValidationInfo) -> bool:
    """Whether the strict rules hold. They do if the environment itself was refused."""
    return others.data.get("environment") != "development"


def must_encrypt(connection: Connection, others: ValidationInfo) -> bool:
    """Whether this connection may not be in plain text, unless it stays on this machine."""
    return production(others) and connection not in others.data.get("encrypted_elsewhere", ())
