"""What an event makes us owe: a webhook to a partner, or an item in a clinic's inbox."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Severity = Literal["critical", "notice"]
Concern = Literal["red_flag_raised", "rule_of_care_broken", "adverse_reaction"]


@dataclass(frozen=True, slots=True)
class WebhookOwed:
    """Every live subscription of the partner that asks for such events is owed one."""

    partner: UUID


@dataclass(frozen=True, slots=True)
class InboxOwed:
    """The staff of the clinic shall see it and acknowledge."""

    clinic: UUID
    severity: Severity
    concern: Concern


Owed = WebhookOwed | InboxOwed
