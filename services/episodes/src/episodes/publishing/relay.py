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
from episodes.domain.vocabulary import BY_NAME
from episodes.event_log.codec import SealedEvent, decrypt, parse
from episodes.event_log.positions import Claim, move
from episodes.event_log.stored_form import Damaged, Unreadable
from episodes.event_log.tail import Tail, recorded_at
from episodes.processes.follower import Deposed
from episodes.processes.held_back import Gate, HeldBack
from episodes.processes.progress import Progress
from episodes.publishing.in_flight import InFlight, NotSent, Sent
from episodes.publishing.mapping import published, published_name
from episodes.publishing.overdue import Overdue

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
        held: HeldBack,
        public_url: str,
        progress: Progress,
        log: Any,
        page: int = PAGE,
    ) -> None:
        self._tail = tail
        self._sender = sender
        self._claim = claim
        self._held = held
        self._public_url = public_url
        self._progress = progress
        self._log = log
        self._page = page
        self._read = claim.position
        self._in_flight = InFlight(time.monotonic)
        self._overdue = Overdue(tail=tail, held=held, send=self._send, page=page)
        self._reported = (time.monotonic(), 0)

    def run(self, stopping: threading.Event) -> bool:
        """Publish until told to stop. False if sends were abandoned, which the next start repeats.

        New events are sent without waiting for earlier pages to be acknowledged.
        """
        while not stopping.is_set():
            room = self._has_room()
            busy = room and self._send_page()
            busy = self._overdue.step(self._read, stopping) or busy
            if room and not busy:
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
        futures = self._send(page, self._held)
        self._held.store(anything_read=bool(futures))
        self._in_flight.add(Sent(page[-1].id, recorded_at(page), futures))
        self._read = page[-1].id
        return True

    def _send(self, page: Sequence[Notification], gate: Gate) -> Sequence[Any]:
        """Send what of a page passes, after all that was sent before. Returns the futures."""
        self._in_flight.refuse_failed()
        futures: list[Any] = []
        for topic, key, value, headers in records(page, self._tail, self._public_url, gate):
            crash_point("relay.before-send")
            try:
                futures.append(self._sender.send(topic, value, key, headers))
            except KafkaError as failure:
                raise NotSent(f"{type(failure).__name__} on {topic}") from None
        crash_point("relay.after-send")
        return futures

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


def records(page: Sequence[Notification], tail: Tail, public_url: str, gate: Gate) -> Iterator[Record]:
    """The records of a page, in order. Private events are left out; those of erased clients are redacted.

    What cannot be read is told to the gate, and what comes after it in its episode waits.
    """
    leaving = list(_leaving(page, gate))
    clients = {(event.metadata.network, event.metadata.client) for _, event in leaving}
    keys = tail.keys(clients) if clients else {}
    for position, event in leaving:
        header = event.metadata
        if gate.waits(header.episode_id, position):
            continue
        try:
            message = published(decrypt(event, keys), public_url)
        except Unreadable as why:
            gate.hold(header.episode_id, position, str(why))
            continue
        assert message is not None
        yield topic_of(header.network), *to_kafka(message)


def _leaving(page: Sequence[Notification], gate: Gate) -> Iterator[tuple[int, SealedEvent]]:
    """The events of a page that are published and pass, with their positions."""
    for event in page:
        known = event.topic in BY_NAME
        if known and published_name(event.topic) is None:
            continue
        if gate.waits(event.originator_id, event.id):
            continue
        try:
            sealed = parse(event)
        except Damaged as damage:
            gate.hold(event.originator_id, event.id, str(damage))
            continue
        header = sealed.metadata
        if (not known and header.sequence is None) or not gate.passes(header.network, event.id):
            continue
        if known:
            yield event.id, sealed
        else:
            gate.hold(header.episode_id, event.id, f"{event.topic} is of a later release")
