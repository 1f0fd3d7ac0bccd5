"""From commit to Kafka: our relay beside Debezium, which follows a table of outgoing messages.

Each has a PostgreSQL of its own, so that neither decodes what the other writes, and rests while the other is
measured. Both are given bare inserts: one a transaction at a steady rate, a hundred at once for a backlog.
"""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import httpx

from bench.machine import Machine
from bench.pacing import p50_and_p99
from bench.peers.connect import PATIENCE, TOPIC, debezium
from bench.peers.fetched import NotHad, needs
from bench.peers.followers import Follower, OutboxOf, our_relay
from bench.peers.own_postgres import cpu_seconds, own_postgres, refuse_forgetful
from bench.peers.topics import Arrivals, Backlog
from bench.table import MILLISECONDS, Line, NotMeasured, Row
from tests.support.servers.kafka import JavaKafka
from tests.support.waiting import eventually

EVENTS = 20_000
PER_SECOND = 200
POLL_MS: Mapping[str, int] = {"Debezium 3.6 as it comes": 500, "Debezium 3.6, looks each 10 ms": 10}
"""How often each looks for changes. 500 is what it does unless told otherwise."""
_BY_THE_BROKERS_CLOCK = "log.message.timestamp.type=LogAppendTime\n"
_LOGICAL = {"wal_level": "logical", "wal_sender_timeout": "0"}
"""No time-out, because a worker that rests does not answer."""


@dataclass
class Figures:
    """What one side came to, with one figure for each round."""

    rate: list[float] = field(default_factory=list)
    """Events of a backlog that were published in a second."""
    cpu: list[float] = field(default_factory=list)
    """The CPU time of the process for an event of a backlog, in milliseconds."""
    steady_cpu: list[float] = field(default_factory=list)
    """The same for an event at the steady rate."""
    p50: list[float] = field(default_factory=list)
    """The time from commit to consumer at the steady rate, in milliseconds."""
    p99: list[float] = field(default_factory=list)


def measure(machine: Machine) -> Iterator[Line]:
    """The rows beside each Debezium, or the line that says why there are none."""
    try:
        needs("java", "mvn")
        figures = _measured(machine)
    except (
        NotHad,
        AssertionError,
        httpx.HTTPError,
    ) as missing:  # the latter two: it did not get there in time
        yield from (NotMeasured(name, str(missing)) for name in POLL_MS)
        return
    ours = figures.pop("ours")
    for name, theirs in figures.items():
        yield from rows(ours, name, theirs)


def rows(ours: Figures, name: str, theirs: Figures) -> Iterator[Row]:
    """Our relay beside this."""
    yield Row(f"relay, a backlog of {EVENTS:,} events", ours.rate, name, theirs.rate, None)
    for what, one, other in (
        (f"commit to a consumer at {PER_SECOND}/s, p50", ours.p50, theirs.p50),
        ("the same, p99", ours.p99, theirs.p99),
        ("CPU of the process for an event of these", ours.steady_cpu, theirs.steady_cpu),
        ("the same, for one of the backlog", ours.cpu, theirs.cpu),
    ):
        yield Row(what, one, name, other, None, MILLISECONDS, True)


def _measured(machine: Machine) -> dict[str, Figures]:
    with ExitStack() as there, TemporaryDirectory() as directory:
        place = Path(directory)
        ours = there.enter_context(own_postgres(machine.run_dir / "peers-log"))
        theirs = there.enter_context(own_postgres(machine.run_dir / "peers-outbox", **_LOGICAL))
        broker = there.enter_context(closing(_broker(machine.run_dir / "peers-kafka")))
        broker.create_topic(TOPIC, partitions=6)
        relay = there.enter_context(our_relay(ours, broker.bootstrap, place))
        record_bytes = _warmed_up(relay, broker.bootstrap)
        worker = there.enter_context(debezium(theirs, broker.bootstrap, place))
        refuse_forgetful(worker.database.superuser_url)
        sides: dict[str, Follower] = {"ours": relay}
        for name, poll_ms in POLL_MS.items():
            sides[name] = there.enter_context(closing(OutboxOf(worker, poll_ms, record_bytes)))
        return _rounds(sides, broker.bootstrap, machine)


def _broker(data_dir: Path) -> JavaKafka:
    try:
        return JavaKafka(data_dir, _BY_THE_BROKERS_CLOCK)
    except subprocess.CalledProcessError as failed:
        raise NotHad(f"needs Kafka, which could not be fetched: {failed}") from failed


def _rounds(sides: Mapping[str, Follower], bootstrap: str, machine: Machine) -> dict[str, Figures]:
    figures = {name: Figures() for name in sides}
    for number in range(machine.rounds + 1):
        for name, one in sides.items():
            one.go_on()
            one.begin()
            into = figures[name] if number else Figures()  # the first warms up
            _steady(one, bootstrap, 2.0, Figures())  # it has just begun
            _steady(one, bootstrap, machine.seconds, into)
            _backlog(one, bootstrap, into)
            one.rest()
    return figures


def _warmed_up(relay: Follower, bootstrap: str) -> int:
    """How many bytes one of our records has. The relay is at rest afterwards."""
    with closing(Arrivals(bootstrap, relay.topic, relay.id_header)) as arrivals:
        relay.commit(EVENTS // 100)
        eventually(lambda: len(arrivals.bytes) >= EVENTS // 100, "the relay sends", PATIENCE)
        relay.rest()
        return round(mean(arrivals.bytes[-EVENTS // 200 :]))


def _steady(one: Follower, bootstrap: str, seconds: float, into: Figures) -> None:
    """Commit one event at a time, at a steady rate, and see when each arrives."""
    committed: dict[str, float] = {}
    with closing(Arrivals(bootstrap, one.topic, one.id_header)) as arrivals:
        used, began = cpu_seconds(one.process), time.perf_counter()
        for number in range(int(PER_SECOND * seconds)):
            time.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
            event = one.commit_one()
            committed[event] = time.time()
        eventually(lambda: committed.keys() <= arrivals.at.keys(), "all have arrived", PATIENCE)
        into.steady_cpu.append((cpu_seconds(one.process) - used) / len(committed) * 1000)
    p50, p99 = p50_and_p99([(arrivals.at[event] - at) * 1000 for event, at in committed.items()])
    into.p50.append(p50)
    into.p99.append(p99)


def _backlog(one: Follower, bootstrap: str, into: Figures) -> None:
    """Let it rest while many are committed, and see how long it takes from the first of them to the last."""
    with closing(Backlog(bootstrap, one.topic)) as backlog:
        one.rest()
        one.commit(EVENTS)
        one.go_on()
        used = cpu_seconds(one.process)
        into.rate.append(EVENTS / backlog.seconds_for(EVENTS))
        into.cpu.append((cpu_seconds(one.process) - used) / EVENTS * 1000)
