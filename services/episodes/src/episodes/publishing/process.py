"""The process around the relay: it waits for a broker with every topic, then for the lead."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError

from care_platform import runtime
from care_platform.crash_points import crash_point
from care_platform.logs import leave
from care_platform.postgres.grants import Grant
from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from episodes.event_log.client_keys import Unwrap
from episodes.processes.follower import Needs, end, stop_signal
from episodes.processes.held_back import HeldBack
from episodes.processes.held_rows import HeldRows
from episodes.processes.progress import Progress, serve
from episodes.processes.startup import NotYet, Stopped, Waiting
from episodes.publishing.kafka import RememberedPartitioner, administrator, producer
from episodes.publishing.partitions import refuse_others
from episodes.publishing.relay import PAGE, Relay
from episodes.publishing.topic_watch import watch_topics
from episodes.publishing.topics import missing_topics

T = TypeVar("T")

NAME = "kafka"
"""The name of this relay in `positions`."""


def run_relay(
    *,
    database_url: str,
    grants: Sequence[Grant],
    brokers: Brokers,
    networks: Sequence[str],
    unwrap: Unwrap,
    public_url: str,
    retention_days: int,
    log: Any,
    page: int = PAGE,
    metrics_port: int | None = None,
) -> None:
    """Publish until SIGTERM or SIGINT. Exits with `EXIT_TRY_AGAIN` after a failure or if deposed."""
    stopping = stop_signal()
    progress = Progress(lambda: datetime.now(UTC), "relay", "sent")
    with ExitStack() as opened:
        if metrics_port is not None:
            opened.callback(serve(progress, metrics_port))
        needs = Needs(Waiting(stopping, log), opened, log)
        try:
            partitioner = RememberedPartitioner()
            sender = _broker(needs, brokers, networks, partitioner)
            watch_topics(brokers, networks, retention_days, log, stopping)
            needs.grants(database_url, grants)
            claim = needs.leadership(database_url, f"relay {NAME}").claim(NAME)
            crash_point("relay.after-claim")
            log.info("leading", epoch=claim.epoch, position=claim.position)
            progress.leading, progress.position = True, claim.position
            tail = needs.tail(database_url, unwrap, networks)
            partitioner.counts = {it: len(sender.partitions_for(it)) for it in map(topic_of, networks)}
            refuse_others(tail.connection, partitioner.counts)
            # If a crash of the server loses a move, its events are sent again.
            tail.connection.execute("SET synchronous_commit = off")
            relay = Relay(
                tail=tail,
                sender=sender,
                claim=claim,
                held=HeldBack(HeldRows(tail.connection, claim), networks, log),
                public_url=public_url,
                progress=progress,
                log=log,
                page=page,
            )
            runtime.tune()
            if not relay.run(stopping):
                leave(os.EX_OK)
        except Stopped:
            log.info("stopped")
        except Exception as failure:
            end(log, "relay", failure)


def _broker(
    needs: Needs, brokers: Brokers, networks: Sequence[str], partitioner: RememberedPartitioner
) -> KafkaProducer:
    """A producer, once the topic of every network exists."""
    sender = needs.waiting.until(partial(_answering, partial(producer, partitioner=partitioner), brokers))
    needs.opened.callback(sender.close, timeout=1)
    with needs.waiting.until(partial(_answering, administrator, brokers)) as admin:
        needs.waiting.until(partial(_refuse_missing, admin, networks))
    for topic in map(topic_of, networks):
        needs.waiting.until(partial(_answering, sender.partitions_for, topic))
    return sender


def _answering(ask: Callable[[T], Any], what: T) -> Any:
    try:
        return ask(what)
    except KafkaError as failure:
        raise NotYet("broker-unreachable", error=type(failure).__name__) from None


def _refuse_missing(admin: KafkaAdminClient, networks: Sequence[str]) -> None:
    try:
        missing = missing_topics(admin, networks)
    except KafkaError as failure:
        raise NotYet("broker-unreachable", error=type(failure).__name__) from None
    if missing:
        raise NotYet("topics-missing", topics=missing)
