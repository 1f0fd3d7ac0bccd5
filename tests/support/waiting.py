"""Waits for an effect of a process or a thread."""

import os
import time
from collections.abc import Callable
from typing import Protocol

PATIENCE = float(os.environ.get("CARE_TEST_PATIENCE", "2"))
"""How many times as long as on an idle laptop anything may take: CI's machines are shared, and say 6."""


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
    """Wait until `holds()` is true. Fails if it is not within so many seconds of an idle laptop."""
    deadline = time.monotonic() + within * PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            output = f"\n{process.output}" if process else ""
            raise AssertionError(f"not within {within * PATIENCE} s: {what}{output}")
        time.sleep(0.02)
