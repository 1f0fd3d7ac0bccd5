"""The events of one command in the making: decided, given an envelope, sealed, and the episode after them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from episodes.application.commands import Command
from episodes.application.errors import TooLarge
from episodes.application.publishing import is_published
from episodes.application.recording import Beside, DataKey, stored
from episodes.domain.deciding import Asked, Decided
from episodes.domain.envelope import Header, Recorded
from episodes.domain.episode import Episode
from episodes.domain.step import Step
from episodes.domain.steps import BY_FACT, decide, evolve
from episodes.domain.time import LATE_AFTER

MOST_BYTES_OF_EVENT = 160 * 1024
"""Of the stored state of one event."""


@dataclass(slots=True)
class Recording:
    """What a command records in one episode; `weight` is that of the episode before."""

    episode: Episode
    weight: int = 0
    events: list[StoredEvent] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    size: int = 0

    def record(self, command: Command, asked: Asked[Any], key: DataKey, nonce: Callable[[], bytes]) -> None:
        """Decide, and take the facts in. Raises what refuses it, or `TooLarge`."""
        said = command.circumstances
        for place, item in enumerate(decide(self.episode, asked)):
            header = _header(command, self.episode, item, asked, asked.event_ids[place], key)
            labels = tuple(dict.fromkeys((*said.labels, *item.labels))) if item.labels else said.labels
            beside = Beside(labels=labels, source_ref=None if self.events else said.source_ref)
            event = stored(header, item.fact, beside, key, nonce())
            if len(event.state) > MOST_BYTES_OF_EVENT:
                raise TooLarge
            self.events.append(event)
            self.headers.append(header)
            self.size += len(event.state)
            self.episode = evolve(self.episode, Recorded(header, item.fact, labels))


def _header(
    command: Command, episode: Episode, item: Decided, asked: Asked[Any], event_id: UUID, key: DataKey
) -> Header:
    recorded_at = episode.time(asked.now)
    step = BY_FACT[type(item.fact)]
    return Header(
        event_id=event_id,
        type=step.name,
        episode_id=episode.id,
        version=episode.version + 1,
        network=episode.network,
        clinic=item.clinic or episode.clinic,
        occurred_at=item.when.at,
        precision=item.when.precision,
        zone=item.when.zone,
        recorded_at=recorded_at,
        origin=_origin(step, command, recorded_at - item.when.end),
        actor=command.caller.actor,
        client=episode.client,
        command_id=command.id,
        correlation_id=command.correlation,
        key_id=key.id,
        performer=command.circumstances.performer,
        on_behalf_of=command.circumstances.on_behalf_of,
        purpose=command.circumstances.purpose,
        sequence=episode.sequence + 1 if is_published(type(item.fact)) else None,
    )


def _origin(step: Step, command: Command, after: timedelta) -> str:
    """The first that applies."""
    if step.rewrites:
        return "corrected"
    if command.circumstances.origin is not None:
        return command.circumstances.origin
    return "late" if after > LATE_AFTER else "live"
