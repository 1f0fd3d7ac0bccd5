"""A usual design: an aggregate of `eventsourcing`, an application, and `save` in each FastAPI request.

It follows the library's documentation, on PostgreSQL, with advantages over ours: no token, no idempotency, no
encryption; its aggregates stay cached, and its pool is as large as FastAPI's threads. The same pydantic model
as ours validates the body, and an event takes as many bytes.
"""

import os
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID, uuid4

import uvicorn
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError
from eventsourcing.utils import retry
from fastapi import Depends, FastAPI, Request
from psycopg.conninfo import conninfo_to_dict
from pydantic import BaseModel, create_model
from pydantic_core import to_jsonable_python

from episodes.domain.care.assessments import Assessed
from episodes.recording.commands import Circumstances
from episodes.recording.strict_models import STRICT, strict_fields

ENVELOPE = {f"context_{number}": str(uuid4()) for number in range(2)}
"""Metadata that makes an event as large in the log as ours."""

Command: type[BaseModel] = create_model(
    "Command", __config__=STRICT, **strict_fields(Assessed), **strict_fields(Circumstances)
)


class Episode(Aggregate):
    """Counts its assessments."""

    @event("Opened")
    def __init__(self) -> None:
        self.assessments = 0

    @event("Assessed")
    def assess(self, assessment: dict[str, Any], envelope: dict[str, str]) -> None:
        self.assessments += 1


class Episodes(Application[UUID]):
    """Loads, decides, saves."""

    def open(self) -> UUID:
        episode = Episode()
        self.save(episode)
        return episode.id

    @retry(IntegrityError, max_attempts=10, wait=0.01)
    def assess(self, identifier: UUID, assessment: dict[str, Any]) -> int:
        episode: Episode = self.repository.get(identifier)
        episode.assess(assessment=assessment, envelope=ENVELOPE)
        self.save(episode)
        return episode.version


async def read(request: Request) -> BaseModel:
    """Validate JSON directly into the model, which is faster than FastAPI's way through dictionaries."""
    return Command.model_validate_json(await request.body())


def app(episodes: Episodes) -> FastAPI:
    served = FastAPI()

    @served.get("/health/ready")
    def ready() -> None:
        """Answers as soon as the application can."""

    @served.post("/v1/episodes", status_code=201)
    def open_episode() -> dict[str, UUID]:
        return {"id": episodes.open()}

    @served.post("/v1/episodes/{episode}/assessments", status_code=201)
    def assess(episode: UUID, command: Annotated[BaseModel, Depends(read)]) -> dict[str, int]:
        assessment = to_jsonable_python(command.__dict__, exclude_none=True)
        return {"version": episodes.assess(episode, assessment)}

    return served


def environment(url: str) -> Mapping[str, str]:
    parts = {name: str(part) for name, part in conninfo_to_dict(url).items()}
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts["dbname"],
        "POSTGRES_HOST": parts["host"],
        "POSTGRES_PORT": parts.get("port", "5432"),
        "POSTGRES_USER": parts["user"],
        "POSTGRES_PASSWORD": parts.get("password", ""),
        "POSTGRES_POOL_SIZE": "40",
        "AGGREGATE_CACHE_MAXSIZE": "5000",
    }


if __name__ == "__main__":
    uvicorn.run(
        app(Episodes(environment(os.environ["EPISODES_DATABASE_URL"]))),
        host="127.0.0.1",
        port=int(os.environ["EPISODES_PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
    )
