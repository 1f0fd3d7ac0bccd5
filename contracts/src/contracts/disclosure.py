"""May this go to that partner now? Notifications asks before every attempt; no answer means no send."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["empty", "ids", "full"]
Reason = Literal["consented", "no_consent", "not_shared", "unknown_event", "redacted", "unreadable"]
"""`unreadable`: the record cannot be read now, so nothing is decided; the attempt waits."""


class Question(BaseModel):
    """One event, one partner, one subscription, at one payload level."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    event_id: UUID
    partner: UUID
    subscription_id: UUID
    level: Level = "ids"


class Decision(BaseModel):
    """The answer, true at the moment it is given and for one attempt only.

    `subject` is the only client id the partner ever sees; `your_client_ref` is the partner's own number
    for the client. Both accompany an allowed decision alone and are never kept in a log.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    decision_id: UUID
    allowed: bool
    reason: Reason
    subject: UUID | None = None
    your_client_ref: str | None = None


Questions = Annotated[tuple[Question, ...], Field(min_length=1, max_length=500)]
"""The body asked: a JSON array."""

Decisions = tuple[Decision, ...]
"""The body answered: a JSON array in the order of the questions."""
