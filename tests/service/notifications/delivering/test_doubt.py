"""Doubt is not an answer: what no rule of consent refuses waits, is named in the log, and is sent later."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.support.notifications.http_servers import DOUBTFUL, EpisodesService, PartnerEndpoint
from tests.support.notifications.published_events import Care, id_of
from tests.support.notifications.service_process import Api, Notifications
from tests.support.notifications.subscribed_partner import FAST, Partner, owe, told
from tests.support.waiting import eventually

WAITING = "state = 'pending' AND due_at > now() + interval '4 minutes' AND claim IS NULL"
DUE = "UPDATE deliveries SET due_at = now() WHERE state = 'pending'"


def errors_of(service: Notifications) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in service.log_of("deliver").splitlines()]
    return [line for line in lines if line["level"] == "error"]


@pytest.mark.parametrize("answer", DOUBTFUL)
def test_no_unexpected_answer_is_a_decision_and_what_waited_is_sent_after_it(
    answer: str, service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint() as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 2, *told(care, partner), care.session(), care.session())
        episodes.answers = answer
        with service.running("deliver", **FAST):
            eventually(lambda: service.count("deliveries", WAITING) == 2)
            assert (endpoint.received, service.count("attempts")) == ([], 0)
            assert {line["event"] for line in errors_of(service)} == {"no decision can be read"}
            episodes.answers = "allowed"
            service.write(DUE)
            eventually(lambda: partner.states() == ["delivered"] * 2)


@pytest.mark.parametrize("reason", ["unknown_event", "unreadable", "a word of a later release"])
def test_an_event_in_doubt_waits_alone(
    reason: str, service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint() as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 3, *told(care, partner), care.session(), doubted := care.session(), care.session())
        episodes.doubted[id_of(doubted)] = reason
        with service.running("deliver", **FAST):
            eventually(lambda: partner.states() == ["delivered", "pending", "delivered"])
            eventually(lambda: service.count("deliveries", WAITING) == 1)
            [line] = errors_of(service)
            assert (line["event"], line["event_id"]) == ("in doubt", str(id_of(doubted)))
            episodes.doubted.clear()
            service.write(DUE)
            eventually(lambda: partner.states() == ["delivered"] * 3)


def test_a_page_of_what_was_missed_ends_before_an_event_in_doubt(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint() as endpoint:
        partner = Partner(api, service, endpoint)
        before, first, doubted, last = told(care, partner), *(care.session() for _ in range(3))
        owe(service, 3, *before, first, doubted, last)
    episodes.doubted[id_of(doubted)] = "unknown_event"
    page = partner.read("events")
    assert ([it["number"] for it in page["events"]], page["next"]) == ([1], 1)
    path = f"/v1/subscriptions/{partner.subscription}/events"
    assert api.call("GET", f"{path}?after=1", partner.token).status_code == 503
    assert [it["number"] for it in partner.read("events?after=2")["events"]] == [3]
    episodes.doubted.clear()
    assert [it["number"] for it in partner.read("events")["events"]] == [1, 2, 3]


@pytest.mark.parametrize("answer", [it for it in DOUBTFUL if it != "a list too short"])
def test_a_partner_is_unknown_only_if_the_directory_says_so(
    answer: str, service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    clinic, partner = uuid4(), uuid4()
    coordinator = service.issuer.token("coordinator", clinics=[clinic])
    wanted = {"url": "https://partner.example/care", "partner": str(partner)}
    episodes.answers = answer
    assert api.call("POST", "/v1/subscriptions", coordinator, json=wanted).status_code == 503
    episodes.answers = "allowed"
    episodes.unknown_partners.add(partner)
    refused = api.call("POST", "/v1/subscriptions", coordinator, json=wanted)
    assert (refused.status_code, refused.json()["rule"]) == (422, "unknown-partner")
    episodes.unknown_partners.clear()
    assert api.call("POST", "/v1/subscriptions", coordinator, json=wanted).status_code == 201
