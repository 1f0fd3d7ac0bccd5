"""Settings of the interpreter: for many objects without cycles, and for an event loop beside busy threads.

What each setting gained is in docs/performance.md.
"""

import gc
import sys
import threading
import time

SWITCH_INTERVAL = 0.001
"""How many seconds a thread keeps the GIL while another waits. The default is 5 ms, which the API's writer
lost at each return from the database. For the relay the default is better: it hands thousands of records to
its producer's thread, and with a shorter interval they take the GIL from each other at every one."""

COLLECT_EVERY = 0.25
"""Seconds between two collections of the youngest generation; each takes a few milliseconds."""


def tune() -> None:
    """Configure the interpreter, once a process has created what it keeps.

    An automatic collection starts when allocations exceed deallocations. Cached states come and go by the
    million without cycles, and one collection stopped all callers for two seconds. Cycles come from errors
    and are young; an old object has none, or is still in use.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    threading.Thread(target=_collect_the_young, name="collector", daemon=True).start()


def take_short_turns() -> None:
    """For a process whose event loop must not wait long for the GIL."""
    sys.setswitchinterval(SWITCH_INTERVAL)


def _collect_the_young() -> None:
    while True:
        time.sleep(COLLECT_EVERY)
        gc.collect(0)
