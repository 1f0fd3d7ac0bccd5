"""Webhooks to fifty partners by the `deliver` role, beside a bare aiohttp client with the same settings.

The role claims, asks for a decision, signs, sends and records each attempt; the bare client only sends.
Then one endpoint in ten hangs, and the wait of the others is compared with the wait before.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import aiohttp

from bench.machine import Machine, mark, refuse_unmarked
from bench.table import MILLISECONDS, Row
from notifications.delivering.outbox import PER_ENDPOINT
from notifications.delivering.secret_sealing import Sealing
from notifications.delivering.signing import secret_text
from notifications.postgres.connections import WAKE
from tests.support.databases import notifications_database
from tests.support.notifications.service_process import Issuer, Notifications
from tests.support.waiting import eventually

ENDPOINTS, HUNG = 50, 5
PER_SECOND = 300
"""How many webhooks are owed for each second of a round. The bare client sends ten times as many."""

SHARE, SLOWER = 0.7, 2.0
_SUBSCRIBE = """INSERT INTO subscriptions
    (network_id, subscription_id, partner_id, url, level, secret, created_at, proved_at, rests_until)
VALUES ('demo', %s, %s, %s, 'ids', %s, now(), now(), NULL)"""
_NUMBERED = "UPDATE subscriptions SET last_number = last_number + %s"
_OWE = """INSERT INTO deliveries (network_id, subscription_id, number, event_id, event_type, episode_id,
    clinic_id, occurred_at, precision, recorded_at, origin, dataref, correlation_id, due_at)
SELECT 'demo', subscription_id, last_number - n, gen_random_uuid(), 'care.episode.session_delivered.v1',
    gen_random_uuid(), gen_random_uuid(), '2026-01-05T10:00:00+00:00', 'minute',
    '2026-01-05T10:00:00+00:00', 'live', 'http://127.0.0.1/', gen_random_uuid(), clock_timestamp()
FROM subscriptions CROSS JOIN generate_series(0, %s - 1) AS n"""
_HANG = "UPDATE subscriptions SET url = replace(url, '/hook/', '/hang/') WHERE partner_id = ANY (%s)"
_OPEN = """SELECT count(*) AS n FROM deliveries JOIN subscriptions USING (network_id, subscription_id)
WHERE deliveries.state = 'pending' AND url LIKE '%%/hook/%%'"""
_WAITED = """SELECT extract(epoch FROM started_at - owed_at)::float AS began,
    extract(epoch FROM started_at - owed_at)::float + duration_ms / 1000.0 AS ended
FROM attempts JOIN deliveries USING (network_id, subscription_id, number)
JOIN subscriptions USING (network_id, subscription_id)
WHERE url LIKE '%%/hook/%%' AND owed_at = (SELECT max(owed_at) FROM deliveries)"""


def measure(machine: Machine) -> Iterator[Row]:
    """Measure the role and the bare client with healthy endpoints, then the role with some hanging."""
    database = notifications_database(machine.postgres)
    mark(database)
    refuse_unmarked(database.superuser_url)
    each = max(4, int(PER_SECOND * machine.seconds / ENDPOINTS))
    with TemporaryDirectory() as place, _partners() as url:
        service = Notifications(database, Path(place), Issuer(Path(place)), url)
        _subscribe(service, url)
        with service.running("deliver"):
            _round(service, 4)  # warm up
            rates, bare, healthy, beside_hung = [], [], [], []
            for _ in range(machine.rounds):
                rate, p95 = _round(service, each)
                rates.append(rate)
                healthy.append(p95)
                bare.append(asyncio.run(_bare(url, each * ENDPOINTS * 10)))
            service.write(_HANG, [UUID(int=number) for number in range(HUNG)])
            for _ in range(machine.rounds):
                beside_hung.append(_round(service, each)[1])
    yield Row(
        f"webhooks to {ENDPOINTS} healthy partners", rates, "aiohttp, same settings, sends only", bare, SHARE
    )
    what = f"{HUNG} of {ENDPOINTS} hang: the others' wait, p95"
    yield Row(what, beside_hung, "none hangs", healthy, SLOWER, MILLISECONDS, True)


@contextmanager
def _partners() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", "bench.partners"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _subscribe(service: Notifications, url: str) -> None:
    sealing = Sealing(service.issuer.directory / "keys")
    for number in range(ENDPOINTS):
        one = uuid4()
        secret = sealing.seal(secret_text(os.urandom(32)), "demo", one)
        service.write(_SUBSCRIBE, one, UUID(int=number), f"{url}/hook/{number}", secret)


def _round(service: Notifications, each: int) -> tuple[float, float]:
    """Webhooks per second, and the milliseconds from owed to sent at p95, for the endpoints that answer."""
    service.write(_NUMBERED, each)
    service.write(_OWE, each)
    service.write(f"NOTIFY {WAKE}")
    eventually(lambda: service.rows(_OPEN)[0]["n"] == 0, within=60)
    waited = service.rows(_WAITED)
    p95 = quantiles((row["began"] for row in waited), n=20)[-1]
    return len(waited) / float(max(row["ended"] for row in waited)), p95 * 1000


async def _bare(url: str, count: int) -> float:
    """Send with the role's limit of concurrent requests per endpoint, and bodies of the same length."""
    connector = aiohttp.TCPConnector(use_dns_cache=False, limit=0)
    jar, body = aiohttp.DummyCookieJar(), os.urandom(600)
    numbers = iter(range(count))
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, auto_decompress=False) as http:

        async def send() -> None:
            for number in numbers:
                async with http.post(f"{url}/hook/{number % ENDPOINTS}", data=body) as answer:
                    await answer.read()

        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(ENDPOINTS * PER_ENDPOINT):
                group.create_task(send())
        return count / (time.perf_counter() - began)
