"""File descriptors that run out: said in the log, shown in the metrics, and over once they are free."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil

from tests.support.databases import notifications_database
from tests.support.episodes.api_process import serving
from tests.support.notifications.service_process import Api, Issuer, Notifications
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

LEFT = 20
SAID = "file descriptors run out"


@contextmanager
def used_up(process: psutil.Process, port: int) -> Iterator[None]:
    """More connections than the process may have files."""
    process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds() + LEFT, 4096))
    with ExitStack() as held:
        for _ in range(2 * LEFT):
            held.enter_context(socket.create_connection(("127.0.0.1", port)))
        yield


def told(url: str) -> dict[str, float]:
    lines = [line.split() for line in httpx.get(f"{url}/metrics").text.splitlines()]
    return {name: float(value) for name, value, *_ in lines if name.startswith("process_")}


def test_the_episodes_api_says_that_they_run_out(postgres: PostgresServer, tmp_path: Path) -> None:
    with serving(postgres, tmp_path) as (_, api):
        with used_up(api.process, int(api.url.rpartition(":")[2])):
            eventually(lambda: SAID in api.log, "it is said")
        eventually(api.ready, "ready again")
        figures = told(api.url)
        assert figures["process_open_fds"] < figures["process_max_fds"]


def test_the_notifications_api_says_that_they_run_out(postgres: PostgresServer, tmp_path: Path) -> None:
    service = Notifications(
        notifications_database(postgres), tmp_path, Issuer(tmp_path), "http://127.0.0.1:9"
    )
    with Api(service) as api:
        url = f"http://127.0.0.1:{api.port}"
        assert told(url)["process_open_fds"] < told(url)["process_max_fds"]
        with used_up(psutil.Process(api.pid), api.port):
            eventually(lambda: SAID in api.log, "it is said")
        eventually(lambda: httpx.get(f"{url}/health/live").status_code == 200, "it answers again")
