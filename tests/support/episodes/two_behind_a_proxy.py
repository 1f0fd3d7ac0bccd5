"""Two processes of the episodes API over one database, behind the proxy as deploy/proxy configures it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.support.episodes.api_process import Api, Service, serving
from tests.support.servers.haproxy import Proxy, proxying
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import PATIENCE, eventually

NAMES = ("one", "two")


@dataclass
class Two:
    """The processes by their names at the proxy, and a client that reaches them through it."""

    service: Service
    apis: dict[str, Api]
    proxy: Proxy
    http: httpx.Client

    def answered(self, route: str) -> list[int]:
        """How many requests of this route each process has answered since it began."""
        pattern = rf'^episodes_requests_total{{.*route="{re.escape(route)}".*}} (\S+)$'
        told = (self.apis[name].http.get("/metrics").text for name in NAMES)
        return [sum(int(float(it)) for it in re.findall(pattern, text, re.MULTILINE)) for text in told]

    def restart(self, name: str, *, drained: bool) -> None:
        """End a process politely, with or without a word to the proxy before, and start its successor."""
        if drained:
            self.proxy.set(name, "drain")
            eventually(lambda: self.proxy.under_way(name) == 0, "nothing is under way")
        assert self.apis[name].terminated(within=15) == 0
        self.begin(name)

    def begin(self, name: str) -> None:
        """Start a process in the place of one that has ended, and have requests sent to it."""
        port = str(urlsplit(self.apis[name].url).port)
        self.apis[name] = self.service.start(port=port)
        eventually(self.apis[name].ready, "the successor is ready")
        self.proxy.set(name, "ready")
        eventually(lambda: self.proxy.status(name) == "UP", "the proxy knows the successor")


@contextmanager
def two_behind_a_proxy(postgres: PostgresServer, directory: Path) -> Iterator[Two]:
    """Both are ready, and the directory is filled in."""
    with serving(postgres, directory) as (service, one):
        two = service.start()
        eventually(two.ready, "the second API is ready")
        headers = {"authorization": one.http.headers["authorization"], "content-type": "application/json"}
        with (
            proxying([one.url, two.url]) as proxy,
            httpx.Client(base_url=proxy.url, headers=headers, timeout=15 * PATIENCE) as http,
        ):
            yield Two(service, dict(zip(NAMES, (one, two), strict=True)), proxy, http)
