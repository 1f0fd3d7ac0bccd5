"""Another application of the same server fills its queue of notices: no command and no intake is stopped."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from care_platform.postgres.notices import QueueFull
from tests.faults.checks import drained, subscribed
from tests.support.load import Load, client_of, session_body
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer, WheelPostgres
from tests.support.stack import Stack
from tests.support.waiting import eventually

SMALL = "ALTER SYSTEM SET max_notify_queue_pages = 64"
"""The smallest queue; 8 GiB are the default."""
ANSWERED = 5


@pytest.fixture(scope="module")
def small(run_dir: Path) -> Iterator[PostgresServer]:
    """A server whose queue of notices is small. Before PostgreSQL 17 it cannot be."""
    server = WheelPostgres(run_dir / "notices")
    try:
        with psycopg.connect(server.superuser_url, autocommit=True) as db:
            if db.info.server_version < 170000:
                pytest.skip("the queue of notices has a fixed size before PostgreSQL 17")
            db.execute(SMALL)
        with server.killed():
            pass
        yield server
    finally:
        server.close()


@contextmanager
def full_queue(server: PostgresServer) -> Iterator[None]:
    """Somebody listens and rests in a transaction, and the queue is full."""
    with closing(psycopg.connect(server.superuser_url)) as idle:
        idle.execute("LISTEN something_else")
        idle.commit()
        idle.execute("SELECT 1")
        eventually(lambda: not notified(server), "the queue is full")
        yield


def notified(server: PostgresServer) -> bool:
    """Whether a notice is taken. One that is refused cleans nothing."""
    with psycopg.connect(server.superuser_url, autocommit=True) as db:
        try:
            db.execute("SELECT pg_notify('something_else', repeat('x', 7900))")
        except QueueFull:
            return False
    return True


def test_a_full_queue_of_notices_stops_no_command_and_no_webhook(
    small: PostgresServer, kafka: KafkaBroker, tmp_path: Path
) -> None:
    with Stack(small, kafka, tmp_path) as stack, subscribed(stack) as partner, client_of(stack) as care:
        load = Load(lambda: care)
        load.prepare(1)
        load.record(f"{load.episodes[0]}/sessions", session_body())
        drained(stack)
        with full_queue(small):
            for _ in range(ANSWERED):
                answer = load.send(f"{load.episodes[0]}/sessions", session_body(), uuid4())
                assert answer is not None
                assert answer.status_code == 201, answer.text
            drained(stack)
            assert len(partner.received) == 1 + ANSWERED
            assert "the queue of notices is full" in stack.log_of("api")
            assert "the queue of notices is full" in stack.log_of("consume")
            assert "consume begins again" not in stack.log_of("consume")
        eventually(lambda: notified(small), "an idle follower has cleaned the queue")
        load.record(f"{load.episodes[0]}/sessions", session_body())
        drained(stack)
        for role in ("relay", "project"):
            assert stack.exit_code(role) is None, stack.log_of(role)
