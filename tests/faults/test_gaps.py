"""Kafka loses records, or shows them in another order: nobody hears less for it."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from episodes.http.examples import EXAMPLES, PARTNER
from tests.faults.checks import drained, published, reading, subscribed
from tests.support.load import SHARED, Load, client_of, session_body
from tests.support.notifications.http_servers import PartnerEndpoint
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import Stack
from tests.support.waiting import eventually

SESSIONS = "stored_events WHERE topic = 'session-delivered.1'"
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": "1",
    "min.cleanable.dirty.ratio": "0",
    "max.compaction.lag.ms": "1",
}
"""Each record begins a segment, and what is before it is compacted as soon as the broker looks."""
LEFT = 4
"""How many records of an episode a compacted topic has at most, where each had seven or more: the last of the
compacted ones, and those that came while the broker was at it.
"""
MORE_THAN_A_FETCH = 800
"""Episodes whose two records each do not fit into one fetch (1 MiB) of a partition."""


@pytest.fixture
def stack(postgres: PostgresServer, kafka: KafkaBroker, tmp_path: Path) -> Stack:
    return Stack(postgres, kafka, tmp_path)


def test_records_deleted_before_they_were_read_are_had_from_the_log(stack: Stack) -> None:
    with stack, subscribed(stack) as partner, _loaded(stack, 2) as load:
        _one_session_each(load, 0)
        drained(stack)
        stack.kill("consume")
        load.prepare(4)
        _one_session_each(load, 2)
        eventually(lambda: _relayed(stack))
        with reading(stack) as (_, ends), _admin(stack) as broker:
            broker.delete_records({partition: end for partition, end in ends.items() if end})
        _one_session_each(load, 2)
        _one_session_each(load, 2)
        stack.start("consume")
        _every_session_is_told(stack, partner)


def test_a_topic_made_again_that_has_grown_past_the_old_position_is_read_whole(stack: Stack) -> None:
    with stack, subscribed(stack) as partner, _loaded(stack, 3) as load:
        _one_session_each(load, 0)
        drained(stack)
        stack.kill("consume")
        with _admin(stack) as broker:
            broker.delete_topics([stack.topic])
            eventually(lambda: stack.topic not in broker.list_topics())
        stack.run("episodes", "topics")
        load.prepare(8)
        for _ in range(4):
            _one_session_each(load, 3)

        def all_sent() -> bool:
            stack.restart_dead()
            return _relayed(stack)

        eventually(all_sent, within=90)
        stack.start("consume")
        _every_session_is_told(stack, partner)


def test_records_compacted_away_before_they_were_read_are_had_from_the_log(stack: Stack) -> None:
    with stack, subscribed(stack) as partner, _loaded(stack, 3) as load:
        _one_session_each(load, 0)
        drained(stack)
        stack.kill("consume")
        for _ in range(4):
            _one_session_each(load, 0)
        with _admin(stack) as broker:
            broker.alter_configs([ConfigResource(ConfigResourceType.TOPIC, stack.topic, COMPACTED)])
        eventually(lambda: _compacted(stack, load), "of each episode the last events are left", 40)
        stack.kill("relay")  # it looks at its topics when it starts, and then once an hour
        stack.start("relay")
        eventually(lambda: _says_that_events_are_deleted(stack))
        stack.start("consume")
        _every_session_is_told(stack, partner)


@pytest.mark.timeout(900)
def test_partitions_added_while_there_is_a_backlog_change_no_order_of_effects(stack: Stack) -> None:
    """The new partitions are read before the old one's backlog, so each session comes before its consent."""
    with _admin(stack) as broker:
        broker.create_topics({stack.topic: {"num_partitions": 1}}, wait_for_metadata=True)
    with stack, subscribed(stack) as partner, _loaded(stack, 1) as load:
        drained(stack)
        stack.kill("consume")
        with ThreadPoolExecutor(16) as callers:
            list(callers.map(lambda _: _open(load), range(MORE_THAN_A_FETCH)))
        eventually(lambda: _relayed(stack), within=60)
        with _admin(stack) as broker:
            broker.create_partitions({stack.topic: 6})
        stack.kill("relay")
        relays = {"EPISODES_DATABASE_URL": stack.episodes.url("relay")}
        stack.run("episodes", "topics", "--accept-partitions", **relays)
        stack.start("relay")
        _one_session_each(load, len(load.episodes) - 60)
        eventually(lambda: _relayed(stack))
        stack.start("consume")
        _every_session_is_told(stack, partner)


@contextmanager
def _loaded(stack: Stack, episodes: int) -> Iterator[Load]:
    with client_of(stack) as client:
        load = Load(lambda: client)
        load.prepare(episodes)
        yield load


def _open(load: Load) -> None:
    """One more episode that shares its sessions with the partner."""
    opened = load.record("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"])
    path = f"/v1/episodes/{opened.json()['episode']['id']}"
    load.record(f"{path}/sharing-consents", SHARED | {"partner": PARTNER})
    load.episodes.append(path)


def _one_session_each(load: Load, since: int) -> None:
    for episode in load.episodes[since:]:
        load.record(f"{episode}/sessions", session_body())


def _relayed(stack: Stack) -> bool:
    (at,) = stack.rows("episodes", "SELECT position FROM positions WHERE follower = 'kafka'")
    (last,) = stack.rows("episodes", "SELECT max(notification_id) AS n FROM stored_events")
    return bool(at["position"] >= last["n"])


def _kept(stack: Stack) -> Counter[bytes]:
    """How many records the topic has of each episode."""
    return Counter(record.key for record in published(stack))


def _compacted(stack: Stack, load: Load) -> bool:
    """Record a round, and look. Without it the broker may have got the last record before the new settings:
    only the next one begins a segment, and the last segment is never compacted.
    """
    _one_session_each(load, 0)
    return max(_kept(stack).values()) <= LEFT


def _says_that_events_are_deleted(stack: Stack) -> bool:
    lines = [json.loads(line) for line in stack.log_of("relay").splitlines() if "topic differs" in line]
    return any(line["level"] == "error" and "compaction deletes events" in line["reason"] for line in lines)


def _admin(stack: Stack) -> KafkaAdminClient:
    return KafkaAdminClient(bootstrap_servers=stack.broker.bootstrap)


def _every_session_is_told(stack: Stack, partner: PartnerEndpoint) -> None:
    """Everything published took effect; each session was told once; nothing is missing any more."""
    published = stack.count("episodes", "stored_events WHERE topic <> 'treatment-consented.1'")
    eventually(lambda: stack.count("notifications", "seen_events") == published, "all is seen", within=90)
    sessions = stack.count("episodes", SESSIONS)
    eventually(lambda: len({it.headers["webhook-id"] for it in partner.received}) == sessions, within=60)
    assert stack.count("notifications", "deliveries") == sessions
    assert stack.count("notifications", "gaps WHERE ended_at IS NULL") == 0
    assert stack.count("notifications", "held_events WHERE taken_at IS NULL") == 0
    assert stack.count("notifications", "parked") == 0
