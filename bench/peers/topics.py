"""What arrives on a topic, and when: by the broker's own clock, and as a consumer sees it."""

import time
from typing import Any

from kafka import KafkaConsumer
from kafka.structs import TopicPartition

from bench.topic_reader import TopicReader
from tests.support.waiting import eventually


class Arrivals(TopicReader):
    """The records of a topic: when each came, by its event's id."""

    def __init__(self, bootstrap: str, topic: str, id_header: str) -> None:
        """`id_header` names the header that has the id."""
        self.at: dict[str, float] = {}
        self.bytes: list[int] = []
        """Key, value and headers of each."""
        self._id_header = id_header
        consumer = _reading(bootstrap, topic)
        consumer.seek_to_end()
        for partition in consumer.assignment():
            consumer.position(partition)
        super().__init__(consumer)
        self.begin()

    def take(self, record: Any, headers: dict[str, bytes], now: float) -> None:
        self.at[headers[self._id_header].decode()] = now
        self.bytes.append(size_of(record))


def size_of(record: Any) -> int:
    """The bytes of a record's key, value and headers."""
    headers = sum(len(name) + len(value) for name, value in record.headers)
    return len(record.key) + len(record.value) + headers


class Backlog:
    """How much a topic has, without reading it: what is measured shall have the cores to itself."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer: Any = _reading(bootstrap, topic)
        self._partitions: list[TopicPartition] = list(self._consumer.assignment())
        self._first = self._ends()

    def close(self) -> None:
        self._consumer.close()

    def _ends(self) -> dict[TopicPartition, int]:
        return dict(self._consumer.end_offsets(self._partitions))

    def seconds_for(self, count: int) -> float:
        """Wait until it has so many more than at first, looking twenty times a second.

        Returns how long it took from the first of them to the last, by the broker's clock.
        """

        def there() -> bool:
            time.sleep(0.05)
            return sum(self._ends().values()) >= sum(self._first.values()) + count

        eventually(there, f"the topic has {count:,} more records", within=300)
        firsts = [self._at(partition, place) for partition, place in self._first.items()]
        lasts = [self._at(partition, end - 1) for partition, end in self._ends().items()]
        return max(lasts) - min(firsts)

    def _at(self, partition: TopicPartition, offset: int) -> float:
        """When the broker got this record, in seconds of its clock."""
        self._consumer.assign([partition])
        self._consumer.seek(partition, offset)
        while True:
            for record in self._consumer.poll(500, max_records=1).get(partition, []):
                return float(record.timestamp) / 1000


def _reading(bootstrap: str, topic: str) -> Any:
    """A consumer of every partition."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_min_bytes=1)
    consumer.assign([TopicPartition(topic, it) for it in sorted(consumer.partitions_for_topic(topic) or ())])
    return consumer
