"""Starts the program that shows another system, gives it a database, and ends it."""

import ctypes
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx
import psutil

from bench.machine import BREADTH, refuse_unmarked
from bench.peers.fetched import NotHad, why
from bench.peers.own_postgres import OwnPostgres, refuse_forgetful
from bench.peers.systems import Peer
from bench.serving import Target
from tests.support.servers.kafka import free_port
from tests.support.servers.postgres import Database

STARTS_WITHIN = 300.0
"""In seconds."""
_PR_SET_PDEATHSIG = 1


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
    environment = server.environment | {
        "PGDATABASE": database.name,
        "PEER_PORT": str(port),
        "PEER_ENVELOPE": secrets.token_hex(peer.envelope // 2),
    }
    with TemporaryDirectory() as directory:
        log = Path(directory, "log")
        with started(peer.command, place, log, environment) as process:
            url = f"http://127.0.0.1:{port}"
            await_answer(f"{url}/health/ready", process, log)
            episodes = [str(uuid4()) for _ in range(BREADTH)]
            yield Running(process, database, Target([url], "none", episodes, Path(directory)))


@contextmanager
def started(
    command: Sequence[str], place: Path, log: Path, environment: Mapping[str, str]
) -> Iterator[psutil.Popen]:
    """A process in this directory, killed at the end; on Linux also if we are killed before."""
    with log.open("wb") as output:
        process = psutil.Popen(
            command,
            cwd=place,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(60)


def _die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def await_answer(url: str, process: psutil.Popen, log: Path) -> None:
    """Wait until a GET is answered with 2xx. Raises `NotHad` if the process ends or takes too long."""
    deadline = time.monotonic() + STARTS_WITHIN
    with httpx.Client(timeout=5) as http:
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                if http.get(url).is_success:
                    return
            time.sleep(0.2)
    raise NotHad(f"does not start: {why(log.read_text(errors='replace'))}")
