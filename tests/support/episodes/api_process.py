"""The episodes API as processes over one database, with the directory filled in and tokens for any role."""

import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
import psycopg
from joserfc.errors import SecurityWarning
from psycopg.rows import dict_row

from episodes.event_log.keyring import keyring
from episodes.http.examples import CLIENT, CLINIC, COLLEAGUE, EXAMPLES, PARTNER, THERAPIST
from episodes.processes.token_issuing import issue, issuer_key
from tests.support.databases import episodes_database
from tests.support.episodes.described import held_to_the_document
from tests.support.logs import log_until_now
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.waiting import PATIENCE, eventually

APP_ROLE = "episodes_app"
NETWORKS = ("demo", "other")


class Api:
    """One API process. `http` calls it as a service of the network `demo`, unless told otherwise."""

    def __init__(self, process: psutil.Popen, log: Path, token: str, held: bool) -> None:
        self.process = process
        self._log = log
        eventually(self._port, "the API listens")
        self.url = f"http://127.0.0.1:{self._port()}"
        self.http = httpx.Client(
            base_url=self.url,
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
            timeout=15 * PATIENCE,
            limits=httpx.Limits(max_connections=256, max_keepalive_connections=256),
            event_hooks={"response": [held_to_the_document] if held else []},
        )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def log_until_now(self) -> str:
        return log_until_now(self.url, lambda: self.log)

    def record(
        self, path: str, body: object, key: UUID | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """POST a command, with a new idempotency key if none is given."""
        keyed = {"idempotency-key": str(key or uuid4()), **(headers or {})}
        return self.http.post(path, json=body, headers=keyed)

    def opened(self) -> str:
        """Open an episode of the client in the directory. Returns its path."""
        answer = self.record("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"])
        assert answer.status_code == 201, answer.text
        return f"/v1/episodes/{answer.json()['episode']['id']}"

    def ready(self) -> bool:
        return self.http.get("/health/ready").status_code == 200

    def terminated(self, within: float = 10.0) -> int:
        """Send SIGTERM. Returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code: int = self.process.wait(within * PATIENCE)
        return code

    def close(self) -> None:
        """`kill -9`, if it is still running."""
        self.http.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)

    def _port(self) -> int | None:
        assert self.process.poll() is None, f"the API ended:\n{self.log}"
        listening = [it.laddr.port for it in self.process.net_connections("tcp") if it.status == "LISTEN"]
        return listening[0] if listening else None


class Service:
    """API processes over one database, with the keys and logs in one directory."""

    def __init__(
        self,
        database: Database,
        directory: Path,
        program: Sequence[str] = ("episodes", "api"),
        held: bool = True,
    ) -> None:
        """`held`: every answer is checked against the OpenAPI document, which takes the caller's time."""
        self.database = database
        self._held = held
        self._program = program
        self.keys_dir = directory / "keys"
        self._directory = directory
        self.jwks_file = directory / "jwks.json"
        self._started: list[Api] = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            self._issuer = issuer_key(self.keys_dir, self.jwks_file)

    def token(self, role: str = "service", subject: str | None = None, **more: Any) -> str:
        """A token, for the network `demo` by default. `more` is passed to `issue`."""
        claims = {"issuer": "care-local", "audience": "care", "network": "demo", **more}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            return issue(self._issuer, role=role, subject=UUID(subject) if subject else uuid4(), **claims)

    def start(self, **settings: str) -> Api:
        """Start a further API process, closed with the service. `settings` are without their prefix."""
        log = self._directory / f"api-{len(self._started)}.log"
        with log.open("wb") as output:
            process = psutil.Popen(
                [sys.executable, "-m", *self._program],
                env=self._environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            self._started.append(Api(process, log, self.token(subject=THERAPIST), self._held))
        except BaseException:
            if process.poll() is None:
                process.kill()
                process.wait(60)
            raise
        return self._started[-1]

    def _environment(self, **settings: str) -> dict[str, str]:
        environment = {
            "ENVIRONMENT": "development",
            "DATABASE_URL": self.database.url("api"),
            "NETWORKS": ",".join(NETWORKS),
            "PORT": "0",
            "KEYS_DIR": str(self.keys_dir),
            "JWKS_FILE": str(self.jwks_file),
        } | {name.upper(): value for name, value in settings.items()}
        return os.environ | {f"EPISODES_{name}": value for name, value in environment.items()}

    def command(self, *words: str, **settings: str) -> "subprocess.Popen[str]":
        """Start an operator's command, such as `keys rotate`. `settings` are without their prefix."""
        address = {"EPISODES_KEYS_DATABASE_URL": self.database.url("keys")}
        environment = address | self._environment(**settings)
        return subprocess.Popen(
            [sys.executable, "-m", "episodes", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def told(self, *words: str, code: int = 0, **settings: str) -> str:
        """What an operator's command says, once it has ended with this code."""
        command = self.command(*words, **settings)
        said, _ = command.communicate(timeout=60 * PATIENCE)
        assert command.returncode == code, said
        return said

    def reference(self, network: str, system: str, value: str) -> bytes:
        """The keyed hash of a source_ref, with the keys of the service."""
        return keyring(self.keys_dir, uuid4, may_create=False).reference(network, system, value)

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        """Rows as only the superuser sees them: of all networks at once."""
        with psycopg.connect(
            self.database.superuser_url, row_factory=dict_row, autocommit=True
        ) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def close(self) -> None:
        for api in self._started:
            api.close()


def fill_directory(api: Api) -> None:
    """Put the clinic, therapist, partner and client of the examples into the directory."""
    for path, identifier, entry in (
        ("clinics", CLINIC, "Clinic"),
        ("staff", THERAPIST, "Staff"),
        ("staff", COLLEAGUE, "Staff"),
        ("partners", PARTNER, "Partner"),
        ("clients", CLIENT, "ClientIdentity"),
    ):
        answer = api.http.put(f"/v1/{path}/{identifier}", json=EXAMPLES[entry])
        assert answer.status_code == 204, answer.text


@contextmanager
def serving(postgres: PostgresServer, directory: Path, **settings: str) -> Iterator[tuple[Service, Api]]:
    """A new migrated database with one API process that is ready, and the directory filled in."""
    database = episodes_database(postgres)
    service = Service(database, directory)
    try:
        api = service.start(**settings)
        eventually(api.ready, "the API is ready")
        fill_directory(api)
        yield service, api
    finally:
        service.close()
