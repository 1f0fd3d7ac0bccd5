"""Red flags: a sign that care may be unsafe and someone must look."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from episodes.domain.codes import RED_FLAGS
from episodes.domain.deciding import Asked, Decided, known
from episodes.domain.envelope import Recorded
from episodes.domain.episode import Episode
from episodes.domain.form import Length, OneOf, Words
from episodes.domain.time import Interval
from episodes.domain.values import Coded, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlagRaised:
    """The flag's id is the id of this event. Whether care is held is derived from open flags."""

    code: Annotated[Coded, RED_FLAGS]
    source: Annotated[
        str, OneOf("assessment", "session_check", "session", "response", "client", "partner", "other")
    ]
    source_event: UUID | None = None
    sites: Annotated[tuple[Site, ...], Length(30)] = ()
    urgency: Annotated[str, OneOf("routine", "urgent", "emergency")] = "urgent"
    action_advised: Words | None = None
    holds_care: bool = False


def raise_flag(episode: Episode, asked: Asked[RedFlagRaised]) -> list[Decided]:
    known(episode, asked.draft.source_event, "/source_event")
    return [Decided(asked.draft, asked.when)]


def flag_open(episode: Episode, entry: Recorded[RedFlagRaised]) -> Episode:
    return episode.begin(entry, Interval(entry.header.when))
