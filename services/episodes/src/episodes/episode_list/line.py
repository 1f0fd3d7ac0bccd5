"""What a list says of an episode: ids, a status and times; never a word of care."""

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from episodes.domain.care.closures import EpisodeClosed
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.care.transfers import responsible
from episodes.domain.episode import Episode
from episodes.domain.status import Status, status

VIEW = "episodes"
"""The name of the view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeLine:
    """One line of the list. What an erased client's events said is absent; their times of recording stay."""

    network_id: str
    episode_id: UUID
    clinic_id: UUID
    client_id: UUID
    therapist_id: UUID | None
    status: Status
    version: int
    opened_at: datetime | None
    closed_at: datetime | None
    last_recorded_at: datetime | None
    continues: UUID | None


def episode_line(episode: Episode) -> EpisodeLine:
    """A pure function of the folded episode: listing it again gives the same line."""
    opened = next(episode.of(EpisodeOpened), None)
    closed = None if status(episode) != "closed" else next(reversed([*episode.of(EpisodeClosed)]), None)
    answering = responsible(episode)
    return EpisodeLine(
        network_id=episode.network,
        episode_id=episode.id,
        clinic_id=episode.clinic,
        client_id=episode.client,
        therapist_id=answering.fact.therapist if answering else None,
        status=status(episode),
        version=episode.version,
        opened_at=opened.metadata.occurred_at if opened else None,
        closed_at=closed.metadata.occurred_at if closed else None,
        last_recorded_at=episode.recorded_at,
        continues=opened.fact.continues if opened else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What a reader asks for. `reference` is the keyed hash of a source_ref.

    `before` is the last episode of the page before: ids are drawn in the order of opening and never change,
    so a walk over pages meets each episode once, whatever is written meanwhile.
    """

    client: UUID | None = None
    status: Status | None = None
    clinic: UUID | None = None
    therapist: UUID | None = None
    reference: bytes | None = None
    before: UUID | None = None

    def given(self) -> dict[str, object]:
        """The filters that were asked for, by name."""
        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in asked.items() if value is not None}
