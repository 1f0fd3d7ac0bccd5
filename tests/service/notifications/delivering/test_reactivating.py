"""An endpoint says it is gone and comes back: numbers go on meanwhile, and nothing that waited is lost."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import pytest

from notifications.delivering.challenge_rows import BETWEEN_WAITING
from tests.support.notifications.challenged import Challenged, echoing, said, silently
from tests.support.notifications.http_servers import EpisodesService, PartnerEndpoint
from tests.support.notifications.intake import service_update
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Notifications, partner_token
from tests.support.notifications.subscribed_partner import FAST, Partner, take_in, told
from tests.support.waiting import eventually

MEANWHILE = 3
"""How many are owed while the endpoint is gone."""
LATER = "challenge_due_at = now()"


@pytest.fixture
def back() -> Iterator[Challenged]:
    with Challenged(echoing) as endpoint:
        yield endpoint


@pytest.fixture
def partner(service: Notifications, episodes: EpisodesService, api: Api, back: Challenged) -> Partner:
    """Number 1 met a 410, and so is due for ever; three more were owed after it. Now the endpoint is back."""
    care = Care()
    with PartnerEndpoint(410) as gone:
        partner = Partner(api, service, gone)
        take_in(service, *told(care, partner), care.session())
        with service.running("deliver", **FAST):
            eventually(lambda: state(api, partner) == "disabled")
    take_in(service, *(care.session() for _ in range(MEANWHILE)))
    service.write("UPDATE subscriptions SET url = %s", back.address)
    return partner


def found(api: Api, partner: Partner) -> Any:
    return api.call("GET", f"/v1/subscriptions/{partner.subscription}", partner.token).json()


def state(api: Api, partner: Partner) -> str:
    of: str = found(api, partner)["state"]
    return of


def reactivate(api: Api, partner: Partner, token: str | None = None, **body: Any) -> httpx.Response:
    path = f"/v1/subscriptions/{partner.subscription}/reactivation"
    return api.call("POST", path, token or partner.token, json=body)


def test_numbers_go_on_while_the_endpoint_is_gone_and_no_attempt_is_promised(
    api: Api, partner: Partner
) -> None:
    assert found(api, partner)["last_number"] == 1 + MEANWHILE
    entries = [(it["number"], it["state"], it["next_attempt_at"]) for it in partner.deliveries()]
    assert entries == [(number, "pending", None) for number in range(1, 2 + MEANWHILE)]


def test_all_that_waited_is_sent_once_the_address_is_proved_again(
    service: Notifications, api: Api, partner: Partner, back: Challenged
) -> None:
    again = reactivate(api, partner).json()
    assert (again["state"], again["address"]) == ("active", "unproved")
    assert reactivate(api, partner).json() == again, "safe to repeat"
    with service.running("deliver", **FAST):
        eventually(lambda: partner.states() == ["delivered"] * (1 + MEANWHILE))
        take_in(service, (after := Care()).opened(), after.shared_with(partner.id), after.session())
        eventually(lambda: sorted(back.numbers) == [1, 2, 3, 4, 5])
    assert len(back.challenges) == 1


def test_nothing_is_sent_before_the_address_is_proved_again(
    service: Notifications, api: Api, partner: Partner, back: Challenged
) -> None:
    back.answer = silently
    assert reactivate(api, partner).status_code == 200
    with service.running("deliver", **FAST):
        eventually(lambda: service.count("subscriptions", "challenge_attempts >= 3") == 1)
    assert back.webhooks == []
    assert set(partner.states()) == {"pending"}


def test_from_a_number_on_what_is_before_is_cancelled_and_stays_readable(
    service: Notifications, api: Api, partner: Partner, back: Challenged
) -> None:
    assert reactivate(api, partner, from_number=3).status_code == 200
    with service.running("deliver", **FAST):
        eventually(lambda: sorted(back.numbers) == [3, 4])
        eventually(lambda: partner.states() == ["cancelled", "cancelled", "delivered", "delivered"])
    pulled = partner.read("events?after=0")["events"]
    assert [(it["number"], "data" in it) for it in pulled] == [(n, True) for n in (1, 2, 3, 4)]


def test_only_from_a_number_that_was_reached(service: Notifications, api: Api, partner: Partner) -> None:
    before = service.snapshot()
    refused = reactivate(api, partner, from_number=6)
    assert (refused.status_code, refused.json()["rule"]) == (422, "number-not-reached")
    for malformed in ({"from_number": 0}, {"from_number": "3"}, {"from": 3}):
        assert reactivate(api, partner, **malformed).status_code == 400
    assert service.snapshot() == before
    assert reactivate(api, partner, from_number=5).status_code == 200
    assert partner.states() == ["cancelled"] * 4


def test_nobody_but_its_partner_reactivates(service: Notifications, api: Api, partner: Partner) -> None:
    before = service.snapshot()
    strangers = {
        partner_token(service.issuer, uuid4()): 404,
        partner_token(service.issuer, partner.id, network="other"): 404,
        service.issuer.token("coordinator", clinics=[uuid4()]): 403,
        service.issuer.token("service"): 403,
    }
    for token, status in strangers.items():
        assert reactivate(api, partner, token).status_code == status
    assert service.snapshot() == before


def test_an_active_subscription_stays_as_it_is(service: Notifications, api: Api, back: Challenged) -> None:
    partner = Partner(api, service, back)
    before = service.snapshot()
    assert reactivate(api, partner, from_number=1).json()["address"] == "proved"
    assert service.snapshot() == before


def test_an_endpoint_that_is_gone_again_and_again_is_asked_once_a_minute_and_loses_nothing(
    service: Notifications, api: Api, partner: Partner, back: Challenged
) -> None:
    back.answer = lambda _: said(b"", 410)
    with service.running("deliver", **FAST):
        for times in range(1, 4):
            assert reactivate(api, partner).json()["state"] == "active"
            if times > 1:
                assert service.count("subscriptions", "challenge_due_at > now() + interval '30 seconds'") == 1
                service_update(service, partner.subscription, LATER)
            eventually(lambda: state(api, partner) == "disabled")
            assert len(back.challenges) == times
        back.answer = echoing
        reactivate(api, partner)
        service_update(service, partner.subscription, LATER)
        eventually(lambda: sorted(back.numbers) == [1, 2, 3, 4])


def test_a_410_from_before_the_address_was_proved_again_disables_nothing(
    service: Notifications, api: Api, partner: Partner, back: Challenged
) -> None:
    with PartnerEndpoint(410) as gone:
        service.write("UPDATE subscriptions SET url = %s", gone.address)
        later = "state = 'active', proved_at = now() + interval '5 minutes'"
        service_update(service, partner.subscription, later)
        with service.running("deliver", **FAST):
            eventually(lambda: gone.has(2))
            assert state(api, partner) == "active"


def test_what_waited_is_due_one_after_another(service: Notifications, api: Api, partner: Partner) -> None:
    service.write(
        "INSERT INTO deliveries SELECT network_id, subscription_id, 4 + n, gen_random_uuid(), event_type,"
        " episode_id, clinic_id, occurred_at, precision, recorded_at, origin, dataref, correlation_id,"
        " owed_at, 'pending', 0, now() FROM deliveries, generate_series(1, 500) n WHERE number = 4"
    )
    reactivate(api, partner)
    with service.running("deliver", **FAST):
        eventually(lambda: service.count("subscriptions", "proved_at IS NOT NULL") == 1)
    rows = service.rows("SELECT due_at FROM deliveries WHERE number > 200 ORDER BY number")
    due = [row["due_at"] for row in rows]
    assert due[-1] - due[0] == (len(due) - 1) * BETWEEN_WAITING
    assert {later - earlier for earlier, later in pairwise(due)} == {BETWEEN_WAITING}


def test_the_log_and_the_events_of_a_subscription_that_was_ended_stay_readable(
    service: Notifications, api: Api, partner: Partner
) -> None:
    path = f"/v1/subscriptions/{partner.subscription}"
    assert api.call("DELETE", path, partner.token).status_code == 204
    assert partner.states() == ["cancelled"] * 4
    assert [attempt["status"] for it in partner.deliveries() for attempt in it["attempts"]][:1] == [410]
    assert [it["number"] for it in partner.read("events?after=1")["events"]] == [2, 3, 4]
    assert api.call("GET", path, partner.token).status_code == 404
    assert reactivate(api, partner).status_code == 404
    others = (
        partner_token(service.issuer, uuid4()),
        partner_token(service.issuer, partner.id, network="other"),
    )
    for what in ("deliveries", "events"):
        assert {api.call("GET", f"{path}/{what}", token).status_code for token in others} == {404}
