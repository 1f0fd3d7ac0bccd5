"""What a partner may read of its deliveries; an event is told only where it was, or may be, disclosed."""

from collections.abc import Sequence
from typing import Any

from contracts.disclosure import Question
from notifications.delivering.courier import Disclosure, NoAnswer
from notifications.delivering.signing import webhook_id
from notifications.delivering.webhook_bodies import webhook_of
from notifications.subscriptions.bodies import AttemptView, DeliveryView, Told, Withheld
from notifications.subscriptions.postgres import Numbered


def delivery_view(row: dict[str, Any]) -> DeliveryView:
    """Before its first attempt, and when withheld, a delivery is a number and a state."""
    disclosed = row["attempts"] > 0 and row["state"] != "withheld"
    return DeliveryView(
        number=row["number"],
        state=row["state"],
        webhook_id=webhook_id(row["subscription_id"], row["event_id"]),
        type=row["event_type"] if disclosed else None,
        event_id=row["event_id"] if disclosed else None,
        attempts=[AttemptView.model_validate(attempt) for attempt in row["tries"]],
        next_attempt_at=row["due_at"] if row["state"] == "pending" else None,
    )


async def events_of(
    owed: Sequence[Numbered], network: str, disclosure: Disclosure, public_url: str
) -> list[Told | Withheld]:
    """Asks once for all that was not withheld before. Raises `NoAnswer`."""
    asked = [it.due for it in owed if not it.withheld]
    questions = [
        Question(event_id=it.event_id, partner=it.partner, subscription_id=it.subscription_id) for it in asked
    ]
    decisions = await disclosure.ask(network, questions) if questions else ()
    told: dict[int, Told] = {}
    for due, decision in zip(asked, decisions, strict=True):
        if not decision.allowed:
            continue
        if decision.subject is None:
            raise NoAnswer("a decision lacks the subject")
        webhook = webhook_of(due, decision, public_url)
        told[due.number] = Told(number=due.number, **dict(webhook))
    return [told.get(it.due.number) or Withheld(number=it.due.number) for it in owed]
