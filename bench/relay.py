"""The relay beside kafka-python's own producer: the same records to the same broker, all acknowledged.

The bare producer has its records ready in memory; the relay reads, decrypts and maps them, and moves on.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from kafka import KafkaProducer

from bench.machine import Machine, refuse_unmarked
from bench.relaying import PUBLIC_URL, RelayUnderTest
from bench.shapes import Place, seconds_in_halves, seconds_mapped
from bench.table import Row
from care_platform.runtime import tune
from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from episodes.event_log.tail import Tail
from episodes.publishing.kafka import producer, settings
from episodes.publishing.relay import Record, records
from episodes.publishing.topics import make_topics
from tests.support.episodes.held_rows import nothing_held
from tests.support.episodes.log_writer import Log, opening, session

EVENTS = 20_000
EPISODES = 500
TARGET = 0.6
TARGET_OF_TWO = 0.8


def measure(machine: Machine) -> Iterator[Row]:
    """Events per second of both, alternately, in one process with the relay's settings."""
    bootstrap, database = machine.kafka.bootstrap, machine.episodes()
    refuse_unmarked(database.superuser_url)
    network = f"bench-{uuid4().hex[:8]}"
    make_topics(Brokers(bootstrap), [network], say=lambda line: None)
    with tempfile.TemporaryDirectory() as keys, closing(Log(database, Path(keys))) as log:
        _fill(log, network)
        with closing(Tail(database.url("relay"), log.keyring.unwrap, [network])) as tail:
            ready = list(records(tail.page(0, EVENTS), tail, PUBLIC_URL, nothing_held(network)))
            tune()
            place = Place(database.url("relay"), Path(keys), bootstrap, network, tail.head(), EVENTS)
            bare, relayed, mapped, halves = [], [], [], []
            for _ in range(machine.rounds):
                bare.append(EVENTS / _seconds_to_send(bootstrap, ready))
                relayed.append(EVENTS / _seconds_to_relay(bootstrap, tail, network))
                mapped.append(EVENTS / seconds_mapped(place))
                halves.append(EVENTS / seconds_in_halves(place))
    anchor = "kafka-python, same records ready"
    yield Row("relay, events published", relayed, anchor, bare, TARGET)
    yield Row("the same, mapped in a second process", mapped, anchor, bare, TARGET_OF_TWO)
    yield Row("the same, two relays of half each", halves, anchor, bare, TARGET_OF_TWO)


def _fill(log: Log, network: str) -> None:
    """Fill the log with openings, and with sessions of about 1 KB each."""
    episodes = [log.episode(network) for _ in range(EPISODES)]
    log.record((episode, opening(episode)) for episode in episodes)
    log.record((episodes[number % EPISODES], session("word " * 20)) for number in range(EVENTS - EPISODES))


def _seconds_to_send(bootstrap: str, ready: list[Record]) -> float:
    with KafkaProducer(**settings(Brokers(bootstrap))) as sender:
        sender.partitions_for(ready[0][0])
        began = time.perf_counter()
        futures = [sender.send(topic, value, key, headers) for topic, key, value, headers in ready]
        for future in futures:
            future.get(timeout=60)
        return time.perf_counter() - began


def _seconds_to_relay(bootstrap: str, tail: Tail, network: str) -> float:
    with producer(Brokers(bootstrap)) as sender:
        sender.partitions_for(topic_of(network))
        return RelayUnderTest(tail, sender).run_until(lambda progress: progress.done >= EVENTS)
