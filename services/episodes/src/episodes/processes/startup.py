"""Waits for what a process needs before it can begin, and logs once what is missing."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class NotYet(Exception):
    """Something is missing: the name of the log event, with its details."""

    def __init__(self, event: str, **details: object) -> None:
        super().__init__(event)
        self.event = event
        self.details = details


class Stopped(Exception):
    """The process was told to end while it waited."""


class Waiting:
    """Tries again until it succeeds or `stopping` is set."""

    def __init__(self, stopping: threading.Event, log: Any, pause: float = 0.5) -> None:
        self._stopping = stopping
        self._log = log
        self._pause = pause

    def until(self, attempt: Callable[[], T]) -> T:
        """The result of `attempt`, once it no longer raises `NotYet`. Raises `Stopped`."""
        said = None
        while not self._stopping.is_set():
            try:
                return attempt()
            except NotYet as missing:
                if said != (what := (missing.event, missing.details)):
                    self._log.warning(missing.event, **missing.details)
                    said = what
            self._stopping.wait(self._pause)
        raise Stopped
