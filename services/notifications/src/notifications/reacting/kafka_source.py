"""The published events of all networks from Kafka. Positions are in our database, in no consumer group."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from notifications.reacting.kafka_logs import Extent, Topic, start_in, topics_there
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
        self._admin: Any = None
        self._topics: Mapping[str, Topic] = {}
        self._deleted: list[Batch] = []
        self._looked_around = 0.0

    async def start(self, positions: Mapping[str, str], topics: Mapping[str, str]) -> None:
        await self._call(lambda: self._start(positions, topics))

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

    def _start(self, positions: Mapping[str, str], topics: Mapping[str, str]) -> None:
        self._close()
        self._admin = KafkaAdminClient(**self._brokers.arguments(), **_ASKING)
        self._consumer = KafkaConsumer(**self._brokers.arguments(), **_SETTINGS)
        self._topics = self._find_topics()
        self._looked_around = time.monotonic()
        self._consumer.assign(self._partitions)
        self._deleted = []
        for partition, now in self._extents().items():
            lane = _lane(partition)
            start = start_in(now, lane, positions.get(lane), topics.get(lane))
            self._consumer.seek(partition, start.offset)
            if start.deleted:
                self._deleted.append(self._batch(partition, start.offset, deleted=start.deleted))

    def _find_topics(self) -> Mapping[str, Topic]:
        found = topics_there(self._admin, self._networks)
        for topic in self._networks:
            if topic not in found:
                log.warning("topic missing", topic=topic)
        if not found:
            raise SourceUnavailable("no topic exists yet")
        return found

    @property
    def _partitions(self) -> list[TopicPartition]:
        return [TopicPartition(name, number) for name, it in self._topics.items() for number in it.partitions]

    def _extents(self) -> Mapping[TopicPartition, Extent]:
        them = self._partitions
        begins = self._consumer.beginning_offsets(them, timeout_ms=_ASK_MS)
        ends = self._consumer.end_offsets(them, timeout_ms=_ASK_MS)
        return {it: Extent(str(self._topics[it.topic].id), begins[it], ends[it]) for it in them}

    def _read(self) -> list[Batch]:
        if self._deleted:
            batches, self._deleted = self._deleted, []
            return batches
        polled = self._consumer.poll(timeout_ms=POLL_MS, max_records=RECORDS)
        batches = [self._taken(partition, records) for partition, records in polled.items()]
        if time.monotonic() - self._looked_around > _LOOK_AROUND_SECONDS:
            batches += self._look_around(frozenset(polled))
        return batches

    def _taken(self, partition: TopicPartition, records: Sequence[Any]) -> Batch:
        network, lane = self._networks[partition.topic], _lane(partition)
        messages = [_message(network, lane, record) for record in records]
        return self._batch(partition, records[-1].offset + 1, messages=messages)

    def _batch(self, partition: TopicPartition, offset: int, **more: Any) -> Batch:
        topic = str(self._topics[partition.topic].id)
        return Batch(_lane(partition), self._networks[partition.topic], str(offset), topic=topic, **more)

    def _look_around(self, busy: frozenset[TopicPartition]) -> list[Batch]:
        """Ask the broker, because a poll without records may also mean that it is unavailable."""
        self._looked_around = time.monotonic()
        if self._find_topics() != self._topics:
            raise SourceUnavailable("a topic or its partitions changed")
        ends = self._consumer.end_offsets(self._partitions, timeout_ms=_ASK_MS)
        idle = [it for it in self._partitions if it not in busy]
        places = {it: self._consumer.position(it, timeout_ms=_ASK_MS) for it in idle}
        return [
            self._batch(it, place, caught_up=True)
            for it, place in places.items()
            if place is not None and place >= ends[it]
        ]

    def _close(self) -> None:
        if self._consumer is not None:
            self._consumer.close(autocommit=False, timeout_ms=2_000)
            self._consumer = None
        if self._admin is not None:
            self._admin.close()
            self._admin = None


_SETTINGS: Mapping[str, Any] = {
    "client_id": "care-notifications",
    "group_id": None,
    "enable_auto_commit": False,
    "auto_offset_reset": "none",  # a position that is not there is compared with the log, and said
    "isolation_level": "read_committed",
    "allow_auto_create_topics": False,
    "reconnect_backoff_max_ms": 2_000,
    "bootstrap_timeout_ms": 3_000,
}
_ASKING: Mapping[str, Any] = {
    "client_id": "care-notifications",
    "bootstrap_timeout_ms": 3_000,
    "request_timeout_ms": _ASK_MS,
}


def _lane(partition: TopicPartition) -> str:
    return f"{partition.topic}/{partition.partition}"


def _message(network: str, lane: str, record: Any) -> KafkaMessage:
    headers = [(name, value or b"") for name, value in record.headers]
    return KafkaMessage(network, f"{lane}/{record.offset}", record.key, record.value, headers)
