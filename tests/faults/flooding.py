"""A topic full of one network's events, put there as the relay would, but by nobody's decision."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from kafka import KafkaProducer

from contracts.codec import CloudEvent, to_kafka
from tests.support.databases import notifications_database
from tests.support.notifications.intake import numbers, subscribed
from tests.support.notifications.published_events import PARTNER, Care, id_of
from tests.support.notifications.service_process import Issuer, Notifications, Role
from tests.support.notifications.topic import Topic
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer

NOWHERE = "http://127.0.0.1:1"
EPISODES = 50
_BEGINNING = 2
"""Events that open an episode and share it."""
_FLUSH_EVERY = 1_000


def flood_of(postgres: PostgresServer, kafka: KafkaBroker, directory: Path, size: int) -> "Flood":
    """A flood for a service with a database and a topic of its own; nothing is on the topic yet."""
    database = notifications_database(postgres)
    service = Notifications(database, directory, Issuer(directory), NOWHERE)
    return Flood(service, Topic(kafka), kafka.bootstrap, size)


@dataclass
class Flood:
    """So many events in fifty episodes side by side. All but the first two of each are owed to a partner."""

    service: Notifications
    topic: Topic
    bootstrap: str
    size: int
    _sent: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    """The events owed, by episode, in their order."""

    def __post_init__(self) -> None:
        self.subscription = subscribed(self.service, PARTNER)
        self.service.write("UPDATE subscriptions SET network_id = %s", self.topic.network)

    def pour(self) -> None:
        """All of it, acknowledged by the broker."""
        with KafkaProducer(bootstrap_servers=self.bootstrap, acks="all", linger_ms=5) as producer:
            for count, event in enumerate(self._events(), start=1):
                key, value, headers = to_kafka(event)
                producer.send(self.topic.name, value, key, headers)
                if count % _FLUSH_EVERY == 0:
                    producer.flush(60)
            producer.flush(60)

    def consumer(self) -> Role:
        """A `consume` process that is the caller's to end."""
        return self.service.start("consume", **self.topic.settings)

    def taken_in(self) -> int:
        """So many records, by the positions: counting the events would cost too much while they come."""
        positions = self.service.rows("SELECT position FROM positions")
        return sum(int(row["position"]) for row in positions)

    def assert_each_had_its_effect_once(self) -> None:
        """Nothing lost, nothing doubled, numbers without gaps, and each episode's events in their order."""
        assert self.taken_in() == self.service.count("seen_events") == self.size
        assert self.service.count("parked") == 0
        owed = self.service.rows("SELECT episode_id, event_id FROM deliveries ORDER BY number")
        assert len(owed) == self.size - _BEGINNING * EPISODES
        assert sorted(numbers(self.service, self.subscription)) == list(range(1, len(owed) + 1))
        by_episode: dict[UUID, list[UUID]] = defaultdict(list)
        for row in owed:
            by_episode[row["episode_id"]].append(row["event_id"])
        assert by_episode == self._sent

    def _events(self) -> Iterator[CloudEvent]:
        cares = [Care(network=self.topic.network) for _ in range(EPISODES)]
        yield from (care.opened() for care in cares)
        yield from (care.shared_with(PARTNER) for care in cares)
        for number in range(self.size - _BEGINNING * EPISODES):
            care = cares[number % EPISODES]
            event = care.session()
            self._sent[care.episode].append(id_of(event))
            yield event
