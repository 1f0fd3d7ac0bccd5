"""The process around the relay: it waits for what it needs, leads, and ends at once when anything is wrong.

Ending without clean-up is safe, because the next start continues from the position; carrying on might not be.
"""

import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import psycopg
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError

from contracts.envelope import topic_of
from episodes.adapters.database.positions import Claim
from episodes.adapters.database.reading import Unwrap
from episodes.adapters.database.tailing import Tail, UnknownNetwork
from episodes.adapters.in_flight import NotSent
from episodes.adapters.kafka import administrator, missing_topics, producer
from episodes.adapters.leadership import Leadership
from episodes.adapters.relay import PAGE, Deposed, OfALaterRelease, Relay
from episodes.adapters.relay_progress import Progress, serve
from episodes.adapters.waiting import NotYet, Stopped, Waiting
from episodes.application.recording import Damaged

NAME = "kafka"
"""Of this relay in `relay_position`."""

AGAIN = 75
"""Exit code (EX_TEMPFAIL of sysexits): start me again, I continue from the position."""

_OURS = (Damaged, Deposed, NotSent, OfALaterRelease, UnknownNetwork)
"""Failures whose words are our own, so that they may be logged."""


def run_relay(
    *,
    database_url: str,
    bootstrap: str,
    networks: Sequence[str],
    unwrap: Unwrap,
    public_url: str,
    log: Any,
    page: int = PAGE,
    metrics_port: int | None = None,
) -> None:
    """Publish until SIGTERM or SIGINT. Any failure, or another leader, ends the process with `AGAIN`."""
    stopping = _stop_signal()
    progress = Progress(lambda: datetime.now(UTC))
    with ExitStack() as opened:
        if metrics_port is not None:
            opened.callback(serve(progress, metrics_port))
        needs = _Needs(Waiting(stopping, log), opened, log)
        try:
            sender = needs.broker(bootstrap, networks)
            claim = needs.leadership(database_url)
            log.info("leading", epoch=claim.epoch, position=claim.position)
            progress.leading, progress.position = True, claim.position
            relay = Relay(
                tail=needs.tail(database_url, unwrap, networks),
                sender=sender,
                claim=claim,
                public_url=public_url,
                progress=progress,
                log=log,
                page=page,
            )
            spare_the_collector()
            if not relay.run(stopping):
                _exit(os.EX_OK)
        except Stopped:
            log.info("stopped")
        except Exception as failure:
            _end(log, failure)


@dataclass(frozen=True, slots=True)
class _Needs:
    """What the relay needs, each waited for in turn and closed in reverse."""

    waiting: Waiting
    opened: ExitStack
    log: Any

    def broker(self, bootstrap: str, networks: Sequence[str]) -> KafkaProducer:
        """A producer, once the topic of every network is there."""
        sender = self.waiting.until(partial(_answering, producer, bootstrap))
        self.opened.callback(sender.close, timeout=1)
        with self.waiting.until(partial(_answering, administrator, bootstrap)) as admin:
            self.waiting.until(partial(_refuse_missing, admin, networks))
        for topic in map(topic_of, networks):
            self.waiting.until(partial(_answering, sender.partitions_for, topic))
        return sender

    def leadership(self, url: str) -> Claim:
        leadership = Leadership(url, NAME, lost=lambda: _end(self.log, Deposed("the lock is lost")))
        self.opened.callback(leadership.release)
        return self.waiting.until(partial(_led, leadership))

    def tail(self, url: str, unwrap: Unwrap, networks: Sequence[str]) -> Tail:
        tail = self.waiting.until(partial(_reading, url, unwrap, networks))
        self.opened.callback(tail.close)
        return tail


def _answering(ask: Callable[[str], Any], what: str) -> Any:
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


def _led(leadership: Leadership) -> Claim:
    try:
        claim = leadership.tried()
    except psycopg.Error as failure:
        raise NotYet("store-unreachable", error=type(failure).__name__) from None
    if claim is None:
        raise NotYet("standing-by")
    return claim


def _reading(url: str, unwrap: Unwrap, networks: Sequence[str]) -> Tail:
    try:
        return Tail(url, unwrap, networks)
    except psycopg.Error as failure:
        raise NotYet("store-unreachable", error=type(failure).__name__) from None


def _stop_signal() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def spare_the_collector() -> None:
    """Sends come and go by the thousand and leave no cycles: looking for some costs a tenth of the rate."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _end(log: Any, failure: Exception) -> NoReturn:
    """At once and without flushing: what is still in flight must not go out after what failed."""
    frames = traceback.extract_tb(failure.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else None
    reason = str(failure) if isinstance(failure, _OURS) else None
    log.error("relay-ended", error=type(failure).__name__, reason=reason, place=place)
    _exit(AGAIN)


def _exit(code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
