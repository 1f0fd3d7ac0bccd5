"""Waits for an effect of a process or a thread."""

import time
from collections.abc import Callable
from typing import Protocol


class Logging(Protocol):
    """A process whose output explains a failure."""

    @property
    def output(self) -> str: ...


def eventually(
    holds: Callable[[], object],
    what: str = "the condition holds",
    within: float = 40.0,
    process: Logging | None = None,
) -> None:
    """Wait until `holds()` is true. Fails if it is not within so many seconds."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            output = f"\n{process.output}" if process else ""
            raise AssertionError(f"not within {within} s: {what}{output}")
        time.sleep(0.02)
