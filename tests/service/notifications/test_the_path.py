"""From a published event to a partner's endpoint and a clinic's inbox, through every role as a process."""

from uuid import UUID, uuid4

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from contracts.webhook import Webhook as WebhookBody
from tests.support.notifications.http_servers import EpisodesService, PartnerEndpoint
from tests.support.notifications.published_events import Care, id_of
from tests.support.notifications.service_process import Api, Notifications, partner_token
from tests.support.waiting import eventually

PARTNER = UUID("7c1f0a52-53a4-4c5e-9a1b-0f6c1d9e2b11")


def test_a_delivered_session_reaches_the_partner_signed_and_with_what_consent_allows(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint() as endpoint:
        made = subscribe(api, service, endpoint)
        episodes.publish(care.opened(), care.shared_with(PARTNER), session := care.session())
        with service.running("consume"), service.running("deliver"):
            eventually(lambda: endpoint.received)
    webhook = endpoint.received[0]
    Webhook(made["secret"]).verify(webhook.body, webhook.headers)
    body = WebhookBody.model_validate_json(webhook.body)
    assert body.type == "care.episode.session_delivered.v1"
    assert (body.data.event_id, body.data.number, body.data.partner) == (id_of(session), 1, PARTNER)
    assert (body.data.client_ref, body.data.your_client_ref) == (episodes.subject, "C-4711")
    assert body.data.links.event == session.attributes["recordref"]
    assert body.data.links.episode.endswith(f"/v1/episodes/{care.episode}")


def test_a_webhook_that_was_altered_on_the_way_does_not_verify(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint() as endpoint:
        made = subscribe(api, service, endpoint)
        episodes.publish(care.opened(), care.shared_with(PARTNER), care.plan())
        with service.running("consume"), service.running("deliver"):
            eventually(lambda: endpoint.received)
    webhook = endpoint.received[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(webhook.body.replace(b"plan_set", b"plan_nul"), webhook.headers)


def test_a_red_flag_reaches_the_inbox_of_its_clinic_and_is_acknowledged_once(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    episodes.publish(care.opened(), flag := care.red_flag())
    mine = service.issuer.token("therapist", clinics=[care.clinic])
    colleague = service.issuer.token("supervisor", clinics=[care.clinic])
    with service.running("consume"):
        eventually(lambda: api.call("GET", "/v1/inbox", mine).json()["items"])
        (item,) = api.call("GET", "/v1/inbox", mine).json()["items"]
        first = api.call("POST", f"/v1/inbox/{item['id']}/acknowledgement", mine)
        second = api.call("POST", f"/v1/inbox/{item['id']}/acknowledgement", colleague)
        waiting = api.call("GET", "/v1/inbox?acknowledged=false", mine).json()["items"]
    assert (item["concern"], item["severity"]) == ("red_flag_raised", "critical")
    assert item["event_id"] == str(id_of(flag))
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert waiting == []


def test_another_network_and_another_clinic_see_nothing_of_the_inbox(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    episodes.publish(care.red_flag())
    with service.running("consume"):
        eventually(lambda: service.count("inbox"))
        (item,) = service.rows("SELECT item_id FROM inbox")
        for stranger in (
            service.issuer.token("therapist", clinics=[uuid4()]),
            service.issuer.token("therapist", clinics=[]),
            service.issuer.token("therapist", clinics=[care.clinic], network="other"),
        ):
            assert api.call("GET", "/v1/inbox", stranger).json()["items"] == []
            answer = api.call("POST", f"/v1/inbox/{item['item_id']}/acknowledgement", stranger)
            assert answer.status_code == 404
    assert service.count("inbox", "acknowledged_at IS NOT NULL") == 0


def subscribe(api: Api, service: Notifications, endpoint: PartnerEndpoint, **more: object) -> dict[str, str]:
    """The partner subscribes for itself."""
    token = partner_token(service.issuer, PARTNER)
    answer = api.call("POST", "/v1/subscriptions", token, json={"url": endpoint.address, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made
