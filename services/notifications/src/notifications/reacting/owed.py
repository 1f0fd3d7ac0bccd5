"""What an event makes us owe: webhooks to partners, or an item in a clinic's inbox."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.concerns import Concern, Severity


@dataclass(frozen=True, slots=True)
class WebhookOwed:
    """Every live subscription of the partner that asks for such events is owed one."""

    partner: UUID


@dataclass(frozen=True, slots=True)
class OpeningOwed:
    """Each of them is owed the opening of the episode too: once, and no earlier than the consent begins."""

    partner: UUID
    not_before: datetime


@dataclass(frozen=True, slots=True)
class AmendmentOwed:
    """Whoever was sent the entry, or is still owed it, must hear of this too, whatever they ask for."""

    entry: UUID


@dataclass(frozen=True, slots=True)
class InboxOwed:
    """The staff of the clinic shall see it and acknowledge; with a recipient, that therapist."""

    clinic: UUID
    severity: Severity
    concern: Concern
    recipient: UUID | None = None


Owed = WebhookOwed | OpeningOwed | AmendmentOwed | InboxOwed
