"""Durable commands over HTTP, beside the empty command and beside one row per transaction with the lock."""

import asyncio
import os
import time
from collections.abc import Iterator

import psycopg

from bench.machine import Machine
from bench.serving import CONNECTIONS, serving
from bench.table import Row
from episodes.event_log.recorder import APPENDING

TO_EMPTY, TO_BARE = 0.65, 2.0
STATE_BYTES = 900
"""The approximate size of an encrypted assessment in the log, in bytes."""


def measure(machine: Machine) -> Iterator[Row]:
    """Four figures in turn in each round, so that a slow minute of the machine affects all of them."""
    database, seconds = machine.episodes(), machine.seconds
    empty, short, durable, bare = [], [], [], []
    with serving(database, ["bench.app"], breadth=machine.breadth) as (target, _):
        for _ in range(machine.rounds):
            empty.append(target.load(seconds, "empty").per_second)
            durable.append(target.load(seconds).per_second)
            short.append(target.load(seconds, "empty-short").per_second)
            bare.append(asyncio.run(_one_row_each(database.superuser_url, seconds)))
    what = f"durable commands, {CONNECTIONS} connections"
    yield Row(what, durable, "empty command", empty, TO_EMPTY)
    yield Row("", durable, "empty command on our shorter way", short, TO_EMPTY)
    yield Row("", durable, "one row per transaction, same lock", bare, TO_BARE)


async def _one_row_each(superuser_url: str, seconds: float) -> float:
    """Rows a second by a bare client: lock, insert, commit, one row at a time."""
    async with await psycopg.AsyncConnection.connect(superuser_url, autocommit=True) as connection:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS bare_log (id bigserial PRIMARY KEY, state bytea)"
        )
    ends = time.perf_counter() + seconds
    began = time.perf_counter()
    written = await asyncio.gather(*(_insert(superuser_url, ends) for _ in range(CONNECTIONS)))
    return sum(written) / (time.perf_counter() - began)


async def _insert(url: str, ends: float) -> int:
    state, count = os.urandom(STATE_BYTES), 0
    async with await psycopg.AsyncConnection.connect(url) as connection:
        while time.perf_counter() < ends:
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [APPENDING])
            await connection.execute("INSERT INTO bare_log (state) VALUES (%s)", (state,))
            await connection.commit()
            count += 1
    return count
