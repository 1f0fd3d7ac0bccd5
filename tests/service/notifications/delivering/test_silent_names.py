"""Partners whose names are not resolved: they wait, their attempts are kept, and nobody else notices."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.notifications.http_servers import EpisodesService, PartnerEndpoint
from tests.support.notifications.name_server import NameServer
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Notifications
from tests.support.notifications.subscribed_partner import FAST, Partner, owe, told
from tests.support.waiting import eventually

SILENT = 24
"""More than any pool of threads of the runtime or of libuv has."""


@dataclass(frozen=True)
class At:
    address: str


@pytest.fixture
def names(service: Notifications) -> Iterator[NameServer]:
    with NameServer({"hook.well.test": "127.0.0.1"}, silent=[".silent.test"]) as server:
        service.environment["NOTIFICATIONS_NAME_SERVERS"] = server.address
        service.environment["NOTIFICATIONS_EPISODES_URL"] = service.environment[
            "NOTIFICATIONS_EPISODES_URL"
        ].replace("127.0.0.1", "localhost")
        yield server


def test_a_silent_name_server_delays_no_other_partner_and_costs_its_own_no_attempt(
    service: Notifications, episodes: EpisodesService, api: Api, names: NameServer
) -> None:
    theirs, ours = Care(), Care()
    with PartnerEndpoint() as well:
        silent = [Partner(api, service, At(f"http://hook{it}.silent.test:9/hook")) for it in range(SILENT)]
        healthy = Partner(api, service, At(well.address.replace("127.0.0.1", "hook.well.test")))
        events = [*told(theirs, *silent), *(theirs.session() for _ in range(8)), *told(ours, healthy)]
        owe(service, 8 * SILENT + 20, *events, *(ours.session() for _ in range(20)))
        with service.running("deliver", **(FAST | {"retry_seconds": "0,0.1"})):
            eventually(lambda: len(names.asked) > SILENT)
            eventually(lambda: set(healthy.states()) == {"delivered"}, within=5)
            eventually(lambda: service.count("subscriptions", "unusable_since IS NOT NULL") == SILENT)
    assert {len(it["attempts"]) for it in healthy.deliveries()} == {1}
    assert service.count("attempts", "error IS NOT NULL") == 0
    assert service.count("subscriptions", "consecutive_failures > 0") == 0
    assert set(silent[0].states()) == {"pending"}
    assert names.count("hook.well.test") == 1


def test_what_waited_for_a_name_is_delivered_once_it_resolves(
    service: Notifications, episodes: EpisodesService, api: Api, names: NameServer
) -> None:
    care = Care()
    with PartnerEndpoint() as endpoint:
        address = endpoint.address.replace("127.0.0.1", "hook.late.test")
        partner = Partner(api, service, At(address))
        path = f"/v1/subscriptions/{partner.subscription}"
        owe(service, 1, *told(care, partner), care.session())
        with service.running("deliver", **FAST):
            eventually(lambda: api.call("GET", path, partner.token).json()["unusable_since"])
            assert partner.states() == ["pending"]
            names.learn("hook.late.test", "127.0.0.1")
            eventually(lambda: partner.states() == ["delivered"], within=20)
            eventually(lambda: api.call("GET", path, partner.token).json()["unusable_since"] is None)
    (delivery,) = partner.deliveries()
    assert [it["status"] for it in delivery["attempts"]] == [204]


def test_an_address_that_is_not_resolved_uses_up_no_challenge_and_is_proved_once_it_is(
    service: Notifications, episodes: EpisodesService, api: Api, names: NameServer
) -> None:
    with PartnerEndpoint() as endpoint:
        address = endpoint.address.replace("127.0.0.1", "hook.late.test")
        partner = Partner(api, service, At(address), unproved=True)
        path = f"/v1/subscriptions/{partner.subscription}"
        with service.running("deliver", **(FAST | {"retry_seconds": "0,0.1"})):
            eventually(lambda: names.count("hook.late.test") >= 2)
            assert api.call("GET", path, partner.token).json()["unusable_since"]
            assert service.count("subscriptions", "challenge_attempts > 0") == 0
            names.learn("hook.late.test", "127.0.0.1")
            eventually(lambda: api.call("GET", path, partner.token).json()["address"] == "proved", within=40)
    assert api.call("GET", path, partner.token).json()["unusable_since"] is None
