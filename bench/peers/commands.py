"""Durable commands over HTTP: our API beside what others would build it with, all in turn in each round.

All have the same PostgreSQL, over loopback, the same client and body, and 2,000 streams. Our two processes
are sent commands by episode; while one process is measured, the other rests.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

import psycopg

from bench.machine import BREADTH, Machine, mark
from bench.peers.fetched import NotHad
from bench.peers.own_postgres import OwnPostgres, own_postgres, refuse_forgetful
from bench.peers.programs import Running, running
from bench.peers.sides import Side
from bench.peers.systems import AXON, PEERS, Peer
from bench.serving import CONNECTIONS, Load, Target, WrongAnswers, serving
from bench.table import MILLISECONDS, Line, NotMeasured, Row
from tests.support.databases import episodes_database
from tests.support.episodes.api_process import Api

OURS, OURS_TWICE = "one process", "two processes, sent by episode"
TWO_BESIDE_AXON, CPU_BESIDE_AXON = 1.0, 0.9
"""The least ratio of rates, and the greatest of CPU time."""
_OUR_SIZE = "SELECT avg(length(state))::int FROM stored_events WHERE originator_version > 1"


def measure(machine: Machine) -> Iterator[Line]:
    """The rows of each peer, or the line that says why there are none."""
    try:
        with own_postgres(machine.run_dir / "peers") as server:
            yield from _measured(machine, server)
    except NotHad as missing:
        yield from (NotMeasured(name, str(missing)) for peer in PEERS for name in peer.ways)


def _measured(machine: Machine, server: OwnPostgres) -> Iterator[Line]:
    database = episodes_database(server)
    mark(database)
    refuse_forgetful(database.url("api"))
    with serving(database, processes=2, breadth=2 * BREADTH) as (target, apis), ExitStack() as peers:
        one, two = _ours(target, apis)
        theirs: list[Side] = []
        programs: list[tuple[Peer, Running]] = []
        for peer in PEERS:
            try:
                there = peers.enter_context(running(peer, server))
            except NotHad as missing:
                yield from (NotMeasured(name, str(missing)) for name in peer.ways)
                continue
            programs.append((peer, there))
            theirs += _sides(peer, there)
        _alternate([one, two, *theirs], machine, server)
        _say_sizes([("ours", _OUR_SIZE, database.superuser_url)] + [_stored(*it) for it in programs])
    yield from rows(one, two, theirs)


def _ours(target: Target, apis: Sequence[Api]) -> tuple[Side, Side]:
    """One process with half of the episodes, and both with the others."""
    alone, apart = (replace(target, episodes=target.episodes[it::2]) for it in range(2))
    processes = [api.process for api in apis]
    return (
        Side(OURS, lambda seconds: alone.load(seconds, urls=target.urls[:1]), processes, 5.0),
        Side(OURS_TWICE, lambda seconds: apart.load(seconds, by_episode=True), processes, 5.0),
    )


def _sides(peer: Peer, there: Running) -> Iterator[Side]:
    """Each way of a peer to record a command."""
    for name, way in peer.ways.items():

        def load(seconds: float, way: str = way) -> Load:
            return there.target.load(seconds, way)

        yield Side(name, load, [there.process], peer.warm_up)


def _alternate(sides: Sequence[Side], machine: Machine, server: OwnPostgres) -> None:
    for side in sides:
        side.warm()
    for _ in range(machine.rounds):
        for side in sides:
            side.measure(machine.seconds, server)


def rows(one: Side, two: Side, theirs: Sequence[Side]) -> Iterator[Line]:
    """The table: rate, CPU time and p99 beside each, and for Axon our two processes too."""
    for ours in (one, two):
        if ours.wrong is not None:
            raise WrongAnswers(ours.wrong)
    for their in theirs:
        if their.wrong is not None:
            yield NotMeasured(their.name, their.wrong)
            continue
        axon = their.name == AXON
        yield Row(f"durable commands, {CONNECTIONS} connections", one.rate, their.name, their.rate, None)
        if axon:
            yield Row(f"the same, {two.name}", two.rate, their.name, their.rate, TWO_BESIDE_AXON)
        what, aim = "CPU of a command, server and database", CPU_BESIDE_AXON if axon else None
        yield Row(what, one.cpu, their.name, their.cpu, aim, MILLISECONDS, True)
        if axon:
            yield Row(f"the same, {two.name}", two.cpu, their.name, their.cpu, None, MILLISECONDS, True)
        yield Row("p99 of a command", one.p99, their.name, their.p99, None, MILLISECONDS, True)


def _stored(peer: Peer, there: Running) -> tuple[str, str, str]:
    return peer.folder, peer.size, there.database.superuser_url


def _say_sizes(stores: Sequence[tuple[str, str, str]]) -> None:
    """How many bytes each stores for a command."""
    told = []
    for name, query, url in stores:
        with psycopg.connect(url) as connection:
            row = connection.execute(query.encode()).fetchone()
        told.append(f"{name} {row[0] if row else '?'}")
    print("peers: bytes of an event:", ", ".join(told), file=sys.stderr)
