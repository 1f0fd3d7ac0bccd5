"""A topic for one test, and events published to it."""

from uuid import uuid4

from kafka import KafkaProducer

from contracts.codec import CloudEvent, to_kafka
from contracts.envelope import topic_of
from tests.support.servers.kafka import KafkaBroker


class Topic:
    """The topic of a new network, so that tests do not interfere."""

    def __init__(self, broker: KafkaBroker, partitions: int = 3) -> None:
        self.network = f"n-{uuid4().hex[:8]}"
        self.name = topic_of(self.network)
        self._bootstrap = broker.bootstrap
        broker.create_topic(self.name, partitions)
        self.settings = {
            "source": "kafka",
            "kafka_bootstrap": broker.bootstrap,
            "networks": self.network,
        }

    def publish(self, *events: CloudEvent) -> None:
        self.publish_raw(*(to_kafka(event) for event in events))

    def publish_raw(self, *records: tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]) -> None:
        with KafkaProducer(bootstrap_servers=self._bootstrap, acks="all") as producer:
            sent = [producer.send(self.name, value, key, headers) for key, value, headers in records]
            for future in sent:
                future.get(30)
