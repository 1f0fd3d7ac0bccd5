"""What the relay held back, sent once it can be: a network is configured again, or an episode can be read.

Each page is sent and acknowledged before it counts, beside what is newly recorded.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from eventsourcing.persistence import Notification

from episodes.event_log.tail import Tail, recorded_at
from episodes.processes.held_back import TRY_EVERY, Gate, HeldBack, Id, OfOneEpisode, OfOneNetwork
from episodes.publishing.in_flight import InFlight, Sent

LOOK = 0.5

Send = Callable[[Sequence[Notification], Gate], Sequence[Any]]


class Overdue:
    """Belongs to the relay. What it does may raise whatever ends the relay."""

    def __init__(self, *, tail: Tail, held: HeldBack, send: Send, page: int) -> None:
        self._tail = tail
        self._held = held
        self._send = send
        self._page = page
        self._next = time.monotonic()

    def step(self, upto: int, stopping: threading.Event) -> bool:
        """Do a part of it, of what stands up to a position: what comes later is not read yet.

        True if there may be more to do at once.
        """
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + TRY_EVERY
            self._held.say()
            for episode, after in self._held.due():
                self._try(episode, after, upto, stopping)
        due = self._held.network_due()
        if due is not None:
            self._catch_up(*due, upto, stopping)
        return due is not None

    def _catch_up(self, network: str, after: int, upto: int, stopping: threading.Event) -> None:
        page = [event for event in self._tail.page(after, self._page) if event.id <= upto]
        if not page:
            self._held.network_done(network, upto, whole=True)
            return
        acknowledged = self._publish(page, OfOneNetwork(self._held, network), stopping)
        self._held.store(anything_read=True)
        if acknowledged:
            self._held.network_done(network, page[-1].id, whole=False)

    def _try(self, episode: Id, after: int, upto: int, stopping: threading.Event) -> None:
        while not stopping.is_set():
            page = self._tail.of_episode(episode, after, upto, self._page)
            gate = OfOneEpisode(self._held)
            if not self._publish(page, gate, stopping):
                return
            if gate.after is not None:
                self._held.still(episode, gate.after, gate.reason)
                return
            if len(page) < self._page:
                self._held.done(episode)
                return
            after = page[-1].id

    def _publish(self, page: Sequence[Notification], gate: Gate, stopping: threading.Event) -> bool:
        """Send a page and wait for its acknowledgements. False if told to stop meanwhile."""
        futures = self._send(page, gate)
        sent = InFlight(time.monotonic)
        if futures:
            sent.add(Sent(page[-1].id, recorded_at(page), futures))
        while sent and not stopping.is_set():
            sent.acknowledged(LOOK)
        return not sent
