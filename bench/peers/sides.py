"""Those that are sent commands in turn."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from bench.peers.own_postgres import OwnPostgres, cpu_seconds
from bench.serving import Load, WrongAnswers


@dataclass
class Side:
    """One way to record commands, and its figures of each round: the rate, the latency at p99, and the CPU
    time that server and database used for a command, both in milliseconds. `wrong` says why it ended early.
    """

    name: str
    load: Callable[[float], Load]
    servers: Sequence[psutil.Process]
    warm_up: float
    rate: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    wrong: str | None = None

    def warm(self) -> None:
        """Load without figures. Late answers are no fault of a program that has just begun."""
        with suppress(WrongAnswers):
            self.load(self.warm_up)

    def measure(self, seconds: float, server: OwnPostgres) -> None:
        """Load for a round. After wrong answers this side takes part no more, but the others do."""
        if self.wrong is not None:
            return
        before = server.cpu_seconds() + cpu_seconds(*self.servers)
        try:
            load = self.load(seconds)
        except WrongAnswers as wrong:
            self.wrong = str(wrong)
            return
        used = server.cpu_seconds() + cpu_seconds(*self.servers) - before
        self.rate.append(load.per_second)
        self.p99.append(load.p99)
        self.cpu.append(used / (load.per_second * seconds) * 1000)
