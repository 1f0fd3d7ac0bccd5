"""The bodies of answers about the inbox."""

from uuid import UUID

from pydantic import AwareDatetime, ConfigDict

from care_platform.described_model import DescribedModel
from notifications.concerns import Concern, Severity


class Acknowledgement(DescribedModel):
    """Somebody of the staff has seen the item; the first to say so stays."""

    model_config = ConfigDict(frozen=True)
    by: UUID
    """The id of whoever acknowledged the item."""
    at: AwareDatetime
    """When the item was acknowledged."""


class TakenBack(DescribedModel):
    """What was alerted of proved false: no rule of care was broken, by all that is known now."""

    model_config = ConfigDict(frozen=True)
    by_event: UUID
    """The event that showed it, such as a consent that was recorded late, judged anew."""
    at: AwareDatetime
    """When the item was taken back."""


class InboxItem(DescribedModel):
    """Something that the staff of a clinic must see and acknowledge."""

    id: UUID
    """The id of the item."""
    concern: Concern
    """What the staff must look at."""
    severity: Severity
    """How urgently they must look at it."""
    clinic: UUID
    """The clinic whose staff must see it."""
    recipient: UUID | None
    """The therapist it is for; without one it is for all staff of the clinic."""
    episode: UUID
    """The episode that it is about."""
    event_id: UUID
    """The event that brought it up; of `events_missing` an id of its own, since no event is here."""
    occurred_at: AwareDatetime
    """When the event happened, as exactly as `precision` says."""
    precision: str
    """How exactly `occurred_at` is known: to the second, minute, day or month."""
    recorded_at: AwareDatetime
    """When the event was recorded; the inbox is sorted by it."""
    link: str
    """The address of the whole event at the episodes service, for those who may read it; of `events_missing`
    that of the episode."""
    acknowledgement: Acknowledgement | None = None  # always sent; generated Java clients need it optional
    """Who has seen the item, and when; null while nobody has said so."""
    taken_back: TakenBack | None = None
    """What showed that the alert was false; null while it stands."""


class Inbox(DescribedModel):
    """A page of the inbox."""

    items: list[InboxItem]
    """The items, newest first."""
    next: UUID | None
    """What to pass as `cursor` for older items; null on the last page."""
