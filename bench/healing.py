"""How long it takes until what never arrived is found and has taken effect, with every role as a process.

All of it was recorded long ago and passed over by the feed: comparing must find it, healing must fetch it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bench.machine import Machine, mark, refuse_unmarked
from bench.table import SECONDS, Row
from tests.support.episodes.log_writer import Log, care
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import Stack, bearer
from tests.support.waiting import eventually

LONG_AGO = timedelta(minutes=20)
EPISODES, SESSIONS = 1_000, 9
HEALED_WITHIN = 30.0
"""The aim, in seconds."""

_READ_TO = """INSERT INTO positions (lane, network_id, position) VALUES (%s, %s, %s)
ON CONFLICT (lane) DO UPDATE SET position = excluded.position"""


def measure(machine: Machine) -> Iterator[Row]:
    missing = EPISODES * (1 + SESSIONS)
    healed = [_healed(machine.postgres, missing) for _ in range(machine.rounds)]
    what = f"{missing:,} missing events of {EPISODES:,} episodes: found and taken in"
    yield Row(what, healed, "the aim", [HEALED_WITHIN] * machine.rounds, 1.0, SECONDS, True)


def _healed(postgres: PostgresServer, missing: int) -> float:
    with silent(postgres) as (stack, log):
        log.record(care(log, EPISODES, SESSIONS, stack.network), ago=LONG_AGO)
        return seconds_of(stack, lambda: stack.count("notifications", "seen_events") == missing)


@contextmanager
def silent(postgres: PostgresServer) -> Iterator[tuple[Stack, Log]]:
    """A stack without `consume`, and its log to write to."""
    with TemporaryDirectory() as place, Stack(postgres, None, Path(place)) as stack:
        for database in (stack.episodes, stack.notifications):
            mark(database)
            refuse_unmarked(database.superuser_url)
        stack.kill("consume")
        with closing(Log(stack.episodes, Path(place) / "episodes")) as log:
            yield stack, log


def seconds_of(stack: Stack, done: Callable[[], object]) -> float:
    """How long `consume` works until this is so; its feed seems to have been read to the end."""
    lane = f"feed/{stack.network}"
    stack.write("notifications", _READ_TO, [lane, stack.network, _end_of_feed(stack)])
    began = time.perf_counter()
    stack.start("consume")
    eventually(done, within=600)
    return time.perf_counter() - began


def _end_of_feed(stack: Stack) -> str:
    query = {"limit": "1000"}
    with httpx.Client(base_url=stack.url("api"), headers=bearer(stack.token("service")), timeout=60) as http:
        while True:
            position: str = http.get("/v1/feed", params=query).json()["next"]
            if position == query.get("after"):
                return position
            query["after"] = position
