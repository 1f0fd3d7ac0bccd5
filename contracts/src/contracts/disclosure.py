"""May this go to that partner now? Notifications asks before every attempt; no answer means no send."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["empty", "ids", "full"]
Reason = Literal["consented", "no_consent", "not_shared", "unknown_event", "redacted", "unreadable"]
"""`unreadable`: the record cannot be read now, so nothing is decided; the attempt waits."""


class Question(BaseModel):
    """One event, one partner, one subscription, at one payload level."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, extra="forbid")
    event_id: UUID
    """The event that would be sent."""
    partner: UUID
    """The partner to which it would be sent."""
    subscription_id: UUID
    """The subscription to which it is owed."""
    level: Level = "ids"
    """How much would be told of the event; it is recorded with an allowed decision."""


class Decision(BaseModel):
    """The answer, true at the moment it is given and for one attempt only.

    `subject` and `your_client_ref` accompany an allowed decision alone and are never kept in a log.

    """

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, extra="ignore")
    decision_id: UUID
    """The id of the decision, under which an allowed one is recorded."""
    allowed: bool
    """Whether the event may be sent to the partner now."""
    reason: Reason
    """Why it may be sent or not; where it is `unreadable`, nothing is decided and the attempt waits."""
    subject: UUID | None = None
    """The only id by which the partner ever sees the client."""
    your_client_ref: str | None = None
    """The partner's own number for the client; absent where the directory has none."""


Questions = Annotated[
    tuple[Question, ...], Field(min_length=1, max_length=500, description="One question for each attempt.")
]
"""The body asked: a JSON array."""

Decisions = tuple[Decision, ...]
"""The body answered: a JSON array in the order of the questions."""
