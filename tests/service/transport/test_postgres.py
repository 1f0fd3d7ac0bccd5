"""Both services in production reach their database over TLS, or are not ready and say why.

The server itself may be built without TLS, as that of the wheel is: before it stands a proxy of our own.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.episodes.role_process import Watched
from tests.support.secured_path import SecuredPath
from tests.support.servers.certificates import Authority
from tests.support.servers.encrypting import EncryptingProxy
from tests.support.servers.kafka import free_port
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

SERVICES = ("episodes", "notifications")
SECRET = "a-password-no-log-may-show"


class Case:
    """A service's API in production, whose database is behind a proxy that encrypts."""

    def __init__(self, service: str, path: SecuredPath, directory: Path) -> None:
        self._start = path.episodes_api if service == "episodes" else path.notifications_api
        database = path.episodes if service == "episodes" else path.notifications
        self.authority = Authority(directory, "care")
        self.another = Authority(directory, "another")
        self.proxy = EncryptingProxy(database.url("api"), self.authority.certificate("localhost"))
        self.port = free_port()

    def api(self, address: str) -> Watched:
        said = {"environment": "production", "port": str(self.port), "database_url": address}
        return self._start(said | {"allow_loopback": "false"})

    def ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready").status_code == 200
        except httpx.TransportError:
            return False

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready").status_code == 503
        except httpx.TransportError:
            return False


@pytest.fixture(params=SERVICES)
def case(request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path: Path) -> Iterator[Case]:
    path = SecuredPath(postgres, None, tmp_path)
    case = Case(request.param, path, tmp_path)
    with case.proxy:
        yield case
        path.close()


def test_a_certificate_that_is_verified_in_full_is_enough(case: Case) -> None:
    verified = {"sslmode": "verify-full", "sslrootcert": str(case.authority.file)}
    api = case.api(case.proxy.address("localhost", password=SECRET, **verified))
    eventually(case.ready, "the API is ready", process=api)
    assert case.proxy.plain == 0
    assert SECRET not in api.output


WRONG = [
    ("localhost", "another", "certificate verify failed"),
    ("127.0.0.1", "authority", "does not match host name"),
    ("localhost", "gone", "root certificate file"),
]


@pytest.mark.parametrize(("host", "trusted", "why"), WRONG)
def test_over_a_wrong_connection_nothing_is_ready_and_the_log_says_why(
    case: Case, host: str, trusted: str, why: str, tmp_path: Path
) -> None:
    file = tmp_path / "gone" if trusted == "gone" else getattr(case, trusted).file
    verified = {"sslmode": "verify-full", "sslrootcert": str(file)}
    api = case.api(case.proxy.address(host, password=SECRET, **verified))
    eventually(case.answers, "the API says that it is not ready", process=api)
    eventually(lambda: f'"reason": "{why}"' in api.output, f"the log says: {why}", 20, api)
    assert not case.ready()
    assert case.proxy.plain == 0
    assert SECRET not in api.output


@pytest.mark.parametrize("mode", ["", "disable", "prefer", "require", "verify-ca"])
def test_less_is_refused_at_start_where_the_server_is_elsewhere(case: Case, mode: str) -> None:
    less = {"sslmode": mode} if mode else {}
    api = case.api(case.proxy.address("db.example", password=SECRET, **less))
    assert api.ended(60) != 0
    assert "_DATABASE_URL: Value error, must say sslmode=verify-full in production" in api.output
    assert SECRET not in api.output
    assert "db.example" not in api.output
