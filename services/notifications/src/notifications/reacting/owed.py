"""What is owed for an event: webhooks to partners, an item in a clinic's inbox, or an item taken back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.concerns import Concern, Severity


@dataclass(frozen=True, slots=True)
class WebhookOwed:
    """A webhook for every active subscription of the partner that selects such events."""

    partner: UUID


@dataclass(frozen=True, slots=True)
class OpeningOwed:
    """A webhook about the opening, once for each such subscription, and not before the consent begins."""

    partner: UUID
    not_before: datetime


@dataclass(frozen=True, slots=True)
class AmendmentOwed:
    """A webhook for every subscription that was sent the entry, or is still owed it, whatever it selects."""

    entry: UUID


@dataclass(frozen=True, slots=True)
class InboxOwed:
    """An item for the clinic's staff to acknowledge, or for one therapist if there is a recipient."""

    clinic: UUID
    severity: Severity
    concern: Concern
    recipient: UUID | None = None
    sessions: tuple[UUID, ...] = ()
    """Whose broken rules it tells of."""


@dataclass(frozen=True, slots=True)
class AlertsTakenBack:
    """These sessions broke no rule after all: alerts that said so are taken back.

    Whom an alert was for is told, because they may have acknowledged it.
    """

    sessions: tuple[UUID, ...]


Owed = WebhookOwed | OpeningOwed | AmendmentOwed | InboxOwed | AlertsTakenBack
