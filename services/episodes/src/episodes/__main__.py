"""The episodes service: its composition root and its command line. Only here are things constructed."""

import argparse
import json
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import NoReturn
from uuid import uuid4

import psycopg
import structlog
import uvicorn
from fastapi import FastAPI
from joserfc.errors import SecurityWarning
from kafka.errors import KafkaError
from prometheus_client import REGISTRY
from pydantic import ValidationError

from care_platform import crash_points, key_commands, logs, process, process_metrics
from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.clock_drift import ClockDrift
from care_platform.http.serving import run, serving
from care_platform.key_commands import KeyStore
from care_platform.key_files import SIZE
from care_platform.postgres.connecting import why_refused
from care_platform.postgres.granting import NotOurs, RolesMissing, StillInUse
from care_platform.postgres.grants import of_role
from care_platform.postgres.migrations import StoreBeyond
from care_platform.transport.kafka import Brokers
from episodes.api.app import create_app, layered, running
from episodes.api.services import Services
from episodes.command_line import Command, parser
from episodes.config import Settings
from episodes.directory.accesses import AccessRecord
from episodes.directory.clients import Clients
from episodes.directory.postgres import Directory
from episodes.disclosure.postgres import Disclosures
from episodes.episode_list.postgres import Lists
from episodes.episode_list.process import Setting, run_project
from episodes.episode_list.rebuild import run_rebuild
from episodes.episode_list.rows import CHANNEL
from episodes.event_log.cache import Cache
from episodes.event_log.cache_metrics import CacheMetrics
from episodes.event_log.compatibility import AllHave, EverythingIsWritten, why_beyond
from episodes.event_log.episodes import Episodes
from episodes.event_log.epochs import StoreInUse, begin_epoch
from episodes.event_log.keyring import KINDS, Keyring, keyring
from episodes.event_log.master_keys import CLIENT_KEYS, may_rotate
from episodes.event_log.reader import Database, Log, Wake
from episodes.event_log.recorder import connect_to_log
from episodes.event_log.thread_pool import Workers
from episodes.http.metrics import (
    BATCH_COMMANDS,
    BATCH_CONFLICTS,
    ISSUER_KEYS_AGE,
    REFUSED_CALLERS,
    WAITING,
)
from episodes.http.requests import Surroundings
from episodes.migrate import complete, migrate, newest
from episodes.migrations.grants import API, GRANTS, PROJECT, RELAY
from episodes.processes import token_issuing
from episodes.processes.watchdog import Watchdog
from episodes.publishing.another_log import Restores
from episodes.publishing.commands import accept_partitions, retire_network
from episodes.publishing.episode_events import EpisodeEvents
from episodes.publishing.feed_positions import SEALED_SINCE, FeedPositions
from episodes.publishing.process import run_relay
from episodes.publishing.sequences import PublishedSequences
from episodes.publishing.shared_pages import SharedPages
from episodes.publishing.topics import make_topics
from episodes.recording.postgres.store import PostgresStore
from episodes.recording.randomness import randomness
from episodes.recording.rejudging import Rejudging, all_episodes, run_rejudging
from episodes.recording.writer import Writer
from episodes.tokens import verifier
from episodes.turns import Limits


def main() -> None:
    """`episodes ROLE`: see --help."""
    arguments = parser(_COMMANDS).parse_args()
    warnings.filterwarnings("ignore", category=SecurityWarning)
    try:
        settings = Settings()
    except ValidationError as error:
        faults = (f"EPISODES_{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors())
        raise SystemExit("\n".join(faults)) from None
    crash_points.arm(settings.crash_at)
    arguments.run(settings, arguments)


def api(settings: Settings, _: argparse.Namespace) -> None:
    """Serve commands, queries and the feed."""
    process.begin("api")
    process_metrics.register("episodes")
    signal.signal(signal.SIGTERM, _ended)
    inner = application(settings)
    app = layered(inner, settings.operations_port)
    structlog.get_logger("api").info("serving", host=settings.host, port=settings.port)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        timeout_graceful_shutdown=4,
        **serving(settings.door(), settings.certificate()),
    )
    run(config, settings.operations_port, ending=inner.state.at_hand[Wake].end)


def _ended(*_: object) -> NoReturn:
    """uvicorn raises the signal again once all are answered: an ordinary end, not a death by signal."""
    raise SystemExit(os.EX_OK)


def application(settings: Settings) -> FastAPI:
    """The HTTP application over real services, still without the layers around it."""
    url = settings.require("database_url", "the address of the episodes database")
    if settings.development and not settings.jwks_url:
        token_issuing.issuer_key(settings.keys_dir, settings.development_jwks_file)
    issuer_keys = _issuer_keys(settings)
    keys = _keyring(settings)
    cache = _cache(settings)
    REGISTRY.register(CacheMetrics(cache))
    limits = Limits(settings.waiting_per_caller, refused=REFUSED_CALLERS.inc)
    database, workers = Database(url, limits=limits), Workers(url, limits)
    writer = _writer(url, keys, cache, limits)
    log = Log(database, keys.unwrap, settings.networks)
    directory = Directory(database)
    wake = Wake(url)
    services = Services(
        writer=writer,
        log=log,
        episodes=Episodes(database, keys.unwrap),
        wake=wake,
        feed=SharedPages(log, settings.public_url),
        restores=Restores(database),
        drift=ClockDrift(_now),
        episode_events=EpisodeEvents(database, keys.unwrap, settings.public_url),
        sequences=PublishedSequences(database),
        directory=directory,
        clients=Clients(database, AccessRecord(database)),
        disclosures=Disclosures(workers, keys.unwrap, cache),
        lists=Lists(database, Wake(url, CHANNEL)),
        tokens=verifier(issuer_keys, settings),
        issuer_keys=issuer_keys,
        keyring=keys,
        feed_positions=FeedPositions(keys.feed_key),
        positions_may_be_sealed=AllHave(database, SEALED_SINCE),
        everything_is_written=EverythingIsWritten(database),
        surroundings=Surroundings(
            clock=_now,
            new_id=uuid4,
            public_url=settings.public_url,
            revision=newest(),
            grants=of_role(GRANTS, API),
        ),
    )
    WAITING.labels("commands").set_function(lambda: writer.waiting)
    WAITING.labels("reads").set_function(lambda: database.gate.waiting)
    WAITING.labels("decisions").set_function(lambda: workers.gate.waiting)
    return create_app(services, running(services, database, workers, wake, services.lists.wake))


def _issuer_keys(settings: Settings) -> IssuerKeys:
    keys = IssuerKeys(settings.key_source(), structlog.get_logger("issuer"), development=settings.development)
    ISSUER_KEYS_AGE.set_function(keys.age)
    return keys


def _writer(url: str, keys: Keyring, cache: Cache, limits: Limits) -> Writer:
    def observe(size: int, attempts: int) -> None:
        BATCH_COMMANDS.observe(size)
        if attempts > 1:
            BATCH_CONFLICTS.inc()

    return Writer(_store(url, keys), randomness(keys), _now, cache, observe, limits)


def _store(url: str, keys: Keyring) -> PostgresStore:
    log = structlog.get_logger("writer")
    watchdog = Watchdog(lambda seconds: log.error("store call hangs", seconds=round(seconds, 1)))
    watchdog.start()
    return PostgresStore(url, keys.unwrap, watchdog)


def relay(settings: Settings, _: argparse.Namespace) -> None:
    """Publish what is recorded to Kafka; one leads, others stand by."""
    process.begin("relay")
    run_relay(
        database_url=settings.require("database_url", "the address of the episodes database"),
        grants=of_role(GRANTS, RELAY),
        brokers=_brokers(settings),
        networks=settings.networks,
        unwrap=_keyring(settings).unwrap,
        public_url=settings.public_url,
        retention_days=settings.topic_retention_days,
        log=structlog.get_logger("relay"),
        metrics_port=settings.relay_metrics_port,
    )


def project(settings: Settings, arguments: argparse.Namespace) -> None:
    """Keep the lists up to date with what is recorded; one leads, others stand by."""
    process.begin("rebuild" if arguments.rebuild else "project")
    setting = Setting(
        database_url=settings.require("database_url", "the address of the episodes database"),
        grants=of_role(GRANTS, PROJECT),
        unwrap=_keyring(settings).unwrap,
        networks=settings.networks,
        log=structlog.get_logger("project"),
        cache=_cache(settings),
        metrics_port=settings.project_metrics_port,
    )
    (run_rebuild if arguments.rebuild else run_project)(setting)


def _cache(settings: Settings) -> Cache:
    cache = Cache(settings.cache_limit)
    structlog.get_logger("cache").info("states are kept in memory", limit=cache.most)
    return cache


def _brokers(settings: Settings) -> Brokers:
    settings.require("kafka_bootstrap", "the addresses of the Kafka brokers")
    return settings.brokers()


def topics(settings: Settings, arguments: argparse.Namespace) -> None:
    """Make the Kafka topic of each network; say how those there already are not as they should be."""
    brokers = _brokers(settings)
    with _in_a_sentence():
        make_topics(
            brokers,
            settings.networks,
            partitions=arguments.partitions,
            replication=arguments.replication,
            days=settings.topic_retention_days,
            alter=arguments.alter,
            say=print,
        )
        if arguments.accept_partitions:
            accept_partitions(_relays_database(settings), brokers, settings.networks, print)


def retire(settings: Settings, arguments: argparse.Namespace) -> None:
    """Retire for good a network that was taken out of EPISODES_NETWORKS: publish no more of it."""
    if arguments.network in settings.networks:
        raise SystemExit(f"EPISODES_NETWORKS names {arguments.network}: take it out first, everywhere")
    if not arguments.yes:
        raise SystemExit(
            f"what {arguments.network} recorded and was not published never will be, nor can the network"
            " come back under this name; say --yes if that is meant"
        )
    with _in_a_sentence():
        retire_network(_relays_database(settings), arguments.network, print)


def _relays_database(settings: Settings) -> str:
    return settings.require("database_url", "the address of the database, as the relay's role")


@contextmanager
def _in_a_sentence(address: str = "EPISODES_DATABASE_URL") -> Iterator[None]:
    """What the brokers or the database at this setting refuse ends the program with a sentence."""
    try:
        yield
    except KafkaError as fault:
        reason = logs.reason_of(fault) or type(fault).__name__
        raise SystemExit(f"the brokers of EPISODES_KAFKA_BOOTSTRAP: {reason}") from None
    except psycopg.errors.UndefinedTable:
        raise SystemExit("the store is not at this release's revision: run migrate first") from None
    except psycopg.errors.InsufficientPrivilege as fault:
        raise SystemExit(f"this is not the role for it: {fault.diag.message_primary}") from None
    except psycopg.Error as fault:
        raise SystemExit(f"the database of {address}: {why_refused(fault)}") from None


@contextmanager
def _as_owner(settings: Settings) -> Iterator[str]:
    """The address of the database, as its owner. A refusal ends the program with a sentence."""
    owner = settings.require("owner_database_url", "the address of the database, as its owner")
    try:
        yield owner
    except (RolesMissing, StillInUse, NotOurs, StoreBeyond, StoreInUse) as refusal:
        raise SystemExit(str(refusal)) from None
    except psycopg.OperationalError as fault:
        raise SystemExit(f"the database of EPISODES_OWNER_DATABASE_URL: {why_refused(fault)}") from None


def run_migrations(settings: Settings, arguments: argparse.Namespace) -> None:
    """Bring the database to this release, as its owner."""
    with _as_owner(settings) as owner:
        reached = migrate(owner, settings.app_role, arguments.retire_app_role, partial(print, flush=True))
        print("episodes database at revision", reached)
        if arguments.all_replaced:
            print("what is written from now on needs processes of revision", complete(owner), "or later")


def restored(settings: Settings, _: argparse.Namespace) -> None:
    """Begin the store's next epoch, after a backup was restored and before any process starts.

    Positions given from then on are new, so readers of the feed go on and miss nothing. Kafka keeps what
    it has.
    """
    with _as_owner(settings) as owner, _in_a_sentence("EPISODES_OWNER_DATABASE_URL"):
        print("the store is in epoch", begin_epoch(owner))


def token(settings: Settings, arguments: argparse.Namespace) -> None:
    """Issue a token signed with the local key (development only)."""
    if not settings.development:
        raise SystemExit(
            "production takes tokens from its identity provider; this service issues none "
            "(on your own machine set EPISODES_ENVIRONMENT=development)"
        )
    if arguments.network not in settings.networks:
        raise SystemExit(f"no network {arguments.network!r}; EPISODES_NETWORKS names {settings.networks}")
    key = token_issuing.issuer_key(settings.keys_dir, settings.development_jwks_file)
    print(
        token_issuing.issue(
            key,
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            network=arguments.network,
            role=arguments.role,
            subject=arguments.sub,
            organisation=arguments.organisation,
            clinics=tuple(arguments.clinics) if arguments.clinics is not None else None,
            hours=arguments.hours,
        )
    )


def rejudge(settings: Settings, _: argparse.Namespace) -> None:
    """Judge all stored sessions anew, by all that is known of them now."""
    process.begin("rejudge")
    url = settings.require("database_url", "the address of the database, as the role of the API")
    keyring, say = _keyring(settings), partial(print, flush=True)
    with _in_a_sentence(), closing(_store(url, keyring)) as store, closing(connect_to_log(url)) as reading:
        if (why := why_beyond(reading)) is not None:
            raise SystemExit(why)
        run_rejudging(
            Rejudging(store, randomness(keyring), _now, say), all_episodes(reading, settings.networks)
        )


def keys(settings: Settings, arguments: argparse.Namespace) -> None:
    """Change the master key while the service runs."""
    why = "the address of the database, as the role episodes_keys"
    store = KeyStore(
        directory=settings.keys_dir,
        kinds=KINDS,
        sealed=CLIENT_KEYS,
        length=SIZE,
        networks=settings.networks,
        address=lambda: settings.require("keys_database_url", why),
        may_begin=may_rotate,
    )
    key_commands.run(store, arguments, partial(print, flush=True))


def openapi(_: Settings, arguments: argparse.Namespace) -> None:
    """Print the OpenAPI document."""
    json.dump(create_app().openapi(), sys.stdout, indent=2, sort_keys=True)
    print()


def _keyring(settings: Settings) -> Keyring:
    return keyring(settings.keys_dir, uuid4, may_create=settings.development)


def _now() -> datetime:
    return datetime.now(UTC)


_COMMANDS: Mapping[str, Command] = {
    "api": api,
    "relay": relay,
    "project": project,
    "migrate": run_migrations,
    "restored": restored,
    "topics": topics,
    "retire-network": retire,
    "rejudge": rejudge,
    "keys": keys,
    "issue": token,
    "openapi": openapi,
}


if __name__ == "__main__":
    main()
