"""Says that file descriptors run out: libuv then closes new connections without a word."""

import errno
import os
import resource
import threading
import time
from dataclasses import dataclass

import structlog

from care_platform.seldom import Seldom

_EVERY = 1.0
_SHORT = 0.95
"""The share of the limit from which on they run out."""
_DO = "raise the limit of open files (ulimit -n, LimitNOFILE=), or lower MAX_CONNECTIONS"


@dataclass(frozen=True, slots=True)
class Descriptors:
    """How many file descriptors this process has open, and how many it may have."""

    count: int
    limit: int

    @classmethod
    def now(cls) -> "Descriptors":
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        try:
            return cls(len(os.listdir("/dev/fd")) - 1, limit)  # without the one that lists them
        except OSError as fault:
            if fault.errno != errno.EMFILE:
                raise
            return cls(limit, limit)

    @property
    def short(self) -> bool:
        return self.limit != resource.RLIM_INFINITY and self.count >= _SHORT * self.limit


def watch() -> None:
    """Look each second, in a thread, and say once a minute that they run out while they do."""
    threading.Thread(target=_watch, name="descriptors", daemon=True).start()


def _watch() -> None:
    due, log = Seldom(), structlog.get_logger("process")
    while True:
        open_now = Descriptors.now()
        if open_now.short and due():
            log.error("file descriptors run out", count=open_now.count, limit=open_now.limit, reason=_DO)
        time.sleep(_EVERY)
