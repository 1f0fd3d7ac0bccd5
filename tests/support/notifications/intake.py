"""Events for the consumer without a source, subscriptions to receive them, and the numbers assigned."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from contracts.codec import CloudEvent
from notifications.postgres.connections import Connection
from notifications.reacting.consumer import take_in
from notifications.reacting.messages import FeedMessage, Message
from notifications.reacting.sources import Batch
from tests.support.notifications.published_events import documents
from tests.support.notifications.service_process import Notifications

LANE = "feed/demo"


class Lane:
    """Passes batches to the consumer as a source would."""

    def __init__(self, db: Connection, network: str = "demo", name: str = LANE) -> None:
        self._db, self._network, self._name = db, network, name
        self.position: str | None = None

    async def take(self, *events: CloudEvent) -> None:
        await self.take_raw(*documents(events))

    async def take_raw(self, *entries: Any) -> None:
        await self.take_messages([FeedMessage(self._network, "here", entry) for entry in entries])

    async def take_messages(self, messages: Sequence[Message]) -> None:
        following = str(int(self.position or 0) + len(messages))
        known = {} if self.position is None else {self._name: self.position}
        await take_in(self._db, [Batch(self._name, self._network, following, messages)], known)
        self.position = following


PROVED = "proved_at = now(), challenge_due_at = NULL, rests_until = NULL"
"""What proves the address of a subscription."""


def subscribed(service: Notifications, partner: UUID, name: str = "a") -> UUID:
    """A subscription whose address is proved."""
    identifier = uuid4()
    service.write(
        "INSERT INTO subscriptions (network_id, subscription_id, partner_id, url, level, secret, created_at)"
        " VALUES ('demo', %s, %s, %s, 'ids', '', now())",
        identifier,
        partner,
        f"https://partner.example/{name}",
    )
    service_update(service, identifier, PROVED)
    return identifier


def service_update(service: Notifications, subscription: UUID | str, change: str) -> None:
    service.write(f"UPDATE subscriptions SET {change} WHERE subscription_id = %s", subscription)


def numbers(service: Notifications, subscription: UUID) -> list[int]:
    query = "SELECT number FROM deliveries WHERE subscription_id = %s ORDER BY owed_at, number"
    return [row["number"] for row in service.rows(query, subscription)]
