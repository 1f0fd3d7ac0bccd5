"""How the interpreter is set for every role of the service: busy threads, many objects without cycles.

What each setting gave is in docs/performance.md.
"""

import gc
import sys
import threading
import time

SWITCH_INTERVAL = 0.001
"""Seconds a thread keeps the GIL while another waits. By default 5 ms, which a writer lost at each return
from the database."""

COLLECT_EVERY = 0.25
"""Seconds between two looks for cycles among the youngest objects; each takes a few milliseconds."""


def tune() -> None:
    """Set the interpreter up, once a process has made what it keeps.

    By itself the collector looks for cycles when more objects came than went. Cached states come and go by
    the million without any: one look then stopped all callers for two seconds. Cycles are left by errors,
    and soon; an object that grew old has none, or is kept.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.collect()
    gc.freeze()
    gc.disable()
    threading.Thread(target=_collect_the_young, name="collector", daemon=True).start()


def _collect_the_young() -> None:
    while True:
        time.sleep(COLLECT_EVERY)
        gc.collect(0)
