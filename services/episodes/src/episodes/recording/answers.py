"""The answer to a command: ids, types, versions, times, status and rule names; never clinical content."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from episodes.domain.care.amendments import Amendment
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.decision import Command
from episodes.domain.doubts.all_doubts import doubts
from episodes.domain.episode import Episode
from episodes.domain.event import EventMetadata, RecordedEvent
from episodes.domain.status import status
from episodes.recording.commands import Answer

LONG_EVENTS = 1_000
LONG_BYTES = 4 * 1024 * 1024
"""Above how many events or stored bytes an episode counts as long: to read it takes a tenth of a second of
one core, and a course of care of three years with two sessions a week has fewer events."""

_TO_CONTINUE = "The episode has grown long. Close it and open one that continues it: name it in `continues`."


def answer(
    recorded: Sequence[RecordedEvent[Any]], episode: Episode, asked: Command[Any], weight: int = 0
) -> Answer:
    """The answer to a recorded command. `weight` is the size of the episode's stored events in bytes.

    It names the rules that a session broke, and warns of what looks wrong, of a time slightly ahead of our
    clock, and staff of an episode that has grown long.
    """
    shown = _episode(episode)
    if asked.partner is not None:
        del shown["status"]  # a partner learns of a closure only by consent
    document = {
        "events": [_event(entry.metadata) for entry in recorded],
        "episode": shown,
        "warnings": [*_doubts(episode, recorded[0], asked), *_warnings(episode, asked, weight)],
    }
    session = _session(recorded, episode, asked)
    if session is not None:
        document["breaches"] = [breach.rule for breach in session.breaches]
    body = to_json(document)
    return Answer(body, episode.id, episode.version, recorded[0].metadata.event_id)


def _session(
    recorded: Sequence[RecordedEvent[Any]], episode: Episode, asked: Command[Any]
) -> SessionDelivered | None:
    """The session that was recorded or amended, as it stands now; none if there is none, or none any more."""
    match asked.draft:
        case SessionDelivered():
            named: UUID | None = recorded[0].metadata.event_id
        case Amendment():
            named = asked.about
        case _:
            return None
    entry = None if named is None else episode.entry(named)
    if entry is not None and isinstance(entry.fact, Amendment) and entry.fact.event is not None:
        entry = episode.entry(entry.fact.event)
    return None if entry is None or not isinstance(entry.fact, SessionDelivered) else entry.fact


def _doubts(episode: Episode, recorded: RecordedEvent[Any], asked: Command[Any]) -> Iterator[dict[str, str]]:
    if asked.partner is not None:
        return  # a doubt compares with what a partner may not read
    for doubt in doubts(episode, recorded, asked):
        told = {"rule": doubt.rule, "pointer": doubt.pointer}
        yield {**told, "detail": doubt.detail} if doubt.detail else told


def _warnings(episode: Episode, asked: Command[Any], weight: int) -> Iterator[dict[str, str]]:
    if asked.when.at > asked.now:
        yield {"rule": "ahead-of-our-clock", "pointer": "/occurred_at"}
    if asked.partner is None and (episode.version > LONG_EVENTS or weight > LONG_BYTES):
        yield {"rule": "long-episode", "pointer": "", "detail": _TO_CONTINUE}


def answer_of_several(recorded: Sequence[EventMetadata], episodes: Sequence[Episode]) -> Answer:
    """The answer to a command that was recorded in several episodes of a client."""
    body = to_json(
        {
            "events": [_event(metadata) for metadata in recorded],
            "episodes": [_episode(episode) for episode in episodes],
            "warnings": [],
        }
    )
    return Answer(body, recorded[0].episode_id, None, recorded[0].event_id)


def repeated(body: bytes) -> Answer:
    """A recorded answer, for a repeated command."""
    document = json.loads(body)
    event, one = document["events"][0], document.get("episode")
    episode, version = (one["id"], one["version"]) if one else (document["episodes"][0]["id"], None)
    return Answer(body, UUID(episode), version, UUID(event["id"]), replayed=True)


def _event(metadata: EventMetadata) -> dict[str, Any]:
    return {
        "id": metadata.event_id,
        "type": metadata.type,
        "version": metadata.version,
        "occurred_at": metadata.occurred_at,
        "recorded_at": metadata.recorded_at,
    }


def _episode(episode: Episode) -> dict[str, Any]:
    return {"id": episode.id, "version": episode.version, "status": status(episode)}
