"""Named points at which a test lets a role end as `kill -9` ends it, to show that it recovers.

Nothing happens at them unless a setting (CRASH_AT) names one; production refuses such a setting at start.
"""

import os
import signal

_armed = ""
_passes = 0


def arm(setting: str) -> None:
    """`setting`: a point's name, and after a colon at which passing of it, 1 if not said. Empty: none."""
    global _armed, _passes
    _armed, _, nth = setting.partition(":")
    _passes = int(nth or 1)


def crash_point(name: str) -> None:
    """Ends the process here, if this is the point and its time has come."""
    if name != _armed:
        return
    global _passes
    _passes -= 1
    if _passes == 0:
        os.write(2, f'{{"event": "crashing", "at": "{name}"}}\n'.encode())
        os.kill(os.getpid(), signal.SIGKILL)
