"""How many subscriptions a partner may have, and where."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx

from tests.support.notifications.published_events import PARTNER
from tests.support.notifications.service_process import Api, Notifications, partner_token
from tests.support.waiting import eventually

URL = "https://partner.example/care"


def subscribe(api: Api, token: str, url: str) -> httpx.Response:
    return api.call("POST", "/v1/subscriptions", token, json={"url": url})


def test_a_new_subscription_is_found_at_its_location(api: Api, service: Notifications) -> None:
    token = partner_token(service.issuer, PARTNER)
    made = subscribe(api, token, URL)
    found = api.call("GET", made.headers["location"], token)
    assert (made.status_code, found.json()["id"]) == (201, made.json()["id"])


def test_a_partner_has_ten_subscriptions_at_most_also_if_it_asks_at_once(
    api: Api, service: Notifications
) -> None:
    token, other = partner_token(service.issuer, PARTNER), partner_token(service.issuer, uuid4())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda it: subscribe(api, token, f"{URL}/{it}"), range(24)))
    made = [it for it in answers if it.status_code == 201]
    refused = [it.json()["type"] for it in answers if it.status_code == 409]
    assert (len(made), refused) == (10, ["/problems/too-many-subscriptions"] * 14)
    assert subscribe(api, other, f"{URL}/0").status_code == 201
    api.call("DELETE", made[0].headers["location"], token)
    assert subscribe(api, token, f"{URL}/once-more").status_code == 201


def test_a_partner_has_one_subscription_for_a_host_and_path_also_if_it_asks_at_once(
    api: Api, service: Notifications
) -> None:
    token = partner_token(service.issuer, PARTNER)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda it: subscribe(api, token, f"{URL}?{it}"), range(8)))
    (made,) = (it.json()["id"] for it in answers if it.status_code == 201)
    assert {it.json()["subscription_id"] for it in answers if it.status_code == 409} == {made}
    assert service.count("subscriptions") == 1


def test_the_number_is_a_setting_and_who_has_more_keeps_them(api: Api, service: Notifications) -> None:
    token = partner_token(service.issuer, PARTNER)
    for it in range(3):
        assert subscribe(api, token, f"{URL}/{it}").status_code == 201
    with Api(service, subscriptions_per_partner="2") as narrow:
        assert subscribe(narrow, token, f"{URL}/more").status_code == 409
        assert len(narrow.call("GET", "/v1/subscriptions", token).json()["subscriptions"]) == 3


def test_the_list_has_pages_that_miss_none_though_one_ends_meanwhile(
    api: Api, service: Notifications
) -> None:
    token = partner_token(service.issuer, PARTNER)
    made = [subscribe(api, token, f"{URL}/{it}").json()["id"] for it in range(5)]
    assert listed(api, token) == (made, None)
    assert listed(api, token, limit=5) == (made, made[-1])
    assert listed(api, token, limit=2) == (made[:2], made[1])
    api.call("DELETE", f"/v1/subscriptions/{made[1]}", token)
    assert listed(api, token, limit=2, after=made[1]) == (made[2:4], made[3])
    assert listed(api, token, limit=2, after=made[3]) == (made[4:], None)
    assert listed(api, token, after=uuid4()) == ([], None)
    other = partner_token(service.issuer, uuid4())
    assert listed(api, other, after=made[0]) == ([], None)
    assert api.call("GET", "/v1/subscriptions?limit=1001", token).status_code == 400


def test_a_place_in_the_list_of_another_partner_tells_nothing(api: Api, service: Notifications) -> None:
    stranger, token = (partner_token(service.issuer, uuid4()) for _ in range(2))
    place = subscribe(api, stranger, "http://127.0.0.1:9/theirs").json()["id"]
    subscribe(api, token, "http://127.0.0.1:9/ours")
    assert listed(api, token, after=place) == listed(api, token, after=uuid4()) == ([], None)


def listed(api: Api, token: str, **query: object) -> tuple[list[str], str | None]:
    """The ids on a page, and where the next begins."""
    page = api.call("GET", "/v1/subscriptions", token, params=query).json()
    return [it["id"] for it in page["subscriptions"]], page["next"]


def test_in_production_a_new_subscription_names_a_port_that_is_permitted(service: Notifications) -> None:
    token = partner_token(service.issuer, PARTNER)
    with Api(service, environment="production", allow_loopback="false", more_ports="9443") as api:
        for port in (22, 5432, 80):
            refused = subscribe(api, token, f"https://partner.example:{port}/care")
            assert (refused.status_code, refused.json()["rule"]) == (422, "port-not-permitted")
        for port in (443, 8443, 9443):
            assert subscribe(api, token, f"https://partner.example:{port}/{port}").status_code == 201


def test_a_port_that_is_none_is_refused_at_start(service: Notifications) -> None:
    with service.running("api", more_ports="443,70000") as api:
        eventually(lambda: not api.running)
    assert "NOTIFICATIONS_MORE_PORTS" in service.log_of("api")
