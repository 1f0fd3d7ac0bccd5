"""Two API processes on one store, writing to the same episodes, beside a single one.

Afterwards the order of the log is checked. Repeated decisions are counted by the processes' metrics.
"""

import re
from collections.abc import Iterator, Sequence

import psycopg

from bench.machine import Machine
from bench.serving import CONNECTIONS, serving
from bench.table import EACH, Row
from tests.support.episodes.api_process import Api

TWICE = 0.02
"""The share of batches that may be decided again."""

_OUT_OF_ORDER = """SELECT count(*) FROM (SELECT originator_version AS version, row_number() OVER (
    PARTITION BY originator_id ORDER BY notification_id) AS place FROM stored_events) AS log
WHERE version <> place"""


def measure(machine: Machine) -> Iterator[Row]:
    """The same connections, alternately divided between both processes and all to one."""
    both, one, twice = [], [], []
    database = machine.episodes()
    with serving(database, processes=2, breadth=machine.breadth) as (target, apis):
        for _ in range(machine.rounds):
            before = _batches(apis)
            both.append(target.load(machine.seconds).per_second)
            after = _batches(apis)
            again, batches = (now - then for now, then in zip(after, before, strict=True))
            twice.append(again / batches)
            one.append(target.load(machine.seconds, urls=target.urls[:1]).per_second)
    with psycopg.connect(database.superuser_url) as connection:
        if connection.execute(_OUT_OF_ORDER).fetchone() != (0,):
            raise SystemExit("the log is out of order: no figure makes that good")
    yield Row(f"two processes, {CONNECTIONS} connections", both, "one process", one, 1.0)
    aim = [TWICE] * machine.rounds
    yield Row("batches decided twice, share", twice, "the aim: 2 in 100", aim, 1.0, EACH, True)


def _batches(apis: Sequence[Api]) -> tuple[float, float]:
    """Conflicts and batches of all processes since they started."""
    told = [api.http.get("/metrics").text for api in apis]
    names = ("episodes_batch_conflicts_total", "episodes_batch_commands_count")
    conflicts, batches = (
        sum(float(number) for text in told for number in re.findall(rf"^{name} (\S+)$", text, re.MULTILINE))
        for name in names
    )
    return conflicts, batches
