"""Whatever the order of an operator's steps and those of processes: no client's key is ever lost."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection, errors
from psycopg.rows import DictRow, dict_row

from care_platform.key_files import SIZE, KeyUnavailable
from care_platform.numbered_keys import (
    FIRST,
    KeyInUse,
    NumberedKeys,
    NumberedSeal,
    SealingKey,
    add_key,
    key_file,
    numbers_in,
)
from care_platform.postgres import key_rotation
from care_platform.postgres.key_rotation import Refused, begin, in_use, retire, seal_anew
from care_platform.postgres.row_security import SCOPE, scoped
from episodes.event_log.codec import DataKey
from episodes.event_log.keyring import MASTER, Keyring, keyring
from episodes.event_log.master_keys import CLIENT_KEYS, wrapping
from tests.support.databases import episodes_database
from tests.support.servers.postgres import Database, PostgresServer

NONCE, SAID = bytes(12), b"what was said"
KEY = "INSERT INTO client_keys (network_id, client_id, key_id, wrapped) VALUES ('demo', %s, %s, %s)"
STEPS = ("add", "begin", "some", "all", "retire", "look", "record", "erase", "restart")


@dataclass
class Story:
    """Two hosts that share a store and copy each new key; what each client's key must still open."""

    connection: Connection[Any]
    reading: Connection[DictRow]
    directory: Path
    said: dict[UUID, bytes] = field(default_factory=dict)
    seen: KeyInUse = FIRST
    """The master key that a process has read as the newest, however long ago."""

    def __post_init__(self) -> None:
        self.process: Keyring = keyring(self.directory, uuid4)

    def add(self) -> None:
        if len(numbers_in(self.directory, MASTER)) < 4:
            add_key(self.directory, MASTER)

    def begin(self) -> None:
        with suppress(Refused, KeyUnavailable):
            begin(self.connection, CLIENT_KEYS, self._keys())

    def all(self) -> None:
        seal = NumberedSeal(self._keys(), SIZE)
        assert seal_anew(self.connection, CLIENT_KEYS, seal, ["demo"], lambda _: None) == []

    def some(self) -> None:
        """One batch, after which the operator's process is killed."""
        newest, seal = in_use(self.connection, CLIENT_KEYS)[-1], NumberedSeal(self._keys(), SIZE)
        next(key_rotation._pass(self.connection, CLIENT_KEYS, seal, ["demo"], newest))

    def retire(self) -> None:
        """Retire the oldest, and take its file away as the operator may then."""
        oldest = in_use(self.connection, CLIENT_KEYS)[0].number
        with suppress(Refused):
            retire(self.connection, CLIENT_KEYS, oldest)
            key_file(self.directory, MASTER, oldest).unlink()

    def look(self) -> None:
        self.seen = wrapping(self.reading)

    def record(self) -> None:
        """A client nobody knew, under the key that the process saw last. What is refused is decided anew."""
        client = uuid4()
        with suppress(errors.ForeignKeyViolation, KeyUnavailable), self.connection.transaction():
            key, wrapped = self.process.data_key("demo", client, self.seen)
            assert key.cipher is not None
            self.connection.execute(SCOPE, scoped(["demo"]))
            self.connection.execute(KEY, (client, key.id, wrapped))
            self.said[client] = key.cipher.encrypt(NONCE, SAID, None)

    def erase(self) -> None:
        if self.said:
            client = next(iter(self.said))
            with self.connection.transaction():
                self.connection.execute(SCOPE, scoped(["demo"]))
                erased = "UPDATE client_keys SET wrapped = NULL WHERE client_id = %s"
                self.connection.execute(erased, (client,))
            del self.said[client]

    def restart(self) -> None:
        self.process = keyring(self.directory, uuid4, may_create=False)

    def opened(self) -> dict[UUID, DataKey]:
        """Each client's key as a process has it that starts now, with no other files than there are."""
        starting = keyring(self.directory, uuid4, may_create=False)
        with self.connection.transaction():
            self.connection.execute(SCOPE, scoped(["demo"]))
            rows = self.connection.execute("SELECT network_id, client_id, key_id, wrapped FROM client_keys")
            return {row[1]: starting.unwrap(*row) for row in rows.fetchall()}

    def _keys(self) -> NumberedKeys[SealingKey]:
        return NumberedKeys(self.directory, MASTER, SealingKey)


@pytest.fixture(scope="module")
def database(postgres: PostgresServer) -> Database:
    return episodes_database(postgres)


@pytest.fixture
def begun(database: Database) -> Iterator[Callable[[Path], Story]]:
    with (
        psycopg.connect(database.owner_url, autocommit=True) as connection,
        psycopg.connect(database.url("api"), autocommit=True, row_factory=dict_row) as reading,
    ):

        def begin_anew(directory: Path) -> Story:
            with psycopg.connect(database.superuser_url) as superuser:
                superuser.execute("DELETE FROM client_keys")
                superuser.execute("DELETE FROM master_keys WHERE number > 0")
                superuser.execute("INSERT INTO master_keys (number) VALUES (0) ON CONFLICT DO NOTHING")
            return Story(connection, reading, directory)

        yield begin_anew


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=4, max_size=40))
def test_each_client_keeps_its_key_through_any_order_of_steps(
    begun: Callable[[Path], Story], monkeypatch: pytest.MonkeyPatch, steps: list[str]
) -> None:
    monkeypatch.setattr(key_rotation, "BATCH", 2)
    with TemporaryDirectory() as directory:
        story = begun(Path(directory))
        for step in steps:
            getattr(story, step)()
            opened = story.opened()
            for client, sealed in story.said.items():
                cipher = opened[client].cipher
                assert cipher is not None
                assert cipher.decrypt(NONCE, sealed, None) == SAID
            assert all(opened[each].cipher is None for each in opened.keys() - story.said.keys()), (
                "erased is erased"
            )
