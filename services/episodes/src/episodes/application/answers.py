"""The answer to a command: ids, types, versions, times, status and rule names; never clinical content."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from episodes.application.commands import Answer
from episodes.domain.deciding import Asked
from episodes.domain.envelope import Header
from episodes.domain.episode import Episode


def answer(headers: Sequence[Header], episode: Episode, asked: Asked[Any]) -> Answer:
    """To a command that was recorded; a time a little ahead of our clock is accepted and marked."""
    ahead = asked.when.at > asked.now
    body = to_json(
        {
            "events": [
                {
                    "id": header.event_id,
                    "type": header.type,
                    "version": header.version,
                    "occurred_at": header.occurred_at,
                    "recorded_at": header.recorded_at,
                }
                for header in headers
            ],
            "episode": {"id": episode.id, "version": episode.version, "status": episode.status},
            "warnings": [{"rule": "ahead-of-our-clock", "pointer": "/occurred_at"}] if ahead else [],
        }
    )
    return Answer(body, episode.id, episode.version, headers[0].event_id)


def repeated(body: bytes) -> Answer:
    """A recorded answer, sent again."""
    document = json.loads(body)
    episode, event = document["episode"], document["events"][0]
    return Answer(body, UUID(episode["id"]), episode["version"], UUID(event["id"]), replayed=True)
