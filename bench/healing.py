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
from tests.support.episodes.log_writer import Log, care, opening
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import Stack, bearer
from tests.support.waiting import eventually

LONG_AGO = timedelta(minutes=20)
EPISODES, SESSIONS = 1_000, 9
HEALED_WITHIN, COMPARED_WITHIN = 30.0, 60.0
"""The aims, in seconds."""

_KNOWN = """INSERT INTO known_episodes (network_id, episode_id, clinic_id, last_sequence)
SELECT %s, id, id, 1 FROM unnest(%s::uuid[]) AS id"""
_READ_TO = """INSERT INTO positions (lane, network_id, position) VALUES (%s, %s, %s)
ON CONFLICT (lane) DO UPDATE SET position = excluded.position"""
_COMPARED = "comparisons WHERE reached_at > now() - interval '1 minute'"


def measure(machine: Machine) -> Iterator[Row]:
    missing = EPISODES * (1 + SESSIONS)
    healed = [_healed(machine.postgres, missing) for _ in range(machine.rounds)]
    what = f"{missing:,} missing events of {EPISODES:,} episodes: found and taken in"
    yield Row(what, healed, "the aim", [HEALED_WITHIN] * machine.rounds, 1.0, SECONDS, True)
    episodes = 100_000 if machine.full else 20_000
    aim = COMPARED_WITHIN * episodes / 100_000
    compared = [_compared(machine.postgres, episodes)]
    yield Row(f"{episodes:,} episodes compared", compared, "the aim", [aim], 1.0, SECONDS, True)


def _healed(postgres: PostgresServer, missing: int) -> float:
    with _silent(postgres) as (stack, log):
        log.record(care(log, EPISODES, SESSIONS, stack.network), ago=LONG_AGO)
        return _seconds_of(stack, lambda: stack.count("notifications", "seen_events") == missing)


def _compared(postgres: PostgresServer, episodes: int) -> float:
    """All that was published is known, and nothing has to be fetched."""
    with _silent(postgres) as (stack, log):
        opened = [log.episode(stack.network) for _ in range(episodes)]
        log.record(((it, opening(it)) for it in opened), ago=LONG_AGO)
        stack.write("notifications", _KNOWN, [stack.network, [it.id for it in opened]])
        took = _seconds_of(stack, lambda: stack.count("notifications", _COMPARED))
        assert stack.count("notifications", "gaps") == 0
        return took


@contextmanager
def _silent(postgres: PostgresServer) -> Iterator[tuple[Stack, Log]]:
    """A stack without `consume`, and its log to write to."""
    with TemporaryDirectory() as place, Stack(postgres, None, Path(place)) as stack:
        for database in (stack.episodes, stack.notifications):
            mark(database)
            refuse_unmarked(database.superuser_url)
        stack.kill("consume")
        with closing(Log(stack.episodes, Path(place) / "episodes")) as log:
            yield stack, log


def _seconds_of(stack: Stack, done: Callable[[], object]) -> float:
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
