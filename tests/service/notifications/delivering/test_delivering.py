"""Delivering: consent is asked before every attempt, no endpoint waits for another, retries survive."""

import json
import time
from datetime import datetime
from functools import partial

import pytest
from jsonschema import Draft202012Validator
from standardwebhooks.webhooks import Webhook

from notifications.delivering.outbox import PER_ENDPOINT
from tests.support.contract_examples import CONTRACTS
from tests.support.notifications.http_servers import EpisodesService, PartnerEndpoint
from tests.support.notifications.published_events import Care, id_of
from tests.support.notifications.service_process import Api, Notifications
from tests.support.notifications.subscribed_partner import FAST, Partner, owe, told
from tests.support.waiting import PATIENCE, eventually

PUBLIC_URL = "http://127.0.0.1:8001"


def test_failed_attempts_are_tried_again_after_a_restart_with_the_same_id(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint(500, 503, 500, 200) as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 1, *told(care, partner), care.session())
        with service.running("deliver", **FAST) as deliver:
            eventually(lambda: len(endpoint.received) >= 2)
            assert deliver.stop() == 0
        with service.running("deliver", **FAST):
            eventually(lambda: partner.states() == ["delivered"])
    for webhook in endpoint.received:
        Webhook(partner.secret).verify(webhook.body, webhook.headers)
    assert len({webhook.headers["webhook-id"] for webhook in endpoint.received}) == 1
    (delivery,) = partner.deliveries()
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 503, 500, 200]


def test_every_attempt_has_a_decision_of_its_own(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint(500, 500, 204) as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 1, *told(care, partner), session := care.session())
        with service.running("deliver", **FAST):
            eventually(lambda: partner.states() == ["delivered"])
    used = [
        str(row["decision_id"]) for row in service.rows("SELECT decision_id FROM attempts ORDER BY attempt")
    ]
    assert used == episodes.decisions
    assert len(set(used)) == 3
    assert episodes.asked[0] == {
        "event_id": str(id_of(session)),
        "partner": str(partner.id),
        "subscription_id": partner.subscription,
        "level": "ids",
    }


def test_a_refused_delivery_is_withheld_and_its_number_stays_used(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint() as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 2, *told(care, partner), refused := care.session(), allowed := care.session())
        episodes.refused.add(id_of(refused))
        with service.running("deliver", **FAST):
            eventually(lambda: partner.states() == ["withheld", "delivered"])
        assert [webhook.document["data"]["number"] for webhook in endpoint.received] == [2]
        first, second = partner.read("events")["events"]
        assert first == {"number": 1, "withheld": True}
        assert second["data"]["event_id"] == str(id_of(allowed))
        (log, _) = partner.deliveries()
        assert (log["type"], log["event_id"]) == (None, None)


def test_consent_withdrawn_between_two_attempts_stops_the_second(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint(500) as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 1, *told(care, partner), care.session())
        with service.running("deliver", **(FAST | {"retry_seconds": "0,2,2"})):
            eventually(lambda: len(endpoint.received) == 1)
            episodes.answers = "refused"
            eventually(lambda: partner.states() == ["withheld"])
    assert len(endpoint.received) == 1


@pytest.mark.parametrize("silence", ["silent", "failing"])
def test_without_an_answer_nothing_is_sent_and_nothing_is_lost(
    silence: str, service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    episodes.answers = silence
    with PartnerEndpoint() as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 1, *told(care, partner), care.session())
        with service.running("deliver", **FAST):
            eventually(lambda: episodes.asked)
            began = time.monotonic()
            eventually(lambda: len(episodes.asked) >= 3)
            assert time.monotonic() - began > 1.5, "asked again and again without a pause"
            assert endpoint.received == []
            assert partner.states() == ["pending"]
            assert partner.deliveries()[0]["attempts"] == []
            episodes.answers = "allowed"
            eventually(lambda: partner.states() == ["delivered"])
    assert len(endpoint.received) == 1


def test_a_hung_partner_and_a_failing_partner_delay_no_other(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care, sessions = Care(), 40
    with PartnerEndpoint(hangs=True) as hung, PartnerEndpoint(500) as failing, PartnerEndpoint() as well:
        partners = [Partner(api, service, endpoint) for endpoint in (hung, failing, well)]
        events = [*told(care, *partners), *(care.session() for _ in range(sessions))]
        owe(service, 3 * sessions, *events)
        with service.running("deliver", **(FAST | {"attempt_seconds": "15", "lease_seconds": "20"})):
            eventually(lambda: hung.received)
            began = time.monotonic()
            eventually(lambda: len(well.received) == sessions)
            took = time.monotonic() - began
            owe(service, 3 * sessions + 3, care.session())
            eventually(lambda: len(well.received) == sessions + 1)
    assert took < 5 * PATIENCE, f"{took:.1f} s for {sessions} webhooks beside a hung endpoint"
    assert len(hung.received) <= PER_ENDPOINT


def test_a_killed_deliverer_leaves_nothing_stuck(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint(hangs=True) as hung:
        partner = Partner(api, service, hung)
        owe(service, 1, *told(care, partner), care.session())
        with service.running("deliver", **FAST) as deliver:
            eventually(lambda: hung.received)
            deliver.kill()
        assert service.count("deliveries", "lease_until > now()") == 1
        hung.hangs = False
        with service.running("deliver", **FAST):
            eventually(lambda: partner.states() == ["delivered"])
    assert len({webhook.headers["webhook-id"] for webhook in hung.received}) == 1


def test_random_kills_lose_no_delivery_and_double_no_number(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care, sessions = Care(), 30
    with PartnerEndpoint() as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, sessions, *told(care, partner), *(care.session() for _ in range(sessions)))
        for reached in (5, 12, 20):
            with service.running("deliver", **FAST):
                eventually(partial(endpoint.has, reached))
        with service.running("deliver", **FAST):
            eventually(lambda: service.count("deliveries", "state = 'delivered'") == sessions)
    by_number = {it.document["data"]["number"]: it.headers["webhook-id"] for it in endpoint.received}
    assert sorted(by_number) == list(range(1, sessions + 1))
    assert len(set(by_number.values())) == sessions


def test_two_deliverers_share_the_work_without_doubling_it(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care, sessions = Care(), 60
    with PartnerEndpoint() as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, sessions, *told(care, partner), *(care.session() for _ in range(sessions)))
        with service.running("deliver", **FAST), service.running("deliver", **FAST):
            eventually(lambda: service.count("deliveries", "state = 'delivered'") == sessions)
    assert len(endpoint.received) == sessions


def test_an_endpoint_that_is_gone_is_disabled_and_its_events_can_be_pulled(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint(410) as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 2, *told(care, partner), care.session(), care.plan())
        with service.running("deliver", **FAST):
            path = f"/v1/subscriptions/{partner.subscription}"
            eventually(lambda: api.call("GET", path, partner.token).json()["state"] == "disabled")
        assert set(partner.states()) == {"pending"}
        assert [it["number"] for it in partner.read("events")["events"]] == [1, 2]
        assert [it["number"] for it in partner.read("events?after=1")["events"]] == [2]


def test_a_delivery_that_never_succeeds_ends_as_failed(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint(302) as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 1, *told(care, partner), care.session())
        with service.running("deliver", **(FAST | {"retry_seconds": "0,0.1"})):
            eventually(lambda: partner.states() == ["failed"])
    assert len(endpoint.received) == 2


def test_retry_after_is_honoured(service: Notifications, episodes: EpisodesService, api: Api) -> None:
    care = Care()
    with PartnerEndpoint(429, 204, headers={"Retry-After": "3"}) as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 1, *told(care, partner), care.session())
        with service.running("deliver", **FAST):
            eventually(lambda: partner.states() == ["delivered"])
    first, second = (datetime.fromisoformat(it["at"]) for it in partner.deliveries()[0]["attempts"])
    assert (second - first).total_seconds() >= 2.9


def test_an_empty_webhook_says_where_to_ask_and_nothing_else(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint() as endpoint:
        partner = Partner(api, service, endpoint, level="empty")
        owe(service, 1, *told(care, partner), session := care.session())
        with service.running("deliver", **FAST):
            eventually(lambda: endpoint.received)
        document = endpoint.received[0].document
        missed = document["data"]["missed"].removeprefix(PUBLIC_URL)
        pulled = api.call("GET", missed, partner.token).json()["events"]
    assert document["type"] == "care.notice.v1"
    Draft202012Validator(json.loads((CONTRACTS / "schemas" / "notice.json").read_text())).validate(document)
    assert set(document["data"]) == {"subscription_id", "number", "missed"}
    for secret in (id_of(session), care.episode, care.clinic, episodes.subject):
        assert str(secret) not in json.dumps(document)
    assert pulled[0]["data"]["event_id"] == str(id_of(session))


def test_who_the_client_is_to_the_partner_is_kept_nowhere(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint(500, 204) as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 1, *told(care, partner), care.session())
        with service.running("deliver", **FAST):
            eventually(lambda: partner.states() == ["delivered"])
    tables = [
        row["tablename"] for row in service.rows("SELECT tablename FROM pg_tables WHERE schemaname='public'")
    ]
    kept = "".join(str(service.rows(f"SELECT t::text FROM {table} t")) for table in tables)
    kept += service.log_of("deliver") + api.log
    for secret in (str(episodes.subject), "C-4711", partner.secret.removeprefix("whsec_")):
        assert secret not in kept
    assert str(care.episode) in kept  # so that this test would find what is kept


def test_deleting_a_subscription_cancels_what_is_pending(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint() as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 1, *told(care, partner), care.session())
        assert (
            api.call("DELETE", f"/v1/subscriptions/{partner.subscription}", partner.token).status_code == 204
        )
        other = Partner(api, service, endpoint)
        owe(service, 2, care.shared_with(other.id), care.session())
        with service.running("deliver", **FAST):
            eventually(lambda: other.states() == ["delivered"])
    assert [webhook.document["data"]["subscription_id"] for webhook in endpoint.received] == [
        other.subscription
    ]
    assert service.count("deliveries", "state = 'cancelled'") == 1


def test_what_is_owed_is_sent_at_once(service: Notifications, episodes: EpisodesService, api: Api) -> None:
    care = Care()
    with PartnerEndpoint() as endpoint:
        partner = Partner(api, service, endpoint)
        with service.running("consume"), service.running("deliver", **FAST):
            episodes.publish(*told(care, partner), care.session())
            eventually(lambda: len(endpoint.received) == 1)
            delays = []
            for count in range(2, 12):
                began = time.monotonic()
                episodes.publish(care.session())
                eventually(partial(endpoint.has, count))
                delays.append(time.monotonic() - began)
    assert sorted(delays)[5] < 0.5 * PATIENCE, [f"{delay * 1000:.0f} ms" for delay in delays]


def test_the_roles_stop_when_told_to(service: Notifications) -> None:
    with service.running("consume") as consume, service.running("deliver") as deliver:
        eventually(lambda: "begins" in service.log_of("consume"))
        eventually(lambda: "begins" in service.log_of("deliver"))
        assert consume.stop() == 0
        assert deliver.stop() == 0
    with Api(service) as api:
        assert api.stop() == 0


def test_a_deliverer_with_hung_attempts_stops_when_told_to(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint(hangs=True) as hung:
        partner = Partner(api, service, hung)
        owe(service, 3, *told(care, partner), *(care.session() for _ in range(3)))
        with service.running("deliver", attempt_seconds="15") as deliver:
            eventually(lambda: hung.has(3))
            assert deliver.stop() == 0
    assert set(partner.states()) == {"pending"}


def test_production_refuses_loopback(service: Notifications) -> None:
    with service.running("deliver", environment="production") as deliver:
        eventually(lambda: not deliver.running)
    assert "ALLOW_LOOPBACK is for development only" in service.log_of("deliver")
