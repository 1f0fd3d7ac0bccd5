"""What a partner is told: the body of a webhook, at the level its subscription asks for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.disclosure import Decision, Level
from contracts.events import ReferralMade
from contracts.values import Origin, Precision
from contracts.webhook import Links, Notice, NoticeData, Webhook, WebhookData


@dataclass(frozen=True, slots=True)
class Due:
    """An event owed to a subscription, as the outbox keeps it: ids, kinds and times."""

    network: str
    subscription_id: UUID
    number: int
    partner: UUID
    level: Level
    event_id: UUID
    type: str
    episode: UUID
    clinic: UUID
    occurred_at: datetime
    precision: Precision
    recorded_at: datetime
    origin: Origin
    dataref: str
    correlation_id: UUID
    owed_at: datetime


def body_of(due: Due, decision: Decision, public_url: str) -> bytes:
    """The bytes to sign and send. Absent values are left out."""
    model: Webhook | Notice
    if due.level == "empty":
        data = NoticeData(
            subscription_id=due.subscription_id, number=due.number, missed=_missed(due, public_url)
        )
        model = Notice(type="care.notice.v1", timestamp=due.owed_at, data=data)
    else:
        model = webhook_of(due, decision, public_url)
    return model.model_dump_json(exclude_none=True).encode()


def webhook_of(due: Due, decision: Decision, public_url: str) -> Webhook:
    """At level `ids`. Subject and the partner's own number for the client come with the decision only."""
    if decision.subject is None:
        raise ValueError("an allowed decision names the subject")
    data = WebhookData(
        event_id=due.event_id,
        subscription_id=due.subscription_id,
        number=due.number,
        partner=due.partner,
        clinic=due.clinic,
        episode=due.episode,
        client_ref=decision.subject,
        subject=decision.subject,
        your_client_ref=decision.your_client_ref,
        occurred_at=due.occurred_at,
        precision=due.precision,
        recorded_at=due.recorded_at,
        origin=due.origin,
        links=links_of(due, public_url),
    )
    return Webhook(type=due.type, timestamp=due.occurred_at, data=data)


def links_of(due: Due, public_url: str) -> Links:
    """`answer` takes the answer to a referral; `missed` answers this event and all after it."""
    episode = due.dataref.partition("/events/")[0]
    asked = due.type == ReferralMade.type_name
    return Links(
        event=due.dataref,
        episode=episode,
        answer=f"{episode}/referrals/{due.event_id}/answer" if asked else None,
        missed=_missed(due, public_url),
    )


def _missed(due: Due, public_url: str) -> str:
    return f"{public_url}/v1/subscriptions/{due.subscription_id}/events?after={due.number - 1}"
