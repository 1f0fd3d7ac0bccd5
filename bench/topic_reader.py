"""Reads a topic as it grows, in a thread of its own."""

import threading
import time
from abc import ABC, abstractmethod
from typing import Any


class TopicReader(ABC):
    """Reads what this consumer gets, until it is closed. Attributes of its own are set before `begin`."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(10)
        self._consumer.close()

    @abstractmethod
    def take(self, record: Any, headers: dict[str, bytes], now: float) -> None:
        """Note a record that came at `now`, in seconds since 1970."""

    def _run(self) -> None:
        while not self._over.is_set():
            for records in self._consumer.poll(200).values():
                now = time.time()
                for record in records:
                    self.take(record, dict(record.headers), now)
