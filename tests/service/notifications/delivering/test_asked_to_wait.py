"""An endpoint that has too much to do asks for a rest, and gets it for everything it is owed."""

import time

import pytest
from aiohttp import web

from notifications.delivering.outbox import PER_ENDPOINT
from tests.support.notifications.http_servers import PartnerEndpoint
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Notifications
from tests.support.notifications.subscribed_partner import FAST, Partner, owe, told
from tests.support.waiting import eventually

OWED = 60
SECONDS = 3
DELIVERED = "state = 'delivered'"


class Busy(PartnerEndpoint):
    """Refuses whatever comes within so many seconds of the first webhook."""

    def __init__(self, status: int) -> None:
        super().__init__(status, headers={"Retry-After": str(SECONDS)})
        self._until = 0.0

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        self._until = self._until or time.monotonic() + SECONDS
        if time.monotonic() > self._until:
            self._statuses = [204]
        return await super()._receive(request)


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_for_a_rest_gets_it_for_everything_it_is_owed(
    status: int, api: Api, service: Notifications
) -> None:
    care = Care()
    with Busy(status) as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, OWED, *told(care, partner), *(care.session() for _ in range(OWED)))
        with service.running("deliver", **FAST):
            eventually(lambda: service.count("deliveries", DELIVERED) == OWED, "all is delivered")
    refused = service.count("attempts", f"status = {status}")
    assert refused <= 2 * PER_ENDPOINT, "what was under way, and what was claimed before the answer was known"
