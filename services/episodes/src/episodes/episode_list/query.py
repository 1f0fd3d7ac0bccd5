"""What the list is asked and what it answers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from care_platform.described_model import DescribedModel
from care_platform.http.parameters import DIGITS, Id
from episodes.domain.status import Status
from episodes.http.parameters import SYSTEM_AND_VALUE, Query

A_WRITE = r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}:[1-9][0-9]{0,8}$"
"""An episode and a version, as the receipt of a command names them."""


class ListQuery(Query):
    """Which episodes are wanted; several conditions all hold."""

    client: Id | None = None
    """Episodes of this client."""
    status: Status | None = None
    """Episodes in this status."""
    clinic: Id | None = None
    """Episodes of this clinic."""
    therapist: Id | None = None
    """Episodes for which this therapist answers now."""
    source_ref: Annotated[str, StringConstraints(pattern=SYSTEM_AND_VALUE)] | None = None
    """The episode in which this id of your own system was recorded, as `system|value`."""
    limit: Annotated[int, Field(ge=1, le=200), DIGITS] = 50
    """How many episodes a page holds at most."""
    cursor: Annotated[str, StringConstraints(pattern=r"^e[0-9a-f]{32}$")] | None = None
    """`next` of the page before."""
    after_write: Annotated[str, StringConstraints(pattern=A_WRITE)] | None = None
    """`episode:version` from the receipt of a command: the answer waits until the list holds that write."""


class ListedEpisode(DescribedModel):
    """One episode of the list: ids, a status and times; nothing clinical."""

    id: UUID
    """The episode's id."""
    version: int
    """How many events the episode had when it was listed."""
    status: Status
    """Whether care goes on."""
    clinic: UUID
    """The clinic that has the episode now."""
    client: UUID
    """Whose episode it is."""
    therapist: UUID | None = None
    """The therapist who answers for the episode; absent once the client is erased."""
    opened_at: datetime | None = None
    """When the episode was opened; absent once the client is erased."""
    closed_at: datetime | None = None
    """When the episode was closed, if it is closed."""
    last_recorded_at: datetime
    """When its newest event was recorded."""
    continues: UUID | None = None
    """The ended episode that this one said it continues."""
    may_continue: UUID | None = None
    """A hint: another episode of the same client ended within three months before this one was opened."""


class EpisodeList(DescribedModel):
    """A page of the list, newest episode first."""

    episodes: list[ListedEpisode]
    """The episodes of this page."""
    next: str | None = None
    """The `cursor` of the next page; absent on the last."""
