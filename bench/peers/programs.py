"""The other systems that record commands: which program of ours shows each, and how it is started."""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from uuid import uuid4

import httpx
import psutil

from bench.machine import refuse_unmarked
from bench.peers.fetched import NotHad, built_by_maven, from_npm, why
from bench.peers.message_store import install
from bench.peers.own_postgres import OwnPostgres, refuse_forgetful
from bench.serving import BODY, BREADTH, Target
from tests.support.servers.kafka import free_port
from tests.support.servers.postgres import Database

STARTS_WITHIN = 120.0
"""In seconds."""


@dataclass(frozen=True)
class Peer:
    """A program and how to get it; its ways to record a command, by the last part of the path; and what tells how
    many bytes it stores for one. `envelope` bytes are stored with each command, so that it is as large as one of ours.
    """

    folder: str
    fetch: Callable[[str], Path]
    command: Sequence[str]
    ways: Mapping[str, str]
    size: str
    envelope: int
    prepare: Callable[[Path, OwnPostgres, Database], None] = lambda place, server, database: None
    warm_up: float = 5.0
    """Seconds of load before the first round."""


AXON = "Axon 4.13, JDBC"
PEERS = (
    Peer(
        "axon",
        built_by_maven,
        ("java", "-Xms512m", "-Xmx1g", "-cp", "target/classes:jars/*", "peer.Application"),
        MappingProxyType({AXON: "assessments"}),
        "SELECT avg(length(payload) + length(metadata))::int FROM domainevententry",
        envelope=728,
        warm_up=25.0,
    ),
    Peer(
        "emmett",
        from_npm,
        ("node", "app.mjs"),
        MappingProxyType(
            {
                "Emmett 0.42, appends only": "appended",
                "Emmett 0.42, reads, folds, appends": "assessments",
            }
        ),
        "SELECT avg(pg_column_size(message_data) + pg_column_size(message_metadata))::int FROM emt_messages",
        envelope=728,
    ),
    Peer(
        "message_db",
        from_npm,
        ("node", "app.mjs"),
        MappingProxyType({"message-db 1.3, appends only": "assessments"}),
        "SELECT avg(pg_column_size(data) + pg_column_size(metadata))::int FROM message_store.messages",
        envelope=750,
        prepare=install,
    ),
)


@dataclass(frozen=True)
class Running:
    """A peer that answers: its process, its database, and where to send commands."""

    process: psutil.Popen
    database: Database
    target: Target


@contextmanager
def running(peer: Peer, server: OwnPostgres) -> Iterator[Running]:
    """The peer on a new database, killed at the end. Raises `NotHad`."""
    place, database = peer.fetch(peer.folder), server.for_peer()
    refuse_unmarked(database.superuser_url)
    refuse_forgetful(database.superuser_url)
    peer.prepare(place, server, database)
    port = free_port()
    with TemporaryDirectory() as directory, started(
        [*peer.command],
        place,
        Path(directory, "log"),
        server.environment
        | {
            "PGDATABASE": database.name,
            "PEER_PORT": str(port),
            "PEER_ENVELOPE": secrets.token_hex(peer.envelope // 2),
        },
    ) as process:
        url = f"http://127.0.0.1:{port}"
        await_answer(f"{url}/health/ready", process, Path(directory, "log"))
        episodes = [str(uuid4()) for _ in range(BREADTH)]
        yield Running(process, database, Target([url], "none", episodes, Path(directory)))


@contextmanager
def started(
    command: Sequence[str], place: Path, log: Path, environment: Mapping[str, str]
) -> Iterator[psutil.Popen]:
    """A process in this directory, killed at the end whatever happens."""
    with log.open("wb") as output:
        process = psutil.Popen(
            command,
            cwd=place,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(60)


def await_answer(url: str, process: psutil.Popen, log: Path) -> None:
    """Wait until a GET is answered with 2xx. Raises `NotHad` if the process ends or takes too long."""
    deadline = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise NotHad(f"does not start: {why(log.read_text(errors='replace'))}")


