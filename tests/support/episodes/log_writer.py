"""Real events in a real log, encrypted and inserted as by the service, but without decisions."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from episodes.domain.care.openings import Complaint, EpisodeOpened
from episodes.domain.care.sessions import SessionDelivered, SoapNote
from episodes.domain.care.treatment_consents import TreatmentConsented
from episodes.domain.event import Actor, EventMetadata
from episodes.domain.values import Given, Site, Technique
from episodes.domain.vocabulary import BY_FACT
from episodes.event_log.codec import Annotations, DataKey, encode
from episodes.event_log.keyring import Keyring, keyring
from episodes.event_log.recorder import EventRecorder, SingleConnectionDatastore, connect_to_log, insert
from episodes.recording.postgres.write_set import write
from episodes.recording.store import StoredReceipt, WriteSet
from tests.support.episodes.years_of_care import Told
from tests.support.servers.postgres import Database

_ACTOR = Actor(id=UUID(int=1), role="therapist")
_EVENTS_OF_A_TRANSACTION = 100


@dataclass(slots=True, eq=False)
class Episode:
    """An episode to which events are added."""

    network: str
    id: UUID
    client: UUID
    clinic: UUID
    key: DataKey
    wrapped: bytes
    version: int = 0
    sequence: int = 0


class Log:
    """Writes to the log of one database, whose clients' keys are wrapped with the keys in `keys_dir`."""

    def __init__(self, database: Database, keys_dir: Path) -> None:
        self.keyring: Keyring = keyring(keys_dir, uuid4)
        self._database = database
        self._connect()

    def _connect(self) -> None:
        self._connection = connect_to_log(self._database.url("api"))
        self._recorder = EventRecorder(SingleConnectionDatastore(self._connection))

    def close(self) -> None:
        self._connection.close()

    def episode(self, network: str = "demo") -> Episode:
        """A new episode of a client, without events."""
        client = uuid4()
        key, wrapped = self.keyring.data_key(network, client)
        return Episode(network, uuid4(), client, uuid4(), key, wrapped)

    def record(
        self, facts: Iterable[tuple[Episode, Any]], ago: timedelta = timedelta()
    ) -> list[EventMetadata]:
        """Record the facts in order, many per transaction, as if it had been so long ago."""
        at = datetime.now(UTC) - ago
        return self._record((_header(episode, fact, at, uuid4()), episode, fact) for episode, fact in facts)

    def record_told(self, facts: Iterable[tuple[Episode, Told]]) -> None:
        """Record the facts in order, each when it happened and under its own id."""
        self._record((_header(it, told.fact, told.at, told.id), it, told.fact) for it, told in facts)

    def _record(self, told: Iterable[tuple[EventMetadata, Episode, Any]]) -> list[EventMetadata]:
        entries = list(told)
        for start in range(0, len(entries), _EVENTS_OF_A_TRANSACTION):
            write_set = _writing(entries[start : start + _EVENTS_OF_A_TRANSACTION])
            insert(self._recorder, write_set.events, partial(write, write_set=write_set))
        return [header for header, _, _ in entries]

    def burn_positions(self, episode: Episode) -> None:
        """Try a batch whose version is taken: nothing is recorded, but its positions are used up."""
        stale = replace(episode, version=0)
        try:
            self.record([(stale, session())])
        except psycopg.IntegrityError:
            self.close()
            self._connect()  # statements that the refused batch should have prepared are missing
        else:
            raise AssertionError("the episode had no first event yet")

    def erase(self, episode: Episode) -> None:
        """Destroy the client's key, as its owner: no process may."""
        with psycopg.connect(self._database.owner_url) as connection:
            erased = connection.execute(
                "SELECT erase_client_key(%s, %s)", (episode.network, episode.client)
            ).fetchone()
        assert erased == (True,)

    def position(self) -> tuple[int, int]:
        """The epoch and the position of the relay."""
        row = self._connection.execute(
            "SELECT epoch, position FROM positions WHERE follower = 'kafka'"
        ).fetchone()
        return (0, 0) if row is None else (row["epoch"], row["position"])

    def head(self) -> int:
        row = self._connection.execute("SELECT max(notification_id) AS head FROM stored_events").fetchone()
        assert row is not None
        head: int = row["head"]
        return head


def opening(episode: Episode) -> EpisodeOpened:
    return EpisodeOpened(
        client=episode.client,
        therapist=UUID(int=2),
        complaint=Complaint(category="chronic_pain", words="the words of the complaint"),
    )


def private() -> TreatmentConsented:
    """A fact that is not published."""
    return TreatmentConsented(given=Given(by="client"), signed_at=datetime(2026, 1, 5, 9, tzinfo=UTC))


def session(words: str = "the words of the note") -> SessionDelivered:
    return SessionDelivered(
        visit=uuid4(),
        date_of_service=date(2026, 1, 5),
        start=datetime(2026, 1, 5, 10, tzinfo=UTC),
        duration=60,
        plan_version=1,
        techniques=(
            Technique(code="trigger_point", site=Site(code="shoulder", side="left"), minutes=20, pressure=3),
        ),
        soap=SoapNote(subjective=words),
    )


def care(log: Log, episodes: int, sessions: int, network: str = "demo") -> list[tuple[Episode, Any]]:
    """Facts of interleaved episodes: each is opened, consented to (which stays private), and treated."""
    growing = [log.episode(network) for _ in range(episodes)]
    facts: list[tuple[Episode, Any]] = [(episode, opening(episode)) for episode in growing]
    facts += [(episode, private()) for episode in growing]
    for _ in range(sessions):
        facts += [(episode, session()) for episode in growing]
    return facts


def _header(episode: Episode, fact: Any, at: datetime, event_id: UUID) -> EventMetadata:
    episode.version += 1
    leaves = BY_FACT[type(fact)].published
    episode.sequence += leaves
    return EventMetadata(
        event_id=event_id,
        type=BY_FACT[type(fact)].name,
        episode_id=episode.id,
        version=episode.version,
        network=episode.network,
        clinic=episode.clinic,
        occurred_at=at,
        precision="second",
        zone="America/Los_Angeles",
        recorded_at=at,
        origin="live",
        actor=_ACTOR,
        client=episode.client,
        command_id=uuid4(),
        correlation_id=uuid4(),
        key_id=episode.key.id,
        sequence=episode.sequence if leaves else None,
    )


def _writing(entries: Sequence[tuple[EventMetadata, Episode, Any]]) -> WriteSet:
    writing = WriteSet()
    for header, episode, fact in entries:
        writing.events.append(encode(header, fact, Annotations(), episode.key, os.urandom(12)))
        writing.receipts[header.network, header.command_id] = StoredReceipt(b"mac", b"{}")
        if isinstance(fact, EpisodeOpened):
            writing.keys[header.network, header.client] = (episode.key.id, episode.wrapped)
    return writing
