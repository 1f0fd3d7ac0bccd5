"""Episodes of 2,000 events: one command at a time that finds nothing cached, and disclosure decisions.

Decisions are asked where notifications ask them: soon after the process has recorded something in the
episode, so that its state is cached. What they take where it is not is shown beside, without an aim.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from statistics import median, quantiles
from uuid import uuid4

import aiohttp
from pydantic_core import to_json

from bench.machine import Machine
from bench.pacing import paced
from bench.stores import Store, command, cpu_seconds, stored
from bench.table import MILLISECONDS, Row
from episodes.http.examples import PARTNER
from tests.support.episodes.api_process import Api

EVENTS, EPISODES, QUICKLY = 2_000, 50, 20
A_COMMAND, A_DECISION = 15.0, 10.0
"""The aims, in milliseconds: at p50 and at p95."""
PER_SECOND, SELDOM, WARM_UP = 200, 5, 20


def measure(machine: Machine) -> Iterator[Row]:
    """Commands without a cache, then decisions with it and without, in each round."""
    alone, cached, cpu, calm, folded = [], [], [], [], []
    with (
        stored(machine, EPISODES if machine.full else QUICKLY, EVENTS) as store,
        store.api(0) as bare,
        store.api() as api,
    ):
        for _ in range(machine.rounds):
            alone.append(median(_milliseconds(bare, one) for one in store.episodes))
            events = [command(api, one) for one in store.episodes]
            before = cpu_seconds(api)
            cached.append(quantiles(_decided(store, api, events, PER_SECOND, machine.seconds), n=20)[-1])
            asked = PER_SECOND * machine.seconds + WARM_UP
            cpu.append(1_000 * (cpu_seconds(api) - before) / asked)
            calm.append(median(_decided(store, api, events, SELDOM, machine.seconds)))
            folded.append(median(_decided(store, bare, events, SELDOM, machine.seconds)))
    aims = [[aim] * machine.rounds for aim in (A_COMMAND, A_DECISION)]
    one = f"a command, {EVENTS:,} events, not cached, p50"
    yield Row(one, alone, f"the aim: {A_COMMAND:.0f} ms", aims[0], 1.0, MILLISECONDS, True)
    many = f"decisions, {EVENTS:,} events, {PER_SECOND}/s, p95"
    yield Row(many, cached, f"the aim: {A_DECISION:.0f} ms", aims[1], 1.0, MILLISECONDS, True)
    core = [1_000 / PER_SECOND] * machine.rounds
    yield Row("the same, CPU of each", cpu, "one core, at this rate", core, None, MILLISECONDS, True)
    seldom = f"decisions at {SELDOM}/s, not cached, p50"
    yield Row(seldom, folded, "the same, cached", calm, None, MILLISECONDS, True)


def _milliseconds(api: Api, episode: str) -> float:
    began = time.perf_counter()
    command(api, episode)
    return (time.perf_counter() - began) * 1_000


def _decided(
    store: Store, api: Api, events: Sequence[str], per_second: float, seconds: float
) -> Sequence[float]:
    """The latency of each decision, of one event, which the partner may be told, at a steady rate."""
    headers = {"authorization": f"Bearer {store.service.token()}", "content-type": "application/json"}

    async def all_of_them() -> Sequence[float]:
        async with aiohttp.ClientSession(api.url, headers=headers) as http:

            async def ask(number: int) -> None:
                event = events[number % len(events)]
                question = {"event_id": event, "partner": PARTNER, "subscription_id": str(uuid4())}
                async with http.post("/v1/disclosure-decisions", data=to_json([question])) as answer:
                    (decision,) = await answer.json()
                    if not decision["allowed"]:
                        raise SystemExit(f"the partner was not told, which is quicker: {decision['reason']}")

            await paced(ask, min(WARM_UP, per_second), 1)  # warm up connections and code paths
            return await paced(ask, per_second, seconds)

    return asyncio.run(all_of_them())
