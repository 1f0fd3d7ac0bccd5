"""Any part killed while commands flow: nothing is lost, nothing takes effect twice, all drains by itself."""

import logging
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from tests.faults import FULL
from tests.faults.checks import (
    all_is_well,
    drained,
    each_event_is_published_in_order,
    each_session_was_told_once,
)
from tests.faults.whole import Whole, running_whole
from tests.support.effort import usually
from tests.support.load import Load
from tests.support.servers.kafka import ForeignKafka, KafkaBroker
from tests.support.servers.postgres import ForeignPostgres, PostgresServer
from tests.support.stack import ROLES, Stack

ROUNDS = int(os.environ.get("ROUNDS") or usually(8, 40))
"""Random kills: each victim once, and then as many more as fit three minutes on two busy cores."""
MINUTES = float(os.environ.get("MINUTES") or "inf")
"""After which nobody more is killed, however many rounds are left."""
AT_LEAST_BETWEEN = 100 if FULL else 5
"""Commands acknowledged between two kills: so the last victim, if commands need it, is back."""
EPISODES = 2_000 if FULL else 8
"""So that none becomes longer than episodes are."""
PAUSE = 0.01 if FULL else 0.1
"""Seconds between two commands of one caller."""
BROKER_AWAY = 300.0 if FULL else usually(8.0, 20.0)
"""At full size longer than any time-out and patience of Kafka's clients and of ours."""
SHORT_LEASES = {
    "NOTIFICATIONS_QUESTION_SECONDS": "3",
    "NOTIFICATIONS_ATTEMPT_SECONDS": "4",
    "NOTIFICATIONS_LEASE_SECONDS": "8",
}
"""A deliverer that dies holds up its endpoint for a lease: of 30 s, kills would mostly meet it waiting."""
CALM = {201, 409, 503}
log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def running(
    postgres: PostgresServer, kafka: KafkaBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Whole]:
    directory = tmp_path_factory.mktemp("whole")
    with running_whole(postgres, kafka, directory, EPISODES, **SHORT_LEASES) as whole:
        whole.load.callers = 3
        yield whole


@pytest.fixture
def whole(running: Whole) -> Whole:
    """The same for all these tests, with callers who begin anew."""
    running.load.pause = PAUSE
    running.load.statuses.clear()
    return running


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


@pytest.mark.timeout(120 + 20 * ROUNDS)
def test_whoever_is_killed_nothing_is_lost_and_nothing_happens_twice(
    whole: Whole, postgres: PostgresServer, kafka: KafkaBroker, proven: Callable[[str], None]
) -> None:
    """`kill -9` at a random moment of a random role or server, each at least once."""
    stack, load = whole.stack, whole.load
    servers: dict[str, KafkaBroker | PostgresServer] = {"kafka": kafka, "postgres": postgres}
    ours = {name: it for name, it in servers.items() if not isinstance(it, ForeignKafka | ForeignPostgres)}
    with supervised(stack):
        with load:
            killed = Counter(_kills(stack, load, ours))
            load.goes_on_for(AT_LEAST_BETWEEN)
        drained(stack)
        assert load.statuses <= CALM
        all_is_well(stack, load, whole.partner)
    counts = ", ".join(f"{victim} {times}" for victim, times in killed.items())
    told = f"{killed.total()} kills ({counts}) under {len(load.told)} acknowledged commands"
    proven(f"{told}: 0 lost, 0 doubled")


def _kills(stack: Stack, load: Load, servers: Mapping[str, KafkaBroker | PostgresServer]) -> Iterator[str]:
    """Kill one after the other, and name each."""
    victims, ends = [*ROLES, *servers], time.monotonic() + 60 * MINUTES
    chosen = random.sample(victims, len(victims)) + random.choices(victims, k=max(0, ROUNDS - len(victims)))
    for number, victim in enumerate(chosen[:ROUNDS], start=1):
        if time.monotonic() > ends:
            return
        load.goes_on_for(AT_LEAST_BETWEEN)
        time.sleep(random.uniform(0, 0.5))  # anywhere in the life of a command, event or delivery
        log.warning("round %d kills %s", number, victim)
        if victim in servers:
            _restarted(servers[victim])
        else:
            stack.signal_kill(victim)
        yield victim


@pytest.mark.timeout(180 + 3 * BROKER_AWAY)
@pytest.mark.parametrize("how", ["down", "frozen"])
def test_while_the_broker_is_away_commands_are_accepted_and_all_is_published_after(
    whole: Whole, kafka: KafkaBroker, how: str, proven: Callable[[str], None]
) -> None:
    """Down: nobody listens. Frozen: connections stay open and are never answered."""
    stack, load = whole.stack, whole.load
    leave, come_back = (kafka.kill, kafka.restart) if how == "down" else (kafka.pause, kafka.resume)
    load.pause = BROKER_AWAY / 200  # as much to work off, however long it lasts
    with supervised(stack):
        with load:
            load.goes_on_for(AT_LEAST_BETWEEN)
            leave()
            try:
                began, before = time.monotonic(), len(load.told)
                while time.monotonic() - began < BROKER_AWAY:
                    load.goes_on_for(AT_LEAST_BETWEEN, within=10)
            finally:
                come_back()
            accepted = len(load.told) - before
        back = time.monotonic()
        drained(stack)
        took = time.monotonic() - back
        assert load.statuses == {201}
        each_event_is_published_in_order(stack)
        each_session_was_told_once(stack, whole.partner)
    proven(f"broker {how} for {BROKER_AWAY:.0f} s: {accepted} commands accepted, drained {took:.0f} s after")


def _restarted(server: PostgresServer | KafkaBroker) -> None:
    with server.killed():
        time.sleep(random.uniform(0, 0.5))
