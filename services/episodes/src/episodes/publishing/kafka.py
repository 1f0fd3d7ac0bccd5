"""Kafka as this service uses it: the producer's settings, and topics, which only a command creates."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import crc32c  # noqa: F401 - without it kafka-python sends several times slower and says nothing
from kafka import KafkaAdminClient, KafkaProducer
from kafka.partitioner.abc import Partitioner
from kafka.partitioner.default import murmur2

from care_platform.logs import quiet_kafka
from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of

PARTITIONS = 6
REPLICATION = 1
"""For one broker. In production use 3, with `min.insync.replicas` 2."""

_MAX_BLOCK = 3_000
"""The longest wait for a broker, in milliseconds, so that a stop signal is obeyed within five seconds."""


class RememberedPartitioner(Partitioner):  # type: ignore[misc] # the library is not typed
    """Chooses a key's partition as Kafka does, caching the hashes of recent keys: they are slow in Python."""

    def __init__(self) -> None:
        self._hash = lru_cache(maxsize=65_536)(murmur2)

    def partition(
        self, topic: str, key: Any, serialized_key: bytes, value: Any, serialized_value: bytes, cluster: Any
    ) -> int:
        positive: int = self._hash(serialized_key) & 0x7FFFFFFF
        return positive % len(cluster.partitions_for_topic(topic))


def settings(brokers: Brokers) -> dict[str, Any]:
    """The settings of a producer that never reorders and never gives up by itself."""
    return {
        **brokers.arguments(),
        "client_id": "episodes-relay",
        "enable_idempotence": True,
        "acks": "all",
        "linger_ms": 0,  # records that arrive during a request form a batch anyway
        "batch_size": 64 * 1024,
        # By default a batch expires, after which sends to its partition have been seen to hang for ever.
        "delivery_timeout_ms": 2**31 - 1,
        "allow_auto_create_topics": False,
        "bootstrap_timeout_ms": _MAX_BLOCK,
        "max_block_ms": _MAX_BLOCK,
    }


def producer(brokers: Brokers) -> KafkaProducer:
    """The relay's producer. Raises `KafkaError` while no broker answers."""
    quiet_kafka()
    return KafkaProducer(**settings(brokers), partitioner=RememberedPartitioner())


def administrator(brokers: Brokers) -> KafkaAdminClient:
    """A client for topics. Raises `KafkaError` while no broker answers, and leaks a thread then."""
    quiet_kafka()
    return KafkaAdminClient(
        **brokers.arguments(),
        bootstrap_timeout_ms=_MAX_BLOCK,
        request_timeout_ms=_MAX_BLOCK,
    )


def missing_topics(admin: KafkaAdminClient, networks: Iterable[str]) -> list[str]:
    """The topics of these networks that the broker does not have. Raises `KafkaError`."""
    there = set(admin.list_topics())
    return [topic for topic in map(topic_of, networks) if topic not in there]


def make_topics(
    brokers: Brokers,
    networks: Sequence[str],
    *,
    partitions: int = PARTITIONS,
    replication: int = REPLICATION,
    say: Callable[[str], object],
) -> None:
    """Create the missing topics of these networks. Existing ones stay as they are. Raises `KafkaError`."""
    with administrator(brokers) as admin:
        missing = missing_topics(admin, networks)
        for topic in map(topic_of, networks):
            if topic not in missing:
                say(f"{topic}: exists")
                continue
            wanted = {"num_partitions": partitions, "replication_factor": replication}
            admin.create_topics({topic: wanted}, wait_for_metadata=True)
            say(f"{topic}: made, partitions {partitions}, replication factor {replication}")
