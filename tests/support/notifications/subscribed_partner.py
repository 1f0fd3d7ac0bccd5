"""A partner that has subscribed over HTTP, and deliveries owed to it."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol
from uuid import uuid4

from contracts.codec import CloudEvent
from notifications.postgres.connections import connect
from tests.support.notifications.intake import PROVED, Lane, service_update
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Notifications, partner_token

FAST = {
    "retry_seconds": "0,0.2,0.2,0.2,0.2",
    "question_seconds": "1",
    "attempt_seconds": "1",
    "lease_seconds": "2.5",
}


class Addressed(Protocol):
    """Anything with which a partner answers webhooks."""

    @property
    def address(self) -> str: ...


class Partner:
    """A partner with one endpoint, which has subscribed for itself. Its address is proved by default."""

    def __init__(
        self, api: Api, service: Notifications, endpoint: Addressed, unproved: bool = False, **wanted: Any
    ) -> None:
        self.id = uuid4()
        self.token = partner_token(service.issuer, self.id)
        self._api = api
        answer = api.call("POST", "/v1/subscriptions", self.token, json={"url": endpoint.address, **wanted})
        assert answer.status_code == 201, answer.text
        self.subscription = answer.json()["id"]
        self.secret: str = answer.json()["secret"]
        if not unproved:
            service_update(service, self.subscription, PROVED)

    def read(self, what: str) -> Any:
        answer = self._api.call("GET", f"/v1/subscriptions/{self.subscription}/{what}", self.token)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def deliveries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.read("deliveries")["deliveries"]
        return found

    def states(self) -> list[str]:
        return [delivery["state"] for delivery in self.deliveries()]


def told(care: Care, *partners: Partner) -> list[CloudEvent]:
    """Take in that the episode is opened and shared with each partner."""
    return [care.opened(), *(care.shared_with(partner.id) for partner in partners)]


def owe(service: Notifications, count: int, *events: CloudEvent) -> None:
    """Take the events in, and check how many deliveries are owed then."""
    take_in(service, *events)
    assert service.count("deliveries") == count


def take_in(service: Notifications, *events: CloudEvent) -> None:
    """Take the events in."""
    asyncio.run(_take_in(service, events))


async def _take_in(service: Notifications, events: Sequence[CloudEvent]) -> None:
    async with await connect(service.database.url("consume")) as db:
        await Lane(db, name=f"feed/{uuid4()}").take(*events)
