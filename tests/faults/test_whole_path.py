"""Any part killed while commands flow: nothing is lost, nothing takes effect twice, all drains by itself."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
import pytest
from kafka import KafkaConsumer

from episodes.adapters.http.examples import PARTNER
from tests.faults.loading import Load
from tests.notifications.servers import PartnerEndpoint
from tests.notifications.service import eventually
from tests.servers.kafka import KafkaBroker
from tests.servers.postgres import PostgresServer
from tests.system.stack import Stack, bearer

PUBLISHED = "stored_events WHERE topic <> 'treatment-consented.1'"
SESSIONS = "stored_events WHERE topic = 'session-delivered.1'"
BROKER_AWAY = 20.0


@pytest.fixture
def stack(postgres: PostgresServer, kafka: KafkaBroker, tmp_path: object) -> Iterator[Stack]:
    with Stack(postgres, kafka, tmp_path) as running:  # type: ignore[arg-type]
        yield running


@contextmanager
def supervised(stack: Stack) -> Iterator[None]:
    """Roles that end are started again, as a supervisor would."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            stack.restart_dead()

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


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


@pytest.mark.timeout(280)
def test_whoever_is_killed_nothing_is_lost_and_nothing_happens_twice(
    stack: Stack, postgres: PostgresServer, kafka: KafkaBroker
) -> None:
    load = Load(stack)
    load.prepare(episodes=6)
    with subscribed(stack) as partner:
        load.start()
        with supervised(stack):
            for role in ("api", "relay", "consume", "deliver"):
                load.more(25)
                stack.signal_kill(role)
            load.more(25)
            kafka.kill()
            load.more(25)
            kafka.restart()
            load.more(25)
            postgres.kill()
            time.sleep(0.5)
            postgres.restart()
            load.more(25, within=90)
            load.stop()
            _drained(stack, partner)

    assert load.refused == []
    _every_acknowledged_command_is_stored_once(stack, load)
    _every_event_is_published_in_order(stack)
    _every_session_was_told_once(stack, partner)


@pytest.mark.timeout(200)
def test_while_the_broker_is_away_commands_are_accepted_and_all_is_published_after(
    stack: Stack, kafka: KafkaBroker
) -> None:
    load = Load(stack)
    load.prepare(episodes=3)
    with subscribed(stack) as partner, supervised(stack):
        kafka.kill()
        began, load_ = time.monotonic(), load
        load_.start()
        while time.monotonic() - began < BROKER_AWAY:
            load.more(5, within=10)
        kafka.restart()
        load.stop()
        _drained(stack, partner)

    assert load.refused == []
    _every_event_is_published_in_order(stack)
    _every_session_was_told_once(stack, partner)


def _drained(stack: Stack, partner: PartnerEndpoint) -> None:
    """Everything published was taken in, and every delivery ended."""
    eventually(_same(stack, PUBLISHED, "seen_events"), within=90)
    eventually(lambda: stack.count("notifications", "deliveries WHERE state <> 'delivered'") == 0, within=90)


def _same(stack: Stack, stored: str, seen: str) -> Callable[[], bool]:
    return lambda: stack.count("episodes", stored) == stack.count("notifications", seen)


def _every_acknowledged_command_is_stored_once(stack: Stack, load: Load) -> None:
    receipts = {
        row["command_id"] for row in stack.rows("episodes", "SELECT command_id FROM command_receipts")
    }
    assert receipts == set(load.acknowledged)
    assert stack.count("episodes", "stored_events") == len(load.acknowledged)


def _every_event_is_published_in_order(stack: Stack) -> None:
    """First publications in order, none skipped; a repeat after a crash is the same event again."""
    first: dict[bytes, list[int]] = defaultdict(list)
    seen: set[bytes] = set()
    published = stack.count("episodes", PUBLISHED)
    consumer = KafkaConsumer(
        stack.topic,
        bootstrap_servers=stack.broker.bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        consumer_timeout_ms=5_000,
    )
    try:
        for record in consumer:
            headers = dict(record.headers)
            if headers["ce_id"] not in seen:
                seen.add(headers["ce_id"])
                first[record.key].append(int(headers["ce_sequence"]))
    finally:
        consumer.close()
    assert len(seen) == published
    for sequences in first.values():
        assert sequences == list(range(1, len(sequences) + 1))


def _every_session_was_told_once(stack: Stack, partner: PartnerEndpoint) -> None:
    """Once as an effect: a repeat carries the same id, which the partner drops."""
    sessions = stack.count("episodes", SESSIONS)
    told = {received.headers["webhook-id"]: received.document["data"] for received in partner.received}
    assert len(told) == sessions == stack.count("notifications", "deliveries")
    assert sorted(data["number"] for data in told.values()) == list(range(1, sessions + 1))
    assert len({data["event_id"] for data in told.values()}) == sessions
