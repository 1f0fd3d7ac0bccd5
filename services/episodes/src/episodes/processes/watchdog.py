"""Ends the process when a call of the store lasts too long: a writer that hangs must not look alive."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from care_platform.logs import leave

MAX_CALL = 10.0
"""Seconds. An unreachable database fails sooner; a longer call would block others at the log's lock."""

EXIT_CODE = 70
"""EX_SOFTWARE of sysexits."""


class Watchdog:
    """Watches the calls of one thread. `end` never returns; by default it exits without clean-up."""

    def __init__(
        self,
        report: Callable[[float], None],
        longest: float = MAX_CALL,
        end: Callable[[int], object] = leave,
    ) -> None:
        self._report = report
        self._longest = longest
        self._end = end
        self._began: float | None = None

    def start(self) -> None:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    @contextmanager
    def watching(self) -> Iterator[None]:
        self._began = time.monotonic()
        try:
            yield
        finally:
            self._began = None

    def _watch(self) -> None:
        while True:
            time.sleep(self._longest / 20)
            began = self._began
            if began is not None and (lasted := time.monotonic() - began) > self._longest:
                self._report(lasted)
                self._end(EXIT_CODE)
