"""No event goes to an address before it is proved, by the value that was sent there."""

import json
from contextlib import ExitStack
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from standardwebhooks.webhooks import Webhook

from tests.support.contract_examples import CONTRACTS
from tests.support.notifications.bad_endpoints import BadEndpoint, resets, sends_a_gigabyte
from tests.support.notifications.challenged import (
    NOT_PROVING,
    PROVING,
    Challenged,
    echoing,
    said,
    silently,
    value_of,
)
from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.intake import service_update
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Notifications
from tests.support.notifications.subscribed_partner import FAST, Partner, owe, told
from tests.support.waiting import eventually

QUICK = FAST | {"retry_seconds": "0,0.1", "attempt_seconds": "0.5"}
ATTEMPTS = len(QUICK["retry_seconds"].split(","))
NONE_DUE = "challenge_due_at IS NULL"


def address_of(api: Api, partner: Partner) -> str:
    answer = api.call("GET", f"/v1/subscriptions/{partner.subscription}", partner.token)
    address: str = answer.json()["address"]
    return address


def test_an_address_is_proved_by_the_echo_of_its_value_and_by_nothing_else(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    answers, care = {**PROVING, **NOT_PROVING}, Care()
    with ExitStack() as stack:
        endpoints = {name: stack.enter_context(Challenged(it)) for name, it in answers.items()}
        partners = {name: Partner(api, service, it, unproved=True) for name, it in endpoints.items()}
        events = [*told(care, *partners.values()), care.session(), care.plan(), care.session()]
        owe(service, 3 * len(partners), *events)
        with service.running("deliver", **QUICK):
            eventually(lambda: service.count("subscriptions", NONE_DUE) == len(partners))
            eventually(lambda: service.count("deliveries", "state = 'delivered'") == 3 * len(PROVING))
        for name, endpoint in endpoints.items():
            if name in PROVING:
                assert (address_of(api, partners[name]), len(endpoint.challenges)) == ("proved", 1), name
                assert sorted(endpoint.numbers) == [1, 2, 3], name
            else:
                assert address_of(api, partners[name]) == "unproved", name
                assert (len(endpoint.challenges), endpoint.webhooks) == (ATTEMPTS, []), name
    assert service.count("attempts") == 3 * len(PROVING)
    assert service.count("subscriptions", "consecutive_failures > 0 OR state <> 'active'") == 0


def test_an_endpoint_that_answers_no_http_proves_nothing(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    with BadEndpoint(resets) as resetting, BadEndpoint(sends_a_gigabyte) as endless:
        partners = [Partner(api, service, it, unproved=True) for it in (resetting, endless)]
        with service.running("deliver", **QUICK):
            eventually(lambda: service.count("subscriptions", NONE_DUE) == len(partners))
    assert {address_of(api, it) for it in partners} == {"unproved"}


def test_the_value_of_another_subscription_proves_nothing(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    with Challenged(silently) as theirs:
        Partner(api, service, theirs, unproved=True)
        with service.running("deliver", **QUICK):
            eventually(lambda: theirs.challenges)
        with Challenged(lambda _: said({"challenge": value_of(theirs.challenges[0])})) as ours:
            partner = Partner(api, service, ours, unproved=True)
            with service.running("deliver", **QUICK):
                eventually(lambda: len(ours.challenges) == ATTEMPTS)
    assert address_of(api, partner) == "unproved"


def test_a_challenge_is_signed_keeps_its_id_and_tells_of_no_client(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with Challenged(silently) as endpoint:
        partner = Partner(api, service, endpoint, unproved=True)
        owe(service, 1, *told(care, partner), care.session())
        with service.running("deliver", **QUICK):
            eventually(lambda: len(endpoint.challenges) == ATTEMPTS)
    for one in endpoint.challenges:
        Webhook(partner.secret).verify(one.body, one.headers)
    assert len({(one.headers["webhook-id"], one.body) for one in endpoint.challenges}) == 1
    document = endpoint.challenges[0].document
    Draft202012Validator(json.loads((CONTRACTS / "schemas" / "challenge.json").read_text())).validate(
        document
    )
    assert set(document["data"]) == {"subscription_id", "challenge", "confirmation", "expires_at"}
    assert document["data"]["confirmation"].endswith(f"/v1/subscriptions/{partner.subscription}/confirmation")
    assert episodes.asked == []


def test_a_value_is_kept_sealed_alone_and_is_in_no_log(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    with Challenged(silently) as endpoint:
        partner = Partner(api, service, endpoint, unproved=True)
        with service.running("deliver", **QUICK):
            eventually(lambda: endpoint.challenges)
            value = value_of(endpoint.challenges[0])
            path = f"/v1/subscriptions/{partner.subscription}"
            wrong = api.call("POST", f"{path}/confirmation", partner.token, json={"challenge": value + "x"})
            shown = api.call("GET", path, partner.token).text + wrong.text
    kept = str(service.rows("SELECT * FROM subscriptions")) + service.log_of("deliver") + api.log
    assert value not in shown + kept
    assert value.encode().hex() not in kept
    assert partner.subscription in kept


@pytest.mark.parametrize(
    ("state", "change"),
    {
        "expired": "challenge_expires_at = now() - interval '1 second'",
        "disabled": "state = 'disabled'",
        "ended": "state = 'deleted'",
        "proved": "proved_at = now()",
        "given up": "challenge_due_at = NULL",
        "leased": "challenge_due_at = now() + interval '1 minute'",
    }.items(),
)
def test_in_other_states_no_challenge_is_sent(
    state: str, change: str, service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    with Challenged(echoing) as quiet, Challenged(echoing) as endpoint:
        partner = Partner(api, service, quiet, unproved=True)
        service_update(service, partner.subscription, change)
        Partner(api, service, endpoint, unproved=True)
        with service.running("deliver", **QUICK):
            eventually(lambda: endpoint.challenges)
    assert quiet.challenges == []


def test_an_address_that_is_gone_is_disabled_and_asked_no_more(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    with Challenged(lambda _: said(b"", 410)) as endpoint:
        partner = Partner(api, service, endpoint, unproved=True)
        path = f"/v1/subscriptions/{partner.subscription}"
        with service.running("deliver", **QUICK):
            eventually(lambda: api.call("GET", path, partner.token).json()["state"] == "disabled")
        again = api.call("POST", f"{path}/challenge", partner.token)
    assert (again.status_code, again.json()["rule"]) == (422, "address-gone")
    assert len(endpoint.challenges) == 1


def test_what_waited_for_the_proof_is_delivered_as_soon_as_there_is_one(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with Challenged(silently) as endpoint:
        partner = Partner(api, service, endpoint, unproved=True)
        owe(service, 2, *told(care, partner), care.session(), care.plan())
        with service.running("deliver", **QUICK):
            eventually(lambda: endpoint.challenges)
            pulled = [it["number"] for it in partner.read("events")["events"]]
            endpoint.answer = echoing
            eventually(lambda: partner.states() == ["delivered"] * 2)
    assert pulled == [1, 2]
    assert sorted(endpoint.numbers) == [1, 2]


def test_two_deliverers_send_each_challenge_once(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    with ExitStack() as stack:
        endpoints = [stack.enter_context(Challenged(echoing)) for _ in range(10)]
        for endpoint in endpoints:
            Partner(api, service, endpoint, unproved=True)
        with service.running("deliver", **QUICK), service.running("deliver", **QUICK):
            eventually(lambda: service.count("subscriptions", "proved_at IS NOT NULL") == len(endpoints))
    assert [len(it.challenges) for it in endpoints] == [1] * len(endpoints)


def test_a_challenge_whose_deliverer_was_killed_is_sent_again_with_its_value(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    with Challenged() as endpoint:
        partner = Partner(api, service, endpoint, unproved=True)
        with service.running(
            "deliver", **(QUICK | {"attempt_seconds": "20", "lease_seconds": "22"})
        ) as deliver:
            eventually(lambda: endpoint.challenges)
            deliver.kill()
        endpoint.answer = echoing
        service_update(service, partner.subscription, "challenge_due_at = now()")
        with service.running("deliver", **QUICK):
            eventually(lambda: address_of(api, partner) == "proved")
    assert len({value_of(one) for one in endpoint.challenges}) == 1


def test_processes_of_the_release_before_send_nothing_to_an_unproved_address(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    """Also not if they made the subscription, which is then proved by its partner's confirmation alone."""
    partner, care = uuid4(), Care()
    service.write(
        "INSERT INTO subscriptions (network_id, subscription_id, partner_id, url, level, secret, created_at)"
        " VALUES ('demo', %s, %s, 'https://partner.example/', 'ids', '', now())",
        uuid4(),
        partner,
    )
    owe(service, 1, care.opened(), care.shared_with(partner), care.session())
    claimable = "rests_until IS NULL OR rests_until <= now()"
    assert service.count("subscriptions", claimable) == 0
    assert service.count("subscriptions", "proved_at IS NULL AND NOT made_by_partner") == 1
