"""What brings committed events to Kafka: our relay as a process, Debezium, and how each is given events."""

import secrets
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import psutil
import psycopg

from bench.machine import mark, refuse_unmarked
from bench.peers.connect import PATIENCE, TOPIC, Debezium
from bench.peers.own_postgres import OwnPostgres, refuse_forgetful
from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from episodes.publishing.topics import make_topics
from tests.support.databases import episodes_database
from tests.support.episodes.log_writer import Episode, Log, opening, session
from tests.support.episodes.relay_process import RelayProcess
from tests.support.waiting import eventually

EPISODES = 500
_AT_ONCE = 100
"""Events of a transaction, where a backlog is written."""
_INSERT = "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload) VALUES (%s, 'e', %s, 't', %s)"
_ID_HEADER = len("id") + 36
_KEY = 36


class Follower(Protocol):
    """A process that follows the events of a database, and the topic to which it brings them."""

    topic: str
    id_header: str

    @property
    def process(self) -> psutil.Process: ...

    def begin(self) -> None:
        """Follow, after the other had the machine."""

    def rest(self) -> None:
        """Stop at once, so that it takes nothing of the machine until it goes on."""

    def go_on(self) -> None:
        """Go on after a rest. It is about to send when this returns."""

    def commit_one(self) -> str:
        """Commit an event. Returns its id."""

    def commit(self, count: int) -> None:
        """Commit events, a hundred in each transaction."""


class OurRelay:
    """The relay, and sessions of 500 episodes written to the log as the service writes them, but undecided.

    Where Debezium is stopped and woken, it is ended and started: one that does not answer loses its place.
    """

    id_header = "ce_id"

    def __init__(self, relay: RelayProcess, log: Log, network: str) -> None:
        self.topic = topic_of(network)
        self._relay, self._log, self._written = relay, log, 0
        self._episodes = [log.episode(network) for _ in range(EPISODES)]
        log.record((episode, opening(episode)) for episode in self._episodes)

    @property
    def process(self) -> psutil.Process:
        return self._relay.process

    def begin(self) -> None:
        """It follows since it went on."""

    def rest(self) -> None:
        self._relay.signalled(signal.SIGTERM)
        self._relay.ended(PATIENCE)

    def go_on(self) -> None:
        led = len(self._relay.said("leading"))
        self._relay.start()
        eventually(lambda: len(self._relay.said("leading")) > led, "the relay leads", PATIENCE, self._relay)

    def commit_one(self) -> str:
        return str(self._log.record([(self._next(), session("word " * 20))])[0].event_id)

    def commit(self, count: int) -> None:
        self._log.record((self._next(), session("word " * 20)) for _ in range(count))

    def _next(self) -> Episode:
        self._written += 1
        return self._episodes[self._written % EPISODES]


@contextmanager
def our_relay(server: OwnPostgres, bootstrap: str, place: Path) -> Iterator[OurRelay]:
    """The relay on a new database, killed at the end."""
    database, network = episodes_database(server), f"bench-{uuid4().hex[:8]}"
    mark(database)
    refuse_unmarked(database.superuser_url)
    refuse_forgetful(database.url("api"))
    make_topics(Brokers(bootstrap), [network], say=lambda line: None)
    with (
        closing(Log(database, place)) as log,
        closing(RelayProcess(database.url("relay"), bootstrap, [network], place)) as relay,
    ):
        yield OurRelay(relay, log, network)


class OutboxOf:
    """Debezium, looking for changes so often, and rows inserted into the table that it follows."""

    id_header = "id"
    topic = TOPIC

    def __init__(self, debezium: Debezium, poll_ms: int, record_bytes: int) -> None:
        """`record_bytes`: what a record has in key, value and headers together."""
        self.process: psutil.Process = debezium.process
        self._debezium, self._poll_ms = debezium, poll_ms
        self._connection = psycopg.connect(debezium.database.superuser_url, autocommit=True)
        self._payload_bytes = record_bytes - _KEY - _ID_HEADER
        self._aggregates, self._written = [str(uuid4()) for _ in range(EPISODES)], 0

    def close(self) -> None:
        self._connection.close()

    def begin(self) -> None:
        self._debezium.follow(self._poll_ms)

    def rest(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def commit_one(self) -> str:
        row = self._row()
        self._connection.execute(_INSERT, row)
        return row[0]

    def commit(self, count: int) -> None:
        with self._connection.cursor() as cursor:
            for start in range(0, count, _AT_ONCE):
                with self._connection.transaction():
                    cursor.executemany(_INSERT, [self._row() for _ in range(min(_AT_ONCE, count - start))])

    def _row(self) -> tuple[str, str, str]:
        self._written += 1
        payload = secrets.token_hex(self._payload_bytes // 2 + 1)[: self._payload_bytes]
        return str(uuid4()), self._aggregates[self._written % EPISODES], payload
