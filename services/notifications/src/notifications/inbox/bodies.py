"""The bodies of answers about the inbox."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from notifications.concerns import Concern, Severity


class Acknowledgement(BaseModel):
    model_config = ConfigDict(frozen=True)
    by: UUID
    at: AwareDatetime


class InboxItem(BaseModel):
    """`link` names the whole event at the episodes service, for those who may read it.

    `recipient` is the therapist it is for; without one it is for all staff of the clinic.
    """

    id: UUID
    concern: Concern
    severity: Severity
    clinic: UUID
    recipient: UUID | None
    episode: UUID
    event_id: UUID
    occurred_at: AwareDatetime
    precision: str
    recorded_at: AwareDatetime
    link: str
    acknowledgement: Acknowledgement | None


class Inbox(BaseModel):
    """`next`: pass it as `cursor` for older items; absent on the last page."""

    items: list[InboxItem]
    next: UUID | None
