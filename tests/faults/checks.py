"""What must be true after any fault: nothing lost, nothing doubled, all in order, all drained."""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from uuid import UUID

import httpx
import pytest
from eventsourcing.persistence import StoredEvent
from kafka import KafkaConsumer, TopicPartition

from episodes.event_log.codec import metadata_of
from episodes.http.examples import PARTNER
from tests.support.load import Load
from tests.support.notifications.http_servers import PartnerEndpoint
from tests.support.stack import Stack, bearer
from tests.support.waiting import PATIENCE

Rows = Callable[[str], list[dict[str, Any]]]

STANDSTILL = 60.0
"""Seconds after which a role that does nothing is taken for stuck: longer than a lease."""
LOOKING = 10
"""How many times as long as a look took is waited after it: counting whole tables is work, too."""
SESSIONS = "stored_events WHERE topic = 'session-delivered.1'"
PUBLISHED = "stored_events WHERE topic <> 'treatment-consented.1'"
WAITING = """SELECT state, d.attempts, due_at - now() AS due, lease_until - now() AS leased, a.status, a.error
FROM deliveries d LEFT JOIN attempts a USING (network_id, subscription_id, number)
WHERE state <> 'delivered' LIMIT 10"""
REPEATS = 20


@contextmanager
def subscribed(stack: Stack) -> Iterator[PartnerEndpoint]:
    """A partner that is told of sessions."""
    token = stack.token("partner", subject=UUID(PARTNER), organisation=UUID(PARTNER))
    with PartnerEndpoint() as endpoint:
        answer = httpx.post(
            f"{stack.url('notifications')}/v1/subscriptions",
            json={"url": endpoint.address},
            headers=bearer(token),
        )
        assert answer.status_code == 201, answer.text
        yield endpoint


def _counted(service: str, what: str) -> Callable[[Stack], int]:
    return lambda stack: stack.count(service, what)


def _position(follower: str) -> Callable[[Stack], int]:
    query = f"SELECT max(position) AS n FROM positions WHERE follower {follower}"
    return lambda stack: int(stack.rows("episodes", query)[0]["n"] or 0)


def _head(stack: Stack) -> int:
    return int(stack.rows("episodes", "SELECT max(notification_id) AS n FROM stored_events")[0]["n"])


WORK: Mapping[str, tuple[Callable[[Stack], int], Callable[[Stack], int]]] = MappingProxyType(
    {
        "relay": (_position("= 'kafka'"), _head),
        "project": (_position("<> 'kafka'"), _head),
        "consume": (_counted("notifications", "seen_events"), _counted("episodes", PUBLISHED)),
        "deliver": (
            _counted("notifications", "deliveries WHERE state = 'delivered'"),
            _counted("episodes", SESSIONS),
        ),
    }
)
"""How much a role has done, and how much there is to do, in the order of the path."""


def drained(stack: Stack) -> None:
    """Return when every role has done all there is to do. Fails when one of them gets no further."""
    for role in WORK:
        caught_up(stack, role)


def caught_up(stack: Stack, role: str) -> None:
    """Return when this role has done all there is to do."""
    done, to_do = WORK[role]
    since = looked = time.monotonic()
    was = -1
    while (now := done(stack)) < to_do(stack):
        if now > was:
            was, since = now, time.monotonic()
        elif time.monotonic() - since > STANDSTILL * PATIENCE:
            waiting = stack.rows("notifications", WAITING)
            pytest.fail(f"{role} gets no further: {waiting}\n{stack.log_of(role)[-3000:]}")
        time.sleep(max(0.05, LOOKING * (time.monotonic() - looked)))
        looked = time.monotonic()


def all_is_well(stack: Stack, load: Load, partner: PartnerEndpoint) -> None:
    """Check what must hold once everything has drained."""
    each_command_is_stored_once(lambda query: stack.rows("episodes", query), load)
    each_event_is_published_in_order(stack)
    each_session_was_told_once(stack, partner)


def each_command_is_stored_once(rows: Rows, load: Load) -> None:
    """Each acknowledged one, with the answer its caller had; no other; and a repeat is answered alike."""
    stored = rows("SELECT command_id, response FROM command_receipts")
    assert {row["command_id"]: bytes(row["response"]) for row in stored} == {
        key: told.answer for key, told in load.told.items()
    }
    stored = rows("SELECT originator_id, originator_version, topic, state FROM stored_events")
    headers = [metadata_of(StoredEvent(**row)) for row in stored]
    events = {str(header.event_id) for header in headers}
    assert len(events) == len(headers) == len(load.told), "one event for each command, and none twice"
    assert events == {_first(told.answer) for told in load.told.values()}
    gaps = """SELECT originator_id FROM stored_events GROUP BY originator_id
        HAVING count(*) <> max(originator_version) OR min(originator_version) <> 1"""
    assert rows(gaps) == []
    for key in random.sample(list(load.told), min(REPEATS, len(load.told))):
        told = load.told[key]
        repeat = load.send(told.path, told.body, key)
        assert repeat is not None
        assert (repeat.status_code, repeat.content) == (201, told.answer)
        assert repeat.headers["idempotency-replayed"] == "true"


def each_event_is_published_in_order(stack: Stack) -> None:
    """First publications in order, none skipped; a repeat after a crash is the same event again."""
    first: dict[bytes, list[int]] = defaultdict(list)
    seen: set[bytes] = set()
    for record in published(stack):
        headers = dict(record.headers)
        if headers["ce_id"] not in seen:
            seen.add(headers["ce_id"])
            name = "ce_publishednumber" if "ce_publishednumber" in headers else "ce_sequence"  # formerly
            first[record.key].append(int(headers[name]))
    assert len(seen) == stack.count("episodes", PUBLISHED)
    for sequences in first.values():
        assert sequences == list(range(1, len(sequences) + 1))


def each_session_was_told_once(stack: Stack, partner: PartnerEndpoint) -> None:
    """Once as an effect: a repeat carries the same id, which the partner drops."""
    sessions = stack.count("episodes", SESSIONS)
    told = {received.headers["webhook-id"]: received.document["data"] for received in partner.received}
    assert len(told) == sessions == stack.count("notifications", "deliveries")
    assert sorted(data["number"] for data in told.values()) == list(range(1, sessions + 1))
    assert len({data["event_id"] for data in told.values()}) == sessions


@contextmanager
def reading(stack: Stack) -> Iterator[tuple[Any, dict[TopicPartition, int]]]:
    """A consumer of the topic from its beginning, and where each partition ends now."""
    consumer = KafkaConsumer(bootstrap_servers=stack.broker.bootstrap, enable_auto_commit=False)
    try:
        partitions = [TopicPartition(stack.topic, it) for it in consumer.partitions_for_topic(stack.topic)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        yield consumer, consumer.end_offsets(partitions)
    finally:
        consumer.close()


def published(stack: Stack) -> Iterator[Any]:
    """Every record of the topic."""
    with reading(stack) as (consumer, ends):
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for records in consumer.poll(timeout_ms=500).values():
                yield from records


def _first(answer: bytes) -> str:
    event: str = httpx.Response(201, content=answer).json()["events"][0]["id"]
    return event
