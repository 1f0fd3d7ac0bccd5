"""Publishes recorded events to Kafka: at least once, in order within an episode, skipping none."""

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from eventsourcing.persistence import Notification
from kafka.errors import KafkaError

from care_platform.crash_points import crash_point
from contracts.codec import to_kafka
from contracts.envelope import topic_of
from episodes.event_log.codec import decrypt, metadata_of, parse
from episodes.event_log.positions import Claim, move
from episodes.event_log.tail import Tail
from episodes.processes.follower import Deposed, FromLaterReleaseError
from episodes.processes.progress import Progress
from episodes.publishing.in_flight import InFlight, NotSent, Sent
from episodes.publishing.mapping import published, published_name

PAGE = 500
MAX_IN_FLIGHT = 5_000
LOOK_AGAIN = 1.0
LOOK_FOR_ANSWERS = 0.02
"""Seconds to wait for acknowledgements before looking again, unless something new is recorded."""
REPORT_EVERY = 10.0
LAST_WAIT = 3.0
"""How many seconds a stopping relay waits for acknowledgements."""

Record = tuple[str, bytes, bytes, list[tuple[str, bytes]]]
"""Topic, key, value and headers."""


class Relay:
    """The loop of the one active relay. Any exception ends it: the position never moves past a failure."""

    def __init__(
        self,
        *,
        tail: Tail,
        sender: Any,
        claim: Claim,
        public_url: str,
        progress: Progress,
        log: Any,
        page: int = PAGE,
    ) -> None:
        self._tail = tail
        self._sender = sender
        self._claim = claim
        self._public_url = public_url
        self._progress = progress
        self._log = log
        self._page = page
        self._read = claim.position
        self._in_flight = InFlight(time.monotonic)
        self._reported = (time.monotonic(), 0)

    def run(self, stopping: threading.Event) -> bool:
        """Publish until told to stop. False if sends were abandoned, which the next start repeats.

        New events are sent without waiting for earlier pages to be acknowledged.
        """
        while not stopping.is_set():
            room = self._has_room()
            if room and not self._send_page():
                self._tail.wait(LOOK_FOR_ANSWERS if self._in_flight else LOOK_AGAIN)
            self._advance(wait=0.0 if room else LOOK_AGAIN)
            self._report()
        return self._finished()

    def _has_room(self) -> bool:
        return self._in_flight.pending + self._page <= MAX_IN_FLIGHT

    def _send_page(self) -> bool:
        page = self._tail.page(self._read, self._page)
        if not page:
            return False
        self._in_flight.refuse_failed()
        futures: list[Any] = []
        for topic, key, value, headers in records(page, self._tail, self._public_url):
            crash_point("relay.before-send")
            try:
                futures.append(self._sender.send(topic, value, key, headers))
            except KafkaError as failure:
                raise NotSent(f"{type(failure).__name__} on {topic}") from None
        crash_point("relay.after-send")
        self._in_flight.add(Sent(page[-1].id, metadata_of(page[0]).recorded_at, futures))
        self._read = page[-1].id
        return True

    def _advance(self, wait: float) -> None:
        done = self._in_flight.acknowledged(wait)
        if done:
            crash_point("relay.after-acknowledgement")
            position = done[-1].position
            if not move(self._tail.connection, self._claim, position):
                raise Deposed("the position is held by a later epoch")
            crash_point("relay.after-move")
            self._progress.position = position
            self._progress.done += sum(len(page.futures) for page in done)
        self._progress.oldest = self._in_flight.oldest
        self._progress.head = max(self._progress.head, self._read)

    def _report(self) -> None:
        since, sent = self._reported
        if time.monotonic() - since < REPORT_EVERY or self._progress.done == sent:
            return
        self._progress.head = self._tail.head()
        self._reported = (time.monotonic(), self._progress.done)
        self._log.info("published", **self._progress.figures())

    def _finished(self) -> bool:
        until = time.monotonic() + LAST_WAIT
        while self._in_flight and time.monotonic() < until:
            self._advance(wait=0.2)
        self._log.info("stopped", abandoned=self._in_flight.pending, **self._progress.figures())
        return not self._in_flight


def records(page: Sequence[Notification], tail: Tail, public_url: str) -> Iterator[Record]:
    """The records of a page, in order. Private events are left out; those of erased clients are redacted."""
    leaving = [parse(event) for event in page if _leaves(event)]
    clients = {(event.metadata.network, event.metadata.client) for event in leaving}
    keys = tail.keys(clients) if clients else {}
    for event in leaving:
        message = published(decrypt(event, keys), public_url)
        assert message is not None
        yield topic_of(event.metadata.network), *to_kafka(message)


def _leaves(event: Notification) -> bool:
    if published_name(event.topic) is not None:
        return True
    if metadata_of(event).sequence is not None:
        raise FromLaterReleaseError(event.topic)
    return False
