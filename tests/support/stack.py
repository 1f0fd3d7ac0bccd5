"""Both services with every role as a process, over new databases and keys, and a topic if there is Kafka."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Self
from uuid import UUID, uuid4

import httpx
import psycopg
from psycopg.rows import dict_row

from contracts.envelope import topic_of
from episodes.processes.token_issuing import issue, issuer_key
from tests.support.databases import episodes_database, notifications_database
from tests.support.servers.kafka import KafkaBroker, free_port
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.waiting import eventually

ROLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "api": ("episodes", "api"),
        "relay": ("episodes", "relay"),
        "project": ("episodes", "project"),
        "notifications": ("notifications", "api"),
        "consume": ("notifications", "consume"),
        "deliver": ("notifications", "deliver"),
    }
)


class Stack:
    """The roles, started one by one. Those still running at the end are killed."""

    python: str | Path = sys.executable

    def __init__(
        self, postgres: PostgresServer, kafka: KafkaBroker | None, directory: Path, **settings: str
    ) -> None:
        """`settings` are for all processes, with their prefix, as in the environment.

        Without Kafka there is no relay, and notifications reads the feed of the episodes service.
        """
        self.network = f"n{uuid4().hex[:10]}"
        self.topic = topic_of(self.network)
        self.directory = directory
        self._kafka = kafka
        self.episodes, self.notifications = self.databases(postgres)
        self._key = issuer_key(directory / "issuer", directory / "jwks.json")
        self._ports = {"api": free_port(), "notifications": free_port()}
        ours = {**self._of_episodes(), **self._of_notifications(), **self._of_kafka()}
        self._environment = {**os.environ, **ours, **settings}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._write_service_tokens()

    def databases(self, postgres: PostgresServer) -> tuple[Database, Database]:
        """New ones of both services, migrated."""
        return episodes_database(postgres), notifications_database(postgres)

    def __enter__(self) -> Self:
        try:
            if self._kafka is not None:
                self._make_topic()
            for role in ROLES:
                if role != "relay" or self._kafka is not None:
                    self.start(role)
            for role in self._ports:
                self.until_ready(role)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for role in list(self._processes):
            self.kill(role)

    @property
    def broker(self) -> KafkaBroker:
        """The broker of a stack that was given one."""
        assert self._kafka is not None
        return self._kafka

    def url(self, role: str) -> str:
        return f"http://127.0.0.1:{self._ports[role]}"

    def start(self, role: str, **settings: str) -> None:
        """Start a role. `settings` are for this process alone, with their prefix."""
        with self.log_file(role) as log:
            service, process = ROLES[role]
            own = {f"{service.upper()}_DATABASE_URL": self._database(service).url(process)}
            self._processes[role] = subprocess.Popen(
                [self.python, "-m", service, process],
                env={**self._environment, **own, **settings},
                stdout=log,
                stderr=log,
            )

    def run(self, service: str, *words: str, **settings: str) -> str:
        """Run a command to its end, and return what it says. Raises `CalledProcessError` if it fails."""
        command, environment = [sys.executable, "-m", service, *words], self._environment | settings
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout

    def kill(self, role: str) -> None:
        """Send SIGKILL. The role is not restarted."""
        process = self._processes.pop(role)
        process.kill()
        process.wait(60)

    def terminate(self, role: str, within: float) -> int:
        """Send SIGTERM. Returns the exit code."""
        self._processes[role].terminate()
        return self._processes[role].wait(within)

    def exit_code(self, role: str) -> int | None:
        """The exit code. None while it runs."""
        return self._processes[role].poll()

    def signal_kill(self, role: str) -> None:
        """Send SIGKILL, so that a supervisor can restart the role."""
        self._processes[role].kill()

    def restart_dead(self) -> None:
        """Restart the roles that have ended, as a supervisor does."""
        for role, process in list(self._processes.items()):
            if process.poll() is not None:
                self.start(role)

    def until_ready(self, role: str, within: float = 60) -> None:
        """No promise: six processes that start at once on a busy machine may take half a minute."""
        eventually(lambda: self._ready(role), f"{role} is ready", within)

    def token(self, role: str, **more: Any) -> str:
        return issue(
            self._key,
            issuer="care-local",
            audience="care",
            network=self.network,
            role=role,
            subject=more.pop("subject", uuid4()),
            **more,
        )

    def rows(self, service: str, query: str, *parameters: object) -> list[dict[str, Any]]:
        with psycopg.connect(self._database(service).superuser_url, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def write(
        self, service: str, statement: str, parameters: Sequence[object] | Mapping[str, object]
    ) -> None:
        """Execute a statement as the superuser."""
        with psycopg.connect(self._database(service).superuser_url) as connection:
            connection.execute(statement.encode(), parameters)

    def count(self, service: str, what: str) -> int:
        number: int = self.rows(service, f"SELECT count(*) AS n FROM {what}")[0]["n"]
        return number

    def log_file(self, role: str) -> IO[bytes]:
        """Where a role writes its log, opened for it."""
        return (self.directory / f"{role}.log").open("ab")

    def log_of(self, role: str) -> str:
        return (self.directory / f"{role}.log").read_text()

    def _database(self, service: str) -> Database:
        return self.episodes if service == "episodes" else self.notifications

    def _ready(self, role: str) -> bool:
        assert self._processes[role].poll() is None, f"{role} ended: {self.log_of(role)[-2000:]}"
        try:
            return httpx.get(f"{self.url(role)}/health/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def _make_topic(self) -> None:
        self.run("episodes", "topics")

    def _of_episodes(self) -> dict[str, str]:
        return {
            "EPISODES_ENVIRONMENT": "development",
            "EPISODES_NETWORKS": self.network,
            "EPISODES_PORT": str(self._ports["api"]),
            "EPISODES_PUBLIC_URL": self.url("api"),
            "EPISODES_KEYS_DIR": str(self.directory / "episodes"),
            "EPISODES_JWKS_FILE": str(self.directory / "jwks.json"),
        }

    def _of_notifications(self) -> dict[str, str]:
        return {
            "NOTIFICATIONS_ENVIRONMENT": "development",
            "NOTIFICATIONS_NETWORKS": self.network,
            "NOTIFICATIONS_PORT": str(self._ports["notifications"]),
            "NOTIFICATIONS_PUBLIC_URL": self.url("notifications"),
            "NOTIFICATIONS_EPISODES_URL": self.url("api"),
            "NOTIFICATIONS_TOKENS_FILE": str(self.directory / "service-tokens.json"),
            "NOTIFICATIONS_KEYS_DIR": str(self.directory / "notifications"),
            "NOTIFICATIONS_JWKS_FILE": str(self.directory / "jwks.json"),
            "NOTIFICATIONS_ALLOW_LOOPBACK": "true",
        }

    def _of_kafka(self) -> dict[str, str]:
        if self._kafka is None:
            return {}
        return {
            "EPISODES_KAFKA_BOOTSTRAP": self._kafka.bootstrap,
            "NOTIFICATIONS_SOURCE": "kafka",
            "NOTIFICATIONS_KAFKA_BOOTSTRAP": self._kafka.bootstrap,
        }

    def _write_service_tokens(self) -> None:
        tokens = f'{{"{self.network}": "{self.token("service")}"}}'
        file = self.directory / "service-tokens.json"
        file.touch(mode=0o600)
        file.write_text(tokens)


def bearer(token: str, key: UUID | None = None) -> dict[str, str]:
    """The headers of a caller, with an idempotency key for a command."""
    headers = {"Authorization": f"Bearer {token}"}
    return headers if key is None else {**headers, "Idempotency-Key": str(key)}
