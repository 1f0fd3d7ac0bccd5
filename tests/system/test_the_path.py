"""A published case, from the first assessment to a partner's webhook, judged by other people's code."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from kafka import KafkaConsumer
from standardwebhooks import Webhook

from contracts.webhook import Webhook as Body
from demo.scripts import case_names
from tests.cases.checking import differences, expected_of
from tests.support.notifications.http_servers import PartnerEndpoint
from tests.support.stack import Stack, bearer
from tests.support.waiting import eventually
from tests.system.walking import Walk

CONSENTED = {
    "plan-set.1": "care.episode.plan_set.v1",
    "plan-refined.1": "care.episode.plan_refined.v1",
    "session-delivered.1": "care.episode.session_delivered.v1",
    "episode-closed.1": "care.episode.episode_closed.v1",
}
"""What the setting's consent names (plans, sessions, closure) and a policy tells a partner."""

PRIVATE = {"treatment-consented.1"}


class Told:
    """A case that was walked, and the partner that was told."""

    def __init__(self, walk: Walk, endpoint: PartnerEndpoint, subscription: dict[str, Any]) -> None:
        self.walk = walk
        self.endpoint = endpoint
        self.subscription = subscription
        self.history = walk.history()

    @property
    def counted(self) -> list[dict[str, Any]]:
        """What takes a number of the subscription's, sent or withheld."""
        return [event for event in self.history if event["type"] in CONSENTED]

    @property
    def owed(self) -> list[dict[str, Any]]:
        """The consent names no label, so what is labelled stays here."""
        return [event for event in self.counted if not event["labels"]]

    @property
    def published(self) -> list[dict[str, Any]]:
        return [event for event in self.history if event["type"] not in PRIVATE]


@pytest.fixture(scope="module", params=case_names())
def told(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Told]:
    walk = Walk(stack, request.param)
    with PartnerEndpoint() as endpoint:
        walk.introduce()
        subscription = walk.subscribe(endpoint.address)
        walk.go()
        told = Told(walk, endpoint, subscription)
        ended = f"deliveries WHERE subscription_id = '{subscription['id']}' AND state <> 'pending'"
        eventually(lambda: stack.count("notifications", ended) == len(told.counted), within=60)
        yield told
        here = f"{stack.url('notifications')}/v1/subscriptions/{subscription['id']}"
        token = stack.token("partner", subject=walk.partner, organisation=walk.partner)
        import httpx

        assert httpx.delete(here, headers=bearer(token)).status_code == 204
        walk.close()


def test_the_case_ends_in_the_state_written_down_for_it_beforehand(told: Told) -> None:
    assert differences(expected_of(told.walk.case), told.walk.state()) == []


def test_the_partner_is_told_exactly_what_was_consented_to(told: Told) -> None:
    bodies = [Body.model_validate_json(received.body) for received in told.endpoint.received]

    assert sorted((str(body.data.event_id), body.type) for body in bodies) == sorted(
        (event["event_id"], CONSENTED[event["type"]]) for event in told.owed
    )
    numbers = {event["event_id"]: number for number, event in enumerate(told.counted, 1)}
    assert all(body.data.number == numbers[str(body.data.event_id)] for body in bodies)
    client = str(told.walk.client)
    assert all(client not in received.body.decode() for received in told.endpoint.received)
    assert {body.data.your_client_ref for body in bodies} == {told.walk.their_number}
    assert len({body.data.client_ref for body in bodies}) == 1


def test_the_partner_and_the_clinic_hear_what_was_written_down_beforehand(told: Told) -> None:
    expected = expected_of(told.walk.case)
    bodies = [Body.model_validate_json(received.body) for received in told.endpoint.received]
    in_order = sorted(bodies, key=lambda body: body.data.number)
    assert [body.type for body in in_order] == [f"care.episode.{it}.v1" for it in expected["partner_hears"]]
    assert [item["concern"] for item in told.walk.inbox()] == expected["inbox"]


def test_every_webhook_verifies_with_the_standard_library_of_its_format(told: Told) -> None:
    verifier = Webhook(told.subscription["secret"])
    for received in told.endpoint.received:
        verifier.verify(received.body, received.headers)
    ids = {received.headers["webhook-id"] for received in told.endpoint.received}
    assert len(ids) == len(told.owed)


def test_the_topic_holds_every_published_event_once_in_order(told: Told, stack: Stack) -> None:
    records = _records(stack, told.walk.episode, len(told.published))
    events = [from_kafka_event(record) for record in records]

    assert [event.get_id() for event in events] == [event["event_id"] for event in told.published]
    assert [int(event.get_extension("publishednumber")) for event in events] == list(
        range(1, len(events) + 1)
    )
    for event, stored in zip(events, told.published, strict=True):
        assert event.get_subject() == told.walk.episode
        assert event.get_time() == datetime.fromisoformat(stored["occurred_at"])
        assert str(told.walk.client) not in json.dumps(event.get_data())


def test_kafkas_own_console_consumer_reads_all_of_them_the_same(stack: Stack) -> None:
    """Once for the cases walked so far: it takes a Java process of its own."""
    published = stack.rows(
        "episodes",
        "SELECT originator_id::text AS episode, count(*) AS events FROM stored_events"
        " WHERE topic <> 'treatment-consented.1' GROUP BY originator_id",
    )
    counts = {row["episode"]: row["events"] for row in published}
    lines = stack.broker.console_consumer(stack.topic, sum(counts.values()))

    assert counts
    assert Counter(line.split("\t")[1] for line in lines) == counts
    assert all("ce_specversion:1.0" in line for line in lines)


def _records(stack: Stack, episode: str, count: int) -> list[KafkaMessage]:
    """The records of one episode, as the CloudEvents library takes them."""
    consumer = KafkaConsumer(
        stack.topic,
        bootstrap_servers=stack.broker.bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
        consumer_timeout_ms=10_000,
    )
    found: list[KafkaMessage] = []
    try:
        for record in consumer:
            if record.key == episode.encode():
                found.append(KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value))
                if len(found) == count:
                    break
    finally:
        consumer.close()
    return found
