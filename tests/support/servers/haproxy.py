"""HAProxy before two processes of the episodes API, as deploy/proxy configures it, where it is installed."""

import csv
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.support.servers.kafka import free_port
from tests.support.waiting import eventually

CONFIGURATION = Path(__file__).parents[3] / "deploy/proxy/haproxy.cfg"


def haproxy() -> str | None:
    """The program, if there is one."""
    return shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy: its address, its operator's socket and its log."""

    url: str
    admin: Path
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def told(self, command: str) -> str:
        """What it answers to an operator's command, such as `show servers state`."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.admin))
            connection.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()

    def set(self, server: str, state: str) -> None:
        """Have a process, `one` or `two`, get no more requests (`drain`), or get them again (`ready`)."""
        said = self.told(f"set server by_episode/{server} state {state}")
        assert not said.strip(), said

    def status(self, server: str, backend: str = "by_episode") -> str:
        """Whether it is given requests: `UP`, `DOWN`, `DRAIN`, or on the way from one to another."""
        return next(row["status"] for row in self._rows(server) if row["# pxname"] == backend)

    def under_way(self, server: str) -> int:
        """How many requests this process has not answered yet."""
        return sum(int(row["scur"]) for row in self._rows(server))

    def _rows(self, server: str) -> list[dict[str, str]]:
        """What it counts of this process, for each of its backends."""
        rows = csv.DictReader(self.told("show stat").splitlines())
        return [row for row in rows if row["svname"] == server]


@contextmanager
def proxying(urls: Sequence[str]) -> Iterator[Proxy]:
    """The proxy before these two processes, once it knows them both as ready."""
    with TemporaryDirectory(prefix="proxy") as name:
        directory, port = Path(name), free_port()
        proxy = Proxy(f"http://127.0.0.1:{port}", directory / "admin", directory / "log")
        with proxy.log_file.open("wb") as log:
            process = subprocess.Popen(
                [str(haproxy()), "-db", "-f", str(CONFIGURATION)],
                env=os.environ | _environment(f"127.0.0.1:{port}", proxy.admin, urls),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            eventually(lambda: process.poll() is not None or proxy.admin.is_socket(), "HAProxy begins")
            assert process.poll() is None, proxy.log
            yield proxy
        finally:
            process.kill()
            process.wait(60)


def _environment(bind: str, admin: Path, urls: Sequence[str]) -> dict[str, str]:
    environment = {"EPISODES_PROXY_BIND": bind, "EPISODES_PROXY_ADMIN": str(admin)}
    for number, url in enumerate(urls, 1):
        address = urlsplit(url)
        environment[f"EPISODES_API_{number}"] = address.netloc
        environment[f"EPISODES_API_{number}_OPERATIONS_PORT"] = str(address.port)
    return environment
