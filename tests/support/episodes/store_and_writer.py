"""Recording without HTTP: commands as the endpoints build them, and the store and writer of a process."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from uuid_utils.compat import uuid7

from episodes.access import Caller
from episodes.domain.care.openings import Complaint, EpisodeOpened
from episodes.domain.care.red_flags import RedFlagRaised
from episodes.domain.event import Actor
from episodes.domain.values import Coded
from episodes.domain.vocabulary import BY_FACT
from episodes.event_log.cache import Cache
from episodes.event_log.folding import CachedEpisode
from episodes.event_log.keyring import Keyring, keyring
from episodes.processes.watchdog import Watchdog
from episodes.recording.batch import Batch, Randomness, decide_batch
from episodes.recording.commands import Answer, Circumstances, CommandRequest
from episodes.recording.postgres.store import PostgresStore
from episodes.recording.store import ReadSet, Store, WriteSet
from episodes.recording.writer import Writer
from tests.support.databases import episodes_database
from tests.support.servers.postgres import Database, PostgresServer

CLINIC, THERAPIST, CLIENT = (UUID(int=number) for number in (1, 2, 3))
CALLER = Caller(actor=Actor(id=THERAPIST, role="service"), network="demo", clinics=None)
AN_OPENING = EpisodeOpened(
    client=CLIENT, therapist=THERAPIST, complaint=Complaint(category="chronic_pain", words="a sore back")
)


@dataclass(frozen=True)
class Desk:
    """One database and the keys of the service that writes to it."""

    database: Database
    keys: Keyring

    def store(self, url: str | None = None, watchdog: Watchdog | None = None) -> PostgresStore:
        """A store as a separate process would have it. The caller must close it."""
        watchdog = watchdog or Watchdog(lambda seconds: None)
        return PostgresStore(url or self.database.url("api"), self.keys.unwrap, watchdog)

    def draws(self) -> Randomness:
        return Randomness(uuid7, uuid7, lambda: os.urandom(12), self.keys.data_key)

    @asynccontextmanager
    async def writer(self, store: Store, cache: Cache | None = None) -> AsyncIterator[Writer]:
        """A writer over this store, stopped at the end."""
        writer = Writer(store, self.draws(), _now, Cache(10_000_000) if cache is None else cache)
        writer.start()
        yield writer
        await writer.stop()

    def command(self, draft: Any, episode: UUID | None = None, **said: Any) -> CommandRequest:
        """A command as an endpoint builds it. `body` is what was sent: equal bodies make equal requests."""
        body = said.pop("body", repr(draft)).encode()
        usual: dict[str, Any] = {
            "id": uuid4(),
            "caller": CALLER,
            "step": BY_FACT[type(draft)],
            "draft": draft,
            "circumstances": Circumstances(),
            "mac": partial(self.keys.mac, sha256(body).digest()),
            "correlation": uuid4(),
            "episode": episode,
            "clinic": CLINIC if isinstance(draft, EpisodeOpened) else None,
        }
        return CommandRequest(**(usual | said))

    def opened(self, store: Store, client: UUID = CLIENT) -> UUID:
        """Open a new episode."""
        answer = recorded(self, store, [self.command(replace(AN_OPENING, client=client))])[0]
        assert isinstance(answer, Answer)
        return answer.episode

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def versions(self, episode: UUID) -> list[int]:
        return [
            row[0]
            for row in self.rows(
                "SELECT originator_version FROM stored_events WHERE originator_id = %s ORDER BY 1", episode
            )
        ]


def a_desk(postgres: PostgresServer, directory: Path) -> Desk:
    """A new migrated database with a clinic, a therapist and a client."""
    database = episodes_database(postgres)
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute(
            "INSERT INTO clinics (network_id, clinic_id, zone) VALUES ('demo', %s, 'America/Los_Angeles')",
            (CLINIC,),
        )
        connection.execute(
            "INSERT INTO staff (network_id, staff_id, role, licences) VALUES ('demo', %s, 'therapist', '[]')",
            (THERAPIST,),
        )
        connection.execute(
            "INSERT INTO clients (network_id, client_id, identity) VALUES ('demo', %s, '{}')", (CLIENT,)
        )
    return Desk(database, keyring(directory / "keys", uuid4))


def a_flag(words: str = "look at this first") -> RedFlagRaised:
    """A fact of any size that may be recorded at any time."""
    return RedFlagRaised(code=Coded(code="night_pain"), source="client", action_advised=words)


def decided_on(desk: Desk, store: Store, commands: Sequence[CommandRequest]) -> Batch:
    """Read and decide, without writing."""
    batch = Batch(store.read(commands, Cache(0)), _now(), desk.draws())
    assert not decide_batch(batch, commands), "all of it fits one transaction"
    return batch


def recorded(desk: Desk, store: Store, commands: Sequence[CommandRequest]) -> list[Answer | Exception]:
    """Read, decide and write once."""
    batch = decided_on(desk, store, commands)
    if batch.write_set.events:
        store.write(batch.write_set)
    return [outcome for _, outcome in batch.outcomes]


async def submitted(writer: Writer, commands: Sequence[CommandRequest]) -> list[Answer | BaseException]:
    """The outcomes for many concurrent callers."""
    waiting = (writer.submit(command) for command in commands)
    return await asyncio.gather(*waiting, return_exceptions=True)


class Interrupted:
    """A store that runs one of `before` ahead of each write, in order."""

    def __init__(self, store: Store, *before: Any) -> None:
        self._store = store
        self._before = list(before)

    def read(self, commands: Sequence[CommandRequest], cached: Mapping[UUID, CachedEpisode]) -> ReadSet:
        return self._store.read(commands, cached)

    def write(self, writing: WriteSet) -> None:
        if self._before:
            self._before.pop(0)()
        self._store.write(writing)


def _now() -> datetime:
    return datetime.now(UTC)
