"""What a partner may read of its deliveries. An event appears only if it was disclosed or may be now."""

from collections.abc import Sequence
from typing import Any

from contracts.disclosure import Question
from notifications.answers import NoAnswer
from notifications.delivering.courier import Disclosure
from notifications.delivering.signing import webhook_id
from notifications.delivering.webhook_bodies import webhook_of
from notifications.subscriptions.bodies import AttemptView, DeliveryView, Told, Withheld
from notifications.subscriptions.postgres import Numbered


def delivery_view(row: dict[str, Any]) -> DeliveryView:
    """An entry of the log. Before its first attempt, and if withheld, it names neither event nor type."""
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
    """The events with these numbers, each only if it may be disclosed now. Raises `NoAnswer`."""
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
