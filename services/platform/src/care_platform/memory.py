"""How much memory a process may use: that of its container, or else of the machine."""

import os
from pathlib import Path

CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where a container reads its limit, with control groups of version 2 and of version 1."""


def memory_there_is(limits: tuple[Path, ...] = CGROUP_LIMITS) -> int:
    """The memory in bytes. A container without a limit has the machine's."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *(limit for file in limits if (limit := _limit(file)) is not None)])


def _limit(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # there is no such file, or it says `max`
        return None
