"""The latency of a command at a quarter of the maximum rate: p99 beside p50.

The load is steady, and latency counts from the schedule (`pacing`), not from when a client was ready to send.
"""

import asyncio
import json
from collections.abc import Iterator
from uuid import uuid4

import aiohttp

from bench.machine import Machine
from bench.pacing import p50_and_p99, paced
from bench.serving import BODY, Target, serving
from bench.table import MILLISECONDS, Row

SHARE = 0.25
"""The load as a share of the maximum rate, which this run measures first."""

TARGET = 5.0


def measure(machine: Machine) -> Iterator[Row]:
    """Measure the maximum rate, then the latency at a quarter of it in each round."""
    middle, slow = [], []
    with serving(machine.episodes(), breadth=machine.breadth) as (target, _):
        most = target.load(machine.seconds).per_second
        for _ in range(machine.rounds):
            took = asyncio.run(_steady(target, SHARE * most, machine.seconds))
            p50, p99 = p50_and_p99(took)
            middle.append(p50)
            slow.append(p99)
    what = f"command at {SHARE * most:,.0f}/s, p99"
    yield Row(what, slow, "the same, p50", middle, TARGET, MILLISECONDS, True)


async def _steady(target: Target, per_second: float, seconds: float) -> list[float]:
    headers = {"authorization": f"Bearer {target.token}", "content-type": "application/json"}
    body, episodes = json.dumps(BODY).encode(), target.episodes
    connector = aiohttp.TCPConnector(limit=256)
    async with aiohttp.ClientSession(target.urls[0], connector=connector, headers=headers) as http:

        async def ask(number: int) -> None:
            path = f"/v1/episodes/{episodes[number % len(episodes)]}/assessments"
            async with http.post(path, data=body, headers={"idempotency-key": str(uuid4())}) as answer:
                await answer.read()
                answer.raise_for_status()

        await paced(ask, 20, 1)  # warm up connections and code paths
        return await paced(ask, per_second, seconds)
