"""The way of events from the log to `consume`, through Kafka or the feed, by settings for the connections."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg

from notifications.delivering.secret_sealing import Sealing
from tests.support.databases import episodes_database, notifications_database
from tests.support.episodes.log_writer import Log, care
from tests.support.episodes.role_process import Watched
from tests.support.episodes.topic_reader import records_of
from tests.support.notifications.service_process import Issuer, Notifications
from tests.support.servers.kafka import KafkaBroker, free_port
from tests.support.servers.postgres import PostgresServer

Settings = dict[str, str]
"""Without the prefix of a service."""


class SecuredPath:
    """One network with databases of its own. The processes are killed by `close`."""

    def __init__(self, postgres: PostgresServer, broker: KafkaBroker | None, directory: Path) -> None:
        self.network = f"n{uuid4().hex[:8]}" if broker else "demo"
        self._broker = broker
        self._directory = directory
        self.episodes = episodes_database(postgres)
        self.notifications = notifications_database(postgres)
        self.issuer = Issuer(directory)
        self._log = Log(self.episodes, directory)
        Sealing(directory / "keys", True)  # production makes no keys
        self._metrics = free_port()
        self._started: list[Watched] = []

    def record(self) -> int:
        """Record a little care. Returns how many of its events are public."""
        recorded = self._log.record(care(self._log, episodes=2, sessions=1, network=self.network))
        return sum(header.sequence is not None for header in recorded)

    def make_topic(self, settings: Settings) -> subprocess.CompletedProcess[str]:
        """Run `episodes topics`."""
        command = [sys.executable, "-m", "episodes", "topics"]
        environment = os.environ | self._of_episodes("api", settings)
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    def relay(self, settings: Settings) -> Watched:
        return self._start("episodes", "relay", self._of_episodes("relay", settings))

    def consume(self, settings: Settings) -> Watched:
        return self._start("notifications", "consume", self._of_notifications("consume", settings))

    def episodes_api(self, settings: Settings) -> Watched:
        return self._start("episodes", "api", self._of_episodes("api", settings))

    def notifications_api(self, settings: Settings) -> Watched:
        return self._start("notifications", "api", self._of_notifications("api", settings))

    def leading(self) -> bool:
        """Whether the relay says that it does its work, by which its readiness is judged."""
        answer = httpx.get(f"http://127.0.0.1:{self._metrics}/metrics")
        return "\nepisodes_relay_leading 1.0\n" in answer.text

    def following(self) -> int:
        """In how many lanes `consume` has got somewhere, by which its readiness is judged."""
        return self._count("positions")

    def seen(self) -> int:
        """How many events `consume` has taken in."""
        return self._count("seen_events")

    def published(self) -> int:
        """How many records the relay has published."""
        assert self._broker is not None
        return len(records_of(self._broker, self.network))

    def close(self) -> None:
        for process in self._started:
            process.close()
        self._log.close()

    def _start(self, service: str, role: str, environment: dict[str, str]) -> Watched:
        self._started.append(Watched(self._directory, (service, role), **environment))
        return self._started[-1]

    def _count(self, table: str) -> int:
        with psycopg.connect(self.notifications.superuser_url) as connection:
            [(number,)] = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()
        return int(number)

    def _of_episodes(self, role: str, settings: Settings) -> dict[str, str]:
        said = {
            "environment": "development",
            "networks": self.network,
            "database_url": self.episodes.url(role),
            "keys_dir": str(self._directory),
            "jwks_file": str(self.issuer.jwks_file),
            "relay_metrics_port": str(self._metrics),
            **settings,
        }
        return {f"EPISODES_{name.upper()}": value for name, value in said.items()}

    def _of_notifications(self, role: str, settings: Settings) -> dict[str, str]:
        nowhere = "http://127.0.0.1:1"
        service = Notifications(self.notifications, self._directory, self.issuer, nowhere)
        said = {
            "environment": "development",
            "database_url": self.notifications.url(role),
            "source": "kafka" if self._broker else "feed",
            "networks": self.network,
            **settings,
        }
        return service.environment | {f"NOTIFICATIONS_{name.upper()}": value for name, value in said.items()}
