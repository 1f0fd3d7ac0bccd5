"""The published events of all networks from Kafka. Positions are in our database, in no consumer group."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from notifications.reacting.messages import KafkaMessage
from notifications.reacting.sources import Batch, SourceUnavailable

POLL_MS = 500
RECORDS = 200
_ASK_MS = 3_000
_LOOK_AROUND_SECONDS = 5.0

R = TypeVar("R")
log = structlog.get_logger()


class KafkaSource:
    """One consumer in one thread, as the library requires. It reads every partition of every topic."""

    def __init__(self, brokers: Brokers, networks: Sequence[str]) -> None:
        self._brokers = brokers
        self._networks = {topic_of(network): network for network in networks}
        self._thread = ThreadPoolExecutor(1, "kafka")
        self._consumer: Any = None
        self._partitions: frozenset[TopicPartition] = frozenset()
        self._looked_around = 0.0

    async def start(self, positions: Mapping[str, str]) -> None:
        await self._call(lambda: self._start(positions))

    async def read(self) -> Sequence[Batch]:
        return await self._call(self._read)

    async def close(self) -> None:
        await self._call(self._close)
        self._thread.shutdown()

    async def _call(self, work: Callable[[], R]) -> R:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except KafkaError as fault:
            raise SourceUnavailable(type(fault).__name__) from None

    def _start(self, positions: Mapping[str, str]) -> None:
        self._close()
        self._consumer = KafkaConsumer(**self._brokers.arguments(), **_SETTINGS)
        self._partitions = self._find_partitions()
        self._looked_around = time.monotonic()
        self._consumer.assign(list(self._partitions))
        for partition in self._partitions:
            position = positions.get(_lane(partition))
            if position is None:
                self._consumer.seek_to_beginning(partition)
            else:
                self._consumer.seek(partition, int(position))

    def _find_partitions(self) -> frozenset[TopicPartition]:
        found = {topic: self._consumer.partitions_for_topic(topic) for topic in self._networks}
        for topic, partitions in found.items():
            if not partitions:
                log.warning("topic missing", topic=topic)
        if not any(found.values()):
            raise SourceUnavailable("no topic exists yet")
        return frozenset(TopicPartition(topic, number) for topic, them in found.items() for number in them)

    def _read(self) -> list[Batch]:
        polled = self._consumer.poll(timeout_ms=POLL_MS, max_records=RECORDS)
        batches = [self._batch(partition, records) for partition, records in polled.items()]
        if time.monotonic() - self._looked_around > _LOOK_AROUND_SECONDS:
            batches += self._look_around(frozenset(polled))
        return batches

    def _batch(self, partition: TopicPartition, records: Sequence[Any]) -> Batch:
        network, lane = self._networks[partition.topic], _lane(partition)
        messages = [_message(network, lane, record) for record in records]
        return Batch(lane, network, str(records[-1].offset + 1), messages)

    def _look_around(self, busy: frozenset[TopicPartition]) -> list[Batch]:
        """Ask the broker, because a poll without records may also mean that it is unavailable."""
        self._looked_around = time.monotonic()
        if self._find_partitions() != self._partitions:
            raise SourceUnavailable("the partitions changed")
        ends = self._consumer.end_offsets(list(self._partitions), timeout_ms=_ASK_MS)
        places = {it: self._consumer.position(it, timeout_ms=_ASK_MS) for it in self._partitions - busy}
        return [
            Batch(_lane(it), self._networks[it.topic], str(place), caught_up=True)
            for it, place in places.items()
            if place is not None and place >= ends[it]
        ]

    def _close(self) -> None:
        if self._consumer is not None:
            self._consumer.close(autocommit=False, timeout_ms=2_000)
            self._consumer = None


_SETTINGS: Mapping[str, Any] = {
    "client_id": "care-notifications",
    "group_id": None,
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "isolation_level": "read_committed",
    "allow_auto_create_topics": False,
    "reconnect_backoff_max_ms": 2_000,
    "bootstrap_timeout_ms": 3_000,
}


def _lane(partition: TopicPartition) -> str:
    return f"{partition.topic}/{partition.partition}"


def _message(network: str, lane: str, record: Any) -> KafkaMessage:
    headers = [(name, value or b"") for name, value in record.headers]
    return KafkaMessage(network, f"{lane}/{record.offset}", record.key, record.value, headers)
