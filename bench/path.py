"""The time from commit to Kafka, and to the answer of a partner, with every role as a process of its own.

All clocks are one machine's: `recorded_at`, taken before the commit, is compared with the receiver's clock.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import httpx
from aiohttp import web
from kafka import KafkaConsumer

from bench.machine import Machine, mark, refuse_unmarked
from bench.pacing import p50_and_p99, paced
from bench.table import MILLISECONDS, Row
from bench.topic_reader import TopicReader
from tests.support.load import Load, client_of, session_body
from tests.support.notifications.http_servers import Server, echo_of
from tests.support.stack import Stack, bearer
from tests.support.waiting import eventually

PER_SECOND = 200
EPISODES = 200
PARTNERS = [str(UUID(int=number)) for number in range(1, 21)]
"""Each has its own endpoint, because `deliver` limits the attempts under way to one endpoint."""

KAFKA, PARTNER_ANSWERED = "Kafka", "a partner's 2xx"
AIMS = {KAFKA: (10.0, 50.0), PARTNER_ANSWERED: (50.0, 250.0)}
"""The targets at p50 and p99, in milliseconds."""

Lags = dict[str, float]
"""Milliseconds by event id."""


def measure(machine: Machine) -> Iterator[Row]:
    """Record sessions at a steady rate. A round ends when all its events have arrived at both ends."""
    kafka = machine.kafka
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with TemporaryDirectory() as place, Stack(machine.postgres, kafka, Path(place)) as stack:
        for database in (stack.episodes, stack.notifications):
            mark(database)
            refuse_unmarked(database.superuser_url)
        api = client_of(stack)
        load = Load(lambda: api)
        load.prepare(EPISODES, PARTNERS)
        with closing(api), _Partner() as partner, closing(_Topic(stack)) as topic:
            partner.subscribe(stack)
            _round(stack, load, partner, topic, 2)  # warm up connections, caches and code
            for _ in range(machine.rounds):
                on_kafka, answered = _round(stack, load, partner, topic, machine.seconds)
                seen[KAFKA].append(p50_and_p99(on_kafka))
                seen[PARTNER_ANSWERED].append(p50_and_p99(answered))
    for what, aims in AIMS.items():
        for name, aim, ours in zip(("p50", "p99"), aims, zip(*seen[what], strict=True), strict=True):
            beside = f"the aim at {PER_SECOND}/s: {aim:.0f} ms"
            yield Row(f"commit to {what}, {name}", ours, beside, [aim] * len(ours), 1.0, MILLISECONDS, True)


def _round(
    stack: Stack, load: Load, partner: "_Partner", topic: "_Topic", seconds: float
) -> tuple[list[float], list[float]]:
    partner.lags.clear()
    topic.lags.clear()
    asyncio.run(_send(stack, load, seconds))
    count = int(PER_SECOND * seconds)
    eventually(lambda: len(topic.lags) >= count and len(partner.lags) >= count, within=60)
    return list(topic.lags.values()), list(partner.lags.values())


async def _send(stack: Stack, load: Load, seconds: float) -> None:
    headers = {**bearer(stack.token("service")), "content-type": "application/json"}
    async with aiohttp.ClientSession(stack.url("api"), headers=headers) as http:

        async def ask(number: int) -> None:
            path = f"{load.episodes[number % EPISODES]}/sessions"
            body, key = json.dumps(session_body()).encode(), {"idempotency-key": str(uuid4())}
            async with http.post(path, data=body, headers=key) as answer:
                await answer.read()
                answer.raise_for_status()

        await paced(ask, PER_SECOND, seconds)


class _Topic(TopicReader):
    """How long after their recording events of sessions were on the topic."""

    def __init__(self, stack: Stack) -> None:
        self.lags: Lags = {}
        super().__init__(
            KafkaConsumer(
                stack.topic,
                bootstrap_servers=stack.broker.bootstrap,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_min_bytes=1,
            )
        )
        self.begin()

    def take(self, record: Any, headers: dict[str, bytes], now: float) -> None:
        if b"session_delivered" in headers["ce_type"]:
            self.lags[headers["ce_id"].decode()] = _since(headers["ce_recordedtime"].decode(), now)


class _Partner(Server):
    """The endpoint of all partners: answers every webhook at once, and notes the time."""

    def __init__(self) -> None:
        super().__init__(hook=self._receive)
        self.lags: Lags = {}

    def subscribe(self, stack: Stack) -> None:
        url, body = f"{stack.url('notifications')}/v1/subscriptions", {"url": f"{self.url}/hook"}
        for partner in map(UUID, PARTNERS):
            token = stack.token("partner", subject=partner, organisation=partner)
            httpx.post(url, json=body, headers=bearer(token)).raise_for_status()

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        document = json.loads(await request.read())
        if (echo := echo_of(document)) is not None:
            return echo
        data = document["data"]
        self.lags[data["event_id"]] = _since(data["recorded_at"], time.time())
        return web.Response(status=204)


def _since(recorded_at: str, now: float) -> float:
    return (now - datetime.fromisoformat(recorded_at).timestamp()) * 1000
