"""Kafka as this service uses it: the settings of its clients, and the partition of each episode."""

from functools import lru_cache
from typing import Any

import crc32c  # noqa: F401 - without it kafka-python sends several times slower and says nothing
from kafka import KafkaAdminClient, KafkaProducer
from kafka.partitioner.abc import Partitioner
from kafka.partitioner.default import murmur2

from care_platform.logs import quiet_kafka
from care_platform.transport.kafka import Brokers
from episodes.processes.follower import Ending

_MAX_BLOCK = 3_000
"""The longest wait for a broker, in milliseconds, so that a stop signal is obeyed within five seconds."""


class PartitionsChanged(Ending):
    """A topic has another number of partitions than it had: an episode's next event would go to another one,
    and could be read before those that came before it."""

    def __init__(self, topic: str, had: int, has: int) -> None:
        super().__init__(
            f"{topic} had {had} partitions and has {has}: take a new topic, or `episodes topics"
            " --accept-partitions` (docs/operations.md)"
        )


class RememberedPartitioner(Partitioner):  # type: ignore[misc] # the library is not typed
    """Chooses a key's partition as Kafka does, caching the hashes of recent keys: they are slow in Python.

    The producer learns of new partitions by itself, at any time. `counts` says how many each topic has; one
    that it does not name has as many as are met first.
    """

    def __init__(self) -> None:
        self._hash = lru_cache(maxsize=65_536)(murmur2)
        self.counts: dict[str, int] = {}

    def partition(
        self, topic: str, key: Any, serialized_key: bytes, value: Any, serialized_value: bytes, cluster: Any
    ) -> int:
        """Raises `PartitionsChanged`."""
        has = len(cluster.partitions_for_topic(topic))
        count = self.counts.setdefault(topic, has)
        if count != has:
            raise PartitionsChanged(topic, count, has)
        positive: int = self._hash(serialized_key) & 0x7FFFFFFF
        return positive % count


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


def producer(brokers: Brokers, partitioner: RememberedPartitioner | None = None) -> KafkaProducer:
    """The relay's producer. Raises `KafkaError` while no broker answers."""
    quiet_kafka()
    return KafkaProducer(**settings(brokers), partitioner=partitioner or RememberedPartitioner())


def administrator(brokers: Brokers) -> KafkaAdminClient:
    """A client for topics. Raises `KafkaError` while no broker answers, and leaks a thread then."""
    quiet_kafka()
    return KafkaAdminClient(
        **brokers.arguments(),
        bootstrap_timeout_ms=_MAX_BLOCK,
        request_timeout_ms=_MAX_BLOCK,
    )
