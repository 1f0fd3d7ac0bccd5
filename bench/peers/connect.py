"""Debezium in a Kafka Connect worker: it follows a table of outgoing messages in the log of PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import psycopg

from bench.peers.fetched import NotHad, jars_from_maven, why
from bench.peers.own_postgres import OwnPostgres
from bench.peers.programs import await_answer, started
from tests.support.servers.kafka import free_port
from tests.support.servers.postgres import Database
from tests.support.waiting import eventually

TOPIC = "peer.outbox"
_TABLE = """CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text NOT NULL,
    type text NOT NULL, payload text NOT NULL)"""
_FOLLOWS = "SELECT active FROM pg_replication_slots WHERE slot_name = 'outbox'"
PATIENCE = 120.0
"""Seconds of an idle laptop within which anything happens here."""
_HERE = Path(__file__).with_name("debezium")


@dataclass(frozen=True)
class Debezium:
    """A worker, the database whose table it follows, and the address at which it is told how."""

    process: psutil.Popen
    server: OwnPostgres
    database: Database
    url: str

    def follow(self, poll_ms: int) -> None:
        """Look for changes so often, in milliseconds. Raises `NotHad` if it does not."""
        connector = f"{self.url}/connectors/outbox"
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:

            def follows() -> bool:
                return connection.execute(_FOLLOWS).fetchone() == (True,)

            httpx.delete(connector, timeout=300)  # there is none the first time
            eventually(lambda: not follows(), "the former connector has ended", PATIENCE)
            httpx.put(f"{connector}/config", json=self._config(poll_ms), timeout=300).raise_for_status()
            eventually(lambda: follows() or self._failure(), "it follows the log", PATIENCE)
            if failure := self._failure():
                raise NotHad(f"its connector failed: {why(failure)}")

    def _failure(self) -> str:
        """Why the connector does not run, if it failed."""
        answer = httpx.get(f"{self.url}/connectors/outbox/status", timeout=300)
        tasks = answer.json()["tasks"] if answer.is_success else []
        return "".join(task["trace"] for task in tasks if task["state"] == "FAILED")

    def _config(self, poll_ms: int) -> dict[str, str]:
        return {
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
            "tasks.max": "1",
            "plugin.name": "pgoutput",
            "database.hostname": self.server.environment["PGHOST"],
            "database.port": self.server.environment["PGPORT"],
            "database.user": self.server.environment["PGUSER"],
            "database.password": self.server.environment["PGPASSWORD"],
            "database.dbname": self.database.name,
            "topic.prefix": "peer",
            "slot.name": "outbox",
            "publication.name": "outbox",
            "publication.autocreate.mode": "filtered",
            "table.include.list": "public.outbox",
            "snapshot.mode": "no_data",
            "poll.interval.ms": str(poll_ms),
            "transforms": "outbox",
            "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
            "transforms.outbox.route.topic.replacement": TOPIC,
        }


@contextmanager
def debezium(server: OwnPostgres, bootstrap: str, place: Path) -> Iterator[Debezium]:
    """The worker with a table to follow, killed at the end. Raises `NotHad`."""
    jars, database, port = jars_from_maven("debezium"), server.for_peer(), free_port()
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute(_TABLE)
    settings = (_HERE / "worker.properties").read_text()
    told = {"BOOTSTRAP": bootstrap, "PORT": str(port), "OFFSETS": str(place / f"offsets-{uuid4().hex}")}
    for name, value in told.items():
        settings = settings.replace(f"%{name}%", value)
    properties, log = place / "worker.properties", place / "debezium.log"
    properties.write_text(settings)
    worker = ["org.apache.kafka.connect.cli.ConnectStandalone", str(properties)]
    with started(["java", "-Xmx1g", "-cp", f"{jars}/jars/*", *worker], place, log, {}) as process:
        url = f"http://127.0.0.1:{port}"
        await_answer(f"{url}/connectors", process, log)
        yield Debezium(process, server, database, url)
