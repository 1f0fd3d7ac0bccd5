"""Who may do what: a test per role and action, and nobody reaches another network, partner or clinic."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from notifications.access import ALLOWED, Action, Role
from notifications.delivering.signing import challenge_value, secret_text
from tests.support.notifications.intake import subscribed
from tests.support.notifications.published_events import PARTNER
from tests.support.notifications.service_process import Api, Issuer, Notifications, partner_token, sealing

CLINIC, SECRET, DRAWN = uuid4(), secret_text(bytes(32)), bytes(32)
CHALLENGE = challenge_value(SECRET, DRAWN)


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    body: dict[str, Any] | None = None


ROUTES: dict[Action, Route] = {
    Action.SUBSCRIBE: Route("POST", "/v1/subscriptions", {"url": "https://partner.example/new"}),
    Action.READ_SUBSCRIPTION: Route("GET", "/v1/subscriptions/{subscription}"),
    Action.END_SUBSCRIPTION: Route("DELETE", "/v1/subscriptions/{subscription}"),
    Action.CONFIRM_ADDRESS: Route(
        "POST", "/v1/subscriptions/{subscription}/confirmation", {"challenge": CHALLENGE}
    ),
    Action.ASK_FOR_CHALLENGE: Route("POST", "/v1/subscriptions/{subscription}/challenge"),
    Action.REPLACE_SECRET: Route("POST", "/v1/subscriptions/{subscription}/secret"),
    Action.REACTIVATE: Route("POST", "/v1/subscriptions/{subscription}/reactivation", {}),
    Action.READ_DELIVERIES: Route("GET", "/v1/subscriptions/{subscription}/deliveries"),
    Action.PULL_EVENTS: Route("GET", "/v1/subscriptions/{subscription}/events"),
    Action.READ_INBOX: Route("GET", "/v1/inbox"),
    Action.ACKNOWLEDGE: Route("POST", "/v1/inbox/{item}/acknowledgement"),
}


@pytest.fixture
def ids(service: Notifications) -> dict[str, UUID]:
    """A subscription of the partner for the clinic, and an item in the clinic's inbox."""
    subscription, item = subscribed(service, PARTNER), uuid4()
    sealed = sealing(service).seal(SECRET, "demo", subscription)
    service.write(
        "UPDATE subscriptions SET clinics = %s, challenge = %s, secret = %s", [CLINIC], DRAWN, sealed
    )
    service.write(
        "INSERT INTO inbox (network_id, item_id, clinic_id, episode_id, event_id, concern, severity,"
        " occurred_at, precision, recorded_at, link) VALUES ('demo', %s, %s, %s, %s, 'red_flag_raised',"
        " 'critical', '2026-03-02T09:00:00+00:00', 'minute', now(), 'http://x')",
        item,
        CLINIC,
        uuid4(),
        uuid4(),
    )
    return {"subscription": subscription, "item": item}


def token_of(issuer: Issuer, role: Role, **more: Any) -> str:
    return issuer.token(role, **({"clinics": [CLINIC], "organisation": PARTNER} | more))


def call(api: Api, route: Route, ids: dict[str, UUID], token: str | None, **more: Any) -> int:
    body = None if route.body is None else route.body | more
    return api.call(route.method, route.path.format(**ids), token, json=body).status_code


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_the_table_says_and_no_more(
    role: Role, action: Action, api: Api, service: Notifications, ids: dict[str, UUID]
) -> None:
    more = {"partner": str(PARTNER)} if role is Role.COORDINATOR else {}
    status = call(api, ROUTES[action], ids, token_of(service.issuer, role), **more)
    if action in ALLOWED[role]:
        assert status in {200, 201, 204}
    else:
        assert status == 403


@pytest.mark.parametrize("action", Action)
def test_without_a_token_nothing_is_answered(action: Action, api: Api, ids: dict[str, UUID]) -> None:
    assert call(api, ROUTES[action], ids, None) == 401


BY_ID = [action for action in Action if "{" in ROUTES[action].path]
STRANGERS: dict[str, dict[str, Any]] = {
    "another network": {"network": "other"},
    "another partner and clinic": {"organisation": uuid4(), "clinics": [uuid4()]},
    "no clinic": {"organisation": uuid4(), "clinics": []},
}


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("action", BY_ID)
def test_what_is_not_yours_is_not_there(
    action: Action, stranger: str, api: Api, service: Notifications, ids: dict[str, UUID]
) -> None:
    before = service.snapshot()
    for role in (role for role in Role if action in ALLOWED[role]):
        token = token_of(service.issuer, role, **STRANGERS[stranger])
        assert call(api, ROUTES[action], ids, token) == 404, role
    assert service.snapshot() == before


@pytest.mark.parametrize("stranger", STRANGERS)
def test_lists_show_nothing_of_others(
    stranger: str, api: Api, service: Notifications, ids: dict[str, UUID]
) -> None:
    for role, path, list_name in (
        (Role.PARTNER, "/v1/subscriptions", "subscriptions"),
        (Role.COORDINATOR, "/v1/subscriptions", "subscriptions"),
        (Role.THERAPIST, "/v1/inbox", "items"),
    ):
        mine = api.call("GET", path, token_of(service.issuer, role))
        theirs = api.call("GET", path, token_of(service.issuer, role, **STRANGERS[stranger]))
        assert len(mine.json()[list_name]) == 1
        assert theirs.json()[list_name] == []


def test_the_secret_is_shown_once_and_to_its_partner_only(api: Api, service: Notifications) -> None:
    partner = partner_token(service.issuer, PARTNER)
    coordinator = token_of(service.issuer, Role.COORDINATOR)
    own = api.call("POST", "/v1/subscriptions", partner, json={"url": "https://partner.example/a"})
    for_them = api.call(
        "POST",
        "/v1/subscriptions",
        coordinator,
        json={"url": "https://partner.example/b", "partner": str(PARTNER)},
    )
    assert own.json()["secret"].startswith("whsec_")
    assert for_them.status_code == 201
    assert not for_them.json().get("secret")
    listed = api.call("GET", "/v1/subscriptions", partner).text
    assert "whsec_" not in listed + api.call("GET", f"/v1/subscriptions/{own.json()['id']}", partner).text
    assert own.json()["secret"].encode() not in bytes(
        service.rows("SELECT secret FROM subscriptions")[0]["secret"]
    )


def test_a_coordinator_opens_its_own_clinics_and_no_more(api: Api, service: Notifications) -> None:
    coordinator = token_of(service.issuer, Role.COORDINATOR)
    wanted = {"url": "https://partner.example/a", "partner": str(PARTNER)}
    made = api.call("POST", "/v1/subscriptions", coordinator, json=wanted)
    beyond = api.call(
        "POST", "/v1/subscriptions", coordinator, json=wanted | {"clinics": [str(CLINIC), str(uuid4())]}
    )
    assert made.json()["clinics"] == [str(CLINIC)]
    assert (beyond.status_code, beyond.json()["rule"]) == (422, "not-your-clinic")


def test_a_partner_cannot_subscribe_for_another(api: Api, service: Notifications) -> None:
    token = partner_token(service.issuer, PARTNER)
    wanted = {"url": "https://partner.example/a", "partner": str(uuid4())}
    answer = api.call("POST", "/v1/subscriptions", token, json=wanted)
    assert (answer.status_code, answer.json()["rule"]) == (422, "not-your-partner")
    assert service.count("subscriptions") == 0


def test_subscribing_twice_to_one_address_names_the_first(api: Api, service: Notifications) -> None:
    token = partner_token(service.issuer, PARTNER)
    wanted = {"url": "https://partner.example/a"}
    first, second = (api.call("POST", "/v1/subscriptions", token, json=wanted) for _ in range(2))
    assert second.status_code == 409
    assert second.json()["subscription_id"] == first.json()["id"]
    api.call("DELETE", f"/v1/subscriptions/{first.json()['id']}", token)
    assert api.call("POST", "/v1/subscriptions", token, json=wanted).status_code == 201
