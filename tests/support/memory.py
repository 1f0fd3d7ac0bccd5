"""Whether what works through much keeps its memory flat."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import psutil

_MIB = 2**20
_ROOM = 1.25
"""What the later half of a run may need over the earlier, within which buffers and caches have filled."""


def resident_mib(pid: int) -> float:
    size: int = psutil.Process(pid).memory_info().rss
    return size / _MIB


@dataclass
class Memory:
    """Resident memory in MiB, of the largest of the processes looked at, as often as a test looks."""

    samples: list[float] = field(default_factory=list)

    def look_at(self, pids: Iterable[int]) -> None:
        self.samples.append(max(map(resident_mib, pids)))

    def assert_flat(self) -> None:
        """The second half of the run needed no more than the first, but for some room."""
        earlier, later = self._halves()
        assert later < earlier * _ROOM, str(self)

    def __str__(self) -> str:
        return "{:.0f} MiB, then {:.0f} MiB".format(*self._halves())

    def _halves(self) -> tuple[float, float]:
        """The most of each."""
        half = len(self.samples) // 2 or 1
        return max(self.samples[:half]), max(self.samples[-half:])
