"""A relay under the bench's own control: started, followed by its progress, and ended."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Thread
from uuid import uuid4

import structlog
from kafka import KafkaProducer

from episodes.event_log.positions import claim
from episodes.event_log.tail import Tail
from episodes.processes.progress import Progress
from episodes.publishing.relay import Relay
from tests.support.episodes.held_rows import nothing_held

PUBLIC_URL = "http://127.0.0.1:8000"


class RelayUnderTest:
    """One relay over a tail of the log and a producer, in a thread of its own."""

    def __init__(self, tail: Tail, sender: KafkaProducer) -> None:
        self.progress = Progress(lambda: datetime.now(UTC), "relay", "sent")
        self._stopping = Event()
        relay = Relay(
            tail=tail,
            sender=sender,
            claim=claim(tail.connection, f"bench-{uuid4()}"),
            held=nothing_held(*tail.networks),
            public_url=PUBLIC_URL,
            progress=self.progress,
            log=structlog.get_logger(),
        )
        self._thread = Thread(target=relay.run, args=(self._stopping,))

    def run_until(self, done: Callable[[Progress], bool]) -> float:
        """The seconds it took. Raises `RuntimeError` if the relay ended before it was done."""
        began = time.perf_counter()
        self._thread.start()
        while not done(self.progress):
            if not self._thread.is_alive():
                raise RuntimeError("the relay ended before it had sent everything")
            time.sleep(0.01)
        took = time.perf_counter() - began
        self._stopping.set()
        self._thread.join()
        return took
