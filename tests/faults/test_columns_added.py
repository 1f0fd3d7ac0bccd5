"""A migration of a later release adds columns while the processes of this one run.

PostgreSQL refuses a prepared statement whose result has another column than when it was prepared, once on
each connection.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
from psycopg import sql

from episodes.http.examples import CLINIC, PARTNER
from tests.faults.checks import (
    SESSIONS,
    caught_up,
    each_command_is_stored_once,
    each_session_was_told_once,
    subscribed,
)
from tests.support.load import Load, client_of
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.stack import Stack, bearer
from tests.support.waiting import eventually

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
CONNECTIONS = 8
"""How many an API has, each of which prepares for itself."""
ENOUGH = 6 * CONNECTIONS
"""A statement is prepared when a connection executes it for the sixth time."""


def test_whoever_meets_it_may_ask_again_and_each_session_is_told_once(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    answers: Counter[tuple[str, int]] = Counter()
    with Stack(postgres, None, tmp_path) as stack, client_of(stack) as http:
        load = Load(lambda: http, pause=0.02)
        load.prepare(3)
        with subscribed(stack) as partner:
            asking = reads(stack)
            with reading(asking, answers), load:
                eventually(lambda: all(answers[name, 200] > ENOUGH for name in asking), "all is prepared")
                for database in (stack.episodes, stack.notifications):
                    for table in tables(database):
                        add_column(database, table)
                        load.goes_on_for(5)
            for role in ("project", "consume", "deliver"):
                caught_up(stack, role)
        each_command_is_stored_once(lambda query: stack.rows("episodes", query), load)
        each_session_was_told_once(stack, partner)
        assert len(partner.received) == stack.count("episodes", SESSIONS), "nor was any told again"
    assert load.statuses == {201}
    refused = {name: answers.pop((name, 503), 0) for name in asking}
    assert {status for _, status in answers} == {200}
    assert all(count <= CONNECTIONS for count in refused.values()), refused


def reads(stack: Stack) -> dict[str, Callable[[], httpx.Response]]:
    """What is asked, by name, and how."""
    partner = bearer(stack.token("partner", subject=UUID(PARTNER), organisation=UUID(PARTNER)))
    staff = bearer(stack.token("supervisor", clinics=[UUID(CLINIC)]))
    service = bearer(stack.token("service"))
    subscriptions = f"{stack.url('notifications')}/v1/subscriptions"
    [one] = httpx.get(subscriptions, headers=partner).json()["subscriptions"]
    places = {
        "episodes": (f"{stack.url('api')}/v1/episodes", service),
        "inbox": (f"{stack.url('notifications')}/v1/inbox", staff),
        "subscriptions": (subscriptions, partner),
        "subscription": (f"{subscriptions}/{one['id']}", partner),
        "deliveries": (f"{subscriptions}/{one['id']}/deliveries", partner),
        "events": (f"{subscriptions}/{one['id']}/events?after=0", partner),
    }
    return {
        name: partial(httpx.get, url, headers=headers, timeout=30) for name, (url, headers) in places.items()
    }


@contextmanager
def reading(
    asking: dict[str, Callable[[], httpx.Response]], answers: Counter[tuple[str, int]]
) -> Iterator[None]:
    """Ask everything again and again, and count the answers."""
    ended = threading.Event()

    def ask(name: str, get: Callable[[], httpx.Response]) -> None:
        while not ended.wait(0.01):
            answers[name, get().status_code] += 1

    threads = [threading.Thread(target=ask, args=each) for each in asking.items()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def tables(database: Database) -> list[str]:
    with psycopg.connect(database.superuser_url) as superuser:
        return [name for (name,) in superuser.execute(TABLES)]


def add_column(database: Database, table: str) -> None:
    adding = sql.SQL("ALTER TABLE {} ADD COLUMN of_a_later_release text").format(sql.Identifier(table))
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("SET lock_timeout = '1s'")
        while True:
            try:
                owner.execute(adding)
            except psycopg.errors.LockNotAvailable:
                time.sleep(0.1)
            else:
                return
