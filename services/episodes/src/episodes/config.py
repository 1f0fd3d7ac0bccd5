"""The settings of the service, from the environment: each has a safe default or a clear refusal at start."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from care_platform.memory import memory_there_is
from care_platform.settings import ServiceSettings, Slug
from episodes.event_log.cache import usual_bytes
from episodes.publishing.topics import RETENTION_DAYS


class Settings(ServiceSettings):
    """EPISODES_… in the environment. Database addresses are libpq URLs and may name a Unix socket.

    `topic_retention_days` is for how many days the topics keep what is published. Whoever was away for longer
    has to fetch from this service what Kafka has deleted meanwhile.

    `cache_bytes` is how much memory the states of recently used episodes may take, in the API and in
    `project` each; 0 keeps none. Unless told otherwise it is an eighth of the memory that the machine or the
    container has, from 64 MB to 4 GB.

    `waiting_per_caller` is how many commands of one caller may wait, and how many of its reads; more are 429.
    """

    model_config = SettingsConfigDict(env_prefix="EPISODES_", extra="ignore")

    networks: Annotated[tuple[Slug, ...], NoDecode, Field(min_length=1)] = ("demo",)
    keys_database_url: SecretStr = SecretStr("")
    app_role: str = "episodes_app"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    public_url: str = "http://127.0.0.1:8000"
    relay_metrics_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    project_metrics_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    topic_retention_days: Annotated[int, Field(ge=1, le=3_650)] = RETENTION_DAYS
    keys_dir: Path = Path("var/keys/episodes")
    waiting_per_caller: Annotated[int, Field(ge=1)] = 256
    cache_bytes: Annotated[int, Field(ge=0)] | None = None

    @field_validator("cache_bytes")
    @classmethod
    def _in_memory(cls, value: int | None) -> int | None:
        if value is not None and value > memory_there_is():
            raise ValueError(f"must be at most the memory that there is, {memory_there_is()} bytes")
        return value

    @field_validator("networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def cache_limit(self) -> int:
        """How many bytes a cache of states may take."""
        return usual_bytes() if self.cache_bytes is None else self.cache_bytes

    def require(self, name: str, why: str) -> str:
        """A setting without default. Ends the program with a sentence if it is missing."""
        value = getattr(self, name)
        value = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        if not value:
            raise SystemExit(f"EPISODES_{name.upper()} is not set: {why}")
        return value
