"""The long-running roles and the operator's commands, built from settings; part of the composition root."""

import asyncio
import random
import secrets
import signal
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import aiohttp
import structlog
import uvicorn
from prometheus_client import CollectorRegistry, Gauge, start_http_server

from care_platform import process_metrics, runtime
from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.clock_drift import ClockDrift
from care_platform.http.operations_port import listening
from care_platform.http.serving import serving
from care_platform.logs import leave
from care_platform.postgres.grants import of_role
from care_platform.process import EXIT_TRY_AGAIN
from care_platform.seldom import Seldom
from notifications.config import Settings
from notifications.delivering.addresses import SAFE_PORTS, AddressRules
from notifications.delivering.challenge_rows import PostgresChallenges
from notifications.delivering.challenger import Challenger
from notifications.delivering.courier import Clock, Courier
from notifications.delivering.disclosure import HttpDisclosure
from notifications.delivering.dispatch import Dispatch
from notifications.delivering.names import Names
from notifications.delivering.outbox import PostgresOutbox
from notifications.delivering.partners import HttpPartners
from notifications.delivering.secret_sealing import Sealing
from notifications.delivering.webhooks import HttpEndpoint
from notifications.episodes_service import EpisodesService
from notifications.http.services import Services
from notifications.migrate import newest
from notifications.migrations.grants import API, CONSUME, DELIVER, GRANTS
from notifications.postgres.connections import Connect, Database, connect_granted
from notifications.processes.app import create_app
from notifications.reacting.comparing import Comparing
from notifications.reacting.consumer import follow
from notifications.reacting.feed_source import FeedSource
from notifications.reacting.healing import Healing
from notifications.reacting.intake import NoMessagesFault
from notifications.reacting.kafka_source import KafkaSource
from notifications.reacting.published import PublishedLog
from notifications.reacting.sources import Source
from notifications.service_tokens import ServiceTokens
from notifications.tokens import verifier

STOP_SECONDS = 3.5

log = structlog.get_logger()


async def api(settings: Settings) -> int:
    """Serve until told to stop."""
    _stop_signal()
    address = settings.address("database_url")
    async with Database(address, size=8) as database, session_with_episodes(settings) as session:
        metrics = CollectorRegistry()
        process_metrics.register("notifications", metrics)
        drift = ClockDrift(_now)
        drift.register("notifications", metrics)
        issuer_keys = _issuer_keys(settings, metrics)
        episodes = _episodes(settings, session)
        services = Services(
            database=database,
            revision=newest(),
            grants=of_role(GRANTS, API),
            networks=settings.networks,
            tokens=verifier(issuer_keys, settings),
            issuer_keys=issuer_keys,
            sealing=Sealing(settings.keys_dir, settings.development),
            disclosure=HttpDisclosure(episodes),
            partners=HttpPartners(episodes),
            metrics=metrics,
            drift=drift,
            public_url=settings.public_url,
            addresses=_addresses(settings),
            subscriptions_per_partner=settings.subscriptions_per_partner,
            now=_now,
            new_id=uuid4,
            random_bytes=secrets.token_bytes,
        )
        config = uvicorn.Config(
            create_app(services, operations_port=settings.operations_port),
            host=settings.host,
            port=settings.port,
            lifespan="off",
            timeout_graceful_shutdown=3,
            **serving(settings.door(), settings.certificate()),
        )
        server = uvicorn.Server(config)
        runtime.tune(asyncio.get_running_loop())
        log.info("api begins", port=settings.port, environment=settings.environment)
        following = await issuer_keys.begin()
        await server.serve(listening(config, settings.operations_port))
        following.cancel()
    return 0 if server.started else 1


async def consume(settings: Settings) -> int:
    """Follow every source, and fetch what is missing, until told to stop. What ends by itself is a defect."""
    stop = _stop_signal()
    connecting = partial(connect_granted, settings.address("database_url"), of_role(GRANTS, CONSUME))
    log.info("consume begins", source=settings.source)
    async with session_with_episodes(settings) as session:
        published = PublishedLog(_episodes(settings, session))
        work = [_running(follow(source, connecting, ClockDrift(_now))) for source in _sources(settings)]
        work += [_running(it.run()) for it in _background(settings, connecting, published)]
        runtime.tune(asyncio.get_running_loop())
        waiting = _running(stop.wait())
        done, _ = await asyncio.wait([*work, waiting], return_when=asyncio.FIRST_COMPLETED)
        for task in work:
            task.cancel()
        _, stuck = await asyncio.wait(work, timeout=STOP_SECONDS)
    fault = _first_fault(work)
    code = 0 if waiting in done else EXIT_TRY_AGAIN if isinstance(fault, NoMessagesFault) else 1
    if isinstance(fault, NoMessagesFault):
        log.error("no message can be taken in, whichever it is", error=str(fault))
    log.info(
        "consume ends", status=code, count=len(stuck), error=None if fault is None else type(fault).__name__
    )
    if stuck:  # a thread still waits for a broker; no transaction is left half done, so it can be abandoned
        leave(code)
    return code


async def deliver(settings: Settings) -> int:
    """Send due challenges and deliveries until told to stop."""
    stop = _stop_signal()
    names = Names.of_servers(settings.name_servers, settings.seconds_for_a_name)
    endpoint = HttpEndpoint(settings.attempt_seconds, names, settings.allow_loopback, settings.development)
    async with (
        Database(settings.address("database_url"), size=4) as database,
        session_with_episodes(settings) as session,
        endpoint,
    ):
        lease = timedelta(seconds=settings.lease_seconds)
        sealing = Sealing(settings.keys_dir, settings.development)
        clock, drift = Clock(_now, time.monotonic, random.random), ClockDrift(_now)
        courier = Courier(
            outbox=PostgresOutbox(database, sealing, lease, drift),
            disclosure=HttpDisclosure(_episodes(settings, session)),
            endpoint=endpoint,
            clock=clock,
            public_url=settings.public_url,
            delays=settings.delays,
            says_again=Seldom(),
            begins_within=settings.lease_seconds - settings.attempt_seconds,
        )
        challenges = PostgresChallenges(database, sealing, settings.networks, lease, drift)
        challenger = Challenger(challenges, endpoint, clock, settings.public_url, settings.delays)
        runtime.tune(asyncio.get_running_loop())
        log.info("deliver begins", environment=settings.environment)
        connecting = partial(connect_granted, settings.address("database_url"), of_role(GRANTS, DELIVER))
        async with _telling(settings.deliver_metrics_port, drift), asyncio.TaskGroup() as both:
            dispatch = Dispatch(courier, settings.networks, connecting, ahead=settings.claims_ahead)
            both.create_task(dispatch.run(stop))
            both.create_task(challenger.run(stop))
    log.info("deliver ends")
    return 0


@asynccontextmanager
async def _telling(port: int | None, drift: ClockDrift) -> AsyncIterator[None]:
    """Serve the metrics of `deliver`, if it has a port for them."""
    if port is None:
        yield
        return
    registry = CollectorRegistry()
    process_metrics.register("notifications", registry)
    drift.register("notifications", registry)
    server, _ = start_http_server(port, "127.0.0.1", registry)
    yield
    server.shutdown()
    server.server_close()


def _sources(settings: Settings) -> Sequence[Source]:
    if settings.source == "kafka":
        return [KafkaSource(settings.brokers(), settings.networks)]
    tokens, trust = ServiceTokens(settings.tokens_file), settings.trust_in_episodes()
    return [FeedSource(settings.episodes_url, network, tokens, trust) for network in settings.networks]


def _background(
    settings: Settings, connecting: Connect, published: PublishedLog
) -> tuple[Healing, Comparing]:
    patience = timedelta(seconds=settings.missing_seconds)
    return (
        Healing(connecting, published, settings.networks, patience, settings.episodes_url),
        Comparing(connecting, published, settings.networks, by_feed=settings.source == "feed"),
    )


def _issuer_keys(settings: Settings, metrics: CollectorRegistry) -> IssuerKeys:
    keys = IssuerKeys(settings.key_source(), log, development=settings.development)
    age = Gauge(
        "notifications_issuer_keys_age_seconds",
        "Since the token issuer's keys were last read without a fault",
        registry=metrics,
    )
    age.set_function(keys.age)
    return keys


def session_with_episodes(settings: Settings) -> aiohttp.ClientSession:
    """For the episodes service alone: partners' certificates are checked by other authorities.

    Its name is looked up without a thread, so that no other look-up holds it up.
    """
    connector = aiohttp.TCPConnector(ssl=settings.trust_in_episodes(), resolver=aiohttp.AsyncResolver())
    return aiohttp.ClientSession(connector=connector, trust_env=False)


def _episodes(settings: Settings, session: aiohttp.ClientSession) -> EpisodesService:
    tokens = ServiceTokens(settings.tokens_file)
    return EpisodesService(settings.episodes_url, tokens, session, settings.question_seconds)


def _addresses(settings: Settings) -> AddressRules:
    """In development any port will do."""
    ports = None if settings.development else SAFE_PORTS.union(settings.more_ports)
    return AddressRules(settings.development, settings.allow_loopback, ports)


def _stop_signal() -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _running(work: Coroutine[object, object, object]) -> asyncio.Task[object]:
    return asyncio.create_task(work)


def _first_fault(tasks: Sequence[asyncio.Task[object]]) -> BaseException | None:
    ended = [task for task in tasks if task.done() and not task.cancelled()]
    return next((fault for task in ended if (fault := task.exception())), None)


def _now() -> datetime:
    return datetime.now(UTC)
