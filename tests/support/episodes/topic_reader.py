"""Reads a topic to its end."""

from collections import defaultdict
from typing import Any

from kafka import KafkaConsumer
from kafka.structs import TopicPartition

from contracts.codec import from_kafka
from contracts.envelope import PublishedEvent, topic_of
from tests.support.servers.kafka import KafkaBroker

Record = Any
"""kafka-python's ConsumerRecord."""


def records_of(kafka: KafkaBroker, network: str) -> list[Record]:
    """Every record of the network's topic: in order per partition, and so per episode."""
    topic = topic_of(network)
    with KafkaConsumer(
        bootstrap_servers=kafka.bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        allow_auto_create_topics=False,
    ) as consumer:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Record] = []
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for some in consumer.poll(timeout_ms=500).values():
                found += some
        return found


def events_of(kafka: KafkaBroker, network: str) -> list[PublishedEvent]:
    return [from_kafka(record.key, record.value, record.headers) for record in records_of(kafka, network)]


def first_publications(events: list[PublishedEvent]) -> dict[str, list[PublishedEvent]]:
    """The first copy of each event, by episode, in the order of arrival."""
    seen = set()
    firsts: dict[str, list[PublishedEvent]] = defaultdict(list)
    for event in events:
        if event.id not in seen:
            seen.add(event.id)
            firsts[str(event.episode)].append(event)
    return firsts
