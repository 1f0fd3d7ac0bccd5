"""What has been sent and not yet acknowledged, in order: only what is acknowledged without a gap is done."""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kafka.errors import KafkaError

from episodes.processes.follower import Ending

PATIENCE = 30.0
"""Seconds the oldest send may stay unanswered."""


class NotSent(Ending):
    """A send failed or was never answered. What came after it must not go out before it does."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One page of the log, sent: its last position, when its first event was recorded, and its sends."""

    position: int
    recorded_at: datetime
    futures: Sequence[Any]


class InFlight:
    """The pages sent and not yet acknowledged. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pages: deque[Sent] = deque()
        self._settled = 0  # of the first page's sends
        self._progress = clock()
        self.pending = 0

    def __bool__(self) -> bool:
        return bool(self._pages)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest event was recorded that is not acknowledged."""
        return self._pages[0].recorded_at if self._pages else None

    def add(self, page: Sent) -> None:
        if not self._pages:
            self._progress = self._clock()
        self._pages.append(page)
        self.pending += len(page.futures)

    def refuse_failed(self) -> None:
        """Raises `NotSent` if any send failed, also one whose turn has not come: nothing may overtake it."""
        for page in self._pages:
            for future in page.futures:
                _answered(future, 0.0, self._clock)

    def acknowledged(self, wait: float) -> Sequence[Sent]:
        """The oldest pages that are wholly acknowledged; waits at most `wait` seconds for the first.

        Raises `NotSent` if a send failed, or if the oldest was not answered within `PATIENCE`.
        """
        done: list[Sent] = []
        until = self._clock() + wait
        while self._pages and self._first_is_settled(until):
            done.append(self._pages.popleft())
            self._settled = 0
            until = 0.0  # one is news enough: more only if they are there
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
        with suppress(KafkaError):  # too early, or its own failure, which is seen below
            future.get(timeout=left)
    if future.is_done and future.exception is not None:
        raise NotSent(type(future.exception).__name__)
    return bool(future.is_done)
