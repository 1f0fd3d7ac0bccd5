"""Settings of the interpreter, the same for every process: its cyclic collector, and turns of busy threads.

What each setting gained is in docs/performance.md.
"""

import gc
import sys
import threading
import time
from asyncio import AbstractEventLoop
from contextlib import suppress

SWITCH_INTERVAL = 0.001
"""How many seconds a thread keeps the GIL while another waits. The default is 5 ms, which the API's writer
lost at each return from the database. For the relay the default is better: it hands thousands of records to
its producer's thread, and with a shorter interval they take the GIL from each other at every one."""

YOUNG_EVERY = 0.25
"""Seconds between two collections of what was made since the last; each takes a few milliseconds."""

ALL_EVERY = 60.0
"""Seconds between two collections of all that was made since the start."""


def tune(loop: AbstractEventLoop | None = None, all_every: float | None = ALL_EVERY) -> None:
    """Collect cycles by the clock, once a process has created what it keeps. That is never looked at again.

    The interpreter would start a collection whenever allocations exceed deallocations. With hundreds of
    attempts under way, or states that come and go by the million, it starts them all the time and finds
    nothing: what ends well leaves no cycles. Errors do, and are mostly young. Older cycles are found by the
    rarer collection of everything, which takes the longer the more there is: `all_every` is None for a
    process that caches states, where it would stop all callers for two seconds.

    A process with an event loop collects in the loop's own thread, to which its transports belong.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    work = (loop, all_every)
    threading.Thread(target=_collect_by_the_clock, args=work, name="collector", daemon=True).start()


def take_short_turns() -> None:
    """For a process whose event loop must not wait long for the GIL."""
    sys.setswitchinterval(SWITCH_INTERVAL)


def _collect_by_the_clock(loop: AbstractEventLoop | None, all_every: float | None) -> None:
    """`loop`: None to collect in this thread."""
    last = time.monotonic()
    while True:
        time.sleep(YOUNG_EVERY)
        generation = _YOUNGEST
        if all_every is not None and time.monotonic() - last >= all_every:
            generation, last = _OLDEST, time.monotonic()
        if loop is None:
            gc.collect(generation)
        else:
            with suppress(RuntimeError):  # the loop has ended, and the process ends
                loop.call_soon_threadsafe(gc.collect, generation)


_YOUNGEST, _OLDEST = 0, 2
"""Generations: a collection takes in the younger ones, too."""
