"""Tells of a fault that lasts without a line for everybody who meets it."""

import time
from collections.abc import Callable, Hashable


class Seldom:
    """Whether it is time to say something again: once in so many seconds for each key.

    Keys are kept, so they are of a closed set: classes of errors, SQLSTATEs, never ids.
    """

    def __init__(self, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._said: dict[Hashable, float] = {}
        self._unsaid: dict[Hashable, int] = {}

    def __call__(self, key: Hashable = None) -> bool:
        """True if nothing was said under this key for so long; then it counts as said."""
        return self.times(key) > 0

    def times(self, key: Hashable = None) -> int:
        """How often this was asked for since it was last said, now included; nought while nothing is to be
        said."""
        now, said = self._clock(), self._said.get(key)
        times = self._unsaid.pop(key, 0) + 1
        if said is not None and now - said < self._seconds:
            self._unsaid[key] = times
            return 0
        self._said[key] = now
        return times
