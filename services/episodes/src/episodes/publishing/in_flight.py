"""The sends not yet acknowledged, in order. A page is done once it and all pages before it are."""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kafka.errors import KafkaError

from episodes.processes.follower import Ending

PATIENCE = 30.0
"""After how many seconds without a new acknowledgement the relay gives up."""


class NotSent(Ending):
    """A send failed or was never answered. Later events must not be published before it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One page of the log, sent: its last position, when its first event was recorded, and the sends."""

    position: int
    recorded_at: datetime
    futures: Sequence[Any]


class InFlight:
    """The pages sent and not yet acknowledged. `clock` is a monotonic clock in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pages: deque[Sent] = deque()
        self._settled = 0  # how many of the first page's sends are acknowledged
        self._progress = clock()
        self.pending = 0

    def __bool__(self) -> bool:
        return bool(self._pages)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest event not yet acknowledged was recorded."""
        return self._pages[0].recorded_at if self._pages else None

    def add(self, page: Sent) -> None:
        if not self._pages:
            self._progress = self._clock()
        self._pages.append(page)
        self.pending += len(page.futures)

    def refuse_failed(self) -> None:
        """Raises `NotSent` if any send has failed, so that nothing is sent after it."""
        for page in self._pages:
            for future in page.futures:
                _answered(future, 0.0, self._clock)

    def acknowledged(self, wait: float) -> Sequence[Sent]:
        """The oldest pages that are fully acknowledged. Waits at most `wait` seconds for the first.

        Raises `NotSent` if a send failed, or after `PATIENCE` without a new acknowledgement.
        """
        done: list[Sent] = []
        until = self._clock() + wait
        while self._pages and self._first_is_settled(until):
            done.append(self._pages.popleft())
            self._settled = 0
            until = 0.0  # do not wait for more than one page
        return done

    def _first_is_settled(self, until: float) -> bool:
        futures = self._pages[0].futures
        before = self._settled
        while self._settled < len(futures) and _answered(futures[self._settled], until, self._clock):
            self._settled += 1
        self.pending -= self._settled - before
        if self._settled > before:
            self._progress = self._clock()
        if self._settled == len(futures):
            return True
        if self._clock() - self._progress > PATIENCE:
            raise NotSent(f"no answer for {PATIENCE:.0f} seconds")
        return False


def _answered(future: Any, until: float, clock: Callable[[], float]) -> bool:
    if not future.is_done and (left := until - clock()) > 0:
        with suppress(KafkaError):  # a time-out, or the send's own failure, which is handled below
            future.get(timeout=left)
    if future.is_done and future.exception is not None:
        raise NotSent(type(future.exception).__name__)
    return bool(future.is_done)
