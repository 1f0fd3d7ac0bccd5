"""How much memory there is: what the container or service of this process has, else what the machine has."""

import os
from collections.abc import Iterator
from pathlib import Path

_PLACES = {
    "": (Path("sys/fs/cgroup"), ("memory.max", "memory.high")),
    "memory": (Path("sys/fs/cgroup/memory"), ("memory.limit_in_bytes",)),
}
"""Where control groups stand and which files limit memory, by controller: of version 2, which names none in
its line of `/proc/self/cgroup`, and of version 1."""


def memory_there_is(root: Path = Path("/")) -> int:
    """How many bytes this process may use, together with all others of the same container or machine.

    The least of the machine's memory and the limits of our control group and of those above it.
    """
    return min([os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *_limits(root)])


def _limits(root: Path) -> Iterator[int]:
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2)
        for controller in _PLACES.keys() & controllers.split(","):
            place, names = _PLACES[controller]
            yield from _limits_of(root / place, group, names)


def _limits_of(top: Path, group: str, names: tuple[str, ...]) -> Iterator[int]:
    """The limits of a group and of those above it. Within a container its own may be the top, although the
    name is the one that it has outside: what is not there is passed over."""
    own = top / group.strip("/")
    for place in (own, *(above for above in own.parents if above.is_relative_to(top))):
        for name in names:
            said = _text(place / name).strip()
            if said.isdecimal():  # else there is none, or it is `max`
                yield int(said)


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
