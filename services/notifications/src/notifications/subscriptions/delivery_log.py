"""What a partner may read of its deliveries. An event appears only if it was disclosed or may be now."""

from collections.abc import Sequence
from typing import Any, assert_never

from contracts.disclosure import Decision, Question
from notifications.answers import NoAnswer
from notifications.delivering.courier import Disclosure
from notifications.delivering.signing import webhook_id
from notifications.delivering.verdicts import verdict
from notifications.delivering.webhook_bodies import Due, webhook_of
from notifications.subscriptions.bodies import AttemptView, DeliveryView, Told, Withheld
from notifications.subscriptions.postgres import Numbered
from notifications.subscriptions.subscription import State


def delivery_view(row: dict[str, Any], state: State) -> DeliveryView:
    """An entry of the log. Before its first attempt, and if withheld, it names neither event nor type.

    `state` is that of its subscription.
    """
    disclosed = row["attempts"] > 0 and row["state"] != "withheld"
    return DeliveryView(
        number=row["number"],
        state=row["state"],
        webhook_id=webhook_id(row["subscription_id"], row["event_id"]),
        type=row["event_type"] if disclosed else None,
        event_id=row["event_id"] if disclosed else None,
        attempts=[AttemptView.model_validate(attempt) for attempt in row["tries"]],
        next_attempt_at=row["due_at"] if row["state"] == "pending" and state == "active" else None,
    )


async def events_of(
    owed: Sequence[Numbered], network: str, disclosure: Disclosure, public_url: str
) -> list[Told | Withheld]:
    """The events with these numbers, each only if it may be disclosed now, up to the first in doubt.

    Who is told that a number is withheld never asks again. Raises `NoAnswer` if the first is in doubt.
    """
    asked = [it.due for it in owed if not it.withheld]
    questions = [
        Question(event_id=it.event_id, partner=it.partner, subscription_id=it.subscription_id) for it in asked
    ]
    decisions = await disclosure.ask(network, questions) if questions else ()
    decided = {due.number: decision for due, decision in zip(asked, decisions, strict=True)}
    entries: list[Told | Withheld] = []
    for it in owed:
        entry = _entry(it.due, decided.get(it.due.number), public_url)
        if entry is None:
            break
        entries.append(entry)
    if owed and not entries:
        raise NoAnswer("there is doubt about the first event")
    return entries


def _entry(due: Due, decision: Decision | None, public_url: str) -> Told | Withheld | None:
    """None while there is doubt. Without a decision the delivery was withheld before."""
    match None if decision is None else verdict(decision):
        case None | "withhold":
            return Withheld(number=due.number)
        case "send" if decision is not None and decision.subject is not None:
            return Told(number=due.number, **dict(webhook_of(due, decision, public_url)))
        case "send" | "wait":
            return None
        case never:
            assert_never(never)
