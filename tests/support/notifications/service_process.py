"""The notifications service with its roles as processes, over a database of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import httpx
import psycopg
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey
from psycopg.rows import dict_row

from notifications.delivering.secret_sealing import Sealing
from tests.support.logs import log_until_now
from tests.support.servers.postgres import Database
from tests.support.waiting import PATIENCE, eventually

STOPS_WITHIN = 5.0


class Issuer:
    """Signs tokens as an identity provider would."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.key = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
        self.jwks_file = directory / "jwks.json"
        self.jwks_file.write_text(json.dumps({"keys": [self.key.as_dict(private=False)]}))

    def claims(self, role: str, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": "care-local",
            "aud": "care",
            "iat": now,
            "exp": now + 3600,
            "sub": str(uuid4()),
            "role": role,
            "network": "demo",
        }
        return claims | {name: _plain(value) for name, value in more.items()}

    def token(self, role: str, **more: Any) -> str:
        return self.sign(self.claims(role, **more))

    def sign(self, claims: dict[str, Any]) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            return jwt.encode({"alg": "EdDSA", "kid": self.key.kid}, claims, self.key, algorithms=["EdDSA"])


class Notifications:
    """Starts roles with one environment, and reads the database as a superuser, across all networks."""

    def __init__(self, database: Database, logs: Path, issuer: Issuer, episodes_url: str) -> None:
        self.database = database
        self.issuer = issuer
        self.program = "notifications"
        self._logs = logs
        tokens = issuer.directory / "service-tokens.json"
        tokens.touch(mode=0o600)
        tokens.write_text(
            json.dumps({name: issuer.token("service", network=name) for name in ("demo", "other")})
        )
        self.environment = {
            "NOTIFICATIONS_ENVIRONMENT": "development",
            "NOTIFICATIONS_NETWORKS": "demo,other",
            "NOTIFICATIONS_EPISODES_URL": episodes_url,
            "NOTIFICATIONS_TOKENS_FILE": str(tokens),
            "NOTIFICATIONS_KEYS_DIR": str(issuer.directory / "keys"),
            "NOTIFICATIONS_JWKS_FILE": str(issuer.jwks_file),
            "NOTIFICATIONS_ALLOW_LOOPBACK": "true",
        }

    @contextmanager
    def running(self, role: str, **settings: str) -> Iterator["Role"]:
        """A role as a process. It is killed at the end if it is still running."""
        role_process = self.start(role, **settings)
        try:
            yield role_process
        finally:
            role_process.kill()

    def start(self, role: str, **settings: str) -> "Role":
        more = {f"NOTIFICATIONS_{name.upper()}": value for name, value in settings.items()}
        log = (self._logs / f"{role}.log").open("ab")
        words = [self.program, role]
        return Role(words, os.environ | self.environment | self._as(role) | more, log)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run an operator's command, with the role that takes messages in."""
        command = [sys.executable, "-m", "notifications", *words]
        environment = os.environ | self.environment | self._as("consume")
        environment["NOTIFICATIONS_KEYS_DATABASE_URL"] = self.database.owner_url
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=30
        )

    def _as(self, process: str) -> dict[str, str]:
        return {"NOTIFICATIONS_DATABASE_URL": self.database.url(process)}

    def log_of(self, role: str) -> str:
        return (self._logs / f"{role}.log").read_text()

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.database.superuser_url, row_factory=dict_row) as db:
            return db.execute(query.encode(), parameters).fetchall()

    def write(self, statement: str, *parameters: object) -> None:
        """Execute a statement as the superuser."""
        with psycopg.connect(self.database.superuser_url) as db:
            db.execute(statement.encode(), parameters)

    def snapshot(self) -> list[str]:
        """Everything that users and partners can change, row by row."""
        tables = ("subscriptions", "deliveries", "inbox")
        return [str(row) for table in tables for row in self.rows(f"SELECT * FROM {table}")]

    def count(self, table: str, where: str = "true") -> int:
        number: int = self.rows(f"SELECT count(*) AS n FROM {table} WHERE {where}")[0]["n"]
        return number


class Role:
    """One process of the service."""

    def __init__(self, words: list[str], environment: dict[str, str], log: Any) -> None:
        command = [sys.executable, "-m", *words]
        with log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Send SIGKILL."""
        self._process.kill()
        self._process.wait()

    def wait(self, within: float = 40.0) -> int:
        """Wait until it ends by itself. Returns the exit code."""
        return self._process.wait(within * PATIENCE)

    def stop(self) -> int:
        """Send SIGTERM. Returns the exit code, and fails if it takes longer than promised."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOPS_WITHIN * PATIENCE)

    def pause(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)


class Api:
    """The HTTP interface, used as other callers use it."""

    def __init__(self, service: Notifications, **settings: str) -> None:
        self.port = _free_port()
        self._service = service
        self._role = service.start("api", port=str(self.port), **settings)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10 * PATIENCE)

    def __enter__(self) -> Self:
        try:
            eventually(self._answers)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._role.kill()

    def stop(self) -> int:
        return self._role.stop()

    @property
    def pid(self) -> int:
        return self._role.pid

    @property
    def log(self) -> str:
        return self._service.log_of("api")

    @property
    def log_until_now(self) -> str:
        return log_until_now(str(self.client.base_url), lambda: self.log)

    def call(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        headers = more.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        return self.client.request(method, path, headers=headers, **more)

    def _answers(self) -> bool:
        assert self._role.running, "the api ended: " + self.log
        try:
            return self.client.get("/health/live").status_code == 200
        except httpx.TransportError:
            return False


def sealing(service: Notifications) -> Sealing:
    """The key with which the service seals."""
    return Sealing(Path(service.environment["NOTIFICATIONS_KEYS_DIR"]))


def partner_token(issuer: Issuer, partner: UUID, **more: Any) -> str:
    return issuer.token("partner", organisation=partner, **more)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return [str(it) for it in value] if isinstance(value, list | tuple) else value


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def empty(database: Database) -> None:
    """Delete all rows as the superuser: the service may not, and the owner sees no rows."""
    tables = ("attempts", "deliveries", "subscriptions", "inbox", "parked")
    learned = ("known_consents", "known_episodes", "seen_events", "positions")
    missing = ("held_events", "gaps", "repeated_numbers", "comparisons")
    with psycopg.connect(database.superuser_url) as db:
        # Whoever was killed may have a transaction that is just being committed.
        db.execute("LOCK TABLE deliveries, attempts IN SHARE ROW EXCLUSIVE MODE")
        for table in (*tables, *learned, *missing):
            db.execute(f"DELETE FROM {table}".encode())
