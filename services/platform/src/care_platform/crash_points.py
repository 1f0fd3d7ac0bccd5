"""Named points at which a test kills a role as `kill -9` does, to show that it recovers.

Nothing happens at them unless a setting (CRASH_AT) names one; production refuses such a setting at start.
"""

import os
import signal

_armed = ""
_passes = 0


def arm(setting: str) -> None:
    """Arm the point in `setting`, `<name>` or `<name>:<n>`, to kill at its n-th passing (1 by default)."""
    global _armed, _passes
    _armed, _, nth = setting.partition(":")
    _passes = int(nth or 1)


def crash_point(name: str) -> None:
    """Kill the process here, if this point is armed and this is the passing it waits for."""
    if name != _armed:
        return
    global _passes
    _passes -= 1
    if _passes == 0:
        os.write(2, f'{{"event": "crashing", "at": "{name}"}}\n'.encode())
        os.kill(os.getpid(), signal.SIGKILL)
