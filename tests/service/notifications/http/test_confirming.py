"""The partner confirms an address with the value it received there; nobody else can, and no guess does."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from notifications.subscriptions.proving import MOST_WRONG
from tests.support.notifications.challenged import Challenged, echoing, silently, value_of
from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.intake import service_update
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Notifications, partner_token
from tests.support.notifications.subscribed_partner import FAST, Partner, owe, told
from tests.support.waiting import eventually

JSON = "application/json"
UNDER_WAY = "challenge IS NOT NULL AND challenge_attempts = 0"
LATER = "challenged_at = now() - interval '61 seconds'"
PAST = "challenge_expires_at = now() - interval '1 second'"


@pytest.fixture
def endpoint() -> Iterator[Challenged]:
    with Challenged(silently) as one:
        yield one


@pytest.fixture
def partner(api: Api, service: Notifications, episodes: EpisodesService, endpoint: Challenged) -> Partner:
    """Whose address has received its challenge, and said nothing of it."""
    partner = Partner(api, service, endpoint, unproved=True)
    challenged(service, endpoint)
    return partner


def challenged(service: Notifications, endpoint: Challenged) -> str:
    """The value of the next challenge, once its attempt is recorded."""
    before = len(endpoint.challenges)
    with service.running("deliver", **FAST):
        eventually(lambda: len(endpoint.challenges) > before)
        eventually(lambda: service.count("subscriptions", UNDER_WAY) == 0)
    return value_of(endpoint.challenges[-1])


def post(api: Api, subscription: object, token: str, value: object) -> httpx.Response:
    return api.call(
        "POST", f"/v1/subscriptions/{subscription}/confirmation", token, json={"challenge": value}
    )


def confirm_raw(api: Api, partner: Partner, body: bytes) -> int:
    path, headers = f"/v1/subscriptions/{partner.subscription}/confirmation", {"content-type": JSON}
    return api.call("POST", path, partner.token, content=body, headers=headers).status_code


def anew(api: Api, partner: Partner) -> httpx.Response:
    return api.call("POST", f"/v1/subscriptions/{partner.subscription}/challenge", partner.token)


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    problem = answer.json()
    [error] = problem["errors"]
    assert problem["rule"] == error["rule"]
    return answer.status_code, problem["rule"], error["pointer"]


DIFFERS = (422, "challenge-differs", "/challenge")
EXPIRED = (422, "challenge-expired", "/challenge")


def test_the_value_proves_the_address_however_often_it_is_posted(
    api: Api, service: Notifications, endpoint: Challenged, partner: Partner
) -> None:
    care, value = Care(), value_of(endpoint.challenges[0])
    owe(service, 1, *told(care, partner), care.session())
    first, second = (post(api, partner.subscription, partner.token, value) for _ in range(2))
    assert (first.status_code, first.json()["address"]) == (200, "proved")
    assert second.json() == first.json()
    with service.running("deliver", **FAST):
        eventually(lambda: partner.states() == ["delivered"])
    service_update(service, partner.subscription, PAST)
    assert post(api, partner.subscription, partner.token, value).json()["address"] == "proved"
    assert refusal(post(api, partner.subscription, partner.token, value[:-1])) == DIFFERS


def test_no_other_value_proves_it(
    api: Api, service: Notifications, endpoint: Challenged, partner: Partner
) -> None:
    value = value_of(endpoint.challenges[0])
    for wrong in (value[:-1], value + "x", value.swapcase(), " " + value, partner.subscription):
        assert refusal(post(api, partner.subscription, partner.token, wrong)) == DIFFERS, wrong
    for malformed in ("", None, 7, [value], "x" * 201):
        assert post(api, partner.subscription, partner.token, malformed).status_code == 400
    assert confirm_raw(api, partner, rb'{"challenge": "\ud800"}') in {400, 422}
    assert service.count("subscriptions", "proved_at IS NULL") == 1


def test_before_a_challenge_was_sent_no_value_is_right(api: Api, service: Notifications) -> None:
    with Challenged(silently) as endpoint:
        partner = Partner(api, service, endpoint, unproved=True)
    for _ in range(MOST_WRONG + 1):
        assert refusal(post(api, partner.subscription, partner.token, "x")) == DIFFERS
    assert anew(api, partner).json()["address"] == "unproved"


def test_the_value_of_another_subscription_is_wrong(
    api: Api, service: Notifications, endpoint: Challenged, partner: Partner
) -> None:
    with Challenged(silently) as elsewhere:
        other = Partner(api, service, elsewhere, unproved=True)
        value = challenged(service, elsewhere)
    assert refusal(post(api, partner.subscription, partner.token, value)) == DIFFERS
    assert post(api, other.subscription, other.token, value).status_code == 200


def test_who_is_not_the_partner_learns_nothing(
    api: Api, service: Notifications, endpoint: Challenged, partner: Partner
) -> None:
    value = value_of(endpoint.challenges[0])
    strangers = {
        partner_token(service.issuer, uuid4()): 404,
        partner_token(service.issuer, partner.id, network="other"): 404,
        service.issuer.token("coordinator", clinics=[uuid4()]): 403,
    }
    for token, status in strangers.items():
        for what, body in (("confirmation", {"challenge": value}), ("challenge", None), ("secret", None)):
            real, made_up = (
                api.call("POST", f"/v1/subscriptions/{it}/{what}", token, json=body)
                for it in (partner.subscription, uuid4())
            )
            assert real.status_code == made_up.status_code == status, what
            assert [it.json()["type"] for it in (real, made_up)] == [real.json()["type"]] * 2
    assert service.count("subscriptions", "proved_at IS NULL AND wrong_confirmations = 0") == 1


def test_so_many_wrong_values_end_a_challenge_and_a_new_one_can_be_asked_for(
    api: Api, service: Notifications, endpoint: Challenged, partner: Partner
) -> None:
    value = value_of(endpoint.challenges[0])
    for _ in range(MOST_WRONG):
        assert refusal(post(api, partner.subscription, partner.token, "x")) == DIFFERS
    assert refusal(post(api, partner.subscription, partner.token, value)) == EXPIRED
    path = f"/v1/subscriptions/{partner.subscription}"
    assert api.call("GET", path, partner.token).json()["address"] == "expired"
    service_update(service, partner.subscription, LATER)
    assert anew(api, partner).json()["address"] == "unproved"
    new = challenged(service, endpoint)
    assert refusal(post(api, partner.subscription, partner.token, value)) == DIFFERS
    assert post(api, partner.subscription, partner.token, new).json()["address"] == "proved"


def test_a_challenge_expires(
    api: Api, service: Notifications, endpoint: Challenged, partner: Partner
) -> None:
    service_update(service, partner.subscription, PAST)
    value = value_of(endpoint.challenges[0])
    assert refusal(post(api, partner.subscription, partner.token, value)) == EXPIRED
    assert service.count("subscriptions", "proved_at IS NULL") == 1


def test_a_new_challenge_can_be_asked_for_once_a_minute_and_none_once_there_is_proof(
    api: Api, service: Notifications, endpoint: Challenged, partner: Partner
) -> None:
    assert refusal(anew(api, partner)) == (422, "challenged-recently", "")
    service_update(service, partner.subscription, LATER)
    for _ in range(3):  # the first asks, the others find that one is on its way
        assert anew(api, partner).status_code == 200
    value = challenged(service, endpoint)
    assert post(api, partner.subscription, partner.token, value).status_code == 200
    service_update(service, partner.subscription, LATER)
    assert anew(api, partner).json()["address"] == "proved"
    assert post(api, partner.subscription, partner.token, value).status_code == 200


def test_ending_a_subscription_and_making_it_again_brings_no_challenge_sooner(
    api: Api, service: Notifications, endpoint: Challenged, partner: Partner
) -> None:
    for _ in range(3):
        path = f"/v1/subscriptions/{partner.subscription}"
        assert api.call("DELETE", path, partner.token).status_code == 204
        made = api.call("POST", "/v1/subscriptions", partner.token, json={"url": endpoint.address})
        partner.subscription = made.json()["id"]
    with Challenged(silently) as elsewhere:
        Partner(api, service, elsewhere, unproved=True)
        challenged(service, elsewhere)
    [waiting] = service.rows(
        "SELECT challenge_due_at - now() AS wait FROM subscriptions WHERE subscription_id = %s",
        UUID(partner.subscription),
    )
    assert 30 < waiting["wait"].total_seconds() < 60
    assert len(endpoint.challenges) == 1


def for_them(api: Api, service: Notifications, url: str, partner: UUID) -> httpx.Response:
    coordinator = service.issuer.token("coordinator", clinics=[uuid4()])
    return api.call("POST", "/v1/subscriptions", coordinator, json={"url": url, "partner": str(partner)})


def test_what_a_coordinator_made_is_proved_by_its_partner_alone(
    api: Api, service: Notifications, episodes: EpisodesService
) -> None:
    partner = uuid4()
    token = partner_token(service.issuer, partner)
    with Challenged(echoing) as endpoint:
        made = for_them(api, service, endpoint.address, partner).json()
        challenged(service, endpoint)
        path = f"/v1/subscriptions/{made['id']}"
        assert service.count("subscriptions", "challenge_due_at IS NULL") == 1
        assert api.call("GET", path, token).json()["address"] == "unproved"
        secret = api.call("POST", f"{path}/secret", token).json()["secret"]
        service_update(service, made["id"], LATER)
        assert api.call("POST", f"{path}/challenge", token).status_code == 200
        value = challenged(service, endpoint)
    Webhook(secret).verify(endpoint.challenges[-1].body, endpoint.challenges[-1].headers)
    assert len(endpoint.challenges) == 2
    assert post(api, made["id"], token, value).json()["address"] == "proved"


def test_a_coordinator_subscribes_no_partner_that_the_directory_does_not_know(
    api: Api, service: Notifications, episodes: EpisodesService
) -> None:
    known, unknown, url = uuid4(), uuid4(), "https://partner.example/care"
    episodes.unknown_partners.add(unknown)
    assert refusal(for_them(api, service, url, unknown)) == (422, "unknown-partner", "/partner")
    for silence in ("failing", "silent"):
        episodes.answers = silence
        assert for_them(api, service, url, known).status_code == 503
    assert service.count("subscriptions") == 0
    episodes.answers = "allowed"
    assert for_them(api, service, url, known).status_code == 201


def test_a_replaced_secret_signs_what_is_sent_from_then_on(
    api: Api, service: Notifications, episodes: EpisodesService
) -> None:
    care = Care()
    with Challenged(echoing) as endpoint:
        partner = Partner(api, service, endpoint)
        answer = api.call("POST", f"/v1/subscriptions/{partner.subscription}/secret", partner.token)
        owe(service, 1, *told(care, partner), care.session())
        with service.running("deliver", **FAST):
            eventually(lambda: endpoint.webhooks)
    [webhook] = endpoint.webhooks
    Webhook(answer.json()["secret"]).verify(webhook.body, webhook.headers)
    assert answer.json()["secret"] != partner.secret
