"""Two API processes on one store beside one: with all episodes, with their own, and behind the proxy.

Each way has episodes of its own, so that none finds in a cache what another left there. Afterwards the order
of the log is checked. Repeated decisions are counted by the processes' metrics.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import psycopg

from bench.machine import Machine
from bench.serving import CONNECTIONS, Load, Target, serving
from bench.table import EACH, MILLISECONDS, Line, NotMeasured, Row
from tests.support.episodes.api_process import Api
from tests.support.servers.haproxy import haproxy, proxying

TWICE, TWICE_APART = 0.02, 0.01
"""The share of batches that may be decided again: with all episodes in both processes, and apart."""

ONE, SHARED, APART, PROXIED = (
    "one process",
    "two processes",
    "two, sent by episode",
    "two, behind the proxy",
)
AIMS = MappingProxyType({SHARED: (1.0, TWICE), APART: (1.25, TWICE_APART), PROXIED: (1.1, TWICE_APART)})
"""The least ratio of rates, and that share."""

_OUT_OF_ORDER = """SELECT count(*) FROM (SELECT originator_version AS version, row_number() OVER (
    PARTITION BY originator_id ORDER BY notification_id) AS place FROM stored_events) AS log
WHERE version <> place"""


@dataclass
class _Way:
    """One way to send commands. Of each round the rate, the share of batches that were decided again, and the
    processes' CPU time for a command in milliseconds.
    """

    send: Callable[[], Load]
    rate: list[float] = field(default_factory=list)
    twice: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def measure(self, apis: Sequence[Api]) -> None:
        before = _counted(apis)
        self.rate.append(self.send().per_second)
        again, batches, commands, seconds = (
            now - then for now, then in zip(_counted(apis), before, strict=True)
        )
        self.twice.append(again / batches)
        self.cpu.append(seconds / commands * 1000)


def measure(machine: Machine) -> Iterator[Line]:
    """The same connections, alternately all to one process, and divided in each of the ways."""
    database = machine.episodes()
    with serving(database, processes=2, breadth=4 * machine.breadth) as (target, apis), ExitStack() as more:
        proxy = more.enter_context(proxying(target.urls)).url if haproxy() else None
        ways = _ways(target, machine.seconds, proxy)
        for _ in range(machine.rounds):
            for way in ways.values():
                way.measure(apis)
    with psycopg.connect(database.superuser_url) as connection:
        if connection.execute(_OUT_OF_ORDER).fetchone() != (0,):
            raise SystemExit("the log is out of order: no figure makes that good")
    if PROXIED not in ways:
        yield NotMeasured(PROXIED, "needs haproxy")
    one = ways.pop(ONE)
    for name, way in ways.items():
        rate, twice = AIMS[name]
        yield Row(f"{name}, {CONNECTIONS} connections", way.rate, ONE, one.rate, rate)
        yield Row("their CPU time for a command", way.cpu, "that of one process", one.cpu, None, MILLISECONDS)
        aim = [twice] * machine.rounds
        yield Row("batches decided twice, share", way.twice, f"the aim: {twice:.0%}", aim, 1.0, EACH, True)


def _ways(target: Target, seconds: float, proxy: str | None) -> dict[str, _Way]:
    """By their names in the table; each with a quarter of the episodes."""
    one, shared, apart, proxied = (replace(target, episodes=target.episodes[it::4]) for it in range(4))
    ways = {
        ONE: _Way(lambda: one.load(seconds, urls=target.urls[:1])),
        SHARED: _Way(lambda: shared.load(seconds)),
        APART: _Way(lambda: apart.load(seconds, by_episode=True)),
    }
    if proxy is not None:
        ways[PROXIED] = _Way(lambda: proxied.load(seconds, urls=[proxy]))
    return ways


def _counted(apis: Sequence[Api]) -> tuple[float, float, float, float]:
    """Conflicts, batches, commands and seconds of CPU time of all processes since they started."""
    told = [api.http.get("/metrics").text for api in apis]
    names = (
        "episodes_batch_conflicts_total",
        "episodes_batch_commands_count",
        "episodes_batch_commands_sum",
        "process_cpu_seconds_total",
    )
    conflicts, batches, commands, seconds = (
        sum(float(number) for text in told for number in re.findall(rf"^{name} (\S+)$", text, re.MULTILINE))
        for name in names
    )
    return conflicts, batches, commands, seconds
