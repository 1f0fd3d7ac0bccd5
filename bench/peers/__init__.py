"""Other systems beside ours, each shown by a small program of our own: `make bench ARGS=peers`.

What belongs to them is fetched when it runs. What cannot be had is a line that says so, and no failure.
"""

from collections.abc import Iterator

from bench.machine import Machine
from bench.peers import commands, outbox
from bench.table import Line


def measure(machine: Machine) -> Iterator[Line]:
    yield from commands.measure(machine)
    yield from outbox.measure(machine)
