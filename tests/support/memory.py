"""Checks that a process with much work keeps its memory flat."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import psutil

_MIB = 2**20
_ROOM = 1.25
"""How many times more memory the later half of a run may need, because buffers and caches fill up."""


def resident_mib(pid: int) -> float:
    size: int = psutil.Process(pid).memory_info().rss
    return size / _MIB


@dataclass
class Memory:
    """The resident memory, in MiB, of the largest of some processes, at each sample that a test takes."""

    samples: list[float] = field(default_factory=list)

    def look_at(self, pids: Iterable[int]) -> None:
        self.samples.append(max(map(resident_mib, pids)))

    def assert_flat(self) -> None:
        """Check that the second half of the run needed no more memory than the first, within `_ROOM`."""
        earlier, later = self._halves()
        assert later < earlier * _ROOM, str(self)

    def __str__(self) -> str:
        return "{:.0f} MiB, then {:.0f} MiB".format(*self._halves())

    def _halves(self) -> tuple[float, float]:
        """The maximum of each half."""
        half = len(self.samples) // 2 or 1
        return max(self.samples[:half]), max(self.samples[-half:])
