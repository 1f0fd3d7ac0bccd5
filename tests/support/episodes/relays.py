"""Relays for a new network, and what they must have published."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from care_platform.transport.kafka import Brokers
from episodes.domain.event import EventMetadata
from episodes.publishing.topics import make_topics
from tests.support.episodes.log_writer import Log
from tests.support.episodes.relay_process import RelayProcess
from tests.support.episodes.topic_reader import events_of, first_publications
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import Database


@dataclass
class Place:
    """A new network with its database, log and topic, and the relays that serve it."""

    url: str
    log: Log
    network: str
    kafka: KafkaBroker
    keys_dir: Path
    relays: list[RelayProcess] = field(default_factory=list)

    def relay(self, page: int = 500, bootstrap: str | None = None) -> RelayProcess:
        relay = RelayProcess(self.url, bootstrap or self.kafka.bootstrap, [self.network], self.keys_dir, page)
        self.relays.append(relay)
        return relay

    def relay_of(self, networks: list[str], page: int = 500) -> RelayProcess:
        """A relay that is configured for these networks."""
        relay = RelayProcess(self.url, self.kafka.bootstrap, networks, self.keys_dir, page)
        self.relays.append(relay)
        return relay

    def make_topic(self) -> None:
        make_topics(Brokers(self.kafka.bootstrap), [self.network], partitions=3, say=lambda line: None)

    def drained(self) -> bool:
        return self.log.position()[1] == self.log.head()

    def is_beyond(self, position: float) -> bool:
        return self.log.position()[1] > position

    def assert_published(self, recorded: list[EventMetadata]) -> None:
        """Check that all published events are on the topic, and their first copies in order without gaps."""
        public = [header for header in recorded if header.sequence is not None]
        events = events_of(self.kafka, self.network)
        assert {event.id for event in events} == {header.event_id for header in public}
        for firsts in first_publications(events).values():
            assert [event.sequence for event in firsts] == list(range(1, len(firsts) + 1))


@contextmanager
def placed(database: Database, kafka: KafkaBroker, keys_dir: Path, network: str = "") -> Iterator[Place]:
    """A place with nothing in it, not even a topic; its network has a name of its own if none is given."""
    with closing(Log(database, keys_dir)) as log:
        place = Place(database.url("relay"), log, network or f"n{uuid4().hex[:8]}", kafka, keys_dir)
        try:
            yield place
        finally:
            for relay in place.relays:
                relay.close()
