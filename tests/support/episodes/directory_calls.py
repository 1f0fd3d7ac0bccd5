"""The directory as the people of two clinics call it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg

from episodes.http.examples import EXAMPLES
from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.http_calls import bearer

IDENTITY: dict[str, Any] = {"name": "Ada Example", "birth_date": "1979-05-04", "contact": "ada@example.org"}
NETWORK_WIDE = ("service", "auditor", "privacy_officer")


@dataclass
class Two:
    """Two clinics of one network: ours, and theirs."""

    service: Service
    api: Api
    ours: str = field(default_factory=lambda: str(uuid4()))
    theirs: str = field(default_factory=lambda: str(uuid4()))

    def __post_init__(self) -> None:
        for clinic in (self.ours, self.theirs):
            assert self.put(f"/v1/clinics/{clinic}", {"zone": "UTC"}).status_code == 204

    def asks(self, role: str, *clinics: str, everywhere: bool = False, **more: Any) -> dict[str, str]:
        """The headers of a caller of these clinics, or of the whole network."""
        named = None if everywhere else tuple(map(UUID, clinics))
        return bearer(self.service.token(role, clinics=named, **more))

    def put(self, path: str, body: Any = None, who: Any = None, match: str | None = None) -> httpx.Response:
        expected = {} if match is None else {"if-match": match}
        return self.api.http.put(path, json=body, headers={**(who or {}), **expected})

    def get(self, path: str, who: Any = None, **query: str) -> httpx.Response:
        return self.api.http.get(path, headers=who, params=query)

    def client(self, clinic: str | None = None, **more: Any) -> str:
        """A new client, registered at our clinic if no other is named; its path."""
        path = f"/v1/clients/{uuid4()}"
        desk = self.asks("coordinator", clinic or self.ours)
        assert self.put(path, IDENTITY | more, desk).status_code == 204
        return path

    def open(self, client: str, clinic: str, who: Any) -> httpx.Response:
        body = {**EXAMPLES["EpisodeOpenedCommand"], "client": client.rpartition("/")[2], "clinic": clinic}
        return self.api.record("/v1/episodes", body, headers=who)

    @contextmanager
    def without(self, table: str) -> Iterator[None]:
        """While the database has no such table."""
        with psycopg.connect(self.service.database.superuser_url, autocommit=True) as connection:
            connection.execute(f"ALTER TABLE {table} RENAME TO away".encode())
            try:
                yield
            finally:
                connection.execute(f"ALTER TABLE away RENAME TO {table}".encode())

    def accesses(self, client: str) -> list[tuple[str, str]]:
        """What was done with a client's identity, and by which role, in order."""
        rows = self.service.rows(
            "SELECT action, actor_role FROM identity_accesses WHERE client_id = %s ORDER BY access_id",
            UUID(client.rpartition("/")[2]),
        )
        return [(row["action"], row["actor_role"]) for row in rows]
